package scenarios

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestParseRejects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		yaml         string // after "scenario: x" on line 1, unless it has one
		line, column int
		code         string
		suggestion   string
		says         string
	}{
		// the document
		{"scenario: [", 1, 1, codeSyntax, "", "broken YAML"},
		{"scenario: x\n---\nscenario: y", 2, 1, codeSyntax, "", "a second document"},
		{"scenario: x\n--- {", 2, 1, codeSyntax, "", ""},
		{"seed: &a 4", 2, 7, codeSyntax, "", "the anchor &a"},
		{"title: &a x", 2, 8, codeSyntax, "", "no anchor"},
		{"seed: !!int 4", 2, 7, codeSyntax, "", "the tag !!int"},
		{"<<: {seed: 4}", 2, 1, codeUnknownKey, "", `"<<"`},
		{"scenario: [x]", 1, 11, codeShape, "", "a list"},
		{"title: x", 1, 1, codeMissing, "", `the key "scenario"`},

		// keys
		{"titel: x", 2, 1, codeUnknownKey, "title", `"titel" in scenario`},
		{"seed: 1\nseed: 2", 3, 1, codeTwice, "", `"seed" again`},
		{"matrix: []", 2, 1, codeComing, "", "which will come with scenarios with parameters"},
		{"timeline: []", 2, 11, codeShape, "", "an empty list"},
		{"use: [calm, calm]", 2, 13, codeTwice, "", ""},
		{"use: [1]", 2, 7, codeUnquoted, "", ""},
		{"override: maybe", 2, 11, codeValue, "", "true, false"},
		{"? [a]\n: b", 2, 3, codeShape, "", "a list as a key"},
		{"login: {}", 2, 8, codeShape, "", "an empty block"},
		{"login:", 2, 7, codeShape, "", "nothing"},
		{"login: {credential: [reject]}", 2, 9, codeUnknownKey, "credentials", ""},

		// plain values
		{"scenario: 0042", 1, 11, codeUnquoted, "", `in quotes, because it is an identifier: "0042"`},
		{"scenario: Mfa-Expired", 1, 11, codeValue, "", "lower-case"},
		{"scenario: mfa expired", 1, 11, codeValue, "", "without spaces"},
		{"scenario: mfa--expired", 1, 11, codeValue, "", "lower-case"},
		{"title: [x]", 2, 8, codeShape, "", "a text"},
		{"title: ~", 2, 8, codeShape, "", "nothing"},
		{"seed: 042", 2, 7, codeValue, "", "plain digits"},
		{"seed: 0x2a", 2, 7, codeValue, "", ""},
		{"seed: -1", 2, 7, codeValue, "", ""},
		{"seed: 18446744073709551616", 2, 7, codeValue, "", ""},
		{"clock: 2026-03-31", 2, 8, codeValue, "", "2026-03-31T10:00:00Z"},
		{"clock: 1926-03-31T10:00:00Z", 2, 8, codeValue, "", "1970"},
		{"history: 24", 2, 10, codeValue, "", "no known unit"},
		{"history: 24 months", 2, 10, codeValue, "", ""},
		{"history: 1.5y", 2, 10, codeValue, "", ""},
		{"history: 0d", 2, 10, codeValue, "", "longer than nothing"},
		{"history: 90bd", 2, 10, codeComing, "", "bank days"},
		{"history: 201y", 2, 10, codeValue, "", "200y"},
		{"providers: [fintok]", 2, 13, codeProvider, "fintoc", ""},
		{"providers: [flinks, flinks]", 2, 21, codeTwice, "", ""},
		{"providers: []", 2, 12, codeShape, "", "an empty list"},
		{"providers: flinks", 2, 12, codeShape, "", "a list of providers"},

		// login
		{"login: {credentials: reject}", 2, 22, codeShape, "", "[reject x2, accept]"},
		{"login: {credentials: [rejct x2]}", 2, 23, codeValue, "reject", ""},
		{"login: {credentials: [expire]}", 2, 23, codeValue, "", "permission_missing"},
		{"login: {credentials: [reject x0]}", 2, 23, codeValue, "", `"reject x2"`},
		{"login: {credentials: [reject 2]}", 2, 23, codeValue, "", `"reject x2"`},
		{"login: {credentials: [reject x101]}", 2, 23, codeValue, "", "x100"},
		{"login: {mfa: [{kind: pusch}]}", 2, 22, codeChallenge, "push", ""},
		{"login: {mfa: [{expires: 3m}]}", 2, 15, codeMissing, "", `"kind"`},
		{"login: {mfa: [{kind: push, attempts: [unavailable]}]}", 2, 39, codeValue, "", "one of accept"},
		{"login: {mfa: [{kind: push, expires: 1mo}]}", 2, 37, codeValue, "", "exact"},
		{"login: {mfa: [{kind: push, resend: {maxx: 1}}]}", 2, 37, codeUnknownKey, "max", ""},
		{"login: {mfa: [{kind: push, approve: nevr}]}", 2, 37, codeValue, "never", ""},
		{"login: {mfa: [{kind: push, approve: after}]}", 2, 37, codeValue, "", "after <duration>"},
		{"login: {mfa: [{kind: push, approve: after 0 polls}]}", 2, 37, codeValue, "", ""},
		{"login: {mfa: [{kind: push, answers: []}]}", 2, 37, codeShape, "", ""},
		{"login: {accounts: nobody}", 2, 19, codeAccount, "", "all, none"},
		{"login: {accounts: [mian]}", 2, 20, codeAccount, "main", ""},
		{"login: {consent: {end: 3d}}", 2, 19, codeUnknownKey, "ends", ""},
		{"login: {ready: fails}", 2, 16, codeValue, "", "fails <problem>"},
		{"login: {ready: fails intrenal}", 2, 16, codeProblem, "internal", ""},
		{"login: {ready: denied}", 2, 16, codeValue, "", ""},

		// tokens, institutions, options
		{"tokens: {acces: {ttl: 1h}}", 2, 10, codeToken, "access", ""},
		{"tokens: {access: 1h}", 2, 18, codeShape, "", "keys of token"},
		{"tokens: {access: {rotate: yes}}", 2, 27, codeValue, "", "true, false"},
		{"tokens: {access: {uses: 0}}", 2, 25, codeValue, "", "from 1"},
		{"tokens: {access: {uses: 9999999}}", 2, 25, codeValue, "", "1000000"},
		{"tokens: {access: {reuse: refuze}}", 2, 26, codeValue, "refuse", ""},
		{"institutions: [{id: 14, status: down}]", 2, 21, codeUnquoted, "", `"14"`},
		{"institutions: [{id: a b, name: x}]", 2, 21, codeValue, "", "without spaces"},
		{"institutions: [{id: cl_banco_pruebas, status: down}]", 2, 21, codeInstitution, "cl_banco_prueba", ""},
		{"institutions: [{id: a, name: A}, {id: a, name: B}]", 2, 39, codeTwice, "", ""},
		{"institutions: [{id: a, name: A, status: dwon}]", 2, 41, codeValue, "down", ""},
		{"options: {flink: {edition: legacy}}", 2, 11, codeProvider, "flinks", ""},
		{"options: {flinks.edition: legacy}", 2, 11, codeOption, "", "below its provider: {flinks: {edition: legacy}}"},
		{"options: {flinks.editon: legacy}", 2, 11, codeProvider, "", ""},
		{"options: {flinks: {editon: legacy}}", 2, 20, codeOption, "edition", ""},
		{"options: {flinks: {edition: legcy}}", 2, 29, codeOption, "legacy", ""},
		{"records: {flinks: {page: {a: {b: c}}}}", 2, 20, codeRecord, "", ""},
		{"records: {flink: {page: {a: {b: c}}}}", 2, 11, codeProvider, "flinks", ""},
		{"options: {fintoc: {webhooks: yes}}", 2, 30, codeValue, "", "true, false"},
		{"options: {fintoc: {page_size: many}}", 2, 31, codeValue, "", ""},
		{"options: {fintoc: {cooldown: soon}}", 2, 30, codeValue, "", ""},
		{"options: {fintoc: {version: [a]}}", 2, 29, codeShape, "", ""},

		// rules
		{"rules: [{on: transaction.list, then: {latency: 1s}}]", 2, 14, codeOperation, "transactions.list", ""},
		{"rules: [{on: fintoc.listMovments, then: {latency: 1s}}]", 2, 14, codeOperation, "fintoc.listMovements", ""},
		{"rules: [{on: fintoc.transactions.list, then: {latency: 1s}}]", 2, 14, codeOperation, "transactions.list", ""},
		{"rules: [{on: accounts.list}]", 2, 9, codeMissing, "", `"then"`},
		{"rules: [{on: accounts.list, then: {}}]", 2, 35, codeShape, "", ""},
		{"rules: [{on: accounts.list, then: {problem: rate_limit}}]", 2, 45, codeProblem, "rate_limited", ""},
		{"rules: [{on: accounts.list, then: {message: Hi}}]", 2, 45, codeMissing, "", `"problem"`},
		{"rules: [{on: accounts.list, then: {truncate: 60%}}]", 2, 36, codeComing, "", "faults on the wire"},
		{"rules: [{on: accounts.list, then: {hold: true}}]", 2, 36, codeComing, "", "effects on deliveries"},
		{"rules: [{on: accounts.list, then: {foreign_origin: true}}]", 2, 36, codeComing, "", "messages"},
		{"rules: [{on: webhook.deliver, then: {latency: 1s}}]", 2, 14, codeComing, "", "effects on deliveries"},
		{"rules: [{on: accounts.list, then: {latency: {p50: 1s}}}]", 2, 45, codeMissing, "", "p99"},
		{"rules: [{on: accounts.list, then: {latency: {p50: 2s, p99: 1s}}}]", 2, 60, codeValue, "", "not shorter"},
		{"rules: [{on: accounts.list, then: {status: 99}}]", 2, 44, codeValue, "", "200 to 599"},
		{"rules: [{on: accounts.list, then: {status: 500, problem: internal}}]", 2, 44, codeClash, "", "one answer"},
		{"rules: [{on: accounts.list, then: {timeout: 1m, problem: internal}}]", 2, 45, codeClash, "", "one answer"},
		{"rules: [{on: accounts.list, then: {malformed: true, status: 500}}]", 2, 61, codeClash, "", "one answer"},
		{"rules: [{on: accounts.list, then: {timeout: 1m, malformed: true}}]", 2, 45, codeClash, "", "one answer"},
		{"rules: [{on: accounts.list, then: {malformed: half}}]", 2, 47, codeValue, "", "true, false"},
		{"rules: [{on: accounts.list, then: {body: x, latency: 1s}}]", 2, 42, codeMissing, "", `"status"`},
		{"rules: [{on: accounts.list, then: {status: 500, contract: violte}}]", 2, 59, codeValue, "violate", ""},
		{"rules: [{on: accounts.list, where: {chance: 5}, then: {latency: 1s}}]", 2, 45, codeValue, "", "two decimals"},
		{"rules: [{on: accounts.list, where: {chance: 0.001%}, then: {latency: 1s}}]", 2, 45, codeValue, "", "0.01%"},
		{"rules: [{on: accounts.list, where: {chance: 101%}, then: {latency: 1s}}]", 2, 45, codeValue, "", "100%"},
		{"rules: [{on: accounts.list, where: {connection_age: 1d}, then: {latency: 1s}}]", 2, 53, codeValue, "", "1d..2d"},
		{"rules: [{on: accounts.list, where: {connection_age: 2d..1d}, then: {latency: 1s}}]", 2, 53, codeValue, "", "ends after"},
		{"rules: [{on: accounts.list, where: {connection_age: 2x..}, then: {latency: 1s}}]", 2, 53, codeValue, "", "no known unit"},
		{"rules: [{on: accounts.list, where: {page: 0}, then: {latency: 1s}}]", 2, 43, codeValue, "", ""},
		{"rules: [{on: session.submit, where: {step: credential}, then: {latency: 1s}}]", 2, 44, codeValue, "credentials", ""},
		{"rules: [{on: accounts.list, where: {step: consent}, then: {latency: 1s}}]", 2, 36, codeClash, "", "session.submit"},
		{"rules: [{on: accounts.list, where: {event: consent.ended}, then: {latency: 1s}}]", 2, 36, codeClash, "", "webhook.deliver"},
		{"rules: [{on: accounts.list, where: {header: {a b: c}}, then: {latency: 1s}}]", 2, 46, codeValue, "", "Accept-Language"},
		{"rules: [{on: accounts.list, where: {header: {x: [c]}}, then: {latency: 1s}}]", 2, 49, codeShape, "", ""},

		// the timeline
		{"timeline: [{after: conected, do: {connection: revoked}}]", 2, 20, codeAnchor, "connected", ""},
		{"timeline: [{after: connected + 2, do: {connection: revoked}}]", 2, 20, codeValue, "", "no known unit"},
		{"timeline: [{after: connected - 2d, do: {connection: revoked}}]", 2, 20, codeAnchor, "", ""},
		{"timeline: [{after: webhook consent.end, do: {connection: revoked}}]", 2, 20, codeAnchor, "webhook consent.ended", ""},
		{"timeline: [{after: connected, do: {connection: broken}}]", 2, 48, codeValue, "", "login_required"},
		{"timeline: [{after: connected}]", 2, 12, codeMissing, "", `"do"`},

		// personas
		{"persona: 12", 2, 10, codeUnquoted, "", ""},
		{"persona: {login: {username: a, password: b}}", 2, 10, codeMissing, "", `"use"`},
		{"persona: {use: salaried, login: {password: b, username: 041}}", 2, 57, codeUnquoted, "", ""},
		{"persona: {use: salaried, accounts: {mian: {type: checking}}}", 2, 37, codeAccount, "main", ""},
		{"persona: {use: salaried, accounts: {main: {opening: 1.2345}}}", 2, 53, codeValue, "", "-350.00"},
		{"persona: {use: salaried, accounts: {main: {number: DE82900948150000002882}}}", 2, 52, codeValue, "", `"DE55900948150000002882"`},
		{"persona: {use: salaried, accounts: {main: {number: {account: ES9099990001410000000018}}}}", 2, 62, codeValue, "", `"ES63`},
		{"persona: {use: salaried, accounts: {main: {number: 0001234}}}", 2, 52, codeUnquoted, "", `"0001234"`},
		{"persona: {use: salaried, accounts: {main: {number: 0001234}}}", 2, 52, codeUnquoted, "", "quotes"},

		{"persona: {use: salaried, accounts: {main: {count: 5}}}", 2, 43, codeMissing, "", `both: {count: 100000`},
		{"persona: {use: salaried, accounts: {main: {between: [2024-01-01, 2025-01-01]}}}", 2, 43, codeMissing, "", `count and between`},
		{"persona: {use: salaried, accounts: {main: {count: 0, between: [2024-01-01, 2025-01-01]}}}", 2, 51, codeValue, "", `from 1`},
		{"persona: {use: salaried, accounts: {main: {count: 100000001, between: [2024-01-01, 2025-01-01]}}}", 2, 51, codeValue, "", `at most 100000000`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: [2024-01-01]}}}", 2, 63, codeShape, "", `a later one`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: 2024-01-01}}}", 2, 63, codeShape, "", `a later one`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: [2024-01-01, 2024-01-01]}}}", 2, 76, codeValue, "", `a later one`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: [-3d, 2024-01-01]}}}", 2, 64, codeValue, "", `a date: 2026-01-05`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: [2024-02-30, 2025-01-01]}}}", 2, 64, codeValue, "", `a date: 2026-01-05`},
		{"persona: {use: salaried, accounts: {main: {count: 5, between: [2024-01-01, 2025-01-01], transactions: []}}}", 2, 51, codeClash, "", `"count" beside "transactions"`},
		{"persona: {use: salaried, accounts: {main: {cuont: 5, between: [2024-01-01, 2025-01-01]}}}", 2, 44, codeUnknownKey, "count", ``},

		// bank data
		{"data: []", 2, 7, codeShape, "", ""},
		{"data: [{remove: {account: main}}]", 2, 17, codeMissing, "", `"match"`},
		{"data: {insert: {amount: 1e3, description: x}}", 2, 25, codeValue, "", ""},
		{"data: {move: {match: {which: lst}, to: +3d}}", 2, 30, codeValue, "last", ""},
		{"data: {move: {match: {which: last}, to: 2026-02-30}}", 2, 41, codeValue, "", "2026-01-05"},
		{"data: {close: mian}", 2, 15, codeAccount, "main", ""},
		{"data: {visible_from: 2026-01-01T00:00:00Z}", 2, 7, codeMissing, "", "one of insert"},
		{"data: {close: main, open: main}", 2, 7, codeMissing, "", "2 things"},

		// expectations
		{"expect: [{sees: connected}]", 2, 10, codeMissing, "", "one of connect"},
		{"expect: [{connect: right, advance: 1d}]", 2, 10, codeMissing, "", "2 things"},
		{"expect: [{connect: right, fails: internal}]", 2, 34, codeClash, "", "beside it sees"},
		{"expect: [{advance: 1d, sees: connected}]", 2, 30, codeClash, "", "nothing"},
		{"expect: [{connect: rigth}]", 2, 20, codeValue, "right", ""},
		{"expect: [{connect: {mfa: rong}}]", 2, 26, codeValue, "wrong", ""},
		{"expect: [{connect: right, sees: conected}]", 2, 33, codeValue, "connected", ""},
		{"expect: [{call: account.list}]", 2, 17, codeOperation, "accounts.list", ""},
		{"expect: [{call: accounts.list, fails: intrenal}]", 2, 39, codeProblem, "internal", ""},
		{"expect: [{call: accounts.list, times: 0}]", 2, 39, codeValue, "", "from 1"},
		{"expect: [{call: accounts.list, has: COMPRA}]", 2, 37, codeShape, "", "{PURCHASE: 1, PRIZE: 0}"},
		{"expect: [{call: accounts.list, has: {COMPRA: many}}]", 2, 46, codeValue, "", ""},
		{"expect: [{connect: right, has: {COMPRA: 1}}]", 2, 32, codeClash, "", "beside it sees"},
		{"expect: [{rules: all}]", 2, 18, codeValue, "", "all_used"},
		{"expect: [{connection: revokd}]", 2, 23, codeValue, "revoked", ""},
		{"expect: [{webhooks: {consent.ended: 1, signature: good}}]", 2, 51, codeValue, "", "valid"},
		{"expect: [{webhooks: {signatur: valid}}]", 2, 22, codeEvent, "signature", ""},
		{"expect: [{webhooks: {consent.end: 1}}]", 2, 22, codeEvent, "consent.ended", ""},
		{"rules: [{on: accounts.list, where: {call: 0}, then: {latency: 1s}}]", 2, 43, codeValue, "", "4.."},
		{"rules: [{on: accounts.list, where: {call: 3..1}, then: {latency: 1s}}]", 2, 43, codeValue, "", ""},
		{"rules: [{on: accounts.list, where: {call: ..3}, then: {latency: 1s}}]", 2, 43, codeValue, "", ""},
		{"rules: [{on: accounts.list, where: {every: 0}, then: {latency: 1s}}]", 2, 44, codeValue, "", ""},
		{"rules: [{on: accounts.list, where: {account: mian}, then: {latency: 1s}}]", 2, 46, codeAccount, "main", ""},
		{"rules: [{on: accounts.list, where: {persona: 2026-01-05}, then: {latency: 1s}}]", 2, 46, codeUnquoted, "", ""},
		{"rules: [{on: accounts.list, where: {institution: cl_banco_pruba}, then: {latency: 1s}}]", 2, 50, codeInstitution, "cl_banco_prueba", ""},
		{"rules: [{on: fintoc.listMovements, where: {provider: flinks}, then: {latency: 1s}}]", 2, 43, codeProvider, "", ""},

		// names against providers
		{"providers: [flinks]\nlogin: {mfa: [{kind: push}]}", 3, 22, codeLacking, "", `the challenge "push", which flinks does not have`},
		{"providers: [fintoc]\nrules: [{on: flinks.getAccountsDetail, then: {latency: 1s}}]", 3, 14, codeProvider, "", "under providers: fintoc"},
		{"providers: [fintoc]\noptions: {flinks: {edition: legacy}}", 3, 11, codeProvider, "", ""},
		{"providers: [fintoc, flinks]\noptions: {flinks: {edition: legacy}}", 2, 13, codeLacking, "", "says nothing"},
		{"rules: [{on: transactions.list, where: {provider: flinks}, then: {latency: 1s}}]", 2, 14, codeLacking, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.yaml, func(t *testing.T) {
			t.Parallel()
			text := tt.yaml
			if !strings.Contains(text, "scenario:") && tt.says != `the key "scenario"` {
				text = "scenario: x\n" + text
			}
			s, err := Parse("dir/x.yaml", []byte(text), testVocabulary())
			var list ErrorList
			if s != nil || !errors.As(err, &list) {
				t.Fatalf("Parse = %v, %v; want no scenario and an ErrorList", s, err)
			}
			if len(list) != 1 {
				t.Errorf("%d errors, want one:\n%v", len(list), list)
			}
			e := list[0]
			if e.File != "dir/x.yaml" || e.Line != tt.line || e.Column != tt.column || e.Code != tt.code || e.Suggestion != tt.suggestion {
				t.Errorf("got %d:%d %s suggestion %q, want %d:%d %s %q\n%v", e.Line, e.Column, e.Code, e.Suggestion, tt.line, tt.column, tt.code, tt.suggestion, e)
			}
			if e.Found == "" || e.Expected == "" || Help(e.Code) == "" || strings.Contains(e.Error(), "\n") {
				t.Errorf("not one whole line: %q", e)
			}
			if !strings.Contains(e.Error(), tt.says) {
				t.Errorf("%q does not say %q", e, tt.says)
			}
		})
	}
}

