package api

import (
	"time"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// deletedUser is what an erased user is called.
const deletedUser = "deleted user"

func timestamp(t time.Time) contract.Timestamp { return contract.Timestamp{Time: t} }

func profileShape(p promptz.Profile) contract.Profile {
	if p.Handle == "" {
		return contract.Profile{DisplayName: deletedUser}
	}
	return contract.Profile{Handle: p.Handle, DisplayName: p.DisplayName}
}

func summaryShape(p promptz.Principal, i *promptz.Item) contract.ItemSummary {
	var starred *bool
	if !p.Anonymous() {
		starred = &i.Starred
	}
	return contract.ItemSummary{
		Id:          i.ID,
		Kind:        contract.Kind(i.Kind),
		Slug:        i.Slug(),
		Name:        i.Name,
		Description: i.Description,
		Tags:        i.Tags,
		SourceUrl:   i.SourceURL,
		License:     i.License,
		Visibility:  contract.Visibility(i.Visibility),
		Owner:       profileShape(i.Owner),
		Version:     i.Version,
		Digest:      i.Digest,
		Note:        i.Note,
		CreatedAt:   timestamp(i.CreatedAt),
		UpdatedAt:   timestamp(i.UpdatedAt),
		PublishedAt: timestamp(i.PublishedAt),
		Held:        heldShape(i.Held),
		Stats:       statsShape(i.Stats),
		Starred:     starred,
	}
}

func statsShape(s promptz.Stats) contract.Stats {
	return contract.Stats{Stars: s.Stars, Copies: s.Copies, Downloads: s.Downloads, Views: s.Views}
}

func itemShape(p promptz.Principal, i *promptz.Item) contract.Item {
	return contract.Item{
		ItemSummary: summaryShape(p, i),
		Content:     i.Content,
		Howto:       i.Howto,
		Agent:       i.Agent,
	}
}

func versionSummaryShape(v *promptz.Version) contract.VersionSummary {
	return contract.VersionSummary{
		Number:    v.Number,
		Digest:    v.Digest,
		Shown:     v.Shown,
		Note:      v.Note,
		Author:    profileShape(v.Author),
		CreatedAt: timestamp(v.CreatedAt),
		Erased:    v.Erased,
	}
}

func versionShape(v *promptz.Version) contract.Version {
	return contract.Version{
		VersionSummary: versionSummaryShape(v),
		Name:           v.Name,
		Description:    v.Description,
		Content:        v.Content,
		Howto:          v.Howto,
		Tags:           v.Tags,
		SourceUrl:      v.SourceURL,
		License:        v.License,
		Agent:          v.Agent,
	}
}

func userShape(u *promptz.User) contract.User {
	return contract.User{
		Handle:      u.Handle,
		DisplayName: u.DisplayName,
		Bio:         u.Bio,
		CreatedAt:   timestamp(u.CreatedAt),
	}
}

func meShape(u *promptz.User) contract.Me {
	return contract.Me{
		Handle:      u.Handle,
		Provisional: u.Provisional,
		DisplayName: u.DisplayName,
		Bio:         u.Bio,
		Email:       u.Email,
		Role:        contract.MeRole(u.Role),
		CreatedAt:   timestamp(u.CreatedAt),
	}
}

func heldShape(h *promptz.Hold) contract.Held {
	if h == nil {
		return contract.Held{}
	}
	return contract.Held{Reason: h.Reason, At: timestamp(h.At)}
}

func keyShapes(keys []*promptz.Key) []contract.Key {
	shapes := make([]contract.Key, len(keys))
	for i, k := range keys {
		shapes[i] = contract.Key{
			Id: k.ID, Name: k.Name, Last4: k.Last4, Scopes: scopeShapes(k.Scopes),
			CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt), LastUsedAt: timestamp(k.LastUsedAt),
		}
	}
	return shapes
}

func keyCreatedShape(k *promptz.Key, secret string) contract.KeyCreated {
	return contract.KeyCreated{
		Id: k.ID, Name: k.Name, Key: secret, Last4: k.Last4, Scopes: scopeShapes(k.Scopes),
		CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt),
	}
}

func scopeShapes(scopes []promptz.Scope) []contract.Scope {
	shapes := make([]contract.Scope, len(scopes))
	for i, scope := range scopes {
		shapes[i] = contract.Scope(scope)
	}
	return shapes
}

// sessionShapes shows sessions to p.
func sessionShapes(sessions []*promptz.Session, p promptz.Principal) []contract.Session {
	shapes := make([]contract.Session, len(sessions))
	for i, s := range sessions {
		shapes[i] = contract.Session{
			Id: s.ID, Client: s.Client, Network: s.Network, SignedInAt: timestamp(s.SignedInAt),
			LastUsedAt: timestamp(s.LastUsedAt), ExpiresAt: timestamp(s.ExpiresAt), Current: s.ID == p.SessionID,
		}
	}
	return shapes
}
