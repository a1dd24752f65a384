package flinks_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// told are the messages of a page, as its script sends them.
type told struct {
	Target string
	Text   bool
	Top    bool
	Events []struct{ Post map[string]any }
	Ending []struct {
		Post map[string]any
		Go   string
	}
	Notes []string
	Auto  bool
}

func toldBy(t *testing.T, p *enginetest.Page) (m told) {
	t.Helper()
	if p.Doc == nil {
		t.Fatalf("the page was left for %s", p.Left)
	}
	if err := json.Unmarshal([]byte(p.Doc.Find("#stunt-messages").Text()), &m); err != nil {
		t.Fatalf("%v in state %s: %s", err, p.State(), p.Doc.Find("#stunt-messages").Text())
	}
	return m
}

// steps names them: by step, or by FlinksCode.
func (m told) steps() string {
	var out []string
	for _, e := range m.Events {
		name, _ := e.Post["step"].(string)
		if name == "" {
			name, _ = e.Post["flinksCode"].(string)
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// page opens Connect as a frame of an app does.
func (k *kit) page(query string) *enginetest.Page {
	k.t.Helper()
	return enginetest.NewBrowser(k.t, k.srv.URL).Open("/~" + k.sandbox + "/flinks/v2/" + query)
}

// through walks a page to its end.
func (k *kit) through(p *enginetest.Page, user string) *enginetest.Page {
	k.t.Helper()
	p = enginetest.Login(k.t, p, "FlinksCapital", user, "Everyday")
	if p.State() == "mfa_question" {
		p = p.Click("mfa-submit", "answer", "Montreal")
	}
	return p
}

// ended is what REDIRECT says.
func (k *kit) ended(p *enginetest.Page) map[string]any {
	k.t.Helper()
	p.Want("success", "")
	m := toldBy(k.t, p)
	if len(m.Ending) != 1 || m.Ending[0].Post["step"] != "REDIRECT" || !m.Auto {
		k.t.Fatalf("the end is %+v", m)
	}
	return m.Ending[0].Post
}

const begun = "APP_MOUNTED COMPONENT_LOAD_CONSENT COMPONENT_ACCEPT_CONSENT COMPONENT_LOAD_INSTITUTION_SELECTOR INSTITUTION_SELECTED COMPONENT_LOAD_CREDENTIAL SUBMIT_CREDENTIAL"

// A user connects on the page, and the app reads: with the RequestId of the page, and by a cached
// Authorize with the LoginId.
func TestConnect(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.through(k.page("?demo=true&redirectUrl=https://app.example/done?state=1&tag=T"), "Greatday")
	end := k.ended(p)
	if got := toldBy(t, p).steps(); got != begun+" COMPONENT_LOAD_MFA SUBMIT_MFA" {
		t.Errorf("the page tells %s", got)
	}
	login, request := end["loginId"].(string), end["requestId"].(string)
	to := "https://app.example/done?state=1&loginId=" + login + "&tag=T&institution=FlinksCapital"
	if end["url"] != to || end["institution"] != "FlinksCapital" || toldBy(t, p).Ending[0].Go != to {
		t.Errorf("the end is %v", end)
	}
	if left := p.Click("success-finish").Left; left != to {
		t.Errorf("the user is led to %s", left)
	}
	k.drain()
	data := k.want(k.post("GetAccountsDetail", fields{"RequestId": request}), 200, "")
	if data.Text("Login.Id") != login || data.Text("Tag") != "T" || len(data.List("Accounts")) == 0 {
		t.Errorf("the RequestId of the page reads %.300s", data.Raw)
	}
	cached := k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": true}), 200, "")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": cached.Text("RequestId")}), 200, "")
}

