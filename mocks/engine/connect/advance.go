package connect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

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
	m := move{s: &s, b: b.For(s), in: in, now: now}
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
	case AccessMethod:
		m.method()
	case Credentials:
		m.credentials()
	case Challenging:
		m.challenge()
	case Approving:
		m.approval()
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
	m.s.untake()
	m.s.Institution = m.in.Institution
	m.s.note(m.now, EventInstitutionSelected, map[string]string{"institution": m.in.Institution})
	m.enter(m.after(Institution))
}

func (m *move) method() {
	if m.in.Verb == DoBack {
		m.back()
		return
	}
	at := slices.IndexFunc(m.b.Methods, func(way Method) bool { return way.ID == m.in.Method })
	switch {
	case m.in.Verb != DoMethod:
	case m.in.Method == "":
		m.missing([]string{"method"}, "method")
	case at < 0:
		m.trouble(problem.InvalidRequest, "method")
		m.s.Trouble.Detail = "the institution has the access methods " + strings.Join(methodIDs(m.b.Methods), ", ")
	default:
		m.s.take(m.b.Methods[at])
		m.s.note(m.now, EventMethodSelected, map[string]string{"method": m.in.Method})
		m.enter(m.after(AccessMethod))
	}
}

func methodIDs(ways []Method) (ids []string) {
	for _, way := range ways {
		ids = append(ids, way.ID)
	}
	return ids
}

// back goes to the step before, where there is a way.
func (m *move) back() {
	step := m.s.Back(m.b)
	switch step {
	case "":
		return
	case Institution:
		m.s.untake()
		m.s.Institution = ""
	case AccessMethod:
		m.s.untake()
	}
	m.s.Factors = nil
	m.enter(step)
}

func (m *move) credentials() {
	switch m.in.Verb {
	case DoBack:
		m.back()
		return
	case DoDeny:
		m.deny()
		return
	case DoSubmit:
	default:
		return
	}
	form := m.b.form()
	values := form.Values(m.in.Fields)
	m.s.Username, m.s.Typed = form.Username(values), form.open(values)
	if empty := form.missing(values); len(empty) > 0 {
		m.missing(empty, empty[0])
		return
	}
	if name, reason := form.misfit(values); name != "" {
		m.trouble(problem.InvalidRequest, name)
		m.s.Trouble.Reason = reason
		return
	}
	if m.b.Malformed != "" {
		m.trouble(problem.InvalidRequest, form.nameOf(m.b.Malformed))
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
	switch {
	case outcome == Accept && m.b.Known && form.right(values, m.b):
		m.enter(m.after(Credentials))
	case outcome == Accept || outcome == Reject:
		m.s.Wrong++
		if most := cmp.Or(m.s.MaxLogins, m.b.MaxLogins); most > 0 && m.s.Wrong >= most {
			m.fail(Failed, problem.LoginLocked)
			return
		}
		m.trouble(problem.LoginInvalid, form.nameOf(passwordKey))
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

// approval is the bank's question whether the app may have access.
func (m *move) approval() {
	switch m.in.Verb {
	case DoDeny:
		m.deny()
	case DoApprove:
		switch m.b.Approval {
		case Deny:
			m.deny()
		case Unavailable:
			m.fail(Failed, problem.InstitutionUnavailable)
		default:
			m.s.note(m.now, EventApproved, nil)
			m.enter(m.after(Approving))
		}
	}
}

// deny ends a session whose user refuses the access on the bank's own page.
func (m *move) deny() {
	if !m.s.OnBankPage() {
		return
	}
	m.s.note(m.now, EventDenied, nil)
	m.fail(Failed, problem.ConsentRequired)
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

// after gives the step behind one: the next of the flow at which there is something to do.
func (m *move) after(step Step) Step {
	if ways := m.b.Methods; m.s.Institution != "" && m.s.Method == "" && len(ways) > 0 && (len(ways) == 1 || !m.s.Has(AccessMethod)) {
		m.s.take(ways[0]) // there is nothing to choose
	}
	for _, next := range m.s.Flow[m.s.Flow.Index(step)+1:] {
		if m.wanted(next.Step) {
			return next.Step
		}
	}
	return Succeeded
}

// wanted says whether there is something to do at a step.
func (m *move) wanted(step Step) bool {
	switch step {
	case Institution:
		return !m.s.Preselected
	case AccessMethod:
		return m.s.Method == "" && len(m.b.Methods) > 1
	case Challenging:
		return len(m.b.Challenges) > 0
	case Waiting:
		return m.b.Ready.When != ByHand && m.b.Ready.When != Now
	case Accounts: // a page with nothing to choose leads nowhere
		return len(m.b.Accounts) > 0 || !m.b.AllowNoAccounts
	}
	return true
}

// enter goes to a step and shows it.
func (m *move) enter(step Step) {
	m.s.Trouble = nil
	if code := m.b.without(); (step == Accounts || step == Succeeded) && code != "" {
		m.fail(Failed, code)
		return
	}
	switch step {
	case Succeeded:
		agreed := m.b.Eligible()
		if m.s.Has(Accounts) {
			agreed = m.s.Accounts
		}
		m.succeed(agreed)
		return
	case Challenging:
		m.s.Challenge, m.s.Factors = 0, nil
		m.put()
		return
	case Waiting:
		m.s.Polls, m.s.ReadyFrom = 0, m.now
	}
	m.s.Step = step
	m.view(string(step))
	if step == Accounts {
		m.detail("shown", strconv.Itoa(len(m.b.Accounts)))
		m.detail("eligible", strconv.Itoa(len(m.b.Eligible())))
	}
}

// view shows the present step.
func (m *move) view(name string) {
	if m.s.OnBankPage() {
		m.s.note(m.now, EventBankPage, map[string]string{"step": string(m.s.Step)})
	} else {
		m.s.note(m.now, EventView+name, nil)
	}
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
	m.s.note(m.now, EventError+string(code), map[string]string{"step": string(m.s.Step)}) // which is shown again
	m.turn()
}

// detail adds something to what was noted last.
func (m *move) detail(name, value string) {
	last := &m.s.Events[len(m.s.Events)-1]
	if last.Data == nil {
		last.Data = map[string]string{}
	}
	last.Data[name] = value
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
