package connect_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

func method(id string) act {
	return act{in: connect.Input{Verb: connect.DoMethod, Method: id}}
}

func typed(pairs ...string) act {
	in := connect.Input{Verb: connect.DoSubmit, Fields: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		in.Fields[pairs[i]] = pairs[i+1]
	}
	return act{in: in}
}

// atTheBank is a flow whose login and approval stand on the bank's own page.
func atTheBank() connect.Flow {
	return connect.Flow{
		connect.On(connect.Consent), connect.On(connect.Institution),
		connect.AtBank(connect.Credentials), connect.AtBank(connect.Challenging), connect.AtBank(connect.Approving),
		connect.On(connect.Accounts),
	}
}

// The order of a flow is the order of its steps, whatever the usual one is.
func TestOrderIsData(t *testing.T) {
	t.Parallel()
	asking := asking(usual(connect.OTPSMS))
	for name, c := range map[string]struct {
		flow connect.Flow
		acts []act
		want []connect.Step
	}{
		"login, then consent": {
			connect.InWidget(connect.Credentials, connect.Challenging, connect.Consent, connect.Accounts),
			acts(right, typeCode, accept, agree("main")),
			[]connect.Step{connect.Credentials, connect.Challenging, connect.Consent, connect.Accounts, connect.Succeeded},
		},
		"accounts before the second factor": {
			connect.InWidget(connect.Institution, connect.Credentials, connect.Accounts, connect.Challenging),
			acts(choose("bank"), right, agree("card"), typeCode),
			[]connect.Step{connect.Institution, connect.Credentials, connect.Accounts, connect.Challenging, connect.Succeeded},
		},
		"a second factor without a login": {
			connect.InWidget(connect.Institution, connect.Challenging),
			acts(choose("bank"), typeCode),
			[]connect.Step{connect.Institution, connect.Challenging, connect.Succeeded},
		},
		"no second factor in the flow": {
			connect.InWidget(connect.Credentials), acts(right), []connect.Step{connect.Credentials, connect.Succeeded},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fresh()
			s.Flow = c.flow
			p := open(s, asking)
			steps := []connect.Step{p.s.Step}
			for _, a := range c.acts {
				p.run(acts(a))
				steps = append(steps, p.s.Step)
			}
			if !slices.Equal(steps, c.want) {
				t.Errorf("the session went %v, want %v", steps, c.want)
			}
			if c.flow.Has(connect.Accounts) && len(p.s.Accounts) != 1 {
				t.Errorf("one account was chosen, and %v are connected", p.s.Accounts)
			}
		})
	}
}

func TestFlowCheck(t *testing.T) {
	t.Parallel()
	for word, flow := range map[string]connect.Flow{
		"is no step":             connect.InWidget("login"),
		"twice":                  connect.InWidget(connect.Consent, connect.Credentials, connect.Consent),
		"question of the bank":   connect.InWidget(connect.Credentials, connect.Approving),
		"cannot be put":          {connect.AtBank(connect.Institution)},
		"stands before":          connect.InWidget(connect.Accounts, connect.Credentials),
		"":                       atTheBank(),
		"succeeded\" is no step": connect.InWidget(connect.Succeeded),
	} {
		err := flow.Check()
		if (err == nil) != (word == "") || err != nil && !strings.Contains(err.Error(), word) {
			t.Errorf("%v: %v, want %q", flow, err, word)
		}
	}
}

// A stored session of an earlier version has its flow as names of steps.
func TestFlowIsText(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(atTheBank())
	if err != nil || string(text) != `["consent","institution","credentials@bank","challenge@bank","approval@bank","accounts"]` {
		t.Fatalf("%s, %v", text, err)
	}
	var read connect.Flow
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(read, atTheBank()) {
		t.Errorf("%v, %v", read, err)
	}
}

// ways is a bank with several ways in.
func ways() connect.Behaviour {
	b := friendly()
	b.Methods = []connect.Method{
		{ID: "web"},
		{ID: "app", Flow: connect.Flow{connect.AtBank(connect.Approving)}},
		{ID: "whole", Flow: connect.Flow{connect.On(connect.Institution), connect.On(connect.AccessMethod), connect.AtBank(connect.Credentials), connect.AtBank(connect.Approving)}},
	}
	return b
}

