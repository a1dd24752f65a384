package engine_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// basicAuth is the header of HTTP Basic.
func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// app calls the desk in a sandbox of its own.
type app struct {
	t    *testing.T
	base string
}

func newApp(t *testing.T, srv *enginetest.Server, sandbox string) app {
	return app{t, srv.URL + "/~" + sandbox + "/desk"}
}

func (a app) call(status int, method, path string, body any, headers ...string) map[string]any {
	a.t.Helper()
	got := enginetest.Send(a.t, method, a.base+path, body, headers...)
	if got.Status != status {
		a.t.Fatalf("%s %s answers %d, want %d: %.300s", method, path, got.Status, status, got.Raw)
	}
	out, _ := got.Body.(map[string]any)
	return out
}

func (a app) login(status int, fields map[string]string) map[string]any {
	a.t.Helper()
	var body any
	if fields != nil {
		body = fields
	}
	return a.call(status, "POST", "/login", body, "Authorization", basicAuth("anna", "pw"))
}

func (a app) refresh(status int, token any) map[string]any {
	a.t.Helper()
	return a.login(status, map[string]string{"refresh_token": token.(string)})
}

func (a app) me(status int, token any) map[string]any {
	a.t.Helper()
	return a.call(status, "GET", "/me", nil, "Authorization", fmt.Sprint("Bearer ", token))
}

// A reused refresh token ends its whole family, access tokens included, and no other.
func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "reuse")
	other := a.login(200, nil)
	first := a.login(200, nil)
	second := a.refresh(200, first["refresh"])
	third := a.refresh(200, second["refresh"])
	a.me(200, third["access"])
	if code := a.refresh(401, first["refresh"])["code"]; code != "reused_grant" {
		t.Errorf("a spent token answers %v", code)
	}
	if code := a.refresh(401, third["refresh"])["code"]; code != "invalid_grant" {
		t.Errorf("the family goes on: %v", code)
	}
	if code := a.me(401, third["access"])["code"]; code != "invalid_grant" {
		t.Errorf("its access token works: %v", code)
	}
	a.refresh(200, other["refresh"])
}

// Within the grace the old token gives the same pair again; then it is refused, and where the
// rules only refuse the family lives.
func TestGraceGivesTheSamePair(t *testing.T) {
	t.Parallel()
	srv := startDesk(t, enginetest.Scripted(map[string]string{"graceful": "tokens: {refresh: {rotate: true, reuse: refuse, grace: 60s, idle: 24h}}\n"}))
	a := newApp(t, srv, "grace")
	first := a.call(200, "POST", "/login", nil, "Authorization", basicAuth("anna", "pw"), "Stunt-Scenario", "graceful")
	second, again := a.refresh(200, first["refresh"]), a.refresh(200, first["refresh"])
	if second["refresh"] != again["refresh"] || second["access"] != again["access"] || second["refresh"] == first["refresh"] {
		t.Errorf("the second use gives %v, the first gave %v", again, second)
	}
	srv.Advance(t, "grace", time.Minute)
	if code := a.refresh(401, first["refresh"])["code"]; code != "reused_grant" {
		t.Errorf("after the grace: %v", code)
	}
	a.refresh(200, second["refresh"])
}

// Rotation moves the idle end of a chain and never its absolute one.
func TestAbsoluteEnd(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	a := newApp(t, srv, "absolute")
	token := a.login(200, nil)["refresh"]
	for range 3 {
		srv.Advance(t, "absolute", 23*time.Hour)
		token = a.refresh(200, token)["refresh"]
	}
	srv.Advance(t, "absolute", 3*time.Hour) // 72 hours
	if code := a.refresh(401, token)["code"]; code != "expired_grant" {
		t.Errorf("at the absolute end: %v", code)
	}
}

func TestRevokeByToken(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "revoke")
	pair := a.login(200, nil)
	a.me(200, pair["access"])
	a.call(200, "GET", "/revoke?token="+pair["access"].(string), nil)
	a.me(401, pair["access"])
	a.call(200, "GET", "/revoke?token="+pair["access"].(string), nil) // idempotent
	a.refresh(200, pair["refresh"])
	a.call(401, "GET", "/revoke?token=nothing", nil)
}

// Scopes are granted, narrowed, and asked for by the document's security.
func TestScopes(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "scopes")
	reader := a.login(200, map[string]string{"scope": "read"})
	if got := fmt.Sprint(reader["scopes"]); got != "[read]" {
		t.Errorf("granted are %s", got)
	}
	a.me(200, reader["access"])
	bearer := fmt.Sprint("Bearer ", reader["access"])
	if got := a.call(403, "POST", "/me", map[string]string{}, "Authorization", bearer); got["code"] != "insufficient_scope" || !strings.Contains(fmt.Sprint(got), "write") {
		t.Errorf("without the scope: %v", got)
	}
	if code := a.login(403, map[string]string{"scope": "read delete"})["code"]; code != "insufficient_scope" {
		t.Errorf("a scope that is not there is granted: %v", code)
	}
	writer := a.login(200, map[string]string{"refresh_token": reader["refresh"].(string), "scope": "write"})
	a.call(200, "POST", "/me", map[string]string{}, "Authorization", fmt.Sprint("Bearer ", writer["access"]))
}

