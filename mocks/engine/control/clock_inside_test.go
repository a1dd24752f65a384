package control

import (
	"net/http"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// A move that has run out of time is accepted and not done.
func TestMovedReply(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	m := engine.Moved{Sandbox: sandbox.Sandbox{Name: "ci42", Clock: clock.At(at)}, From: at.AddDate(0, 0, -1), Now: at, Ran: 3}
	for remaining, status := range map[bool]int{false: http.StatusOK, true: http.StatusAccepted} {
		m.Remaining = remaining
		reply := movedReply(m, at)
		v := reply.Body.(movedView)
		if reply.Status != status || v.Remaining != remaining || v.Ran != 3 || !v.Now.Equal(at) || v.Rate != 1 {
			t.Errorf("remaining %t: got %d %+v", remaining, reply.Status, v)
		}
	}
}
