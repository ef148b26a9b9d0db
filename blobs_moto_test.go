package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow"
	"promptz/internal/workflow/activities"
)

// signedS3 is S3 that checks the signature and the policy of every call.
type signedS3 struct {
	cfg    aws.Config // of nobody it knows
	bucket string
	keeper aws.Credentials // of who may do what exports need
	writer aws.Credentials // of who may not remove anything
}

// startSignedS3 starts moto, which is open for no more than the calls that make the
// bucket and its users.
func startSignedS3(t *testing.T) signedS3 {
	t.Helper()
	free := 1 + 2*awstest.UserCalls
	s := signedS3{cfg: awstest.Config(awstest.StartMoto(t, "INITIAL_NO_AUTH_ACTION_COUNT="+strconv.Itoa(free)))}
	s.bucket = awstest.NewBucket(t, s.cfg)
	policy := func(actions string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::%[1]s"},`+
			`{"Effect":"Allow","Action":[%[2]s],"Resource":"arn:aws:s3:::%[1]s/exports/*"}]}`, s.bucket, actions)
	}
	s.keeper = awstest.NewUser(t, s.cfg, "keeper", policy(`"s3:PutObject","s3:GetObject","s3:DeleteObject"`))
	s.writer = awstest.NewUser(t, s.cfg, "writer", policy(`"s3:PutObject","s3:GetObject"`))
	return s
}

// open opens the bucket as the program does, with somebody's credentials.
func (s signedS3) open(t *testing.T, who aws.Credentials) *blob.Bucket {
	t.Helper()
	for _, entry := range awstest.EnvironmentOf(who) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	cfg := config.Config{Blobs: "s3://" + s.bucket + "?use_path_style=true&region=" + awstest.Region + "&endpoint=" + url.QueryEscape(*s.cfg.BaseEndpoint)}
	bucket, closeBucket, err := openBucket(t.Context(), data{}, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeBucket)
	return bucket
}

// objects gives what is in the bucket.
func (s signedS3) objects(t *testing.T) []string {
	t.Helper()
	return awstest.Objects(t, awstest.By(s.cfg, s.keeper), s.bucket, "")
}

// exporting gives what writes and removes the export of a public item.
func exporting(t *testing.T, bucket *blob.Bucket) (item *promptz.Item, do activities.Deps) {
	t.Helper()
	docs, err := newDocuments(slog.New(slog.DiscardHandler)).open(t.Context(), config.Config{Documents: "mem://{collection}/id"}, store.LibraryCollection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(docs.close)
	library := store.NewLibrary(docs.handles, docs.tuning, testClock().now, rand.Reader)
	item = testItem(t, 1)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	return item, newActivities(library, nil, nil, bucket, testClock().now)
}

// export runs the activity as a workflow does.
func export(ctx context.Context, do activities.Deps, item *promptz.Item) error {
	input, err := json.Marshal(map[string]string{"id": item.ID})
	if err != nil {
		return err
	}
	_, err = activities.New(do)["WriteExport"](ctx, workflow.Call{Input: input})
	return err
}

// TestSignedMotoS3 does all that is done to files where signatures are checked.
func TestSignedMotoS3(t *testing.T) {
	s := startSignedS3(t)
	bucket := s.open(t, s.keeper)
	item, do := exporting(t, bucket)
	key := "exports/prompts/" + item.ID + ".md"
	for range 2 { // the second time it is written over
		if err := export(t.Context(), do, item); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{key}, s.objects(t)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	file, err := fileOf(item)
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(file.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := bucket.ReadAll(t.Context(), key)
	if err != nil || string(got) != string(want) {
		t.Errorf("read %q, %v; want %q", got, err, want)
	}
	attributes, err := bucket.Attributes(t.Context(), key)
	if err != nil || attributes.ContentType != file.MediaType || attributes.Size != int64(len(want)) {
		t.Errorf("attributes %+v, %v; want %s of %d bytes", attributes, err, file.MediaType, len(want))
	}
	for range 2 { // the second time there is none
		if err := do.RemoveExport(t.Context(), item.Kind, item.ID); err != nil {
			t.Fatal(err)
		}
	}
	if left := s.objects(t); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	wantMissing(t, bucket, key)
}

// wantMissing fails the test unless all ways say that an object is not there.
func wantMissing(t *testing.T, bucket *blob.Bucket, key string) {
	t.Helper()
	if there, err := bucket.Exists(t.Context(), key); there || err != nil {
		t.Errorf("exists: %t, %v", there, err)
	}
	if _, err := bucket.ReadAll(t.Context(), key); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("read: %v", err)
	}
	if err := bucket.Delete(t.Context(), key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("delete: %v", err)
	}
}

// TestSignedMotoS3Refuses lets those who may not do it all that is done to files: every
// call is refused with the reason, and nothing changes.
func TestSignedMotoS3Refuses(t *testing.T) {
	s := startSignedS3(t)
	kept, do := exporting(t, s.open(t, s.keeper))
	if err := export(t.Context(), do, kept); err != nil {
		t.Fatal(err)
	}
	before := s.objects(t)
	forged := s.keeper
	forged.SecretAccessKey = strings.ToLower(forged.SecretAccessKey) + "x"
	for _, test := range []struct {
		name string
		who  aws.Credentials
		says string
	}{
		{"a wrong secret", forged, "SignatureDoesNotMatch"},
		{"an unknown key", aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: s.keeper.SecretAccessKey}, "InvalidAccessKeyId"},
		{"no key at all", aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, "InvalidAccessKeyId"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := s.open(t, test.who)
			item, do := exporting(t, bucket)
			key := "exports/prompts/" + kept.ID + ".md"
			_, readErr := bucket.ReadAll(t.Context(), key)
			for call, err := range map[string]error{
				"write": export(t.Context(), do, item), "read": readErr,
				"remove": do.RemoveExport(t.Context(), kept.Kind, kept.ID),
			} {
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%s: got %v, want one that says %s", call, err, test.says)
				}
			}
			// It asks whether there is something first, and such an answer has no reason.
			if err := bucket.Delete(t.Context(), key); gcerrors.Code(err) != gcerrors.PermissionDenied {
				t.Errorf("delete: %v", err)
			}
			if diff := cmp.Diff(before, s.objects(t)); diff != "" {
				t.Errorf("objects (-before +after):\n%s", diff)
			}
		})
	}
}

// TestSignedMotoS3HeedsPolicies lets who may write but not delete remove an export.
func TestSignedMotoS3HeedsPolicies(t *testing.T) {
	s := startSignedS3(t)
	bucket := s.open(t, s.writer)
	item, do := exporting(t, bucket)
	if err := export(t.Context(), do, item); err != nil {
		t.Fatal(err)
	}
	key := "exports/prompts/" + item.ID + ".md"
	for call, err := range map[string]error{
		"remove": do.RemoveExport(t.Context(), item.Kind, item.ID), "delete": bucket.Delete(t.Context(), key),
	} {
		if gcerrors.Code(err) != gcerrors.PermissionDenied || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: got %v, want one that says AccessDenied", call, err)
		}
	}
	if diff := cmp.Diff([]string{key}, s.objects(t)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	elsewhere := bucket.WriteAll(t.Context(), "elsewhere/"+item.ID, []byte("x"), nil)
	if gcerrors.Code(elsewhere) != gcerrors.PermissionDenied {
		t.Errorf("a write beside the exports: %v", elsewhere)
	}
}
