package connect_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	malformed := friendly()
	malformed.Malformed = "username"
	stranger := friendly()
	stranger.Known = false
	poor := friendly()
	poor.Accounts = nil
	tell(t, []story{
		{"nothing done", friendly(), nil, ended{step: connect.Consent}},
		{"consent given", friendly(), acts(accept), ended{step: connect.Institution}},
		{"consent denied", friendly(), acts(deny), ended{connect.Cancelled, problem.ConsentRequired, ""}},
		{"a verb of another step", friendly(), acts(poll, approve, resend, back, right, agree("main"), choose("bank")), ended{step: connect.Consent}},
		{"another step's verbs at the institutions", friendly(), acts(accept, accept, deny, back, right, retry, poll), ended{step: connect.Institution}},
		{"another step's verbs at the login", friendly(), acts(toLogin, accept, deny, approve, resend, poll, choose("x"), retry), ended{step: connect.Credentials}},
		{"another step's verbs at the accounts", friendly(), acts(toLogin, right, right, back, deny, poll, retry), ended{step: connect.Accounts}},
		{"asking for a missing bank stays", friendly(), acts(accept, request, request, choose("bank")), ended{step: connect.Credentials}},
		{"nothing to ask for elsewhere", friendly(), acts(request, toLogin, request, right, request), ended{step: connect.Accounts}},
		{"back to the institutions", friendly(), acts(toLogin, back), ended{step: connect.Institution}},
		{"back and on", friendly(), acts(toLogin, back, choose("other")), ended{step: connect.Credentials}},
		{"right password", friendly(), acts(toLogin, right), ended{step: connect.Accounts}},
		{"wrong password", friendly(), acts(toLogin, wrong), ended{connect.Credentials, problem.LoginInvalid, "password"}},
		{"unknown user", stranger, acts(toLogin, right), ended{connect.Credentials, problem.LoginInvalid, "password"}},
		{"wrong, then right", friendly(), acts(toLogin, wrong, wrong, right), ended{step: connect.Accounts}},
		{"wrong, retry, then right", friendly(), acts(toLogin, wrong, retry, right), ended{step: connect.Accounts}},
		{"retry clears the trouble", friendly(), acts(toLogin, wrong, retry), ended{step: connect.Credentials}},
		{"three wrong lock", friendly(), acts(toLogin, wrong, wrong, wrong), ended{connect.Failed, problem.LoginLocked, ""}},
		{"going back does not forget wrong logins", friendly(), acts(toLogin, wrong, wrong, back, choose("other"), wrong), ended{connect.Failed, problem.LoginLocked, ""}},
		{"an empty login never counts", friendly(), acts(toLogin, login(""), do(connect.DoSubmit), login(""), login(""), right), ended{step: connect.Accounts}},
		{"no password", friendly(), acts(toLogin, login("")), ended{connect.Credentials, problem.InvalidRequest, "password"}},
		{"nothing at all", friendly(), acts(toLogin, do(connect.DoSubmit)), ended{connect.Credentials, problem.InvalidRequest, "username"}},
		{"malformed never counts", malformed, acts(toLogin, right, right, right, right), ended{connect.Credentials, problem.InvalidRequest, "username"}},
		{"malformed, then right", malformed, acts(toLogin, right, becomes(friendly()), right), ended{step: connect.Accounts}},
		{"no accounts", poor, acts(toLogin, right), ended{connect.Failed, problem.NoAccounts, ""}},
		{"a subset of the accounts", friendly(), acts(toLogin, right, agree("card", "main")), ended{step: connect.Succeeded}},
		{"no account chosen", friendly(), acts(toLogin, right, agree()), ended{connect.Accounts, problem.InvalidRequest, "account"}},
		{"an unknown account", friendly(), acts(toLogin, right, agree("main", "vault")), ended{connect.Accounts, problem.InvalidRequest, "account"}},
		{"no account, then one", friendly(), acts(toLogin, right, agree(), agree("main")), ended{step: connect.Succeeded}},
		{"nothing moves the succeeded", friendly(), acts(toLogin, right, agree("main"), cancel, right, wait(ttl), poll), ended{step: connect.Succeeded}},
	})
}

