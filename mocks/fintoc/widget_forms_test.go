package fintoc_test

import (
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
