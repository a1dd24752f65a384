package engine_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

// server is one with everything that is served, in this process.
func server(t *testing.T, adjust func(*engine.Config)) http.Handler {
	t.Helper()
	cfg := engine.Config{
		Providers: []engine.Provider{fintoc.New(), control.New()}, Store: memory.New(), Version: "1.2.3",
		Wall: func() time.Time { return time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC) },
	}
	if adjust != nil {
		adjust(&cfg)
	}
	s, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	widget.Mount(s)
	return s
}

func get(t *testing.T, h http.Handler, path string) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	return ask(t, h, http.MethodGet, path)
}

func ask(t *testing.T, h http.Handler, method, path string) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Host = "localhost:8080"
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, doc
}

// Whatever a page of our own leads to is there.
func TestOwnPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	h := server(t, nil)
	for _, page := range []string{"/", "/~qa/", "/nothing", "/_stunt/playground/fintoc", "/~qa/_stunt/playground/fintoc/", "/_stunt/docs/test-your-page.md", "/_stunt/personas/closed"} {
		_, doc := get(t, h, page)
		links := doc.Find("a[href], script[src], link[rel=stylesheet]")
		if links.Length() < 3 {
			t.Errorf("%s has %d links", page, links.Length())
		}
		links.Each(func(_ int, s *goquery.Selection) {
			target := s.AttrOr("href", s.AttrOr("src", ""))
			switch {
			case strings.HasPrefix(target, "#"):
				return
			case !strings.HasPrefix(target, "/"):
				target = page[:strings.LastIndexByte(page, '/')+1] + target
			}
			if w, _ := get(t, h, target); w.Code != http.StatusOK {
				t.Errorf("%s leads to %s, which answers %d", page, target, w.Code)
			}
			if strings.HasPrefix(page, "/~qa/") != strings.HasPrefix(target, "/~qa/") {
				t.Errorf("%s leads to %s, out of its sandbox", page, target)
			}
		})
	}
}

func TestOwnPagesAreClosed(t *testing.T) {
	t.Parallel()
	h := server(t, nil)
	for page, status := range map[string]int{
		"/": 200, "/_stunt/playground/fintoc": 200, "/_stunt/docs/docker.md": 200, "/_stunt/docs/docker": 200, "/_stunt/docs/": 200,
		"/nothing": 404, "/_stunt/playground/nobody": 404, "/_stunt/playground/_stunt": 404, "/_stunt/playground/": 404,
		"/_stunt/docs/..%2fdoc.go": 404, "/~NO/": 400,
	} {
		w, _ := get(t, h, page)
		if w.Code != status {
			t.Errorf("%s answers %d, want %d", page, w.Code, status)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", page, policy)
		}
		if frames := strings.HasSuffix(policy, "; frame-src 'self'"); frames != (page == "/_stunt/playground/fintoc") {
			t.Errorf("%s may frame: %v, by %q", page, frames, policy)
		}
	}
	if w, _ := ask(t, h, http.MethodPost, "/"); w.Code != http.StatusNotFound {
		t.Errorf("POST / answers %d", w.Code)
	}
}

// The playground has what its script needs, and only what means something here.
func TestPlaygroundData(t *testing.T) {
	t.Parallel()
	h := server(t, nil)
	_, doc := get(t, h, "/~qa/_stunt/playground/fintoc")
	var data struct {
		Base       string            `json:"base"`
		Vars       map[string]string `json:"vars"`
		Operations map[string]struct {
			Method  string `json:"method"`
			Path    string `json:"path"`
			Example struct {
				Yields map[string]string `json:"yields"`
			} `json:"example"`
		} `json:"operations"`
	}
	if err := json.Unmarshal([]byte(doc.Find("script#playground").Text()), &data); err != nil {
		t.Fatal(err)
	}
	if data.Base != "/~qa/fintoc" || data.Vars["secret_key"] != "sk_test_stuntbank" {
		t.Errorf("base %q, variables %q", data.Base, data.Vars)
	}
	for _, op := range []string{"session.create", "token.exchange", "accounts.list", "transactions.list"} {
		if data.Operations[op].Path == "" || data.Operations[op].Method == "" {
			t.Errorf("no call for %s", op)
		}
	}
	if data.Operations["token.exchange"].Example.Yields["link_token"] == "" {
		t.Error("the exchange yields no link token")
	}
	if doc.Find(`#scenario option[value="mfa-otp-sms"]`).Length() != 1 || doc.Find(`#bank option[value="cl_banco_de_chile"]`).Length() != 1 {
		t.Error("a scenario or a bank is missing")
	}
	if doc.Find(`#scenario option[value="mfa-photo-tan"]`).Length() != 0 {
		t.Error("a scenario that means nothing to this provider is offered")
	}
	if text := doc.Find(".snippet pre").Text(); !strings.Contains(text, "http://localhost:8080/~qa/fintoc/js/v1/") {
		t.Error("the snippets do not have the address of this sandbox")
	}
}

// Keys that are asked for exactly are shown, but no secret of a server with a token.
func TestShownKeys(t *testing.T) {
	t.Parallel()
	exact := func(c *engine.Config) {
		c.Options = map[string]string{"fintoc.secret_key": "sk_test_exact", "fintoc.public_key": "pk_test_exact"}
	}
	guarded := func(c *engine.Config) {
		exact(c)
		c.Control, c.PublicURL = "token", "https://stunt.example.test"
	}
	for _, page := range []string{"/", "/_stunt/playground/fintoc"} {
		w, _ := get(t, server(t, exact), page)
		if body := w.Body.String(); !strings.Contains(body, "sk_test_exact") || !strings.Contains(body, "pk_test_exact") || strings.Contains(body, "_test_stuntbank\"") {
			t.Errorf("%s does not show the keys that work", page)
		}
		w, _ = get(t, server(t, guarded), page)
		if body := w.Body.String(); strings.Contains(body, "sk_test_exact") || !strings.Contains(body, "pk_test_exact") || !strings.Contains(body, "https://stunt.example.test/fintoc") {
			t.Errorf("%s shows a secret, or lacks a key or the public address", page)
		}
	}
	w, doc := get(t, server(t, guarded), "/_stunt/playground/fintoc")
	if doc.Find("input#control-token, input[data-var=secret_key]").Length() != 2 {
		t.Error("what the page was not told has no field")
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src 'self' https://stunt.example.test/") {
		t.Errorf("the widget's own address cannot be framed: %q", policy)
	}
}

// The menu of banks offers those that the page's own call can connect.
func TestPlaygroundOffersWhatConnects(t *testing.T) {
	t.Parallel()
	_, doc := get(t, server(t, nil), "/_stunt/playground/fintoc")
	offered := map[string]bool{}
	doc.Find("option").Each(func(_ int, o *goquery.Selection) { offered[o.AttrOr("value", "")] = true })
	for id, want := range map[string]bool{"cl_banco_estado": true, "cl_fiscal_sii": false, "cl_mach": false, "cl_banco_security": false} {
		if offered[id] != want {
			t.Errorf("%s is offered: %t", id, offered[id])
		}
	}
}
