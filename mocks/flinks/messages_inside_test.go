package flinks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// messagesOf are the messages of a session, each as JSON.
func messagesOf(s connect.Session, options map[string]string) (out []string) {
	t := telling{session: s, option: func(name string) string { return options[name] }, many: s.Params[qMultiple] == "true", accounts: s.Accounts}
	last := 0
	for _, m := range t.steps() {
		if m.seq <= last {
			panic("messages are not numbered in order")
		}
		last = m.seq
		text, _ := json.Marshal(m.body)
		out = append(out, string(text))
	}
	return out
}

// walk plays inputs on a session of Connect whose bank behaves.
func walk(s connect.Session, b connect.Behaviour, inputs ...connect.Input) connect.Session {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	if s.Flow == nil {
		s.Flow = Provider{}.Manifest().Flows[productConnect]
	}
	s.ID, s.Purpose = "R", connect.Connect
	s, _ = connect.Start(s, b, now)
	for _, in := range inputs {
		in.Rev = connect.AnyRev
		s, _ = connect.Advance(s, b, in, now)
	}
	return s
}

var (
	accept  = connect.Input{Verb: connect.DoAccept}
	choose  = connect.Input{Verb: connect.DoChoose, Institution: capital}
	right   = connect.Input{Verb: connect.DoSubmit, Fields: connect.Login("Greatday", "Everyday")}
	wrong   = connect.Input{Verb: connect.DoSubmit, Fields: connect.Login("Greatday", "nothing")}
	reply   = connect.Input{Verb: connect.DoSubmit, Answers: []string{"Montreal"}}
	mistake = connect.Input{Verb: connect.DoSubmit, Answers: []string{"Paris"}}
	agree   = connect.Input{Verb: connect.DoAccounts, Accounts: []string{"main"}}
	leave   = connect.Input{Verb: connect.DoCancel}
)

// bankOf is a bank that behaves.
func bankOf(change ...func(*connect.Behaviour)) connect.Behaviour {
	b := connect.Behaviour{Institution: connect.OK, Known: true, Password: "Everyday", Accounts: []string{"main", "other"}, AllowNoAccounts: true}
	for _, f := range append(change, bars) {
		f(&b)
	}
	return b
}

// bars leaves one of two accounts to choose.
func bars(b *connect.Behaviour) { b.Rules.Barred = map[string]string{"other": "type"} }

func asks(b *connect.Behaviour) {
	b.Challenges = []connect.Challenge{{Kind: connect.Question, Prompt: "?", Answers: [][]string{{"Montreal"}}, MaxTries: 2}}
}

