package brokertest

import (
	"net"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Kafka is a cluster of one broker that franz-go's kfake
// (https://pkg.go.dev/github.com/twmb/franz-go/pkg/kfake) plays in this process.
type Kafka struct {
	Address string // host:port
	options []kfake.Opt
	cluster *kfake.Cluster
}

// StartKafka starts a cluster that has the topics, of two partitions each.
func StartKafka(t testing.TB, topics ...string) *Kafka {
	t.Helper()
	k := &Kafka{options: []kfake.Opt{
		kfake.NumBrokers(1), kfake.SeedTopics(2, topics...), kfake.DataDir(t.TempDir()),
		// A group begins without waiting for more members.
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}),
	}}
	k.Start(t)
	t.Cleanup(k.Stop)
	return k
}

// Start starts the cluster after Stop.
func (k *Kafka) Start(t testing.TB) {
	t.Helper()
	options := k.options
	if k.Address != "" {
		_, port, _ := net.SplitHostPort(k.Address)
		n, _ := strconv.Atoi(port)
		options = append(options, kfake.Ports(n))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		t.Fatal(err)
	}
	k.cluster, k.Address = cluster, cluster.ListenAddrs()[0]
}

// Stop ends the cluster.
func (k *Kafka) Stop() { k.cluster.Close() }
