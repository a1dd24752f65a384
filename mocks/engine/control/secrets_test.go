package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// loud is a log that takes everything, for who looks for secrets in it.
type loud struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *loud) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// secret makes a text that stands nowhere by chance. Passwords may hold anything.
func secret(chance *rand.Rand, alphabet string) string {
	b := make([]byte, 12)
	for i := range b {
		b[i] = alphabet[chance.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	anything = letters + "0123456789" + `&=%+"'<>\\/?#;,. `
)

// Whatever was minted or sent in a whole journey, with its slips, stands nowhere in what
// the simulator shows: list, entry, stream, export, metrics, log.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			log := &loud{}
			c := start(t, func(cfg *engine.Config) {
				cfg.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			}).in("ci42")
			srv := httptest.NewServer(c.h)
			defer srv.Close()
			j := &journey{client: c, t: t, url: srv.URL + c.prefix, chance: rand.New(rand.NewPCG(seed, 1)), secrets: map[string]string{}}
			j.run()

			shown := map[string]string{"list": c.get("/v1/journal?limit=1000").ok(200).text}
			entries := c.get("/v1/journal?limit=1000").list("entries")
			for _, e := range entries {
				shown["entries"] += c.get("/v1/journal/" + e.(map[string]any)["id"].(string)).ok(200).text
			}
			shown["export"] = c.get("/v1/journal/har").ok(200).text
			shown["deliveries"] = c.get("/v1/deliveries").ok(200).text
			shown["metrics"] = c.get("/_stunt/metrics").ok(200).text
			s, leave := c.follow("?after=0", "")
			for range entries {
				text, err := json.Marshal(s.next().data)
				if err != nil {
					t.Fatal(err)
				}
				shown["stream"] += string(text)
			}
			leave()
			log.mu.Lock()
			shown["log"] = log.text.String()
			log.mu.Unlock()

			if len(entries) < 20 || !strings.Contains(shown["log"], "msg=call") || !strings.Contains(shown["list"], "41614850-3") {
				t.Fatalf("%d entries: the journey did not take place", len(entries))
			}
			for name, s := range j.secrets {
				for where, text := range shown {
					for _, form := range forms(s) {
						if at := strings.Index(text, form); at >= 0 {
							t.Errorf("the %s shows the %s %q: …%s…", where, name, form, text[max(0, at-120):min(len(text), at+60)])
							break
						}
					}
				}
			}
		})
	}
}

// forms are the ways in which a secret may be written.
func forms(s string) []string {
	quoted, _ := json.Marshal(s)
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	enc.Encode(s)
	inner := func(b []byte) string { return strings.Trim(strings.TrimSpace(string(b)), `"`) }
	again, _ := json.Marshal(inner(plain.Bytes())) // a body in a body
	return []string{s, url.QueryEscape(s), url.PathEscape(s), inner(quoted), inner(plain.Bytes()), inner(again)}
}

// journey is an app and its user, who keep a list of what nobody else may see.
type journey struct {
	*client
	t       *testing.T
	url     string
	chance  *rand.Rand
	secrets map[string]string
}

func (j *journey) know(name, s string) string {
	j.t.Helper()
	if len(s) < 6 {
		j.t.Fatalf("the %s is %q", name, s)
	}
	j.secrets[name] = s
	return s
}

