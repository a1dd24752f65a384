package finx_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// The implementation guide of Access, call by call: its own JSON, and no header that it does not
// print.
func TestAccessGuide(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)

	// 1. Start the flow.
	started := k.call("POST", "/onetime/access", `{
		"redirect_uri": "https://example.com/callback",
		"language": "de",
		"accounts": [{"id": "DE82900948150000002881"}],
		"sync_period": 90,
		"state": "7fe78733"
	}`).want(t, 200, 0)
	location, err := url.Parse(started.Text("location"))
	if err != nil || !strings.HasPrefix(location.Query().Get("token"), "eyJ") {
		t.Fatalf("location is %v", location)
	}
	if len(started.Text("id")) != 36 {
		t.Fatalf("id is %q", started.Text("id"))
	}

	// 2. Send the user there. The account number spares the search for the bank.
	page := enginetest.NewBrowser(t, k.srv.URL).Open(location.String())
	if page = page.Click("consent-accept"); page.State() != "credentials" {
		t.Fatalf("the user is asked for %q although the bank is known", page.State())
	}
	if lang := page.Doc.Find("html").AttrOr("lang", ""); lang != "de" {
		t.Errorf("the widget speaks %q", lang)
	}
	page = page.Click("credentials-submit", "login_id", "demo", "password", "demo")
	page = page.Click("accounts-submit", "account", page.AllOf("account"))
	back := page.Want("success", "").Click("success-finish").Left

	// 3. The user comes back.
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if u.Scheme+"://"+u.Host+u.Path != "https://example.com/callback" || query.Get("state") != "7fe78733" || query.Get("success") != "true" || len(query) != 3 {
		t.Fatalf("the user comes back to %s", back)
	}
	if !strings.HasPrefix(query.Get("code"), "eyJ") {
		t.Errorf("the code is %q", query.Get("code"))
	}

	// 4. Exchange the code.
	body, _ := json.Marshal(map[string]string{
		"grant_type": "authorization_code", "code": query.Get("code"), "redirect_uri": "https://example.com/callback",
	})
	tokens := k.call("POST", "/auth/token", string(body)).want(t, 200, 0)
	if tokens.At("expires_in") != 3600.0 || tokens.Text("scope") != "accounts=ro balance=ro transactions=ro offline" || tokens.Text("token_type") != "Bearer" {
		t.Errorf("the tokens are %s", tokens.Raw)
	}
	if !strings.HasPrefix(tokens.Text("access_token"), "A") || !strings.HasPrefix(tokens.Text("refresh_token"), "R") {
		t.Errorf("the tokens are %s", tokens.Raw)
	}

	// 5. Read the accounts and the transactions.
	authorization := []string{"Authorization", "Bearer " + tokens.Text("access_token")}
	accounts := k.call(http.MethodGet, "/rest/accounts", nil, authorization...).want(t, 200, 0)
	if accounts.Text("accounts.0.bank_code") != "90094815" || !strings.HasPrefix(accounts.Text("accounts.0.iban")[4:], "90094815") {
		t.Errorf("the first account is %v", accounts.At("accounts.0"))
	}
	transactions := k.call(http.MethodGet, "/rest/transactions", nil, authorization...).want(t, 200, 0)
	if len(transactions.List("transactions")) < 50 {
		t.Errorf("%d transactions in 90 days", len(transactions.List("transactions")))
	}
}

// The implementation guide of the Income Report, call by call.
func TestIncomeReportGuide(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	started := k.call("POST", "/onetime/income-report", `{
		"redirect_uri": "https://example.com/callback",
		"language": "de",
		"accounts": [{"id": "DE82900948150000002881"}],
		"sync_period": 180,
		"state": "7fe78733"
	}`).want(t, 200, 0)
	query := k.back(k.walk(k.open(started), "demo"))
	if query.Get("state") != "7fe78733" || query.Get("success") != "true" {
		t.Fatalf("the user comes back with %v", query)
	}
	k.exchange(query.Get("code"))
	report := k.ok("/rest/income-reports/" + started.Text("id"))
	if report.At("period") != 6.0 || report.At("income.primary.category.name") != "Gehalt" {
		t.Errorf("the report is %.600s", report.Raw)
	}
}

// A start needs redirect_uri and nothing else.
func TestOnlyRedirectURI(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	for _, path := range []string{"/onetime/access", "/onetime/income-report"} {
		k.call("POST", path, `{"redirect_uri": "https://example.com/callback"}`).want(t, 200, 0)
		a := k.call("POST", path, `{"state": "x"}`).want(t, 400, 1000)
		if len(a.List("error.data.redirect_uri")) != 1 {
			t.Errorf("%s: %s", path, a.Raw)
		}
		if a = k.call("POST", path, `{"redirect_uri": "nowhere"}`).want(t, 400, 1000); a.Text("error.data.redirect_uri.0") != "Not a valid URL." {
			t.Errorf("%s: %s", path, a.Raw)
		}
		k.call("POST", path, `{"redirect_uri": "javascript:alert(1)"}`).want(t, 400, 1000)
		for _, period := range []string{"0", "731", "-1"} {
			a := k.call("POST", path, `{"redirect_uri": "https://example.com/callback", "sync_period": `+period+`}`).want(t, 400, 1000)
			if len(a.List("error.data.sync_period")) != 1 {
				t.Errorf("%s: %s", path, a.Raw)
			}
		}
	}
}

// The accounts that a start names are ticked; the edition qwist bars other types, and offers one
// choice instead of several.
func TestAccountSelection(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"edition": "qwist"})
	open := func(body map[string]any) *enginetest.Page {
		return enginetest.Login(t, k.open(k.start("/onetime/access", body)), testbank, "manyacct", "manyacct").Want("accounts", "")
	}
	page := open(map[string]any{})
	all := page.Doc.Find("input[name=account]")
	iban := page.Doc.Find("[data-testid=account-list]").Text()
	iban = iban[strings.Index(iban, "DE"):][:22]
	if all.Length() < 5 || page.Doc.Find("input[name=account][checked]").Length() != 0 {
		t.Fatalf("%d accounts: %s", all.Length(), page.Doc.Find("main").Text())
	}
	if n := open(map[string]any{"accounts": []map[string]string{{"id": iban}}}).Doc.Find("input[name=account][checked]").Length(); n != 1 {
		t.Errorf("%d accounts are ticked for %s", n, iban)
	}
	if n := open(map[string]any{"accounts": []map[string]string{{"id": iban[12:]}}}).Doc.Find("input[name=account][checked]").Length(); n != 1 {
		t.Errorf("%d accounts are ticked for the number %s", n, iban[12:])
	}
	cards := enginetest.Login(t, k.open(k.start("/onetime/access", map[string]any{"account_types": []string{"Giro account"}, "allow_multi_selection": false})), testbank, "manyacct", "manyacct").Want("accounts", "")
	if n := cards.Doc.Find("input[name=account]").Length(); n == 0 || n >= all.Length() || cards.Doc.Find("input[name=account][type=radio]").Length() != n {
		t.Errorf("%d Giro accounts of %d, as %s", n, all.Length(), cards.Doc.Find("main").Text())
	}
}
