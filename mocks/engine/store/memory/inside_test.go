package memory

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

var at = time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC)

func full(id string) store.Record {
	return store.Record{Kind: "k", ID: id, Group: "g", Lookup: store.HashOf(id), Due: at, Expires: at}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever comes and goes leaves nothing in any index, and an empty sandbox is not there at all.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), New()
	must(t, s.Do(ctx, "box", func(tx store.Tx) error {
		if _, err := tx.Next("n"); err != nil { // keeps the box
			return err
		}
		for i := range 1000 {
			if err := tx.Create(full(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := s.Claim(ctx, "box", "k", at, at, time.Minute, 100)
	must(t, err)
	for i := range 1000 {
		must(t, s.Do(ctx, "box", func(tx store.Tx) error { return tx.Delete("k", fmt.Sprint((i*7)%1000)) }))
		if l := s.boxes["box"].lists[listKey{"k", "g"}]; l != nil && len(l.entries) > 2*l.len()+1 {
			t.Fatalf("%d entries for %d rows", len(l.entries), l.len())
		}
	}
	b := s.boxes["box"]
	left := len(b.rows) + len(b.lists) + b.expiring.Len() + b.dues["k"].due.Len() + b.dues["k"].leased.Len() + len(s.names.refs)
	if left != 0 {
		t.Fatalf("%d entries left: %+v", left, b)
	}
	must(t, s.Drop(ctx, "box"))
	must(t, s.View(ctx, "look", func(store.Tx) error { return nil }))
	must(t, s.Do(ctx, "read", func(tx store.Tx) error { _, err := tx.List(store.Query{Kind: "k"}); return err }))
	if len(s.boxes) != 0 {
		t.Fatalf("boxes left: %v", s.boxes)
	}
}

// A value is kept as it is given: the same pointer comes back.
func TestValuesAreNotCopied(t *testing.T) {
	t.Parallel()
	ctx, s, value := context.Background(), New(), new(int)
	must(t, s.Do(ctx, "box", func(tx store.Tx) error { return tx.Create(store.Record{Kind: "k", ID: "a", Value: value}) }))
	must(t, s.View(ctx, "box", func(tx store.Tx) error {
		rec, err := tx.Get("k", "a")
		if rec.Value != any(value) {
			t.Errorf("another value: %v", rec.Value)
		}
		return err
	}))
}

// Two sandboxes bind one hash at the same time: a lookup shows nothing before a commit, and who commits last gets
// nothing at all. (Calling the store inside Do is for this test, which knows the locks.)
func TestLookupClashAtCommit(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), New()
	err := s.Do(ctx, "late", func(tx store.Tx) error {
		must(t, tx.Create(full("unrelated")))
		must(t, tx.Create(full("wanted")))
		if _, err := s.Lookup(ctx, store.HashOf("wanted")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("lookup before the commit: %v", err)
		}
		return s.Do(ctx, "early", func(tx store.Tx) error { return tx.Create(full("wanted")) })
	})
	if !errors.Is(err, store.ErrExists) {
		t.Fatalf("error is %v, want %v", err, store.ErrExists)
	}
	ref, err := s.Lookup(ctx, store.HashOf("wanted"))
	if must(t, err); ref.Sandbox != "early" {
		t.Fatalf("the hash finds %+v", ref)
	}
	if len(s.boxes) != 1 || len(s.names.refs) != 1 {
		t.Fatalf("the late one left something: %v, %v", s.boxes, s.names.refs)
	}
}

// A name that a Do only passed through is not the Do's to free.
func TestLookupPassedThrough(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), New()
	must(t, s.Do(ctx, "late", func(tx store.Tx) error {
		must(t, tx.Create(full("wanted")))
		must(t, tx.Delete("k", "wanted"))
		return s.Do(ctx, "early", func(tx store.Tx) error { return tx.Create(full("wanted")) })
	}))
	ref, err := s.Lookup(ctx, store.HashOf("wanted"))
	if must(t, err); ref.Sandbox != "early" {
		t.Fatalf("the hash finds %+v", ref)
	}
}

// A Tx that outlives its Do can write no more, and a sandbox is named only once something is committed.
func TestDoEnds(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), New()
	var kept store.Tx
	must(t, s.Do(ctx, "box", func(tx store.Tx) error {
		kept = tx
		names, err := s.Sandboxes(ctx)
		if len(names) != 0 {
			t.Errorf("sandboxes before the commit: %q", names)
		}
		must(t, tx.Create(full("a")))
		return err
	}))
	if err := kept.Delete("k", "a"); !errors.Is(err, store.ErrReadOnly) {
		t.Fatalf("a write after the end: %v", err)
	}
}
