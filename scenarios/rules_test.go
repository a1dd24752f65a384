package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const decideRules = `
scenario: rules
rules:
  - {on: transactions.list, where: {call: 1..2}, then: {problem: rate_limited}}
  - {on: fintoc.listMovements, where: {call: 4}, then: {problem: timeout}}
  - {on: transactions.list, where: {account: card, persona: ana}, then: {problem: not_found}}
  - {on: transactions.list, where: {institution: cl_banco_prueba}, then: {problem: institution_unavailable}}
  - {on: transactions.list, where: {provider: fintoc, every: 5}, then: {problem: internal}}
  - {on: accounts.list, where: {call: "3.."}, then: {problem: maintenance}}
  - {on: balances.get, then: {problem: forbidden}}
`

func TestDecide(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, decideRules)}})
	list := func(f Fact) Fact {
		f.Operation = "transactions.list"
		return f
	}
	tests := []struct {
		fact Fact
		want string // problem; empty: no rule
	}{
		{list(Fact{Call: 1}), "rate_limited"},
		{list(Fact{Call: 2}), "rate_limited"},
		{list(Fact{Call: 3}), ""},
		{list(Fact{}), ""},
		{list(Fact{Call: 4}), ""},
		{list(Fact{Call: 4, Provider: "fintoc", OperationID: "listMovements"}), "timeout"},
		{list(Fact{Call: 4, Provider: "flinks", OperationID: "listMovements"}), ""},
		{list(Fact{Call: 1, Provider: "fintoc", OperationID: "listMovements"}), "rate_limited"},
		{list(Fact{Call: 3, Account: "card", Persona: "ana"}), "not_found"},
		{list(Fact{Call: 3, Account: "card", Persona: "ben"}), ""},
		{list(Fact{Call: 3, Account: "card"}), ""},
		{list(Fact{Call: 3, Institution: "cl_banco_prueba"}), "institution_unavailable"},
		{list(Fact{Call: 10, Provider: "fintoc"}), "internal"},
		{list(Fact{Call: 10, Provider: "flinks"}), ""},
		{list(Fact{Call: 0, Provider: "fintoc"}), ""},
		{Fact{Operation: "accounts.list", Call: 2}, ""},
		{Fact{Operation: "accounts.list", Call: 3}, "maintenance"},
		{Fact{Operation: "accounts.list", Call: 1 << 60}, "maintenance"},
		{Fact{Operation: "balances.get"}, "forbidden"},
		{Fact{Operation: "accounts.get", Call: 1}, ""},
		{Fact{}, ""},
	}
	for _, tt := range tests {
		d, ok := c.Decide(tt.fact)
		if ok != (tt.want != "") || d.Effects.Problem != tt.want {
			t.Errorf("Decide(%+v) = %q, %v; want %q", tt.fact, d.Effects.Problem, ok, tt.want)
		}
	}
}

func TestDecisionSaysWhy(t *testing.T) {
	t.Parallel()
	d, _ := Compile(Layers{{SourceUsername, mustParse(t, decideRules)}}).Decide(Fact{Operation: "balances.get"})
	if got, want := d.String(), "rule on balances.get (test.yaml:10) of the scenario rules, chosen by the username"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Only a rule with call or every makes the caller count, so that the store is left alone otherwise.
func TestCounts(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, decideRules)}})
	for op, want := range map[string]bool{"transactions.list": true, "accounts.list": true, "balances.get": false, "accounts.get": false} {
		if got := c.Counts(Fact{Operation: op}); got != want {
			t.Errorf("Counts(%s) = %v", op, got)
		}
	}
	if !c.Counts(Fact{Provider: "fintoc", OperationID: "listMovements"}) {
		t.Error("a rule on the provider's operation is not counted")
	}
	if c.Counts(Fact{Provider: "flinks", OperationID: "listMovements"}) {
		t.Error("another provider's operation of that name is counted")
	}
}

// Rules by either name of an operation are tried in the order of the file.
func TestOrder(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, decideRules)}})
	f := Fact{Provider: "fintoc", Operation: "transactions.list", OperationID: "listMovements", Account: "card", Persona: "ana", Institution: "cl_banco_prueba"}
	var problems []string
	for rule := range c.layers[0].book.on(&f) {
		problems = append(problems, rule.Then.Problem)
	}
	if got, want := strings.Join(problems, " "), "rate_limited timeout not_found institution_unavailable internal"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !c.Has(f) || c.Has(Fact{Operation: "accounts.get"}) || !c.Has(Fact{Provider: "fintoc", OperationID: "listMovements"}) {
		t.Error("it is not known which operations have rules")
	}
}

// A scenario built in Go has no index yet, and must behave the same.
func TestCompileWithoutParse(t *testing.T) {
	t.Parallel()
	s := &Scenario{Name: "go", Rules: []Rule{{On: "accounts.list", Then: Effects{Latency: Latency{P50: time.Second}}}}}
	d, ok := Compile(Layers{{SourceProvider, s}}).Decide(Fact{Operation: "accounts.list"})
	if !ok || d.Wait != time.Second {
		t.Errorf("got %+v, %v", d, ok)
	}
}

func manyRules(operation, where string) *Scenario {
	s := &Scenario{Name: "many"}
	for i := range 500 {
		s.Rules = append(s.Rules, Rule{On: operation, Where: Where{Account: fmt.Sprint(where, i)}, Then: Effects{Problem: "internal"}})
	}
	s.book = newBook(s.Rules)
	return s
}

// 500 rules that do not match cost a look-up when they are about other operations, and no memory in any case.
func BenchmarkDecide500(b *testing.B) {
	fact := Fact{Provider: "fintoc", Operation: "accounts.list", OperationID: "listAccounts", Account: "main", Call: 1}
	for _, operation := range []string{"transactions.list", "accounts.list"} {
		c := Compile(Layers{{SourceSandbox, manyRules(operation, "account")}})
		b.Run(operation, func(b *testing.B) {
			if n := testing.AllocsPerRun(10, func() { c.Decide(fact); c.Counts(fact) }); n != 0 {
				b.Errorf("%v allocations", n)
			}
			for b.Loop() {
				if _, ok := c.Decide(fact); ok {
					b.Fatal("matched")
				}
			}
		})
	}
}
