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

// nth is the nth call of every operation that these tests speak of.
func nth(n int64) map[string]int64 {
	calls := map[string]int64{}
	for _, on := range words("accounts.list accounts.get transactions.list balances.get fintoc.listMovements") {
		calls[on] = n
	}
	return calls
}

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
		{list(Fact{Calls: nth(1)}), "rate_limited"},
		{list(Fact{Calls: nth(2)}), "rate_limited"},
		{list(Fact{Calls: nth(3)}), ""},
		{list(Fact{}), ""},
		{list(Fact{Calls: nth(4)}), ""},
		{list(Fact{Calls: nth(4), Provider: "fintoc", OperationID: "listMovements"}), "timeout"},
		{list(Fact{Calls: nth(4), Provider: "flinks", OperationID: "listMovements"}), ""},
		{list(Fact{Calls: nth(1), Provider: "fintoc", OperationID: "listMovements"}), "rate_limited"},
		{list(Fact{Calls: nth(3), Account: "card", Persona: "ana"}), "not_found"},
		{list(Fact{Calls: nth(3), Account: "card", Persona: "ben"}), ""},
		{list(Fact{Calls: nth(3), Account: "card"}), ""},
		{list(Fact{Calls: nth(3), Institution: "cl_banco_prueba"}), "institution_unavailable"},
		{list(Fact{Calls: nth(10), Provider: "fintoc"}), "internal"},
		{list(Fact{Calls: nth(10), Provider: "flinks"}), ""},
		{list(Fact{Calls: nth(0), Provider: "fintoc"}), ""},
		{Fact{Operation: "accounts.list", Calls: nth(2)}, ""},
		{Fact{Operation: "accounts.list", Calls: nth(3)}, "maintenance"},
		{Fact{Operation: "accounts.list", Calls: nth(1 << 60)}, "maintenance"},
		{Fact{Operation: "balances.get"}, "forbidden"},
		{Fact{Operation: "accounts.get", Calls: nth(1)}, ""},
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
func TestCounted(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, decideRules)}})
	for _, tt := range []struct {
		fact Fact
		want string
	}{
		{Fact{Operation: "transactions.list"}, "transactions.list"},
		{Fact{Operation: "accounts.list"}, "accounts.list"},
		{Fact{Operation: "balances.get"}, ""},
		{Fact{Operation: "accounts.get"}, ""},
		{Fact{Operation: "transactions.list", Provider: "fintoc", OperationID: "listMovements"}, "transactions.list fintoc.listMovements"},
		{Fact{Provider: "flinks", OperationID: "listMovements"}, ""},
		{Fact{Operation: "transactions.list", Also: words("balances.get accounts.list")}, "transactions.list accounts.list"},
	} {
		if got := strings.Join(c.Counted(tt.fact), " "); got != tt.want {
			t.Errorf("Counted(%+v) = %s, want %s", tt.fact, got, tt.want)
		}
	}
}

// A call that is several operations meets the rules on each of them, in the order of the
// file, and each rule counts the calls of its own operation.
func TestSeveralOperations(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, `
scenario: several
rules:
  - {on: balances.get, where: {account: card}, then: {problem: forbidden}}
  - {on: accounts.list, where: {call: 2}, then: {problem: maintenance}}
  - {on: transactions.list, where: {call: 1..2}, then: {problem: rate_limited}}
  - {on: flinks.getAccountsDetail, where: {every: 3}, then: {problem: internal}}
  - {on: accounts.list, where: {call: 9..}, then: {problem: timeout}}
`)}})
	details := Fact{Provider: "flinks", Operation: "transactions.list", Also: words("accounts.list balances.get"), OperationID: "getAccountsDetail"}
	for _, tt := range []struct {
		accounts, transactions, own int64
		account, want               string
		call                        int64
	}{
		{1, 1, 1, "card", "forbidden", 0},
		{1, 1, 1, "", "rate_limited", 1},
		{2, 1, 1, "", "maintenance", 2}, // the summary was read before
		{3, 2, 2, "", "rate_limited", 2},
		{4, 3, 3, "", "internal", 3},
		{9, 6, 6, "", "internal", 6},
		{10, 7, 7, "", "timeout", 10},
		{8, 7, 7, "", "", 0},
	} {
		fact := details
		fact.Account = tt.account
		fact.Calls = map[string]int64{"accounts.list": tt.accounts, "transactions.list": tt.transactions, "flinks.getAccountsDetail": tt.own}
		if d, _ := c.Decide(fact); d.Effects.Problem != tt.want || d.Call != tt.call {
			t.Errorf("%+v: got %q at call %d", tt, d.Effects.Problem, d.Call)
		}
	}
	if !c.Has(Fact{Operation: "report.get", Also: words("balances.get")}) || c.Has(Fact{Operation: "report.get", Also: words("accounts.get")}) {
		t.Error("it is not known which operations have rules")
	}
}

// Rules by any name of an operation are tried in the order of the file.
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
	fact := Fact{Provider: "fintoc", Operation: "accounts.list", OperationID: "listAccounts", Account: "main", Calls: nth(1)}
	for _, operation := range []string{"transactions.list", "accounts.list"} {
		c := Compile(Layers{{SourceSandbox, manyRules(operation, "account")}})
		b.Run(operation, func(b *testing.B) {
			if n := testing.AllocsPerRun(10, func() { c.Decide(fact); c.Counted(fact) }); n != 0 {
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
