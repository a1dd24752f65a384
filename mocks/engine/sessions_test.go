package engine

import "testing"

func TestSessionsKept(t *testing.T) {
	t.Parallel()
	for sandboxes, want := range map[int]int{0: 10_000, 1: 10_000, 2: 10_000, 4: 5_000, 20: 1_000, 10_000: 1_000} {
		if got := sessionsKept(sandboxes); got != want {
			t.Errorf("one of %d sandboxes keeps %d sessions, want %d", sandboxes, got, want)
		}
	}
}
