package fintoc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

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

// A link that wants a new login gets it back: same id, same token, nothing new.
func TestReconnect(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser + "+consent-ends")
	k.advance(91 * 24 * time.Hour)
	if got := k.get("/v1/links/" + l.token).Text("status"); got != "login_required" {
		t.Fatalf("the link is %s", got)
	}
	p := k.framed("link_token", l.token).Want("consent", "").Click("consent-accept").Want("credentials", "")
	in := p.Doc.Find("[data-testid=field-username]")
	if _, locked := in.Attr("readonly"); in.AttrOr("value", "") != "416148503" || !locked || p.Has("back") {
		t.Errorf("the user name is %q, locked %t", in.AttrOr("value", ""), locked)
	}
	p = p.Click("credentials-submit", "username", "40427672-7", "password", "bad").Want("credentials", "login_invalid")
	if v := p.Doc.Find("[data-testid=field-username]").AttrOr("value", ""); v != "416148503" {
		t.Errorf("a posted user name took the place of the fixed one: %q", v)
	}
	p = p.Click("credentials-submit", "username", "40427672-7", "password", goodPass).Want("success", "")
	m := messages(t, p)
	done := m.Ending[0].Post.Success
	if done["id"] != l.id || done["object"] != "link" || done["exchangeToken"] != nil {
		t.Errorf("onSuccess gets %v", done)
	}
	if link := k.want(k.get("/v1/links/"+l.token), 200, ""); link.Text("status") != "active" || link.Text("id") != l.id {
		t.Errorf("the link is %s", link.Raw)
	}
	if n := len(k.get("/v1/links").List("")); n != 1 {
		t.Errorf("there are %d links", n)
	}
	if p := k.framed("link_token", "link_xxxxxxxxxxxxxxxx_token_yyyyyyyyyyyyyyyyyyyyyyyy"); p.Status != 400 || !strings.Contains(p.Doc.Text(), "link_token is unknown") {
		t.Errorf("an unknown link token: %d", p.Status)
	}
}

// Whatever an option says is text on every page and in the messages.
func TestOptionsAreText(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const evil = `</script><img src=x onerror=alert(1)>"'&`
	for _, name := range []string{
		"username", "username[value]", "institution_id", "_on_event", "lang", "stunt_hints", "stunt_ribbon", "stunt_autofinish",
		"webhook_url", "country", "holder_type", "product", "unknown",
	} {
		p := k.framed("widget_token", k.intent().Text("widget_token"), name, evil)
		for range 3 {
			if p.Doc.Find("img").Length() > 0 {
				t.Errorf("%s becomes markup on the page %q", name, p.State())
			}
			messages(t, p)
			switch p.State() {
			case "consent":
				p = p.Click("consent-accept")
			case "institutions":
				p = p.Click("institution-" + bankID)
			}
		}
		p.Want("credentials", "")
	}
	for _, name := range []string{"origin", "stunt_transport", "public_key", "widget_token", "link_token"} {
		if p := k.enter("/widget.html", "widget_token", k.intent().Text("widget_token"), name, evil); p.Doc.Find("img").Length() > 0 || p.Status < 400 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.framed("widget_token", k.intent().Text("widget_token"))
	csp := p.Header.Get("Content-Security-Policy")
	if strings.Contains(csp, "frame-ancestors") || p.Header.Get("X-Frame-Options") != "" || p.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("an app's page cannot frame the widget: %q", csp)
	}
	if !slices.Contains(strings.Split(csp, "; "), "script-src 'self'") {
		t.Errorf("the content policy %q lets other scripts run", csp)
	}
	for framing, want := range map[string]string{
		"deny": "; frame-ancestors 'none'", "self": "; frame-ancestors 'self'",
		"https://app.acme.test http://localhost:* https://*.acme.test": "; frame-ancestors https://app.acme.test http://localhost:* https://*.acme.test",
		"https://app.acme.test/path":                                   "; frame-ancestors 'none'", // no origin: none may
	} {
		k := newKit(t, enginetest.Scripted(map[string]string{"framed": "options: {fintoc: {framing: '" + framing + "'}}\n"}))
		p := k.framed("widget_token", k.intent("Stunt-Scenario", "framed").Text("widget_token"))
		if csp := p.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, want) {
			t.Errorf("framing %s: %q", framing, csp)
		}
		// The page itself cannot speak where it is refused; the journal says what happened.
		note := func(headers ...string) string {
			res := k.call("GET", p.URL, nil, headers...)
			entry, ok := k.srv.Journal().Find(k.sandbox, res.Header.Get(engine.RequestHeader))
			if !ok {
				t.Errorf("framing %s: no entry", framing)
			}
			return strings.Join(entry.Notes, "\n")
		}
		if said := note("Sec-Fetch-Dest", "iframe", "Referer", "https://other.test/x"); !strings.Contains(said, "fintoc.framing names") || !strings.Contains(said, "https://other.test") {
			t.Errorf("framing %s: the journal says %q", framing, said)
		}
		if said := note("Sec-Fetch-Dest", "document"); said != "" {
			t.Errorf("framing %s: the journal says %q of a page without a frame", framing, said)
		}
	}
}

