package api_test

import (
	"context"

	"promptz/internal/promptz"
)

// formerHandle leads to maria's present one.
const formerHandle = "maria_old"

func (f *fake) FindUser(_ context.Context, handle string) (*promptz.User, error) {
	err := f.begin("FindUser")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for _, u := range f.users {
		if promptz.FoldHandle(u.Handle) == promptz.FoldHandle(handle) || u.ID == maria && handle == formerHandle {
			c := *u
			return &c, nil
		}
	}
	return nil, promptz.Errorf(promptz.CodeNotFound, "no user %q", handle)
}

func (f *fake) FindMe(_ context.Context, p promptz.Principal) (*promptz.User, error) {
	err := f.begin("FindMe")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	c := *f.users[p.UserID]
	return &c, nil
}

func (f *fake) UpdateMe(_ context.Context, p promptz.Principal, edit func(*promptz.User) (promptz.ProfileEdit, error)) (*promptz.User, error) {
	err := f.begin("UpdateMe")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	next := *f.users[p.UserID]
	e, err := edit(&next)
	if err != nil {
		return nil, err
	}
	next.Handle, next.DisplayName, next.Bio = e.Handle, e.DisplayName, e.Bio
	if err := next.Validate(); err != nil {
		return nil, err
	}
	for _, other := range f.users {
		if other.ID != next.ID && promptz.FoldHandle(other.Handle) == promptz.FoldHandle(next.Handle) {
			return nil, promptz.Errorf(promptz.CodeConflict, "The handle %s is taken.", next.Handle)
		}
	}
	next.Revision++
	f.users[p.UserID] = &next
	c := next
	return &c, nil
}
