package store

import (
	"context"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// CreateChallenge writes a challenge and what its asker is to get, both or none.
func (s *Identity) CreateChallenge(ctx context.Context, c *promptz.Challenge, queued *promptz.Delivery) error {
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites().Create(s.challengeDoc(c))
		s.enqueue(list, queued)
		return list.Do(ctx)
	}
	explain := func() (bool, error) {
		found, err := s.docs.get(ctx, &challengeDoc{ID: challengeKey(c.ID)}, true)
		return err == nil && found, nil
	}
	return commit(ctx, "create challenge", write, explain)
}

// FindChallenge gives a challenge. It fails with [promptz.CodeNotFound] when
// there is none, or it has expired.
func (s *Identity) FindChallenge(ctx context.Context, id string) (*promptz.Challenge, error) {
	const op = "find challenge"
	doc := &challengeDoc{ID: challengeKey(id)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || s.now().Unix() >= doc.Expires {
		return nil, notFound(op, "challenge")
	}
	return doc.challenge(), nil
}

// UpdateChallenge writes the next state of the unused challenge that was read as
// old, and sets c's guard to it. It fails with [promptz.ErrStale] when the
// challenge is not what old says any more, and with [promptz.CodeNotFound].
func (s *Identity) UpdateChallenge(ctx context.Context, old, c *promptz.Challenge) error {
	doc := s.challengeDoc(c)
	err := s.docs.replace(ctx, "update challenge", "challenge", doc, old.Guard)
	if err == nil {
		c.Guard = doc.DocstoreRevision
	}
	return err
}

// CompleteChallenge uses a challenge up and writes what came of it, all or
// nothing. It fails with [promptz.ErrStale] when the challenge or the account is
// not what was read any more, and with [promptz.CodeConflict] when a new
// account's handle or claim is somebody's.
func (s *Identity) CompleteChallenge(ctx context.Context, in promptz.SignIn) error {
	const op = "complete challenge"
	used := s.challengeDoc(in.Challenge)
	used.UsedBy = in.User.ID
	if in.Session != nil {
		used.UsedBy = in.Session.ID
	}
	events, err := s.eventsOf(in)
	if err != nil {
		return failure(op, err)
	}
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		if err := s.addAccount(ctx, list, in); err != nil {
			return err
		}
		used.DocstoreRevision = in.Challenge.Guard
		list.Replace(used)
		if in.Session != nil {
			list.Create(s.sessionDoc(in.Session))
		}
		if in.Device != nil {
			doc := newDeviceDoc(in.Device)
			doc.ExpiryShard, doc.ExpirySort = s.docs.expiry(doc.ID, in.Device.ExpiresAt)
			list.Put(doc)
		}
		for _, d := range in.Queued {
			s.enqueue(list, d)
		}
		addEvents(list, events)
		return list.Do(ctx)
	}
	explain := func() (bool, error) {
		now := &challengeDoc{ID: used.ID}
		found, err := s.docs.get(ctx, now, true)
		switch {
		case err != nil:
			return false, nil
		case !found:
			return false, promptz.ErrStale
		case now.UsedBy == used.UsedBy: // the answer was lost, not the write
			return true, nil
		case now.DocstoreRevision != in.Challenge.Guard:
			return false, promptz.ErrStale
		}
		return false, s.explainAccount(ctx, op, in)
	}
	return s.log.announce(events, commit(ctx, op, write, explain))
}

// eventsOf gives the events of a challenge that is met, with their ids.
func (s *Identity) eventsOf(in promptz.SignIn) ([]promptz.Event, error) {
	var events []promptz.Event
	if in.NewUser != nil {
		events = append(events, promptz.UserEvent(promptz.EventUserCreated, in.NewUser.ID, s.now()))
	}
	if in.Session != nil {
		events = append(events, promptz.UserEvent(promptz.EventUserSignedIn, in.User.ID, s.now()))
	}
	return events, s.log.name(events)
}

// addAccount adds the account that is made or changed. What may fail comes first.
func (s *Identity) addAccount(ctx context.Context, list *docstore.ActionList, in promptz.SignIn) error {
	switch {
	case in.NewUser != nil:
		s.addNewUser(list, in.NewUser)
		return nil
	case in.OldUser != nil:
		return s.addUpdate(ctx, list, in.OldUser, in.User)
	}
	return nil
}

// explainAccount says why the account can't be written, nil when nothing is
// against it.
func (s *Identity) explainAccount(ctx context.Context, op string, in promptz.SignIn) error {
	switch {
	case in.NewUser != nil:
		return s.explainNewUser(ctx, op, in.NewUser)
	case in.OldUser != nil:
		_, err := s.explainUpdate(ctx, op, in.OldUser, in.User)
		return err
	}
	return nil
}

func (s *Identity) challengeDoc(c *promptz.Challenge) *challengeDoc {
	doc := newChallengeDoc(c)
	doc.ExpiryShard, doc.ExpirySort = s.docs.expiry(doc.ID, c.ExpiresAt)
	return doc
}

// FindDevice gives a browser that was remembered. It fails with
// [promptz.CodeNotFound].
func (s *Identity) FindDevice(ctx context.Context, hash []byte) (*promptz.Device, error) {
	const op = "find device"
	doc := &deviceDoc{ID: deviceKey(hash)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || s.now().Unix() >= doc.Expires {
		return nil, notFound(op, "device")
	}
	return doc.device(), nil
}
