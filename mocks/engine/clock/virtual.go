// Package clock is time as data: a sandbox stores its clock as it stores everything else.
//
//	wall clock ── Virtual.Now ──> virtual now     read by whatever has a date, an expiry, a due instant
//	   (wall.go)       │
//	                   └── Virtual.Reach ──> wall instant at which a virtual one comes    to know when to wake
//
//	advance:  v.Advance(wall, d)      where the clock goes
//	          Pump(ctx, rows, a, b)   what falls due on the way, each row at its own instant
//
// Nothing here reads the wall clock but System: every function takes it as an argument. All results are in UTC and keep
// their nanoseconds.
package clock

import (
	"fmt"
	"math"
	"time"
)

// Virtual is a clock: At when Frozen, else At plus the wall time since Anchor, times Rate. The zero Virtual follows the
// wall clock exactly, as does any that runs and has no Anchor. It never shows an instant outside the years 1970 to 9999
// or runs further than 292 years from At; it stops there. A Virtual is a value: its methods return the new one.
type Virtual struct {
	Anchor time.Time `json:"anchor,omitzero"` // wall instant at which the clock showed At
	At     time.Time `json:"at,omitzero"`     // virtual instant
	Frozen bool      `json:"frozen,omitempty"`
	Rate   float64   `json:"rate,omitempty"` // virtual seconds in one second of the wall; 0 means 1
}

// MaxRate is the fastest a clock runs: a day in a second.
const MaxRate = 86_400

// The instants between which a clock can be set.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC)
)

// Following is the clock that shows what the wall shows.
func Following() Virtual { return Virtual{} }

// At is the clock that stands still at an instant.
func At(t time.Time) Virtual { return Virtual{At: t.UTC(), Frozen: true} }

// Now is what the clock shows when the wall shows wall.
func (v Virtual) Now(wall time.Time) time.Time {
	switch {
	case v.Frozen:
		return within(v.At)
	case v.Anchor.IsZero():
		return within(wall)
	}
	return within(v.At.Add(scale(wall.Sub(v.Anchor), v.rate())))
}

// Freeze stops the clock where it is.
func (v Virtual) Freeze(wall time.Time) Virtual { return v.showing(wall, v.Now(wall), true) }

// Thaw lets a frozen clock run on from where it stands. A clock that runs stays as it is.
func (v Virtual) Thaw(wall time.Time) Virtual {
	if !v.Frozen {
		return v
	}
	return v.showing(wall, v.Now(wall), false)
}

// Set moves the clock to any instant of the years 1970 to 9999, back as well as forward. It stays frozen or running.
func (v Virtual) Set(wall, to time.Time) (Virtual, error) {
	if to.Before(earliest) || to.After(latest) {
		return v, fmt.Errorf("cannot set the clock to %s; use an instant in the years 1970 to 9999", to.UTC().Format(time.RFC3339))
	}
	return v.showing(wall, to, v.Frozen), nil
}

// Advance moves the clock forward. It stays frozen or running.
func (v Virtual) Advance(wall time.Time, d time.Duration) (Virtual, error) {
	if d < 0 {
		return v, fmt.Errorf("cannot advance by %s; use set to go back", d)
	}
	return v.Set(wall, v.Now(wall).Add(d))
}

// WithRate makes the clock run at so many virtual seconds in one of the wall, from where it is. A frozen clock does so
// once it is thawed.
func (v Virtual) WithRate(wall time.Time, rate float64) (Virtual, error) {
	if !(rate > 0 && rate <= MaxRate) { // not a number fails too
		return v, fmt.Errorf("cannot run at rate %v; use a number above 0 and up to %d, or freeze the clock to stop it", rate, MaxRate)
	}
	v = v.showing(wall, v.Now(wall), v.Frozen)
	v.Rate = rate
	return v, nil
}

// Reach is the first wall instant, not before wall, at which the clock shows due or later; false if it never will, as
// when it is frozen or 292 years would not do. At a rate other than 1 it may be a few nanoseconds late, never
// early.
func (v Virtual) Reach(wall, due time.Time) (time.Time, bool) {
	wall = wall.UTC()
	switch {
	case !v.Now(wall).Before(due):
		return wall, true
	case v.Frozen || due.After(latest):
		return time.Time{}, false
	case v.Anchor.IsZero():
		return due.UTC(), true
	}
	span := due.Sub(v.At)
	if span == math.MaxInt64 { // further than a running clock goes
		return time.Time{}, false
	}
	at := v.Anchor.UTC().Add(scale(span, 1/v.rate()))
	for late := time.Nanosecond; v.Now(at).Before(due); late *= 2 {
		if late <= 0 {
			return time.Time{}, false
		}
		at = at.Add(late)
	}
	return at, true
}

// showing is the clock that shows now when the wall shows wall.
func (v Virtual) showing(wall, now time.Time, frozen bool) Virtual {
	v.Anchor, v.At, v.Frozen = wall.UTC(), now.UTC(), frozen
	return v
}

func (v Virtual) rate() float64 {
	if v.Rate == 0 {
		return 1
	}
	return v.Rate
}

// scale multiplies a duration, exactly at rate 1, and stops at the longest there is.
func scale(d time.Duration, rate float64) time.Duration {
	if rate == 1 {
		return d
	}
	scaled := float64(d) * rate
	switch {
	case scaled >= math.MaxInt64:
		return math.MaxInt64
	case scaled <= math.MinInt64:
		return math.MinInt64
	}
	return time.Duration(scaled)
}

func within(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t.UTC()
}