// A user who does not find a bank says so, and goes on.
func TestRequestBank(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := &listener{t: t}
	p := l.hear(k.framed("widget_token", k.intent().Text("widget_token")))
	p = l.hear(p.Click("consent-accept"))
	p = l.hear(p.Click("institution-request").Want("institutions", ""))
	if live := p.Doc.Find(".live").Text(); !strings.Contains(live, "Anotamos") || p.Has("institution-request") {
		t.Errorf("the page says %q", live)
	}
	l.hear(p.Click("institution-"+bankID).Want("credentials", ""))
	l.want("opened on_terms_and_conditions on_available_institutions on_request_bank on_authentication_form")
}

// The autopilot walks as a user who knows every answer, and the app hears all of it.
func TestAutopilot(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const begin = "opened on_terms_and_conditions on_available_institutions on_authentication_form creating_link"
	for name, c := range map[string]struct {
		params         []string
		state, trouble string
		want           string
	}{
		"happy":             {nil, "success", "", begin + " link_created"},
		"second factor":     {[]string{"stunt_scenario", "mfa-coordinate-card"}, "success", "", begin + " card_authentication_required validating_second_factor link_created"},
		"by the user name":  {[]string{"username", "40427672-7+mfa-otp-sms"}, "success", "", begin + " sms_authentication_required validating_second_factor link_created"},
		"preselected":       {[]string{"institution_id", bankID}, "success", "", "opened on_terms_and_conditions on_authentication_form creating_link link_created"},
		"a phone, approved": {[]string{"stunt_scenario", "mfa-push-by-hand"}, "success", "", begin + " app_authentication_required link_created"},
		"a phone, ignored":  {[]string{"stunt_scenario", "push-timeout"}, "mfa_push", "", begin + " app_authentication_required"},
		"a bank that fails": {[]string{"stunt_scenario", "bank-down-before-login"}, "error", "institution_unavailable", begin + " on_error"},
		"no accounts":       {[]string{"stunt_scenario", "no-accounts"}, "error", "no_accounts", begin + " on_error"},
		"wrong once":        {[]string{"stunt_scenario", "wrong-password-then-ok"}, "credentials", "login_invalid", begin + " on_error"},
		"off":               {[]string{"stunt_autopilot", "0"}, "consent", "", "opened on_terms_and_conditions"},
	} {
		l := &listener{t: t}
		p := k.framed(append([]string{"stunt_autopilot", "1", "widget_token", k.intent().Text("widget_token")}, c.params...)...)
		if p.State() != c.state || p.Error() != c.trouble {
			t.Errorf("%s: the page shows %s %s", name, p.State(), p.Error())
		}
		l.hear(p.Reload())
		l.want(c.want)
		if m := messages(t, p); m.Auto != (c.state == "success") {
			t.Errorf("%s: the page leaves by itself: %t", name, m.Auto)
		}
	}
	// What stopped goes on by hand, and the widget still leaves by itself.
	p := k.framed("stunt_autopilot", "1", "stunt_scenario", "wrong-password-then-ok", "widget_token", k.intent().Text("widget_token"))
	for range 5 {
		if p.State() != "credentials" {
			break
		}
		p = p.Click("credentials-submit", "username", goodUser, "password", goodPass)
	}
	if m := messages(t, p.Want("success", "")); !m.Auto {
		t.Error("the page waits for a click")
	}
	if p := k.framed("stunt_autopilot", "yes", "widget_token", k.intent().Text("widget_token")); p.Status != 400 || !strings.Contains(p.Text("stunt-why"), "stunt_autopilot") {
		t.Errorf("a wrong value: %d", p.Status)
	}
}