// A page login and an API login of one user are one card, whatever the languages.
func TestOneCard(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	end := k.ended(k.through(k.page("?language=fr"), "greatday_nomfa"))
	login := k.login("GREATDAY_nomfa").Text("Login.Id")
	if login != end["loginId"] {
		t.Errorf("the page makes %v, the API %s", end["loginId"], login)
	}
	if again := k.ended(k.through(k.page(""), "greatday_nomfa")); again["loginId"] != login {
		t.Errorf("a second page makes %v", again["loginId"])
	}
	k.advance(10 * time.Minute)
	if a := k.call("DELETE", "DeleteCard/"+login, nil); a.Status != 200 {
		t.Errorf("the card cannot be deleted: %s", a.Raw)
	}
	other := "11111111-2222-4333-8444-555555555555"
	if end := k.ended(k.through(k.page("?customerId="+other), "greatday_nomfa")); end["loginId"] == login {
		t.Error("another customer has the same card")
	}
	k.customer = other
	k.login("greatday_nomfa")
}

// Pages and Custom are of the customer that an option names, unless their address names another.
func TestPageCustomer(t *testing.T) {
	t.Parallel()
	other := "11111111-2222-4333-8444-555555555555"
	k := newKit(t, with("page_customer", other))
	theirs := *k
	theirs.customer = other
	want := theirs.login("greatday_nomfa").Text("Login.Id")
	if end := k.ended(k.through(k.page(""), "greatday_nomfa")); end["loginId"] != want {
		t.Errorf("the page makes %v, want %s", end["loginId"], want)
	}
	if end := k.ended(k.through(k.page("?customerId="+customer), "greatday_nomfa")); end["loginId"] == want {
		t.Error("customerId does not override the option")
	}
	mine := k.login("greatday_nomfa").Text("Login.Id")
	for query, want := range map[string]string{"": want, "&customerId=" + customer: mine, "&lang=fr": want} {
		p := k.allow(k.atBank("institution=FlinksCapital&redirect_uri=https://app.example/cb"+query), "greatday_nomfa").Click("bank-allow")
		if p.State() == "success" {
			p = p.Click("success-finish")
		}
		if to := "https://app.example/cb?loginId=" + want; p.Left != to {
			t.Errorf("Custom with %q leads to %s, want %s", query, p.Left, to)
		}
	}
}

// While the data is still fetched, a cached Authorize works and its data waits.
func TestDataInTheBackground(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	end := k.ended(k.through(k.page(""), "greatday_nomfa+pending-long"))
	cached := k.want(k.post("Authorize", fields{"LoginId": end["loginId"], "MostRecentCached": true}), 200, "")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": cached.Text("RequestId")}), 202, "OPERATION_PENDING")
	k.advance(11 * time.Minute)
	k.want(k.get("GetAccountsDetailAsync/"+cached.Text("RequestId")), 200, "")
}

// The authorizeToken, by the mode of the sandbox.
func TestPageToken(t *testing.T) {
	t.Parallel()
	invalid := "APP_MOUNTED TOKEN_INVALID"
	for _, c := range []struct{ mode, token, want string }{
		{"none", "", "APP_MOUNTED COMPONENT_LOAD_CONSENT"}, {"none", "nonsense", "APP_MOUNTED COMPONENT_LOAD_CONSENT"},
		{"lenient", "", "APP_MOUNTED COMPONENT_LOAD_CONSENT"}, {"lenient", "nonsense", invalid}, {"lenient", "fresh", "APP_MOUNTED COMPONENT_LOAD_CONSENT"},
		{"lenient", "spent", invalid}, {"lenient", "old", invalid}, {"lenient", "foreign", invalid},
		{"strict", "", invalid}, {"strict", "fresh", "APP_MOUNTED COMPONENT_LOAD_CONSENT"}, {"strict", secret, invalid},
	} {
		k := newKit(t, with("auth", c.mode))
		token := c.token
		mint := func(k *kit) string {
			return k.post("GenerateAuthorizeToken", nil, "flinks-auth-key", secret).Text("Token")
		}
		switch c.token {
		case "fresh":
			token = mint(k)
		case "spent":
			token = mint(k)
			k.page("?authorizeToken="+token).Want("consent", "")
		case "old":
			token = mint(k)
			k.advance(31 * time.Minute)
		case "foreign":
			other := *k
			other.customer = "11111111-2222-4333-8444-555555555555"
			token = mint(&other)
		}
		if got := toldBy(t, k.page("?authorizeToken="+token)).steps(); got != c.want {
			t.Errorf("%s with %q tells %s", c.mode, c.token, got)
		}
	}
}

