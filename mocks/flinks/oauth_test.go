package flinks_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// custom asks for the login at a bank's own page, as an app's server does that does not follow.
func (k *kit) custom(query string) enginetest.Received {
	k.t.Helper()
	return enginetest.Send(k.t, http.MethodGet, k.srv.URL+"/~"+k.sandbox+"/flinks/v3/oauth/authorize?"+query, nil)
}

// atBank opens the page that the app is told of.
func (k *kit) atBank(query string) *enginetest.Page {
	k.t.Helper()
	r := k.custom(query)
	if r.Status != http.StatusFound {
		k.t.Fatalf("%s answers %d %.300s", query, r.Status, r.Raw)
	}
	return enginetest.NewBrowser(k.t, k.srv.URL).Open(r.Header.Get("Location"))
}

// allow logs in at the bank, up to its question for access.
func (k *kit) allow(p *enginetest.Page, user string) *enginetest.Page {
	k.t.Helper()
	p.Want("bank", "")
	p = p.Click("bank-login", "username", user, "password", "Everyday")
	if p.Has("mfa-submit") {
		p = p.Click("mfa-submit", "answer", "Montreal")
	}
	return p
}

// The user logs in at the bank, gives access, and comes back with exactly loginId and state; the
// live Authorize that follows asks nothing.
func TestCustom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, to string }{
		{"institution_id=14&redirect_uri=https://app.example/cb&state=abc&lang=en&tag=T", "https://app.example/cb?loginId=ID&state=abc"},
		{"institution=FlinksCapital&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1", "https://app.example/cb?x=1&loginId=ID"},
		{"INSTITUTION=flinks+capital&redirect_uri=myapp://cb&state=", "myapp://cb?loginId=ID&state="},
	} {
		k := newKit(t)
		p := k.allow(k.atBank(c.query), "Greatday").Click("bank-allow")
		if p.State() == "success" {
			p = p.Click("success-finish")
		}
		u, err := url.Parse(p.Left)
		if err != nil {
			t.Fatal(err)
		}
		login := u.Query().Get("loginId")
		if want := strings.Replace(c.to, "ID", login, 1); p.Left != want || login == "" {
			t.Errorf("%s leads to %s, want %s", c.query, p.Left, want)
		}
		live := k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": false, "Save": true}), 200, "")
		if live.Text("Login.Id") != login {
			t.Errorf("Authorize answers %s", live.Raw)
		}
		k.want(k.post("GetAccountsDetail", fields{"RequestId": live.Text("RequestId")}), 202, "OPERATION_PENDING")
		k.want(k.get("GetAccountsDetailAsync/"+live.Text("RequestId")), 200, "")
	}
}

// Who refuses, and whom the bank cannot serve, comes back with state and why.
func TestCustomFails(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	denied := k.allow(k.atBank("institution_id=14&redirect_uri=https://app.example/cb?x=1&state=s"), "greatday_nomfa").Click("bank-deny")
	for _, button := range []string{"error-close", "done-link"} {
		if denied.Left == "" && denied.Has(button) {
			denied = denied.Click(button)
		}
	}
	if want := "https://app.example/cb?x=1&state=s&error=access_denied&error_description=The+user+has+refused+access"; denied.Left != want {
		t.Errorf("a refusal leads to %s, want %s", denied.Left, want)
	}
	down := k.atBank("institution_id=14&redirect_uri=https://app.example/cb&stunt_scenario=bank-down-before-login")
	down = down.Click("bank-login", "username", "greatday_nomfa", "password", "Everyday")
	for _, button := range []string{"bank-cancel", "error-close", "exit-leave", "done-link"} {
		if down.Left == "" && down.Has(button) {
			down = down.Click(button)
		}
	}
	if want := "https://app.example/cb?error=temporarily_unavailable&error_description=The+institution+cannot+be+reached"; down.Left != want {
		t.Errorf("a bank that is down leads to %s (%s %s), want %s", down.Left, down.State(), down.Error(), want)
	}
}

// What the call gets wrong is said on a page, and nobody is led anywhere.
func TestCustomRefuses(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for query, part := range map[string]string{
		"institution_id=14":                                                "redirect_uri is missing",
		"redirect_uri=https://app.example/":                                "institution is missing",
		"institution_id=999&redirect_uri=https://app.example/":             "no institution",
		"institution_id=14&redirect_uri=javascript:alert(1)":               "javascript",
		"institution_id=14&redirect_uri=https://app.example/&lang=de":      "pass en or fr",
		"institution_id=14&redirect_uri=https://app.example/&customerId=x": "pass the GUID",
	} {
		if r := k.custom(query); r.Status != 400 || !strings.Contains(r.Raw, part) {
			t.Errorf("%s answers %d without %q", query, r.Status, part)
		}
	}
	listed := newKit(t, with("redirect_uris", "https://app.example/cb, myapp://cb"))
	for uri, status := range map[string]int{
		"https://app.example/cb?state=1": 302, "https://app.example/cb/": 302, "myapp://cb": 302,
		"https://app.example/other": 400, "https://evil.example/cb": 400, "http://app.example/cb": 400,
	} {
		r := listed.custom("institution_id=14&redirect_uri=" + url.QueryEscape(uri))
		if r.Status != status || status == 400 && (r.Header.Get("Location") != "" || !strings.Contains(r.Raw, "flinks.redirect_uris")) {
			t.Errorf("%s answers %d", uri, r.Status)
		}
	}
}

// The form of the documentation's example sends itself to the same page.
func TestCustomForm(t *testing.T) {
	t.Parallel()
	k := newKit(t, with("oauth_answer", "form"))
	p := enginetest.NewBrowser(t, k.srv.URL).Open("/~test/flinks/v3/OAUTH/authorize?institution_id=14&redirect_uri=https://app.example/&state=s")
	form := p.Doc.Find("form")
	values := url.Values{}
	for _, in := range form.Find("input").EachIter() {
		values.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	for _, name := range []string{"REF", "scope", "provider_id", "redirect_uri", "state"} {
		if values.Get(name) == "" {
			t.Errorf("the form lacks %s", name)
		}
	}
	p.URL = form.AttrOr("action", "")
	p.Post(values).Want("bank", "")
}
