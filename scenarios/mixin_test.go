package scenarios

import (
	"strings"
	"testing"
	"time"
)

// load reads files into a library of their own; the name of a file is that of its scenario.
func load(t testing.TB, files ...string) (*Library, error) {
	t.Helper()
	var sources []Source
	for _, text := range files {
		first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
		_, name, _ := strings.Cut(first, ": ")
		sources = append(sources, Source{File: name + ".yaml", Data: []byte(strings.TrimSpace(text))})
	}
	return (&Library{vocabulary: testVocabulary()}).Load(sources...)
}

func mustLoad(t testing.TB, files ...string) *Library {
	t.Helper()
	l, err := load(t, files...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const (
	slow   = "scenario: slow\nlogin: {ready: after 1m}\nrules: [{on: accounts.list, then: {latency: 1s}}]"
	asking = "scenario: asking\nlogin: {mfa: [{kind: question}]}\ntokens: {access: {ttl: 1h}}\noptions: {fintoc: {version: old}}"
	short  = "scenario: short\ntokens: {access: {ttl: 1m}}\ntimeline: [{after: connected, do: {connection: revoked}}]\nrules: [{on: accounts.list, then: {problem: internal}}]"
)

// What is used comes first, what the file itself says counts last, and of lists what is
// said later is tried first.
func TestUse(t *testing.T) {
	t.Parallel()
	l := mustLoad(t, slow, asking, `
scenario: both
use: [slow, asking]
seed: 4
rules: [{on: accounts.list, then: {problem: timeout}}]
expect: [{connect: right}]
`)
	s, _ := l.Get("both")
	if s.Login == nil || len(s.Login.MFA) != 1 || s.Ready == nil || s.Ready.After != time.Minute || *s.Seed != 4 {
		t.Errorf("login %+v, ready %+v, seed %v", s.Login, s.Ready, s.Seed)
	}
	if len(s.Tokens) != 1 || s.Options["fintoc"]["version"] != "old" || len(s.Expect) != 1 {
		t.Errorf("tokens %v, options %v, expect %v", s.Tokens, s.Options, s.Expect)
	}
	if len(s.Rules) != 2 || s.Rules[0].Then.Problem != "timeout" || s.Rules[1].File != "slow.yaml" {
		t.Errorf("rules %+v", s.Rules)
	}
	d, ok := Compile(Layers{{SourceSandbox, s}}).Decide(Fact{Operation: "accounts.list"})
	if !ok || d.Effects.Problem != "timeout" {
		t.Errorf("decided %+v", d)
	}
	if used, _ := l.Get("slow"); len(used.Rules) != 1 || used.Login != nil {
		t.Errorf("being used changed the scenario: %+v", used)
	}
	if names, why := s.AppliesTo(testVocabulary()); len(names) != 1 || !strings.Contains(why["flinks"], `asking, which both uses, does not apply: it has no token class "access"`) {
		t.Errorf("applies to %v, for %v", names, why)
	}
}

func TestUseOverrides(t *testing.T) {
	t.Parallel()
	l := mustLoad(t, asking, short, "scenario: both\nuse: [asking, short]\noverride: true", "scenario: mine\nuse: [asking]\noverride: true\nlogin: {credentials: [reject]}")
	if s, _ := l.Get("both"); s.Tokens["access"].TTL != (Span{D: time.Minute}) || len(s.Timeline) != 1 {
		t.Errorf("tokens %v, timeline %v", s.Tokens, s.Timeline)
	}
	if s, _ := l.Get("mine"); len(s.Login.MFA) != 0 || s.Login.Credentials.At(1) != Reject {
		t.Errorf("login %+v", s.Login)
	}
}

// What a mixin that is meant for everybody brings asks nothing of a provider.
func TestUseEverywhere(t *testing.T) {
	t.Parallel()
	l := mustLoad(t, "scenario: base\neverywhere: true\ntokens: {refresh: {rotate: true}}", "scenario: mine\nuse: [base]\nlogin: {ready: now}")
	s, _ := l.Get("mine")
	if names, why := s.AppliesTo(testVocabulary()); len(names) != 2 {
		t.Errorf("applies to %v, for %v", names, why)
	}
	if s.Tokens["refresh"].Rotate == nil {
		t.Error("nothing came of the mixin")
	}
}

func TestUseRejects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files []string
		want  string
	}{
		{"unknown", []string{slow, "scenario: x\nuse: [slw]"}, `x.yaml:2:7: SB124: found the unknown scenario "slw", expected the name of a scenario; did you mean "slow"?`},
		{"itself", []string{"scenario: x\nuse: [x]"}, `x.yaml:2:7: SB124: found a circle: x uses x, expected scenarios that do not use this one`},
		{"a circle", []string{"scenario: x\nuse: [y]", "scenario: y\nuse: [x]"}, `y.yaml:2:7: SB124: found a circle: x uses y uses x,`},
		{"two mixins", []string{asking, short, "scenario: x\nuse: [asking, short]"}, `x.yaml:2:7: SB120: found the token access of asking and of short, expected one of them, or override: true`},
		{"mixin and file", []string{asking, "scenario: x\nuse: [asking]\nlogin: {credentials: [lock]}"}, `x.yaml:2:7: SB120: found the login of asking and of x,`},
		{"an option", []string{asking, "scenario: x\nuse: [asking]\noptions: {fintoc: {version: new}}"}, `found the option fintoc version of asking and of x`},
		{"an unknown persona", []string{"scenario: x\npersona: salarid"}, `x.yaml:2:10: SB123: found the unknown persona "salarid", expected one of salaried, power-user, business, empty; did you mean "salaried"?`},
		{"a condition's", []string{"scenario: x\nrules: [{on: accounts.list, where: {persona: busines}, then: {latency: 1s}}]"}, `SB123: found the unknown persona "busines"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := load(t, tt.files...)
			if l != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
	// The same thing said twice is no clash.
	if _, err := load(t, asking, "scenario: x\nuse: [asking]\nlogin: {mfa: [{kind: question}]}"); err != nil {
		t.Error(err)
	}
}

func TestPersonaFiles(t *testing.T) {
	t.Parallel()
	l := mustLoad(t, `
persona: ana
title: Ana, who is paid late
use: salaried
login: {username: "41614850-3", password: jonsnow}
`, `
persona: ana-again
use: ana
identity: {name: Ana}
`, "scenario: x\npersona: ana-again\nrules: [{on: accounts.list, where: {persona: ana}, then: {latency: 1s}}]",
		"scenario: y\npersona: {use: ana, login: {username: me, password: mine}}", "scenario: z\npersona: business")
	x, _ := l.Get("x")
	if p := x.Persona; p.Use != "salaried" || p.Login.Username != "41614850-3" || p.Identity.Name != "Ana" {
		t.Errorf("x is %+v", p)
	}
	if y, _ := l.Get("y"); y.Persona.Use != "salaried" || y.Persona.Login.Password != "mine" {
		t.Errorf("y is %+v", y.Persona)
	}
	if z, _ := l.Get("z"); z.Persona.Use != "business" || z.Persona.Login != nil {
		t.Errorf("z is %+v", z.Persona)
	}
	if p, from := (Layers{{SourceSandbox, x}}).Persona(); p != x.Persona || from.Scenario != x {
		t.Errorf("the layers give %v", p)
	}
	if _, ok := l.Get("ana"); ok {
		t.Error("a persona is no scenario")
	}
	_, err := load(t, "persona: ana\nuse: salaried", "persona: ana\nuse: business")
	if err == nil || !strings.Contains(err.Error(), `SB119: found the persona "ana" again, expected a name of its own: ana.yaml has this one`) {
		t.Error(err)
	}
	if _, err := Parse("p.yaml", []byte("persona: ana\nuse: salaried"), testVocabulary()); err == nil || !strings.Contains(err.Error(), "found a persona, expected a scenario") {
		t.Error(err)
	}
}