// Every spelling of the address of the end, and malformed queries, end alike.
func TestSpellings(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, query := range []string{
		"?demo=true&redirectUrl=myapp://cb", "?demo=true&redirectURL=myapp://cb", "?redirectUri=myapp%3A%2F%2Fcb", "?redirectURI=myapp://cb",
		"?demo=true?redirectUrl=myapp://cb", "?demo=true&amp;redirectUrl=myapp://cb", "??redirectUrl=myapp://cb&withMFAQuestions",
	} {
		p := k.through(k.page(query+"&consentEnable=false&institution=14"), "greatday_nomfa")
		if left := p.Click("success-finish").Left; !strings.HasPrefix(left, "myapp://cb?loginId=") {
			t.Errorf("%s leads to %s", query, left)
		}
	}
	for _, query := range []string{"?redirectUrl=javascript:alert(1)", "?redirectUrl=data:text/html,x", "?redirectUrl=app.example/done"} {
		if p := k.page(query); p.Status != 400 || !strings.Contains(p.Text("stunt-why"), "pass") {
			t.Errorf("%s answers %d %s", query, p.Status, p.Text("stunt-why"))
		}
	}
	p := k.page("?nonsense=1&theme=pink")
	if m := toldBy(t, p); len(m.Notes) != 2 {
		t.Errorf("the console hears %q", m.Notes)
	}
}

// Deep links, and what leaves out a step.
func TestDeepLinks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	open := func(path string) *enginetest.Page {
		return enginetest.NewBrowser(t, k.srv.URL).Open("/~test/flinks" + path)
	}
	for _, path := range []string{"/v2/Credential/FlinksCapital/?consentEnable=false", "/v2/credential/14?consentEnable=false", "/v2/Result/FlinksCapital?consentEnable=false"} {
		p := open(path).Want("credentials", "")
		if got := toldBy(t, p).steps(); got != "APP_MOUNTED COMPONENT_LOAD_CREDENTIAL" {
			t.Errorf("%s tells %s", path, got)
		}
	}
	open("/v2/Credential/National/?consentEnable=false").Want("institutions", "")
	open("/v2/").Want("consent", "")
	open("/?theme=light&desktopLayout=true&demo=true").Want("consent", "") // the first generation, as the React wrapper embeds it
}

// A session of the API that waits for an answer goes on in the page.
func TestResume(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	request := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	p := k.page("?requestId="+request).Want("mfa_question", "")
	if got := toldBy(t, p).steps(); got != "APP_MOUNTED COMPONENT_LOAD_MFA" {
		t.Errorf("the page tells %s", got)
	}
	end := k.ended(p.Click("mfa-submit", "answer", "Montreal"))
	if end["requestId"] != request {
		t.Errorf("the end is %v", end)
	}
	k.drain()
	k.want(k.post("GetAccountsDetail", fields{"RequestId": request}), 200, "")
	for _, id := range []string{request, "00000000-0000-4000-8000-000000000000"} {
		if got := toldBy(t, k.page("?requestId="+id)).steps(); !strings.HasPrefix(got, "APP_MOUNTED ") || strings.Contains(got, "LOAD") {
			t.Errorf("%s tells %s", id, got)
		}
	}
}

// The user of a card logs in again: the same LoginId.
func TestReconnectOnThePage(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	login := k.login("greatday_nomfa").Text("Login.Id")
	p := k.page("?consentEnable=false&loginId="+strings.ToUpper(login)).Want("credentials", "")
	if end := k.ended(p.Click("credentials-submit", "username", "ignored", "password", "Everyday")); end["loginId"] != login {
		t.Errorf("the end is %v", end)
	}
	if got := toldBy(t, k.page("?loginId=00000000-0000-4f19-8000-000000000000")).steps(); got != "APP_MOUNTED INVALID_LOGIN" {
		t.Errorf("an unknown card tells %s", got)
	}
}

