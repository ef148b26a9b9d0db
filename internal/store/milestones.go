package store

import (
	"context"
	"fmt"

	"promptz/internal/promptz"
)

// milestoneDoc is milestone#<item>#<stars>: that an item has reached a milestone.
type milestoneDoc struct {
	ID string `docstore:"id"`
	V  int    `docstore:"v"`
	By string `docstore:"by"` // the execution that claimed it

	DocstoreRevision any
}

func milestoneKey(item string, stars int64) string {
	return fmt.Sprintf("milestone#%s#%d", item, stars)
}

// ClaimMilestone writes that an item has reached a milestone, with its event, once
// for all: claimed is true for by alone, however often it asks. Lower milestones
// that were passed over are claimed with it, and nobody is told of them.
func (l *Library) ClaimMilestone(ctx context.Context, item *promptz.Item, milestone int64, by string) (claimed bool, err error) {
	const op = "claim milestone"
	e := promptz.ItemEvent(promptz.EventItemMilestone, item, l.now())
	e.Milestone = milestone
	events := []promptz.Event{e}
	if err := l.log.name(events); err != nil {
		return false, failure(op, err)
	}
	wrote := false
	write := func() error {
		missing, holder, err := l.milestonesUpTo(ctx, item.ID, milestone)
		if err != nil {
			return err
		}
		if holder != "" {
			claimed, wrote = holder == by, wrote && holder == by
			return nil
		}
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		for _, m := range missing {
			list.Create(&milestoneDoc{ID: milestoneKey(item.ID, m), V: schema, By: by})
		}
		addEvents(list, events)
		wrote = true // perhaps: its answer may be lost
		claimed = true
		return list.Do(ctx)
	}
	err = commit(ctx, op, write, func() (bool, error) { return false, nil })
	if err == nil && wrote {
		l.log.wrote(events)
	}
	return claimed && err == nil, err
}

// milestonesUpTo gives the milestones up to one that nobody has claimed, and who
// has claimed that one.
func (l *Library) milestonesUpTo(ctx context.Context, item string, milestone int64) (missing []int64, holder string, err error) {
	var docs []any
	for _, m := range promptz.Milestones {
		if m <= milestone {
			docs = append(docs, &milestoneDoc{ID: milestoneKey(item, m)})
		}
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, "", err
	}
	for i, doc := range docs {
		switch {
		case !found[i]:
			missing = append(missing, promptz.Milestones[i])
		case promptz.Milestones[i] == milestone:
			holder = doc.(*milestoneDoc).By
		}
	}
	return missing, holder, nil
}