// A provider may bar accounts, want one alone and tick some beforehand; who has none that may
// be chosen fails for another reason than who has none.
func TestAccountRules(t *testing.T) {
	t.Parallel()
	rules := func(r connect.AccountRules) connect.Behaviour {
		b := friendly()
		b.Rules = r
		return b
	}
	barred := rules(connect.AccountRules{Barred: map[string]string{"main": "currency"}})
	none := rules(connect.AccountRules{Barred: map[string]string{"main": "type", "savings": "type", "card": "type"}})
	single := rules(connect.AccountRules{Single: true})
	toAccounts := acts(toLogin, right)
	tell(t, []story{
		{"a barred account", barred, acts(toAccounts, agree("main", "card")), ended{connect.Accounts, problem.InvalidRequest, "account"}},
		{"the others", barred, acts(toAccounts, agree("savings", "card")), ended{step: connect.Succeeded}},
		{"none may be chosen", none, toAccounts, ended{connect.Failed, problem.NoEligibleAccounts, ""}},
		{"two where one is wanted", single, acts(toAccounts, agree("main", "card")), ended{connect.Accounts, problem.InvalidRequest, "account"}},
		{"one where one is wanted", single, acts(toAccounts, agree("main", "main")), ended{step: connect.Succeeded}},
	})
	for want, b := range map[string]connect.Behaviour{
		"savings card": barred, "main": single, "main savings card": friendly(),
		"card":    rules(connect.AccountRules{Preset: []string{"card", "vault"}}),
		"savings": rules(connect.AccountRules{Single: true, Barred: map[string]string{"main": "x"}, Preset: []string{"card", "savings", "main"}}),
	} {
		for _, flow := range []connect.Flow{connect.InWidget(connect.Accounts), connect.InWidget(connect.Consent)} {
			s := fresh()
			s.Flow = flow
			s, _ = connect.Start(s, b, start)
			end, _ := connect.Run(s, func(connect.Session, connect.Input) connect.Behaviour { return b }, connect.Answers{}, start)
			got := strings.Join(end.Accounts, " ")
			if asked := flow[0].Step == connect.Accounts; end.Step != connect.Succeeded || asked && got != want || !asked && got != strings.Join(b.Eligible(), " ") {
				t.Errorf("%s, asked %t: a driver without pages agrees to %q, %s", want, asked, got, end.Step)
			}
			for _, e := range end.Events {
				if e.Name == connect.EventView+"accounts" && (e.Data["shown"] != "3" || e.Data["eligible"] != strconv.Itoa(len(b.Eligible()))) ||
					e.Name == connect.EventAccountsSelected && e.Data["accounts"] != strings.ReplaceAll(want, " ", ",") {
					t.Errorf("%s: the event %+v", want, e)
				}
			}
		}
	}
}

func TestInstitutionStatus(t *testing.T) {
	t.Parallel()
	for status, code := range map[connect.Status]problem.Code{
		connect.OK: "", connect.Degraded: "",
		connect.Down: problem.InstitutionUnavailable, connect.Maintenance: problem.InstitutionUnavailable,
		connect.Unsupported: problem.InstitutionDisabled, connect.Disabled: problem.InstitutionDisabled,
		connect.Unknown: problem.InvalidRequest, "": problem.InvalidRequest,
	} {
		b := friendly()
		b.Institution = status

		chosen := open(fresh(), b).run(acts(accept, choose("bank")))
		preselected := fresh()
		preselected.Institution, preselected.Preselected = "bank", true
		given := open(preselected, b).run(acts(accept, right))
		if code == "" {
			chosen.check(t, ended{step: connect.Credentials})
			given.check(t, ended{step: connect.Accounts})
			if chosen.s.Institution != "bank" {
				t.Errorf("%s: the institution is %q", status, chosen.s.Institution)
			}
			continue
		}
		chosen.check(t, ended{connect.Institution, code, "institution"})
		given.check(t, ended{connect.Credentials, code, ""})
		if chosen.s.Institution != "" || given.s.Attempts != 0 {
			t.Errorf("%s: institution %q, %d logins counted", status, chosen.s.Institution, given.s.Attempts)
		}
		chosen.b, given.b = friendly(), friendly() // the bank is back
		chosen.run(acts(choose("bank"))).check(t, ended{step: connect.Credentials})
		given.run(acts(right)).check(t, ended{step: connect.Accounts})
	}
}