// What cannot be opened looks like the widget and speaks its language; the developer's
// sentence stays as it is.
func TestRefusalWearsTheSkin(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for lang, title := range map[string]string{"": "Aquí no hay nada que ver", "en": "There is nothing to see here", "xx": "Aquí no hay nada que ver"} {
		p := k.framed("widget_token", "nothing", "lang", lang)
		html := p.Doc.Find("html")
		if p.Doc.Find("h1").Text() != title || html.AttrOr("data-skin", "") != "fintoc" || !strings.Contains(p.Text("stunt-why"), "a placeholder, perhaps") {
			t.Errorf("%q: %s %s", lang, p.Doc.Find("h1").Text(), p.Text("stunt-why"))
		}
	}
}

// A rule on the list of banks meets the widget too: it says so and offers to try again.
func TestBankListFails(t *testing.T) {
	t.Parallel()
	k := newKit(t, enginetest.Scripted(map[string]string{"no-list": "rules:\n  - on: institutions.list\n    where: {call: 1}\n    then: {problem: maintenance, message: The list is away.}\n"}))
	p := k.open("widget_token", k.intent().Text("widget_token"), "stunt_scenario", "no-list").Click("consent-accept").Want("institutions", "maintenance")
	if p.Has("institution-list") || p.Has("institution-search") || p.Has("institution-request") || p.Text("stunt-why") != "The list is away." {
		t.Errorf("the page shows %s", p.Doc.Find("main").Text())
	}
	k.login(p.Click("institution-retry").Want("institutions", ""), goodUser, goodPass).Want("success", "")
}

// The widget has opened when it is shown, not when the app's server asked for it.
func TestOpenedWhenShown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.intent().Text("widget_token")
	for n := range 2 { // a frame that is opened anew tells anew
		k.advance(5 * time.Minute)
		shown := noon.Add(time.Duration(n+1) * 5 * time.Minute)
		m := messages(t, k.framed("widget_token", token))
		for _, e := range m.Events {
			if want := shown.UnixMilli(); e.Post.Data.Timestamp != want {
				t.Errorf("%s at %d, want %d", e.Post.Name, e.Post.Data.Timestamp, want)
			}
		}
	}
}

// A widget of a refresh intent tells its events too, and no link that was not created.
func TestRefreshWidget(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *engine.Config) { c.Options = map[string]string{"fintoc.refresh_mfa": "as_login"} })
	p := k.framed("stunt_autopilot", "1", "stunt_scenario", "mfa-otp-sms", "widget_token", k.intent().Text("widget_token")).Want("success", "")
	token := messages(t, p).Ending[0].Post.Success["exchangeToken"].(string)
	link := k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, "").Text("link_token")
	open := func(params ...string) *enginetest.Page {
		t.Helper()
		k.drain()
		r := k.want(k.call("POST", "/v1/refresh_intents?link_token="+link, nil), 201, "")
		return k.framed(append(params, "product", "refresh_intent", "widget_token", r.Text("requires_mfa.widget_token"))...)
	}
	l := &listener{t: t}
	p = l.hear(open().Want("mfa_code", "")) // the autopilot was the other widget's
	p = l.hear(p.Click("mfa-submit", "answer", "0000").Want("success", ""))
	l.want("opened sms_authentication_required validating_second_factor")
	if done := messages(t, p).Ending[0].Post.Success; done["object"] != "refresh_intent" || done["exchangeToken"] != nil {
		t.Errorf("onSuccess gets %v", done)
	}
	k.advance(5 * time.Minute)
	if m := messages(t, open("stunt_autopilot", "1").Want("success", "")); !m.Auto {
		t.Error("the autopilot waits for a click")
	}
}

