package enginetest

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Walk is a user who knows what to answer on the pages of a session.
type Walk struct {
	Institution, Method string // Method: the way into the institution; empty: the first that is offered
	Username, Password  string
	Look                func(*Page) // sees every page on the way; nil: nobody looks
}

// Login walks the pages of a session up to the submitted credentials, on the bank's page if
// they are asked for there.
func Login(t testing.TB, p *Page, institution, username, password string) *Page {
	t.Helper()
	return Walk{Institution: institution, Username: username, Password: password}.Login(t, p)
}

// Login walks up to the submitted credentials. It stops at any other page.
func (w Walk) Login(t testing.TB, p *Page) *Page {
	t.Helper()
	for range 8 {
		w.look(p)
		switch {
		case p.State() == "consent":
			p = p.Click("consent-accept")
		case p.State() == "institutions":
			p = p.Click("institution-" + w.Institution)
		case p.State() == "access_method":
			p = p.Click(w.way(t, p))
		case p.State() == "oauth":
			p = p.Click("oauth-open")
		case p.State() == "credentials":
			return p.Click("credentials-submit", w.fill(p)...)
		case p.State() == "bank" && p.Has("bank-login"):
			return p.Click("bank-login", w.fill(p)...)
		default:
			return p
		}
	}
	return p
}

// Through walks from the page after a login to the end: it allows what the bank asks for,
// and chooses accounts. It stops at any other page.
func (w Walk) Through(t testing.TB, p *Page) *Page {
	t.Helper()
	for range 8 {
		w.look(p)
		switch {
		case p.State() == "accounts":
			p = Agree(p)
		case p.State() == "oauth":
			p = p.Click("oauth-open")
		case p.State() == "bank" && p.Has("bank-allow"):
			p = p.Click("bank-allow", chosen(p)...)
		case p.State() == "connecting":
			p = p.Reload()
		default:
			return p
		}
	}
	return p
}

func (w Walk) look(p *Page) {
	if w.Look != nil {
		w.Look(p)
	}
}

// way is the test id of the access method to take.
func (w Walk) way(t testing.TB, p *Page) string {
	t.Helper()
	if w.Method != "" {
		return "method-" + w.Method
	}
	id, ok := p.Doc.Find("button[name=method]").First().Attr("data-testid")
	if !ok {
		t.Fatalf("the page %s offers no access method", p.URL)
	}
	return id
}

// fill gives the inputs of a login form: the first secret is the password, the first other
// input the user name. What is filled already stays.
func (w Walk) fill(p *Page) (values []string) {
	username, password := w.Username, w.Password
	p.Doc.Find("form#step input").Each(func(_ int, in *goquery.Selection) {
		name, value := in.AttrOr("name", ""), &username
		switch in.AttrOr("type", "text") {
		case "hidden", "checkbox", "radio":
			return
		case "password":
			value = &password
		}
		if *value != "" {
			values = append(values, name, *value)
			*value = ""
		}
	})
	return values
}

// Agree chooses all accounts that a page offers, or the first where one is to be chosen.
// Any other page stays as it is.
func Agree(p *Page) *Page {
	if p.State() != "accounts" {
		return p
	}
	return p.Click("accounts-submit", chosen(p)...)
}

// chosen are the accounts of a page that Agree chooses, as Click takes them.
func chosen(p *Page) []string {
	var keys []string
	inputs := p.Doc.Find("input[name=account]:not([disabled])")
	inputs.Each(func(_ int, in *goquery.Selection) { keys = append(keys, in.AttrOr("value", "")) })
	switch {
	case len(keys) == 0:
		return nil
	case inputs.AttrOr("type", "") == "radio":
		keys = keys[:1]
	}
	return []string{"account", strings.Join(keys, ",")}
}
