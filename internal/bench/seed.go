package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"golang.org/x/sync/errgroup"

	app "promptz"
	"promptz/internal/config"
	"promptz/internal/promptz"
)

// owners is how many users the items are spread over.
const owners = 50

// sampled is how many ids are kept to ask for.
const sampled = 1000

// seeded is a library to measure.
type seeded struct {
	ids    []string // of some public prompts
	handle string   // of an owner
	key    string   // of that owner
}

// seed fills the data folder with public prompts.
func seed(ctx context.Context, dir string, items int) (seeded, error) {
	cfg, err := app.LoadConfig(&config.Flags{}, []string{"PROMPTZ_DATA=" + dir})
	if err != nil {
		return seeded{}, err
	}
	tools, cleanup, err := app.OpenTools(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return seeded{}, err
	}
	defer cleanup()
	var s seeded
	var principals []promptz.Principal
	for n := range owners {
		u, err := tools.Identity.CreateUser(ctx, fmt.Sprint("owner", n), promptz.RoleUser, "")
		if err != nil {
			return s, err
		}
		principals = append(principals, promptz.Principal{UserID: u.ID, Scopes: []promptz.Scope{promptz.ScopeWrite}})
		s.handle = u.Handle
	}
	scopes := []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite}
	_, s.key, err = tools.Identity.CreateKey(ctx, promptz.KeyRequest{UserID: principals[owners-1].UserID, Name: "bench", Scopes: scopes})
	if err != nil {
		return s, err
	}
	s.ids = make([]string, min(items, sampled))
	return s, create(ctx, tools, principals, items, s.ids)
}

// create makes the items, many at once, and keeps the ids of some of them,
// spread evenly.
func create(ctx context.Context, tools *app.Tools, principals []promptz.Principal, items int, ids []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	step := items / len(ids)
	for n := range items {
		g.Go(func() error {
			draft := promptz.Draft{Visibility: promptz.VisibilityPublic, Text: promptz.Text{
				Name: fmt.Sprint("Prompt ", n), Description: "Made for a benchmark, of the usual size.",
				Content: content(n), Tags: []string{"Bench", fmt.Sprint("Tag ", n%100)},
			}}
			// Imported: nobody is to be told of milestones, nor files written.
			in := promptz.Import{Kind: promptz.KindPrompt, Draft: draft, Path: fmt.Sprint("bench/", n), Hash: "bench"}
			_, item, err := tools.Library.ImportItem(ctx, principals[n%owners], in)
			if err == nil && n%step == 0 && n/step < len(ids) {
				ids[n/step] = item.ID
			}
			return err
		})
	}
	return g.Wait()
}

// content is a text of about 2 KB, what a prompt in the wild has.
func content(n int) string {
	return strings.Repeat(fmt.Sprintf("Line %d of a prompt that says what an assistant is to do.\n", n), 36)
}

// freeAddress is an address on loopback that is free at this moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
