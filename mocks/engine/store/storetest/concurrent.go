package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// RunConcurrent is the suite for many callers at once. Run it with the race detector too.
func RunConcurrent(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	run(t, open, []test{
		{"no increment is lost", noIncrementIsLost},
		{"next never repeats", nextNeverRepeats},
		{"one create wins", oneCreateWins},
		{"one lookup wins", oneLookupWins},
		{"a grant is redeemed once", grantIsRedeemedOnce},
		{"no row is claimed twice", noRowIsClaimedTwice},
		{"a view is consistent", viewIsConsistent},
		{"drop among writers", dropAmongWriters},
	})
}

const workers, rounds = 8, 100

// together runs fn in all workers at once and reports their errors.
func together(t *testing.T, fn func(worker int) error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() { errs[w] = fn(w) })
	}
	wg.Wait()
	ok(t, errors.Join(errs...))
}

func increment(tx store.Tx, id string, by int) error {
	return notes.Update(tx, id, func(n note) (note, error) { n.N += by; return n, nil })
}

func noIncrementIsLost(t *testing.T, s store.Store) {
	ctx := context.Background()
	add(t, s, box, []string{"a"})
	together(t, func(int) error {
		for range rounds {
			if err := s.Do(ctx, box, func(tx store.Tx) error { return increment(tx, "a", 1) }); err != nil {
				return err
			}
		}
		return nil
	})
	same(t, "sum", get(t, s, box, "a").N, workers*rounds)
}

func nextNeverRepeats(t *testing.T, s store.Store) {
	ctx := context.Background()
	var seen sync.Map
	together(t, func(w int) error {
		for i := range rounds {
			var n int64
			err := s.Do(ctx, box, func(tx store.Tx) (err error) {
				if n, err = tx.Next("n"); err == nil && i%10 == w {
					err = errOops // gives its number back
				}
				return err
			})
			if errors.Is(err, errOops) {
				continue
			}
			if _, twice := seen.LoadOrStore(n, w); twice || err != nil {
				return fmt.Errorf("number %d given twice: %t; %w", n, twice, err)
			}
		}
		return nil
	})
	do(t, s, box, func(tx store.Tx) error {
		n, err := tx.Next("n")
		same(t, "no gap", n, workers*rounds*9/10+1)
		return err
	})
}

// oneWins runs fn in all workers, for each round, and wants exactly one to succeed and the others to fail with loss.
func oneWins(t *testing.T, loss error, fn func(worker, round int) error) {
	t.Helper()
	var wins [rounds]atomic.Int64
	together(t, func(w int) error {
		for round := range rounds {
			switch err := fn(w, round); {
			case err == nil:
				wins[round].Add(1)
			case !errors.Is(err, loss):
				return err
			}
		}
		return nil
	})
	for round := range rounds {
		same(t, fmt.Sprint("winners of round ", round), wins[round].Load(), 1)
	}
}

func oneCreateWins(t *testing.T, s store.Store) {
	oneWins(t, store.ErrExists, func(w, round int) error {
		return s.Do(context.Background(), box, func(tx store.Tx) error {
			return notes.Create(tx, fmt.Sprint(round), note{N: w})
		})
	})
}

func oneLookupWins(t *testing.T, s store.Store) {
	ctx := context.Background()
	oneWins(t, store.ErrExists, func(w, round int) error {
		sandbox, id, hash := fmt.Sprint("box", w), fmt.Sprint(round), store.HashOf(fmt.Sprint(round))
		err := s.Do(ctx, sandbox, func(tx store.Tx) error { return notes.Create(tx, id, note{}, store.WithLookup(hash)) })
		if err != nil {
			return err
		}
		ref, err := s.Lookup(ctx, hash)
		if want := (store.Ref{Sandbox: sandbox, Kind: notes.Kind, ID: id}); err == nil && ref != want {
			err = fmt.Errorf("lookup finds %v, want %v", ref, want)
		}
		return err
	})
	total := 0
	for w := range workers {
		view(t, s, fmt.Sprint("box", w), func(tx store.Tx) error {
			n, err := notes.Count(tx, "")
			total += n
			return err
		})
	}
	same(t, "records of all losers and winners", total, rounds)
}

