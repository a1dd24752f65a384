package connect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

const (
	secret = "winter is coming"
	ttl    = 30 * time.Minute
)

// friendly is a bank at which everything works.
func friendly() connect.Behaviour {
	return connect.Behaviour{
		Institution: connect.OK, Known: true, Password: secret, MaxLogins: 3,
		Accounts: []string{"main", "savings", "card"},
	}
}

// asking is a friendly bank that puts these challenges.
func asking(challenges ...connect.Challenge) connect.Behaviour {
	b := friendly()
	b.Challenges = challenges
	return b
}

func fullFlow() connect.Flow {
	return connect.InWidget(connect.Consent, connect.Institution, connect.Credentials, connect.Challenging, connect.Waiting, connect.Accounts)
}

// fresh is a session of all steps that nobody has opened yet.
func fresh() connect.Session {
	return connect.Session{ID: "li_1", Key: "k", Provider: "p", Purpose: connect.Connect, Flow: fullFlow(), ExpiresAt: start.Add(ttl)}
}

// act is one thing that happens in a story.
type act struct {
	in      connect.Input
	code    bool          // type the code that is in force
	wait    time.Duration // let time pass instead
	becomes *connect.Behaviour
}

func do(v connect.Verb) act { return act{in: connect.Input{Verb: v}} }
func choose(id string) act  { return act{in: connect.Input{Verb: connect.DoChoose, Institution: id}} }
func answer(values ...string) act {
	return act{in: connect.Input{Verb: connect.DoSubmit, Answers: values}}
}
func agree(keys ...string) act {
	return act{in: connect.Input{Verb: connect.DoAccounts, Accounts: keys}}
}
func wait(d time.Duration) act        { return act{wait: d} }
func becomes(b connect.Behaviour) act { return act{becomes: &b} }
func login(password string) act       { return act{in: loginInput(password)} }
func loginInput(password string) connect.Input {
	return connect.Input{Verb: connect.DoSubmit, Fields: connect.Login("jon", password)}
}

var (
	accept, deny, back = do(connect.DoAccept), do(connect.DoDeny), do(connect.DoBack)
	retry, cancel      = do(connect.DoRetry), do(connect.DoCancel)
	poll, approve      = do(connect.DoPoll), do(connect.DoApprove)
	resend, request    = do(connect.DoResend), do(connect.DoRequest)
	right, wrong       = login(secret), login("summer")
	typeCode           = act{in: connect.Input{Verb: connect.DoSubmit}, code: true}
)

// acts joins parts of a story; toLogin and toChallenge are common beginnings.
func acts(parts ...any) (out []act) {
	for _, p := range parts {
		switch p := p.(type) {
		case act:
			out = append(out, p)
		case []act:
			out = append(out, p...)
		}
	}
	return out
}

var (
	toLogin     = acts(accept, choose("bank"))
	toChallenge = acts(toLogin, right)
)

// play is a story under way.
type play struct {
	s       connect.Session
	b       connect.Behaviour
	now     time.Time
	effects []connect.Effect
}

func open(s connect.Session, b connect.Behaviour) *play {
	p := &play{b: b, now: start}
	p.s, p.effects = connect.Start(s, b, start)
	return p
}

func (p *play) run(story []act) *play {
	for _, a := range story {
		switch {
		case a.becomes != nil:
			p.b = *a.becomes
		case a.wait != 0:
			p.now = p.now.Add(a.wait)
		default:
			in := a.in
			in.Rev = p.s.Rev
			if a.code {
				in.Answers = []string{connect.Code(p.s)}
			}
			var effects []connect.Effect
			p.s, effects = connect.Advance(p.s, p.b, in, p.now)
			p.effects = append(p.effects, effects...)
		}
	}
	return p
}

// ended is where a story leads to.
type ended struct {
	step    connect.Step
	trouble problem.Code
	field   string
}

func (p *play) check(t *testing.T, want ended) {
	t.Helper()
	var got ended
	got.step = p.s.Step
	if p.s.Trouble != nil {
		got.trouble, got.field = p.s.Trouble.Code, p.s.Trouble.Field
	}
	if got != want {
		t.Errorf("the session is at %+v, want %+v", got, want)
	}
	if final := p.s.Step.Final(); final != (p.count(connect.Ended) == 1) || final != !p.s.EndedAt.IsZero() {
		t.Errorf("final %v, but %d Ended effects and ended at %v", final, p.count(connect.Ended), p.s.EndedAt)
	}
	if succeeded := p.s.Step == connect.Succeeded; succeeded != (p.count(connect.Connected) == 1) {
		t.Errorf("succeeded %v, but %d Connected effects", succeeded, p.count(connect.Connected))
	}
}

func (p *play) count(kind connect.EffectKind) (n int) {
	for _, e := range p.effects {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// codes are the codes that travelled to the user.
func (p *play) codes() (out []string) {
	for _, e := range p.effects {
		if e.Kind == connect.CodeSent {
			out = append(out, e.Code)
		}
	}
	return out
}

// heard are the names of the session's events.
func (p *play) heard() (out []string) {
	for _, e := range p.s.Events {
		out = append(out, e.Name)
	}
	return out
}

// story is a row of most tables here.
type story struct {
	name string
	b    connect.Behaviour
	acts []act
	want ended
}

func tell(t *testing.T, stories []story) {
	t.Helper()
	var names []string
	for _, st := range stories {
		if slices.Contains(names, st.name) {
			t.Fatalf("two stories are called %q", st.name)
		}
		names = append(names, st.name)
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			open(fresh(), st.b).run(st.acts).check(t, st.want)
		})
	}
}
