package mocks_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/scenarios"
)

// An expectation that does not hold is told with its place, what was seen, and why.
func TestMisses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, steps, want, why string }{
		{"sight", "  - connect: {password: wrong}", "x.yaml:7: connect: expected connected, seen login_invalid", ""},
		{"move", "  - connect: open\n    sees: institution", "x.yaml:7: connect: open: expected institution, seen consent", ""},
		{"success", "  - connect: right\n  - call: accounts.list", "x.yaml:8: call: accounts.list: expected success, seen rate_limited",
			"rule on accounts.list (x.yaml:4) of the scenario x, chosen by the sandbox; rate_limited; call 1"},
		{"problem", "  - connect: right\n  - {call: accounts.list, fails: internal}", "expected internal, seen rate_limited", ""},
		{"none", "  - connect: right\n  - {call: transactions.list, fails: internal}", "call: transactions.list: expected internal, seen success", ""},
		{"times", "  - connect: right\n  - {call: accounts.list, fails: rate_limited, times: 2}", "call: accounts.list, time 2: expected rate_limited, seen success", "call 2"},
		{"status", "  - connect: right\n  - {call: accounts.list, status: 500}", "expected 500, seen 429", ""},
		{"retry after", "  - connect: right\n  - {call: accounts.list, fails: rate_limited, retry_after: 1m}", `expected Retry-After 60, seen "30"`, ""},
		{"items", "  - connect: right\n  - {call: institutions.list, items: 1000..}", "expected 1000.. items, seen", ""},
		{"has", "  - connect: right\n  - {call: transactions.list, has: {COMPRA: 0, NO SUCH TEXT: 0}}", `expected 0 items with "COMPRA", seen`, ""},
		{"has not", "  - connect: right\n  - {call: transactions.list, has: {NO SUCH TEXT: 1..}}", `expected 1.. items with "NO SUCH TEXT", seen 0 items`, ""},
		{"takes", "  - connect: right\n  - {call: transactions.list, takes: 1s}", "expected at least 1s, seen 0s", ""},
		{"connection", "  - connection: active", "connection: expected active, seen no connection", ""},
		{"webhooks", "  - connect: right\n  - webhooks: {refresh.failed: 2}", "expected 2 notices of refresh.failed, seen 0", "told so far"},
		{"unsigned", "  - connect: right\n  - webhooks: {consent.ended: 0, signature: valid}", "webhooks: expected signed webhooks, seen no webhook at all", ""},
		{"rules", "  - connect: right\n  - rules: all_used", "rules: all_used: expected every rule to be met by a call, seen no call for the one on accounts.list in line 4, the one on transactions.list in line 5", ""},
		{"impossible", "  - connect: right\n  - call: connection.delete\n  - call: connection.delete", "expected success, seen not_found", ""},
		{"contract", "  - connect: right\n  - {call: transactions.list, times: 2}", "call: transactions.list, time 2: expected an answer that keeps to the provider's document, seen", "x.yaml:5"},
		{"the end", "  - connect: leave\n    sees: connected", "connect: leave: expected connected, seen user_cancelled", ""},
		{"approve nothing", "  - connect: approve\n    sees: push", "connect: approve: expected push, seen credentials", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := libraryOf(t, "scenario: x\nlogin: {credentials: [accept]}\nrules:\n  - {on: accounts.list, where: {call: 1}, then: {problem: rate_limited, retry_after: 30s}}\n  - {on: transactions.list, where: {call: 2}, then: {status: 200, body: [1]}}\nexpect:\n"+tt.steps)
			s := stage(t, l, nil)
			r, err := s.Play(context.Background(), s.Cases([]*scenarios.Scenario{named(t, l, "x")})[0])
			if err != nil {
				t.Fatal(err)
			}
			if r.Miss == nil || !strings.Contains(r.Miss.Error(), tt.want) || !strings.Contains(r.Miss.Why, tt.why) {
				t.Errorf("got  %v, %+v\nwant %s, why %s", r.Miss, r.Miss, tt.want, tt.why)
			}
		})
	}
}

