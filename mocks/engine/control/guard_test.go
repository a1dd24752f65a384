package control_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/openapi"
)

func TestGuardLooksAtHostAndOrigin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		host, origin, public string
		param                string // at fault; empty: let in
	}{
		"localhost":                 {host: "localhost:8080"},
		"IPv4":                      {host: "127.0.0.1:8080"},
		"IPv4 without a port":       {host: "192.168.1.7"},
		"IPv6":                      {host: "[::1]:8080"},
		"IPv6 without a port":       {host: "[::1]"},
		"a container's name":        {host: "stuntbank:8080"},
		"below localhost":           {host: "ci42.fintoc.localhost:8080"},
		"a dot behind":              {host: "LocalHost.:8080"},
		"public":                    {host: "stunt.example.com", public: "https://stunt.example.com"},
		"rebound":                   {host: "evil.example.com:8080", param: "Host"},
		"rebound beside the public": {host: "evil.example.com", public: "https://stunt.example.com", param: "Host"},
		"looks like localhost":      {host: "localhost.example.com", param: "Host"},
		"looks like an address":     {host: "127.0.0.1.nip.io", param: "Host"},
		"our own page":              {host: "localhost:8080", origin: "http://localhost:8080"},
		"the public page":           {host: "localhost:8080", origin: "https://stunt.example.com", public: "https://stunt.example.com/path"},
		"another site":              {host: "localhost:8080", origin: "https://evil.example.com", param: "Origin"},
		"another port":              {host: "localhost:8080", origin: "http://localhost:3000", param: "Origin"},
		"another scheme":            {host: "localhost:8080", origin: "https://localhost:8080", param: "Origin"},
		"a sandboxed frame":         {host: "localhost:8080", origin: "null", param: "Origin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, func(cfg *engine.Config) { cfg.PublicURL = tt.public })
			c.host = tt.host
			if tt.origin != "" {
				c = c.with("Origin", tt.origin)
			}
			a := c.get("/v1/journal")
			if tt.param == "" {
				a.ok(200)
				return
			}
			a.problem(403, "forbidden")
			a.expect(map[string]any{"error/param": tt.param})
			c.get("/v1/health").problem(403, "forbidden")
			c.get("/v1/nowhere").problem(403, "forbidden")
			c.post("/v1/sandboxes", `{"name":"x"}`).problem(403, "forbidden")
		})
	}
}

func TestGuardAsksForTheToken(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *engine.Config) { cfg.Control = "s3same" })
	c.get("/v1/health").ok(200)
	c.get("/v1/health/").ok(200)
	for _, value := range []string{"", "Bearer wrong", "Bearer ", "s3same", "Basic s3same", "Bearer s3same2", "Bearer"} {
		a := c.with("Authorization", value).get("/v1/providers")
		a.problem(401, "unauthorized", "--control-token")
		if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%q: no challenge in %v", value, a.header)
		}
	}
	c = c.with("Authorization", "bearer s3same")
	c.get("/v1/providers").ok(200)
	c.post("/v1/sandboxes", `{"name":"x"}`).ok(201)
}

// A form of another website needs no preflight, so it must not be understood, whatever the contract mode.
func TestOnlyJSONIsRead(t *testing.T) {
	t.Parallel()
	for _, mode := range []openapi.Mode{openapi.Off, openapi.Request, openapi.Full} {
		c := start(t, func(cfg *engine.Config) { cfg.Contract = mode })
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
			r := httptest.NewRequest(http.MethodPost, "/_stunt/v1/sandboxes", strings.NewReader(`{"name":"x"}`))
			r.Host = c.host
			r.Header.Set("Content-Type", kind)
			w := httptest.NewRecorder()
			c.h.ServeHTTP(w, r)
			if w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s, %q: status %d: %s", mode, kind, w.Code, w.Body)
			}
		}
		c.post("/v1/sandboxes", `{"name":`).problem(400, "invalid_request", "not valid application/json")
		c.get("/v1/sandboxes/x").problem(404, "not_found")
	}
}
