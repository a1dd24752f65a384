package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// everything writes in each way there is, over what leavesNoTrace put there.
func everything(tx store.Tx) error {
	if err := notes.Create(tx, "new", note{}, store.WithLookup(store.HashOf("new")), store.DueAt(start), store.InGroup("g")); err != nil {
		return err
	}
	change := func(n note) (note, error) { n.Text = "changed"; return n, nil }
	if err := notes.Update(tx, "old", change, store.InGroup("h"), store.WithLookup(store.Hash{}), store.DueAt(time.Time{})); err != nil {
		return err
	}
	if err := notes.Update(tx, "new", change, store.DueAt(start.Add(time.Hour))); err != nil {
		return err
	}
	if err := notes.Delete(tx, "gone"); err != nil {
		return err
	}
	if err := notes.Create(tx, "gone", note{Text: "reborn"}, store.ExpiresAt(start)); err != nil {
		return err
	}
	for _, sequence := range []string{"used", "used", "unused"} {
		if _, err := tx.Next(sequence); err != nil {
			return err
		}
	}
	return nil
}

// leavesNoTrace checks that a Do with everything in it, ended by end, is as if it had never been.
func leavesNoTrace(t *testing.T, s store.Store, end func(s store.Store)) {
	ctx := context.Background()
	add(t, s, box, []string{"old"}, store.InGroup("g"), store.WithLookup(store.HashOf("old")), store.DueAt(start))
	add(t, s, box, []string{"gone"}, store.InGroup("g"), store.WithLookup(store.HashOf("gone")), store.ExpiresAt(start.Add(time.Hour)))
	add(t, s, box, []string{"last"})
	do(t, s, box, func(tx store.Tx) error { _, err := tx.Next("used"); return err })

	end(s)

	view(t, s, box, func(tx store.Tx) error {
		recs, err := tx.List(store.Query{Kind: notes.Kind})
		same(t, "records", idsOf(recs), []string{"old", "gone", "last"})
		for _, rec := range recs {
			same(t, rec.ID+" rev", rec.Rev, 1)
			n, err := notes.Decode(rec)
			ok(t, err)
			same(t, "text", n.Text, rec.ID)
		}
		g, _ := tx.Count(notes.Kind, "g")
		h, _ := tx.Count(notes.Kind, "h")
		same(t, "groups", []int{g, h}, []int{2, 0})
		return err
	})
	for secret, id := range map[string]string{"old": "old", "gone": "gone"} {
		ref, err := s.Lookup(ctx, store.HashOf(secret))
		ok(t, err)
		same(t, "lookup", ref, store.Ref{Sandbox: box, Kind: notes.Kind, ID: id})
	}
	_, err := s.Lookup(ctx, store.HashOf("new"))
	fails(t, err, store.ErrNotFound)

	n, err := s.Sweep(ctx, box, start)
	ok(t, err)
	same(t, "swept", n, 0)
	recs, err := s.Claim(ctx, box, notes.Kind, start.Add(24*time.Hour), start, time.Minute, 9)
	ok(t, err)
	same(t, "due", idsOf(recs), []string{"old"})
	do(t, s, box, func(tx store.Tx) error {
		used, err := tx.Next("used")
		ok(t, err)
		unused, err := tx.Next("unused")
		same(t, "sequences", []int64{used, unused}, []int64{2, 1})
		return err
	})
	end(s) // once more, on what the first end left behind
	same(t, "records", ids(t, s, store.Query{}), []string{"old", "gone", "last"})
}

func failedDoLeavesNoTrace(t *testing.T, s store.Store) {
	leavesNoTrace(t, s, func(s store.Store) {
		fails(t, s.Do(context.Background(), box, func(tx store.Tx) error {
			ok(t, everything(tx))
			return errOops
		}), errOops)
	})
	same(t, "sandboxes", sandboxes(t, s), []string{box})

	err := s.Do(context.Background(), "fresh", func(tx store.Tx) error {
		_, err := tx.Next("n")
		ok(t, err)
		ok(t, notes.Create(tx, "a", note{}))
		return errOops
	})
	fails(t, err, errOops)
	same(t, "sandboxes after a first Do that failed", sandboxes(t, s), []string{box})
}

func panickingDoLeavesNoTrace(t *testing.T, s store.Store) {
	leavesNoTrace(t, s, func(s store.Store) {
		defer func() { same(t, "panic", recover(), errOops) }()
		_ = s.Do(context.Background(), box, func(tx store.Tx) error {
			ok(t, everything(tx))
			panic(errOops)
		})
	})
}

func twoKindsAllOrNothing(t *testing.T, s store.Store) {
	both := func(tx store.Tx) error {
		if err := notes.Create(tx, "a", note{}); err != nil {
			return err
		}
		return jobs.Create(tx, "a", note{})
	}
	do(t, s, box, func(tx store.Tx) error { return jobs.Create(tx, "a", note{Text: "first"}) })
	fails(t, s.Do(context.Background(), box, both), store.ErrExists)
	missing(t, s, box, "a")

	do(t, s, box, func(tx store.Tx) error { return jobs.Delete(tx, "a") })
	do(t, s, box, both)
	view(t, s, box, func(tx store.Tx) error {
		_, err := notes.Get(tx, "a")
		ok(t, err)
		_, err = jobs.Get(tx, "a")
		return err
	})
}

func doSeesItsOwnWrites(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a", "b"}, store.InGroup("g"))
	do(t, s, box, func(tx store.Tx) error {
		ok(t, notes.Create(tx, "c", note{}, store.InGroup("g")))
		ok(t, notes.Delete(tx, "a"))
		ok(t, notes.Update(tx, "b", func(n note) (note, error) { n.N = 7; return n, nil }))
		b, err := notes.Get(tx, "b")
		ok(t, err)
		same(t, "updated", b.N, 7)
		_, err = notes.Get(tx, "a")
		fails(t, err, store.ErrNotFound)
		fails(t, notes.Create(tx, "c", note{}), store.ErrExists)
		recs, err := tx.List(store.Query{Kind: notes.Kind, Group: "g"})
		same(t, "list", idsOf(recs), []string{"b", "c"})
		count, _ := tx.Count(notes.Kind, "g")
		same(t, "count", count, 2)
		return err
	})
}

func viewCannotWrite(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a"})
	view(t, s, box, func(tx store.Tx) error {
		rec, err := tx.Get(notes.Kind, "a")
		ok(t, err)
		fails(t, tx.Update(rec), store.ErrReadOnly)
		fails(t, notes.Create(tx, "b", note{}), store.ErrReadOnly)
		fails(t, notes.Delete(tx, "a"), store.ErrReadOnly)
		_, err = tx.Next("n")
		fails(t, err, store.ErrReadOnly)
		return nil
	})
	fails(t, s.View(context.Background(), box, func(store.Tx) error { return errOops }), errOops)
	same(t, "records", ids(t, s, store.Query{}), []string{"a"})
}

func doneContextIsRefused(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	write := func(tx store.Tx) error { return notes.Create(tx, "a", note{}) }
	fails(t, s.Do(ctx, box, write), context.Canceled)
	fails(t, s.View(ctx, box, write), context.Canceled)
	missing(t, s, box, "a")
}