// A second login of a client ends its first token, and that of no other client.
func TestOneSessionForEachClient(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "single")
	first := a.login(200, nil)
	other := a.call(200, "POST", "/login", nil, "Authorization", basicAuth("bert", "pw"))
	second := a.login(200, nil)
	if first["access"] == second["access"] {
		t.Fatal("two logins have one token")
	}
	if code := a.me(401, first["access"])["code"]; code != "invalid_grant" {
		t.Errorf("the earlier token: %v", code)
	}
	if who := a.me(200, second["access"])["client"]; who != "anna" {
		t.Errorf("the token is %v's", who)
	}
	if who := a.me(200, other["access"])["client"]; who != "bert" {
		t.Errorf("the other client's token is %v's", who)
	}
}

// A JWT says what its grant does and is the same in every run; one on demand is as long as
// asked.
func TestTokensAreJWTs(t *testing.T) {
	t.Parallel()
	long := enginetest.Scripted(map[string]string{"long": "tokens: {access: {length: 3000}, refresh: {length: 2500}}\n"})
	mint := func() (pair, huge map[string]any) {
		a := newApp(t, startDesk(t, long), "jwt")
		pair = a.login(200, map[string]string{"scope": "read"})
		huge = a.call(200, "POST", "/login", nil, "Authorization", basicAuth("bert", "pw"), "Stunt-Scenario", "long")
		a.me(200, huge["access"])
		a.refresh(200, huge["refresh"])
		return pair, huge
	}
	pair, huge := mint()
	again, hugeAgain := mint()
	if pair["access"] != again["access"] || huge["access"] != hugeAgain["access"] {
		t.Error("another run mints other tokens")
	}
	claims := jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(pair["access"].(string), claims)
	if err != nil || token.Method.Alg() != "HS256" {
		t.Fatalf("%v %v", token, err)
	}
	noon := float64(enginetest.Noon.Unix())
	if claims["iat"] != noon || claims["exp"] != noon+3600 || claims["scope"] != "read" || claims["iss"] != "desk" || claims["jti"] == "" {
		t.Errorf("the claims are %v", claims)
	}
	if _, ok := claims["sub"]; ok {
		t.Error("a claim that was taken away is there")
	}
	if n := len(huge["access"].(string)); n < 3000 || n > 3010 {
		t.Errorf("the long JWT has %d characters", n)
	}
	if n := len(huge["refresh"].(string)); n != 2501 {
		t.Errorf("the long token has %d characters behind its prefix", n-1)
	}
	lengths := map[int]bool{}
	a := newApp(t, startDesk(t), "lengths")
	for range 8 {
		n := len(a.login(200, nil)["refresh"].(string))
		lengths[n] = true
		if n < 41 || n > 61 {
			t.Errorf("a refresh token has %d characters", n)
		}
	}
	if len(lengths) < 3 {
		t.Errorf("the lengths vary little: %v", lengths)
	}
}

