package connect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Verb is what a user or a driver does.
type Verb string

// Verbs of an Input.
const (
	DoAccept   Verb = "accept"   // consent
	DoDeny     Verb = "deny"     // consent, or a decoupled challenge
	DoChoose   Verb = "choose"   // an institution
	DoRequest  Verb = "request"  // an institution that is not in the list
	DoSubmit   Verb = "submit"   // credentials, or the answers to a challenge
	DoResend   Verb = "resend"   // put the challenge again
	DoPoll     Verb = "poll"     // a waiting page asks
	DoApprove  Verb = "approve"  // a decoupled challenge, from the phone or the bank's page
	DoAccounts Verb = "accounts" // agree to these accounts
	DoBack     Verb = "back"     // to the step before
	DoRetry    Verb = "retry"    // leave the error screen
	DoCancel   Verb = "cancel"   // the user closes
)

// AnyRev is the revision of a driver that does not show pages.
const AnyRev = -1

// Input is one thing done to a session.
type Input struct {
	Verb        Verb
	Rev         int // the revision that the user saw; a stale one is ignored
	Institution string
	Username    string
	Suffix      string // the scenario that the user name named
	Password    string
	Answers     []string
	Accounts    []string
}

// blanks names the credentials that were left empty.
func (in Input) blanks() (empty []string) {
	if in.Username == "" {
		empty = append(empty, "username")
	}
	if in.Password == "" {
		empty = append(empty, "password")
	}
	return empty
}

// unanswered numbers the answers that were left empty, from 1.
func (in Input) unanswered() (empty []string) {
	if len(in.Answers) == 0 {
		return []string{"1"} // nothing was chosen
	}
	for i, a := range in.Answers {
		if strings.TrimSpace(a) == "" {
			empty = append(empty, strconv.Itoa(i+1))
		}
	}
	return empty
}

// EffectKind says what the driver has to carry out.
type EffectKind string

// Kinds of effects.
const (
	CodeSent  EffectKind = "code_sent" // put Code into the inbox
	Connected EffectKind = "connected" // make the connection with Accounts; at most one in the life of a session
	Ended     EffectKind = "ended"     // the session has become final
)

// Effect is what follows from an input outside the session.
type Effect struct {
	Kind      EffectKind
	Challenge Kind   // of CodeSent
	Prompt    string // of CodeSent: where to
	Code      string // of CodeSent
	Accounts  []string
}

// Advance moves a session by one input. It is a function: equal arguments give equal
// results, and s is left alone. A final session, a stale revision and an input that
// does not fit the step change nothing; a session whose time is over expires at any
// input.
func Advance(s Session, b Behaviour, in Input, now time.Time) (Session, []Effect) {
	if s.Step.Final() {
		return s, nil
	}
	if !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt) {
		s = s.Clone()
		m := move{s: &s, b: b, now: now}
		m.fail(Expired, problem.SessionExpired)
		return s, m.effects
	}
	if in.Rev != AnyRev && in.Rev != s.Rev {
		return s, nil
	}
	s = s.Clone()
	s.Touch(now)
	m := move{s: &s, b: b, in: in, now: now}
	switch {
	case in.Verb == DoCancel:
		m.fail(Cancelled, problem.UserCancelled)
	case in.Verb == DoRetry && s.Trouble != nil:
		s.Trouble = nil
		m.turn()
	default:
		m.step()
	}
	return s, m.effects
}

// move is one call of Advance at work on its own copy of the session.
type move struct {
	s       *Session
	b       Behaviour
	in      Input
	now     time.Time
	effects []Effect
}

func (m *move) step() {
	switch m.s.Step {
	case Consent:
		m.consent()
	case Institution:
		m.institution()
	case Credentials:
		m.credentials()
	case Challenging:
		m.challenge()
	case Waiting:
		m.waiting()
	case Accounts:
		m.accounts()
	}
}

func (m *move) consent() {
	switch m.in.Verb {
	case DoAccept:
		m.s.note(m.now, EventConsentAccepted, nil)
		m.enter(m.after(Consent))
	case DoDeny:
		m.s.note(m.now, EventConsentDenied, nil)
		m.fail(Cancelled, problem.ConsentRequired)
	}
}

func (m *move) institution() {
	switch m.in.Verb {
	case DoChoose:
	case DoRequest:
		m.s.Trouble = nil
		m.s.note(m.now, EventInstitutionRequested, nil)
		m.turn()
		return
	default:
		return
	}
	if code := m.b.Institution.refusal(); code != "" {
		m.trouble(code, "institution")
		m.s.Trouble.Detail = m.b.Detail
		m.detail("institution", m.in.Institution)
		return
	}
	m.s.Institution = m.in.Institution
	m.s.note(m.now, EventInstitutionSelected, map[string]string{"institution": m.in.Institution})
	m.enter(m.after(Institution))
}

