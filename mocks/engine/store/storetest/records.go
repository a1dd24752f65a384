package storetest

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

func recordsComeAndGo(t *testing.T, s store.Store) {
	missing(t, s, box, "a")
	add(t, s, box, []string{"a"})
	same(t, "created", get(t, s, box, "a").Text, "a")

	again := func(tx store.Tx) error { return notes.Create(tx, "a", note{}) }
	fails(t, s.Do(context.Background(), box, again), store.ErrExists)
	do(t, s, box, func(tx store.Tx) error { return jobs.Create(tx, "a", note{Text: "another kind"}) })
	same(t, "after the clash", get(t, s, box, "a").Text, "a")

	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "a", func(n note) (note, error) { n.Text += "!"; return n, nil })
	})
	same(t, "updated", get(t, s, box, "a").Text, "a!")

	remove(t, s, box, "a")
	missing(t, s, box, "a")
	for _, gone := range []func(store.Tx) error{
		func(tx store.Tx) error { return notes.Delete(tx, "a") },
		func(tx store.Tx) error { return tx.Update(store.Record{Kind: notes.Kind, ID: "a", Rev: 1}) },
		func(tx store.Tx) error {
			return notes.Update(tx, "a", func(note) (note, error) { panic("there is nothing to change") })
		},
	} {
		fails(t, s.Do(context.Background(), box, gone), store.ErrNotFound)
	}
	add(t, s, box, []string{"a"})
	same(t, "created again", get(t, s, box, "a").Text, "a")
}

func updateNeedsTheCurrentRev(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a"})
	var first store.Record
	view(t, s, box, func(tx store.Tx) (err error) { first, err = tx.Get(notes.Kind, "a"); return err })
	same(t, "rev at creation", first.Rev, 1)
	write := func(tx store.Tx) error { return tx.Update(first) }
	do(t, s, box, write)
	fails(t, s.Do(context.Background(), box, write), store.ErrConflict)
	view(t, s, box, func(tx store.Tx) error {
		rec, err := tx.Get(notes.Kind, "a")
		same(t, "rev after one update", rec.Rev, 2)
		return err
	})
}

func recordNeedsKindAndID(t *testing.T, s store.Store) {
	for _, rec := range []store.Record{{Kind: "note"}, {ID: "a"}} {
		rec.Value = note{}
		if s.Do(context.Background(), box, func(tx store.Tx) error { return tx.Create(rec) }) == nil {
			t.Fatalf("%+v was created", rec)
		}
	}
}

func valuesAreIsolated(t *testing.T, s store.Store) {
	input := note{Tags: []string{"kept"}, More: map[string]int{"kept": 1}, Body: []byte("kept")}
	spoil := func(n note) { n.Tags[0], n.More["kept"], n.Body[0] = "spoilt", 2, 'X' }
	check := func(what string) {
		t.Helper()
		n := get(t, s, box, "a")
		same(t, what, []any{n.Tags, n.More, string(n.Body)}, []any{[]string{"kept"}, map[string]int{"kept": 1}, "kept"})
	}
	do(t, s, box, func(tx store.Tx) error { return notes.Create(tx, "a", input) })
	spoil(input)
	check("input changed after Create")

	spoil(get(t, s, box, "a"))
	check("result of Get changed")

	view(t, s, box, func(tx store.Tx) error {
		list, err := notes.List(tx, store.Query{})
		spoil(list[0])
		return err
	})
	check("result of List changed")

	err := s.Do(context.Background(), box, func(tx store.Tx) error {
		return notes.Update(tx, "a", func(n note) (note, error) { spoil(n); return n, errOops })
	})
	fails(t, err, errOops)
	check("value changed in an updater that failed")

	var leaked note
	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "a", func(n note) (note, error) { leaked = n; return n, nil })
	})
	spoil(leaked)
	check("value changed after its updater")
}

func optionsStayAndChange(t *testing.T, s store.Store) {
	hash, later := store.HashOf("secret"), start.Add(time.Hour)
	add(t, s, box, []string{"a"}, store.InGroup("g"), store.WithLookup(hash), store.DueAt(start), store.ExpiresAt(later))
	keep := func(n note) (note, error) { return n, nil }
	carries := func(want store.Record) {
		t.Helper()
		view(t, s, box, func(tx store.Tx) error {
			rec, err := tx.Get(notes.Kind, "a")
			same(t, "options", []any{rec.Group, rec.Lookup, rec.Due, rec.Expires}, []any{want.Group, want.Lookup, want.Due, want.Expires})
			return err
		})
	}
	do(t, s, box, func(tx store.Tx) error { return notes.Update(tx, "a", keep) })
	carries(store.Record{Group: "g", Lookup: hash, Due: start, Expires: later})
	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "a", keep, store.InGroup("h"), store.WithLookup(store.Hash{}), store.DueAt(time.Time{}), store.ExpiresAt(start))
	})
	carries(store.Record{Group: "h", Expires: start})
}

type other string

func (o other) Clone() other { return o }

func collectionTellsItsKind(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a"})
	view(t, s, box, func(tx store.Tx) error {
		_, err := store.Collection[other]{Kind: notes.Kind}.Get(tx, "a")
		if err == nil || !strings.Contains(err.Error(), `note "a"`) {
			t.Fatalf("a note read as something else: error is %v", err)
		}
		return nil
	})
}

func instantsAreUTC(t *testing.T, s store.Store) {
	santiago := time.FixedZone("-03", -3*60*60)
	local := start.In(santiago)
	add(t, s, box, []string{"a"}, store.DueAt(local), store.ExpiresAt(local.Add(time.Nanosecond)))
	view(t, s, box, func(tx store.Tx) error {
		rec, err := tx.Get(notes.Kind, "a")
		same(t, "due", rec.Due, start)
		same(t, "expires", rec.Expires, start.Add(time.Nanosecond))
		return err
	})
	due, found, err := s.NextDue(context.Background(), box, notes.Kind, wall)
	ok(t, err)
	same(t, "next due", []any{due, found}, []any{start, true})

	do(t, s, box, func(tx store.Tx) error { return notes.Create(tx, "b", note{At: start}) })
	same(t, "instant in a value", get(t, s, box, "b").At, start)
}

func largeValues(t *testing.T, s store.Store) {
	body := make([]byte, 1<<20)
	for i := range body {
		body[i] = byte(i ^ i>>8)
	}
	do(t, s, box, func(tx store.Tx) error {
		return notes.Create(tx, "a", note{Text: "Peñalolén \x00 \u2028 <&>", Body: body})
	})
	got := get(t, s, box, "a")
	if !bytes.Equal(got.Body, body) {
		t.Fatal("1 MiB of all byte values came back different")
	}
	same(t, "text", got.Text, "Peñalolén \x00 \u2028 <&>")
}
