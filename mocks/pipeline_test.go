package mocks_test

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// altered is the first provider with some of its handlers changed.
type altered struct {
	engine.Provider
	handlers map[string]engine.Handler
	declined map[string]string
	manifest func(*engine.Manifest)
}

func (a altered) Manifest() engine.Manifest {
	man := a.Provider.Manifest()
	if a.manifest != nil {
		a.manifest(&man)
	}
	return man
}

func (a altered) Handlers() map[string]engine.Handler {
	h := maps.Clone(a.Provider.Handlers())
	for id, handler := range a.handlers {
		if handler == nil {
			delete(h, id)
		} else {
			h[id] = handler
		}
	}
	return h
}

func (a altered) Declined() map[string]string {
	d := maps.Clone(a.Provider.Declined())
	maps.Copy(d, a.declined)
	return d
}

// A server that would be wrong later does not start.
func TestServerRefusesToStart(t *testing.T) {
	t.Parallel()
	first := mocks.All()[0]
	some := func(*engine.Call) (engine.Reply, error) { return engine.Reply{}, nil }
	for name, c := range map[string]struct {
		p    engine.Provider
		opts map[string]string
		says string
	}{
		"neither served nor declined": {p: altered{Provider: first, handlers: map[string]engine.Handler{"listLinks": nil}}, says: `"listLinks" is neither served nor declined`},
		"served and declined":         {p: altered{Provider: first, declined: map[string]string{"listLinks": "no"}}, says: "served and declined"},
		"unknown handler":             {p: altered{Provider: first, handlers: map[string]engine.Handler{"listLink": some}}, says: `handler "listLink" has no operation`},
		"webhooks about nothing":      {p: altered{Provider: first, manifest: func(m *engine.Manifest) { m.Webhooks = &engine.Webhooks{} }}, says: "names no event"},
		"language of no skin": {p: altered{Provider: first, manifest: func(m *engine.Manifest) { m.Languages = append(m.Languages, "de") }},
			says: `add web/skins/fintoc/text.de.yaml`},
		"language of the skin alone": {p: altered{Provider: first, manifest: func(m *engine.Manifest) { m.Languages = m.Languages[:1] }},
			says: `the skin "fintoc" speaks "en"`},
		"no language":        {p: altered{Provider: first, manifest: func(m *engine.Manifest) { m.Languages = nil }}, says: "names no language"},
		"no skin":            {p: altered{Provider: first, manifest: func(m *engine.Manifest) { m.Skin = "other" }}, says: `add web/skins/other`},
		"no host":            {p: hosting("api.fintoc.com:443"), says: `the host "api.fintoc.com:443" is neither a name`},
		"star inside a host": {p: hosting("api.*.com"), says: `the host "api.*.com" is neither a name`},
		"no word on answers": {p: altered{Provider: mocks.All()[1]}, says: `apps log their users in by "authorize"`},
		"unknown option":     {p: first, opts: map[string]string{"fintoc.untill": "x"}, says: `no option "untill"`},
		"bad option value":   {p: first, opts: map[string]string{"fintoc.until": "x"}, says: "use one of exclusive, inclusive"},
	} {
		_, err := engine.New(engine.Config{Providers: []engine.Provider{c.p}, Store: memory.New(), Options: c.opts})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hosting is the first provider with other hosts.
func hosting(names ...string) altered { return called("fintoc", names...) }

// called is the first provider under another name and with other hosts; each answer says the name.
func called(provider string, names ...string) altered {
	return altered{Provider: mocks.All()[0], manifest: func(m *engine.Manifest) {
		m.Name, m.Hosts = provider, map[string]string{}
		m.Headers = append(slices.Clip(m.Headers), engine.Header{Name: "Provider", Value: provider})
		for _, name := range names {
			m.Hosts[name] = ""
		}
	}}
}

// A provider's real host names may be patterns: a name comes before any, the longest pattern
// before the others, and a star stands for one label or a part of it.
func TestHosts(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil,
		hosting("api.acme.test", "*.acme.test", "*-eu.cloud.test"),
		called("other", "b.acme.test", "*-api.acme.test", "*.cloud.test"))
	for host, name := range map[string]string{
		"api.acme.test": "fintoc", "x.acme.test": "fintoc", "X.Acme.Test:8443": "fintoc", "b.acme.test": "other", "x-api.acme.test": "other",
		"a-eu.cloud.test": "fintoc", "eu.cloud.test": "other", "acme.test": "", "a.b.acme.test": "", "-eu.cloud.test": "other", "x.acme.test.evil": "",
	} {
		req, _ := http.NewRequest("GET", srv.URL+"/nothing", nil)
		req.Host = host
		res, err := enginetest.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Provider"); got != name {
			t.Errorf("%s leads to %q, want %q", host, got, name)
		}
	}
	for _, clash := range []string{"api.acme.test", "*.acme.test"} {
		_, err := engine.New(engine.Config{Providers: []engine.Provider{hosting(clash), called("other", clash)}, Store: memory.New()})
		if err == nil || !strings.Contains(err.Error(), `both claim the host "`+clash+`"`) {
			t.Errorf("%s twice: %v", clash, err)
		}
	}
}

