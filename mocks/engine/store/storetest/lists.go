package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

func listsAreInOrder(t *testing.T, s store.Store) {
	same(t, "nothing", ids(t, s, store.Query{}), []string{})
	add(t, s, box, []string{"c", "a", "b"})
	add(t, s, box, []string{"0"})
	do(t, s, box, func(tx store.Tx) error {
		ok(t, jobs.Create(tx, "job", note{}))
		return notes.Update(tx, "c", func(n note) (note, error) { return n, nil })
	})
	for _, tt := range []struct {
		query store.Query
		want  []string
	}{
		{store.Query{}, []string{"c", "a", "b", "0"}},
		{store.Query{Limit: 2}, []string{"c", "a"}},
		{store.Query{Limit: 9}, []string{"c", "a", "b", "0"}},
		{store.Query{After: "a"}, []string{"b", "0"}},
		{store.Query{After: "0"}, []string{}},
		{store.Query{Newest: true}, []string{"0", "b", "a", "c"}},
		{store.Query{Newest: true, After: "b", Limit: 1}, []string{"a"}},
		{store.Query{Newest: true, After: "c"}, []string{}},
	} {
		same(t, fmt.Sprintf("%+v", tt.query), ids(t, s, tt.query), tt.want)
	}
}

func groupsRestrictLists(t *testing.T, s store.Store) {
	for _, id := range []string{"a1", "b1", "a2", "b2", "a3"} {
		add(t, s, box, []string{id}, store.InGroup(id[:1]))
	}
	add(t, s, box, []string{"none"})
	same(t, "group", ids(t, s, store.Query{Group: "a"}), []string{"a1", "a2", "a3"})
	same(t, "all", ids(t, s, store.Query{}), []string{"a1", "b1", "a2", "b2", "a3", "none"})
	same(t, "no such group", ids(t, s, store.Query{Group: "c"}), []string{})
	same(t, "after a record of another group", ids(t, s, store.Query{Group: "a", After: "b1"}), []string{"a2", "a3"})
	same(t, "before one", ids(t, s, store.Query{Group: "a", After: "b2", Newest: true}), []string{"a2", "a1"})

	do(t, s, box, func(tx store.Tx) error {
		return notes.Update(tx, "b1", func(n note) (note, error) { return n, nil }, store.InGroup("a"))
	})
	same(t, "a record that moved keeps its place", ids(t, s, store.Query{Group: "a"}), []string{"a1", "b1", "a2", "a3"})
	view(t, s, box, func(tx store.Tx) error {
		for group, want := range map[string]int{"a": 4, "b": 1, "c": 0, "": 6} {
			n, err := notes.Count(tx, group)
			ok(t, err)
			same(t, "count of "+group, n, want)
		}
		return nil
	})
}

func cursorsAreStable(t *testing.T, s store.Store) {
	add(t, s, box, []string{"a", "b", "c", "d", "e"})
	same(t, "first page", ids(t, s, store.Query{Limit: 2}), []string{"a", "b"})
	remove(t, s, box, "a", "d")
	add(t, s, box, []string{"f"})
	same(t, "second page", ids(t, s, store.Query{After: "b", Limit: 2}), []string{"c", "e"})
	same(t, "third page", ids(t, s, store.Query{After: "e", Limit: 2}), []string{"f"})
	same(t, "newest first", ids(t, s, store.Query{After: "e", Newest: true}), []string{"c", "b"})

	remove(t, s, box, "b")
	err := s.View(context.Background(), box, func(tx store.Tx) error {
		_, err := notes.List(tx, store.Query{After: "b"})
		return err
	})
	fails(t, err, store.ErrNotFound)
}

// listsAgainstModel writes at random, from a fixed seed, and compares with a plain slice.
func listsAgainstModel(t *testing.T, s store.Store) {
	var (
		draw  = rand.New(rand.NewPCG(1, 2))
		model []string
		group = map[string]string{}
	)
	inGroup := func(g string) []string {
		return slices.DeleteFunc(slices.Clone(model), func(id string) bool { return g != "" && group[id] != g })
	}
	for i := range 600 {
		roll := draw.IntN(10)
		switch {
		case roll < 5 || len(model) == 0:
			id, g := fmt.Sprint("id", i), fmt.Sprint(draw.IntN(3))
			add(t, s, box, []string{id}, store.InGroup(g))
			model, group[id] = append(model, id), g
		case roll < 9:
			at := draw.IntN(len(model))
			remove(t, s, box, model[at])
			model = slices.Delete(model, at, at+1)
		default:
			id, g := model[draw.IntN(len(model))], fmt.Sprint(draw.IntN(3))
			do(t, s, box, func(tx store.Tx) error {
				return notes.Update(tx, id, func(n note) (note, error) { return n, nil }, store.InGroup(g))
			})
			group[id] = g
		}
		g := []string{"", "0", "1", "2"}[draw.IntN(4)]
		want := inGroup(g)
		query := store.Query{Group: g, Limit: draw.IntN(8), Newest: draw.IntN(2) == 0}
		if query.Newest {
			slices.Reverse(want)
		}
		if len(want) > 0 && draw.IntN(2) == 0 {
			at := draw.IntN(len(want))
			query.After, want = want[at], want[at+1:]
		}
		if query.Limit > 0 && query.Limit < len(want) {
			want = want[:query.Limit]
		}
		same(t, fmt.Sprintf("step %d, %+v", i, query), ids(t, s, query), want)
	}
}
