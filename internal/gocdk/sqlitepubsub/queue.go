package sqlitepubsub

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"time"

	"promptz/internal/gocdk/sqliteengine"
)

// nameSyntax is what topics and subscriptions may be called.
var nameSyntax = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// Queue is a file of messages. Safe for concurrent use.
type Queue struct {
	engine *sqliteengine.Engine
	now    func() time.Time

	mu   sync.Mutex
	sent chan struct{} // closed when this process has sent something
}

// OpenQueue opens the file at path and makes it when there is none; its folder has
// to exist.
func OpenQueue(ctx context.Context, path string) (*Queue, error) {
	engine, err := sqliteengine.Open(ctx, path, nil)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &Queue{engine: engine, now: time.Now, sent: make(chan struct{})}
	if err := q.migrate(ctx); err != nil {
		engine.Close()
		return nil, fmt.Errorf("open queue: %w", err)
	}
	return q, nil
}

// Close closes the file. Topics and subscriptions of it fail from then on.
func (q *Queue) Close() error { return q.engine.Close() }

// schema makes the tables. A delivery without a subscription waits for the first
// that its topic gets; due is when it may be delivered, in Unix milliseconds.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`,
	`CREATE TABLE IF NOT EXISTS subscriptions (
		id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (topic, name))`,
	`CREATE TABLE IF NOT EXISTS deliveries (
		id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, subscription INTEGER NOT NULL,
		due INTEGER NOT NULL, attempts INTEGER NOT NULL, dead INTEGER NOT NULL, body BLOB NOT NULL, metadata BLOB NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (subscription, due, id) WHERE dead = 0`,
	`CREATE INDEX IF NOT EXISTS deliveries_dead ON deliveries (subscription, id) WHERE dead = 1`,
}

// unsubscribed is the subscription of deliveries that wait for one.
const unsubscribed = 0

func (q *Queue) migrate(ctx context.Context) error {
	return q.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		for _, statement := range schema {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("make tables: %w", err)
			}
		}
		return nil
	})
}

// signal wakes whoever waits for messages.
func (q *Queue) signal() {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.sent)
	q.sent = make(chan struct{})
}

// next is closed when something is sent after the call.
func (q *Queue) next() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sent
}

// topicID gives the id of a topic, 0 when there is none.
func topicID(ctx context.Context, conn *sqliteengine.Conn, name string) (id int64, err error) {
	return idOf(conn.QueryRow(ctx, `SELECT id FROM topics WHERE name = ?`, name))
}

// subscriptionID gives the id of a subscription, 0 when there is none.
func subscriptionID(ctx context.Context, conn *sqliteengine.Conn, topic int64, name string) (int64, error) {
	return idOf(conn.QueryRow(ctx, `SELECT id FROM subscriptions WHERE topic = ? AND name = ?`, topic, name))
}

func idOf(row sqliteengine.Row) (id int64, err error) {
	if err = row.Scan(&id); err == sqliteengine.ErrNoRows {
		return 0, nil
	}
	return id, err
}

// makeTopic makes a topic unless it is there.
func (q *Queue) makeTopic(ctx context.Context, name string) error {
	return q.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		_, err := conn.Exec(ctx, `INSERT INTO topics (name) VALUES (?) ON CONFLICT DO NOTHING`, name)
		return err
	})
}

// makeSubscription makes a subscription unless it is there. The first of a topic
// gets what was sent before.
func (q *Queue) makeSubscription(ctx context.Context, topic, name string) error {
	return q.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		id, err := topicID(ctx, conn, topic)
		if err != nil {
			return err
		}
		added, err := conn.Exec(ctx, `INSERT INTO subscriptions (topic, name) VALUES (?, ?) ON CONFLICT DO NOTHING`, id, name)
		if err != nil || added == 0 {
			return err
		}
		mine, err := subscriptionID(ctx, conn, id, name)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `UPDATE deliveries SET subscription = ? WHERE subscription = ? AND topic = ?`, mine, unsubscribed, id)
		return err
	})
}
