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

func TestUntestable(t *testing.T) {
	t.Parallel()
	s := mustParse(t, "scenario: x\nexpect: [{call: accounts.list}, {call: transactions.list}, {call: fintoc.listMovements}]")
	if got := s.Untestable("fintoc", testVocabulary()); got != "" {
		t.Error(got)
	}
	if got := s.Untestable("flinks", testVocabulary()); got != `it has no operation "transactions.list"` {
		t.Error(got)
	}
}
