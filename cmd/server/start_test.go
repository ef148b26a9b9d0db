package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFailedStartSaysWhy starts the server with what cannot work: it must
// name it, say what would be right, and make nothing.
func TestFailedStartSaysWhy(t *testing.T) {
	t.Parallel()
	config := writeFiles(t, map[string]string{
		"unknown.yaml": "databse: ./here\n",
		"broken.yaml":  "listen: [1\n",
	})
	for _, tt := range []struct {
		name  string
		args  []string
		words []string
	}{
		{"no address", []string{"--listen", "8080"}, []string{"listen", "8080", "127.0.0.1:8080"}},
		{"an unknown key", []string{"--config", filepath.Join(config, "unknown.yaml")}, []string{"databse", "line 1"}},
		{"a file that can't be read", []string{"--config", filepath.Join(config, "broken.yaml")}, []string{"broken.yaml"}},
		{"no such file", []string{"--config", filepath.Join(config, "none.yaml")}, []string{"none.yaml"}},
		{"an unknown flag", []string{"--colour"}, []string{"--colour"}},
		{"an unknown command", []string{"sevre"}, []string{"sevre"}},
		{"a bad URL", []string{"--documents", "sqlite//{collection}"}, []string{"documents", "sqlite://"}},
		{"a URL for all collections", []string{"--documents", "sqlite://library/id"}, []string{"documents", "{collection}"}},
		{"an unknown scheme", []string{"--documents", "oracle://{collection}/id"}, []string{"documents", "sqlite://"}},
		{"a URL without a file", []string{"--listen", "127.0.0.1:0", "--documents", "sqlite://{collection}/id"}, []string{"file"}},
		{"an unknown parameter", []string{"--listen", "127.0.0.1:0", "--documents", "sqlite://{collection}/id?file={data}/a.db&colour=red"}, []string{"colour"}},
		{"a rate that is none", []string{"--limits", "fast"}, []string{"limits", "50/s"}},
		{"an unknown transport", []string{"--topic", "pigeon://coop"}, []string{"topic", "rabbit://", "nats://"}},
		{"events that can't come back", []string{"--subscription", "rabbit://127.0.0.1/events"}, []string{"topic and subscription", "sqlite://", "rabbit://"}},
		{"events that come from elsewhere", ends("kafka://127.0.0.1/ours", "kafka://127.0.0.1/theirs"), []string{"topic and subscription", "same"}},
		{"a file of events that is another's", []string{"--subscription", "sqlite://events?file={data}/others.db"}, []string{"topic and subscription", "same"}},
		{"a broker without a subject", ends("nats://127.0.0.1:4222", "nats://127.0.0.1:4222/events"), []string{"topic: must have one name", "nats://"}},
		{"a subject of all subjects", ends("nats://127.0.0.1/>", "nats://127.0.0.1/>"), []string{"topic: must have one name"}},
		{"no broker", ends("rabbit:///events", "rabbit:///events"), []string{"topic: must name the broker"}},
		{"a parameter that is no broker's", ends("kafka://127.0.0.1/events?queue=a", "kafka://127.0.0.1/events"), []string{"topic:", "unknown query parameter", "group"}},
		{"a deadline that is none", ends("nats://127.0.0.1/events", "nats://127.0.0.1/events?ack_deadline=soon"), []string{"subscription:", "ack_deadline", "30s"}},
		{"a user without a password", ends("rabbit://maria@127.0.0.1/events", "rabbit://127.0.0.1/events"), []string{"topic:", "password"}},
		{"a user where there is none", ends("awssqs://maria:secret@sqs.example.com/1/events", "awssqs://sqs.example.com/1/events"), []string{"topic:", "awssqs://"}},
		{"the world without its name", []string{"--listen", "0.0.0.0:0"}, []string{"publicURL", "https://"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			mustFail(t, append(tt.args, "--data", dir), tt.words...)
			left := readFiles(t, filepath.Dir(dir))
			delete(left, "data/lock")
			if len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// ends are the flags of both ends of events.
func ends(topic, subscription string) []string {
	return []string{"--topic", topic, "--subscription", subscription}
}

// TestAddressInUseSaysWhich starts the server where another listens. By then the
// stores are open: they stay, empty, and the address file of the other does not.
func TestAddressInUseSaysWhich(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, flags := range [][]string{
		{"--listen", taken.Addr().String()},
		{"--ops-listen", taken.Addr().String(), "--listen", "127.0.0.1:0"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		mustFail(t, append(flags, "--data", dir), taken.Addr().String(), "with "+flags[0])
		if _, err := os.Stat(filepath.Join(dir, "address")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: it left an address: %v", flags[0], err)
		}
	}
}

// TestStartLeavesBadDataAlone starts the server on data that is not its own, or no
// longer whole: it must name the path and change nothing.
func TestStartLeavesBadDataAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[string]string
		data  string
		words string
	}{
		{"the folder is a file", map[string]string{"data": "a file"}, "data", "data"},
		{"the folder is below a file", map[string]string{"data": "a file"}, "data/sub", "data"},
		{"no SQLite", map[string]string{"data/library.db": strings.Repeat("This is a text. ", 1000)}, "data", "data/library.db"},
		{"no SQLite, the other", map[string]string{"data/identity.db": strings.Repeat("This is a text. ", 1000)}, "data", "data/identity.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := writeFiles(t, tt.files)
			mustFail(t, []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(root, tt.data)}, filepath.Join(root, tt.words))
			left := readFiles(t, root)
			for path, text := range tt.files {
				if diff := cmp.Diff(text, left[path]); diff != "" {
					t.Errorf("%s changed (-before +after):\n%.1000s", path, diff)
				}
			}
			if _, there := left["data/address"]; there {
				t.Error("it left an address")
			}
		})
	}
}

// TestStartRefusesAFolderOfOthers starts the server where it may not write.
func TestStartRefusesAFolderOfOthers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	for _, data := range []string{dir, filepath.Join(dir, "data")} {
		mustFail(t, []string{"--listen", "127.0.0.1:0", "--data", data}, data, "permission denied")
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}
