package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// In a synctest bubble the wall clock moves only when everybody waits, so these tests take no time.
func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := System()
		if err := Sleep(t.Context(), time.Hour); err != nil || System().Sub(began) != time.Hour {
			t.Errorf("slept %s, %v", System().Sub(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began = System()
		if err := Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || System().Sub(began) != time.Minute {
			t.Errorf("slept %s, %v", System().Sub(began), err)
		}
		began = System()
		if err := Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a done context: %v", err)
		}
		if err := errors.Join(Sleep(t.Context(), 0), Sleep(t.Context(), -1)); err != nil || System() != began {
			t.Errorf("nothing to sleep: %v", err)
		}
	})
}