func (m *move) credentials() {
	switch m.in.Verb {
	case DoBack:
		if m.s.Has(Institution) && !m.s.Preselected {
			m.s.Institution = ""
			m.enter(Institution)
		}
		return
	case DoSubmit:
	default:
		return
	}
	m.s.Username = m.in.Username
	if empty := m.in.blanks(); len(empty) > 0 {
		m.missing(empty, empty[0])
		return
	}
	if m.b.Malformed != "" {
		m.trouble(problem.InvalidRequest, m.b.Malformed)
		m.s.Trouble.Detail = m.b.Detail
		return
	}
	m.s.Suffix = m.in.Suffix
	m.s.note(m.now, EventCredentialsSubmitted, nil)
	if code := m.b.Institution.refusal(); m.s.Preselected && code != "" {
		m.trouble(code, "") // nobody has chosen the bank, so it is first met here
		return
	}
	outcome := m.b.Login.At(m.s.Earlier + m.s.Attempts)
	m.s.Attempts++
	right := m.b.Known && m.in.Password == m.b.Password
	switch {
	case outcome == Accept && right:
		m.s.Challenge = 0
		if len(m.b.Challenges) > 0 {
			m.put()
		} else {
			m.enter(m.after(Challenging))
		}
	case outcome == Accept || outcome == Reject:
		m.s.Wrong++
		if most := cmp.Or(m.s.MaxLogins, m.b.MaxLogins); most > 0 && m.s.Wrong >= most {
			m.fail(Failed, problem.LoginLocked)
			return
		}
		m.trouble(problem.LoginInvalid, "password")
		if !m.b.Known {
			m.detail("user", "unknown")
		}
	case outcome == Lock:
		m.fail(Failed, problem.LoginLocked)
	case outcome == ActionRequired:
		m.trouble(problem.ActionRequired, "")
	case outcome == PermissionMissing:
		m.trouble(problem.PermissionMissing, "")
	default:
		m.trouble(problem.InstitutionUnavailable, "")
	}
}

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
		if m.s.Purpose != Assist {
			m.enter(Credentials)
		}
	case DoResend:
		m.resend(c, expired)
	case DoPoll:
		if c.Kind.Decoupled() && !expired {
			m.s.Polls++
			m.approval(c)
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

// approval looks whether the script ends a decoupled challenge at this poll.
func (m *move) approval(c Challenge) {
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
	m.s.note(m.now, EventView+string(c.Kind), nil)
	m.turn()
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

func (m *move) waiting() {
	if m.in.Verb != DoPoll {
		return
	}
	m.s.Polls++
	switch r := m.b.Ready; r.When {
	case After:
		if m.now.Before(m.s.ReadyFrom.Add(r.After)) {
			return
		}
	case Polls:
		if m.s.Polls < r.Polls {
			return
		}
	case Fails:
		m.fail(Failed, r.Problem)
		return
	}
	m.enter(m.after(Waiting))
}

func (m *move) accounts() {
	if m.in.Verb != DoAccounts {
		return
	}
	var chosen []string
	for _, key := range m.b.Accounts { // the bank's order, each once
		if slices.Contains(m.in.Accounts, key) {
			chosen = append(chosen, key)
		}
	}
	for _, key := range m.in.Accounts {
		if !slices.Contains(m.b.Accounts, key) {
			m.trouble(problem.InvalidRequest, "account")
			return
		}
	}
	if len(chosen) == 0 {
		m.missing([]string{"account"}, "account")
		return
	}
	m.s.note(m.now, EventAccountsSelected, nil)
	m.succeed(chosen)
}

// after gives the step behind one: of the flow, with the waiting that the script
// inserts behind the login.
func (m *move) after(step Step) Step {
	order := Steps()
	for _, next := range order[slices.Index(order, step)+1:] {
		switch {
		case next == Challenging:
		case next == Waiting:
			if r := m.b.Ready.When; m.s.Has(Credentials) && r != ByHand && r != Now {
				return Waiting
			}
		case next == Institution && m.s.Preselected:
		case m.s.Has(next):
			return next
		}
	}
	return Succeeded
}

// enter goes to a step and shows it.
func (m *move) enter(step Step) {
	m.s.Trouble = nil
	if (step == Accounts || step == Succeeded) && len(m.b.Accounts) == 0 && !m.b.Bare {
		m.fail(Failed, problem.NoAccounts)
		return
	}
	if step == Succeeded {
		m.succeed(m.b.Accounts)
		return
	}
	m.s.Step = step
	if step == Waiting {
		m.s.Polls, m.s.ReadyFrom = 0, m.now
	}
	m.s.note(m.now, EventView+string(step), nil)
	m.turn()
}

func (m *move) succeed(accounts []string) {
	m.s.Step, m.s.Trouble, m.s.EndedAt = Succeeded, nil, m.now
	m.s.Accounts = slices.Clone(accounts)
	m.s.note(m.now, EventSucceeded, nil)
	m.turn()
	m.effects = append(m.effects,
		Effect{Kind: Connected, Accounts: slices.Clone(accounts)}, Effect{Kind: Ended})
}

// trouble shows the present step again and says why.
func (m *move) trouble(code problem.Code, field string) {
	m.s.Trouble = &Trouble{Code: code, Field: field}
	m.s.note(m.now, EventError+string(code), nil)
	m.turn()
}

// detail adds something to what was noted last.
func (m *move) detail(name, value string) {
	m.s.Events[len(m.s.Events)-1].Data = map[string]string{name: value}
}

// missing asks again for what was left empty. The bank hears nothing of it, so that it is
// no attempt.
func (m *move) missing(inputs []string, field string) {
	m.trouble(problem.InvalidRequest, field)
	m.s.Trouble.Missing = inputs
}

func (m *move) fail(step Step, code problem.Code) {
	m.s.Step, m.s.EndedAt = step, m.now
	m.s.Trouble = &Trouble{Code: code}
	if step != Cancelled {
		m.s.note(m.now, EventError+string(code), nil)
	}
	m.s.note(m.now, EventExit, nil)
	m.turn()
	m.effects = append(m.effects, Effect{Kind: Ended})
}

// turn gives the session a new revision; one input turns it once at most.
func (m *move) turn() { m.s.Rev++ }