var errUsed = errors.New("used")

func grantIsRedeemedOnce(t *testing.T, s store.Store) {
	ctx := context.Background()
	for round := range rounds {
		add(t, s, box, []string{fmt.Sprint(round)}, store.WithLookup(store.HashOf(fmt.Sprint(round))))
	}
	oneWins(t, errUsed, func(_, round int) error {
		ref, err := s.Lookup(ctx, store.HashOf(fmt.Sprint(round)))
		if err != nil {
			return err
		}
		return s.Do(ctx, ref.Sandbox, func(tx store.Tx) error {
			return notes.Update(tx, ref.ID, func(n note) (note, error) {
				if n.N > 0 {
					return n, errUsed
				}
				n.N++
				return n, nil
			})
		})
	})
}

func noRowIsClaimedTwice(t *testing.T, s store.Store) {
	ctx := context.Background()
	for i := range workers * rounds {
		add(t, s, box, []string{fmt.Sprint(i)}, store.DueAt(start.Add(time.Duration(i%7))))
	}
	var claimed sync.Map
	together(t, func(w int) error {
		for {
			recs, err := s.Claim(ctx, box, notes.Kind, minute(1), wall, lease, 1+w)
			if err != nil || len(recs) == 0 {
				return err
			}
			for i, rec := range recs {
				if _, twice := claimed.LoadOrStore(rec.ID, w); twice {
					return fmt.Errorf("row %s claimed twice", rec.ID)
				}
				if i%2 == 0 { // the other half stays leased
					continue
				}
				if err := s.Do(ctx, box, func(tx store.Tx) error { return tx.Delete(rec.Kind, rec.ID) }); err != nil {
					return err
				}
			}
		}
	})
	total := 0
	claimed.Range(func(any, any) bool { total++; return true })
	same(t, "claimed", total, workers*rounds)
}

// viewIsConsistent moves amounts between two notes while others look: the sum never changes, nor does one look.
func viewIsConsistent(t *testing.T, s store.Store) {
	ctx := context.Background()
	add(t, s, box, []string{"a", "b"})
	together(t, func(w int) error {
		for i := range rounds {
			if w%2 == 0 {
				err := s.Do(ctx, box, func(tx store.Tx) error {
					if err := increment(tx, "a", i+1); err != nil {
						return err
					}
					if err := increment(tx, "b", -i-1); err != nil {
						return err
					}
					if i%3 == 0 {
						return errOops
					}
					return nil
				})
				if err != nil && !errors.Is(err, errOops) {
					return err
				}
				continue
			}
			err := s.View(ctx, box, func(tx store.Tx) error {
				first, err := notes.List(tx, store.Query{})
				if err != nil {
					return err
				}
				a, err := notes.Get(tx, "a")
				if err == nil && (len(first) != 2 || first[0].N+first[1].N != 0 || a.N != first[0].N) {
					err = fmt.Errorf("a look saw %+v, then %+v", first, a)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// dropAmongWriters empties and drops sandboxes under the hands of writers: what a Do wrote before is there or all gone.
func dropAmongWriters(t *testing.T, s store.Store) {
	ctx := context.Background()
	together(t, func(w int) error {
		for i := range rounds {
			if w == 0 {
				if err := s.Drop(ctx, box); err != nil {
					return err
				}
				continue
			}
			id := fmt.Sprint(w, "-", i)
			err := s.Do(ctx, box, func(tx store.Tx) error {
				if err := notes.Create(tx, id, note{}, store.WithLookup(store.HashOf(id))); err != nil {
					return err
				}
				return jobs.Create(tx, id, note{})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, box, func(tx store.Tx) error {
		n, err := notes.Count(tx, "")
		ok(t, err)
		j, err := jobs.Count(tx, "")
		same(t, "notes and jobs", n, j)
		return err
	})
	ok(t, s.Drop(ctx, box))
	same(t, "sandboxes", sandboxes(t, s), []string{})
	for w := range workers {
		for i := range rounds {
			findsNothing(t, s, store.HashOf(fmt.Sprint(w, "-", i)))
		}
	}
}