var position = regexp.MustCompile(`^x\.yaml:[1-9]\d*:[1-9]\d*: SB1\d\d: `)

func TestParseEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "x", "[]", "{}", strings.Repeat(" ", maxFile+1)} {
		s, err := Parse("x.yaml", []byte(text), testVocabulary())
		if s != nil || err == nil || !position.MatchString(err.Error()) {
			t.Errorf("Parse(%.10q) = %v, %v", text, s, err)
		}
	}
}

// An alias is refused before anything follows it, so that none can blow up.
func TestParseRefusesAliases(t *testing.T) {
	t.Parallel()
	_, err := Parse("x.yaml", []byte("scenario: x\nlogin: &l {mfa: [*l, *l]}"), testVocabulary())
	if list, ok := err.(ErrorList); !ok || len(list) != 3 || !strings.Contains(list[2].Error(), "x.yaml:2:22: SB100: found the alias *l") {
		t.Errorf("got %v", err)
	}
}

// All errors of a file are told at once, in reading order, up to a limit.
func TestParseTellsAll(t *testing.T) {
	t.Parallel()
	_, err := Parse("x.yaml", []byte("scenario: x\nrules:\n  - {on: acounts.list, then: {problm: internl}}\nlogin: {redy: nwo}\ntitel: x"), testVocabulary())
	want := strings.TrimSpace(`
x.yaml:3:10: SB110: found the unknown operation "acounts.list", expected one of the 31 known names; did you mean "accounts.list"?
x.yaml:3:31: SB101: found the unknown key "problm" in then, expected one of problem, retry_after, message, latency, status, body, contract, timeout, malformed; did you mean "problem"?
x.yaml:3:39: SB111: found the unknown problem "internl", expected one of the 30 known names; did you mean "internal"?
x.yaml:4:9: SB101: found the unknown key "redy" in login, expected one of credentials, mfa, approval, accounts, consent, ready; did you mean "ready"?
x.yaml:4:15: SB106: found "nwo", expected now, after <duration>, after <n> polls or fails <problem>; did you mean "now"?
x.yaml:5:1: SB101: found the unknown key "titel" in scenario, expected one of scenario, title, about, use, override, everywhere, pages, providers, seed, clock, history, persona, login, tokens, institutions, options, records, data, timeline, rules, expect; did you mean "title"?`)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if first := (*Error)(nil); !errors.As(err, &first) || first.Suggestion != "accounts.list" {
		t.Errorf("the first error is %v", first)
	}
	_, err = Parse("x.yaml", []byte("rules:\n"+strings.Repeat("- x\n", 1000)), testVocabulary())
	if list, ok := err.(ErrorList); !ok || len(list) != maxErrors {
		t.Errorf("%d errors, want %d", len(list), maxErrors)
	}
}
