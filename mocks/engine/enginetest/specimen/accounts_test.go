package specimen_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// choosy is the provider with rules for the accounts of a link.
type choosy struct {
	specimen.Provider
	rules func([]bank.Account) engine.AccountChoice
}

func (c choosy) ChooseAccounts(_ connect.Session, accounts []bank.Account, _ func(string) string) engine.AccountChoice {
	return c.rules(accounts)
}

// The page asks for the accounts by the provider's rules: by radio buttons where one is wanted,
// with what cannot be chosen greyed out and explained, or hidden. A drive keeps to the same rules.
func TestAccountRules(t *testing.T) {
	t.Parallel()
	never := func(a []bank.Account) map[string]string { return map[string]string{a[0].Key: "type"} }
	for name, c := range map[string]struct {
		rules         func([]bank.Account) engine.AccountChoice
		kind          string
		shown, ticked int
		why           string
	}{
		"any":      {func([]bank.Account) engine.AccountChoice { return engine.AccountChoice{} }, "checkbox", 3, 0, ""},
		"one":      {func([]bank.Account) engine.AccountChoice { return engine.AccountChoice{Single: true} }, "radio", 3, 0, ""},
		"barred":   {func(a []bank.Account) engine.AccountChoice { return engine.AccountChoice{Barred: never(a)} }, "checkbox", 3, 0, "Accounts of this kind cannot be shared here."},
		"hidden":   {func(a []bank.Account) engine.AccountChoice { return engine.AccountChoice{Barred: never(a), Hide: true} }, "checkbox", 2, 0, ""},
		"preset":   {func(a []bank.Account) engine.AccountChoice { return engine.AccountChoice{Preset: []string{a[1].Key}} }, "checkbox", 3, 1, ""},
		"currency": {func([]bank.Account) engine.AccountChoice { return engine.AccountChoice{Currency: "eur"} }, "checkbox", 3, 0, ""},
	} {
		srv := enginetest.StartAtNoon(t, choosy{rules: c.rules})
		p := toAccounts(t, srv).Want("accounts", "")
		inputs := p.Doc.Find("[data-testid=account-list] input")
		if inputs.Length() != c.shown || inputs.AttrOr("type", "") != c.kind || inputs.Filter("[checked]").Length() != c.ticked {
			html, _ := p.Doc.Find("[data-testid=account-list]").Html()
			t.Errorf("%s: %s", name, html)
		}
		disabled := inputs.Filter("[disabled]")
		if said := strings.TrimSpace(disabled.Parent().Find("small").Text()); (c.why != "") != (disabled.Length() == 1) || said != c.why {
			t.Errorf("%s: %d are disabled: %q", name, disabled.Length(), said)
		}
	}
	// Nothing that may be chosen is another error than nothing at all.
	srv := enginetest.StartAtNoon(t, choosy{rules: func([]bank.Account) engine.AccountChoice { return engine.AccountChoice{Currency: "CHF"} }})
	if p := toAccounts(t, srv).Want("error", "no_eligible_accounts"); !strings.Contains(p.Text("error"), "None of your accounts") {
		t.Errorf("the page says %q", p.Text("error"))
	}
	// Without a page: the same rules, and an error that says of what to choose.
	srv = enginetest.StartAtNoon(t, choosy{rules: func(a []bank.Account) engine.AccountChoice {
		return engine.AccountChoice{Single: true, Barred: never(a)}
	}})
	handle := open(t, srv).Doc.Find("[data-testid=stunt-ribbon]").AttrOr("data-session", "")
	drive := func(accounts ...string) enginetest.Received {
		body := map[string]any{"institution": "north", "username": "ada", "password": "correct", "accounts": append([]string{}, accounts...)}
		return enginetest.Send(t, http.MethodPost, srv.URL+"/~test/_stunt/v1/sessions/"+handle+"/drive", body)
	}
	refused := drive("main")
	if step := enginetest.At(refused.Body, "session.step"); step != "accounts" || !strings.Contains(refused.Raw, "choose of") {
		t.Errorf("a drive to a barred account: %s", refused.Raw)
	}
	if done := drive(); enginetest.At(done.Body, "session.step") != "succeeded" {
		t.Errorf("a drive to what is usual: %s", done.Raw)
	}
}

// open is the page of a new link.
func open(t *testing.T, srv *enginetest.Server, query ...string) *enginetest.Page {
	t.Helper()
	made := enginetest.Send(t, http.MethodPost, srv.URL+"/~test/specimen/v1/links", map[string]string{
		"product": "accounts", "redirect_url": "https://app.example/done",
	}, "Authorization", specimen.New().Manifest().Samples["client"])
	token, _ := enginetest.At(made.Body, "token").(string)
	if token == "" {
		t.Fatalf("no link: %s", made.Raw)
	}
	return enginetest.NewBrowser(t, srv.URL).Open("/~test/specimen/link?token=" + token + strings.Join(query, ""))
}

// toAccounts walks the page of a new link to where the login has been accepted.
func toAccounts(t *testing.T, srv *enginetest.Server) *enginetest.Page {
	t.Helper()
	p := open(t, srv).Click("consent-accept").Click("institution-north")
	if p.State() == "access_method" {
		p = p.Click("method-password")
	}
	return p.Click("credentials-submit", "username", "ada", "password", "correct")
}
