package activities

import (
	"bytes"
	"context"
	"crypto/sha256"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
	"promptz/internal/workflow/machines"
)

// sendMilestone tells an item's owner how many have starred it.
func (d Deps) sendMilestone(ctx context.Context, c workflow.Call, s score) (any, error) {
	item, err := d.Items.FindItem(ctx, s.ID, true)
	if err != nil {
		return nil, err
	}
	return nil, d.send(ctx, c, item.OwnerID, promptz.Letter{Kind: promptz.LetterMilestone, Item: item.Name, Stars: s.Milestone})
}

// sendFindings tells an item's owner what was found in it.
func (d Deps) sendFindings(ctx context.Context, c workflow.Call, i inspection) (any, error) {
	item, err := d.findPublic(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.send(ctx, c, item.OwnerID, promptz.Letter{Kind: promptz.LetterFindings, Item: item.Name, Findings: i.Findings})
}

// sendWelcome greets a new user.
func (d Deps) sendWelcome(ctx context.Context, c workflow.Call, user machines.Subject) (any, error) {
	return nil, d.send(ctx, c, user.ID, promptz.Letter{Kind: promptz.LetterWelcome})
}

// send sends a letter to a user; one without an address gets none.
func (d Deps) send(ctx context.Context, c workflow.Call, user string, l promptz.Letter) error {
	u, err := d.Users.FindUser(ctx, user)
	if err != nil || u.Email == "" || u.Suspended() {
		return err
	}
	if l.ID, err = letterID(c); err != nil {
		return err
	}
	l.To, l.Handle, l.AskedAt = u.Email, u.Handle, d.Now()
	return d.Mailer.Send(ctx, l)
}

// letterID is the same whenever the same state sends a letter, so that whoever
// gets it twice is shown it once.
func letterID(c workflow.Call) (string, error) {
	hash := sha256.Sum256([]byte(c.Execution + "\n" + c.State))
	return promptz.NewID(bytes.NewReader(hash[:]))
}
