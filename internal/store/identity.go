package store

import (
	"context"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// Identity keeps users, the claims that make their handles unique, and their API
// keys. It checks no rights. All its reads are consistent: a handle given away
// or a key revoked must not live on in a replica. Safe for concurrent use.
type Identity struct {
	docs *collection
	now  func() time.Time
}

// NewIdentity makes an Identity on the identity collection; now tells the time
// that keys expire by.
func NewIdentity(h Handles, t Tuning, now func() time.Time) *Identity {
	return &Identity{docs: &collection{handles: h, tuning: t}, now: now}
}

// Ping asks whether the collection answers.
func (s *Identity) Ping(ctx context.Context) error {
	return failure("ping", s.docs.ping(ctx))
}

// CreateUser writes a new user and the claim on the handle. It fails with
// [promptz.CodeConflict] when the handle is taken.
func (s *Identity) CreateUser(ctx context.Context, u *promptz.User) error {
	const op = "create user"
	write := func() error {
		return s.docs.handles.Consistent.Actions().AtomicWrites().
			Create(newHandleDoc(u.Handle, u.ID, time.Time{})).
			Create(newUserDoc(u)).
			Do(ctx)
	}
	explain := func() (bool, error) {
		claim := newHandleDoc(u.Handle, "", time.Time{})
		found, err := s.docs.get(ctx, claim, true)
		switch {
		case err != nil || !found:
			return false, nil
		case claim.User == u.ID:
			return true, nil
		}
		return false, handleTaken(op, u.Handle)
	}
	return commit(ctx, op, write, explain)
}

func handleTaken(op, handle string) error {
	return &promptz.Error{Code: promptz.CodeConflict, Op: op, Message: "The handle " + handle + " is taken."}
}

// FindUser gives a user by id. It fails with [promptz.CodeNotFound].
func (s *Identity) FindUser(ctx context.Context, id string) (*promptz.User, error) {
	const op = "find user"
	doc := &userDoc{ID: userKey(id)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found {
		return nil, notFound(op, "user")
	}
	return doc.user(), nil
}

// FindUsers gives those of the users that are there, by id.
func (s *Identity) FindUsers(ctx context.Context, ids []string) (map[string]*promptz.User, error) {
	docs := make([]any, len(ids))
	for i, id := range ids {
		docs[i] = &userDoc{ID: userKey(id)}
	}
	found, err := s.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, failure("find users", err)
	}
	users := map[string]*promptz.User{}
	for i, id := range ids {
		if found[i] {
			users[id] = docs[i].(*userDoc).user()
		}
	}
	return users, nil
}

// FindUserByHandle gives the user whose handle it is, or whose it was until not
// longer than [promptz.HandleRedirect] ago. It fails with
// [promptz.CodeNotFound].
func (s *Identity) FindUserByHandle(ctx context.Context, handle string) (*promptz.User, error) {
	const op = "find user by handle"
	claim := newHandleDoc(handle, "", time.Time{})
	found, err := s.docs.get(ctx, claim, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || claim.lapsed(s.now()) {
		return nil, notFound(op, "user")
	}
	return s.FindUser(ctx, claim.User)
}

// lapsed tells whether the handle was given up too long ago to lead anywhere.
func (d *handleDoc) lapsed(now time.Time) bool {
	return d.GivenUp != 0 && now.After(fromMillis(d.GivenUp).Add(promptz.HandleRedirect))
}

// UpdateUser writes the next state of the user that was read as old, with the
// claims when the handle changes. It fails with [promptz.ErrStale] when the
// user is not what old says any more and with [promptz.CodeConflict] when the
// handle is taken.
func (s *Identity) UpdateUser(ctx context.Context, old, u *promptz.User) error {
	const op = "update user"
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		if promptz.FoldHandle(u.Handle) != promptz.FoldHandle(old.Handle) {
			if err := s.addHandle(ctx, list, old, u); err != nil {
				return err
			}
		}
		doc := newUserDoc(u)
		doc.DocstoreRevision = old.Guard
		return list.Replace(doc).Do(ctx)
	}
	explain := func() (bool, error) {
		now, err := s.FindUser(ctx, u.ID)
		switch {
		case promptz.ErrorCode(err) == promptz.CodeNotFound:
			return false, err
		case err != nil || now.Revision == old.Revision:
			return false, nil
		case *newUserDoc(now) == *newUserDoc(u): // the answer was lost, not the write
			return true, nil
		}
		return false, promptz.ErrStale
	}
	return commit(ctx, op, write, explain)
}

// addHandle adds the claim on u's new handle, and gives up the old one.
func (s *Identity) addHandle(ctx context.Context, list *docstore.ActionList, old, u *promptz.User) error {
	claim := newHandleDoc(u.Handle, "", time.Time{})
	found, err := s.docs.get(ctx, claim, true)
	if err != nil {
		return err
	}
	if found && claim.User != u.ID {
		return handleTaken("update user", u.Handle)
	}
	next := newHandleDoc(u.Handle, u.ID, time.Time{})
	if found { // it was given up by the same user
		next.DocstoreRevision = claim.DocstoreRevision
		list.Replace(next)
	} else {
		list.Create(next)
	}
	list.Put(newHandleDoc(old.Handle, u.ID, s.now()))
	return nil
}
