package connect

import "time"

// Answers is what a driver without pages knows beforehand. Every value is used once
// and in order; a step for which nothing is left makes Run stop.
type Answers struct {
	Institution string
	Username    string
	Suffix      string
	Password    string
	Challenges  [][]string // answers per challenge; "approve" and "deny" for decoupled ones
	Right       bool       // answer every challenge right, once Challenges is used up
	Accounts    []string   // empty: all that the bank offers
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
	case Credentials:
		in := Input{Verb: DoSubmit, Username: a.Username, Suffix: a.Suffix, Password: a.Password}
		given := a.Username != "" && a.Password != ""
		a.Username = ""
		return in, given
	case Challenging:
		return a.challenge(s, resolve)
	case Waiting:
		return Input{Verb: DoPoll}, true
	case Accounts:
		accounts := a.Accounts
		if len(accounts) == 0 {
			accounts = resolve(s, Input{}).Accounts
		}
		return Input{Verb: DoAccounts, Accounts: accounts}, true
	}
	return Input{}, false
}

func (a *Answers) challenge(s Session, resolve Resolver) (Input, bool) {
	b := resolve(s, Input{})
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
