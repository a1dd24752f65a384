package connect_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// tape gives values from fuzzed bytes; an empty tape gives zeros.
type tape []byte

func (t *tape) below(n int) int {
	if len(*t) == 0 {
		return 0
	}
	b := (*t)[0]
	*t = (*t)[1:]
	return int(b) % n
}

func pick[T any](t *tape, of ...T) T { return of[t.below(len(of))] }

func some[T any](t *tape, most int, one func() T) (out []T) {
	for range t.below(most + 1) {
		out = append(out, one())
	}
	return out
}

func (t *tape) behaviour() connect.Behaviour {
	login, _ := connect.Outcomes()
	return connect.Behaviour{
		Institution: pick(t, connect.OK, connect.OK, connect.OK, connect.OK, connect.Degraded, connect.Down, connect.Maintenance, connect.Unsupported, connect.Disabled, connect.Unknown),
		Malformed:   pick(t, "", "", "", "", "", "", "", "username"),
		Known:       t.below(8) > 0,
		Password:    secret,
		Login: some(t, 3, func() connect.Outcome {
			return pick(t, append(login, connect.Accept, connect.Accept, connect.Accept)...)
		}),
		MaxLogins:  t.below(4),
		Approval:   pick(t, append(connect.Approvals(), "", "", "")...),
		Fields:     []connect.Form{nil, bankForm}[t.below(2)],
		Methods:    t.methods(),
		Challenges: some(t, 3, t.challenge),
		Accounts:   []string{"main", "savings", "card"}[:3-t.below(4)],
		Ready: connect.Readiness{
			When:  pick(t, connect.Now, connect.ByHand, connect.After, connect.Polls, connect.Fails, connect.Never),
			After: time.Minute, Polls: t.below(3), Problem: problem.Internal,
		},
	}
}

func (t *tape) challenge() connect.Challenge {
	_, outcomes := connect.Outcomes()
	return connect.Challenge{
		Follow: some(t, 2, func() connect.Challenge {
			return connect.Challenge{Kind: pick(t, connect.OTPSMS, connect.Push, ""), MaxTries: t.below(4)}
		}),
		Kind: pick(t, connect.Kinds()...), Prompt: "?", Options: []string{"sms", "email"}, Cells: []string{"A1"},
		Answers:  [][]string{{"Blue"}, {"z", "B"}}[:t.below(3)],
		Attempts: some(t, 3, func() connect.Outcome { return pick(t, outcomes...) }),
		MaxTries: t.below(4), Expires: pick(t, 0, time.Second, 5*time.Minute),
		ResendMax: t.below(3), ResendAfter: pick(t, 0, 30*time.Second),
		Approve: connect.Approval{
			When:  pick(t, connect.ByHand, connect.Now, connect.After, connect.Polls, connect.Denied, connect.Never),
			After: time.Minute, Polls: t.below(3),
		},
	}
}

// flow is any order of any steps that a manifest may have; mostly the usual one.
func (t *tape) flow() (f connect.Flow) {
	steps := connect.Steps()
	for range t.below(4) {
		i, j := t.below(len(steps)), t.below(len(steps))
		steps[i], steps[j] = steps[j], steps[i]
	}
	for _, step := range steps {
		stage := connect.Stage{Step: step, OnBankPage: step == connect.Approving}
		if t.below(4) == 0 {
			continue
		}
		if f = append(f, stage); f.Check() != nil {
			f = f[:len(f)-1]
			continue
		}
		f[len(f)-1].OnBankPage = t.below(3) == 1
		if f.Check() != nil {
			f[len(f)-1] = stage
		}
	}
	return f
}

func (t *tape) methods() []connect.Method {
	return some(t, 3, func() connect.Method {
		m := connect.Method{ID: pick(t, "web", "app", "card")}
		if t.below(2) == 1 {
			m.Flow = t.flow()
		}
		return m
	})
}

func (t *tape) session() connect.Session {
	s := fresh()
	s.Flow = t.flow()
	s.Params, s.Layers = map[string]string{"lang": "es"}, []string{"happy"}
	if t.below(4) == 1 {
		s.Institution, s.Preselected = "bank", true
	}
	s.ExpiresAt = pick(t, start.Add(ttl), time.Time{})
	return s
}

