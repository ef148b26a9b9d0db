package store

import (
	"context"

	"promptz/internal/promptz"
)

// maxSessionsListed bounds what one listing of a user's sessions reads.
const maxSessionsListed = 1000

// FindSession gives a session. It fails with [promptz.CodeNotFound] when there is
// none, or it has expired.
func (s *Identity) FindSession(ctx context.Context, id string) (*promptz.Session, error) {
	const op = "find session"
	doc := &sessionDoc{ID: sessionKey(id)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || s.now().Unix() >= doc.Expires {
		return nil, notFound(op, "session")
	}
	return doc.session(), nil
}

// FindSessions gives a user's sessions, the latest sign-in first.
func (s *Identity) FindSessions(ctx context.Context, userID string) ([]*promptz.Session, error) {
	var sessions []*promptz.Session
	p := page{Index: holderIndex, Partition: sessionsOf(userID), Limit: maxSessionsListed}
	err := query(ctx, s.docs, p, func(d *sessionDoc) {
		if s.now().Unix() < d.Expires {
			sessions = append(sessions, d.session())
		}
	})
	return sessions, failure("find sessions", err)
}

// UpdateSession writes the next state of the session that was read as old. It
// fails with [promptz.ErrStale] when the session is not what old says any more,
// and with [promptz.CodeNotFound] when it has ended.
func (s *Identity) UpdateSession(ctx context.Context, old, next *promptz.Session) error {
	doc := s.sessionDoc(next)
	err := s.docs.replace(ctx, "update session", "session", doc, old.Guard)
	if err == nil {
		next.Guard = doc.DocstoreRevision
	}
	return err
}

// DeleteSession ends a session, if there is one.
func (s *Identity) DeleteSession(ctx context.Context, id string) error {
	write := func() error { return s.docs.handles.Consistent.Delete(ctx, &keyDoc{ID: sessionKey(id)}) }
	return commit(ctx, "delete session", write, func() (bool, error) { return false, nil })
}

func (s *Identity) sessionDoc(session *promptz.Session) *sessionDoc {
	doc := newSessionDoc(session)
	doc.ExpiryShard, doc.ExpirySort = s.docs.expiry(doc.ID, session.ExpiresAt)
	return doc
}
