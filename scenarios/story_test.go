package scenarios

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseStory(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `
scenario: story
timeline:
  - {after: connected + 30d, do: {connection: login_required}}
  - {after: access_expired, do: {connection: revoked}}
  - after: webhook consent.ended + 1w
    do: {data: {insert: {account: main, amount: -350.00, description: Compra}}}
rules:
  - on: session.submit
    where: {step: credentials, connection_age: 1d..2d, page: 2.., header: {X-Case: 0042}, chance: 0.5%}
    then: {status: 503, body: {error: [no, 0042, 1.50, ~, "x"]}, contract: violate, latency: {p50: 1s, p99: 2s}}
  - on: accounts.list
    then: {status: 502, body: "<html>"}
  - on: balances.get
    then: {timeout: 1m}
expect:
  - connect: right
  - connect: {institution: cl_x, username: "41614850-3", password: wrong, mfa: none, accounts: [main]}
    sees: login_invalid
  - connect: {mfa: ["0000", ["00", "01"]]}
  - connect: leave
    sees: user_cancelled
  - call: fintoc.listMovements
    fails: rate_limited
    retry_after: 30s
    times: 3
    takes: 1s
  - call: accounts.list
    status: 200
    items: 0
  - call: accounts.list
    items: 2..
  - advance: 1mo2d
  - connection: revoked
  - webhooks: {connection.login_required: 2}
  - rules: all_used
`)
	wantTimeline := []Entry{
		{Anchor: "connected", Wait: Span{Days: 30}, State: "login_required", File: "test.yaml", Line: 4},
		{Anchor: "access_expired", State: "revoked", File: "test.yaml", Line: 5},
		{Anchor: "webhook consent.ended", Wait: Span{Days: 7}, File: "test.yaml", Line: 6,
			Changes: []Change{{Do: "insert", Row: Row{Amount: "-350.00", Description: "Compra"}, Account: "main", Line: 7}}},
	}
	if !reflect.DeepEqual(s.Timeline, wantTimeline) {
		t.Errorf("timeline %+v", s.Timeline)
	}
	wantRule := Rule{On: "session.submit", File: "test.yaml", Line: 9,
		Where: Where{Step: "credentials", Age: Age{Span{Days: 1}, Span{Days: 2}}, Page: Calls{From: 2}, Header: map[string]string{"X-Case": "0042"}, Chance: 50},
		Then:  Effects{Status: 503, Body: `{"error":["no","0042",1.50,null,"x"]}`, JSON: true, Violate: true, Latency: Latency{time.Second, 2 * time.Second}}}
	if !reflect.DeepEqual(s.Rules[0], wantRule) {
		t.Errorf("rule %+v\nwant %+v", s.Rules[0], wantRule)
	}
	if e := s.Rules[1].Then; e.Body != "<html>" || e.JSON || s.Rules[2].Then.Timeout != time.Minute {
		t.Errorf("effects %+v, %+v", e, s.Rules[2].Then)
	}
	wantExpect := []Step{
		{Connect: &Connect{}, Times: 1, Line: 17},
		{Connect: &Connect{Institution: "cl_x", Username: "41614850-3", Password: "wrong", MFA: "none", Accounts: []string{"main"}}, Sees: "login_invalid", Times: 1, Line: 18},
		{Connect: &Connect{Answers: [][]string{{"0000"}, {"00", "01"}}}, Times: 1, Line: 20},
		{Connect: &Connect{Do: "leave"}, Sees: "user_cancelled", Times: 1, Line: 21},
		{Call: "fintoc.listMovements", Fails: "rate_limited", RetryAfter: 30 * time.Second, Times: 3, Takes: time.Second, Line: 23},
		{Call: "accounts.list", Status: 200, Items: &Calls{}, Times: 1, Line: 28},
		{Call: "accounts.list", Items: &Calls{From: 2}, Times: 1, Line: 31},
		{Advance: Span{Months: 1, Days: 2}, Times: 1, Line: 33},
		{Connection: "revoked", Times: 1, Line: 34},
		{Webhooks: map[string]Calls{"connection.login_required": {2, 2}}, Times: 1, Line: 35},
		{Rules: true, Times: 1, Line: 36},
	}
	for i, want := range wantExpect {
		if !reflect.DeepEqual(s.Expect[i], want) {
			t.Errorf("step %d is %+v\nwant %+v", i, s.Expect[i], want)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    Calls
		n    int64
		want bool
		text string
	}{
		{Calls{}, 0, true, "0"}, {Calls{}, 1, false, "0"}, {Calls{2, 2}, 2, true, "2"}, {Calls{2, 2}, 3, false, "2"},
		{Calls{2, 0}, 900, true, "2.."}, {Calls{2, 0}, 1, false, "2.."}, {Calls{2, 4}, 4, true, "2..4"}, {Calls{2, 4}, 5, false, "2..4"},
	} {
		if tt.c.Has(tt.n) != tt.want || tt.c.String() != tt.text {
			t.Errorf("%v (%s) has %d: %v", tt.c, tt.c, tt.n, !tt.want)
		}
	}
}

