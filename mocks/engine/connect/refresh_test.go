package connect_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// A refresh that nobody asks for comes once in each period: at the hour of the connecting,
// or in the hours of the provider at one that is the connection's own.
func TestNextRefresh(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	daily := connect.Refreshing{Every: day}
	nightly := connect.Refreshing{Every: day, Hours: connect.Hours{From: 3 * time.Hour, Until: 9 * time.Hour}}
	made := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	conn := connect.Connection{ID: "a", CreatedAt: made}
	for since, want := range map[time.Duration]time.Duration{0: day, day - 1: day, day: 2 * day, 10*day + 1: 11 * day} {
		if got := conn.NextRefresh(daily, made.Add(since)).Sub(made); got != want {
			t.Errorf("%s after the connecting it is due at %s, want %s", since, got, want)
		}
	}
	instants := map[time.Duration]bool{}
	for n := range 200 {
		c := connect.Connection{ID: strconv.Itoa(n), CreatedAt: made.Add(time.Duration(n) * 7 * time.Minute).In(time.FixedZone("", -5*3600))}
		at := c.CreatedAt
		for night := range 3 {
			next := c.NextRefresh(nightly, at)
			hour := next.Sub(next.UTC().Truncate(day))
			if hour < 3*time.Hour || hour >= 9*time.Hour {
				t.Fatalf("%d is refreshed at %s", n, next)
			}
			if pause := next.Sub(at); pause <= 0 || pause > day || night > 0 && pause != day {
				t.Fatalf("%d: %s, then %s", n, at, next)
			}
			if again := c.NextRefresh(nightly, next.Add(-1)); !again.Equal(next) {
				t.Fatalf("%d: due at %s, and a moment before at %s", n, next, again)
			}
			instants[hour] = true
			at = next
		}
	}
	if len(instants) < 150 {
		t.Errorf("200 connections are refreshed at %d instants of the night", len(instants))
	}
}
