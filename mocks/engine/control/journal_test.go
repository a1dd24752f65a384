package control_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestJournalFilters(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.put("/v1/sandboxes/ci42/scenario", `{"scenario":"flaky-first-call"}`).ok(200)
	token, id := c.link()
	app := c.with("Authorization", key)
	failed := app.get("/fintoc/v1/accounts?link_token=" + token).ok(500)
	app.get("/fintoc/v1/accounts?link_token=" + token).ok(200)

	all := c.get("/v1/journal").ok(200)
	count := func(query string) int { return len(c.get("/v1/journal?" + query).ok(200).list("entries")) }
	for query, want := range map[string]int{
		"operation=accounts.list":            2,
		"operation=listAccounts":             2,
		"operation=accounts.list&status=200": 1,
		"operation=accounts.list&limit=1":    1,
		"operation=accounts.get":             0,
		"status=500":                         1,
		"provider=fintoc&kind=request":       4,
		"after=1&limit=2":                    2,
		"kind=control":                       2,
		"kind=task":                          0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d entries, want %d", query, got, want)
		}
	}
	if got := len(all.list("entries")); got != 6 {
		t.Errorf("%d entries, want 6: %s", got, all.text)
	}
	all.expect(map[string]any{"dropped/entries": 0.0, "dropped/bodies": 0.0})
	c.get("/v1/journal?limit=1").ok(200).expect(map[string]any{
		"entries/0/operation": "accounts.list", "entries/0/status": 200.0, "entries/0/connection": id, "entries/0/provider": "fintoc",
		"entries/0/method": "GET", "entries/0/path": "/v1/accounts", "entries/0/at": "2026-03-31T12:00:00Z", "entries/0/request": nil,
	})
	next, _ := all.at("next").(float64)
	if next == 0 {
		t.Errorf("no next: %s", all.text)
	}
	since := "/v1/journal?after=" + strconv.Itoa(int(next))
	c.get(since).ok(200).expect(map[string]any{"entries/0": nil, "next": next})
	app.get("/fintoc/v1/links").ok(200)
	c.get(since).ok(200).expect(map[string]any{"entries/0/operation": "connection.list", "entries/1": nil})
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "after=-1", "status=20", "kind=noise"} {
		c.get("/v1/journal?"+query).problem(400, "invalid_request", strings.Split(query, "=")[0])
	}

	// The request id finds the entry from any sandbox, and the entry says why.
	for _, from := range []*client{c, c.in("other")} {
		e := from.get("/v1/journal/" + failed.header.Get("Stunt-Request")).ok(200).expect(map[string]any{
			"operation_id": "listAccounts", "status": 500.0, "why/scenario": "flaky-first-call", "why/layer": "sandbox", "why/call": 1.0,
			"why/injected": true, "why/problem": "internal", "why/clock": "2026-03-31T12:00:00Z",
		})
		if !strings.Contains(e.str("why/rule"), "flaky-first-call.yaml:") {
			t.Errorf("rule %q", e.str("why/rule"))
		}
	}
	c.get("/v1/journal/ci42-99999").problem(404, "not_found", "Stunt-Request")
	c.get("/v1/journal/ghost-1").problem(404, "not_found", "ghost-1")
	c.get("/v1/journal/nonsense").problem(404, "not_found", "nonsense")
}

// Nothing that the journal shows lets anybody in.
func TestJournalMasksSecrets(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	app := c.with("Authorization", "sk_test_hush")
	created := app.post("/fintoc/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`).ok(201)
	handle := c.get("/v1/sessions").ok(200).str("sessions/0/handle")
	d := c.post("/v1/sessions/"+handle+"/drive", `{"username":"41614850-3+mfa-otp-sms","password":"jonsnow","answers":[["0000"]]}`).ok(200)
	exchange := d.str("hand_back_query/exchange_token")
	link := app.get("/fintoc/v1/links/exchange?exchange_token=" + exchange).ok(200)
	token := link.str("link_token")
	app.get("/fintoc/v1/accounts?link_token=" + token).ok(200)
	app.get("/fintoc/v1/links/" + token).ok(200)
	app.get("/fintoc/v1/accounts?link_token=" + token + "x").ok(403)
	c.get("/fintoc/webview/widget.html?public_key=pk_test_hush&widget_token=" + created.str("widget_token"))

	list := c.get("/v1/journal").ok(200)
	text := list.text
	for _, e := range list.list("entries") {
		text += c.get("/v1/journal/" + e.(map[string]any)["id"].(string)).ok(200).text
	}
	for name, secret := range map[string]string{
		"secret key": "sk_test_hush", "public key": "pk_test_hush", "password": "jonsnow", "answer": `[\"0000\"`,
		"widget token": created.str("widget_token"), "exchange token": exchange, "link token": token,
	} {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("the journal shows the %s %q", name, secret)
		}
	}
	if !strings.Contains(text, "movements") || !strings.Contains(text, "41614850-3") {
		t.Errorf("the bodies are missing: %s", text)
	}
	if c.call(http.MethodDelete, "/v1/sandboxes/ci42", "").ok(204); len(c.get("/v1/journal?kind=request").list("entries")) > 0 {
		t.Error("the journal outlives its sandbox")
	}
}

// A filter that can choose nothing is refused, so that "no such call" cannot pass by a slip.
func TestJournalRefusesUnknownNames(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.get("/v1/journal?provider=nobody").problem(400, "invalid_request", "nobody")
	c.get("/v1/journal?operation=acounts.list").problem(400, "invalid_request", "acounts.list")
	c.get("/v1/journal?operation=getHealth").ok(200)
}

// Who follows the journal loses nothing and sees nothing twice.
func TestJournalCursor(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.link()
	var seen []float64
	for after := 0.0; ; {
		a := c.get(fmt.Sprintf("/v1/journal?after=%.0f&limit=2", after)).ok(200)
		if len(a.list("entries")) == 0 {
			break
		}
		for _, e := range a.list("entries") {
			seen = append(seen, e.(map[string]any)["seq"].(float64))
		}
		after = a.at("next").(float64)
	}
	all := c.get("/v1/journal?limit=1000").ok(200).list("entries")
	if len(seen) != len(all) || !slices.IsSorted(seen) {
		t.Errorf("followed %v of %d entries", seen, len(all))
	}
}
