package workflow

import "time"

// Hurry makes a runner wait less than it would.
func (l *Local) Hurry(lease, heartbeat time.Duration) {
	l.lease, l.heartbeat, l.poll = lease, heartbeat, 2*time.Millisecond
}