// A signature that does not hold is a miss. A provider that signs nothing cannot be tried.
func TestMissedSignature(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, "scenario: x\ntimeline: [{after: connected + 1d, do: {connection: login_required}}]\nexpect:\n"+
		"  - connect: right\n  - advance: 1d\n  - webhooks: {connection.login_required: 1, signature: valid}")
	s := stage(t, l, nil)
	c := s.Cases([]*scenarios.Scenario{named(t, l, "x")})[0]
	if r, err := s.Play(context.Background(), c); err != nil || r.Miss != nil {
		t.Fatal(r.Miss, err)
	}
	check := s.Signature
	s.Signature = func(ctx context.Context, sandbox, provider string, header http.Header, body []byte) error {
		return check(ctx, sandbox, provider, header, append(body, ' '))
	}
	r, err := s.Play(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Miss == nil || r.Miss.Error() != "x.yaml:6: webhooks: expected valid signatures, seen 5 of 5 webhooks without" || !strings.HasPrefix(r.Miss.Why, `it has the signature Fintoc-Signature "t=`) {
		t.Errorf("got %v, %+v", r.Miss, r.Miss)
	}
	mute := s.Vocabulary.Providers[c.Provider.Name]
	mute.Events = nil
	s.Vocabulary.Providers = map[string]scenarios.ProviderVocabulary{c.Provider.Name: mute}
	if cases := s.Cases([]*scenarios.Scenario{c.Scenario}); len(cases) != 1 || cases[0].Steps != 2 || cases[0].Rest() != `line 6, webhooks: it sends no webhooks that could be signed` {
		t.Errorf("without webhooks: %+v", cases)
	}
}

// Why an answer was what it was: layer, rule, attempt, draw and clock.
func TestAnswersSayWhy(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: why
seed: 7
login: {mfa: [{kind: otp_sms, attempts: [reject, accept]}]}
rules:
  - {on: accounts.list, where: {chance: 50%}, then: {problem: internal, latency: {p50: 1s, p99: 2s}}}
`)
	s := stage(t, l, nil)
	d := engine.NewDriver(s.Base, "why", s.Providers[0])
	ctx := context.Background()
	control := func(method, path string, in, out any) {
		t.Helper()
		if _, err := d.Control(ctx, method, path, in, out); err != nil {
			t.Fatal(err)
		}
	}
	control(http.MethodPost, "/sandboxes", map[string]any{"name": "why", "scenario": "why", "clock": s.Clock}, nil)
	if _, err := d.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	handle, err := d.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	type why struct {
		Scenario, Layer, Rule, Attempt, Draws, Problem *string
		Clock                                          string
		Waited                                         *int `json:"waited_ms"`
	}
	last := func(query string) why {
		t.Helper()
		var list struct{ Entries []struct{ Why why } }
		control(http.MethodGet, "/journal?limit=1&"+query, nil, &list)
		if len(list.Entries) == 0 {
			t.Fatal("the journal is empty")
		}
		return list.Entries[0].Why
	}
	login := map[string]any{"username": d.Vars["username"], "password": d.Vars["password"], "answers": []string{"0000"}}
	if err := d.Drive(ctx, handle, login, nil); err != nil {
		t.Fatal(err)
	}
	if w := last("kind=control"); str(w.Attempt) != "challenge 1, answer 1: reject" || str(w.Scenario) != "why" || str(w.Layer) != "sandbox" {
		t.Errorf("the answer is explained by %s", dump(w))
	}
	if err := d.Drive(ctx, handle, map[string]any{"answers": "right"}, nil); err != nil {
		t.Fatal(err)
	}
	if w := last("kind=control"); str(w.Attempt) != "challenge 1, answer 2: accept" {
		t.Errorf("the second answer is explained by %s", dump(w))
	}
	drawn, met := 0, 0
	for range 6 {
		if _, err := d.Call(ctx, "listAccounts"); err != nil {
			t.Fatal(err)
		}
		w := last("operation=accounts.list")
		if strings.HasPrefix(str(w.Draws), "chance 50% at why.yaml:5: drew ") {
			drawn++
		}
		if w.Problem != nil {
			met++
			if w.Waited == nil || !strings.Contains(str(w.Draws), "latency p50 1s p99 2s at why.yaml:5: drew ") ||
				str(w.Rule) != "rule on accounts.list (why.yaml:5) of the scenario why, chosen by the sandbox" || w.Clock != "2026-03-31T10:00:00Z" {
				t.Errorf("the failure is explained by %s", dump(w))
			}
		}
	}
	if drawn != 6 || met == 0 || met == 6 {
		t.Errorf("%d of 6 calls tell what was drawn, %d failed", drawn, met)
	}
}

// A page meets rules as a call does: by its operation, and by the step of its session.
func TestRulesOfPages(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: pages
rules:
  - {on: session.open, where: {call: 1}, then: {problem: maintenance}}
  - {on: session.submit, where: {step: institution}, then: {problem: internal}}
`)
	s := stage(t, l, nil)
	d := engine.NewDriver(s.Base, "pages", s.Providers[0])
	d.Headers["Stunt-Scenario"] = "pages"
	ctx := context.Background()
	entry, err := d.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	browser := enginetest.NewBrowser(t, s.Base)
	if p := browser.Open(entry); p.Status != http.StatusServiceUnavailable {
		t.Errorf("the first look at the page answers %d", p.Status)
	}
	p := browser.Open(entry).Want("consent", "").Click("consent-accept").Want("institutions", "")
	if p = p.Click("institution-cl_banco_de_chile"); p.Status != http.StatusInternalServerError {
		t.Errorf("the choice of a bank answers %d in %q", p.Status, p.State())
	}
}

