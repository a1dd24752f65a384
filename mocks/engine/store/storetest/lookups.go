package storetest

import (
	"context"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

var secret = store.HashOf("secret")

// named creates a note with the secret's hash as its lookup.
func named(id string) func(store.Tx) error {
	return func(tx store.Tx) error { return notes.Create(tx, id, note{}, store.WithLookup(secret)) }
}

func finds(t *testing.T, s store.Store, hash store.Hash, sandbox, id string) {
	t.Helper()
	ref, err := s.Lookup(context.Background(), hash)
	ok(t, err)
	same(t, "lookup", ref, store.Ref{Sandbox: sandbox, Kind: notes.Kind, ID: id})
}

func findsNothing(t *testing.T, s store.Store, hash store.Hash) {
	t.Helper()
	_, err := s.Lookup(context.Background(), hash)
	fails(t, err, store.ErrNotFound)
}

func lookupIsUnique(t *testing.T, s store.Store) {
	findsNothing(t, s, secret)
	do(t, s, box, named("a"))
	finds(t, s, secret, box, "a")
	for _, sandbox := range []string{box, "another"} {
		fails(t, s.Do(context.Background(), sandbox, named("b")), store.ErrExists)
		missing(t, s, sandbox, "b")
	}
	add(t, s, box, []string{"c"})
	fails(t, s.Do(context.Background(), box, func(tx store.Tx) error {
		return notes.Update(tx, "c", func(n note) (note, error) { return n, nil }, store.WithLookup(secret))
	}), store.ErrExists)
	fails(t, s.Do(context.Background(), "twice", func(tx store.Tx) error {
		hash := store.WithLookup(store.HashOf("other"))
		ok(t, notes.Create(tx, "a", note{}, hash))
		return notes.Create(tx, "b", note{}, hash)
	}), store.ErrExists)
	finds(t, s, secret, box, "a")
	same(t, "sandboxes", sandboxes(t, s), []string{box})

	add(t, s, box, []string{"d", "e"}, store.WithLookup(store.Hash{}))
	findsNothing(t, s, store.Hash{}) // the zero hash names nothing
}

func lookupGoesWithItsRecord(t *testing.T, s store.Store) {
	ctx := context.Background()
	for name, end := range map[string]func() error{
		"delete": func() error {
			return s.Do(ctx, box, func(tx store.Tx) error { return notes.Delete(tx, "a") })
		},
		"unname": func() error {
			return s.Do(ctx, box, func(tx store.Tx) error {
				return notes.Update(tx, "a", func(n note) (note, error) { return n, nil }, store.WithLookup(store.Hash{}))
			})
		},
		"sweep": func() error { _, err := s.Sweep(ctx, box, start); return err },
		"drop":  func() error { return s.Drop(ctx, box) },
	} {
		ok(t, s.Drop(ctx, box))
		ok(t, s.Drop(ctx, "another"))
		do(t, s, box, func(tx store.Tx) error {
			return notes.Create(tx, "a", note{}, store.WithLookup(secret), store.ExpiresAt(start))
		})
		finds(t, s, secret, box, "a")
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		findsNothing(t, s, secret)
		do(t, s, "another", named("free again after "+name))
	}
}

func lookupCanMove(t *testing.T, s store.Store) {
	do(t, s, box, named("a"))
	do(t, s, box, func(tx store.Tx) error {
		ok(t, notes.Delete(tx, "a"))
		return named("b")(tx)
	})
	finds(t, s, secret, box, "b")

	rotated := store.HashOf("rotated")
	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "b", func(n note) (note, error) { return n, nil }, store.WithLookup(rotated))
	})
	findsNothing(t, s, secret)
	finds(t, s, rotated, box, "b")

	do(t, s, box, func(tx store.Tx) error {
		ok(t, named("passing")(tx))
		return notes.Delete(tx, "passing")
	})
	findsNothing(t, s, secret)
	do(t, s, "another", named("c"))
	finds(t, s, secret, "another", "c")
}

func lookupOfFailedDoIsFree(t *testing.T, s store.Store) {
	fails(t, s.Do(context.Background(), box, func(tx store.Tx) error { ok(t, named("a")(tx)); return errOops }), errOops)
	findsNothing(t, s, secret)
	do(t, s, "another", named("b"))
	finds(t, s, secret, "another", "b")
}

func sequencesCountPerSandbox(t *testing.T, s store.Store) {
	next := func(sandbox, sequence string, want int64) {
		t.Helper()
		do(t, s, sandbox, func(tx store.Tx) error {
			n, err := tx.Next(sequence)
			same(t, sequence, n, want)
			return err
		})
	}
	next(box, "a", 1)
	next(box, "a", 2)
	next(box, "b", 1)
	next("another", "a", 1)
	next(box, "a", 3)
	same(t, "sandboxes", sandboxes(t, s), []string{"another", box})
}

func sandboxes(t *testing.T, s store.Store) []string {
	t.Helper()
	names, err := s.Sandboxes(context.Background())
	ok(t, err)
	return names
}

func sandboxesAreIsolated(t *testing.T, s store.Store) {
	ctx := context.Background()
	same(t, "sandboxes at first", sandboxes(t, s), []string{})
	missing(t, s, box, "a")
	same(t, "a look makes no sandbox", sandboxes(t, s), []string{})

	expiring := []store.Option{store.InGroup("g"), store.DueAt(start), store.ExpiresAt(start)}
	add(t, s, "z", []string{"a"}, expiring...)
	add(t, s, box, []string{"a", "b"}, expiring...)
	same(t, "sandboxes", sandboxes(t, s), []string{box, "z"})
	missing(t, s, "z", "b")
	view(t, s, "z", func(tx store.Tx) error {
		n, err := tx.Count(notes.Kind, "g")
		same(t, "count", n, 1)
		return err
	})
	remove(t, s, "z", "a")
	same(t, "an empty sandbox is none", sandboxes(t, s), []string{box})
	_, due, err := s.NextDue(ctx, "z", notes.Kind, wall)
	ok(t, err)
	same(t, "due in the empty one", due, false)
	n, err := s.Sweep(ctx, "z", start)
	ok(t, err)
	same(t, "swept from the empty one", n, 0)
	same(t, "claimed from the other", claim(t, s, start, wall, 9), []string{"a", "b"})
}

func dropForgetsOneSandbox(t *testing.T, s store.Store) {
	ctx := context.Background()
	for _, sandbox := range []string{box, "kept"} {
		add(t, s, sandbox, []string{"a"}, store.WithLookup(store.HashOf(sandbox)), store.DueAt(start), store.ExpiresAt(start))
		do(t, s, sandbox, func(tx store.Tx) error { _, err := tx.Next("n"); return err })
	}
	ok(t, s.Drop(ctx, box))
	ok(t, s.Drop(ctx, "never was"))
	same(t, "sandboxes", sandboxes(t, s), []string{"kept"})
	missing(t, s, box, "a")
	findsNothing(t, s, store.HashOf(box))
	finds(t, s, store.HashOf("kept"), "kept", "a")
	same(t, "due", claim(t, s, start, wall, 9), []string{})
	do(t, s, box, func(tx store.Tx) error {
		n, err := tx.Next("n")
		same(t, "sequence starts over", n, 1)
		return err
	})
}
