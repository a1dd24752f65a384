package connect_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// same is a resolver of one behaviour.
func same(b connect.Behaviour) connect.Resolver {
	return func(connect.Session, connect.Input) connect.Behaviour { return b }
}

func TestRun(t *testing.T) {
	t.Parallel()
	known := connect.Answers{Institution: "bank", Fields: connect.Login("jon", secret)}
	with := func(change func(*connect.Answers)) connect.Answers {
		a := known
		change(&a)
		return a
	}
	answers := func(list ...[]string) connect.Answers {
		return with(func(a *connect.Answers) { a.Challenges = list })
	}
	question, push := usual(connect.Question), usual(connect.Push)
	auto := push
	auto.Approve = connect.Approval{When: connect.Now}
	slow := friendly()
	slow.Ready = connect.Readiness{When: connect.Polls, Polls: 2}
	quick := friendly()
	quick.Ready = connect.Readiness{When: connect.Polls, Polls: 1}
	broken := friendly()
	broken.Ready = connect.Readiness{When: connect.Fails, Problem: problem.Internal}
	down := friendly()
	down.Institution = connect.Down
	montreal := []string{"montreal"}
	for _, tt := range []struct {
		name string
		b    connect.Behaviour
		a    connect.Answers
		want ended
	}{
		{"to the end in one call", asking(question, auto, push), answers(montreal, []string{"approve"}, []string{"approve"}), ended{step: connect.Succeeded}},
		{"nothing known", friendly(), connect.Answers{}, ended{step: connect.Institution}},
		{"no user name", friendly(), connect.Answers{Institution: "bank"}, ended{step: connect.Credentials}},
		{"all accounts", friendly(), known, ended{step: connect.Succeeded}},
		{"unknown account", friendly(), with(func(a *connect.Answers) { a.Accounts = []string{"vault"} }), ended{connect.Accounts, problem.InvalidRequest, "account"}},
		{"bank down", down, known, ended{connect.Institution, problem.InstitutionUnavailable, "institution"}},
		{"wrong password is not repeated", friendly(), with(func(a *connect.Answers) { a.Fields = connect.Login("jon", "x") }), ended{connect.Credentials, problem.LoginInvalid, "password"}},
		{"no answer", asking(question), known, asked},
		{"wrong answer is not repeated", asking(question), answers([]string{"x"}, montreal), refused},
		{"one answer of two", asking(question, question), answers(montreal), asked},
		{"a phone approves by itself", asking(auto), known, ended{step: connect.Succeeded}},
		{"nobody approves", asking(push), known, asked},
		{"denied", asking(push), answers([]string{"deny"}), ended{connect.Failed, problem.UserCancelled, ""}},
		{"data at the first poll", quick, known, ended{step: connect.Succeeded}},
		{"data later", slow, known, ended{step: connect.Waiting}},
		{"data never", broken, known, ended{connect.Failed, problem.Internal, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := open(fresh(), tt.b)
			p.s, p.effects = connect.Run(p.s, same(tt.b), tt.a, start)
			p.check(t, tt.want)
		})
	}
}

func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	b := asking(usual(connect.OTPSMS), usual(connect.Push))
	b.Ready = connect.Readiness{When: connect.Polls, Polls: 3}
	p := open(fresh(), b)
	next := func(a connect.Answers, want ended) {
		t.Helper()
		s, effects := connect.Run(p.s, same(b), a, p.now)
		p.s, p.effects = s, append(p.effects, effects...)
		p.check(t, want)
	}
	next(connect.Answers{Institution: "bank"}, ended{step: connect.Credentials})
	next(connect.Answers{Fields: connect.Login("jon", "x")}, ended{connect.Credentials, problem.LoginInvalid, "password"})
	next(connect.Answers{Fields: connect.Login("jon", secret)}, asked)
	next(connect.Answers{Challenges: [][]string{{"000"}}}, refused)
	next(connect.Answers{Challenges: [][]string{{connect.Code(p.s)}}}, asked)
	next(connect.Answers{}, asked)
	next(connect.Answers{Challenges: [][]string{{"approve"}}}, ended{step: connect.Waiting})
	next(connect.Answers{}, ended{step: connect.Waiting})
	next(connect.Answers{Accounts: []string{"card"}}, ended{step: connect.Succeeded})
	before := p.s
	next(connect.Answers{Institution: "bank", Fields: connect.Login("jon", "")}, ended{step: connect.Succeeded})
	if !reflect.DeepEqual(p.s, before) || !reflect.DeepEqual(p.s.Accounts, []string{"card"}) {
		t.Errorf("a final session was driven: %+v", p.s)
	}
}

