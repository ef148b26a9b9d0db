package store

import (
	"context"
	"io"
	"slices"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// Identity keeps users, the claims by which they sign in, their API keys and
// sessions, and sign-ins under way. It checks no rights. All its reads are consistent: a handle given away
// or a key revoked must not live on in a replica. Safe for concurrent use.
type Identity struct {
	docs *collection
	log  *Log
	now  func() time.Time
}

// NewIdentity makes an Identity on the identity collection; now tells the time
// that keys expire by, random is crypto/rand.Reader outside tests.
func NewIdentity(h Handles, t Tuning, now func() time.Time, random io.Reader) *Identity {
	docs := &collection{handles: h, tuning: t}
	return &Identity{docs: docs, log: newLog(docs, now, random, identityOutboxIndex, promptz.FeedAccounts), now: now}
}

// Log is the log of what happens to accounts.
func (s *Identity) Log() *Log { return s.log }

// Ping asks whether the collection answers.
func (s *Identity) Ping(ctx context.Context) error {
	return failure("ping", s.docs.ping(ctx))
}

// CreateUser writes a new user and the claims on handle, address and whatever
// else the user signs in by. It fails with [promptz.CodeConflict] when one of
// them is another's.
func (s *Identity) CreateUser(ctx context.Context, u *promptz.User) error {
	const op = "create user"
	events := []promptz.Event{promptz.UserEvent(promptz.EventUserCreated, u.ID, s.now())}
	if err := s.log.name(events); err != nil {
		return failure(op, err)
	}
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		s.addNewUser(list, u)
		addEvents(list, events)
		return list.Do(ctx)
	}
	explain := func() (bool, error) {
		found, err := s.docs.get(ctx, &userDoc{ID: userKey(u.ID)}, true)
		if err != nil || found {
			return err == nil, nil
		}
		return false, s.explainNewUser(ctx, op, u)
	}
	return s.log.announce(events, commit(ctx, op, write, explain))
}

// addNewUser adds a user to a list, the claims first: they are what may fail.
func (s *Identity) addNewUser(list *docstore.ActionList, u *promptz.User) {
	list.Create(newHandleDoc(u.Handle, u.ID, time.Time{}))
	for _, c := range u.Claims {
		list.Create(&claimDoc{ID: string(c), V: schema, User: u.ID})
	}
	list.Create(newUserDoc(u))
}

// explainNewUser says why a user can't be made, nil when nothing is against it.
func (s *Identity) explainNewUser(ctx context.Context, op string, u *promptz.User) error {
	found, err := s.docs.get(ctx, newHandleDoc(u.Handle, "", time.Time{}), true)
	if err == nil && found {
		return handleTaken(op, u.Handle)
	}
	return s.explainClaims(ctx, op, u.ID, u.Claims)
}

// explainClaims says which of the claims is another's.
func (s *Identity) explainClaims(ctx context.Context, op, userID string, claims []promptz.Claim) error {
	for _, c := range claims {
		doc := &claimDoc{ID: string(c)}
		found, err := s.docs.get(ctx, doc, true)
		if err == nil && found && doc.User != userID {
			return &promptz.Error{Code: promptz.CodeConflict, Op: op, Message: "Another account signs in by this already."}
		}
	}
	return nil
}

func handleTaken(op, handle string) error {
	return &promptz.Error{Code: promptz.CodeConflict, Op: op, Message: "The handle " + handle + " is taken."}
}

// FindUser gives a user by id. It fails with [promptz.CodeNotFound], for one who
// was erased too.
func (s *Identity) FindUser(ctx context.Context, id string) (*promptz.User, error) {
	const op = "find user"
	doc := &userDoc{ID: userKey(id)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || doc.erased() {
		return nil, notFound(op, "user")
	}
	return doc.user(), nil
}

// FindUserByClaim gives the user who signs in by this. It fails with
// [promptz.CodeNotFound].
func (s *Identity) FindUserByClaim(ctx context.Context, claim promptz.Claim) (*promptz.User, error) {
	const op = "find user by claim"
	doc := &claimDoc{ID: string(claim)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found {
		return nil, notFound(op, "user")
	}
	return s.FindUser(ctx, doc.User)
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
		if doc := docs[i].(*userDoc); found[i] && !doc.erased() {
			users[id] = doc.user()
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
// claims that it gains and loses. It fails with [promptz.ErrStale] when the user
// is not what old says any more and with [promptz.CodeConflict] when the handle
// or a claim is another's.
func (s *Identity) UpdateUser(ctx context.Context, old, u *promptz.User) error {
	const op = "update user"
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		if err := s.addUpdate(ctx, list, old, u); err != nil {
			return err
		}
		return list.Do(ctx)
	}
	explain := func() (bool, error) { return s.explainUpdate(ctx, op, old, u) }
	return commit(ctx, op, write, explain)
}

// addUpdate adds the next state of a user to a list, the claims first: they are
// what may fail.
func (s *Identity) addUpdate(ctx context.Context, list *docstore.ActionList, old, u *promptz.User) error {
	if promptz.FoldHandle(u.Handle) != promptz.FoldHandle(old.Handle) {
		if err := s.addHandle(ctx, list, old, u); err != nil {
			return err
		}
	}
	for _, c := range gained(old.Claims, u.Claims) {
		list.Create(&claimDoc{ID: string(c), V: schema, User: u.ID})
	}
	for _, c := range gained(u.Claims, old.Claims) {
		list.Delete(&claimDoc{ID: string(c)})
	}
	doc := newUserDoc(u)
	doc.DocstoreRevision = old.Guard
	list.Replace(doc)
	return nil
}

// gained gives what after has and before has not.
func gained(before, after []promptz.Claim) []promptz.Claim {
	return slices.DeleteFunc(slices.Clone(after), func(c promptz.Claim) bool { return slices.Contains(before, c) })
}

// explainUpdate tells whether the update is done, or why it can't be.
func (s *Identity) explainUpdate(ctx context.Context, op string, old, u *promptz.User) (done bool, err error) {
	now := &userDoc{ID: userKey(u.ID)}
	found, err := s.docs.get(ctx, now, true)
	switch {
	case err != nil:
		return false, nil
	case !found || now.erased():
		return false, notFound(op, "user")
	case now.DocstoreRevision == old.Guard:
		return false, s.explainClaims(ctx, op, u.ID, u.Claims)
	case same(now, newUserDoc(u)): // the answer was lost, not the write
		return true, nil
	}
	return false, promptz.ErrStale
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