func TestAccessMethod(t *testing.T) {
	t.Parallel()
	flow := connect.InWidget(connect.Consent, connect.Institution, connect.AccessMethod, connect.Credentials, connect.Accounts)
	one := ways()
	one.Methods = one.Methods[1:2]
	chosen := acts(accept, choose("bank"))
	for name, c := range map[string]struct {
		b    connect.Behaviour
		acts []act
		want ended
		flow string
	}{
		"asked":              {ways(), chosen, ended{step: connect.AccessMethod}, "consent institution access_method credentials accounts"},
		"what follows stays": {ways(), acts(chosen, method("web")), ended{step: connect.Credentials}, "consent institution access_method credentials accounts"},
		"another follows":    {ways(), acts(chosen, method("app")), ended{step: connect.Approving}, "consent institution access_method approval"},
		"what was done is not done again": {ways(), acts(chosen, method("whole"), right, approve), ended{step: connect.Succeeded},
			"consent institution access_method credentials approval"},
		"none":                     {ways(), acts(chosen, method("")), ended{connect.AccessMethod, problem.InvalidRequest, "method"}, ""},
		"unknown":                  {ways(), acts(chosen, method("fax")), ended{connect.AccessMethod, problem.InvalidRequest, "method"}, ""},
		"back to the methods":      {ways(), acts(chosen, method("whole"), back), ended{step: connect.AccessMethod}, "consent institution access_method credentials accounts"},
		"back to the banks":        {ways(), acts(chosen, back), ended{step: connect.Institution}, "consent institution access_method credentials accounts"},
		"and another way in":       {ways(), acts(chosen, method("whole"), back, method("web"), right, agree("main")), ended{step: connect.Succeeded}, ""},
		"only one is not asked":    {one, chosen, ended{step: connect.Approving}, "consent institution access_method approval"},
		"another bank without":     {ways(), acts(chosen, back, becomes(friendly()), choose("other")), ended{step: connect.Credentials}, "consent institution access_method credentials accounts"},
		"nothing else moves it":    {ways(), acts(chosen, right, poll, approve, deny, accept, agree("main")), ended{step: connect.AccessMethod}, ""},
		"a method at a later step": {ways(), acts(chosen, method("web"), method("app")), ended{step: connect.Credentials}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fresh()
			s.Flow = flow
			p := open(s, c.b).run(c.acts)
			p.check(t, c.want)
			var steps []string
			for _, stage := range p.s.Flow {
				steps = append(steps, string(stage.Step))
			}
			if got := strings.Join(steps, " "); c.flow != "" && got != c.flow {
				t.Errorf("the flow is %q, want %q", got, c.flow)
			}
		})
	}
	// A bank that is given is not chosen, but its way in is.
	given := fresh()
	given.Flow, given.Institution, given.Preselected = flow, "bank", true
	open(given, ways()).run(acts(accept)).check(t, ended{step: connect.AccessMethod})
	open(given, ways()).run(acts(accept, back)).check(t, ended{step: connect.AccessMethod})
	open(given, one).run(acts(accept)).check(t, ended{step: connect.Approving})
	// A flow that does not ask takes the first.
	silent := fresh()
	silent.Flow = connect.InWidget(connect.Institution, connect.Credentials)
	b := ways()
	b.Methods = b.Methods[1:]
	p := open(silent, b).run(acts(choose("bank")))
	if p.check(t, ended{step: connect.Approving}); p.s.Method != "app" {
		t.Errorf("the method is %q", p.s.Method)
	}
	// The page's address names the bank when the session stands at its first step already.
	later := fresh()
	later.Flow = connect.InWidget(connect.Institution, connect.AccessMethod, connect.Credentials)
	begun := open(later, friendly()).s
	pre := connect.Preselect(begun, "bank", ways(), start)
	if pre.Step != connect.AccessMethod || !pre.Fresh() || pre.Institution != "bank" {
		t.Errorf("the preselected session is %+v", pre)
	}
}

func TestBankPage(t *testing.T) {
	t.Parallel()
	s := fresh()
	s.Flow = atTheBank()
	sms := asking(usual(connect.OTPSMS))
	with := func(o connect.Outcome) connect.Behaviour {
		b := friendly()
		b.Approval = o
		return b
	}
	denied := ended{connect.Failed, problem.ConsentRequired, ""}
	for name, c := range map[string]struct {
		b    connect.Behaviour
		acts []act
		want ended
	}{
		"login at the bank":                     {friendly(), toLogin, ended{step: connect.Credentials}},
		"its question":                          {friendly(), acts(toLogin, right), ended{step: connect.Approving}},
		"allowed":                               {friendly(), acts(toLogin, right, approve), ended{step: connect.Accounts}},
		"second factor there":                   {sms, acts(toLogin, right, typeCode, approve), ended{step: connect.Accounts}},
		"refused at the question":               {friendly(), acts(toLogin, right, deny), denied},
		"refused at the login":                  {friendly(), acts(toLogin, deny), denied},
		"refused by the script":                 {with(connect.Deny), acts(toLogin, right, approve), denied},
		"the bank breaks off":                   {with(connect.Unavailable), acts(toLogin, right, approve), ended{connect.Failed, problem.InstitutionUnavailable, ""}},
		"closed":                                {friendly(), acts(toLogin, right, cancel), ended{connect.Cancelled, problem.UserCancelled, ""}},
		"nothing else answers":                  {friendly(), acts(toLogin, right, right, poll, back, accept, resend, retry), ended{step: connect.Approving}},
		"nobody refuses accounts in the widget": {friendly(), acts(toLogin, right, approve, deny), ended{step: connect.Accounts}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open(s, c.b).run(c.acts).check(t, c.want)
		})
	}
	p := open(s, sms).run(acts(toLogin, right, typeCode, approve, agree("main")))
	want := []string{
		"opened", "view:consent", "consent:accepted", "view:institution", "institution:selected", "view:bank", "credentials:submitted",
		"view:bank", "challenge:submitted", "view:bank", "approval:given", "view:accounts", "accounts:selected", "succeeded",
	}
	if got := p.heard(); !slices.Equal(got, want) {
		t.Errorf("events:\n got %v\nwant %v", got, want)
	}
	if at := p.s.Events[7].Data["step"]; at != string(connect.Challenging) {
		t.Errorf("the bank's page is said to show %q", at)
	}
}

