// Package storetest says what a store is, as tests that every backend passes.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, open)           // one caller: values, transactions, lists, due rows, lookups, sandboxes
//		storetest.RunConcurrent(t, open) // many callers: nothing lost, nothing twice, nothing half
//	}
//
// Two wrappers make a backend stricter than it is. Run the suite, and whatever is built on a store, on them too:
// Encoding keeps every value as JSON, Rerun runs every Do twice and keeps the second.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Open returns an empty store that the test may close or abandon.
type Open func(t *testing.T) store.Store

// Run is the suite for one caller at a time. Each test opens a store of its own.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	run(t, open, []test{
		{"records come and go", recordsComeAndGo},
		{"update needs the current rev", updateNeedsTheCurrentRev},
		{"a record needs kind and id", recordNeedsKindAndID},
		{"values are isolated", valuesAreIsolated},
		{"options stay and change", optionsStayAndChange},
		{"a collection tells its kind", collectionTellsItsKind},
		{"instants are UTC to the nanosecond", instantsAreUTC},
		{"large values of any bytes", largeValues},
		{"failed do leaves no trace", failedDoLeavesNoTrace},
		{"panicking do leaves no trace", panickingDoLeavesNoTrace},
		{"two kinds, all or nothing", twoKindsAllOrNothing},
		{"a do sees its own writes", doSeesItsOwnWrites},
		{"a view cannot write", viewCannotWrite},
		{"a done context is refused", doneContextIsRefused},

		{"lists are in order of creation", listsAreInOrder},
		{"groups restrict lists", groupsRestrictLists},
		{"cursors are stable", cursorsAreStable},
		{"lists against a model", listsAgainstModel},

		{"due rows in due order", dueRowsInDueOrder},
		{"a lease keeps others away until it ends", leaseKeepsOthersAway},
		{"acknowledging ends the lease", acknowledgingEndsTheLease},
		{"a failed acknowledgement keeps the lease", failedAcknowledgementKeepsTheLease},
		{"next due", nextDue},
		{"sweep deletes what expired", sweepDeletesWhatExpired},

		{"a lookup is unique in all sandboxes", lookupIsUnique},
		{"a lookup goes with its record", lookupGoesWithItsRecord},
		{"a lookup can move", lookupCanMove},
		{"a lookup of a failed do is free", lookupOfFailedDoIsFree},
		{"sequences count per sandbox", sequencesCountPerSandbox},
		{"sandboxes are isolated", sandboxesAreIsolated},
		{"drop forgets one sandbox", dropForgetsOneSandbox},
	})
}

type test struct {
	name string
	test func(t *testing.T, s store.Store)
}

func run(t *testing.T, open Open, tests []test) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			tt.test(t, s)
			ok(t, s.Close())
		})
	}
}

// box is the sandbox of tests that need only one.
const box = "box"

// start is a virtual instant. The tests know no other clock.
var start = time.Date(2026, time.March, 31, 10, 0, 0, 123456789, time.UTC)

// note is the value that the tests store.
type note struct {
	Text string
	N    int
	Tags []string
	More map[string]int
	At   time.Time
	Body []byte
}

func (n note) Clone() note {
	n.Tags, n.More, n.Body = slices.Clone(n.Tags), maps.Clone(n.More), bytes.Clone(n.Body)
	return n
}

var (
	notes = store.Collection[note]{Kind: "note"}
	jobs  = store.Collection[note]{Kind: "job"}
)

// Kinds are the collections that the suite writes to, for backends that must know them.
func Kinds() []store.Kind { return []store.Kind{notes, jobs} }

var errOops = errors.New("oops")

func do(t *testing.T, s store.Store, sandbox string, fn func(store.Tx) error) {
	t.Helper()
	ok(t, s.Do(context.Background(), sandbox, fn))
}

func view(t *testing.T, s store.Store, sandbox string, fn func(store.Tx) error) {
	t.Helper()
	ok(t, s.View(context.Background(), sandbox, fn))
}

// add creates one note per id, each with the options.
func add(t *testing.T, s store.Store, sandbox string, ids []string, options ...store.Option) {
	t.Helper()
	do(t, s, sandbox, func(tx store.Tx) error {
		for _, id := range ids {
			if err := notes.Create(tx, id, note{Text: id}, options...); err != nil {
				return err
			}
		}
		return nil
	})
}

func remove(t *testing.T, s store.Store, sandbox string, ids ...string) {
	t.Helper()
	do(t, s, sandbox, func(tx store.Tx) error {
		for _, id := range ids {
			if err := notes.Delete(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func get(t *testing.T, s store.Store, sandbox, id string) (n note) {
	t.Helper()
	view(t, s, sandbox, func(tx store.Tx) (err error) {
		n, err = notes.Get(tx, id)
		return err
	})
	return n
}

func missing(t *testing.T, s store.Store, sandbox, id string) {
	t.Helper()
	view(t, s, sandbox, func(tx store.Tx) error {
		_, err := notes.Get(tx, id)
		fails(t, err, store.ErrNotFound)
		return nil
	})
}

// ids lists the notes that a query selects.
func ids(t *testing.T, s store.Store, query store.Query) (ids []string) {
	t.Helper()
	query.Kind = notes.Kind
	view(t, s, box, func(tx store.Tx) error {
		recs, err := tx.List(query)
		ids = idsOf(recs)
		return err
	})
	return ids
}

func idsOf(recs []store.Record) []string {
	ids := make([]string, len(recs))
	for i, rec := range recs {
		ids[i] = rec.ID
	}
	return ids
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

// same compares as text, in which a nil list equals an empty one.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Fatalf("%s: got %s, want %s", what, g, w)
	}
}