// What may be chosen: of a currency, and of what moves money, unless all are wanted; one or several.
func TestAccountRules(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	offered := func(query string) int {
		p := k.through(k.page("?accountSelectorEnable=true&"+query), "greatday_nomfa")
		want := "radio"
		if strings.Contains(query, "Multiple") {
			want = "checkbox"
		}
		boxes := p.Doc.Find("input[name=account]")
		if got := boxes.First().AttrOr("type", ""); got != want && boxes.Length() > 0 {
			t.Errorf("%s asks by %s", query, got)
		}
		return boxes.Length()
	}
	all, usual := offered("showAllAccounts=true"), offered("")
	if usual == 0 || usual >= all || offered("fetchAllAccounts=true") != all || offered("eftEligibleRatio=0") != all {
		t.Errorf("of %d accounts %d may be chosen", all, usual)
	}
	if operations := offered("eftEligibleRatio=1&showAllOperationsAccounts=true&accountSelectorMultiple=true"); operations != usual || offered("eftEligibleRatio=1") != 0 {
		t.Errorf("%d operations accounts may be chosen", operations)
	}
	if cad, usd := offered("showAllAccounts=true&accountSelectorCurrency=cad"), offered("showAllAccounts=true&accountSelectorCurrency=usd"); cad+usd != all || cad == 0 {
		t.Errorf("%d in CAD and %d in USD of %d", cad, usd, all)
	}
}

// Accounts are chosen, one or several.
func TestAccountSelection(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.through(k.page("?redirectUrl=https://app.example/&accountSelectorEnable=true&accountSelectorMultiple=true"), "greatday_nomfa").Want("accounts", "")
	var ids []string
	for _, box := range p.Doc.Find("input[name=account]").EachIter() {
		ids = append(ids, box.AttrOr("value", ""))
	}
	if len(ids) < 2 {
		t.Fatalf("the page offers %q", ids)
	}
	end := k.ended(p.Click("accounts-submit", "account", strings.Join(ids[:2], ",")))
	chosen, _ := end["accountId"].([]any)
	if len(chosen) != 2 {
		t.Fatalf("the end is %v", end)
	}
	k.drain()
	data := k.post("GetAccountsDetail", fields{"RequestId": end["requestId"]})
	for _, id := range chosen {
		if !strings.Contains(data.Raw, `"Id":"`+id.(string)+`"`) {
			t.Errorf("%v is none of the accounts", id)
		}
	}
	u, _ := url.Parse(end["url"].(string))
	if got := u.Query().Get("accountId"); got != chosen[0].(string)+","+chosen[1].(string) {
		t.Errorf("the redirect has %s", got)
	}
}

// The app's own limit of wrong logins.
func TestMaximumRetry(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := enginetest.Login(t, k.page("?maximumRetry=2&consentEnable=false&institution=FlinksCapital"), "", "Greatday", "wrong").Want("credentials", "login_invalid")
	p = p.Click("credentials-submit", "username", "nobody", "password", "wrong")
	if got := toldBy(t, p).steps(); !strings.HasSuffix(got, "SUBMIT_CREDENTIAL INVALID_PASSWORD COMPONENT_LOAD_CREDENTIAL_RETRY SUBMIT_CREDENTIAL INVALID_PASSWORD MAXIMUM_RETRY_REACHED") {
		t.Errorf("the page tells %s", got)
	}
}