// send calls as the app does; what it is answered is not looked at.
func (j *journey) send(method, path, kind, body string, header ...string) {
	j.t.Helper()
	req, err := http.NewRequest(method, j.url+path, strings.NewReader(body))
	if err != nil {
		j.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := enginetest.Client.Do(req)
	if err != nil {
		j.t.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
}

func (j *journey) run() {
	const form, jsonType = "application/x-www-form-urlencoded", "application/json"
	sk := "sk_test_" + j.know("secret key", secret(j.chance, letters))
	pk := "pk_test_" + j.know("public key", secret(j.chance, letters))
	live := "sk_live_" + j.know("live key", secret(j.chance, letters))
	app := j.with("Authorization", sk)
	intent := `{"product":"movements","country":"cl","holder_type":"individual"}`
	created := app.post("/fintoc/v1/link_intents", intent).ok(201)
	widget := j.know("widget token", created.str("widget_token"))

	// The user, with forms: a wrong password, a wrong code, the code of the inbox.
	wrong, slip := j.know("wrong password", secret(j.chance, anything)), j.know("wrong code", secret(j.chance, letters))
	b := enginetest.NewBrowser(j.t, strings.TrimSuffix(j.url, "/~ci42"))
	entry := j.url + "/fintoc/webview/widget.html?public_key=" + pk + "&widget_token=" + url.QueryEscape(widget)
	page := b.Open(entry)
	page = page.Post(url.Values{"action": {"accept"}, "rev": {page.Rev()}})
	page = page.Post(url.Values{"action": {"choose"}, "rev": {page.Rev()}, "institution": {"cl_banco_de_chile"}})
	page = page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "username": {"41614850-3+wrong-password-then-ok"}, "password": {wrong}})
	page = page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "username": {"41614850-3+mfa-otp-sms"}, "password": {"jonsnow"}})
	j.know("password", "jonsnow")
	page = page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "answer": {slip}})
	code := j.know("sent code", j.get("/v1/inbox").ok(200).str("messages/0/code"))
	page = page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "answer": {code}})
	handle := j.get("/v1/sessions").str("sessions/0/handle")
	ended := j.get("/v1/sessions/" + handle).ok(200)
	if ended.str("step") != "succeeded" {
		j.t.Fatalf("the user stands at %s: %s", page.State(), ended.text)
	}
	left, err := url.Parse(page.Post(url.Values{"action": {"finish"}, "rev": {page.Rev()}}).Left)
	if err != nil {
		j.t.Fatal(err)
	}

	// The app: exchange it, twice; use the link token wherever it may travel.
	exchange := j.know("exchange token", left.Query().Get("exchange_token"))
	link := app.get("/fintoc/v1/links/exchange?exchange_token=" + exchange).ok(200)
	token := j.know("link token", link.str("link_token"))
	app.get("/fintoc/v1/links/exchange?exchange_token=" + exchange)
	app.get("/fintoc/v1/accounts?link_token=" + token).ok(200)
	app.get("/fintoc/v1/accounts?link_token=" + token + "x")
	app.get("/fintoc/v1/links/" + token).ok(200)
	app.call(http.MethodPatch, "/fintoc/v1/links/"+token, `{"active":false}`)
	app.get("/fintoc/v1/nowhere/" + token + "?a=" + token + "&password=" + url.QueryEscape(wrong))

	// Webhooks: an endpoint with a secret, and a page that is told the link token itself.
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got <- string(text)
	}))
	defer hook.Close()
	told := hook.URL + "/told?token=" + j.know("hook token", secret(j.chance, letters))
	e := app.post("/fintoc/v1/webhook_endpoints", `{"url":"`+told+`","enabled_events":["link.credentials_changed"]}`).ok(201)
	j.know("endpoint secret", e.str("secret"))
	app.post("/fintoc/v1/webhook_endpoints/"+e.str("id")+"/test", `{"type":"link.credentials_changed"}`)
	page = b.Open(j.url + "/fintoc/webview/widget.html?product=movements&public_key=" + pk + "&webhook_url=" + url.QueryEscape(told))
	handle = j.get("/v1/sessions").str("sessions/0/handle")
	j.post("/v1/sessions/"+handle+"/drive", right).ok(200)
	j.post("/v1/deliveries/drain", "").ok(200)
	close(got)
	for text := range got {
		var event struct {
			Data struct {
				LinkToken string `json:"link_token"`
			} `json:"data"`
		}
		if json.Unmarshal([]byte(text), &event); event.Data.LinkToken != "" {
			j.know("told link token", event.Data.LinkToken)
		}
	}
	if j.secrets["told link token"] == "" {
		j.t.Fatalf("nobody was told of the link: page %s", page.State())
	}

	// Slips: things in places where they do not belong, broken bodies, live keys.
	j.send("POST", "/fintoc/v1/link_intents", jsonType, `{"link_token":"`+token+`","password":`+quoted(wrong), "Authorization", sk)
	j.send("POST", "/fintoc/v1/link_intents", form, url.Values{"link_token": {token}, "password": {wrong}, "key": {sk}}.Encode(), "Authorization", sk)
	j.send("POST", "/fintoc/v1/link_intents?secret_key="+live, jsonType, `{"api_key":"`+live+`"}`, "Authorization", live)
	j.send("GET", "/fintoc/v1/links?widget_token="+url.PathEscape(widget)+"&Authorization="+sk, "", "", "Authorization", "Bearer "+sk)
	j.send("GET", "/fintoc/"+url.PathEscape("v1/links/"+token), "", "", "Authorization", sk)

	// The control API: drives, a connection without a widget, exact keys as options.
	made := j.post("/v1/connections", `{"provider":"fintoc","params":{"holder_type":"individual"},"password":"jonsnow"}`)
	j.know("link token of the connection", made.str("secrets/link_token"))
	exact := j.know("exact key", secret(j.chance, letters))
	j.put("/v1/sandboxes/ci42/options", `{"fintoc.secret_key":"sk_test_`+exact+`"}`).ok(200)
	j.put("/v1/sandboxes/ci42/options", `{"fintoc.secret_key":"`+j.know("refused key", secret(j.chance, letters))+`"}`).ok(400)
	app.get("/fintoc/v1/links").ok(401)
	j.put("/v1/sandboxes/ci42/options", `{"fintoc.secret_key":null}`).ok(200)
	handle = j.intent()
	j.post("/v1/sessions/"+handle+"/drive", `{"username":"41614850-3+mfa-otp-sms","password":`+quoted(wrong)+`,"answers":[[`+quoted(slip)+`],["`+code+`"]]}`)
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
