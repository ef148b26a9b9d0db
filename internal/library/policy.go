package library

import "promptz/internal/promptz"

// canRead tells whether p may know that the item is there.
func canRead(p promptz.Principal, item *promptz.Item) bool {
	return item.Public() || isOwner(p, item) && p.Has(promptz.ScopeRead) || isModerator(p) && item.Held != nil
}

// canEdit tells whether p may change the item.
func canEdit(p promptz.Principal, item *promptz.Item) bool {
	return isOwner(p, item) && p.Has(promptz.ScopeWrite)
}

// canErase tells whether p may remove the text of the item's versions.
func canErase(p promptz.Principal, item *promptz.Item) bool {
	return canEdit(p, item) || isModerator(p) && (item.Public() || item.Held != nil)
}

// canReadVersion tells whether p, who may read the item, may know that the
// version is there: others than the owner see only what was once shown.
func canReadVersion(p promptz.Principal, item *promptz.Item, v *promptz.Version) bool {
	return v.Shown || isOwner(p, item) && p.Has(promptz.ScopeRead)
}

func isOwner(p promptz.Principal, item *promptz.Item) bool {
	return !p.Anonymous() && p.UserID == item.OwnerID
}

func isModerator(p promptz.Principal) bool {
	return (p.Role == promptz.RoleModerator || p.Role == promptz.RoleAdmin) && p.Has(promptz.ScopeAdmin)
}

// canSee tells whether p is of an event's audience.
func canSee(p promptz.Principal, e *promptz.Event) bool {
	switch e.Audience {
	case promptz.AudiencePublic:
		return true
	case promptz.AudienceOwner:
		return ownsItemOf(p, e)
	case promptz.AudienceActor:
		return isAdmin(p) || p.UserID == e.ActorID && p.Has(promptz.ScopeRead)
	}
	return isAdmin(p)
}

// ownsItemOf tells whether the event's item is p's.
func ownsItemOf(p promptz.Principal, e *promptz.Event) bool {
	return !p.Anonymous() && p.UserID == e.OwnerID && p.Has(promptz.ScopeRead)
}

func isAdmin(p promptz.Principal) bool {
	return p.Role == promptz.RoleAdmin && p.Has(promptz.ScopeAdmin)
}