// The address gives the page its colours, the name of who asks, and a button to close.
func TestLook(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	plain := k.page("").Want("consent", "")
	p := k.page("?customerName=Maple+Loans&closeEnable=true&backgroundColor=0b1020&foregroundColor1=ffffff&foregroundColor2=7fdcc6&theme=dark").Want("consent", "")
	if plain.Has("close") || !p.Has("close") || !strings.Contains(p.Doc.Find("main").Text(), "Maple Loans") || strings.Contains(plain.Doc.Text(), "Maple") {
		t.Errorf("close %t, then %t: %s", plain.Has("close"), p.Has("close"), p.Doc.Find("main").Text())
	}
	sheet := p.Doc.Find(`link[href*="look.css"]`).AttrOr("href", "")
	if sheet == "" || plain.Doc.Find(`link[href*="look.css"]`).Length() > 0 {
		t.Fatalf("the style sheet of its own is %q", sheet)
	}
	if css := enginetest.Send(t, "GET", k.srv.URL+sheet, nil); css.Status != 200 || !strings.Contains(css.Raw, "#7fdcc6") {
		t.Errorf("it answers %d %s", css.Status, css.Raw)
	}
	faint := k.page("?backgroundColor=ffffff&foregroundColor1=eeeeee")
	if warn := faint.Doc.Find("[data-warn]").AttrOr("data-warn", ""); !strings.Contains(warn, "contrast") {
		t.Errorf("colours that nobody can read are taken without a word: %q", warn)
	}
}

// demo offers the test institution alone, and terms of the app are agreed to apart.
func TestDemoAndTerms(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.page("?demo=true&termsUrl=https://app.example/terms").Want("consent", "")
	if p.Doc.Find(`a[href="https://app.example/terms"]`).Length() != 1 || !p.Has("terms-checkbox") {
		t.Error("the terms are not on the page")
	}
	p = p.Click("consent-accept").Want("institutions", "")
	if n := p.Doc.Find("[data-testid=institution-list] button").Length(); n != 1 || !p.Has("institution-FlinksCapital") {
		t.Errorf("demo offers %d institutions", n)
	}
	if got := toldBy(t, p).steps(); !strings.Contains(got, "COMPONENT_ACCEPT_CONSENT COMPONENT_ACCEPT_TERMS") {
		t.Errorf("the page tells %s", got)
	}
	if n := k.page("?consentEnable=false").Doc.Find("[data-testid=institution-list] button").Length(); n < 2 {
		t.Errorf("without demo %d are offered", n)
	}
}

// What the address switches off is not shown, and the consent has the words and the features that it names.
func TestConnectSwitches(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	b := enginetest.NewBrowser(t, k.srv.URL)
	p := b.Open("/~test/flinks/v2/?consentTitleAppendedText=to+Acme&features=TransactionHistory,AccountNumber,Pay+slips&headerEnable=false&boxLayout=false&removePadding=true&backEnable=false")
	p.Want("consent", "")
	if got := p.Text("title"); got != "Connect your bank to Acme" {
		t.Errorf("the title is %q", got)
	}
	for _, line := range []string{"Your transactions", "Your account numbers", "Pay slips"} {
		if !strings.Contains(p.Doc.Find(".scopes").Text(), line) {
			t.Errorf("the consent lacks %q", line)
		}
	}
	css := enginetest.Send(t, "GET", p.URL+"/look.css", nil)
	for _, rule := range []string{".bar { display: none", ".card { border: 0", "padding: 0", "[data-testid=back] { display: none"} {
		if !strings.Contains(css.Raw, rule) {
			t.Errorf("the style sheet lacks %q: %.400s", rule, css.Raw)
		}
	}
	bare := b.Open("/~test/flinks/v2/?accountSelectorNoTitle=true&headerImgEnable=false&consentTitleAppendedText=%3Cscript%3E")
	bare.Want("consent", "")
	if got := bare.Text("title"); got != "Connect your bank" {
		t.Errorf("with a script behind it the title is %q", got)
	}
	if css := enginetest.Send(t, "GET", bare.URL+"/look.css", nil); !strings.Contains(css.Raw, "[data-state=accounts] h1") || !strings.Contains(css.Raw, ".bar .sign") {
		t.Errorf("the style sheet is %.400s", css.Raw)
	}
}