// The documented order, with what each message carries.
func TestSteps(t *testing.T) {
	t.Parallel()
	const (
		begin  = `{"step":"APP_MOUNTED"} {"step":"COMPONENT_LOAD_CONSENT"} {"step":"COMPONENT_ACCEPT_CONSENT"} {"step":"COMPONENT_LOAD_INSTITUTION_SELECTOR","cached":false} {"step":"INSTITUTION_SELECTED","institution":"FlinksCapital"} {"step":"COMPONENT_LOAD_CREDENTIAL","institution":"FlinksCapital"}`
		submit = ` {"step":"SUBMIT_CREDENTIAL","institution":"FlinksCapital"}`
		mfa    = ` {"step":"COMPONENT_LOAD_MFA","institution":"FlinksCapital","mfaTypes":["QuestionAndAnswer"]}`
		answer = ` {"step":"SUBMIT_MFA","institution":"FlinksCapital"}`
		pick   = ` {"step":"COMPONENT_LOAD_ACCOUNT_SELECTION","institution":"FlinksCapital","totalAccounts":2,"displayedAccounts":1} {"step":"ACCOUNT_SELECTED","institution":"FlinksCapital","accountId":"main"}`
		retry  = ` {"step":"COMPONENT_LOAD_CREDENTIAL_RETRY","institution":"FlinksCapital"}`
		closed = ` {"step":"COMPONENT_CLOSE_SESSION","institution":"FlinksCapital"}`
	)
	fail := func(code string) string {
		return ` {"requestId":"R","flinksCode":"` + code + `","institution":"FlinksCapital"}`
	}
	outcome := func(o connect.Outcome) func(*connect.Behaviour) {
		return func(b *connect.Behaviour) { b.Login = connect.Attempts{o} }
	}
	for name, c := range map[string]struct {
		session connect.Session
		bank    connect.Behaviour
		inputs  []connect.Input
		options map[string]string
		want    string
	}{
		"to the end":       {bank: bankOf(), inputs: []connect.Input{accept, choose, right, agree}, want: begin + submit + pick},
		"with a question":  {bank: bankOf(asks), inputs: []connect.Input{accept, choose, right, reply, agree}, want: begin + submit + mfa + answer + pick},
		"several accounts": {session: connect.Session{Params: map[string]string{qMultiple: "true"}}, bank: bankOf(), inputs: []connect.Input{accept, choose, right, agree}, want: begin + submit + strings.Replace(pick, `"main"`, `["main"]`, 1)},
		"a wrong password": {bank: bankOf(), inputs: []connect.Input{accept, choose, wrong, right, agree}, want: begin + submit + fail("INVALID_PASSWORD") + retry + submit + pick},
		"an unknown user":  {bank: bankOf(func(b *connect.Behaviour) { b.Known = false }), inputs: []connect.Input{accept, choose, right}, want: begin + submit + fail("INVALID_USERNAME") + retry},
		"the code as step": {bank: bankOf(), inputs: []connect.Input{accept, choose, wrong}, options: map[string]string{optErrorStep: "code"}, want: begin + submit + ` {"step":"INVALID_PASSWORD","requestId":"R","flinksCode":"INVALID_PASSWORD","institution":"FlinksCapital"}` + retry},
		"nothing typed":    {bank: bankOf(), inputs: []connect.Input{accept, choose, {Verb: connect.DoSubmit}}, want: begin},
		"a locked login":   {bank: bankOf(outcome(connect.Lock)), inputs: []connect.Input{accept, choose, right}, want: begin + submit + fail("DISABLED_LOGIN")},
		"a bank down":      {bank: bankOf(outcome(connect.Unavailable)), inputs: []connect.Input{accept, choose, right}, want: begin + submit + fail("RETRY_LATER") + retry},
		"act at the bank":  {bank: bankOf(outcome(connect.ActionRequired)), inputs: []connect.Input{accept, choose, right}, want: begin + submit + fail("NEW_ACCOUNT") + retry},
		"a page missing":   {bank: bankOf(outcome(connect.PermissionMissing)), inputs: []connect.Input{accept, choose, right}, want: begin + submit + fail("UNAUTHORIZED") + retry},
		"too many wrong":   {session: connect.Session{MaxLogins: 2}, bank: bankOf(), inputs: []connect.Input{accept, choose, wrong, wrong}, want: begin + submit + fail("INVALID_PASSWORD") + retry + submit + fail("INVALID_PASSWORD") + ` {"step":"MAXIMUM_RETRY_REACHED","institution":"FlinksCapital"}`},
		"a wrong answer":   {bank: bankOf(asks), inputs: []connect.Input{accept, choose, right, mistake, reply, agree}, want: begin + submit + mfa + answer + fail("INVALID_SECURITY_RESPONSE") + ` {"step":"COMPONENT_LOAD_MFA_RETRY","institution":"FlinksCapital"}` + answer + pick},
		"wrong to the end": {bank: bankOf(asks), inputs: []connect.Input{accept, choose, right, mistake, mistake}, want: begin + submit + mfa + answer + fail("INVALID_SECURITY_RESPONSE") + ` {"step":"COMPONENT_LOAD_MFA_RETRY","institution":"FlinksCapital"}` + answer + fail("INVALID_SECURITY_RESPONSE")},
		"closed":           {bank: bankOf(), inputs: []connect.Input{accept, choose, leave}, want: begin + closed},
		"closed at once":   {bank: bankOf(), inputs: []connect.Input{leave}, want: `{"step":"APP_MOUNTED"} {"step":"COMPONENT_LOAD_CONSENT"} {"step":"COMPONENT_CLOSE_SESSION"}`},
		"denied":           {bank: bankOf(), inputs: []connect.Input{{Verb: connect.DoDeny}}, want: `{"step":"APP_MOUNTED"} {"step":"COMPONENT_LOAD_CONSENT"} {"step":"COMPONENT_DENY_CONSENT"}`},
		"switched off":     {bank: bankOf(func(b *connect.Behaviour) { b.Institution = connect.Disabled }), inputs: []connect.Input{accept, choose}, want: `{"step":"APP_MOUNTED"} {"step":"COMPONENT_LOAD_CONSENT"} {"step":"COMPONENT_ACCEPT_CONSENT"} {"step":"COMPONENT_LOAD_INSTITUTION_SELECTOR","cached":false} {"step":"DISABLED_INSTITUTION","institution":"FlinksCapital"}` + fail("DISABLED_INSTITUTION")},
		"with terms":       {session: connect.Session{Terms: "https://a.example"}, bank: bankOf(), inputs: []connect.Input{accept, choose, right, agree}, want: strings.Replace(begin, `"COMPONENT_ACCEPT_CONSENT"}`, `"COMPONENT_ACCEPT_CONSENT"} {"step":"COMPONENT_ACCEPT_TERMS"}`, 1) + submit + pick},
	} {
		if got := strings.Join(messagesOf(walk(c.session, c.bank, c.inputs...), c.options), " "); got != c.want {
			t.Errorf("%s tells\n%s, want\n%s", name, got, c.want)
		}
	}
	late := walk(connect.Session{}, bankOf(), accept)
	late.ExpiresAt = time.Date(2026, 3, 31, 11, 0, 0, 0, time.UTC)
	late, _ = connect.Advance(late, bankOf(), choose, time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC))
	if got := messagesOf(late, nil); got[len(got)-1] != `{"step":"SESSION_EXPIRED"}` {
		t.Errorf("a session that is over tells %q", got)
	}
}