// A client proves itself by HTTP Basic, in a form and in JSON, and in each its id may name
// the sandbox.
func TestClientCredentials(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct{ body, kind, auth string }{
		"basic":         {"", "", basicAuth("anna~by-basic", "pw")},
		"basic-escaped": {"", "", basicAuth("anna%7Eby-basic-escaped", "pw")},
		"json":          {`{"client_id": "anna~by-json", "client_secret": "pw"}`, "application/json", ""},
		"json-as-form":  {`{"client_id":"anna~by-json-as-form","client_secret":"pw"}`, form, ""},
		"form":          {"client_id=anna~by-form&client_secret=pw", form, ""},
		"form-escaped":  {"client_id=anna%7Eby-form-escaped&client_secret=pw", form, ""},
		"form-untyped":  {"client_id=anna~by-form-untyped&client_secret=pw", "", ""},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		got := enginetest.Send(t, "POST", srv.URL+"/desk/login", body, "Content-Type", c.kind, "Authorization", c.auth)
		if id := got.Header.Get(engine.RequestHeader); got.Status != 200 || !strings.HasPrefix(id, "by-"+name+"-") {
			t.Errorf("%s: %d in %s: %s", name, got.Status, id, got.Raw)
		}
	}
	for name, c := range map[string]struct{ body, auth, says string }{
		"nothing":     {"", "", "HTTP Basic"},
		"no secret":   {"", basicAuth("anna", ""), "secret"},
		"wrong shape": {"", basicAuth("ANNA", "pw"), "shape"},
		"no base64":   {"", "Basic !", "HTTP Basic"},
		"half a body": {`{"client_id":"anna"}`, "", "secret"},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		got := enginetest.Send(t, "POST", srv.URL+"/desk/login", body, "Authorization", c.auth)
		if got.Status != 401 || !strings.Contains(got.Raw, c.says) {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
}

// Where pairs are configured, no other is taken.
func TestConfiguredClients(t *testing.T) {
	t.Parallel()
	srv := startDesk(t, func(c *engine.Config) { c.Options = map[string]string{"desk.clients": "anna:one bert:two"} })
	for pair, status := range map[string]int{"anna:one": 200, "bert:two": 200, "anna:two": 401, "carl:one": 401} {
		id, secret, _ := strings.Cut(pair, ":")
		if got := enginetest.Send(t, "POST", srv.URL+"/desk/login", nil, "Authorization", basicAuth(id, secret)); got.Status != status {
			t.Errorf("%s: %d %s", pair, got.Status, got.Raw)
		}
	}
}

// What a client starts is its own, and is found by it and by its user.
func TestOwners(t *testing.T) {
	t.Parallel()
	a := newApp(t, startDesk(t), "owners")
	start := func(client, user string) string {
		got := a.call(200, "POST", "/links", map[string]string{"user": user}, "Authorization", basicAuth(client, "pw"))
		if got["owner"] != client || got["user"] != user {
			t.Errorf("it is %v's", got)
		}
		return got["id"].(string)
	}
	list := func(client, user string) (ids []string) {
		got := a.call(200, "GET", "/links?user="+url.QueryEscape(user), nil, "Authorization", basicAuth(client, "pw"))
		for _, id := range got["ids"].([]any) {
			ids = append(ids, id.(string))
		}
		return ids
	}
	one, two, other := start("anna", "u/1"), start("anna", "u/2"), start("bert", "u/1")
	for _, c := range []struct {
		client, user string
		want         []string
	}{
		{"anna", "", []string{two, one}}, {"anna", "u/1", []string{one}}, {"bert", "u/1", []string{other}}, {"bert", "u/2", nil}, {"carl", "", nil},
	} {
		if got := list(c.client, c.user); !slices.Equal(got, c.want) {
			t.Errorf("%s has of %q %v, want %v", c.client, c.user, got, c.want)
		}
	}
}

// The public half of the key that signs is found by its id, also without naming the sandbox,
// and a key that was replaced still proves what it has signed.
func TestSigningKeys(t *testing.T) {
	t.Parallel()
	srv := startDesk(t)
	ctx := context.Background()
	newApp(t, srv, "keys").login(200, nil)
	sign := func(key engine.SigningKey) http.Header {
		text, err := key.JWT(map[string]any{"iat": enginetest.Noon.Unix(), "length": 4})
		if err != nil {
			t.Fatal(err)
		}
		return http.Header{"Desk-Signature": {text}}
	}
	first, err := srv.RotateSigningKey(ctx, "keys", "desk")
	if err != nil {
		t.Fatal(err)
	}
	signed := sign(first)
	second, err := srv.RotateSigningKey(ctx, "keys", "desk")
	if err != nil || first.ID == second.ID {
		t.Fatalf("%s %s %v", first.ID, second.ID, err)
	}
	for name, header := range map[string]http.Header{"retired": signed, "in use": sign(second)} {
		if err := srv.CheckSignature(ctx, "keys", "desk", header, []byte("body")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := srv.CheckSignature(ctx, "keys", "desk", signed, []byte("another")); err == nil {
		t.Error("a signature holds for another body")
	}
	newApp(t, srv, "strangers").login(200, nil)
	if err := srv.CheckSignature(ctx, "strangers", "desk", signed, []byte("body")); err == nil {
		t.Error("a signature holds in another sandbox")
	}
	if err := srv.CheckSignature(ctx, "keys", "desk", http.Header{}, []byte("body")); err == nil {
		t.Error("no signature holds")
	}
	got := enginetest.Send(t, "GET", srv.URL+"/desk/keys/"+first.ID, nil)
	var jwk engine.JWK
	if err := json.Unmarshal([]byte(got.Raw), &jwk); err != nil || jwk != first.JWK() || jwk.Curve != "P-256" || len(jwk.X) != 43 || len(jwk.Y) != 43 {
		t.Errorf("the key is %s %v", got.Raw, err)
	}
	if got := enginetest.Send(t, "GET", srv.URL+"/~keys/desk/keys/k_nothing", nil); got.Status != 404 {
		t.Errorf("a key that is none: %d %s", got.Status, got.Raw)
	}
}
