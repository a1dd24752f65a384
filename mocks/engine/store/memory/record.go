package memory

import (
	"fmt"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Commit is what one Do, Sweep or Drop changes in a sandbox.
type Commit struct {
	Sandbox   string
	Dropped   bool             // all that was there before is gone
	Rows      []Row            // records that are new or changed, as they are now
	Gone      []store.Ref      // records that are no more
	Sequences map[string]int64 // those that moved, with the last number given
}

// Row is a record and its place in the order of creation, which is the order of lists.
type Row struct {
	store.Record
	Place int64
}

// Recorder prepares to write a commit down, under the lock of its sandbox; write does it. The commits of a sandbox are
// written in their order. An error of either undoes the commit, and nobody has seen it. write must be quick and must not
// call the Store: others may wait for it.
type Recorder func(Commit) (write func() error, err error)

// Recorded returns an empty store that has each commit written down.
func Recorded(record Recorder) *Store {
	s := New()
	s.record = record
	return s
}

// Load fills a sandbox that holds nothing with what a recorder was told, in any order, without telling it again. It
// fails on two records of one name, lookup or place, and the store is of no use then.
func (s *Store) Load(sandbox string, rows []Row, sequences map[string]int64) error {
	b := s.lock(sandbox)
	defer s.unlock(sandbox, b)
	bound, places := map[store.Hash]store.Ref{}, map[int64]bool{}
	for _, r := range rows {
		_, twice := bound[r.Lookup]
		switch {
		case b.rows[key{r.Kind, r.ID}] != nil:
			return fmt.Errorf("sandbox %q has %s %q twice", sandbox, r.Kind, r.ID)
		case places[r.Place]:
			return fmt.Errorf("sandbox %q has two records in place %d", sandbox, r.Place)
		case twice:
			return fmt.Errorf("sandbox %q has two records of one lookup: %s %q is the second", sandbox, r.Kind, r.ID)
		}
		if r.Lookup != (store.Hash{}) {
			bound[r.Lookup] = store.Ref{Sandbox: sandbox, Kind: r.Kind, ID: r.ID}
		}
		places[r.Place] = true
		b.put(&row{Record: r.Record, seq: r.Place})
		b.created = max(b.created, r.Place)
	}
	for name, n := range sequences {
		b.setSequence(name, n)
	}
	if err := s.names.commit(sandbox, bound, unrecorded); err != nil {
		return fmt.Errorf("sandbox %q has a lookup of another sandbox: %w", sandbox, err)
	}
	return nil
}

func unrecorded() error { return nil }

// recorded tells the recorder what the commit changes, and gives what writes it down.
func (t *tx) recorded() (write func() error, err error) {
	if t.record == nil || len(t.touched) == 0 && len(t.sequenced) == 0 && !t.dropped {
		return unrecorded, nil
	}
	c := Commit{Sandbox: t.sandbox, Dropped: t.dropped}
	for k := range t.touched {
		if r := t.box.rows[k]; r != nil {
			c.Rows = append(c.Rows, Row{r.Record, r.seq})
		} else {
			c.Gone = append(c.Gone, store.Ref{Sandbox: t.sandbox, Kind: k.kind, ID: k.id})
		}
	}
	for name := range t.sequenced {
		if c.Sequences == nil {
			c.Sequences = map[string]int64{}
		}
		c.Sequences[name] = t.box.sequences[name]
	}
	return t.record(c)
}
