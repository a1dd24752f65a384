package clock

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

var (
	wall     = time.Date(2026, time.March, 31, 10, 0, 0, 123456789, time.UTC)
	at       = time.Date(2030, time.February, 1, 0, 0, 0, 1, time.UTC)
	santiago = time.FixedZone("-03", -3*60*60)
)

func TestNow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		clock Virtual
		wall  time.Time
		want  time.Time
	}{
		"zero follows the wall":          {Virtual{}, wall, wall},
		"following, in UTC":              {Following(), wall.In(santiago), wall},
		"frozen":                         {At(at), wall, at},
		"frozen, in UTC":                 {At(at.In(santiago)), wall, at},
		"running":                        {Virtual{Anchor: wall, At: at}, wall.Add(time.Hour + 1), at.Add(time.Hour + 1)},
		"running, wall went back":        {Virtual{Anchor: wall, At: at}, wall.Add(-time.Hour), at.Add(-time.Hour)},
		"fast":                           {Virtual{Anchor: wall, At: at, Rate: 60}, wall.Add(time.Second), at.Add(time.Minute)},
		"slow":                           {Virtual{Anchor: wall, At: at, Rate: 0.5}, wall.Add(time.Second), at.Add(time.Second / 2)},
		"fast for too long":              {Virtual{Anchor: wall, At: at, Rate: MaxRate}, wall.AddDate(1, 0, 0), at.Add(math.MaxInt64)},
		"at the end of time":             {Virtual{Anchor: wall, At: latest}, wall.Add(time.Hour), latest},
		"before the beginning":           {Virtual{Anchor: wall, At: earliest}, wall.Add(-time.Hour), earliest},
		"frozen where no clock was set":  {Virtual{Frozen: true}, wall, earliest},
		"no anchor: nothing to run from": {Virtual{At: at, Rate: 2}, wall, wall},
	} {
		got := tt.clock.Now(tt.wall)
		if !got.Equal(tt.want) || got.Location() != time.UTC {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	try := func(_ Virtual, err error) error { return err }
	for name, tt := range map[string]struct {
		err error
		fix string
	}{
		"advance back":          {try(At(at).Advance(wall, -1)), "use set to go back"},
		"advance beyond":        {try(At(latest).Advance(wall, 1)), "years 1970 to 9999"},
		"set too early":         {try(At(at).Set(wall, earliest.Add(-1))), "years 1970 to 9999"},
		"set too late":          {try(At(at).Set(wall, latest.Add(1))), "years 1970 to 9999"},
		"set to nothing":        {try(At(at).Set(wall, time.Time{})), "years 1970 to 9999"},
		"no rate":               {try(At(at).WithRate(wall, 0)), "freeze the clock"},
		"backwards":             {try(At(at).WithRate(wall, -1)), "above 0"},
		"too fast":              {try(At(at).WithRate(wall, MaxRate+1)), "up to 86400"},
		"not a number":          {try(At(at).WithRate(wall, math.NaN())), "above 0"},
		"infinitely fast":       {try(At(at).WithRate(wall, math.Inf(1))), "up to 86400"},
		"following, far beyond": {try(Following().Advance(latest, time.Hour)), "years 1970 to 9999"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.fix) {
			t.Errorf("%s: error is %v, want one with %q", name, tt.err, tt.fix)
		}
	}
	for _, to := range []time.Time{earliest, latest, at.AddDate(-20, 0, 0)} {
		v, err := Following().Set(wall, to)
		if got := v.Now(wall); err != nil || !got.Equal(to) {
			t.Errorf("set to %s: got %s, %v", to, got, err)
		}
	}
}

// clocks draws clocks of all sorts, from a fixed seed, and for each a wall instant after its anchor.
func clocks(t *testing.T, check func(t *testing.T, v Virtual, wall time.Time, draw *rand.Rand)) {
	draw := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		v := Following()
		if draw.IntN(4) > 0 {
			v = Virtual{Anchor: wall, At: at.Add(time.Duration(draw.Int64N(1e18))), Frozen: draw.IntN(3) == 0}
		}
		if v != Following() && draw.IntN(2) == 0 {
			v.Rate = math.Exp(draw.Float64()*12 - 3) // 0.05 to 8,000: within 292 years in all these tests
		}
		check(t, v, wall.Add(time.Duration(draw.Int64N(int64(100*time.Hour)))), draw)
		if t.Failed() {
			t.Fatalf("failed with %+v", v)
		}
	}
}

