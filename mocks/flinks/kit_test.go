package flinks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/flinks"
)

// noon is where the clock of a test stands.
var noon = enginetest.Noon

// The toolbox's published values, as clients hard-code them.
const (
	customer = "43387ca6-0391-4c82-857d-70d95f087ecb"
	secret   = "c4569c54-e167-4d34-8de6-f4113bc82414"
	apiKey   = "3d5266a8-b697-48d4-8de6-52e2e2662acc"
	city     = "What city were you born in?"
)

// kit is an app with its own sandbox on a server whose wall stands still.
type kit struct {
	t        *testing.T
	srv      *enginetest.Server
	sandbox  string
	customer string
}

// answer is what a call got.
type answer = enginetest.Received

func newKit(t *testing.T, adjust ...func(*engine.Config)) *kit {
	t.Helper()
	return &kit{t: t, srv: enginetest.StartAtNoon(t, flinks.New(), adjust...), sandbox: "test", customer: customer}
}

// with sets options of the provider.
func with(pairs ...string) func(*engine.Config) {
	return func(c *engine.Config) {
		if c.Options == nil {
			c.Options = map[string]string{}
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			c.Options["flinks."+pairs[i]] = pairs[i+1]
		}
	}
}

// scripted adds scenarios, by name.
var scripted = enginetest.Scripted

// in gives the same app in another sandbox.
func (k kit) in(name string) *kit {
	k.sandbox = name
	return &k
}

// base is where the data API begins.
func (k *kit) base() string {
	return k.srv.URL + "/~" + k.sandbox + "/flinks/v3/" + k.customer + "/"
}

// call calls the API with an x-api-key. A path without a slash in front lies below
// BankingServices. body may be nil, text, or anything JSON.
func (k *kit) call(method, path string, body any, headers ...string) answer {
	k.t.Helper()
	target := k.base() + "BankingServices/" + path
	if rest, ok := strings.CutPrefix(path, "/"); ok {
		target = k.base() + rest
	}
	if strings.HasPrefix(path, "http") {
		target = path
	}
	return enginetest.Send(k.t, method, target, body, append([]string{"x-api-key", apiKey}, headers...)...)
}

func (k *kit) post(path string, body any, headers ...string) answer {
	k.t.Helper()
	return k.call(http.MethodPost, path, body, headers...)
}

func (k *kit) get(path string, headers ...string) answer {
	k.t.Helper()
	return k.call(http.MethodGet, path, nil, headers...)
}

// want fails unless status and FlinksCode are these, and the body repeats the status.
func (k *kit) want(a answer, status int, code string) answer {
	k.t.Helper()
	if a.Status != status || a.Text("FlinksCode") != code {
		k.t.Fatalf("answered %d %q, want %d %q: %.600s", a.Status, a.Text("FlinksCode"), status, code, a.Raw)
	}
	if n, ok := a.At("HttpStatusCode").(float64); ok && int(n) != status {
		k.t.Errorf("HttpStatusCode is %v in an answer with %d", n, status)
	}
	return a
}

type fields = map[string]any

// creds is a login with the test password.
func creds(user string, more ...any) fields {
	out := fields{"Institution": "FlinksCapital", "Username": user, "Password": "Everyday", "MostRecentCached": false}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// login logs in a user whose bank asks nothing.
func (k *kit) login(user string, more ...any) answer {
	k.t.Helper()
	return k.want(k.post("Authorize", creds(user, more...)), 200, "")
}

// reply answers the questions of a session.
func (k *kit) reply(request string, prompt string, answers ...string) answer {
	k.t.Helper()
	return k.post("Authorize", fields{"RequestId": request, "SecurityResponses": map[string][]string{prompt: answers}})
}

// collected logs in and reads the details, with these options. It gives the data.
func (k *kit) collected(user string, options ...any) (auth, data answer) {
	k.t.Helper()
	auth = k.login(user)
	body := fields{"RequestId": auth.Text("RequestId")}
	for i := 0; i+1 < len(options); i += 2 {
		body[options[i].(string)] = options[i+1]
	}
	k.want(k.post("GetAccountsDetail", body), 202, "OPERATION_PENDING")
	return auth, k.want(k.get("GetAccountsDetailAsync/"+auth.Text("RequestId")), 200, "")
}

// advance moves the sandbox's clock and runs what is due.
func (k *kit) advance(d time.Duration) {
	k.t.Helper()
	k.srv.Advance(k.t, k.sandbox, d)
}

// drain runs what is due now.
func (k *kit) drain() {
	k.t.Helper()
	if _, err := k.srv.Drain(k.t.Context(), k.sandbox); err != nil {
		k.t.Fatal(err)
	}
}

// printed is a record's value as JSON.
func printed(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
