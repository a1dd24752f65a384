package connect

import (
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

func (m *move) challenge() {
	if m.s.Challenge >= len(m.b.Challenges) {
		// The script has become shorter under a running session (a reloaded file):
		// what is no longer asked has passed.
		m.enter(m.after(Challenging))
		return
	}
	c := m.b.Challenges[m.s.Challenge]
	expired := !m.s.AnswerBy.IsZero() && !m.now.Before(m.s.AnswerBy)
	switch m.in.Verb {
	case DoBack:
		m.back()
	case DoResend:
		m.resend(c, expired)
	case DoPoll:
		if c.Kind.Decoupled() && !expired {
			m.s.Polls++
			m.elsewhere(c)
		} else if expired && m.s.Trouble == nil {
			m.trouble(problem.ChallengeExpired, "")
		}
	case DoApprove, DoDeny:
		switch {
		case !c.Kind.Decoupled():
		case expired:
			m.trouble(problem.ChallengeExpired, "")
		case m.in.Verb == DoApprove:
			m.passed()
		default:
			m.fail(Failed, problem.UserCancelled)
		}
	case DoSubmit:
		switch {
		case c.Kind.Decoupled():
		case expired:
			m.trouble(problem.ChallengeExpired, "answer")
		default:
			m.answer(c)
		}
	}
}

func (m *move) answer(c Challenge) {
	if empty := m.in.unanswered(); len(empty) > 0 {
		m.missing(empty, "answer")
		return
	}
	m.s.note(m.now, EventChallengeSubmitted, nil)
	outcome := c.Attempts.At(m.s.Tries)
	m.s.Tries++
	m.s.Tried[m.s.Challenge] = m.s.Tries
	switch {
	case outcome == Accept && c.right(*m.s, m.in.Answers):
		m.choose(c)
		m.passed()
	case outcome == Cancel:
		m.fail(Cancelled, problem.UserCancelled)
	case outcome == Lock:
		m.fail(Failed, problem.LoginLocked)
	case c.MaxTries > 0 && m.s.Tries >= c.MaxTries:
		m.fail(Failed, problem.LoginLocked)
		m.s.Trouble.Field = "answer" // the answers were at fault
	case outcome == Expire:
		m.s.AnswerBy = m.now
		m.trouble(problem.ChallengeExpired, "answer")
	default:
		m.trouble(problem.ChallengeInvalid, "answer")
	}
}

// choose remembers the option of a method selection; its challenge is put next.
func (m *move) choose(c Challenge) {
	if c.Kind != MethodSelection {
		return
	}
	f := Factor{At: m.s.Challenge, Option: c.option(m.in.Answers[0])}
	if f.Option < len(c.Follow) {
		f.Kind = c.Follow[f.Option].Kind
	}
	m.s.Factors = append(m.s.Factors, f)
	m.s.note(m.now, EventFactorSelected, map[string]string{"factor": string(f.Kind)})
	m.b = m.b.For(*m.s)
}

// elsewhere looks whether the script ends a decoupled challenge at this poll.
func (m *move) elsewhere(c Challenge) {
	switch c.Approve.When {
	case Now:
		m.passed()
	case After:
		if !m.now.Before(m.s.SentAt.Add(c.Approve.After)) {
			m.passed()
		}
	case Polls:
		if m.s.Polls >= c.Approve.Polls {
			m.passed()
		}
	case Denied:
		m.fail(Failed, problem.UserCancelled)
	}
}

func (m *move) resend(c Challenge, expired bool) {
	travels := c.Kind.Sent() || c.Kind.Decoupled()
	switch {
	case !travels && !expired:
		// Nothing was sent that could be sent again.
	case travels && m.s.Sent > c.ResendMax:
		if expired {
			m.fail(Failed, problem.ChallengeExpired)
			return
		}
		m.trouble(problem.RateLimited, "")
	case !expired && m.now.Before(m.s.SentAt.Add(c.ResendAfter)):
		m.trouble(problem.RateLimited, "")
	default:
		m.send(c)
		m.s.Trouble = nil
		m.turn()
	}
}

// put shows the present challenge for the first time.
func (m *move) put() {
	c := m.b.Challenges[m.s.Challenge]
	if m.s.Challenge >= len(m.s.Tried) {
		m.s.Tried = append(m.s.Tried, make([]int, m.s.Challenge+1-len(m.s.Tried))...)
	}
	// Going back and logging in again gives no new tries.
	m.s.Tries, m.s.Sent = m.s.Tried[m.s.Challenge], 0
	m.send(c)
	m.s.Trouble = nil
	m.s.Step = Challenging
	m.view(string(c.Kind))
}

func (m *move) send(c Challenge) {
	m.s.Sent++
	m.s.Polls, m.s.SentAt, m.s.AnswerBy = 0, m.now, time.Time{}
	if c.Expires > 0 {
		m.s.AnswerBy = m.now.Add(c.Expires)
	}
	if c.Kind.Sent() {
		m.effects = append(m.effects, Effect{Kind: CodeSent, Challenge: c.Kind, Prompt: c.Prompt, Code: Code(*m.s)})
	}
}

// passed goes on behind the present challenge.
func (m *move) passed() {
	m.s.Challenge++
	if m.s.Challenge < len(m.b.Challenges) {
		m.put()
		return
	}
	m.enter(m.after(Challenging))
}