// An institution that the intent cannot use leads to the list, and the developer reads
// why: on the page, in the console and in the journal.
func TestPreselectedInVain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for id, why := range map[string]string{
		"cl_fiscal_sii":      "product movements for holder type individual is asked for, and SII has no product",
		"cl_banco_falabella": "Banco Falabella has payments for individual",
		"cl_mach":            "the institution cl_mach cannot be used here",
		"cl_banco_security":  "Banco Security has movements for business",
		"cl_banco_estada":    "did you mean cl_banco_estado?",
		"nope":               `no institution "nope"`,
	} {
		p := k.framed("widget_token", k.intent().Text("widget_token"), "institution_id", id)
		events := messages(t, p).Events
		if fault := events[0].Post.Fault; !strings.Contains(fault, why) || events[1].Post.Fault != "" {
			t.Errorf("%s: the console says %q", id, fault)
		}
		p = p.Click("consent-accept").Want("institutions", "")
		if got := p.Text("stunt-why"); !strings.Contains(got, why) {
			t.Errorf("%s: the page says %q", id, got)
		}
		if p.Has("institution-" + id) {
			t.Errorf("%s is in the list", id)
		}
		// Nor can it be chosen by a form that no page has.
		p = p.Post(url.Values{"rev": {p.Rev()}, "action": {"choose"}, "institution": {id}}).Want("institutions", "invalid_request")
		if got := p.Text("stunt-why"); !strings.Contains(got, why) {
			t.Errorf("%s chosen: the page says %q", id, got)
		}
		k.login(p, goodUser, goodPass).Want("success", "")
	}
	p := k.framed("widget_token", k.intent().Text("widget_token"), "institution_id", "nope", "stunt_hints", "0")
	if p = p.Click("consent-accept").Want("institutions", ""); p.Has("stunt-why") {
		t.Error("hints are off, and the page explains")
	}
	// What a scenario adds may be preselected as it may be chosen.
	p = k.framed("widget_token", k.intent().Text("widget_token"), "institution_id", "bank-down", "stunt_scenario", "banks-in-trouble")
	p = p.Click("consent-accept").Want("credentials", "")
	p.Click("credentials-submit", "username", goodUser, "password", goodPass).Want("error", "institution_unavailable")
	// A business intent has the banks of businesses.
	p = k.framed("product", "movements", "holder_type", "business", "institution_id", "cl_banco_security")
	p.Click("consent-accept").Want("credentials", "")
}

// What is left empty never reaches the bank: each empty field is marked, nothing counts as
// an attempt, and the app hears of no login.
func TestEmptyForms(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	invalid := func(p *enginetest.Page) (ids []string) {
		p.Doc.Find("[aria-invalid=true]").Each(func(_ int, in *goquery.Selection) { ids = append(ids, in.AttrOr("data-testid", "")) })
		return ids
	}
	marked := func(p *enginetest.Page, ids ...string) {
		t.Helper()
		if got := invalid(p); !slices.Equal(got, ids) {
			t.Errorf("%s: %q are marked, want %q", p.State(), got, ids)
		}
		if text := p.Text("error"); text != "Completa los datos marcados." {
			t.Errorf("%s: the page says %q", p.State(), text)
		}
	}
	l := &listener{t: t}
	p := k.framed("widget_token", k.intent().Text("widget_token"))
	p = l.hear(p.Click("consent-accept").Click("institution-" + bankID))
	p.Doc.Find("form input:not([type=hidden])").Each(func(_ int, in *goquery.Selection) {
		if _, ok := in.Attr("required"); !ok {
			t.Errorf("%s is not required", in.AttrOr("name", ""))
		}
	})
	if _, ok := p.Doc.Find("[data-testid=back]").Attr("formnovalidate"); !ok {
		t.Error("an empty form holds back whoever wants to leave it")
	}
	for range 6 { // five wrong logins would lock
		p = l.hear(p.Click("credentials-submit").Want("credentials", "invalid_request"))
	}
	marked(p, "field-username", "field-password")
	p = l.hear(p.Click("credentials-submit", "username", goodUser).Want("credentials", "invalid_request"))
	marked(p, "field-password")
	p = l.hear(p.Click("credentials-submit", "username", " +mfa-otp-sms", "password", "x").Want("credentials", "invalid_request"))
	marked(p, "field-username")
	if slices.Contains(l.log, "creating_link") {
		t.Errorf("the app hears %q", l.log)
	}
	p = k.login(p, goodUser+"+mfa-otp-sms", goodPass).Want("mfa_code", "")
	for range 4 { // three wrong codes would lock
		p = p.Click("mfa-submit", "answer", " ").Want("mfa_code", "invalid_request")
	}
	marked(p, "field-otp")
	p.Click("mfa-submit", "answer", "0000").Want("success", "")

	p = k.login(k.widget(), goodUser+"+mfa-coordinate-card", goodPass).Want("mfa_card", "")
	p = p.Click("mfa-submit", "answer", "00,,").Want("mfa_card", "invalid_request")
	marked(p, "field-card-C4", "field-card-E7")
	p.Click("mfa-submit", "answer", "00,00,00").Want("success", "")
}

