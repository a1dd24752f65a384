package control_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
	"github.com/stuntbank/stuntbank/openapi"
)

// noon is what the wall clock of every test shows.
var noon = time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)

// client calls a server in this process. Every answer is held against its document.
type client struct {
	t      *testing.T
	h      http.Handler
	prefix string            // before every path: "/~ci42"
	header map[string]string // on every call
	host   string
}

// answer is what a call got: a decoded body, and the text it was decoded from.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
	body   any
}

func start(t *testing.T, adjust ...func(*engine.Config)) *client {
	t.Helper()
	cfg := engine.Config{
		Providers: []engine.Provider{fintoc.New(), control.New()}, Store: memory.New(), Contract: openapi.Full,
		Wall: func() time.Time { return noon }, Version: "1.2.3",
	}
	for _, f := range adjust {
		f(&cfg)
	}
	s, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	widget.Mount(s)
	return &client{t: t, h: s, host: "localhost:8080"}
}

// in is the same client in a sandbox.
func (c client) in(sandbox string) *client {
	c.prefix = "/~" + sandbox
	return &c
}

// with is the same client with one more header.
func (c client) with(name, value string) *client {
	c.header = maps.Clone(c.header)
	if c.header == nil {
		c.header = map[string]string{}
	}
	c.header[name] = value
	return &c
}

func (c *client) get(path string) answer { return c.call(http.MethodGet, path, "") }
func (c *client) post(path, body string) answer {
	return c.call(http.MethodPost, path, body)
}
func (c *client) put(path, body string) answer { return c.call(http.MethodPut, path, body) }

// call makes a call; paths without a provider are the control API's.
func (c *client) call(method, path, body string) answer {
	c.t.Helper()
	if strings.HasPrefix(path, "/v1/") {
		path = "/_stunt" + path
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, c.prefix+path, strings.NewReader(body))
	r.Host = c.host
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Body)
	a := answer{t: c.t, status: w.Code, header: w.Header(), text: string(text)}
	if v := w.Header().Get(engine.ViolationHeader); v != "" {
		c.t.Errorf("%s %s: %s\n%s", method, path, v, text)
	}
	if len(text) > 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(text, &a.body); err != nil {
			c.t.Errorf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return a
}

// ok fails the test unless the status is the wanted one.
func (a answer) ok(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	return a
}

// problem fails the test unless the answer is the problem, with words that name the fix.
func (a answer) problem(status int, code string, words ...string) {
	a.t.Helper()
	if a.status != status || a.str("error/code") != code {
		a.t.Errorf("status %d, want %d %s: %s", a.status, status, code, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.str("error/message"), w) {
			a.t.Errorf("the message lacks %q: %s", w, a.text)
		}
	}
}

// at follows a path of keys and indexes into the body; nil where there is nothing.
func (a answer) at(path string) any {
	v := a.body
	for part := range strings.SplitSeq(path, "/") {
		switch in := v.(type) {
		case map[string]any:
			v = in[part]
		case []any:
			i := int(part[0] - '0')
			if i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) str(path string) string {
	s, _ := a.at(path).(string)
	return s
}

func (a answer) list(path string) []any {
	l, _ := a.at(path).([]any)
	return l
}

// find gives the item of a list whose key has the value.
func (a answer) find(path, key, value string) answer {
	a.t.Helper()
	for _, item := range a.list(path) {
		if m, ok := item.(map[string]any); ok && m[key] == value {
			return answer{t: a.t, text: a.text, body: m}
		}
	}
	a.t.Fatalf("no %s with %s %q in %s", path, key, value, a.text)
	return a
}

// expect compares what stands at paths of the body.
func (a answer) expect(want map[string]any) answer {
	a.t.Helper()
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if got := a.at(path); got != want[path] {
			a.t.Errorf("%s is %v, want %v, in %s", path, got, want[path], a.text)
		}
	}
	return a
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.get("/v1/health").ok(200).expect(map[string]any{
		"status": "ok", "version": "1.2.3", "contract": "full", "providers/0": "fintoc", "providers/1": nil,
	})
	c.in("ghost").get("/v1/health").ok(200)
	if all := c.get("/v1/sandboxes").ok(200).list("sandboxes"); len(all) > 0 {
		t.Errorf("looking made sandboxes: %v", all)
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := c.get("/v1/providers").ok(200).find("providers", "name", "fintoc").expect(map[string]any{
		"title": "Fintoc", "base_url": "http://localhost:8080/fintoc", "samples/secret_key": "sk_test_stuntbank",
		"samples/password": "jonsnow", "institutions": nil, "routes": nil,
		"widget": "http://localhost:8080/fintoc/webview/widget.html?public_key=pk_test_stuntbank&widget_token=${widget_token}",
	})
	p.find("tokens", "kind", "exchange").expect(map[string]any{"ttl": "30m", "uses": 1.0, "idle": nil, "reuse": "refuse"})
	p.find("challenges", "kind", "push").expect(map[string]any{"decoupled": true, "usual": false, "expires": "3m"})
	p.find("challenges", "kind", "otp_sms").expect(map[string]any{"sent": true, "usual": true, "answers/0/0": "0000"})
	p.find("options", "name", "fintoc.until").expect(map[string]any{"type": "enum", "value": "exclusive", "values/1": "inclusive"})

	d := c.in("ci42").get("/v1/providers/fintoc").ok(200).expect(map[string]any{"base_url": "http://localhost:8080/~ci42/fintoc"})
	d.find("institutions", "id", "cl_banco_de_chile").expect(map[string]any{"country": "cl", "kind": "bank"})
	d.find("routes", "operation_id", "listAccounts").expect(map[string]any{
		"method": "GET", "path": "/v1/accounts", "op": "accounts.list", "served": true, "declined": nil, "fidelity": "documented",
	})
	if r := d.find("routes", "operation_id", "listInvoices").expect(map[string]any{"served": false, "op": nil}); r.str("declined") == "" {
		t.Errorf("no reason: %v", r.body)
	}
	for _, name := range []string{"finteck", "_stunt"} {
		c.get("/v1/providers/"+name).problem(404, "not_found", name, "GET /_stunt/v1/providers")
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	c := start(t)
	s := c.get("/v1/scenarios").ok(200).find("scenarios", "name", "mfa-push").expect(map[string]any{
		"bundled": true, "sections/0": "login", "applies_to/0": "fintoc",
	})
	if s.str("title") == "" || s.str("about") == "" {
		t.Errorf("no title or about: %v", s.body)
	}
	c.get("/v1/scenarios/flaky-first-call").ok(200).expect(map[string]any{"name": "flaky-first-call", "sections/0": "rules"})
	c.get("/v1/scenarios/mfa-pusch").problem(404, "not_found", `did you mean "mfa-push"`)
}

func TestUnknownRoutesNameTheKnownOnes(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.get("/v1/findings").problem(404, "not_found", "/v1/deliveries", "/v1/sandboxes/{name}/reset")
	c.get("/v1/sandboxs").problem(404, "not_found", "did you mean /v1/sandboxes?")
	c.get("/v1/sessions/abc/aprove").problem(404, "not_found", "did you mean /v1/sessions/abc/approve?")
	c.put("/v1/sandboxes/ci42/options", `{"fintoc.framin":"x"}`).problem(400, "invalid_request", "did you mean framing?")
	c.call(http.MethodDelete, "/v1/clock", "").problem(405, "not_found", "DELETE")
	c.get("/v1/health/").ok(200)
}
