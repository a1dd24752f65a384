package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// afterwards is what a transaction leaves to be done outside the store. A transaction may
// run more than once, so none of it happens before the commit.
type afterwards struct {
	deeds    []journal.Deed
	commit   []func()         // what follows the commit, in this order
	rollback []func(Tx) error // what has to happen although it failed, each in a transaction of its own
}

// newTx makes a Tx; nothing else does. m is nil where the rows of all providers are at work:
// see Of. cause is the journal entry of whoever runs the transaction, and end takes what it
// leaves to be done.
func (s *Server) newTx(tx store.Tx, m *mount, sb sandbox.Sandbox, now time.Time, cause string, end *afterwards) Tx {
	return Tx{Now: now, tx: tx, s: s, m: m, sb: sb, cause: cause, end: end}
}

// refusedButKept is the answer of a call that has done something all the same.
type refusedButKept struct{ error }

// CommitWith makes a problem with which a function given to Call.Do ends without undoing
// what it has written: a wrong answer is counted, and refused. A failure of ours undoes all.
func CommitWith(err error) error {
	if err == nil || problem.Ours(err) {
		return err
	}
	return &refusedButKept{err}
}

// transact runs a transaction of a sandbox that must still be the one that the caller
// knows, and what it leaves to be done afterwards. It gives what was done. newTx makes the
// Tx of each try.
func (s *Server) transact(ctx context.Context, sb sandbox.Sandbox, newTx func(store.Tx, sandbox.Sandbox) Tx, fn func(Tx) error) ([]journal.Deed, error) {
	var end *afterwards
	err := s.do(ctx, sb, func(tx store.Tx, sb sandbox.Sandbox) error {
		t := newTx(tx, sb)
		end = t.end
		return fn(t)
	})
	if err == nil {
		s.finish(end)
		return end.deeds, nil
	}
	if end == nil { // it never began
		return nil, err
	}
	var did []journal.Deed
	for _, fn := range end.rollback {
		more, failed := s.transact(ctx, sb, newTx, fn)
		if did = append(did, more...); failed != nil { // and that is the answer: the refusal is only half true
			return did, fmt.Errorf("engine: what follows %w: %w", errors.New(err.Error()), failed)
		}
	}
	return did, err
}

// finish does what a transaction has left to be done.
func (s *Server) finish(end *afterwards) {
	for _, f := range end.commit {
		f()
	}
	s.metrics.did(end.deeds)
}

// view runs a read-only transaction, and what it has to say afterwards.
func (s *Server) view(ctx context.Context, name string, fn func(tx store.Tx, end *afterwards) error) error {
	end := &afterwards{}
	err := s.cfg.Store.View(ctx, name, func(tx store.Tx) error { return fn(tx, end) })
	if err == nil {
		s.finish(end)
	}
	return err
}

// did tells the journal what the transaction does. The detail is no secret.
func (t Tx) did(what, subject, detail string) {
	t.end.deeds = append(t.end.deeds, journal.Deed{What: what, Subject: subject, Detail: detail})
}

// onCommit leaves something to be done when the transaction is committed, and only then.
func (t Tx) onCommit(f func()) { t.end.commit = append(t.end.commit, f) }

// onRollback leaves something to be done, in a transaction of its own, when this one fails.
func (t Tx) onRollback(f func(Tx) error) { t.end.rollback = append(t.end.rollback, f) }

// Say tells the journal something that the real provider would have left unsaid, when the
// transaction is committed.
func (t Tx) Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.onCommit(func() { t.s.record(t.sb.Name, journal.Notice, t.Now, text) })
}

// orAbsent says of what the store does not have that there is none. Another failure of the
// store stays one: an outage is no absence.
func orAbsent(err error, subject, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem.Absent(subject, id)
	}
	return err
}

// unlessAbsent lets go of the store's word that it does not have something.
func unlessAbsent(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Of is the transaction as it is for a provider.
func (t Tx) Of(provider string) Tx {
	t.m = t.s.byName[provider]
	return t
}