// A frame that is made around a session in the middle of its way hears that it was opened
// and what it shows; a reload of it hears nothing twice.
func TestReopened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		walk func(*kit, *enginetest.Page) *enginetest.Page
		show string
		want string
	}{
		"list":        {func(_ *kit, p *enginetest.Page) *enginetest.Page { return p.Click("consent-accept") }, "institutions", "opened on_available_institutions"},
		"wrong login": {func(k *kit, p *enginetest.Page) *enginetest.Page { return k.login(p, goodUser, "bad") }, "credentials", "opened on_authentication_form"},
		"bank down": {func(k *kit, p *enginetest.Page) *enginetest.Page {
			return k.login(p, goodUser+"+bank-down-before-login", goodPass).Want("error", "institution_unavailable")
		}, "credentials", "opened on_authentication_form"},
		"code": {func(k *kit, p *enginetest.Page) *enginetest.Page {
			return k.login(p, goodUser+"+mfa-otp-sms", goodPass).Click("mfa-submit", "answer", "1").Want("mfa_code", "challenge_invalid")
		}, "mfa_code", "opened sms_authentication_required"},
		"waiting": {func(k *kit, p *enginetest.Page) *enginetest.Page {
			return k.login(p, goodUser+"+pending-long", goodPass)
		}, "connecting", "opened"},
		"untouched": {func(_ *kit, p *enginetest.Page) *enginetest.Page { return p }, "consent", "opened on_terms_and_conditions"},
	} {
		k := newKit(t)
		token := k.intent().Text("widget_token")
		c.walk(k, k.framed("widget_token", token))
		k.advance(time.Minute)
		p := k.framed("widget_token", token).Want(c.show, "")
		l := &listener{t: t} // another frame: it has heard nothing
		l.hear(p)
		l.want(c.want)
		for _, e := range messages(t, p).Events {
			if want := noon.Add(time.Minute).UnixMilli(); e.Post.Data.Timestamp != want {
				t.Errorf("%s: %s at %d, want %d", name, e.Post.Name, e.Post.Data.Timestamp, want)
			}
		}
		l.hear(p.Reload())
		l.want("")
	}
}

// A widget token is done with when its link intent has succeeded: whoever opens it again
// reads so, and hears of no success.
func TestUsedToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.intent().Text("widget_token")
	done := k.login(k.framed("widget_token", token), goodUser, goodPass).Want("success", "")
	// The page itself may be reloaded until its user has finished.
	if m := messages(t, done.Reload().Want("success", "")); len(m.Ending) != 1 || m.Ending[0].Post.Success["exchangeToken"] == nil {
		t.Errorf("the reloaded page ends with %+v", m.Ending)
	}
	k.advance(time.Minute)
	p := k.framed("widget_token", token, "lang", "en")
	m := messages(t, p)
	if p.Status != http.StatusGone || p.Doc.Find("h1").Text() != "This page was used already" || len(m.Events) != 1 || m.Events[0].Post.Name != "on_error" {
		t.Errorf("%d %s %+v", p.Status, p.Doc.Find("h1").Text(), m.Events)
	}
	if want := "This link intent has succeeded already"; !strings.Contains(m.Events[0].Post.Fault, want) || !strings.Contains(p.Text("stunt-why"), want) {
		t.Errorf("the developer reads %q and %q", m.Events[0].Post.Fault, p.Text("stunt-why"))
	}
	if len(m.Ending) != 1 || m.Ending[0].Post.Success != nil {
		t.Errorf("the ending is %+v", m.Ending)
	}
	if left := k.open("widget_token", token).Click("error-close").Left; left != "fintocwidget://exit" {
		t.Errorf("a web view is led to %q", left)
	}
}

