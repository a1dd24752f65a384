package scenarios

import (
	"reflect"
	"testing"
	"time"
)

func mustParse(t testing.TB, text string) *Scenario {
	t.Helper()
	s, err := Parse("test.yaml", []byte(text), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

func TestParseEverything(t *testing.T) {
	t.Parallel()
	got := mustParse(t, `
scenario: all-of-it
title: Everything, once
about: >-
  Proves that
  it is read.
providers: [fintoc]
seed: 18446744073709551615
clock: 2026-03-31T10:00:00-03:00
history: 1y6mo
login:
  credentials: [reject x2, accept]
  mfa:
    - kind: question
      expires: 3m
      resend: {max: 2, after: 30s}
      attempts: [reject, expire, lock, cancel, accept]
      prompt: First pet?
      answers: [0042, no, Ñandú]
    - {kind: push, approve: after 2 polls}
  accounts: [main, card]
  consent: {ends: 90d}
  ready: after 1m
tokens:
  access: {ttl: 1h}
  refresh: {idle: 90d, absolute: 180d, uses: 3, rotate: false, reuse: revoke_family, grace: 0s}
institutions:
  - {id: "0014", name: Banco de Pruebas, status: degraded}
  - {id: cl_banco_prueba}
options: {fintoc: {version: 2023-11-15, webhooks: true, page_size: 30, cooldown: 5m}}
rules:
  - on: transactions.list
    where: {call: 1..3, every: 2, institution: "0014", account: main, persona: ana}
    then: {problem: rate_limited, retry_after: 30s, message: Slow down, latency: 250ms}
  - on: fintoc.listMovements
    then: {latency: 2s}
`)
	got.book, got.at, got.text = nil, nil, ""
	want := &Scenario{
		Name: "all-of-it", Title: "Everything, once", About: "Proves that it is read.", File: "test.yaml",
		Providers: []string{"fintoc"},
		Seed:      ptr(uint64(18446744073709551615)),
		Clock:     ptr(time.Date(2026, 3, 31, 13, 0, 0, 0, time.UTC)),
		History:   &Span{Months: 18},
		Login: &Login{
			Credentials: Attempts{Reject, Reject, Accept},
			MFA: []Challenge{
				{Kind: "question", Expires: 3 * time.Minute, ResendMax: 2, ResendAfter: 30 * time.Second,
					Attempts: Attempts{Reject, Expire, Lock, Cancel, Accept}, Prompt: "First pet?", Answers: []string{"0042", "no", "Ñandú"}},
				{Kind: "push", ResendMax: -1, Approve: Approve{When: Polls, Polls: 2}},
			},
			Accounts:    AccountChoice{Keys: []string{"main", "card"}},
			ConsentEnds: Span{Days: 90},
		},
		Ready: &Ready{When: After, After: time.Minute},
		Tokens: map[string]TokenRule{
			"access":  {TTL: Span{D: time.Hour}},
			"refresh": {Idle: Span{Days: 90}, Absolute: Span{Days: 180}, Uses: 3, Rotate: ptr(false), Reuse: RevokeFamily, Grace: &Span{}},
		},
		Institutions: []Institution{{"0014", "Banco de Pruebas", "degraded"}, {"cl_banco_prueba", "", "ok"}},
		Options: map[string]map[string]string{
			"fintoc": {"version": "2023-11-15", "webhooks": "true", "page_size": "30", "cooldown": "5m"},
		},
		Rules: []Rule{
			{On: "transactions.list", File: "test.yaml", Line: 32, Where: Where{Call: Calls{1, 3}, Every: 2, Institution: "0014", Account: "main", Persona: "ana"},
				Then: Effects{Problem: "rate_limited", Message: "Slow down", RetryAfter: 30 * time.Second, Latency: Latency{P50: 250 * time.Millisecond}}},
			{On: "fintoc.listMovements", File: "test.yaml", Line: 35, N: 1, Then: Effects{Latency: Latency{P50: 2 * time.Second}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseApproveAndReady(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Approve{
		"now": {When: Now}, "denied": {When: Denied}, "never": {When: Never},
		"after 5s": {When: After, After: 5 * time.Second}, "after 1 poll": {When: Polls, Polls: 1}, "after 12 polls": {When: Polls, Polls: 12},
	} {
		if got := mustParse(t, "scenario: x\nlogin: {mfa: [{kind: push, approve: "+text+"}]}").Login.MFA[0].Approve; got != want {
			t.Errorf("approve: %s = %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]Ready{
		"now": {When: Now}, "after 1d": {When: After, After: 24 * time.Hour}, "after 3 polls": {When: Polls, Polls: 3},
		"fails internal": {When: Fails, Problem: "internal"},
	} {
		if got := mustParse(t, "scenario: x\nlogin: {ready: "+text+"}").Ready; *got != want {
			t.Errorf("ready: %s = %+v, want %+v", text, *got, want)
		}
	}
}

func TestParseCalls(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Calls{"3": {3, 3}, "1..3": {1, 3}, "4..": {4, 0}, "7..7": {7, 7}} {
		s := mustParse(t, "scenario: x\nrules: [{on: accounts.list, where: {call: "+text+"}, then: {latency: 1s}}]")
		if got := s.Rules[0].Where.Call; got != want {
			t.Errorf("call: %s = %+v, want %+v", text, got, want)
		}
	}
}

func TestParseAccountChoice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"all": "main card", "none": "", "[card, loan]": "card"} {
		choice := mustParse(t, "scenario: x\nlogin: {accounts: "+text+"}").Login.Accounts
		for _, key := range []string{"main", "card"} {
			if got := choice.Includes(key); got != contains(words(want), key) {
				t.Errorf("accounts: %s includes %s = %v", text, key, got)
			}
		}
	}
}

func TestAttemptsLastRepeats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list Attempts
		n    int
		want Outcome
	}{
		{nil, 1, Accept}, {nil, 9, Accept},
		{Attempts{Reject, Reject, Accept}, 0, Reject}, {Attempts{Reject, Reject, Accept}, 2, Reject},
		{Attempts{Reject, Reject, Accept}, 3, Accept}, {Attempts{Reject, Reject, Accept}, 99, Accept},
		{Attempts{Accept, Lock}, 1, Accept}, {Attempts{Accept, Lock}, 7, Lock},
	} {
		if got := tt.list.At(tt.n); got != tt.want {
			t.Errorf("%v.At(%d) = %s, want %s", tt.list, tt.n, got, tt.want)
		}
	}
}

// A login that only says ready leaves the login itself to farther layers; an empty mfa list is a login that asks nothing.
func TestSectionsOfLogin(t *testing.T) {
	t.Parallel()
	if s := mustParse(t, "scenario: x\nlogin: {ready: now}"); s.Login != nil || s.Ready == nil {
		t.Errorf("login with ready alone = %+v, %+v", s.Login, s.Ready)
	}
	if s := mustParse(t, "scenario: x\nlogin: {mfa: []}"); s.Login == nil || s.Ready != nil {
		t.Errorf("login with no mfa = %+v, %+v", s.Login, s.Ready)
	}
}