// What is drawn in a sandbox depends on its seed and its own calls alone: two sandboxes
// whose calls are interleaved in any way fare as each does alone.
func TestDrawsKeepToTheirSandbox(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: draws
rules:
  - {on: accounts.list, where: {chance: 40%}, then: {problem: internal}}
  - {on: accounts.list, then: {latency: {p50: 100ms, p99: 1s}}}
`)
	const calls = 12
	type world struct {
		d    *engine.Driver
		seen []string
	}
	play := func(interleave func(i int) []string) map[string][]string {
		s := stage(t, l, nil)
		worlds := map[string]*world{}
		for name, seed := range map[string]int{"one": 1, "two": 2, "one-again": 1} {
			w := &world{d: engine.NewDriver(s.Base, name, s.Providers[0])}
			if _, err := w.d.Control(context.Background(), http.MethodPost, "/sandboxes",
				map[string]any{"name": name, "scenario": "draws", "seed": seed, "clock": s.Clock}, nil); err != nil {
				t.Fatal(err)
			}
			worlds[name] = w
		}
		for i := range calls {
			for _, name := range interleave(i) {
				w := worlds[name]
				a, err := w.d.Call(context.Background(), "listAccounts")
				if err != nil {
					t.Fatal(err)
				}
				var e struct {
					Why struct {
						Draws  string
						Waited int `json:"waited_ms"`
					}
				}
				if _, err := w.d.Control(context.Background(), http.MethodGet, "/journal/"+a.Header.Get(engine.RequestHeader), nil, &e); err != nil {
					t.Fatal(err)
				}
				w.seen = append(w.seen, fmt.Sprint(a.Status, e.Why))
			}
		}
		out := map[string][]string{}
		for name, w := range worlds {
			out[name] = w.seen
		}
		return out
	}
	alone := play(func(int) []string { return []string{"one"} })["one"]
	mixed := play(func(i int) []string {
		return [][]string{{"one", "two", "one-again"}, {"two", "two", "one", "one-again"}, {"one-again", "one"}}[i%3]
	})
	if !slices.Equal(mixed["one"], alone) {
		t.Errorf("beside others it is\n%q\nalone\n%q", mixed["one"], alone)
	}
	if !slices.Equal(mixed["one-again"], alone) {
		t.Errorf("a sandbox with the same seed draws\n%q\nwant\n%q", mixed["one-again"], alone)
	}
	if slices.Equal(mixed["two"][:calls], alone) {
		t.Error("another seed draws the same")
	}
}

// What does not hold of a login by calls is told as it is of a page.
func TestMissesOfCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, script, steps, want, why string }{
		{"nothing is missing", "", "  - connect: right\n  - {call: transactions.list, items: 8..}\n  - {call: accounts.list, items: 7}\n  - {call: balances.get, items: 7}\n  - {call: flinks.getAccountsDetail, items: 8..}", "", ""},
		{"sight", "", "  - connect: {password: wrong}", "connect: expected connected, seen login_invalid", "login_invalid"},
		{"no user", "", "  - connect: {username: nobody}", "seen login_invalid", "login_invalid (Username)"},
		{"unknown bank", "", "  - connect: {institution: nowhere}\n    sees: invalid_request\n  - connect: poll", "connect: poll: expected it to be possible, seen no login is under way", ""},
		{"challenge", "login: {mfa: [{kind: choice}]}", "  - connect: {mfa: none}", "expected connected, seen choice", ""},
		{"answer", "login: {mfa: [{kind: coordinate_card}]}", "  - connect: {mfa: wrong}", "expected connected, seen challenge_invalid", "challenge_invalid"},
		{"answers", "login: {mfa: [{kind: choice}, {kind: otp_sms}]}", "  - connect: {mfa: [Old Mill, \"1234\"]}", "seen challenge_invalid", ""},
		{"too few answers", "login: {mfa: [{kind: choice}, {kind: otp_sms}]}", "  - connect: {mfa: [Old Mill]}", "seen otp_sms", ""},
		{"answers in two steps", "login: {mfa: [{kind: choice}, {kind: otp_sms}]}", "  - connect: {mfa: [Old Mill]}\n    sees: otp_sms\n  - connect: right", "", ""},
		{"approved", "login: {mfa: [{kind: push}]}", "  - connect: right", "", ""},
		{"never approved", "login: {mfa: [{kind: push, approve: never}]}", "  - connect: right", "seen push", ""},
		{"denied by hand", "login: {mfa: [{kind: push}]}", "  - connect: {mfa: none}\n    sees: push\n  - connect: deny", "connect: deny: expected connected, seen user_cancelled", ""},
		{"nothing to approve", "login: {mfa: [{kind: choice}]}", "  - connect: {mfa: none}\n    sees: choice\n  - connect: approve", "connect: approve: expected it to be possible, seen POST", ""},
		{"not there yet", "login: {ready: after 20m}", "  - connect: right\n  - call: accounts.list", "call: accounts.list: expected success, seen pending", ""},
		{"said to be pending", "login: {ready: after 20m}", "  - connect: right\n    sees: waiting\n  - {call: accounts.list, fails: pending}\n  - advance: 20m\n  - connect: poll\n  - call: accounts.list", "", ""},
		{"still pending", "login: {ready: after 20m}", "  - connect: right\n    sees: waiting\n  - connect: poll", "connect: poll: expected connected, seen waiting", ""},
		{"never there", "login: {ready: fails maintenance}", "  - connect: right\n    sees: waiting", "expected waiting, seen maintenance", ""},
		{"a rule on the login", "rules: [{on: session.submit, where: {step: credentials, call: 2}, then: {problem: rate_limited}}]", "  - connect: right\n  - connect: right", "expected connected, seen rate_limited", "call 2"},
		{"a login that is over", "", "  - connect: right\n  - call: accounts.list\n  - advance: 2d\n  - call: accounts.list", "", ""},
		{"and is refused", "login: {credentials: [accept, reject]}", "  - connect: right\n  - advance: 1h\n  - call: accounts.list", "call: accounts.list: expected success, seen login_invalid", ""},
		{"as expected", "login: {credentials: [accept, reject]}", "  - connect: right\n  - advance: 1h\n  - {call: accounts.list, fails: login_invalid}\n  - call: institutions.list", "", ""},
		{"and asks again", "login: {mfa: [{kind: question}]}", "  - connect: right\n  - advance: 1h\n  - {call: transactions.list, items: 8..}", "", ""},
		{"rows", "", "  - connect: right\n  - {call: transactions.list, items: 0}", "expected 0 items, seen", ""},
		{"broken", "rules: [{on: balances.get, then: {malformed: true}}]", "  - connect: right\n  - call: accounts.list", "expected success, seen malformed", "rule on balances.get"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := libraryOf(t, "scenario: x\nproviders: [flinks]\n"+cmp.Or(tt.script, "login: {credentials: [accept]}")+"\nexpect:\n"+tt.steps)
			s := stage(t, l, nil, byCalls{})
			c := s.Cases([]*scenarios.Scenario{named(t, l, "x")})[0]
			r, err := s.Play(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.Lacks != "":
				t.Errorf("it is not played whole: %s", c.Rest())
			case tt.want == "" && r.Miss != nil:
				t.Errorf("%v\n%s", r.Miss, r.Miss.Why)
			case tt.want != "" && (r.Miss == nil || !strings.Contains(r.Miss.Error(), tt.want) || !strings.Contains(r.Miss.Why, tt.why)):
				t.Errorf("got  %v, %+v\nwant %s, why %s", r.Miss, r.Miss, tt.want, tt.why)
			}
		})
	}
}
