package finx_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/finx"
)

const allScopes = "accounts=ro balance=ro transactions=ro categories=ro user=rw offline"

// callback is where users of these tests go back to.
const callback = "https://example.com/callback"

// kit is an app with a sandbox of its own on a server whose wall stands still.
type kit struct {
	t       *testing.T
	srv     *enginetest.Server
	base    string
	sandbox string
	bearer  string // the access token of the last exchange
	refresh string // the refresh token
}

// answer is what a call got.
type answer struct{ enginetest.Received }

func newKit(t *testing.T, options map[string]string, adjust ...func(*engine.Config)) *kit {
	t.Helper()
	adjust = append(adjust, func(c *engine.Config) {
		c.Options = map[string]string{}
		for name, v := range options {
			c.Options["finx."+name] = v
		}
	})
	srv := enginetest.StartAtNoon(t, finx.New(), adjust...)
	return &kit{t: t, srv: srv, base: srv.URL + "/~test/finx", sandbox: "test"}
}

// call calls the API without a header that is not given.
func (k *kit) call(method, path string, body any, headers ...string) answer {
	k.t.Helper()
	return answer{enginetest.Send(k.t, method, k.base+path, body, headers...)}
}

// get reads something with the access token.
func (k *kit) get(path string, headers ...string) answer {
	k.t.Helper()
	return k.call(http.MethodGet, path, nil, append([]string{"Authorization", "Bearer " + k.bearer}, headers...)...)
}

// ok reads something that is there.
func (k *kit) ok(path string, headers ...string) answer {
	k.t.Helper()
	return k.get(path, headers...).want(k.t, 200, 0)
}

// want fails unless the answer has this status and, for errors, this code.
func (a answer) want(t *testing.T, status, code int) answer {
	t.Helper()
	got, _ := a.At("error.code").(float64)
	if a.Status != status || int(got) != code {
		t.Fatalf("answered %d with code %v, want %d with %d: %.400s", a.Status, got, status, code, a.Raw)
	}
	return a
}

// start starts a flow.
func (k *kit) start(path string, body map[string]any) answer {
	k.t.Helper()
	if body["redirect_uri"] == nil {
		body["redirect_uri"] = callback
	}
	return k.call("POST", path, body).want(k.t, 200, 0)
}

// open opens the widget of a flow.
func (k *kit) open(started answer) *enginetest.Page {
	k.t.Helper()
	return enginetest.NewBrowser(k.t, k.srv.URL).Open(started.Text("location"))
}

// walk goes through the widget as a user with these credentials, and agrees to all accounts.
func (k *kit) walk(p *enginetest.Page, username string) *enginetest.Page {
	k.t.Helper()
	p = enginetest.Login(k.t, p, testbank, username, username)
	if p.State() == "accounts" {
		p = p.Click("accounts-submit", "account", p.AllOf("account"))
	}
	return p
}

const testbank = "1b2f40b8-77a6-4f3e-9a53-0f3d8a2f6a15"

// back finishes a widget and gives the query with which the user comes back.
func (k *kit) back(p *enginetest.Page) url.Values {
	k.t.Helper()
	u, err := url.Parse(p.Want("success", "").Click("success-finish").Left)
	if err != nil || u.Scheme+"://"+u.Host+u.Path != callback {
		k.t.Fatalf("the widget leads to %v %v", u, err)
	}
	return u.Query()
}

// token calls /auth/token.
func (k *kit) token(body map[string]string) answer {
	k.t.Helper()
	return k.call("POST", "/auth/token", body)
}

// exchange swaps a code and keeps the tokens.
func (k *kit) exchange(code string) answer {
	k.t.Helper()
	a := k.token(map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": callback}).want(k.t, 200, 0)
	k.bearer, k.refresh = a.Text("access_token"), a.Text("refresh_token")
	return a
}

// renew swaps the refresh token and keeps the next one.
func (k *kit) renew() answer {
	k.t.Helper()
	a := k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": k.refresh})
	if a.Status == 200 {
		k.bearer, k.refresh = a.Text("access_token"), a.Text("refresh_token")
	}
	return a
}

// connect goes the whole way of a one-time flow and gives the id of the flow.
func (k *kit) connect(path, username string, body map[string]any) string {
	k.t.Helper()
	started := k.start(path, body)
	k.exchange(k.back(k.walk(k.open(started), username)).Get("code"))
	return started.Text("id")
}

func (k *kit) advance(d time.Duration) {
	k.t.Helper()
	k.srv.Advance(k.t, k.sandbox, d)
}