func must(t *testing.T) func(Virtual, error) Virtual {
	return func(v Virtual, err error) Virtual {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func TestFreezeThawAndRateKeepContinuity(t *testing.T) {
	t.Parallel()
	clocks(t, func(t *testing.T, v Virtual, wall time.Time, draw *rand.Rand) {
		now, later := v.Now(wall), wall.Add(time.Duration(draw.Int64N(int64(time.Hour))))
		frozen := v.Freeze(wall)
		equal(t, "frozen", frozen.Now(wall), now)
		equal(t, "frozen, later", frozen.Now(later), now)
		equal(t, "frozen twice", frozen.Freeze(later).Now(later), now)
		equal(t, "thawed later", frozen.Thaw(later).Now(later), now)
		equal(t, "thawed twice", frozen.Thaw(wall).Thaw(later).Now(later), frozen.Thaw(wall).Now(later))
		faster := must(t)(v.WithRate(wall, 1+draw.Float64()*MaxRate/2))
		equal(t, "another rate", faster.Now(wall), now)
		if got := faster.Freeze(wall).Thaw(later); got.Rate != faster.Rate {
			t.Errorf("freezing changed the rate from %v to %v", faster.Rate, got.Rate)
		}
	})
}

func TestAdvanceInStepsIsAdvanceAtOnce(t *testing.T) {
	t.Parallel()
	clocks(t, func(t *testing.T, v Virtual, wall time.Time, draw *rand.Rand) {
		n, d := 1+draw.IntN(20), time.Duration(draw.Int64N(int64(100*day)))
		steps := v
		for range n {
			steps = must(t)(steps.Advance(wall, d))
		}
		once := must(t)(v.Advance(wall, time.Duration(n)*d))
		equal(t, "in steps", steps.Now(wall), v.Now(wall).Add(time.Duration(n)*d))
		if steps != once || steps.Frozen != v.Frozen {
			t.Errorf("in steps %+v, at once %+v", steps, once)
		}
	})
}

func TestNowNeverGoesBack(t *testing.T) {
	t.Parallel()
	clocks(t, func(t *testing.T, v Virtual, wall time.Time, draw *rand.Rand) {
		later := wall.Add(time.Duration(draw.Int64N(1000)))
		if v.Now(later).Before(v.Now(wall)) {
			t.Errorf("%s after %s", v.Now(later), v.Now(wall))
		}
	})
}

func TestReach(t *testing.T) {
	t.Parallel()
	clocks(t, func(t *testing.T, v Virtual, wall time.Time, draw *rand.Rand) {
		due := v.Now(wall).Add(time.Duration(draw.Int64N(int64(1000*day))) - 10*day)
		at, ok := v.Reach(wall, due)
		switch {
		case !due.After(v.Now(wall)):
			equal(t, "already reached", at, wall)
		case v.Frozen:
			if ok {
				t.Errorf("a frozen clock reaches %s at %s", due, at)
			}
		case !ok || v.Now(at).Before(due):
			t.Errorf("at %s, %t, it is %s, before %s", at, ok, v.Now(at), due)
		case v.rate() == 1:
			equal(t, "reached", v.Now(at), due)
		default: // a microsecond, or what the clock runs in one, is float64 at this distance
			if early := at.Add(-time.Microsecond - time.Microsecond/time.Duration(math.Ceil(v.rate()))); v.Now(early).After(due) {
				t.Errorf("at %s it is already %s, after %s", early, v.Now(early), due)
			}
		}
	})
	for name, v := range map[string]Virtual{"frozen": At(at), "following": Following(), "running": {Anchor: wall, At: at}} {
		if got, ok := v.Reach(wall, latest.Add(1)); ok {
			t.Errorf("%s: reaches the year 10000 at %s", name, got)
		}
	}
}

func TestVirtualSurvivesJSON(t *testing.T) {
	t.Parallel()
	clocks(t, func(t *testing.T, v Virtual, _ time.Time, _ *rand.Rand) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back Virtual
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Errorf("%s became %+v, %v", text, back, err)
		}
	})
}
