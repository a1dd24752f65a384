// Package memory keeps records in the memory of this process, as Go values that nobody copies or encodes.
//
//	Store ── boxes by name ── box (one RWMutex) ─┬─ rows by kind and id
//	   │                                         ├─ lists by kind and group, in order of creation
//	   └─ names: hash → Ref (own lock)           ├─ queues: due, leased, expiring
//	                                             └─ sequences
//
// Do writes in place under the box's lock and notes how to undo each write; whatever ends it before the commit (an
// error, a panic, a lookup that another sandbox took) plays the notes backwards before the lock opens. The commit binds
// the lookups all at once or not at all. Locks are taken in one order: box, then names or the table of boxes.
//
// A recorder, if there is one, is told of every commit before anybody sees it and can refuse it: that is how a backend on
// disk is made of this one.
//
// A sandbox costs nothing until its first write and nothing again once it is empty.
package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Store is a store.Store. It is safe for concurrent use: looks at one sandbox run in parallel, writes to it one after
// the other, and sandboxes do not wait for each other.
type Store struct {
	mu     sync.RWMutex
	boxes  map[string]*box
	names  names
	record Recorder
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{boxes: map[string]*box{}, names: names{refs: map[store.Hash]store.Ref{}}}
}

// View implements store.Store.
func (s *Store) View(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b := s.find(sandbox)
	if b == nil {
		b = new(box)
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return fn(&tx{names: &s.names, sandbox: sandbox, box: b})
}

// Do implements store.Store.
func (s *Store) Do(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	return s.do(ctx, sandbox, func(t *tx) error { return fn(t) })
}

// do is the one way to change a sandbox.
func (s *Store) do(ctx context.Context, sandbox string, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b := s.lock(sandbox)
	defer s.unlock(sandbox, b)
	t := &tx{names: &s.names, sandbox: sandbox, box: b, writable: true, record: s.record}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	return t.commit()
}

// Lookup implements store.Store.
func (s *Store) Lookup(ctx context.Context, hash store.Hash) (store.Ref, error) {
	if err := ctx.Err(); err != nil {
		return store.Ref{}, err
	}
	ref, ok := s.names.get(hash)
	if !ok {
		return store.Ref{}, store.ErrNotFound
	}
	return ref, nil
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) (recs []store.Record, err error) {
	err = s.do(ctx, sandbox, func(t *tx) error {
		recs = t.box.claim(kind, due, wall, lease, n)
		return nil
	})
	return recs, err
}

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context, sandbox, kind string, wall time.Time) (due time.Time, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, false, err
	}
	b := s.find(sandbox)
	if b == nil {
		return time.Time{}, false, nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	due, ok = b.nextDue(kind, wall)
	return due, ok, nil
}

// Sweep implements store.Store.
func (s *Store) Sweep(ctx context.Context, sandbox string, now time.Time) (n int, err error) {
	err = s.do(ctx, sandbox, func(t *tx) error {
		for r := t.box.expired(now); r != nil; r = t.box.expired(now) {
			t.remove(r)
			n++
		}
		return nil
	})
	return n, err
}

// Sandboxes implements store.Store.
func (s *Store) Sandboxes(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := make([]string, 0, len(s.boxes))
	for name, b := range s.boxes {
		if b.filled.Load() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Drop implements store.Store.
func (s *Store) Drop(ctx context.Context, sandbox string) error {
	return s.do(ctx, sandbox, func(t *tx) error {
		t.drop()
		return nil
	})
}

// Close implements store.Store. There is nothing to release.
func (s *Store) Close() error { return nil }

func (s *Store) find(sandbox string) *box {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.boxes[sandbox]
}

// lock returns the sandbox's box, locked. A box that was forgotten while we waited for it is not the sandbox's any more.
func (s *Store) lock(sandbox string) *box {
	for {
		b := s.find(sandbox)
		if b == nil {
			b = s.add(sandbox)
		}
		b.mu.Lock()
		if !b.forgotten {
			return b
		}
		b.mu.Unlock()
	}
}

func (s *Store) add(sandbox string) *box {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[sandbox]
	if b == nil {
		b = new(box)
		s.boxes[sandbox] = b
	}
	return b
}

// unlock opens the box, and forgets it when nothing is in it.
func (s *Store) unlock(sandbox string, b *box) {
	defer b.mu.Unlock()
	b.filled.Store(!b.empty())
	if b.empty() {
		b.forgotten = true
		s.mu.Lock()
		delete(s.boxes, sandbox)
		s.mu.Unlock()
	}
}
