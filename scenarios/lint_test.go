package scenarios

import (
	"strings"
	"testing"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, yaml, want string }{
		{"shadowed", "rules:\n  - {on: accounts.list, then: {latency: 1s}}\n  - {on: accounts.list, where: {call: 1}, then: {problem: internal}}",
			"x.yaml:4:5: SB201: found a rule on accounts.list that never acts, expected it before the one in line 3"},
		{"a wider range", "rules:\n  - {on: accounts.list, where: {call: 2..}, then: {latency: 1s}}\n  - {on: accounts.list, where: {call: 3..5, account: main}, then: {latency: 1s}}", "x.yaml:4:5: SB201"},
		{"a narrower range", "rules:\n  - {on: accounts.list, where: {call: 1..2}, then: {latency: 1s}}\n  - {on: accounts.list, where: {call: 1..3}, then: {latency: 1s}}", ""},
		{"every second", "rules:\n  - {on: accounts.list, where: {every: 2}, then: {latency: 1s}}\n  - {on: accounts.list, where: {every: 4}, then: {latency: 1s}}", "SB201"},
		{"every third", "rules:\n  - {on: accounts.list, where: {every: 2}, then: {latency: 1s}}\n  - {on: accounts.list, where: {every: 3}, then: {latency: 1s}}", ""},
		{"by chance", "rules:\n  - {on: accounts.list, where: {chance: 50%}, then: {latency: 1s}}\n  - {on: accounts.list, then: {latency: 2s}}", ""},
		{"other headers", "rules:\n  - {on: accounts.list, where: {header: {a: b}}, then: {latency: 1s}}\n  - {on: accounts.list, where: {header: {a: c}}, then: {latency: 2s}}", ""},
		{"another operation", "rules:\n  - {on: balances.get, then: {latency: 1s}}\n  - {on: accounts.list, then: {latency: 1s}}", ""},
		{"another operation of the same calls", "rules:\n  - {on: accounts.list, then: {latency: 1s}}\n  - {on: balances.get, then: {latency: 1s}}",
			"x.yaml:4:5: SB201: found a rule on balances.get that never acts on flinks, where each such call is accounts.list, too, expected it before the one in line 3"},
		{"an own operation of the same calls", "rules:\n  - {on: accounts.list, then: {latency: 1s}}\n  - {on: flinks.getAccountsDetail, where: {call: 1}, then: {latency: 1s}}", "never acts on flinks"},
		{"calls of another operation", "rules:\n  - {on: accounts.list, where: {call: 1..3}, then: {latency: 1s}}\n  - {on: balances.get, where: {call: 1}, then: {latency: 1s}}", ""},
		{"where it does not apply", "providers: [fintoc]\nrules:\n  - {on: accounts.list, then: {latency: 1s}}\n  - {on: balances.get, then: {latency: 1s}}", ""},

		{"never connected", "login: {credentials: [reject]}\ntimeline:\n  - {after: connected, do: {connection: revoked}}",
			"x.yaml:4:5: SB202: found an entry of a timeline that never begins: no login is accepted, expected a login that comes to an end"},
		{"never ready", "login: {ready: fails internal}\ntimeline: [{after: created, do: {connection: revoked}}]", "SB202"},
		{"never approved", "login: {mfa: [{kind: push, approve: denied}]}\ntimeline: [{after: created, do: {connection: revoked}}]", "the challenge push is never passed"},
		{"connected at last", "login: {credentials: [reject, accept]}\ntimeline: [{after: connected, do: {connection: revoked}}]", ""},

		{"locked out", "login: {credentials: [reject x5, accept]}", "x.yaml:2:8: SB203: found attempts that fintoc never gets to: it locks the user after 5 wrong logins, expected at most 4 of them before the last"},
		{"just not locked out", "login: {credentials: [reject x4, accept]}", ""},
		{"wrong for ever", "login: {credentials: [reject x5]}", ""},
		{"too many answers", "providers: [fintoc]\nlogin: {mfa: [{kind: default, attempts: [reject, expire, reject, accept]}]}", "x.yaml:3:15: SB203: found attempts that fintoc never gets to: it locks the user after 3 wrong answers"},

		{"nowhere", "tokens: {access: {ttl: 1h}}\nlogin: {mfa: [{kind: question}]}\nrules: [{on: flinks.getAccountsDetail, then: {latency: 1s}}]\ninstitutions: [{id: \"14\", status: down}]",
			`x.yaml:1:11: SB204: found a scenario that applies to no provider here: not to fintoc, for it has no institution "14"; not to flinks, for it has no token class "access"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := mustLoad(t, "scenario: x\n"+tt.yaml)
			s, _ := l.Get("x")
			if got := s.Warnings.Error(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
			for _, w := range s.Warnings {
				if !w.Warning() || Help(w.Code) == "" {
					t.Errorf("no warning: %v", w)
				}
			}
		})
	}
}

// A provider is played as far as it has what the next step needs.
func TestReach(t *testing.T) {
	t.Parallel()
	v := testVocabulary()
	for _, tt := range []struct {
		steps string // of expect
		reach int    // on flinks, which has no pages
		lacks string
	}{
		{"{call: accounts.list}, {connect: right}, {connect: {mfa: wrong}, sees: login_invalid}, {connect: poll}, {connect: approve}, {connect: deny}, {advance: 1d}", 7, ""},
		{"{call: accounts.list}, {call: transactions.list}, {call: accounts.list}", 1, `it has no operation "transactions.list"`},
		{"{call: flinks.getAccountsDetail}, {call: fintoc.listMovements}", 1, "fintoc.listMovements is an operation of another provider"},
		{"{connect: open}", 0, `it has no page on which a user does "open"`},
		{"{connect: right}, {connect: leave, sees: user_cancelled}", 1, `it has no page on which a user does "leave"`},
		{"{connect: {accounts: [main]}}", 0, "it has no page on which a user chooses accounts"},
		{"{connect: right, sees: waiting}, {connect: right, sees: credentials}", 1, `it has no page that shows "credentials"`},
		{"{webhooks: {refresh.succeeded: 1, signature: valid}}, {webhooks: {refresh.failed: 0}}", 1, `it sends no webhook about "refresh.failed"`},
	} {
		s := mustParse(t, "scenario: x\nexpect: ["+tt.steps+"]")
		if steps, lacks := s.Reach("flinks", v); steps != tt.reach || lacks != tt.lacks {
			t.Errorf("%s: got %d, %q; want %d, %q", tt.steps, steps, lacks, tt.reach, tt.lacks)
		}
		if steps, lacks := s.Reach("fintoc", v); lacks != "" && !strings.Contains(tt.steps, "flinks.") {
			t.Errorf("%s: fintoc, which has everything, reaches %d: %s", tt.steps, steps, lacks)
		}
	}
	mute := v.Providers["flinks"]
	mute.Events, mute.Operations = nil, words("accounts.list")
	v.Providers["flinks"] = mute
	for steps, want := range map[string]string{
		"{webhooks: {signature: valid}}": "it sends no webhooks that could be signed",
		"{connect: right}":               "it has neither a page nor an operation where a user logs in",
	} {
		if _, lacks := mustParse(t, "scenario: x\nexpect: ["+steps+"]").Reach("flinks", v); lacks != want {
			t.Errorf("%s: %s", steps, lacks)
		}
	}
}
