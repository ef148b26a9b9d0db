package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
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
	cursor := maria.endOf("items")
	waited := make(chan answer, 1)
	go func() {
		for cursor := cursor; ; {
			a, err := maria.try(http.MethodGet, "/v1/changes?types=promptz.item.deleted&wait=25&cursor="+cursor, nil)
			var page changeList
			if err != nil || json.Unmarshal(a.body, &page) != nil || a.status != http.StatusOK || bytes.Contains(a.body, []byte(maria.agent)) {
				waited <- a
				return
			}
			if len(page.Items) > 0 {
				waited <- a
				return
			}
			cursor = page.Cursor
		}
	}()
	select {
	case a := <-waited:
		if len(read[changeList](a).Items) == 0 {
			w.Fatalf("it does not wait:\n%s", a.body)
		}
	case <-time.After(patience):
	}
	begun := time.Now()
	maria.remove(maria.create(w.draft("Awaited")))
	select {
	case a := <-waited:
		if page := read[changeList](a); len(page.Items) == 0 || page.Items[0].Type != "promptz.item.deleted" {
			w.Errorf("waiting is answered %d %s", a.status, a.body)
		}
	case <-time.After(w.Settle + patience):
		w.Errorf("%v after it happened, who waits is not answered", time.Since(begun))
	}
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
