package fintoc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// told is what a page tells the app around it.
type told struct {
	Target string
	Auto   bool
	Events []message
	Ending []message
}

type message struct {
	Seq    int
	Native string
	Go     string
	Post   *struct {
		Fintoc, Name string
		Fault        string
		Seq          int
		Data         struct{ Timestamp int64 }
		Success      map[string]any
	}
}

func messages(t *testing.T, p *enginetest.Page) told {
	t.Helper()
	var out told
	if err := json.Unmarshal([]byte(p.Doc.Find("script#stunt-messages").Text()), &out); err != nil {
		t.Fatalf("the page's messages: %v", err)
	}
	return out
}

// listener hears a page as the script does: each event once, and the ending.
type listener struct {
	t   *testing.T
	seq int
	log []string
}

func (l *listener) hear(p *enginetest.Page) *enginetest.Page {
	l.t.Helper()
	for _, m := range messages(l.t, p).Events {
		if m.Seq > l.seq {
			l.seq = m.Seq
			l.log = append(l.log, m.Post.Name)
		}
	}
	return p
}

func (l *listener) want(names string) {
	l.t.Helper()
	if got := strings.Join(l.log, " "); got != names {
		l.t.Errorf("events\n%s, want\n%s", got, names)
	}
	l.log = nil
}

const appOrigin = "https://app.acme.test"

// framed opens the entry that the loader opens.
func (k *kit) framed(params ...string) *enginetest.Page {
	k.t.Helper()
	return k.enter("/widget.html", append([]string{"origin", appOrigin}, params...)...)
}

func (k *kit) enter(path string, params ...string) *enginetest.Page {
	k.t.Helper()
	q := url.Values{"public_key": {"pk_test_kit"}}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return enginetest.NewBrowser(k.t, k.srv.URL).Open(k.base + path + "?" + q.Encode())
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const begin = "opened on_terms_and_conditions on_available_institutions on_authentication_form creating_link"
	for name, c := range map[string]struct {
		user, password string
		click          []string // what follows the login, in threes: button, input, value
		want           string
	}{
		"happy":   {goodUser, goodPass, nil, begin + " link_created"},
		"wrong":   {goodUser, "bad", []string{"credentials-submit", "password", goodPass}, begin + " on_error creating_link link_created"},
		"sms":     {goodUser + "+mfa-otp-sms", goodPass, []string{"mfa-submit", "answer", "0000"}, begin + " sms_authentication_required validating_second_factor link_created"},
		"email":   {goodUser + "+mfa-otp-email", goodPass, []string{"mfa-submit", "answer", "0000"}, begin + " email_authentication_required validating_second_factor link_created"},
		"device":  {goodUser + "+mfa-hardware-token", goodPass, []string{"mfa-submit", "answer", "000000"}, begin + " device_authentication_required validating_second_factor link_created"},
		"card":    {goodUser + "+mfa-coordinate-card", goodPass, []string{"mfa-submit", "answer", "00,00,00"}, begin + " card_authentication_required validating_second_factor link_created"},
		"app":     {goodUser + "+mfa-push-by-hand", goodPass, []string{"mfa-push-approve", "", ""}, begin + " app_authentication_required link_created"},
		"captcha": {goodUser + "+captcha", goodPass, nil, begin + " captcha_authentication_required"},
		"wrong code": {
			goodUser + "+mfa-otp-sms", goodPass, []string{"mfa-submit", "answer", "1", "mfa-submit", "answer", "0000"},
			begin + " sms_authentication_required validating_second_factor on_error validating_second_factor link_created",
		},
		"bank down": {goodUser + "+bank-down-before-login", goodPass, nil, begin + " on_error"},
		"locked":    {goodUser + "+locked", goodPass, nil, begin + " on_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			l := &listener{t: t}
			p := l.hear(k.framed("widget_token", k.intent().Text("widget_token")))
			p = l.hear(p.Click("consent-accept"))
			p = l.hear(p.Click("institution-" + bankID))
			p = l.hear(p.Click("credentials-submit", "username", c.user, "password", c.password))
			for i := 0; i+2 < len(c.click); i += 3 {
				fill := c.click[i+1 : i+3]
				if c.click[i] == "credentials-submit" {
					fill = append(fill, "username", c.user)
				}
				p = l.hear(p.Click(c.click[i], fill...))
			}
			l.hear(p.Reload())
			l.want(c.want)
		})
	}
}

// What the loader hands to onSuccess, and when.
func TestEndingByMessage(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	intent := k.intent()
	p := k.framed("widget_token", intent.Text("widget_token"))
	if m := messages(t, p); m.Target != appOrigin || len(m.Ending) != 0 || m.Events[0].Post.Data.Timestamp != noon.UnixMilli() || m.Events[0].Go != "" {
		t.Errorf("the first page tells %+v", m)
	}
	p = k.login(p, goodUser, goodPass).Want("success", "")
	m := messages(t, p)
	if len(m.Ending) != 1 || m.Auto || m.Ending[0].Go != "" || m.Ending[0].Native != "" {
		t.Fatalf("the ending is %+v", m)
	}
	got := m.Ending[0].Post.Success
	for key, want := range map[string]any{
		"id": intent.Text("id"), "object": "link_intent", "country": "cl", "createdAt": "2026-03-31T12:00:00Z",
		"exchangeTokenExpiresAt": "2026-03-31T12:30:00Z", "holderType": "individual", "mode": "test", "product": "movements",
		"status": "succeeded", "widgetToken": nil,
	} {
		if v, ok := got[key]; !ok || v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
	token, _ := got["exchangeToken"].(string)
	if len(got) != 11 {
		t.Errorf("onSuccess gets %v", got)
	}
	k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, "")
}

