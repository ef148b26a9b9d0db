package scenario

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

var waits = []scenario{
	{name: "changes/wait", run: waitForChange},
	{name: "changes/wait for nothing", run: waitForNothing},
}

// patience is how long a waiting request is given to begin to wait.
const patience = 100 * time.Millisecond

func waitForChange(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Awaited"))
	cursor, waited := maria.endOf("items"), make(chan answer, 1)
	go func() { waited <- maria.await(it.ID, cursor) }()
	select {
	case a := <-waited:
		w.Fatalf("it is answered before anything happened: %d %s", a.status, a.body)
	case <-time.After(patience):
	}
	maria.remove(it)
	select {
	case a := <-waited:
		if a.status != http.StatusOK || !tells(read[changeList](a), it.ID) {
			w.Errorf("waiting is answered %d %s", a.status, a.body)
		}
	case <-time.After(w.Settle + patience):
		w.Errorf("%v after it happened, who waits is not answered", w.Settle)
	}
}

// await waits for the deletion of an item in answer after answer, since what others
// delete is told too. It gives the answer that tells of it, or one that should not
// be: an error, or nothing long before the time to wait was over.
func (c *caller) await(item, cursor string) answer {
	for {
		asked := time.Now()
		a, err := c.try(http.MethodGet, "/v1/changes?types=promptz.item.deleted&wait=25&cursor="+cursor, nil)
		var page changeList
		if err != nil || a.status != http.StatusOK || json.Unmarshal(a.body, &page) != nil || tells(page, item) {
			return a
		}
		if len(page.Items) == 0 && time.Since(asked) < 20*time.Second {
			return a
		}
		cursor = page.Cursor
	}
}

// tells says whether events of an item are in a list.
func tells(list changeList, item string) bool {
	return slices.ContainsFunc(list.Items, func(e event) bool { return e.Subject == item })
}

func waitForNothing(w *world) {
	maria := w.user("maria")
	maria.remove(maria.create(w.draft("Nothing")))
	cursor := maria.endOf("activity")
	// Nobody else's milestones are in this feed; stars of others may be, unseen.
	begun := time.Now()
	page := read[changeList](maria.get("/v1/changes?feed=activity&types=promptz.item.unstarred&wait=1&cursor=" + cursor))
	if took := time.Since(begun); len(page.Items) == 0 && took < time.Second {
		w.Errorf("asked to wait a second, it is answered after %v", took)
	}
	begun = time.Now()
	maria.get("/v1/changes?feed=activity&wait=0&cursor=" + page.Cursor)
	if took := time.Since(begun); took > 10*time.Second {
		w.Errorf("asked not to wait, it is answered after %v", took)
	}
}
