package engine

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Limit is how many calls a provider takes in a time, counted for each credential of a
// sandbox by the sandbox's clock. A clock that stands still never opens a new window.
type Limit struct {
	Calls      int
	Per        time.Duration
	Operations []string // canonical; empty: all together
}

// Limits are a provider's limits and the option that switches them on.
type Limits struct {
	Option string // of type Bool
	Limits []Limit
}

// window is how many calls came since it began.
type window struct {
	Began time.Time `json:"began"`
	Calls int       `json:"calls"`
}

// Clone copies the window.
func (w window) Clone() window { return w }

// withinLimits counts a call. RateLimited when there were too many; RetryAfter is the time
// until the next window.
func (c *Call) withinLimits() error {
	l := c.m.man.Limits
	if l == nil || c.rt.page || c.Option(l.Option) != "true" {
		return nil
	}
	return c.do(func(tx Tx) error {
		for i, limit := range l.Limits {
			if len(limit.Operations) > 0 && !slices.ContainsFunc(limit.Operations, c.rt.Is) {
				continue
			}
			if err := tx.take(limit, c.m.man.Name+"/"+strconv.Itoa(i)+"/"+c.Credential); err != nil {
				return err
			}
		}
		return nil
	})
}

// take counts a call against one limit.
func (t Tx) take(l Limit, id string) error {
	id = store.HashOf(id).String() // a credential is kept nowhere
	w, err := windows.Get(t.tx, id)
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if age := t.Now.Sub(w.Began); fresh || age >= l.Per || age < 0 {
		w = window{Began: t.Now}
	}
	if w.Calls >= l.Calls {
		wait := w.Began.Add(l.Per).Sub(t.Now)
		return &problem.Error{Code: problem.RateLimited, RetryAfter: wait,
			Detail: strconv.Itoa(l.Calls) + " calls in " + l.Per.String() + " are the limit: wait, or switch the option off"}
	}
	w.Calls++
	ends := store.ExpiresAt(w.Began.Add(l.Per + keep))
	if fresh {
		return windows.Create(t.tx, id, w, ends)
	}
	return windows.Update(t.tx, id, func(window) (window, error) { return w, nil }, ends)
}