// What is chosen of a method selection is remembered and decides what is asked next.
func TestChosenFactor(t *testing.T) {
	t.Parallel()
	selection := connect.Challenge{Kind: connect.MethodSelection, Options: []string{"Text to •• 34", "App", "Nothing"},
		Follow: []connect.Challenge{usual(connect.OTPSMS), usual(connect.Push), {}}}
	b := asking(selection, usual(connect.Question))
	montreal := answer("Montreal")
	kindAt := func(p *play) connect.Kind {
		all := p.b.For(p.s).Challenges
		if p.s.Step != connect.Challenging || p.s.Challenge >= len(all) {
			return ""
		}
		return all[p.s.Challenge].Kind
	}
	for name, c := range map[string]struct {
		acts   []act
		next   connect.Kind
		factor connect.Kind
	}{
		"nothing chosen": {nil, connect.MethodSelection, ""},
		"by its text":    {acts(answer("text to •• 34")), connect.OTPSMS, connect.OTPSMS},
		"by its kind":    {acts(answer("push")), connect.Push, connect.Push},
		"asks nothing":   {acts(answer("Nothing")), connect.Question, ""},
		"and goes on":    {acts(answer("push"), approve), connect.Question, connect.Push},
		"to the end":     {acts(answer("App"), approve, montreal), "", connect.Push},
		"wrong code":     {acts(answer("otp_sms"), answer("1")), connect.OTPSMS, connect.OTPSMS},
		"chosen anew":    {acts(answer("push"), back, right, answer("otp_sms")), connect.OTPSMS, connect.OTPSMS},
		"back forgets":   {acts(answer("push"), back, right), connect.MethodSelection, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(fresh(), b).run(acts(toChallenge, c.acts))
			if got := kindAt(p); got != c.next || p.s.ChosenFactor() != c.factor {
				t.Errorf("next is %q after %q, want %q after %q", got, p.s.ChosenFactor(), c.next, c.factor)
			}
		})
	}
	if len(b.Challenges) != 2 || len(b.Challenges[0].Follow) != 3 {
		t.Error("the script was changed")
	}
	twice := asking(selection, selection)
	p := open(fresh(), twice).run(acts(toChallenge, answer("otp_sms"), typeCode, answer("push"), approve))
	if p.check(t, passed); !reflect.DeepEqual(p.s.Factors, []connect.Factor{{At: 0, Option: 0, Kind: connect.OTPSMS}, {At: 2, Option: 1, Kind: connect.Push}}) {
		t.Errorf("chosen were %+v", p.s.Factors)
	}
}

var bankForm = connect.Form{
	{Name: "branch", MinLength: 3, MaxLength: 5},
	{Name: "login_id", Role: connect.Username, MinLength: 2, MaxLength: 8},
	{Name: "pin", Role: connect.Secret, MinLength: 4},
	{Name: "note", Optional: true, MaxLength: 10, Sample: "-"},
}