func TestParseData(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `
scenario: data
data:
  - move: {match: {category: salary, which: last}, to: 2026-02-03}
  - duplicate: {account: card, match: {category: rent, which: 2}}
  - change: {match: {id: mov_1, month: 2025-12}, set: {amount: -99.99}}
    visible_from: 2026-01-16T08:00:00Z
  - remove: {match: {which: first}}
    displayed: true
  - insert: {date: +3d, amount: 0012.50, description: Abono, kind: transfer_in, id: "0042", pending_from: 2026-01-05}
  - balance: {off_by: 0.01, on: 2026-01-10}
  - close: savings
  - open: {account: fx, on: -30d}
`)
	at := time.Date(2026, 1, 16, 8, 0, 0, 0, time.UTC)
	want := []Change{
		{Do: "move", Match: Match{Category: "salary", Which: 1}, To: "2026-02-03", Line: 4},
		{Do: "duplicate", Account: "card", Match: Match{Category: "rent", Which: 2}, Line: 5},
		{Do: "change", Match: Match{ID: "mov_1", Month: "2025-12"}, Row: Row{Amount: "-99.99"}, From: &at, Line: 6},
		{Do: "remove", Match: Match{Which: -1}, Displays: true, Line: 8},
		{Do: "insert", Row: Row{Date: "+3d", Amount: "0012.50", Description: "Abono", Kind: "transfer_in", ID: "0042", PendingFrom: "2026-01-05"}, Line: 10},
		{Do: "balance", OffBy: "0.01", To: "2026-01-10", Line: 11},
		{Do: "close", Account: "savings", Line: 12},
		{Do: "open", Account: "fx", To: "-30d", Line: 13},
	}
	if !reflect.DeepEqual(s.Data, want) {
		t.Errorf("got  %+v\nwant %+v", s.Data, want)
	}
}

func TestParsePersona(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `
scenario: who
persona:
  use: salaried
  login: {username: "41614850-3", password: jonsnow}
  identity:
    name: Lena Marquardt
    national_id: "0042"
    born: 1991-02-28
    email: lena@example.test
    phone: "+49 30 23125 417"
    address: {street: Lindenhofweg 7, zip: "09990", city: Nordheim}
  income:
    - {kind: salary, from: Nordlicht, net: 3724.15, gross: 5790.00, pay: last business day, raise: 3.1%}
  accounts:
    main:
      type: checking
      currency: EUR
      opening: 2500.00
      limit: 500.00
      number: {account: "0001234", bank: "777", transit: "00099"}
      spend: {budget: 900.00, mix: {groceries: 4}}
      bills: [{id: rent, to: Wohnbau, amount: 1180.00, pay: 1st following, vary: 8%}]
    card:
      statement: {closes: 18, due: 12, from: main}
      transactions: [{date: 2025-12-30, amount: -12.50, description: POS}]
`)
	want := &Persona{
		Use: "salaried", Login: &Credentials{Username: "41614850-3", Password: "jonsnow"}, file: "test.yaml", at: place{4, 3},
		Identity: &Identity{Name: "Lena Marquardt", NationalID: "0042", Email: "lena@example.test", Phone: "+49 30 23125 417", Born: "1991-02-28",
			Street: "Lindenhofweg 7", Zip: "09990", City: "Nordheim"},
		Income: []Income{{Kind: "salary", From: "Nordlicht", Net: "3724.15", Gross: "5790.00", Pay: "last business day", Raise: "3.1%"}},
		Accounts: []Account{
			{Key: "main", Type: "checking", Currency: "EUR", Opening: "2500.00", Limit: "500.00", Budget: "900.00", Number: "0001234", Bank: "777", Transit: "00099",
				Mix: map[string]int{"groceries": 4}, Bills: []Bill{{"rent", "Wohnbau", "1180.00", "1st following", "8%"}}},
			{Key: "card", StatementCloses: 18, StatementDue: 12, StatementFrom: "main", Rows: []Row{{Date: "2025-12-30", Amount: "-12.50", Description: "POS"}}},
		},
	}
	if !reflect.DeepEqual(s.Persona, want) {
		t.Errorf("got  %+v\nwant %+v", s.Persona, want)
	}
	// What the program at hand cannot carry out is refused with the reason.
	v := testVocabulary()
	v.Lacks = map[string]string{"data": "changes", "income": "personas"}
	for text, why := range map[string]string{
		"scenario: x\ndata: {close: main}":                                           "which will come with changes",
		"scenario: x\ntimeline: [{after: connected, do: {data: {close: main}}}]":     "which will come with changes",
		"scenario: x\npersona: {use: salaried, income: [{kind: salary, net: 1.00}]}": "which will come with personas",
	} {
		if _, err := Parse("x.yaml", []byte(text), v); err == nil || err.(ErrorList)[0].Code != codeComing || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
