// Package storetest is the suite that holds package store, on whatever driver is
// behind it, to what it promises. A driver's test opens collections and calls
// [Run].
package storetest

import (
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

// Opener opens an empty collection with the indexes that package store declares
// for it, and closes it when the test ends.
type Opener func(t testing.TB, collection string) (store.Handles, store.Tuning)

// Lack names what a store does not have.
type Lack string

// NoAtomicWrites is that of a store that refuses to write a list all or nothing.
const NoAtomicWrites Lack = "no atomic writes"

// suite is all tests.
var suite = []struct {
	name   string
	run    func(*testing.T, *fixture)
	unless Lack // the store has it; "" is never
}{
	{"ItemComesBackWhole", testItemComesBackWhole, NoAtomicWrites},
	{"LongContentIsCutAndJoined", testLongContent, NoAtomicWrites},
	{"MissingItemIsNotFound", testMissingItem, ""},
	{"CreateLeavesNothingHalfDone", testCreateConflict, NoAtomicWrites},
	{"UpdateMakesVersion", testUpdateMakesVersion, NoAtomicWrites},
	{"UpdateOfOldStateIsStale", testUpdateStale, NoAtomicWrites},
	{"OneOfManyUpdatesWins", testUpdateRace, NoAtomicWrites},
	{"PublishingShowsVersion", testPublishingShowsVersion, NoAtomicWrites},
	{"EraseKeepsFacts", testErase, NoAtomicWrites},
	{"DeletedItemIsNowhere", testDelete, NoAtomicWrites},
	{"SweepGoesOnAfterCrash", testSweepResumes, NoAtomicWrites},
	{"UpdateAndDeleteRace", testUpdateDeleteRace, NoAtomicWrites},
	{"ListsHoldWhatTheyShould", testLists, NoAtomicWrites},
	{"PagesMissAndRepeatNothing", testPages, NoAtomicWrites},
	{"ListIsRefusedWithoutIndex", testListWithoutIndex, ""},
	{"RequestHappensOnce", testOnce, NoAtomicWrites},
	{"OnceInParallelMakesOne", testOnceRace, NoAtomicWrites},
	{"OnceExpires", testOnceExpires, NoAtomicWrites},
	{"ExpiredRecordsAreRemoved", testExpiry, NoAtomicWrites},
	{"SweepsAtOnceDisturbNothing", testSweepTwice, NoAtomicWrites},
	{"SourceIsRemembered", testSource, NoAtomicWrites},
	{"HistoryGoesOutAndIn", testHistory, NoAtomicWrites},
	{"HistoryIsWrittenOnce", testHistoryConflict, NoAtomicWrites},
	{"HistoryInParallelIsWrittenOnce", testHistoryRace, NoAtomicWrites},
	{"HandleIsOneUsers", testHandleClaim, NoAtomicWrites},
	{"HandleInParallelIsOneUsers", testHandleRace, NoAtomicWrites},
	{"HandleChanges", testHandleChange, NoAtomicWrites},
	{"UserUpdateIsGuarded", testUserStale, NoAtomicWrites},
	{"KeysAreFoundAndRevoked", testKeys, NoAtomicWrites},
	{"CancelledContextWritesNothing", testCancelled, ""},
	{"HoldIsKept", testHeld, NoAtomicWrites},
	{"ChallengesAreGuarded", testChallenges, NoAtomicWrites},
	{"ChallengeIsCompletedOnce", testCompleteRace, NoAtomicWrites},
	{"CompletingChangesTheUser", testCompleteChangesUser, NoAtomicWrites},
	{"ClaimsAreOneUsers", testClaims, NoAtomicWrites},
	{"SessionsAreGuarded", testSessions, NoAtomicWrites},
	{"DeliveriesAreTakenOnce", testDeliveries, NoAtomicWrites},
	{"ErasedUserIsNowhere", testErasure, NoAtomicWrites},
	{"SecretsAreKept", testSecrets, ""},
	{"KeyIsMadeOnce", testKeyOnce, NoAtomicWrites},
	{"EventsTellOfChanges", testEvents, NoAtomicWrites},
	{"AccountsHaveEvents", testAccountEvents, NoAtomicWrites},
	{"LogHasNoGap", testLogInParallel, NoAtomicWrites},
	{"OrderIsThatOfWrites", testOrder, NoAtomicWrites},
	{"LogExpires", testLogExpires, NoAtomicWrites},
	{"CursorIsGuarded", testCursor, ""},
	{"StarsAreCountedOnce", testStars, NoAtomicWrites},
	{"StarredItemsArePaged", testStarredItems, NoAtomicWrites},
	{"HotItemIsStarred", testHotItem, NoAtomicWrites},
	{"EventsAreCountedOnce", testCounting, NoAtomicWrites},
	{"ScoresOrderLists", testScores, NoAtomicWrites},
	{"CountsAreThoseOfTheLog", testInterleavings, NoAtomicWrites},
	{"RetriesAreKept", testRetries, ""},
	{"RetriesComeInTurn", testRetriesComeInTurn, ""},
	{"DeadLettersAreKept", testDeadLetters, ""},
	{"RetryHasAReason", testRetryReason, ""},
	{"RetriesInParallelAreOnes", testRetriesInParallel, ""},
	{"ExecutionComesBackWhole", testExecution, NoAtomicWrites},
	{"ExecutionIsCreatedOnce", testExecutionOnce, NoAtomicWrites},
	{"ExecutionInParallelIsCreatedOnce", testExecutionRace, NoAtomicWrites},
	{"ExecutionUpdateIsGuarded", testExecutionStale, NoAtomicWrites},
	{"ExecutionsAreDueInOrder", testExecutionsDue, NoAtomicWrites},
	{"ExecutionsAreListed", testExecutionLists, NoAtomicWrites},
	{"ExecutionHasHistory", testExecutionHistory, NoAtomicWrites},
	{"ExecutionsExpire", testExecutionsExpire, NoAtomicWrites},
	{"LimitsHoldInParallel", testLimits, ""},
	{"LeaseIsOneHolders", testLeases, ""},
	{"LimitsExpire", testEphemeralExpiry, ""},
}

// Run runs the whole suite. Every test opens collections of its own. Of a store that
// lacks something it is seen that it does, and the tests that need that are skipped
// by its name.
func Run(t *testing.T, open Opener, lacks ...Lack) {
	for _, lack := range lacks {
		t.Run("Store has "+string(lack), func(t *testing.T) { shows(t, newFixture(t, open), lack) })
	}
	for _, test := range suite {
		t.Run(test.name, func(t *testing.T) {
			if slices.Contains(lacks, test.unless) {
				t.Skip("the store has " + test.unless)
			}
			test.run(t, newFixture(t, open))
		})
	}
}

// shows fails the test unless the store lacks what it is said to: then no test is
// skipped for nothing.
func shows(t *testing.T, f *fixture, lack Lack) {
	t.Helper()
	if lack != NoAtomicWrites {
		t.Fatalf("nobody knows what %q is", lack)
	}
	item := f.newItem(t, promptz.KindPrompt, "owner")
	err := f.library.CreateItem(t.Context(), item, promptz.Marks{})
	wantCode(t, err, promptz.CodeUnavailable)
	f.wantEmpty(t)
}

// fixture is the stores under test and their clock.
type fixture struct {
	library   *store.Library
	identity  *store.Identity
	ephemeral *store.Ephemeral
	clock     *clock
	docs      store.Handles // the library's documents, to look under the floor
	tuning    store.Tuning
	ttl       bool // whether the store itself removes what has expired
}

func newFixture(t *testing.T, open Opener) *fixture {
	c := &clock{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	libraryDocs, tuning := open(t, store.LibraryCollection)
	identityDocs, _ := open(t, store.IdentityCollection)
	ephemeralDocs, _ := open(t, store.EphemeralCollection)
	return &fixture{
		library:   store.NewLibrary(libraryDocs, tuning, c.now, rand.Reader),
		identity:  store.NewIdentity(identityDocs, tuning, c.now, rand.Reader),
		ephemeral: store.NewEphemeral(ephemeralDocs, tuning, c.now),
		clock:     c,
		docs:      libraryDocs,
		tuning:    tuning,
		ttl:       tuning.TTL,
	}
}

// clock is a clock that a test moves. Safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// newID draws an id.
func newID(t testing.TB) string {
	t.Helper()
	id, err := promptz.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// newItem makes the first state of an item, private.
func (f *fixture) newItem(t testing.TB, kind promptz.Kind, owner string) *promptz.Item {
	t.Helper()
	text := promptz.Text{
		Name: "Review a pull request", Description: "Reads a change as a stranger would.",
		Content: "Read the diff.\n", Tags: []string{"Review", "Go"},
	}
	digest, err := text.Digest()
	if err != nil {
		t.Fatal(err)
	}
	now := f.clock.advance(time.Millisecond)
	return &promptz.Item{
		Text: text, ID: newID(t), Kind: kind, OwnerID: owner, Visibility: promptz.VisibilityPrivate,
		Version: 1, Digest: digest, Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// create writes item and gives it as it is read back.
func (f *fixture) create(t testing.TB, item *promptz.Item) *promptz.Item {
	t.Helper()
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	return f.find(t, item.ID)
}

func (f *fixture) find(t testing.TB, id string) *promptz.Item {
	t.Helper()
	item, err := f.library.FindItem(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// edited gives the next state of old: with other content when content is not
// "", with another visibility when visibility is not "".
func (f *fixture) edited(old *promptz.Item, content string, visibility promptz.Visibility) *promptz.Item {
	next := *old
	next.Revision++
	next.UpdatedAt = f.clock.advance(time.Millisecond)
	if content != "" {
		next.Content = content
		next.Version++
		next.Shown = false
	}
	if visibility != "" {
		next.Visibility = visibility
	}
	if next.Public() {
		next.Shown = true
		if next.PublishedAt.IsZero() {
			next.PublishedAt = next.UpdatedAt
		}
	}
	return &next
}

func (f *fixture) update(t testing.TB, old, next *promptz.Item) *promptz.Item {
	t.Helper()
	if err := f.library.UpdateItem(t.Context(), old, next, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	return f.find(t, old.ID)
}

// wantCode fails the test unless err has the code.
func wantCode(t testing.TB, err error, code promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != code {
		t.Fatalf("got code %q (%v), want %q", got, err, code)
	}
}

// inParallel calls do n times at once and gives what each returned.
func inParallel(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
