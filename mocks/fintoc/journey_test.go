package fintoc_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

func TestProvider(t *testing.T) { enginetest.Run(t, fintoc.New()) }

// The same on a store that keeps bytes, and on one that runs every transaction twice.
func TestProviderOnStrictStore(t *testing.T) {
	enginetest.RunOn(t, fintoc.New(), enginetest.StrictStore)
}

// The whole way by forms alone, without cookies and script.
func TestJourney(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	intent := k.intent()
	if intent.Text("status") != "created" || intent.At("exchange_token") != nil || intent.Text("mode") != "test" {
		t.Errorf("a new link intent is %s", intent.Raw)
	}
	p := k.open("widget_token", intent.Text("widget_token")).Want("consent", "")
	p = p.Click("consent-accept").Want("institutions", "")
	p = p.Click("institution-"+bankID).Want("credentials", "")
	p = p.Click("credentials-submit", "username", goodUser, "password", goodPass).Want("success", "")
	left := p.Click("success-finish").Left
	if want := "fintocwidget://succeeded?object=link_intent&exchange_token=" + intent.Text("id") + "_exchange_token_"; !strings.HasPrefix(left, want) {
		t.Fatalf("the widget ends at %s, want %s…", left, want)
	}
	if !strings.HasSuffix(left, "&id="+intent.Text("id")) {
		t.Errorf("the ending %s does not name the link intent", left)
	}
	u, _ := url.Parse(left)
	link := k.want(k.get("/v1/links/exchange?exchange_token="+u.Query().Get("exchange_token")), 200, "")
	if strings.Count(link.Text("link_token"), "_token_") != 1 || len(link.At("accounts").([]any)) == 0 {
		t.Errorf("the exchange gives %s", link.Raw)
	}
	if link.Text("username") != "416148503" || link.Text("institution.id") != bankID {
		t.Errorf("the link is of %q at %q", link.Text("username"), link.Text("institution.id"))
	}
	// A reload of the finished page shows the same end, and a stale form changes nothing.
	p.Reload().Want("success", "")
	p.Post(url.Values{"rev": {"2"}, "action": {"cancel"}})
	p.Reload().Want("success", "")
}

func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser, "wrong").Want("credentials", "login_invalid")
	p = p.Click("credentials-submit", "username", goodUser, "password", "wrong again").Want("credentials", "login_invalid")
	if got := p.Doc.Find("[data-testid=field-username]").AttrOr("value", ""); got != goodUser {
		t.Errorf("the user name is lost: %q", got)
	}
	if got := p.Doc.Find("[data-testid=field-password]").AttrOr("value", ""); got != "" {
		t.Errorf("the password comes back: %q", got)
	}
	k.exchangeToken(p.Click("credentials-submit", "username", goodUser, "password", goodPass))
}

func TestLockedAfterFiveWrongPasswords(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser, "wrong")
	for range 3 {
		p = p.Want("credentials", "login_invalid").Click("credentials-submit", "username", goodUser, "password", "wrong")
	}
	p = p.Click("credentials-submit", "username", goodUser, "password", "wrong").Want("error", "login_locked")
	if left := p.Click("error-close").Left; left != "fintocwidget://exit" {
		t.Errorf("a locked user leaves to %q", left)
	}
}

// A code that is wrong, then expires with the clock, is sent again, and is right.
func TestCode(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser+"+mfa-otp-sms", goodPass).Want("mfa_code", "")
	first := p.Text("stunt-code")
	p = p.Click("mfa-submit", "answer", "999999").Want("mfa_code", "challenge_invalid")
	k.advance(4 * time.Minute)
	p = p.Click("mfa-submit", "answer", first).Want("mfa_code", "challenge_expired")
	p = p.Click("mfa-resend").Want("mfa_code", "")
	second := p.Text("stunt-code")
	if second == first || len(second) != 6 {
		t.Errorf("codes %q, then %q", first, second)
	}
	p = p.Click("mfa-submit", "answer", first).Want("mfa_code", "challenge_invalid")
	k.exchangeToken(p.Click("mfa-submit", "answer", second))
}

// The published code of the payments sandbox is right too, and too many wrong ones end it.
func TestPublishedCodeAndTooManyWrong(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.exchangeToken(k.login(k.widget(), goodUser+"+mfa-otp-sms", goodPass).Click("mfa-submit", "answer", "0000"))
	p := k.login(k.widget(), goodUser+"+mfa-otp-sms", goodPass)
	p = p.Click("mfa-submit", "answer", "1").Want("mfa_code", "challenge_invalid")
	p = p.Click("mfa-submit", "answer", "2").Want("mfa_code", "challenge_invalid")
	p.Click("mfa-submit", "answer", "3").Want("error", "login_locked")
}

