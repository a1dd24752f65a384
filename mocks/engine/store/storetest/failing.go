package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// ErrOutage is what a Failing store fails with.
var ErrOutage = errors.New("the store is down, as the test wants it")

// Failing is a store that fails on demand. It counts every call of a Store and of a Tx, and
// the commit of each Do as one more.
type Failing struct {
	inner   store.Store
	mu      sync.Mutex
	calls   int
	commits int
	failAt  int // the call that fails; 0: none
	killAt  int // the commit after which every call fails; 0: none
	failed  bool
}

// NewFailing wraps a store, which works until somebody wants it to fail.
func NewFailing(inner store.Store) *Failing { return &Failing{inner: inner} }

// FailAt lets the nth call from now on fail, and none but that.
func (f *Failing) FailAt(n int) { f.arm(n, 0) }

// KillAfter lets every call fail that comes after the nth commit from now on, as in a process
// that ends there.
func (f *Failing) KillAfter(n int) { f.arm(0, n) }

func (f *Failing) arm(failAt, killAt int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.commits, f.failAt, f.killAt, f.failed = 0, 0, failAt, killAt, false
}

// Heal makes the store work again, and says whether it has failed or ended meanwhile, and how
// many commits there were.
func (f *Failing) Heal() (failed bool, commits int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failed = f.failed || f.killAt > 0 && f.commits >= f.killAt
	f.failAt, f.killAt = 0, 0
	return failed, f.commits
}

// call counts a call, and fails it where that is wanted.
func (f *Failing) call() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.calls == f.failAt || f.killAt > 0 && f.commits >= f.killAt {
		f.failed = true
		return ErrOutage
	}
	return nil
}

func (f *Failing) committed(err error) error {
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.commits++
	}
	return err
}

// View implements store.Store.
func (f *Failing) View(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.inner.View(ctx, sandbox, func(tx store.Tx) error { return fn(failingTx{tx, f}) })
}

// Do implements store.Store.
func (f *Failing) Do(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.committed(f.inner.Do(ctx, sandbox, func(tx store.Tx) error {
		if err := fn(failingTx{tx, f}); err != nil {
			return err
		}
		return f.call() // the commit
	}))
}

// Lookup implements store.Store.
func (f *Failing) Lookup(ctx context.Context, hash store.Hash) (store.Ref, error) {
	if err := f.call(); err != nil {
		return store.Ref{}, err
	}
	return f.inner.Lookup(ctx, hash)
}

// Claim implements store.Store.
func (f *Failing) Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) ([]store.Record, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	rows, err := f.inner.Claim(ctx, sandbox, kind, due, wall, lease, n)
	return rows, f.committed(err)
}

// NextDue implements store.Store.
func (f *Failing) NextDue(ctx context.Context, sandbox, kind string, wall time.Time) (time.Time, bool, error) {
	if err := f.call(); err != nil {
		return time.Time{}, false, err
	}
	return f.inner.NextDue(ctx, sandbox, kind, wall)
}

// Sweep implements store.Store.
func (f *Failing) Sweep(ctx context.Context, sandbox string, now time.Time) (int, error) {
	if err := f.call(); err != nil {
		return 0, err
	}
	n, err := f.inner.Sweep(ctx, sandbox, now)
	return n, f.committed(err)
}

// Sandboxes implements store.Store.
func (f *Failing) Sandboxes(ctx context.Context) ([]string, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	return f.inner.Sandboxes(ctx)
}

// Drop implements store.Store.
func (f *Failing) Drop(ctx context.Context, sandbox string) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.committed(f.inner.Drop(ctx, sandbox))
}

// Close implements store.Store.
func (f *Failing) Close() error { return f.inner.Close() }

type failingTx struct {
	store.Tx
	f *Failing
}

func (tx failingTx) Get(kind, id string) (store.Record, error) {
	if err := tx.f.call(); err != nil {
		return store.Record{}, err
	}
	return tx.Tx.Get(kind, id)
}

func (tx failingTx) Create(rec store.Record) error {
	if err := tx.f.call(); err != nil {
		return err
	}
	return tx.Tx.Create(rec)
}

func (tx failingTx) Update(rec store.Record) error {
	if err := tx.f.call(); err != nil {
		return err
	}
	return tx.Tx.Update(rec)
}

func (tx failingTx) Delete(kind, id string) error {
	if err := tx.f.call(); err != nil {
		return err
	}
	return tx.Tx.Delete(kind, id)
}

func (tx failingTx) List(q store.Query) ([]store.Record, error) {
	if err := tx.f.call(); err != nil {
		return nil, err
	}
	return tx.Tx.List(q)
}

func (tx failingTx) Count(kind, group string) (int, error) {
	if err := tx.f.call(); err != nil {
		return 0, err
	}
	return tx.Tx.Count(kind, group)
}

func (tx failingTx) Next(sequence string) (int64, error) {
	if err := tx.f.call(); err != nil {
		return 0, err
	}
	return tx.Tx.Next(sequence)
}
