package scenarios

import (
	"maps"
	"testing"
	"time"
)

func TestLayersCombineBySection(t *testing.T) {
	t.Parallel()
	near := mustParse(t, `
scenario: near
options: {flinks: {edition: legacy}, fintoc: {version: near}}
rules: [{on: accounts.list, where: {call: 1}, then: {problem: timeout}}]
`)
	middle := mustParse(t, `
scenario: middle
login: {ready: after 1m}
tokens: {access: {ttl: 1h}}
rules: [{on: accounts.list, then: {problem: internal}}]
`)
	far := mustParse(t, `
scenario: far
login: {mfa: [{kind: question}], ready: now}
tokens: {access: {ttl: 2h}, refresh: {ttl: 3h}}
institutions: [{id: new, name: New}]
options: {fintoc: {version: far, page_size: 7}}
rules: [{on: accounts.list, then: {problem: maintenance}}, {on: balances.get, then: {problem: maintenance}}]
`)
	layers := Layers{{SourceCall, near}, {SourceUsername, nil}, {SourceSandbox, middle}, {SourceDefault, far}}

	login, from := layers.Login()
	if from.Scenario != far || len(login.MFA) != 1 {
		t.Errorf("login %+v from %+v: a layer with ready alone must not give the login", login, from)
	}
	if ready, from := layers.Ready(); from.Source != SourceSandbox || ready.After != time.Minute {
		t.Errorf("ready %+v from %+v", ready, from)
	}
	if tokens, from := layers.Tokens(); from.Scenario != middle || len(tokens) != 1 {
		t.Errorf("tokens %+v from %+v: the section is given whole", tokens, from)
	}
	if banks, from := layers.Institutions(); from.Scenario != far || len(banks) != 1 {
		t.Errorf("institutions %+v from %+v", banks, from)
	}
	if got, want := layers.Options("fintoc"), map[string]string{"version": "near", "page_size": "7"}; !maps.Equal(got, want) {
		t.Errorf("options %v, want %v", got, want)
	}

	rules := Compile(layers)
	for call, want := range map[int64]string{1: "timeout", 2: "internal"} {
		if d, _ := rules.Decide(Fact{Operation: "accounts.list", Calls: nth(call)}); d.Effects.Problem != want {
			t.Errorf("call %d: %q, want %q", call, d.Effects.Problem, want)
		}
	}
	if d, _ := rules.Decide(Fact{Operation: "balances.get"}); d.Layer.Source != SourceDefault {
		t.Errorf("balances.get decided by %+v", d.Layer)
	}
}

func TestNoLayers(t *testing.T) {
	t.Parallel()
	var none Layers
	if login, from := none.Login(); login == nil || login.Credentials.At(1) != Accept || from != (Layer{}) {
		t.Errorf("login %+v from %+v", login, from)
	}
	if ready, _ := none.Ready(); ready.When != Now {
		t.Errorf("ready %+v", ready)
	}
	if tokens, _ := none.Tokens(); len(tokens)+len(none.Options("fintoc"))+len(none.Timeline()) != 0 {
		t.Error("something from nothing")
	}
	if _, ok := Compile(none).Decide(Fact{Operation: "accounts.list", Calls: nth(1)}); ok {
		t.Error("a decision from nothing")
	}
}
