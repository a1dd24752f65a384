package mocks_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// A malformed answer is the provider's own, status, media type and all, and breaks off.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: broken
rules:
  - {on: accounts.list, where: {call: 1}, then: {malformed: true}}
  - {on: accounts.list, where: {call: 2}, then: {malformed: true, problem: maintenance, retry_after: 1m}}
`)
	s := stage(t, l, nil)
	for _, man := range s.Providers {
		t.Run(man.Name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			d := engine.NewDriver(s.Base, "broken", man)
			op := operation(t, man, "accounts.list")
			call := func(scenario string) engine.Answer {
				t.Helper()
				d.Headers["Stunt-Scenario"] = scenario
				a, err := d.Call(ctx, op.ID)
				if err != nil {
					t.Fatal(err)
				}
				if v := a.Header.Get(engine.ViolationHeader); v != "" {
					t.Errorf("it is taken for a violation: %s", v)
				}
				return a
			}
			call("happy") // where the first answer of a login is that nothing is there yet
			whole, cut, refused, again := call("happy"), call("broken"), call("broken"), call("broken")
			if cut.Status != whole.Status || cut.Header.Get("Content-Type") != whole.Header.Get("Content-Type") || cut.Header.Get(engine.FaultHeader) != "malformed" {
				t.Errorf("answered %d %v", cut.Status, cut.Header)
			}
			if json.Valid(cut.Body) || len(cut.Body) == 0 || !strings.HasPrefix(string(whole.Body), string(cut.Body)) {
				t.Errorf("it is not the beginning of %.80s: %.80s", whole.Body, cut.Body)
			}
			if refused.Status/100 == 2 || refused.Header.Get("Retry-After") != "60" || json.Valid(refused.Body) || !strings.HasPrefix(string(refused.Body), "{") {
				t.Errorf("a problem answers %d %s", refused.Status, refused.Body)
			}
			if string(again.Body) != string(whole.Body) || again.Header.Get(engine.FaultHeader) != "" {
				t.Errorf("afterwards it answers %.80s", again.Body)
			}
			var e struct {
				Why      struct{ Injected bool }
				Response struct{ Text string }
			}
			if _, err := d.Control(ctx, http.MethodGet, "/journal/"+cut.Header.Get(engine.RequestHeader), nil, &e); err != nil {
				t.Fatal(err)
			}
			if !e.Why.Injected || json.Valid([]byte(e.Response.Text)) {
				t.Errorf("the journal has %+v", e)
			}
		})
	}
}

// What a repeated call gets back is the whole answer, and a page is left alone.
func TestNothingElseIsMalformed(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: broken
rules:
  - {on: session.create, where: {call: 1}, then: {malformed: true}}
  - {on: session.open, then: {malformed: true}}
`)
	s := stage(t, l, nil)
	d := engine.NewDriver(s.Base, "broken", s.Providers[0])
	d.Headers["Stunt-Scenario"], d.Headers["Idempotency-Key"] = "broken", "one"
	op := operation(t, d.Manifest, "session.create")
	first, err := d.Call(context.Background(), op.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Call(context.Background(), op.ID)
	if err != nil {
		t.Fatal(err)
	}
	if json.Valid(first.Body) || !json.Valid(second.Body) || !strings.HasPrefix(string(second.Body), string(first.Body)) {
		t.Errorf("the call answers %s, repeated %s", first.Body, second.Body)
	}
	entry, err := d.Entry()
	if err != nil {
		t.Fatal(err)
	}
	enginetest.NewBrowser(t, s.Base).Open(entry).Want("consent", "")
	var list struct{ Entries []struct{ Notes []string } }
	if _, err := d.Control(context.Background(), http.MethodGet, "/journal?operation=session.open", nil, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Entries) == 0 || len(list.Entries[0].Notes) == 0 || !strings.Contains(list.Entries[0].Notes[0], "nothing was damaged") {
		t.Errorf("the journal has %+v", list)
	}
}
