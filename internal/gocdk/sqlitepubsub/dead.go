package sqlitepubsub

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"promptz/internal/gocdk/sqliteengine"
)

// DeadLetter is a message that was delivered as often as its subscription allows
// and never acknowledged.
type DeadLetter struct {
	ID           int64
	Topic        string
	Subscription string
	Attempts     int
	At           time.Time // when it was put aside
	Body         []byte
	Metadata     map[string]string
}

// DeadLetters gives at most limit dead letters, those with an id beyond after, the
// oldest first.
func (q *Queue) DeadLetters(ctx context.Context, after int64, limit int) ([]DeadLetter, error) {
	var letters []DeadLetter
	err := q.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
		rows, err := conn.Query(ctx, `SELECT d.id, t.name, s.name, d.attempts, d.due, d.body, d.metadata
			FROM deliveries d JOIN topics t ON t.id = d.topic JOIN subscriptions s ON s.id = d.subscription
			WHERE d.dead = 1 AND d.id > ? ORDER BY d.id LIMIT ?`, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d DeadLetter
			var at int64
			var metadata []byte
			if err := rows.Scan(&d.ID, &d.Topic, &d.Subscription, &d.Attempts, &at, &d.Body, &metadata); err != nil {
				return err
			}
			d.At = time.UnixMilli(at).UTC()
			if err := json.Unmarshal(metadata, &d.Metadata); err != nil {
				return err
			}
			letters = append(letters, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	return letters, nil
}

// Redrive lets a dead letter be delivered anew, with all its attempts before it;
// found is false when there is none.
func (q *Queue) Redrive(ctx context.Context, id int64) (found bool, err error) {
	err = q.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		changed, err := conn.Exec(ctx, `UPDATE deliveries SET dead = 0, due = 0, attempts = 0 WHERE id = ? AND dead = 1`, id)
		found = changed > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("redrive dead letter: %w", err)
	}
	q.signal()
	return found, nil
}

// Depth is how many messages a queue holds.
type Depth struct {
	Waiting  int64 // to be delivered for the first time
	InFlight int64 // delivered, and not acknowledged
	Dead     int64
}

// Depth counts the messages. It reads all rows' index entries: it is for metrics.
func (q *Queue) Depth(ctx context.Context) (Depth, error) {
	var d Depth
	err := q.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
		return conn.QueryRow(ctx, `SELECT
			(SELECT COUNT(*) FROM deliveries WHERE dead = 0 AND due = 0),
			(SELECT COUNT(*) FROM deliveries WHERE dead = 0 AND due > 0),
			(SELECT COUNT(*) FROM deliveries WHERE dead = 1)`).Scan(&d.Waiting, &d.InFlight, &d.Dead)
	})
	if err != nil {
		return Depth{}, fmt.Errorf("count messages: %w", err)
	}
	return d, nil
}