// input is mostly one that fits the step, so that lives are long.
func (t *tape) input(s connect.Session, b connect.Behaviour) connect.Input {
	in := connect.Input{
		Verb: pick(t, connect.DoAccept, connect.DoChoose, connect.DoSubmit, connect.DoPoll, connect.DoAccounts,
			connect.DoResend, connect.DoApprove, connect.DoBack, connect.DoRetry, connect.DoDeny, connect.DoCancel, connect.DoRequest, connect.DoMethod, "nothing"),
		Rev:         pick(t, s.Rev, connect.AnyRev, s.Rev, s.Rev, s.Rev, s.Rev-1, s.Rev+1, 0),
		Institution: "bank", Method: pick(t, "web", "app", "card", ""),
		Fields: pick(t, connect.Login("jon", pick(t, secret, secret, secret, "summer")), map[string]string{"branch": "x123", "login_id": "jon", "pin": secret}), Suffix: pick(t, "", "mfa"),
		Answers:  pick(t, []string{connect.Code(s)}, []string{" blue"}, []string{"b", "Z"}, []string{"sms"}, []string{"no"}, nil),
		Accounts: pick(t, []string{"main"}, []string{"card", "main", "card"}, []string{"vault"}, nil),
	}
	if t.below(5) == 0 {
		return in
	}
	switch s.Step {
	case connect.Consent:
		in.Verb = connect.DoAccept
	case connect.Institution:
		in.Verb = connect.DoChoose
	case connect.AccessMethod:
		in.Verb = connect.DoMethod
	case connect.Credentials:
		in.Verb = connect.DoSubmit
		in.Fields["branch"] = "x123"
	case connect.Approving:
		in.Verb = pick(t, connect.DoApprove, connect.DoApprove, connect.DoDeny)
	case connect.Waiting:
		in.Verb = connect.DoPoll
	case connect.Accounts:
		in.Verb = connect.DoAccounts
	case connect.Challenging:
		in.Verb = pick(t, connect.DoSubmit, connect.DoSubmit, connect.DoSubmit, connect.DoResend)
		if s.Challenge < len(b.Challenges) && b.Challenges[s.Challenge].Kind.Decoupled() {
			in.Verb = pick(t, connect.DoPoll, connect.DoPoll, connect.DoApprove, connect.DoResend)
		}
	}
	return in
}

// scribble writes over everything that a result must not share with its argument, which is
// all but what Clone says is never changed in place.
func scribble(s connect.Session, effects []connect.Effect) {
	for i := range s.Factors {
		s.Factors[i].Kind = "x"
	}
	for k := range s.Typed {
		s.Typed[k] = "x"
	}
	for i := range s.Accounts {
		s.Accounts[i] = "x"
	}
	for k := range s.Params {
		s.Params[k] = "x"
	}
	if s.Trouble != nil {
		s.Trouble.Code = "x"
	}
	for _, e := range effects {
		for i := range e.Accounts {
			e.Accounts[i] = "x"
		}
	}
}

// life holds what must be true over the whole life of a session.
type life struct {
	*testing.T
	limits           connect.Behaviour // as the script was before it became shorter
	connected, ended int
}

// turn makes one move and holds the invariants of Advance.
func (l *life) turn(s connect.Session, b connect.Behaviour, in connect.Input, now time.Time) connect.Session {
	s.Events = slices.Grow(s.Events, 4) // spare room, for an append to write into
	before := s.Clone()
	next, effects := connect.Advance(s, b, in, now)
	keep := next.Clone()

	again, againEffects := connect.Advance(s, b, in, now)
	if !reflect.DeepEqual(again, next) || !reflect.DeepEqual(againEffects, effects) {
		l.Fatalf("%+v: equal arguments, other results:\n%+v\n%+v", in, next, again)
	}
	other, otherEffects := connect.Advance(s, b, connect.Input{Verb: connect.DoCancel, Rev: connect.AnyRev}, now)
	if again.Rev != s.Rev { // a session that did not move may be the one given
		scribble(again, againEffects)
	}
	if other.Rev != s.Rev {
		scribble(other, otherEffects)
	}
	if !reflect.DeepEqual(s, before) || !reflect.DeepEqual(next, keep) {
		l.Fatalf("%+v: the session given shares memory with the result:\n%+v\n%+v", in, s, before)
	}
	l.moved(before, next, in, now)
	l.follows(before, next, effects)
	return next
}

