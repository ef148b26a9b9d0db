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

func summaryShape(i *promptz.Item) contract.ItemSummary {
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
		Stats: contract.Stats{
			Stars:     i.Stats.Stars,
			Copies:    i.Stats.Copies,
			Downloads: i.Stats.Downloads,
			Views:     i.Stats.Views,
		},
	}
}

func itemShape(i *promptz.Item) contract.Item {
	return contract.Item{
		ItemSummary: summaryShape(i),
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
		Role:        contract.MeRole(u.Role),
		CreatedAt:   timestamp(u.CreatedAt),
	}
}