func TestLoginOutcomes(t *testing.T) {
	t.Parallel()
	with := func(list ...connect.Outcome) connect.Behaviour {
		b := friendly()
		b.Login = list
		return b
	}
	unlimited := with(connect.Reject)
	unlimited.MaxLogins = 0
	at := func(code problem.Code, field string) ended { return ended{connect.Credentials, code, field} }
	tell(t, []story{
		{"reject the right password", with(connect.Reject), acts(toLogin, right), at(problem.LoginInvalid, "password")},
		{"reject, then accept", with(connect.Reject, connect.Accept), acts(toLogin, right, right), ended{step: connect.Accounts}},
		{"accept needs the right password", with(connect.Accept), acts(toLogin, wrong), at(problem.LoginInvalid, "password")},
		{"the last outcome repeats", with(connect.Accept, connect.Reject), acts(toLogin, wrong, right, right), ended{connect.Failed, problem.LoginLocked, ""}},
		{"lock at once", with(connect.Lock), acts(toLogin, right), ended{connect.Failed, problem.LoginLocked, ""}},
		{"unavailable does not count", with(connect.Unavailable), acts(toLogin, right, right, right, right), at(problem.InstitutionUnavailable, "")},
		{"unavailable, then accept", with(connect.Unavailable, connect.Accept), acts(toLogin, right, right), ended{step: connect.Accounts}},
		{"action required", with(connect.ActionRequired), acts(toLogin, right), at(problem.ActionRequired, "")},
		{"permission missing", with(connect.PermissionMissing), acts(toLogin, right), at(problem.PermissionMissing, "")},
		{"no limit", unlimited, acts(toLogin, right, right, right, right, right), at(problem.LoginInvalid, "password")},
	})
	login, challenge := connect.Outcomes()
	for _, list := range [][]connect.Outcome{login, challenge} {
		if len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list) || list[0] != connect.Accept {
			t.Errorf("outcomes %v: want each once, accept first", list)
		}
	}
}

func TestAttemptsAt(t *testing.T) {
	t.Parallel()
	if got := (connect.Attempts)(nil).At(7); got != connect.Accept {
		t.Errorf("none means %q", got)
	}
	a := connect.Attempts{connect.Reject, connect.Lock}
	for n, want := range []connect.Outcome{connect.Reject, connect.Lock, connect.Lock, connect.Lock} {
		if got := a.At(n); got != want {
			t.Errorf("attempt %d is %q, want %q", n, got, want)
		}
	}
}

func TestAccountsAreTheBanks(t *testing.T) {
	t.Parallel()
	p := open(fresh(), friendly()).run(acts(toLogin, right, agree("card", "main", "card")))
	want := []string{"main", "card"} // the bank's order, each once
	if !slices.Equal(p.s.Accounts, want) {
		t.Errorf("agreed to %v, want %v", p.s.Accounts, want)
	}
	for _, e := range p.effects {
		if e.Kind == connect.Connected && !slices.Equal(e.Accounts, want) {
			t.Errorf("connected %v, want %v", e.Accounts, want)
		}
	}
}

func TestFlows(t *testing.T) {
	t.Parallel()
	waiting := friendly()
	waiting.Ready = connect.Readiness{When: connect.Polls, Polls: 2}
	flow := connect.InWidget
	for _, tt := range []struct {
		name string
		flow connect.Flow
		b    connect.Behaviour
		acts []act
		want ended
	}{
		{"no steps at all", nil, friendly(), nil, ended{step: connect.Succeeded}},
		{"no steps and no accounts", nil, connect.Behaviour{}, nil, ended{connect.Failed, problem.NoAccounts, ""}},
		{"consent alone", flow(connect.Consent), friendly(), acts(accept), ended{step: connect.Succeeded}},
		{"login alone", flow(connect.Credentials), friendly(), acts(right), ended{step: connect.Succeeded}},
		{"login alone, no way back", flow(connect.Credentials), friendly(), acts(back), ended{step: connect.Credentials}},
		{"waiting stands where the flow has it", flow(connect.Credentials, connect.Waiting), waiting, acts(right), ended{step: connect.Waiting}},
		{"and leads to the accounts", flow(connect.Credentials, connect.Waiting, connect.Accounts), waiting, acts(right, poll, poll), ended{step: connect.Accounts}},
		{"nobody waits where the flow has no wait", flow(connect.Consent), waiting, acts(accept), ended{step: connect.Succeeded}},
	} {
		s := fresh()
		s.Flow = tt.flow
		p := open(s, tt.b).run(tt.acts)
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p.check(t, tt.want)
		})
	}
}

