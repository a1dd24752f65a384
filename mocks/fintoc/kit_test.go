package fintoc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

// noon is where the clock of a test stands.
var noon = enginetest.Noon

// kit is an app with its own sandbox on a server whose wall stands still.
type kit struct {
	t       *testing.T
	srv     *enginetest.Server
	base    string
	sandbox string
	key     string
}

// answer is what a call got.
type answer = enginetest.Received

func newKit(t *testing.T, adjust ...func(*engine.Config)) *kit {
	t.Helper()
	srv := enginetest.StartAtNoon(t, fintoc.New(), adjust...)
	return &kit{t: t, srv: srv, base: srv.URL + "/~test/fintoc", sandbox: "test", key: "sk_test_kit"}
}

// in gives the same app in another sandbox.
func (k kit) in(name string) *kit {
	k.sandbox, k.base = name, k.srv.URL+"/~"+name+"/fintoc"
	return &k
}

// call calls the API with the secret key. body may be nil, text, or anything JSON.
func (k *kit) call(method, path string, body any, headers ...string) answer {
	k.t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = k.base + path
	}
	return enginetest.Send(k.t, method, target, body, append([]string{"Authorization", k.key}, headers...)...)
}

func (k *kit) get(path string, headers ...string) answer {
	k.t.Helper()
	return k.call(http.MethodGet, path, nil, headers...)
}

// want fails unless the answer has this status and, for errors, this code.
func (k *kit) want(a answer, status int, code string) answer {
	k.t.Helper()
	if a.Status != status || a.Text("error.code") != code {
		k.t.Fatalf("answered %d %q, want %d %q: %.400s", a.Status, a.Text("error.code"), status, code, a.Raw)
	}
	return a
}

// intent creates a link intent.
func (k *kit) intent(headers ...string) answer {
	k.t.Helper()
	return k.want(k.call("POST", "/v1/link_intents", map[string]string{
		"product": "movements", "country": "cl", "holder_type": "individual",
	}, headers...), 201, "")
}

// widget opens the widget of a new link intent.
func (k *kit) widget(headers ...string) *enginetest.Page {
	k.t.Helper()
	return k.open("widget_token", k.intent(headers...).Text("widget_token"))
}

// open opens the WebView's entry with a test key and these parameters.
func (k *kit) open(params ...string) *enginetest.Page {
	k.t.Helper()
	q := url.Values{"public_key": {"pk_test_kit"}}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return enginetest.NewBrowser(k.t, k.srv.URL).Open(k.base + "/webview/widget.html?" + q.Encode())
}

const (
	bankID   = "cl_banco_de_chile"
	goodUser = "41614850-3"
	goodPass = "jonsnow"
)

// login walks a widget up to the submitted credentials.
func (k *kit) login(p *enginetest.Page, user, password string) *enginetest.Page {
	k.t.Helper()
	return enginetest.Login(k.t, p, bankID, user, password)
}

// exchangeToken finishes a widget and takes the token that it hands back.
func (k *kit) exchangeToken(p *enginetest.Page) string {
	k.t.Helper()
	u, err := url.Parse(p.Want("success", "").Click("success-finish").Left)
	if err != nil || u.Scheme != "fintocwidget" || u.Host != "succeeded" {
		k.t.Fatalf("the widget ends at %v %v", u, err)
	}
	return u.Query().Get("exchange_token")
}

// linked is a connected user.
type linked struct{ id, token, account string }

// connect goes the whole way with a user.
func (k *kit) connect(user string) linked {
	k.t.Helper()
	token := k.exchangeToken(k.login(k.widget(), user, goodPass))
	a := k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, "")
	return linked{id: a.Text("id"), token: a.Text("link_token"), account: a.Text("accounts.0.id")}
}

// advance moves the sandbox's clock.
func (k *kit) advance(d time.Duration) {
	k.t.Helper()
	k.srv.Advance(k.t, k.sandbox, d)
}

func (k *kit) manifest() engine.Manifest { return fintoc.New().Manifest() }