func TestRunLeavesItsArgumentsAlone(t *testing.T) {
	t.Parallel()
	b := asking(usual(connect.Question), usual(connect.MultiChoice))
	p := open(fresh(), b)
	before, answers := p.s.Clone(), [][]string{{" MONTREAL"}, {"blue"}}
	got, _ := connect.Run(p.s, same(b), connect.Answers{Institution: "bank", Fields: connect.Login("jon", secret), Challenges: answers}, start)
	if got.Step != connect.Succeeded {
		t.Fatalf("the run stopped at %s", got.Step)
	}
	if !reflect.DeepEqual(p.s, before) || len(answers) != 2 || answers[0][0] != " MONTREAL" {
		t.Error("Run changed what it was given")
	}
}

func TestRunExpires(t *testing.T) {
	t.Parallel()
	p := open(fresh(), friendly())
	p.s, p.effects = connect.Run(p.s, same(friendly()), connect.Answers{}, start.Add(ttl))
	p.check(t, ended{connect.Expired, problem.SessionExpired, ""})
	late, _ := connect.Run(open(fresh(), friendly()).s, same(friendly()), connect.Answers{Institution: "bank"}, start.Add(ttl-time.Nanosecond))
	if late.Step != connect.Credentials {
		t.Errorf("the session is at %s just before it expires", late.Step)
	}
}

// The user name may name a scenario, so that the behaviour is known only with the input.
func TestRunAsksAnew(t *testing.T) {
	t.Parallel()
	resolve := func(s connect.Session, in connect.Input) connect.Behaviour {
		suffix := s.Suffix
		if in.Verb == connect.DoSubmit && s.Step == connect.Credentials {
			suffix = in.Suffix
		}
		if suffix == "mfa" {
			return asking(usual(connect.OTPSMS))
		}
		return friendly()
	}
	p := open(fresh(), friendly())
	p.s, p.effects = connect.Run(p.s, resolve, connect.Answers{Institution: "bank", Fields: connect.Login("jon", secret), Suffix: "mfa"}, start)
	p.check(t, asked)
	if p.s.Username != "jon" || p.s.Suffix != "mfa" || p.count(connect.CodeSent) != 1 {
		t.Errorf("session of %s+%s, %d codes sent", p.s.Username, p.s.Suffix, p.count(connect.CodeSent))
	}
}

// Right answers every challenge that has a right answer; the script still decides
// whether the bank lets it pass.
func TestRunRight(t *testing.T) {
	t.Parallel()
	a := connect.Answers{Institution: "bank", Fields: connect.Login("jon", secret), Right: true}
	var all []connect.Challenge
	for _, k := range connect.Kinds() {
		all = append(all, usual(k))
	}
	run := func(b connect.Behaviour, a connect.Answers, want ended) {
		t.Helper()
		p := open(fresh(), b)
		p.s, p.effects = connect.Run(p.s, same(b), a, start)
		p.check(t, want)
	}
	run(asking(all...), a, ended{step: connect.Succeeded})
	run(asking(connect.Challenge{Kind: connect.Question}), a, asked) // nobody knows the answer
	rejected := usual(connect.OTPSMS)
	rejected.Attempts = connect.Attempts{connect.Reject}
	run(asking(rejected), a, refused)
	for when, want := range map[connect.When]ended{
		connect.Denied: {connect.Failed, problem.UserCancelled, ""},
		connect.Never:  asked,
		connect.After:  {step: connect.Succeeded},
	} {
		c := usual(connect.Push)
		c.Approve = connect.Approval{When: when, After: time.Minute}
		run(asking(c), a, want)
	}
	given := a
	given.Challenges = [][]string{{"x"}}
	run(asking(usual(connect.OTPSMS)), given, refused) // what is given comes first
}