// The widget opens in the language that its address asks for, each time that it is opened.
func TestLanguageOfTheWidget(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.intent().Text("widget_token")
	for _, c := range []struct{ name, value, want string }{
		{"stunt_lang", "en", "Connect your bank"}, {"stunt_lang", "es", "Conecta tu banco"}, {"lang", "en", "Connect your bank"},
		{"stunt_lang", "xx", "Connect your bank"}, // as it was: nobody speaks that
	} {
		if got := k.framed("widget_token", token, c.name, c.value).Want("consent", "").Text("title"); got != c.want {
			t.Errorf("%s=%s: %s, want %s", c.name, c.value, got, c.want)
		}
	}
	if got := k.framed("widget_token", k.intent().Text("widget_token"), "stunt_lang", "xx").Text("title"); got != "Conecta tu banco" {
		t.Errorf("an unknown language: %s", got)
	}
	if got := k.framed("widget_token", "nothing", "stunt_lang", "en").Text("title"); got != "There is nothing to see here" {
		t.Errorf("a refusal says %s", got)
	}
}

// The ribbon names what was asked for, whichever part of a connection it scripts.
func TestRibbonNamesTheScenario(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ribbon := func(p *enginetest.Page) string {
		return p.Doc.Find("[data-testid=stunt-ribbon]").AttrOr("data-scenario", "")
	}
	for _, name := range []string{"extraction-fails", "banks-in-trouble", "maintenance", "mfa-otp-sms", "happy"} {
		p := k.framed("widget_token", k.intent().Text("widget_token"), "stunt_scenario", name)
		if got := ribbon(p); got != name {
			t.Errorf("stunt_scenario=%s: the ribbon says %q", name, got)
		}
		p = k.login(k.widget(), goodUser+"+"+name, goodPass)
		if got := ribbon(p); got != name {
			t.Errorf("+%s: the ribbon says %q", name, got)
		}
		if got := ribbon(k.widget("Stunt-Scenario", name)); got != name {
			t.Errorf("the start call names %s: the ribbon says %q", name, got)
		}
	}
	if got := ribbon(newKit(t, func(c *engine.Config) { c.Scenario = "maintenance" }).widget()); got != "maintenance" {
		t.Errorf("the server's scenario: the ribbon says %q", got)
	}
	if got := ribbon(k.widget()); got != "happy" {
		t.Errorf("nothing is asked for: the ribbon says %q", got)
	}
}

// A user name that the app has fixed stays, whatever a form posts and a chip fills in.
func TestFixedUserName(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	open := func(user string) *enginetest.Page {
		p := k.framed("widget_token", k.intent().Text("widget_token"), "institution_id", bankID, "username[value]", user, "username[editable]", "false")
		return p.Click("consent-accept").Want("credentials", "")
	}
	check := func(p *enginetest.Page, want string) {
		t.Helper()
		in := p.Doc.Find("[data-testid=field-username]")
		_, locked := in.Attr("readonly")
		if _, required := in.Attr("required"); in.AttrOr("value", "") != want || !locked || required {
			t.Errorf("the user name is %q, read-only %t, required %t", in.AttrOr("value", ""), locked, required)
		}
	}
	p := open(goodUser)
	check(p, goodUser)
	if p.Has("stunt-fill-mfa") || !p.Has("stunt-fill-wrong") {
		t.Errorf("the chips are %s", p.Doc.Find(".tray").Text())
	}
	check(p.Click("stunt-fill-ok"), goodUser)
	check(enginetest.NewBrowser(t, k.srv.URL).Open(strings.Split(p.URL, "?")[0]+"?fill=mfa"), goodUser)
	p = p.Click("stunt-fill-ok").Click("credentials-submit", "username", "40427672-7+mfa-otp-sms").Want("success", "")
	if link := k.get("/v1/links").At("0").(map[string]any); link["username"] != "416148503" {
		t.Errorf("the link is of %v", link["username"])
	}
	p = open("40427672-7+mfa-otp-sms") // the app may choose a scenario with it
	if p.Has("stunt-fill-ok") {
		t.Error("a chip of another user is offered")
	}
	p.Click("credentials-submit", "username", goodUser, "password", goodPass).Want("mfa_code", "")
	// Without a name there is nothing to fix.
	p = k.framed("widget_token", k.intent().Text("widget_token"), "institution_id", bankID, "username[value]", "", "username[editable]", "false").Click("consent-accept")
	if _, locked := p.Doc.Find("[data-testid=field-username]").Attr("readonly"); locked {
		t.Error("an empty user name cannot be typed")
	}
}

