package connect_test

import (
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// The time to idle begins anew with every input that counts, up to the deadline.
func TestIdle(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	poll := connect.Input{Verb: connect.DoPoll, Rev: connect.AnyRev}
	stale := connect.Input{Verb: connect.DoPoll, Rev: 99}
	for name, c := range map[string]struct {
		inputs  []connect.Input
		at      []time.Duration
		expired bool
		left    time.Duration // until it expires, from the start
	}{
		"nothing":           {nil, nil, false, 8 * minute},
		"in time":           {[]connect.Input{poll}, []time.Duration{7 * minute}, false, 15 * minute},
		"again and again":   {[]connect.Input{poll, poll}, []time.Duration{7 * minute, 14 * minute}, false, 22 * minute},
		"at the end":        {[]connect.Input{poll}, []time.Duration{8 * minute}, true, 8 * minute},
		"a stale form":      {[]connect.Input{stale}, []time.Duration{7 * minute}, false, 8 * minute},
		"up to the end":     {[]connect.Input{poll, poll, poll, poll}, []time.Duration{7 * minute, 14 * minute, 21 * minute, 28 * minute}, false, 30 * minute},
		"behind all ends":   {[]connect.Input{poll, poll, poll, poll, poll}, []time.Duration{7 * minute, 14 * minute, 21 * minute, 28 * minute, 30 * minute}, true, 30 * minute},
		"an earlier answer": {[]connect.Input{poll, poll}, []time.Duration{time.Second, 8*minute + time.Second}, true, 8*minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fresh()
			s.Idle, s.Deadline, s.ExpiresAt = 8*minute, s.StartedAt.Add(30*minute), s.StartedAt.Add(8*minute)
			start := s.StartedAt
			for i, in := range c.inputs {
				s, _ = connect.Advance(s, friendly(), in, start.Add(c.at[i]))
			}
			if (s.Step == connect.Expired) != c.expired || !s.ExpiresAt.Equal(start.Add(c.left)) {
				t.Errorf("the session is at %s and ends %s after its start", s.Step, s.ExpiresAt.Sub(start))
			}
			if c.expired && s.Trouble.Code != problem.SessionExpired {
				t.Errorf("it says %v", s.Trouble)
			}
		})
	}
	if s := connect.Open(fresh(), time.Time{}.Add(time.Hour)); s.Step != connect.Succeeded || !s.EndedAt.Equal(s.StartedAt) {
		t.Errorf("a session for reading is at %s", s.Step)
	}
}

// Logins that the bank has seen before count.
func TestEarlierLogins(t *testing.T) {
	t.Parallel()
	b := friendly()
	b.Login = connect.Attempts{connect.Reject, connect.Accept}
	for earlier, want := range []connect.Step{connect.Credentials, connect.Accounts, connect.Accounts} {
		s := fresh()
		s.Step, s.Institution, s.Earlier = connect.Credentials, "bank", earlier
		s, _ = connect.Advance(s, b, connect.Input{Verb: connect.DoSubmit, Rev: connect.AnyRev, Fields: connect.Login("jon", secret)}, s.StartedAt)
		if s.Step == connect.Challenging {
			s.Step = want // past the password: what comes behind is another test's
		}
		if s.Step != want {
			t.Errorf("after %d logins the session is at %s, want %s", earlier, s.Step, want)
		}
	}
}
