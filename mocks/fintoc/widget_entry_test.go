package fintoc_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

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