// The consent page names the app, and draws no sign for one without a name.
func TestAppName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ set, want, mark string }{
		{"", "Acme quiere ver", "A"}, {"fintoc.app_name=Banca & Cía", "Banca & Cía quiere ver", "BC"}, {"fintoc.app_name=", "Una aplicación quiere ver", ""},
	} {
		k := newKit(t, func(cfg *engine.Config) {
			if name, value, ok := strings.Cut(c.set, "="); ok {
				cfg.Options = map[string]string{name: value}
			}
		})
		p := k.widget()
		mark := p.Doc.Find(".parties .mark")
		if lead := p.Doc.Find(".lead").Text(); !strings.Contains(lead, c.want) || mark.Text() != c.mark || mark.Length() > 0 != (c.mark != "") {
			t.Errorf("%q: the page says %q with the sign %q", c.set, lead, mark.Text())
		}
		name, _, _ := strings.Cut(c.want, " quiere")
		if got := k.get("/v1/whoami").Text("organization_name"); got != name && c.mark != "" {
			t.Errorf("%q: the key belongs to %q", c.set, got)
		}
	}
}

// Pages that offer no way on do not ask to try again, whoever left reads so, and a wait of
// minutes is not called one of seconds.
func TestWordsOfEndings(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser+"+extraction-fails", goodPass).Want("error", "internal")
	if text := p.Text("error"); p.Has("error-retry") || p.Has("error-other") || strings.Contains(text, "Inténtalo de nuevo") || !strings.Contains(text, "empieza de nuevo") {
		t.Errorf("the failed page says %q", text)
	}
	p = k.widget()
	p.Click("consent-deny")
	if title := p.Reload().Want("done", "consent_required").Text("title"); title != "Saliste sin terminar" {
		t.Errorf("whoever left reads %q", title)
	}
	p = k.login(k.widget(), goodUser+"+mfa-then-pending", goodPass).Click("mfa-submit", "answer", "0000").Want("connecting", "")
	if text := p.Doc.Find("main").Text(); strings.Contains(text, "segundos") || !strings.Contains(text, "minutos") {
		t.Errorf("the waiting page says %q", text)
	}
	k.advance(9*time.Minute + 30*time.Second)
	if text := p.Reload().Want("connecting", "").Doc.Find("main").Text(); !strings.Contains(text, "segundos") {
		t.Errorf("the waiting page says %q at last", text)
	}
}

// A scenario behind the user name rules the very login that names it, once.
func TestRulesBehindTheUserName(t *testing.T) {
	t.Parallel()
	k := newKit(t, enginetest.Scripted(map[string]string{
		"limited": "rules:\n  - on: session.submit\n    where: {step: credentials, call: 1}\n    then: {problem: rate_limited}\n",
	}))
	p := k.widget().Click("consent-accept").Click("institution-"+bankID).Want("credentials", "")
	login := func() *enginetest.Page {
		return p.Click("credentials-submit", "username", goodUser+"+limited", "password", goodPass)
	}
	if refused := login(); refused.Status != 429 || !strings.Contains(refused.Text("title"), "Ahora no") {
		t.Errorf("the first login answers %d: %s", refused.Status, refused.Doc.Text())
	}
	login().Want("success", "")
}
