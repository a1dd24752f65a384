// Package durable keeps records in memory and every change of them in one file, so that they survive the process.
//
//	Do ── memory ── commit ──append──> log ──one write and one fsync for all who wait──> FILE
//	                  (under its lock)  │
//	Do, View, Claim … return only when what they wrote or saw is in the file
//
// FILE is a state followed by the commits since:
//
//	stuntbank state 1            the format
//	{size} {crc} {crc of both}   a batch: commits that became durable together
//	{"in":"ci42","put":[…]}      one commit a line, JSON
//
// It is read whole or refused with the reason. A last batch that is not all there was being written when the process
// died: nobody had been told that it was done, so it is left out. When the commits outgrow the state, the file is
// written anew beside itself and renamed.
package durable

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// Store is a store.Store over a file. What has been returned to a caller survives the process, leases of Claim apart:
// a row that somebody was at work on is given again. After a write has failed nothing more is accepted, and nothing is
// shown that is not in the file.
type Store struct {
	memory *memory.Store
	kinds  map[string]store.Kind
	log    *logFile
	key    []byte
	Loaded Loaded
}

// Loaded says what Open found.
type Loaded struct {
	Sandboxes, Records int
	Cut                int // bytes of an unfinished write that were left out
}

var _ store.Store = (*Store)(nil)

// Open reads the file, or makes it, and keeps it locked until Close or the end of the process. kinds are all
// collections that will be written to. A file that cannot be read whole is refused and stays as it is.
func Open(path string, log *slog.Logger, kinds ...store.Kind) (*Store, error) {
	s := &Store{kinds: map[string]store.Kind{}}
	for _, k := range kinds {
		s.kinds[k.Name()] = k
	}
	l, w, err := open(path, log)
	if err != nil {
		return nil, err
	}
	s.log, s.key, s.Loaded.Cut = l, w.key, w.cut
	s.memory = memory.Recorded(s.record)
	if err := s.load(w); err != nil {
		l.close()
		return nil, fmt.Errorf("%s: %w: it was written by another version of Stuntbank; start that one, or name another file", path, err)
	}
	if err := l.rewrite(w); err != nil {
		l.close()
		return nil, err
	}
	return s, nil
}

// Key is 32 random bytes that were drawn when the file was made.
func (s *Store) Key() []byte { return s.key }

// load gives the memory store typed values of what the file holds.
func (s *Store) load(w *world) error {
	for name, box := range w.boxes {
		rows := make([]memory.Row, 0, len(box.rows))
		for _, r := range box.rows {
			row, err := s.typed(r)
			if err != nil {
				return fmt.Errorf("sandbox %q, %s %q: %w", name, r.Kind, r.ID, err)
			}
			rows = append(rows, row)
		}
		if err := s.memory.Load(name, rows, box.sequences); err != nil {
			return err
		}
		s.Loaded.Sandboxes++
		s.Loaded.Records += len(rows)
	}
	return nil
}

func (s *Store) typed(r row) (memory.Row, error) {
	kind := s.kinds[r.Kind]
	if kind == nil {
		return memory.Row{}, fmt.Errorf("there are no records of the kind %q", r.Kind)
	}
	value, err := kind.Read(r.Value)
	if err != nil {
		return memory.Row{}, err
	}
	return memory.Row{Place: r.Place, Record: store.Record{
		Kind: r.Kind, ID: r.ID, Group: r.Group, Lookup: store.Hash(r.Lookup), Rev: r.Rev, Due: r.Due, Expires: r.Expires, Value: value,
	}}, nil
}

// record encodes a commit under the lock of its sandbox, so that the lock of the log is held only to append it.
func (s *Store) record(c memory.Commit) (func() error, error) {
	e := entry{Sandbox: c.Sandbox, Dropped: c.Dropped, Sequences: c.Sequences}
	for _, r := range c.Rows {
		if s.kinds[r.Kind] == nil {
			return nil, fmt.Errorf("the state file knows no kind %q: add its collection to those that it is opened with", r.Kind)
		}
		value, ok := r.Value.([]byte)
		if !ok {
			var err error
			if value, err = json.Marshal(r.Value); err != nil {
				return nil, fmt.Errorf("%s %q: %w", r.Kind, r.ID, err)
			}
		}
		e.Put = append(e.Put, row{
			Kind: r.Kind, ID: r.ID, Group: r.Group, Lookup: hash(r.Lookup), Rev: r.Rev, Place: r.Place, Due: r.Due, Expires: r.Expires, Value: value,
		})
	}
	for _, ref := range c.Gone {
		e.Gone = append(e.Gone, name{ref.Kind, ref.ID})
	}
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return func() error { return s.log.append(c.Sandbox, line) }, nil
}

// settled holds a result back until all that the sandbox's commits wrote so far is in the file.
func (s *Store) settled(sandbox string, err error) error {
	if e := s.log.settle(sandbox); e != nil {
		return e
	}
	return err
}

// View implements store.Store.
func (s *Store) View(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	return s.settled(sandbox, s.memory.View(ctx, sandbox, fn))
}

// Do implements store.Store.
func (s *Store) Do(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	return s.settled(sandbox, s.memory.Do(ctx, sandbox, fn))
}

// Lookup implements store.Store.
func (s *Store) Lookup(ctx context.Context, hash store.Hash) (store.Ref, error) {
	ref, err := s.memory.Lookup(ctx, hash)
	return ref, s.settled(ref.Sandbox, err)
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) ([]store.Record, error) {
	recs, err := s.memory.Claim(ctx, sandbox, kind, due, wall, lease, n)
	return recs, s.settled(sandbox, err)
}

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context, sandbox, kind string, wall time.Time) (time.Time, bool, error) {
	return s.memory.NextDue(ctx, sandbox, kind, wall)
}

// Sweep implements store.Store.
func (s *Store) Sweep(ctx context.Context, sandbox string, now time.Time) (int, error) {
	n, err := s.memory.Sweep(ctx, sandbox, now)
	return n, s.settled(sandbox, err)
}

// Sandboxes implements store.Store.
func (s *Store) Sandboxes(ctx context.Context) ([]string, error) { return s.memory.Sandboxes(ctx) }

// Drop implements store.Store.
func (s *Store) Drop(ctx context.Context, sandbox string) error {
	return s.settled(sandbox, s.memory.Drop(ctx, sandbox))
}

// Close implements store.Store.
func (s *Store) Close() error { return s.log.close() }
