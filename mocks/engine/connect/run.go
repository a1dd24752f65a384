package connect

import (
	"slices"
	"time"
)

// Answers is what a driver without pages knows beforehand. Every value is used once
// and in order; a step for which nothing is left makes Run stop.
type Answers struct {
	Institution string
	Method      string            // access method; empty: the first that the institution has
	Fields      map[string]string // of the login form: see Form. Samples fill what is left out
	Suffix      string
	Challenges  [][]string // answers per challenge; "approve" and "deny" for decoupled ones, and for the bank's question for access
	Right       bool       // answer every challenge right, once Challenges is used up
	Accounts    []string   // empty: those that are ticked beforehand, else all that may be chosen, or the first where it is one
}

// Resolver gives the behaviour for an input to a session.
type Resolver func(Session, Input) Behaviour

// Run feeds answers to a session until it waits for the user or is final, each through
// Advance. A refused answer is not repeated: Run stops there, and the session says why.
func Run(s Session, resolve Resolver, a Answers, now time.Time) (Session, []Effect) {
	var effects []Effect
	for !s.Step.Final() {
		in, ok := a.next(s, resolve)
		if !ok {
			break
		}
		in.Rev = AnyRev
		before := s
		var more []Effect
		s, more = Advance(s, resolve(s, in), in, now)
		effects = append(effects, more...)
		stuck := s.Rev == before.Rev && s.Polls == before.Polls
		if stuck || s.Trouble != nil || in.Verb == DoPoll && s.Step == before.Step && s.Challenge == before.Challenge {
			break
		}
	}
	return s, effects
}

// next takes the answer that the present step asks for.
func (a *Answers) next(s Session, resolve Resolver) (Input, bool) {
	switch s.Step {
	case Consent:
		return Input{Verb: DoAccept}, true
	case Institution:
		return Input{Verb: DoChoose, Institution: a.Institution}, a.Institution != ""
	case AccessMethod:
		method := a.Method
		if ways := resolve(s, Input{}).Methods; method == "" && len(ways) > 0 {
			method = ways[0].ID
		}
		return Input{Verb: DoMethod, Method: method}, true
	case Credentials:
		in := Input{Verb: DoSubmit, Fields: a.Fields, Suffix: a.Suffix}
		given := a.Fields
		a.Fields = nil
		if len(given) == 0 {
			return in, false
		}
		in.Fields = resolve(s, in).form().Sampled(given)
		return in, true
	case Challenging:
		return a.challenge(s, resolve)
	case Approving:
		return a.approval()
	case Waiting:
		return Input{Verb: DoPoll}, true
	case Accounts:
		accounts := a.Accounts
		if len(accounts) == 0 {
			accounts = resolve(s, Input{}).usual()
		}
		return Input{Verb: DoAccounts, Accounts: accounts}, true
	}
	return Input{}, false
}

// approval takes the word for the bank's question for access.
func (a *Answers) approval() (Input, bool) {
	if len(a.Challenges) == 0 {
		return Input{Verb: DoApprove}, a.Right
	}
	given := a.Challenges[0]
	a.Challenges = a.Challenges[1:]
	if slices.Equal(given, []string{"deny"}) {
		return Input{Verb: DoDeny}, true
	}
	return Input{Verb: DoApprove}, slices.Equal(given, []string{"approve"})
}

func (a *Answers) challenge(s Session, resolve Resolver) (Input, bool) {
	b := resolve(s, Input{}).For(s)
	if s.Challenge >= len(b.Challenges) {
		return Input{Verb: DoPoll}, true
	}
	c := b.Challenges[s.Challenge]
	decoupled := c.Kind.Decoupled()
	var given []string
	switch {
	case len(a.Challenges) > 0:
		given = a.Challenges[0]
		a.Challenges = a.Challenges[1:]
	case a.Right:
		given = c.Right(s)
	}
	if given == nil {
		return Input{Verb: DoPoll}, decoupled
	}
	if !decoupled {
		return Input{Verb: DoSubmit, Answers: given}, true
	}
	if len(given) == 1 && given[0] == "deny" {
		return Input{Verb: DoDeny}, true
	}
	return Input{Verb: DoApprove}, true
}