func TestForm(t *testing.T) {
	t.Parallel()
	b := friendly()
	b.Fields, b.Expected = bankForm, map[string]string{"branch": "X123"}
	at := func(field string, code problem.Code) ended { return ended{connect.Credentials, code, field} }
	for name, c := range map[string]struct {
		act     act
		want    ended
		missing []string
		reason  string
	}{
		"right":                 {typed("branch", "x123", "login_id", "jon", "pin", secret), ended{step: connect.Accounts}, nil, ""},
		"by the roles":          {typed("branch", "x123", "username", "jon", "password", secret), ended{step: connect.Accounts}, nil, ""},
		"a name beats a role":   {typed("branch", "x123", "username", "j", "login_id", "jon", "pin", secret), ended{step: connect.Accounts}, nil, ""},
		"all empty":             {typed(), at("branch", problem.InvalidRequest), []string{"branch", "login_id", "pin"}, ""},
		"one empty":             {typed("branch", "x123", "login_id", "jon"), at("pin", problem.InvalidRequest), []string{"pin"}, ""},
		"too short":             {typed("branch", "x1", "login_id", "jon", "pin", secret), at("branch", problem.InvalidRequest), nil, connect.TooShort},
		"too long":              {typed("branch", "x12345", "login_id", "jon", "pin", secret), at("branch", problem.InvalidRequest), nil, connect.TooLong},
		"optional, too long":    {typed("branch", "x123", "login_id", "jon", "pin", secret, "note", "12345678901"), at("note", problem.InvalidRequest), nil, connect.TooLong},
		"counted in characters": {typed("branch", "ñandú", "login_id", "jon", "pin", secret), at("pin", problem.LoginInvalid), nil, ""},
		"wrong secret":          {typed("branch", "x123", "login_id", "jon", "pin", "nope"), at("pin", problem.LoginInvalid), nil, ""},
		"wrong branch":          {typed("branch", "x124", "login_id", "jon", "pin", secret), at("pin", problem.LoginInvalid), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(fresh(), b).run(acts(toLogin, c.act))
			p.check(t, c.want)
			if tr := p.s.Trouble; tr != nil && (!slices.Equal(tr.Missing, c.missing) || tr.Reason != c.reason) {
				t.Errorf("the trouble is %+v", tr)
			}
			if refusedBefore := c.missing != nil || c.reason != ""; refusedBefore != (p.s.Attempts == 0) {
				t.Errorf("the bank saw %d logins", p.s.Attempts)
			}
			if _, kept := p.s.Typed["pin"]; kept || p.s.Typed["branch"] != c.act.in.Fields["branch"] {
				t.Errorf("kept is %v", p.s.Typed)
			}
		})
	}
	malformed := b
	malformed.Malformed = "username"
	open(fresh(), malformed).run(acts(toLogin, typed("branch", "x123", "username", "jon", "password", secret))).check(t, at("login_id", problem.InvalidRequest))
	phone := friendly() // a bank that wants no password
	phone.Fields = connect.Form{{Name: "number", Role: connect.Username}}
	open(fresh(), phone).run(acts(toLogin, typed("number", "600"))).check(t, ended{step: connect.Accounts})
	if name, found := bankForm.Unknown(map[string]string{"pin": "", "username": "", "fax": ""}); name != "fax" || !found {
		t.Errorf("unknown is %q", name)
	}
}

// A driver fills in what it was not told, but never who logs in.
func TestRunFillsSamples(t *testing.T) {
	t.Parallel()
	b := friendly()
	b.Fields = connect.Form{{Name: "branch", Sample: "001"}, {Name: "id", Role: connect.Username, Sample: "nobody"}, {Name: "pin", Role: connect.Secret, Sample: "x"}}
	run := func(given map[string]string, want ended) connect.Session {
		t.Helper()
		p := open(fresh(), b)
		p.s, p.effects = connect.Run(p.s, same(b), connect.Answers{Institution: "bank", Fields: given}, start)
		p.check(t, want)
		return p.s
	}
	if s := run(connect.Login("jon", secret), ended{step: connect.Succeeded}); s.Username != "jon" || s.Typed["branch"] != "001" {
		t.Errorf("%s typed %v", s.Username, s.Typed)
	}
	run(map[string]string{"branch": "7"}, ended{connect.Credentials, problem.InvalidRequest, "id"})
	run(nil, ended{step: connect.Credentials})
	// The first way in, unless another is named; the user's word at the bank.
	s := fresh()
	s.Flow = connect.InWidget(connect.Institution, connect.AccessMethod, connect.Credentials)
	for _, c := range []struct {
		a    connect.Answers
		want ended
	}{
		{connect.Answers{Institution: "bank"}, ended{step: connect.Credentials}},
		{connect.Answers{Institution: "bank", Method: "app"}, ended{step: connect.Approving}},
		{connect.Answers{Institution: "bank", Method: "app", Right: true}, ended{step: connect.Succeeded}},
		{connect.Answers{Institution: "bank", Method: "app", Challenges: [][]string{{"approve"}}}, ended{step: connect.Succeeded}},
		{connect.Answers{Institution: "bank", Method: "app", Challenges: [][]string{{"deny"}}}, ended{connect.Failed, problem.ConsentRequired, ""}},
		{connect.Answers{Institution: "bank", Method: "app", Challenges: [][]string{{"0000"}}}, ended{step: connect.Approving}},
		{connect.Answers{Institution: "bank", Method: "fax"}, ended{connect.AccessMethod, problem.InvalidRequest, "method"}},
	} {
		p := open(s, ways())
		p.s, p.effects = connect.Run(p.s, same(ways()), c.a, start)
		p.check(t, c.want)
	}
}
