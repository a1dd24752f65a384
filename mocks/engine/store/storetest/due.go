package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// wall is far from start on purpose: leases must not be compared with due instants.
var wall = time.Date(2031, time.January, 1, 0, 0, 0, 0, time.UTC)

const lease = time.Minute

func claim(t *testing.T, s store.Store, due, wall time.Time, n int) []string {
	t.Helper()
	recs, err := s.Claim(context.Background(), box, notes.Kind, due, wall, lease, n)
	ok(t, err)
	for _, rec := range recs {
		if n, err := notes.Decode(rec); err != nil || n.Text != rec.ID {
			t.Fatalf("claimed %q with %+v, %v", rec.ID, n, err)
		}
	}
	return idsOf(recs)
}

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func dueRowsInDueOrder(t *testing.T, s store.Store) {
	same(t, "nothing", claim(t, s, minute(9), wall, 9), []string{})
	for id, due := range map[string]int{"third": 3, "first": 1, "future": 5} {
		add(t, s, box, []string{id}, store.DueAt(minute(due)))
	}
	add(t, s, box, []string{"second z", "second a"}, store.DueAt(minute(2)))
	add(t, s, box, []string{"never"})
	do(t, s, box, func(tx store.Tx) error { return jobs.Create(tx, "job", note{}, store.DueAt(start)) })

	same(t, "before the first", claim(t, s, start, wall, 9), []string{})
	same(t, "none wanted", claim(t, s, minute(3), wall, 0), []string{})
	same(t, "two", claim(t, s, minute(3), wall, 2), []string{"first", "second z"})
	same(t, "the rest", claim(t, s, minute(3), wall, 9), []string{"second a", "third"})
	same(t, "no more", claim(t, s, minute(3), wall, 9), []string{})
}

func leaseKeepsOthersAway(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a", "b"}, store.DueAt(start))
	same(t, "claimed", claim(t, s, start, wall, 1), []string{"a"})
	same(t, "meanwhile", claim(t, s, start, wall, 9), []string{"b"})
	same(t, "just before the end", claim(t, s, minute(9), wall.Add(lease-1), 9), []string{})
	same(t, "after the end, in due order", claim(t, s, start, wall.Add(lease), 9), []string{"a", "b"})
	same(t, "leased anew", claim(t, s, start, wall.Add(lease), 9), []string{})
}

func acknowledgingEndsTheLease(t *testing.T, s store.Store) {
	add(t, s, box, []string{"done", "later", "deleted", "again"}, store.DueAt(start))
	recs, err := s.Claim(context.Background(), box, notes.Kind, start, wall, lease, 9)
	ok(t, err)
	same(t, "claimed", idsOf(recs), []string{"done", "later", "deleted", "again"})
	do(t, s, box, func(tx store.Tx) error {
		for _, rec := range recs {
			switch rec.ID {
			case "done":
				rec.Due = time.Time{}
			case "later":
				rec.Due = minute(5)
			case "deleted":
				ok(t, tx.Delete(rec.Kind, rec.ID))
				continue
			}
			ok(t, tx.Update(rec)) // a claim leaves Rev as it is
		}
		return nil
	})
	same(t, "now", claim(t, s, start, wall, 9), []string{"again"})
	same(t, "five minutes later", claim(t, s, minute(5), wall, 9), []string{"later"})
	same(t, "after all leases", claim(t, s, minute(9), wall.Add(lease), 9), []string{"again", "later"})
}

func failedAcknowledgementKeepsTheLease(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a"}, store.DueAt(start))
	same(t, "claimed", claim(t, s, start, wall, 1), []string{"a"})
	for _, ack := range []func(store.Tx) error{
		func(tx store.Tx) error { return notes.Delete(tx, "a") },
		func(tx store.Tx) error {
			return notes.Update(tx, "a", func(n note) (note, error) { return n, nil }, store.DueAt(minute(1)))
		},
	} {
		fails(t, s.Do(context.Background(), box, func(tx store.Tx) error { ok(t, ack(tx)); return errOops }), errOops)
	}
	same(t, "still leased", claim(t, s, minute(9), wall, 9), []string{})
	same(t, "after the lease", claim(t, s, start, wall.Add(lease), 9), []string{"a"})
}

func nextDue(t *testing.T, s store.Store) {
	at := wall
	next := func(want time.Time) {
		t.Helper()
		due, found, err := s.NextDue(context.Background(), box, notes.Kind, at)
		ok(t, err)
		same(t, "next due", []any{due, found}, []any{want, !want.IsZero()})
	}
	next(time.Time{})
	add(t, s, box, []string{"b"}, store.DueAt(minute(2)))
	next(minute(2))
	add(t, s, box, []string{"a"}, store.DueAt(minute(1)))
	add(t, s, box, []string{"c"})
	next(minute(1))
	same(t, "claimed", claim(t, s, minute(1), wall, 9), []string{"a"})
	next(minute(2)) // a leased row is somebody's already
	remove(t, s, box, "b")
	next(time.Time{})
	at = wall.Add(lease)
	next(minute(1)) // the lease has run out, although no Claim has noticed
	same(t, "nothing free", claim(t, s, start, wall.Add(lease), 0), []string{})
	at = wall
	next(minute(1)) // that Claim noticed
	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "a", func(n note) (note, error) { return n, nil }, store.DueAt(time.Time{}))
	})
	next(time.Time{})
}

func sweepDeletesWhatExpired(t *testing.T, s store.Store) {
	sweep := func(now time.Time, want int) {
		t.Helper()
		n, err := s.Sweep(context.Background(), box, now)
		ok(t, err)
		same(t, "swept", n, want)
	}
	sweep(start, 0)
	for id, expires := range map[string]int{"a": 1, "b": 2, "c": 3} {
		add(t, s, box, []string{id}, store.ExpiresAt(minute(expires)), store.DueAt(start))
	}
	add(t, s, box, []string{"never"})
	do(t, s, box, func(tx store.Tx) error { return jobs.Create(tx, "job", note{}, store.ExpiresAt(minute(1))) })

	sweep(minute(1).Add(-1), 0)
	sweep(minute(2), 3)
	missing(t, s, box, "a")
	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "c", func(n note) (note, error) { return n, nil }, store.ExpiresAt(minute(9)))
	})
	sweep(minute(8), 0)
	same(t, "due", claim(t, s, start, wall, 9), []string{"c"})
	sweep(minute(9), 1)
	sweep(minute(9), 0)
	same(t, "left", ids(t, s, store.Query{}), []string{"never"})
	same(t, "no longer leased", claim(t, s, start, wall.Add(lease), 9), []string{})
}