// moved compares a session before and after one input.
func (l *life) moved(before, next connect.Session, in connect.Input, now time.Time) {
	over := !before.ExpiresAt.IsZero() && !now.Before(before.ExpiresAt)
	turned := next.Rev - before.Rev
	unseen := next
	unseen.Polls = before.Polls
	switch {
	case turned != 0 && turned != 1:
		l.Fatalf("%+v turned the revision by %d", in, turned)
	case turned == 0 && !reflect.DeepEqual(unseen, before):
		l.Fatalf("%+v changed what a user sees within one revision:\n%+v\n%+v", in, before, next)
	case turned == 1 && before.Step.Final():
		l.Fatalf("%+v moved a final session", in)
	case turned == 1 && in.Rev != connect.AnyRev && in.Rev != before.Rev && !over:
		l.Fatalf("%+v is stale at revision %d and moved it", in, before.Rev)
	case over && !next.Step.Final():
		l.Fatalf("%+v left a session alive whose time is over", in)
	}
	if len(next.Events) < len(before.Events) || !reflect.DeepEqual(next.Events[:len(before.Events)], before.Events) {
		l.Fatalf("%+v rewrote the events", in)
	}
	for i, e := range next.Events[len(before.Events):] {
		if want := len(before.Events) + i + 1; e.Seq != want || !e.At.Equal(now) || e.Name == "" {
			l.Fatalf("event %d is %+v", want, e)
		}
	}
}

// follows holds limits and effects.
func (l *life) follows(before, s connect.Session, effects []connect.Effect) {
	if most := l.limits.MaxLogins; most > 0 && s.Wrong > most {
		l.Fatalf("%d wrong logins of %d", s.Wrong, most)
	}
	if asked := l.limits.For(s).Challenges; s.Step == connect.Challenging && s.Challenge < len(asked) {
		c := asked[s.Challenge]
		travels := c.Kind.Sent() || c.Kind.Decoupled() // what is merely shown may be put again when it has expired
		if c.MaxTries > 0 && s.Tries >= c.MaxTries || travels && s.Sent > c.ResendMax+1 || s.Sent < 1 {
			l.Fatalf("still asked after %d of %d tries, sent %d times of %d", s.Tries, c.MaxTries, s.Sent, c.ResendMax+1)
		}
	}
	for _, e := range effects {
		switch e.Kind {
		case connect.Connected:
			l.connected++
			if s.Step != connect.Succeeded || len(e.Accounts) == 0 || !slices.Equal(e.Accounts, s.Accounts) {
				l.Fatalf("%+v at %s with accounts %v", e, s.Step, s.Accounts)
			}
		case connect.Ended:
			l.ended++
			if before.Step.Final() || !s.Step.Final() {
				l.Fatalf("ended between %s and %s", before.Step, s.Step)
			}
		case connect.CodeSent:
			if !e.Challenge.Sent() || e.Code != connect.Code(s) || s.Step != connect.Challenging {
				l.Fatalf("%+v at %s", e, s.Step)
			}
		}
	}
	if final := s.Step.Final(); final != (l.ended == 1) || final == s.EndedAt.IsZero() {
		l.Fatalf("%s: ended %d times, at %v", s.Step, l.ended, s.EndedAt)
	}
	if (s.Step == connect.Succeeded) != (l.connected == 1) {
		l.Fatalf("%s: connected %d times", s.Step, l.connected)
	}
	if !s.Step.Final() && !s.Has(s.Step) {
		l.Fatalf("the session stands at %s, which its flow %v lacks", s.Step, s.Flow)
	}
	if err := s.Flow.Check(); err != nil && s.Usual == nil {
		l.Fatalf("the flow %v: %v", s.Flow, err)
	}
	for _, f := range s.Factors {
		if f.Option < 0 || f.At < 0 {
			l.Fatalf("chosen is %+v", f)
		}
	}
}

// FuzzAdvance holds what is promised of the machine over whole lives of sessions.
func FuzzAdvance(f *testing.F) {
	f.Add([]byte(nil))
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{8, 40, 80, 120, 160, 200, 300, 400} {
		for range 40 {
			seed := make([]byte, n)
			for i := range seed {
				seed[i] = byte(random.IntN(256))
			}
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tp := tape(data)
		b := tp.behaviour()
		l := &life{T: t, limits: b}
		s, effects := connect.Start(tp.session(), b, start)
		if s.Rev != 2 || s.Events[0].Name != connect.EventOpened {
			t.Fatalf("a started session has revision %d and events %v", s.Rev, s.Events)
		}
		l.follows(connect.Session{}, s, effects)
		now := start
		for range 64 { // a longer life only makes the events long
			switch tp.below(24) {
			case 20:
				now = now.Add(pick(&tp, time.Second, 30*time.Second, time.Minute, 5*time.Minute, ttl))
			case 21:
				if n := len(b.Challenges); n > 0 {
					b.Challenges = b.Challenges[:n-1] // the file was loaded anew
				}
			case 22:
				b.Institution, b.Malformed, b.Known = connect.OK, "", true
			case 23:
				b.Ready = connect.Readiness{When: connect.Polls, Polls: 1 + tp.below(3)}
			default:
				s = l.turn(s, b, tp.input(s, b), now)
			}
		}
	})
}
