package connect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Transition is an edge of the machine, as a test can want it covered. Steps that can end
// the same way from anywhere share one edge: From is then Any.
type Transition struct {
	From, To Step
	Problem  problem.Code // why it went no further
}

// Any is the step of an edge that leaves every step.
const Any Step = "any step"

// String writes the edge for a person.
func (t Transition) String() string {
	text := fmt.Sprintf("%s -> %s", t.From, t.To)
	if t.Problem != "" {
		text += fmt.Sprintf(" (%s)", t.Problem)
	}
	return text
}

// Between is the edge that one input took; false if the session has not moved.
func Between(before, after Session) (Transition, bool) {
	t := Transition{From: before.Step, To: after.Step}
	if after.Trouble != nil {
		t.Problem = after.Trouble.Code
	}
	if after.Step == Expired || after.Step == Cancelled && t.Problem == problem.UserCancelled {
		t.From = Any
	}
	return t, before.Rev != after.Rev
}

// ByCalls is what an app does for its user where no page lets the user look around: the
// other inputs are never made there.
var ByCalls = []Verb{DoAccept, DoChoose, DoMethod, DoSubmit, DoPoll, DoApprove, DoAccounts}

// Journey is a flow, and the ways into the institutions at which it is used. One without
// ways stands for all of which the provider says nothing.
type Journey struct {
	Flow    Flow
	Methods []Method
}

// Transitions finds every edge that sessions of these journeys can take at banks that put
// challenges of these kinds, by trying everything from everywhere; verbs are all that can be
// done, where that is not everything.
func Transitions(journeys []Journey, kinds []Kind, verbs ...Verb) []Transition {
	x := explorer{seen: map[string]bool{}, found: map[Transition]bool{}, verbs: verbs}
	for _, j := range journeys {
		for _, b := range behaviours(j, kinds) {
			s, _ := Start(Session{Flow: j.Flow, Key: "k", ExpiresAt: time.Time{}.Add(explored)}, b, time.Time{})
			clear(x.seen)
			x.visit(s, b)
		}
	}
	out := make([]Transition, 0, len(x.found))
	for t := range x.found {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Transition) int {
		order := func(s Step) int { return slices.Index(append(Steps(), Any), s) }
		return cmp.Or(order(a.From)-order(b.From), order(a.To)-order(b.To), cmp.Compare(a.To, b.To), cmp.Compare(a.Problem, b.Problem))
	})
	return out
}

// explored is how long the explored sessions live. Their challenges end before that.
const explored = time.Hour

type explorer struct {
	seen  map[string]bool
	found map[Transition]bool
	verbs []Verb // nil: all
}

// visit tries every input, in time and too late.
func (x *explorer) visit(s Session, b Behaviour) {
	trouble := problem.Code("")
	if s.Trouble != nil {
		trouble = s.Trouble.Code
	}
	key := fmt.Sprint(s.Step, trouble, s.Method, s.Factors, s.Challenge, min(s.Wrong, 2), min(s.Tries, 3), min(s.Sent, 3), min(s.Polls, 2))
	if s.Step.Final() || x.seen[key] {
		return
	}
	x.seen[key] = true
	s.Events = nil // what was told changes nothing
	all := inputs(s, b)
	for _, now := range []time.Duration{0, explored / 2, explored} {
		for _, in := range all {
			if x.verbs != nil && !slices.Contains(x.verbs, in.Verb) {
				continue
			}
			at := time.Time{}.Add(now)
			if s.Step == Challenging {
				at = s.SentAt.Add(now)
			}
			next, _ := Advance(s, b, in, at)
			t, moved := Between(s, next)
			if moved {
				x.found[t] = true
			}
			if moved || next.Polls != s.Polls {
				next.SentAt, next.ReadyFrom = time.Time{}, time.Time{} // only what has passed since then counts
				if !next.AnswerBy.IsZero() {
					next.AnswerBy = time.Time{}.Add(explored / 2)
				}
				x.visit(next, b)
			}
		}
	}
}

// inputs are everything that a user can do, right and wrong.
func inputs(s Session, b Behaviour) (all []Input) {
	for _, verb := range []Verb{DoAccept, DoDeny, DoChoose, DoResend, DoPoll, DoApprove, DoBack, DoRetry, DoCancel} {
		all = append(all, Input{Verb: verb, Rev: AnyRev, Institution: "bank"})
	}
	all = append(all,
		Input{Verb: DoSubmit, Rev: AnyRev, Fields: Login("user", b.Password), Answers: []string{Code(s)}},
		Input{Verb: DoSubmit, Rev: AnyRev, Fields: Login("user", "wrong"), Answers: []string{"wrong"}},
		Input{Verb: DoSubmit, Rev: AnyRev},
		Input{Verb: DoMethod, Rev: AnyRev, Method: "none of them"},
		Input{Verb: DoAccounts, Rev: AnyRev, Accounts: b.Accounts}, Input{Verb: DoAccounts, Rev: AnyRev})
	for _, way := range b.Methods {
		all = append(all, Input{Verb: DoMethod, Rev: AnyRev, Method: way.ID})
	}
	if c := b.For(s).Challenges; s.Step == Challenging && s.Challenge < len(c) {
		for _, o := range c[s.Challenge].Options {
			all = append(all, Input{Verb: DoSubmit, Rev: AnyRev, Answers: []string{o}})
		}
	}
	return all
}

// behaviours are banks that differ from one at which everything works in one thing.
func behaviours(j Journey, kinds []Kind) (all []Behaviour) {
	usual := func(change func(*Behaviour)) {
		b := Behaviour{Institution: OK, Known: true, Password: "right", MaxLogins: 2, Accounts: []string{"main"}, Methods: j.Methods}
		change(&b)
		all = append(all, b)
	}
	usual(func(*Behaviour) {})
	usual(func(b *Behaviour) { b.Malformed = "username" })
	for _, status := range []Status{Down, Disabled, Unknown} {
		usual(func(b *Behaviour) { b.Institution = status })
	}
	logins, answers := Outcomes()
	for _, o := range logins {
		usual(func(b *Behaviour) { b.Login = Attempts{o} })
	}
	for _, o := range Approvals() {
		usual(func(b *Behaviour) { b.Approval = o })
	}
	for _, ready := range []Readiness{{When: Polls, Polls: 2}, {When: Fails, Problem: problem.Internal}} {
		usual(func(b *Behaviour) { b.Ready = ready })
	}
	usual(func(b *Behaviour) { b.Accounts = nil })
	usual(func(b *Behaviour) { b.Accounts, b.Ready = nil, Readiness{When: Polls, Polls: 2} })
	for _, kind := range kinds {
		var options []string
		var follow []Challenge
		if kind == MethodSelection {
			options = []string{"one", "nothing"}
			follow = []Challenge{{Kind: OTPSMS, MaxTries: 2}, {}}
		}
		for _, o := range answers {
			c := Challenge{Kind: kind, Options: options, Follow: follow, Attempts: Attempts{o}, MaxTries: 3, Expires: explored / 2, ResendMax: 1, ResendAfter: time.Minute}
			usual(func(b *Behaviour) { b.Challenges = []Challenge{c, c} })
			usual(func(b *Behaviour) {
				b.Challenges, b.Ready = []Challenge{c}, Readiness{When: Polls, Polls: 2}
			})
		}
		usual(func(b *Behaviour) { b.Challenges = []Challenge{{Kind: kind, Approve: Approval{When: Denied}}} })
		usual(func(b *Behaviour) { b.Challenges, b.Accounts = []Challenge{{Kind: kind}}, nil })
	}
	return all
}
