package app

import (
	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/docstore"

	"promptz/internal/gocdk/sqliteengine"
)

var (
	commitsDesc = prometheus.NewDesc("promptz_sqlite_commits_total", "Commits, each of which costs one fsync.", []string{"collection"}, nil)
	writesDesc  = prometheus.NewDesc("promptz_sqlite_writes_total", "Writes committed; those of concurrent callers share commits.", []string{"collection"}, nil)
)

// watch keeps the engine of a SQLite collection for metrics.
func (d *documents) watch(collection string, c *docstore.Collection) {
	var engine *sqliteengine.Engine
	if !c.As(&engine) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.engines[collection] = engine
}

// Describe implements [prometheus.Collector].
func (d *documents) Describe(descs chan<- *prometheus.Desc) {
	descs <- commitsDesc
	descs <- writesDesc
}

// Collect implements [prometheus.Collector].
func (d *documents) Collect(metrics chan<- prometheus.Metric) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for collection, engine := range d.engines {
		stats := engine.Stats()
		metrics <- prometheus.MustNewConstMetric(commitsDesc, prometheus.CounterValue, float64(stats.Commits), collection)
		metrics <- prometheus.MustNewConstMetric(writesDesc, prometheus.CounterValue, float64(stats.Writes), collection)
	}
}