// The address of the end, by order and encoding.
func TestRedirectURL(t *testing.T) {
	t.Parallel()
	const login, first, second = "5e115eac-0000-4f19-8000-08d6d484e2fe", 7, 8
	one, two := guidOf(first), guidOf(second)
	for _, c := range []struct {
		to, params, options, want string
		accounts                  []bank.ID
	}{
		{"https://a.example/cb", "", "", "https://a.example/cb?loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/cb?state=abc", "", "", "https://a.example/cb?state=abc&loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/cb?", "", "", "https://a.example/cb?loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/#/cb", "", "", "https://a.example/?loginId=" + login + "&institution=FlinksCapital#/cb", nil},
		{"https://a.example/#/cb", "", "redirect_fragment=behind", "https://a.example/#/cb?loginId=" + login + "&institution=FlinksCapital", nil},
		{"myapp://callback", "", "", "myapp://callback?loginId=" + login + "&institution=FlinksCapital", nil},
		{"", "", "", "?loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/", "tag=a b&c", "", "https://a.example/?loginId=" + login + "&tag=a+b%26c&institution=FlinksCapital", nil},
		{"https://a.example/", "tag=T", "", "https://a.example/?loginId=" + login + "&tag=T&accountId=" + one + "," + two + "&institution=FlinksCapital", []bank.ID{first, second}},
		{"https://a.example/", "", "redirect_commas=encoded", "https://a.example/?loginId=" + login + "&accountId=" + one + "%2C" + two + "&institution=FlinksCapital", []bank.ID{first, second}},
		{"https://a.example/", "tag=T", "redirect_order=institution_first", "https://a.example/?institution=FlinksCapital&loginId=" + login + "&tag=T", nil},
		{"https://a.example/", "demo=true", "redirect_order=demo_first", "https://a.example/?demo=true&loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/", "", "redirect_order=demo_first", "https://a.example/?loginId=" + login + "&institution=FlinksCapital", nil},
		{"https://a.example/", "", "redirect_institution=number", "https://a.example/?loginId=" + login + "&institution=14", nil},
		{"https://a.example/", "resumeSelectedAccounts=x,y", "", "https://a.example/?loginId=" + login + "&accountId=x,y&institution=FlinksCapital", nil},
	} {
		params := map[string]string{qRedirect: c.to}
		if name, value, ok := strings.Cut(c.params, "="); ok {
			params[name] = value
		}
		e := engine.Ending{
			Session: connect.Session{Institution: capital, Connection: login, Params: params, Step: connect.Succeeded},
			Option: func(name string) string {
				if set, value, _ := strings.Cut(c.options, "="); set == name {
					return value
				}
				for _, o := range options() {
					if o.Name == name {
						return o.Default
					}
				}
				t.Fatalf("there is no option %s", name)
				return ""
			},
		}
		if c.accounts != nil {
			e.Session.Flow = connect.InWidget(connect.Accounts)
		}
		for _, id := range c.accounts {
			e.Accounts = append(e.Accounts, bank.Account{ID: id, Key: guidOf(id)}, bank.Account{ID: 99, Key: "not chosen"})
			e.Session.Accounts = append(e.Session.Accounts, guidOf(id))
		}
		if got := redirectURL(e); got != c.want {
			t.Errorf("%s %s %s\n leads to %s\n want     %s", c.to, c.params, c.options, got, c.want)
		}
		if got := (Provider{}).HandBack(e); got != c.want && c.to != "" || c.to == "" && got != "" {
			t.Errorf("%s hands back %s", c.to, got)
		}
	}
	stays := engine.Ending{Session: connect.Session{Step: connect.Succeeded, Params: map[string]string{qRedirect: "https://a.example", qScript: "true"}}}
	left := engine.Ending{Session: connect.Session{Step: connect.Cancelled, Params: map[string]string{qRedirect: "https://a.example"}, Trouble: &connect.Trouble{Code: problem.UserCancelled}}}
	for _, e := range []engine.Ending{stays, left} {
		if got := (Provider{}).HandBack(e); got != "" {
			t.Errorf("the browser is led to %s", got)
		}
	}
}