func TestExitByMessage(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.intent().Text("widget_token")
	p := k.framed("widget_token", token)
	old := p.Doc.Find("main").AttrOr("data-rev", "")
	p = p.Click("consent-accept").Click("close")
	// The script asks with its header, so that no answer leads away.
	form := url.Values{"rev": {p.Doc.Find("main").AttrOr("data-rev", "")}, "action": {"leave"}}
	req, err := http.NewRequest("POST", strings.Split(p.URL, "?")[0], strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(engine.FragmentHeader, "framed")
	res, err := enginetest.Client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != 303 || !strings.HasSuffix(strings.Split(p.URL, "?")[0], to) {
		t.Fatalf("the form answers %d and leads to %q", res.StatusCode, to)
	}
	p = enginetest.NewBrowser(t, k.srv.URL).Open(strings.Split(p.URL, "?")[0]).Want("done", "user_cancelled")
	if m := messages(t, p); !m.Auto || len(m.Ending) != 1 || m.Ending[0].Post.Success != nil || m.Ending[0].Post.Fintoc != "end" {
		t.Errorf("leaving tells %+v", m)
	}
	// The same token opens the widget again, and a new frame hears the new attempt only.
	p = k.framed("widget_token", token).Want("consent", "")
	l := &listener{t: t}
	l.hear(p)
	l.want("opened on_terms_and_conditions")
	p.Post(url.Values{"rev": {old}, "action": {"cancel"}}) // a form of the first attempt
	p.Reload().Want("consent", "")
}

func TestTransports(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, c := range map[string]struct {
		path         string
		params       []string
		post, events bool
		addresses    bool
	}{
		"web view":             {"/webview/widget.html", nil, false, false, true},
		"web view with events": {"/webview/widget.html", []string{"_on_event", "true"}, false, true, true},
		"frame":                {"/widget.html", []string{"origin", appOrigin}, true, false, false},
		"any origin":           {"/widget.html", []string{"origin", "*"}, true, false, false},
		"app":                  {"/widget.html", []string{"origin", "capacitor://localhost"}, true, false, false},
		"scheme in a frame":    {"/widget.html", []string{"origin", appOrigin, "stunt_transport", "scheme"}, false, false, true},
		"redirect":             {"/widget.html", []string{"origin", appOrigin, "stunt_transport", "redirect"}, false, false, true},
		"both":                 {"/widget.html", []string{"origin", appOrigin, "stunt_transport", "both", "_on_event", "true"}, true, true, true},
	} {
		p := k.enter(c.path, append(c.params, "widget_token", k.intent().Text("widget_token"))...)
		p = k.login(p, goodUser, goodPass).Want("success", "")
		m := messages(t, p)
		for _, e := range m.Events {
			if (e.Post != nil) != c.post || (e.Go != "") != c.events || e.Native != "" {
				t.Errorf("%s: the event %+v", name, e)
			}
			if e.Go != "" && (!strings.HasPrefix(e.Go, "fintocwidget://event/") || !strings.HasSuffix(e.Go, "?timestamp=1774958400000")) {
				t.Errorf("%s: the event goes to %s", name, e.Go)
			}
		}
		last := m.Ending[len(m.Ending)-1]
		if (last.Post != nil) != c.post || (last.Native == "fintocwidget://succeeded") != c.addresses || strings.HasPrefix(last.Go, "fintocwidget://succeeded?object=link_intent&exchange_token=li_") != c.addresses {
			t.Errorf("%s: the ending %+v", name, last)
		}
		if closed := len(m.Ending) == 2 && strings.HasPrefix(m.Ending[0].Go, "fintocwidget://event/closed?"); closed != c.events {
			t.Errorf("%s: closed is told: %t", name, closed)
		}
		if (m.Target != "") != c.post {
			t.Errorf("%s: the target is %q", name, m.Target)
		}
	}
	// Whoever opens the widget again, at whichever step, is the one that is told.
	token := k.intent().Text("widget_token")
	k.open("widget_token", token).Click("consent-accept")
	if m := messages(t, k.framed("widget_token", token).Want("institutions", "")); m.Target != appOrigin || len(m.Events) != 2 || m.Events[1].Post == nil {
		t.Errorf("a frame around a begun session is told %+v", m)
	}
	for _, bad := range [][]string{
		{"origin", "null"}, {"origin", "https://app.test/path"}, {"origin", "app.test"}, {"origin", "javascript:alert(1)"},
		{"stunt_transport", "message"}, {"stunt_transport", "pigeon"},
	} {
		p := k.enter("/widget.html", append(bad, "widget_token", k.intent().Text("widget_token"))...)
		if p.Status != 400 || !strings.Contains(p.Doc.Text(), bad[0]) && !strings.Contains(p.Doc.Text(), "origin") {
			t.Errorf("%q: %d %s", bad, p.Status, p.Doc.Find("main").Text())
		}
	}
}

func TestLoader(t *testing.T) {
	t.Parallel()
	srv := newKit(t).srv
	public := newKit(t, func(c *engine.Config) { c.PublicURL = "https://stunt.acme.test" }).srv
	for _, c := range []struct{ server, path, host, base string }{
		{srv.URL, "/fintoc/js/v1/", "", srv.URL + "/fintoc"},
		{srv.URL, "/fintoc/js/v1", "", srv.URL + "/fintoc"},
		{srv.URL, "/fintoc/js/v1/?x=y", "", srv.URL + "/fintoc"},
		{srv.URL, "/~ci42/fintoc/js/v1/", "", srv.URL + "/~ci42/fintoc"},
		{srv.URL, "/v1", "js.fintoc.com", "http://js.fintoc.com/fintoc"},
		{srv.URL, "/v1/?x=y", "js.fintoc.com", "http://js.fintoc.com/fintoc"},
		{srv.URL, "/js/v1/", "ci42.fintoc.localhost", "http://ci42.fintoc.localhost/~ci42/fintoc"},
		{public.URL, "/fintoc/js/v1/", "", "https://stunt.acme.test/fintoc"},
		{public.URL, "/~ci42/fintoc/js/v1/", "", "https://stunt.acme.test/~ci42/fintoc"},
		{public.URL, "/v1/", "js.fintoc.com", "https://stunt.acme.test/fintoc"},
		{srv.URL, "/v1/", `js.fintoc.com`, "http://js.fintoc.com/fintoc"},
	} {
		req, err := http.NewRequest("GET", c.server+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		k := newKit(t)
		res, err := enginetest.Client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body := enginetest.ReadAll(k.t, res)
		if res.StatusCode != 200 || !strings.Contains(body, "const BASE = \""+c.base+"\";") || strings.Contains(body, "__BASE__") {
			t.Errorf("%s at %s: %d, no base %s", c.path, c.host, res.StatusCode, c.base)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*",
			"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, got, want)
			}
		}
	}
}

// A frame that cannot be opened says so to the developer, and lets the user out.
func TestRefusal(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.framed("widget_token", "li_xxxxxxxxxxxxxxxx_sec_yyyyyyyyyyyyyyyyyyyyyyyy")
	m := messages(t, p)
	if p.Status != 404 || m.Target != appOrigin || len(m.Events) != 1 || m.Events[0].Post.Name != "on_error" || m.Auto {
		t.Errorf("%d %+v", p.Status, m)
	}
	if !strings.Contains(m.Events[0].Post.Fault, "widget_token is unknown here") {
		t.Errorf("the fault is %q", m.Events[0].Post.Fault)
	}
	if len(m.Ending) != 1 || m.Ending[0].Post.Fintoc != "end" || m.Ending[0].Post.Success != nil || m.Ending[0].Go != "" {
		t.Errorf("the ending is %+v", m.Ending)
	}
	if left := k.open("widget_token", "nothing").Click("error-close").Left; left != "fintocwidget://exit" {
		t.Errorf("a web view is led to %q", left)
	}
	if m := messages(t, k.framed("origin", "null", "widget_token", "x")); m.Target != "" {
		t.Errorf("messages go to %q", m.Target)
	}
}

// The flow before link intents: the page says what is connected, no token comes back.
func TestWithoutIntent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.framed("product", "movements", "holder_type", "business", "country", "cl", "webhook_url", "https://app.acme.test/hook")
	p = k.login(p, "45111222-8", goodPass).Want("success", "")
	done := messages(t, p).Ending[0].Post.Success
	id, _ := done["id"].(string)
	link := k.want(k.get("/v1/links?per_page=1"), 200, "").At("0").(map[string]any)
	if link["id"] != id || done["object"] != "link" || done["holderType"] != "business" || done["institution"].(map[string]any)["id"] != bankID {
		t.Errorf("onSuccess gets %v, the link is %v", done, link)
	}
	if text, _ := json.Marshal(done); strings.Contains(string(text), "oken") {
		t.Errorf("a token is handed to the browser: %s", text)
	}
	p = k.login(k.enter("/webview/widget.html", "product", "movements"), goodUser, goodPass)
	if left := p.Click("success-finish").Left; !strings.HasPrefix(left, "fintocwidget://succeeded?object=link&id=link_") {
		t.Errorf("a web view is led to %s", left)
	}
	for _, bad := range [][]string{
		{"product", "payments"}, {"product", "movements", "country", "mx"}, {"product", "movements", "holder_type", "<b>x</b>"},
	} {
		if p := k.framed(bad...); p.Status != 400 || p.Doc.Find("main b").Length() > 0 {
			t.Errorf("%q: %d", bad, p.Status)
		}
	}
}