func TestBankAppByControlCall(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser+"+mfa-push-by-hand", goodPass).Want("mfa_push", "")
	p = p.Reload().Want("mfa_push", "")
	handle := p.URL[strings.LastIndexByte(p.URL, '/')+1:]
	k.want(k.call("POST", k.srv.URL+"/_stunt/v1/sessions/"+handle+"/approve", nil, "Authorization", ""), 200, "")
	k.exchangeToken(p.Reload())

	p = k.login(k.widget(), goodUser+"+mfa-push-by-hand", goodPass)
	handle = p.URL[strings.LastIndexByte(p.URL, '/')+1:]
	k.want(k.call("POST", k.srv.URL+"/_stunt/v1/sessions/"+handle+"/deny", nil, "Authorization", ""), 200, "")
	p.Reload().Want("error", "user_cancelled")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	consent := k.widget()
	if left := consent.Click("consent-deny").Left; left != "fintocwidget://exit" {
		t.Errorf("refusing the terms leads to %q", left)
	}
	p := k.widget().Click("consent-accept").Click("close").Want("exit_confirm", "")
	p = p.Click("exit-stay").Want("institutions", "").Click("close")
	if left := p.Click("exit-leave").Left; left != "fintocwidget://exit" {
		t.Errorf("leaving leads to %q", left)
	}
}

func TestBankDown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser+"+bank-down-before-login", goodPass).Want("error", "institution_unavailable")
	if p.Doc.Find("[data-provider-code=unavailable_institution]").Length() != 1 {
		t.Error("the error page does not carry the provider's own code")
	}
	p.Click("error-other").Want("institutions", "")
}

func TestNoAccounts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.login(k.widget(), goodUser+"+no-accounts", goodPass).Want("error", "no_accounts")
}

func TestUsers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for user, want := range map[string]string{
		"41614850-3": "success", "40427672-7": "success", "41579263-8": "success", "41.579.263-8": "success",
		"415792638": "success", "40000013-K": "credentials", "41614850-4": "credentials", "nobody": "credentials",
		"45111222-8": "credentials", "41614850-3+no-such-scenario": "credentials",
	} {
		if p := k.login(k.widget(), user, goodPass); p.State() != want {
			t.Errorf("%s: %q with %q, want %q", user, p.State(), p.Error(), want)
		}
	}
	// A RUT with a wrong check digit is told apart from one that nobody has.
	k.login(k.widget(), "41614850-4", goodPass).Want("credentials", "invalid_request")
	k.login(k.widget(), "43987654-9", goodPass).Want("credentials", "login_invalid")
}

func TestBusiness(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for user, holder := range map[string]string{"45111222-8": "451112228", "41614850-3": ""} {
		a := k.want(k.call("POST", "/v1/link_intents", map[string]string{"product": "movements", "country": "cl", "holder_type": "business"}), 201, "")
		token := k.exchangeToken(k.login(k.open("widget_token", a.Text("widget_token")), user, goodPass))
		link := k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, "")
		got := link.Text("holder_id")
		if link.Text("holder_type") != "business" || holder != "" && got != holder || holder == "" && (got == link.Text("username") || got < "45") {
			t.Errorf("%s: holder %q of type %q for user %q", user, got, link.Text("holder_type"), link.Text("username"))
		}
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for minutes, want := range map[int]int{29: 200, 31: 401} {
		k := k.in("exchange-" + map[int]string{29: "early", 31: "late"}[minutes])
		token := k.exchangeToken(k.login(k.widget(), goodUser, goodPass))
		k.advance(time.Duration(minutes) * time.Minute)
		a := k.get("/v1/links/exchange?exchange_token=" + token)
		code := map[int]string{200: "", 401: "expired_exchange_token"}[want]
		k.want(a, want, code)
		if want == 200 {
			k.want(k.get("/v1/links/exchange?exchange_token="+token), 401, "invalid_exchange_token")
		}
	}
}

