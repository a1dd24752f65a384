package mocks_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// libraryOf reads scenarios beside the bundled ones. Each text begins with its name.
func libraryOf(t *testing.T, texts ...string) *scenarios.Library {
	t.Helper()
	bundled, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		t.Fatal(err)
	}
	var sources []scenarios.Source
	for _, text := range texts {
		text = strings.TrimSpace(text)
		first, _, _ := strings.Cut(text, "\n")
		sources = append(sources, scenarios.Source{File: strings.TrimPrefix(first, "scenario: ") + ".yaml", Data: []byte(text)})
	}
	l, err := bundled.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What each condition, effect and anchor does, said and proved in the language itself.
var proofs = []string{`
scenario: header
providers: [fintoc]
rules:
  - {on: accounts.list, where: {header: {Fintoc-Version: "2023-11-15"}}, then: {problem: internal}}
  - {on: accounts.list, where: {header: {Authorization: sk_test_stuntbank}}, then: {problem: maintenance}}
expect:
  - connect: right
  - {call: accounts.list, fails: maintenance}
`, `
scenario: account
providers: [fintoc]
rules:
  - {on: transactions.list, where: {account: sight}, then: {problem: internal}}
  - {on: transactions.list, where: {account: main, persona: salaried, institution: cl_banco_de_chile, provider: fintoc}, then: {problem: maintenance}}
expect:
  - connect: right
  - {call: transactions.list, fails: maintenance}
`, `
scenario: every
rules:
  - {on: accounts.list, where: {every: 3}, then: {problem: internal}}
expect:
  - connect: right
  - {call: accounts.list, times: 2}
  - {call: accounts.list, fails: internal}
  - {call: accounts.list, times: 2}
  - {call: accounts.list, fails: internal}
  - connect: right # another connection counts for itself
  - {call: accounts.list, times: 2}
  - {call: accounts.list, fails: internal}
`, `
scenario: first-page
providers: [fintoc]
rules:
  - {on: transactions.list, where: {page: 2..}, then: {problem: internal}}
  - {on: transactions.list, where: {page: 1}, then: {problem: maintenance}}
expect:
  - connect: right
  - {call: transactions.list, fails: maintenance}
`, `
scenario: own-operation
rules:
  - {on: fintoc.listAccounts, then: {problem: internal, message: Not today}}
expect:
  - connect: right
  - {call: fintoc.listAccounts, fails: internal}
  - {call: accounts.list, status: 500}
`, `
scenario: young
rules:
  - {on: accounts.list, where: {connection_age: ..1h}, then: {problem: pending}}
  - {on: accounts.list, where: {connection_age: 2d..}, then: {problem: internal}}
expect:
  - connect: right
  - {call: accounts.list, fails: pending}
  - advance: 1h
  - call: accounts.list
  - advance: 1d23h
  - {call: accounts.list, fails: internal}
`, `
scenario: raw
rules:
  - {on: accounts.list, where: {call: 1}, then: {status: 200, body: [], contract: violate}}
  - {on: accounts.list, where: {call: 2}, then: {status: 418, body: "<h1>teapot</h1>", contract: violate}}
  - {on: accounts.list, where: {call: 3}, then: {status: 204, contract: violate, latency: 2s}}
expect:
  - connect: right
  - {call: accounts.list, items: 0}
  - {call: accounts.list, status: 418}
  - {call: accounts.list, status: 204, takes: 2s}
  - {call: accounts.list, items: 1..}
`, `
scenario: own-user
providers: [fintoc]
persona: {use: business, login: {username: "12345678-5", password: valar}}
expect:
  - connect: right
  - {call: accounts.list, items: 2}
  - connect: {password: jonsnow}
    sees: login_invalid
  - connect: {username: "41614850-3", password: jonsnow}
    sees: connected # the provider's users are still there, and are this persona
  - {call: accounts.list, items: 2}
`, `
scenario: own-password
providers: [fintoc]
persona: {use: empty, login: {username: "41614850-3", password: valar}}
expect:
  - connect: {password: jonsnow}
    sees: login_invalid
  - connect: right
  - {call: accounts.list, items: 1}
`, `
scenario: timeline-created
timeline: [{after: created + 10m, do: {connection: login_required}}]
expect:
  - connect: open
    sees: consent
  - advance: 4m
  - connect: right
  - advance: 5m
  - connection: active
  - advance: 1m
  - connection: login_required
  - webhooks: {connection.login_required: 1..}
`, `
scenario: timeline-opened
timeline: [{after: opened, do: {connection: revoked}}]
expect:
  - connect: right # what is due by then is done before the answer
  - connection: revoked
`, `
scenario: timeline-exchanged
timeline: [{after: exchanged + 1h, do: {connection: revoked}}]
expect:
  - connect: right
  - advance: 20m
  - connection: active
  - call: token.exchange
  - advance: 59m
  - connection: active
  - advance: 1m
  - connection: revoked
`, `
scenario: timeline-expired
timeline: [{after: exchange_expired + 1m, do: {connection: revoked}}]
tokens: {exchange: {ttl: 5m}}
expect:
  - connect: right
  - advance: 5m59s
  - connection: active
  - advance: 1s
  - connection: revoked
`, `
scenario: timeline-widget
providers: [fintoc]
timeline: [{after: widget_expired, do: {connection: login_required}}]
expect:
  - connect: right
  - advance: 29m
  - connection: active
  - advance: 1m
  - connection: login_required
`, `
scenario: timeline-consent
login: {consent: {ends: 7d}}
timeline: [{after: consent_ended + 1d, do: {connection: revoked}}]
expect:
  - connect: right
  - advance: 7d
  - connection: consent_expired
  - advance: 1d
  - connection: revoked
`, `
scenario: timeline-refreshed
timeline: [{after: refreshed + 5m, do: {connection: login_required}}]
expect:
  - connect: right
  - call: connection.refresh
  - advance: 4m
  - connection: active
  - advance: 1m
  - connection: login_required
`, `
scenario: timeline-event
timeline:
  - {after: connected + 1d, do: {connection: login_required}}
  - {after: webhook connection.login_required + 1h, do: {connection: active}}
expect:
  - connect: right
  - advance: 1d
  - connection: login_required
  - advance: 1h
  - connection: active
`, `
scenario: timeline-circle
timeline:
  - {after: connected, do: {connection: login_required}}
  - {after: webhook connection.login_required, do: {connection: active}}
  - {after: webhook connection.restored, do: {connection: login_required}}
expect:
  - connect: right
  - advance: 10s # each second once, and not for ever in one of them
  - webhooks: {connection.login_required: 1..20}
`, `
scenario: timeline-nobody
login: {credentials: [accept, lock]}
timeline: [{after: connected + 1d, do: {connection: revoked}}]
expect:
  - connect: right
  - call: connection.delete
  - advance: 2d # a connection that is gone is let be
`}

func TestProofs(t *testing.T) {
	t.Parallel()
	s := stage(t, libraryOf(t, proofs...), nil)
	for _, text := range proofs {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(text), "scenario: "), "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases := s.Cases([]*scenarios.Scenario{named(t, libraryOf(t, proofs...), name)})
			if len(cases) == 0 {
				t.Fatal("nothing to play")
			}
			for _, c := range cases {
				r, err := s.Play(context.Background(), c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Miss != nil {
					t.Errorf("%v\n%s", r.Miss, r.Miss.Why)
				}
			}
		})
	}
}

func named(t *testing.T, l *scenarios.Library, name string) *scenarios.Scenario {
	t.Helper()
	s, ok := l.Get(name)
	if !ok {
		t.Fatal(l.Unknown(name))
	}
	return s
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func dump(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