func TestPreselected(t *testing.T) {
	t.Parallel()
	s := fresh()
	s.Institution, s.Preselected = "bank", true
	p := open(s, friendly()).run(acts(accept))
	p.check(t, ended{step: connect.Credentials})
	rev := p.s.Rev
	p.run(acts(back)).check(t, ended{step: connect.Credentials})
	if p.s.Rev != rev || p.s.Institution != "bank" {
		t.Errorf("back moved to revision %d (was %d), institution %q", p.s.Rev, rev, p.s.Institution)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	with := func(r connect.Readiness) connect.Behaviour {
		b := friendly()
		b.Ready = r
		return b
	}
	after := with(connect.Readiness{When: connect.After, After: time.Minute})
	polls := with(connect.Readiness{When: connect.Polls, Polls: 3})
	fails := with(connect.Readiness{When: connect.Fails, Problem: problem.Internal})
	in := acts(toLogin, right)
	tell(t, []story{
		{"ready by default", with(connect.Readiness{}), in, ended{step: connect.Accounts}},
		{"ready now", with(connect.Readiness{When: connect.Now}), in, ended{step: connect.Accounts}},
		{"not yet", after, acts(in, poll, wait(time.Minute-1), poll), ended{step: connect.Waiting}},
		{"at the instant", after, acts(in, wait(time.Minute), poll), ended{step: connect.Accounts}},
		{"time alone moves nothing", after, acts(in, wait(2*time.Minute)), ended{step: connect.Waiting}},
		{"two polls of three", polls, acts(in, poll, poll), ended{step: connect.Waiting}},
		{"three polls of three", polls, acts(in, poll, poll, poll), ended{step: connect.Accounts}},
		{"fails", fails, acts(in, poll), ended{connect.Failed, problem.Internal, ""}},
		{"only polls count", polls, acts(in, right, accept, back, approve, poll), ended{step: connect.Waiting}},
		{"the script has become ready", polls, acts(in, becomes(friendly()), poll), ended{step: connect.Accounts}},
	})
}

// everyStep leads to each step that is not final.
func everyStep() map[connect.Step]*play {
	slow := asking(connect.Challenge{Kind: connect.Push})
	slow.Ready = connect.Readiness{When: connect.Polls, Polls: 1}
	to := func(a ...any) *play { return open(fresh(), slow).run(acts(a...)) }
	return map[connect.Step]*play{
		connect.Consent:     to(),
		connect.Institution: to(accept),
		connect.Credentials: to(toLogin),
		connect.Challenging: to(toChallenge),
		connect.Waiting:     to(toChallenge, approve),
		connect.Accounts:    to(toChallenge, approve, poll),
	}
}

func TestCancelEverywhere(t *testing.T) {
	t.Parallel()
	for step, p := range everyStep() {
		if p.s.Step != step {
			t.Fatalf("the story of %s ends at %s", step, p.s.Step)
		}
		p.run(acts(cancel)).check(t, ended{connect.Cancelled, problem.UserCancelled, ""})
		if slices.Contains(p.heard(), connect.EventError+string(problem.UserCancelled)) {
			t.Errorf("%s: a user who leaves is no error: %v", step, p.heard())
		}
	}
}

func TestExpiryEverywhere(t *testing.T) {
	t.Parallel()
	verbs := []act{accept, deny, back, retry, cancel, poll, approve, resend, right, agree("main"), choose("bank")}
	for step := range everyStep() {
		for _, a := range verbs {
			p := everyStep()[step]
			p.run(acts(wait(ttl), a)).check(t, ended{connect.Expired, problem.SessionExpired, ""})
			p = everyStep()[step]
			before := p.s.Step
			p.run(acts(wait(ttl-1), do("nothing")))
			if p.s.Step != before {
				t.Errorf("%s has moved to %s before its time was over", before, p.s.Step)
			}
		}
	}
}

func TestStaleRevision(t *testing.T) {
	t.Parallel()
	for step, p := range everyStep() {
		for _, rev := range []int{p.s.Rev - 1, p.s.Rev + 1, 0, -2} {
			for _, v := range []connect.Verb{connect.DoCancel, connect.DoAccept, connect.DoSubmit, connect.DoApprove, connect.DoPoll} {
				got, effects := connect.Advance(p.s, p.b, connect.Input{Verb: v, Rev: rev}, p.now)
				if !reflect.DeepEqual(got, p.s) || effects != nil {
					t.Errorf("%s: %s with revision %d (now %d) changed something", step, v, rev, p.s.Rev)
				}
			}
		}
		got, _ := connect.Advance(p.s, p.b, connect.Input{Verb: connect.DoCancel, Rev: connect.AnyRev}, p.now)
		if got.Step != connect.Cancelled {
			t.Errorf("%s: a driver without pages was ignored", step)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := asking(connect.Challenge{Kind: connect.Question, Answers: [][]string{{"blue"}}})
	p := open(fresh(), b).run(acts(toLogin, wrong, right, answer("red"), answer("blue"), agree("main")))
	want := []string{
		"opened", "view:consent", "consent:accepted", "view:institution", "institution:selected", "view:credentials",
		"credentials:submitted", "error:login_invalid", "credentials:submitted", "view:question",
		"challenge:submitted", "error:challenge_invalid", "challenge:submitted", "view:accounts",
		"accounts:selected", "succeeded",
	}
	if got := p.heard(); !slices.Equal(got, want) {
		t.Errorf("events:\n got %v\nwant %v", got, want)
	}
	if data := p.s.Events[4].Data; data["institution"] != "bank" {
		t.Errorf("the chosen institution is not told: %v", data)
	}
}

func TestCloneSharesNothingThatChanges(t *testing.T) {
	t.Parallel()
	session := func() connect.Session {
		s := open(fresh(), friendly()).run(acts(toLogin, wrong)).s
		s.Params, s.Accounts = map[string]string{"a": "b"}, []string{"main"}
		return s
	}
	s, want := session(), session()
	c := s.Clone()
	c.Accounts[0], c.Params["a"] = "x", "x"
	c.Trouble.Code = "x"
	c.Events = append(c.Events, connect.Event{Name: "x"})
	if other := append(s.Clone().Events, connect.Event{Name: "y"}); c.Events[len(c.Events)-1].Name != "x" || len(other) != len(c.Events) {
		t.Error("an event that is added to one clone reached another")
	}
	if !reflect.DeepEqual(s, want) {
		t.Error("a change of the clone reached the session")
	}
}

func TestConnection(t *testing.T) {
	t.Parallel()
	c := connect.Connection{State: connect.Active, Accounts: []string{"main"}, Layers: []string{"a"}, Params: map[string]string{"a": "b"}}
	ends := start.Add(time.Hour)
	for _, tt := range []struct {
		state connect.State
		ends  time.Time
		now   time.Time
		want  connect.State
	}{
		{connect.Active, time.Time{}, ends, connect.Active},
		{connect.Active, ends, ends.Add(-1), connect.Active},
		{connect.Active, ends, ends, connect.ConsentExpired},
		{connect.Revoked, ends, ends, connect.Revoked},
		{connect.LoginRequired, ends, ends, connect.LoginRequired},
	} {
		c.State, c.ConsentEnds = tt.state, tt.ends
		if got := c.StateAt(tt.now); got != tt.want {
			t.Errorf("%s that ends %v is %s at %v, want %s", tt.state, tt.ends, got, tt.now, tt.want)
		}
	}
	if !c.Consents("main") || c.Consents("card") {
		t.Error("the user agreed to main alone")
	}
	d := c.Clone()
	d.Accounts[0], d.Layers[0], d.Params["a"] = "x", "x", "x"
	if c.Accounts[0] != "main" || c.Layers[0] != "a" || c.Params["a"] != "b" {
		t.Error("a change of the clone reached the connection")
	}
}

// Another page of a session under way tells what it shows, and leaves the session alone
// but for what went wrong before.
func TestReopen(t *testing.T) {
	t.Parallel()
	sms := connect.Challenge{Kind: connect.OTPSMS}
	for name, c := range map[string]struct {
		b    connect.Behaviour
		acts []act
		want string
		turn int
	}{
		"untouched":   {friendly(), nil, "view:consent", 0},
		"list":        {friendly(), acts(accept), "view:institution", 0},
		"asked for":   {friendly(), acts(accept, request), "view:institution", 0},
		"login":       {friendly(), acts(toLogin), "view:credentials", 0},
		"wrong login": {friendly(), acts(toLogin, wrong), "view:credentials", 1},
		"second":      {asking(sms, sms), acts(toChallenge, typeCode), "view:otp_sms", 0},
		"back again":  {asking(sms), acts(toChallenge, back), "view:credentials", 0},
	} {
		p := open(fresh(), c.b).run(c.acts)
		later := start.Add(time.Hour)
		s := connect.Reopen(p.s, later)
		story := s.Story()
		if len(story) != 2 || story[0].Name != connect.EventOpened || story[1].Name != c.want || story[0].Seq != len(p.s.Events)+1 || !story[1].At.Equal(later) {
			t.Errorf("%s: the story is %+v", name, story)
		}
		if s.Fresh() != (len(c.acts) == 0) || s.Step != p.s.Step || s.Rev != p.s.Rev+c.turn || s.Trouble != nil {
			t.Errorf("%s: the session is %+v", name, s)
		}
	}
}
