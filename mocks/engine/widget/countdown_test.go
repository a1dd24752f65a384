package widget

import (
	"testing"
	"time"
)

func TestCountdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left time.Duration
		want string
	}{
		{time.Nanosecond, "1 s"}, {time.Second, "1 s"}, {89*time.Second + time.Millisecond, "90 s"}, {119 * time.Second, "119 s"},
		{119*time.Second + time.Nanosecond, "2 min"}, {2 * time.Minute, "2 min"}, {2*time.Minute + time.Second, "3 min"},
		{3*time.Minute - time.Millisecond, "3 min"}, {10 * time.Minute, "10 min"}, {10*time.Minute - time.Second, "10 min"},
	} {
		if got := countdown(c.left); got != c.want {
			t.Errorf("%s: %s, want %s", c.left, got, c.want)
		}
	}
}