// Faults of our own are said in the provider's dialect, and an answer that breaks our
// document says so.
func TestOwnFaults(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil)) // the faults are on purpose
	}, altered{Provider: mocks.All()[0], handlers: map[string]engine.Handler{
		"listLinks":        func(*engine.Call) (engine.Reply, error) { panic("on purpose") },
		"listInstitutions": func(*engine.Call) (engine.Reply, error) { return engine.Reply{}, errors.New("on purpose") },
		"listAccounts": func(*engine.Call) (engine.Reply, error) {
			return engine.JSON(http.StatusOK, map[string]string{"not": "a list"}), nil
		},
		"getLink": func(*engine.Call) (engine.Reply, error) {
			return engine.JSON(http.StatusOK, map[string]any{"no": func() {}}), nil // cannot be encoded
		},
	}})
	for path, violates := range map[string]bool{"/v1/links": false, "/v1/institutions": false, "/v1/links/x": false, "/v1/accounts": true} {
		res, body := get(t, srv.URL+"/fintoc"+path, "", "Authorization", "sk_test_x")
		if violates {
			if res.StatusCode != 200 || res.Header.Get(engine.ViolationHeader) == "" {
				t.Errorf("%s: %d, %s: %q", path, res.StatusCode, engine.ViolationHeader, res.Header.Get(engine.ViolationHeader))
			}
			continue
		}
		if res.StatusCode != 500 || !strings.Contains(body, `"code":"internal_server_error"`) || strings.Contains(body, "on purpose") {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
}

// Nothing of ours answers with a redirect that a client would take for an error, and
// what belongs to no provider says where everything is.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	for path, status := range map[string]int{"/": 200, "/~ci42/": 200, "/favicon.ico": 404, "/nothing/here": 404, "/fintoc": 404, "/%zz": 400} {
		res, err := enginetest.Client.Transport.RoundTrip(&http.Request{
			Method: "GET", Header: http.Header{},
			URL: &url.URL{Scheme: "http", Host: strings.TrimPrefix(srv.URL, "http://"), Opaque: path},
		})
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != status || status != 400 && path != "/fintoc" && !strings.Contains(string(body), "/fintoc") {
			t.Errorf("%s answers %d: %.200s", path, res.StatusCode, body)
		}
		if program := strings.HasPrefix(res.Header.Get("Content-Type"), "application/json"); program != (status == 404) {
			t.Errorf("%s answers %d in %s", path, status, res.Header.Get("Content-Type"))
		}
	}
	css, _ := get(t, srv.URL+"/_stunt/assets/static/widget.css", "")
	again, _ := get(t, srv.URL+"/_stunt/assets/static/widget.css", "", "If-None-Match", css.Header.Get("ETag"))
	if css.StatusCode != 200 || !strings.HasPrefix(css.Header.Get("Content-Type"), "text/css") || again.StatusCode != 304 {
		t.Errorf("the style sheet answers %d %q, then %d", css.StatusCode, css.Header.Get("Content-Type"), again.StatusCode)
	}
}