func TestWidgetEntry(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.intent().Text("widget_token")
	for name, c := range map[string]struct {
		params []string
		status int
		says   string
	}{
		"no key":       {[]string{"public_key", "", "widget_token", token}, 401, "public_key is missing"},
		"placeholder":  {[]string{"public_key", "<FINTOC_PUBLIC_KEY>", "widget_token", token}, 401, "placeholder"},
		"secret key":   {[]string{"public_key", "sk_test_x", "widget_token", token}, 401, "pk_test_"},
		"live key":     {[]string{"public_key", "pk_live_x", "widget_token", token}, 401, "live key is refused"},
		"no token":     {nil, 400, "widget_token is missing"},
		"unknown":      {[]string{"widget_token", "li_xxxxxxxxxxxxxxxx_sec_yyyyyyyyyyyyyyyyyyyyyyyy"}, 404, "unknown here"},
		"html in name": {[]string{"public_key", "<script>alert(1)</script>", "widget_token", token}, 401, "no test key"},
	} {
		p := k.open(c.params...)
		if p.Status != c.status || !strings.Contains(p.Doc.Text(), c.says) || p.Doc.Find("script:not([src]):not([type='application/json'])").Length() > 0 {
			t.Errorf("%s: %d %q", name, p.Status, p.Doc.Find("main").Text())
		}
	}
	// Options of the entry page.
	p := k.open("widget_token", token, "institution_id", bankID, "username[value]", goodUser, "username[editable]", "false")
	p = p.Click("consent-accept").Want("credentials", "")
	in := p.Doc.Find("[data-testid=field-username]")
	if _, locked := in.Attr("readonly"); in.AttrOr("value", "") != goodUser || !locked {
		t.Errorf("the preset user name is %q, locked %t", in.AttrOr("value", ""), locked)
	}
	if p.Has("back") {
		t.Error("a preselected bank has a way back to the list")
	}
	k.advance(31 * time.Minute)
	if p := k.open("widget_token", token); p.Status != 410 {
		t.Errorf("an expired widget token gives %d", p.Status)
	}
	p.Reload().Want("expired", "session_expired")
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.widget()
	if p.Doc.Find("html").AttrOr("lang", "") != "es" {
		t.Error("the widget does not begin in Spanish")
	}
	p = p.Click("language-en")
	if p = p.Click("consent-accept"); p.Doc.Find("html").AttrOr("lang", "") != "en" {
		t.Error("the chosen language is forgotten on the next page")
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser, goodPass)
	csp := p.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'self' fintocwidget:"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the content policy %q lacks %q", csp, want)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "",
	} {
		if got := p.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A consent ends by the clock: the link wants a new login, its data stays readable.
func TestConsentEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser + "+consent-ends")
	if got := k.get("/v1/links/" + l.token).Text("status"); got != "active" {
		t.Errorf("a new link is %s", got)
	}
	k.advance(91 * 24 * time.Hour)
	link := k.want(k.get("/v1/links/"+l.token), 200, "")
	if link.Text("status") != "login_required" || link.Text("refresh_status") != "interrupted" {
		t.Errorf("after its consent has ended the link is %s, %s", link.Text("status"), link.Text("refresh_status"))
	}
	if n := len(k.get("/v1/links?status=login_required").List("")); n != 1 {
		t.Errorf("%d links are listed as login_required", n)
	}
	entries, _ := k.srv.Journal().Ring(k.sandbox).List(journal.Filter{Kind: journal.Task})
	ended := slices.DeleteFunc(entries, func(e journal.Entry) bool { return !strings.HasPrefix(e.Notes[0], "connection ") })
	if len(ended) != 1 || ended[0].At.Sub(noon) > 91*24*time.Hour {
		t.Errorf("of %d due rows these end a consent: %v", len(entries), ended)
	}
}

// A second login at the same bank is another link; a month makes new movements.
func TestMonthLater(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	path := "/v1/accounts/" + l.account + "/movements?link_token=" + l.token
	before, balance := k.get(path).Header.Get("X-Total-Count"), k.get("/v1/links/"+l.token).At("accounts.0.balance.current").(float64)
	k.advance(30 * 24 * time.Hour)
	sum := 0.0
	for _, m := range k.get(path + "&per_page=300&since=2026-03-31").List("") {
		if row := m.(map[string]any); row["post_date"].(string) > "2026-03-31T00:00:00Z" {
			sum += row["amount"].(float64)
		}
	}
	after := k.get(path).Header.Get("X-Total-Count")
	now := k.get("/v1/links/" + l.token).At("accounts.0.balance.current").(float64)
	if len(after) < len(before) || after <= before && len(after) == len(before) {
		t.Errorf("%s movements, a month later %s", before, after)
	}
	// Rows of the last evening of March may have been booked after noon.
	late := 0.0
	for _, m := range k.get(path + "&per_page=300&since=2026-03-31&until=2026-04-01").List("") {
		late += m.(map[string]any)["amount"].(float64)
	}
	if now-balance != sum && now-balance != sum+late {
		t.Errorf("the balance moved by %.0f, the rows by %.0f (and %.0f on the first day)", now-balance, sum, late)
	}
}
