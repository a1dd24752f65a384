package clock

import (
	"context"
	"time"
)

// Wall tells the time of the wall clock. Programs use System; tests give an instant of their own.
type Wall func() time.Time

// System reads the machine's clock. No other code does.
func System() time.Time { return time.Now() }

// Sleep waits for a duration of wall time, or until ctx is done and then returns why. It returns nil at once if d is not
// above zero and ctx is not done.
func Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
