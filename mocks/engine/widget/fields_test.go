package widget_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// begun is a session of the specimen in a sandbox, opened as a browser does.
func begun(t *testing.T, sandbox, product string) (*engine.Driver, *enginetest.Page) {
	t.Helper()
	srv := enginetest.Start(t, nil, specimen.New())
	d := engine.NewDriver(srv.URL, sandbox, specimen.New().Manifest())
	d.Product = product
	entry, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d, enginetest.NewBrowser(t, srv.URL).Open(entry)
}

// The login form is that of the access method: its labels in the language of the page, its
// limits, and what may be left out.
func TestFormOfAnAccessMethod(t *testing.T) {
	t.Parallel()
	_, p := begun(t, "fields", "accounts")
	p = p.Click("consent-accept").Click("institution-harbour").Want("access_method", "")
	if got := p.Text("method-branch"); got != "At the branch" {
		t.Errorf("the way in is called %q", got)
	}
	p = p.Click("language-de")
	if got := p.Text("method-branch"); got != "In der Filiale" {
		t.Errorf("in German it is called %q", got)
	}
	p = p.Click("method-branch").Want("credentials", "")
	label := strings.Join(strings.Fields(p.Doc.Find("label[for=field-2]").Text()), " ")
	branch := p.Doc.Find("[data-testid=field-branch]")
	if _, required := branch.Attr("required"); required || label != "Filiale (freiwillig)" || branch.AttrOr("maxlength", "") != "3" {
		t.Errorf("the optional field is %q, required %t, %s long", label, required, branch.AttrOr("maxlength", "any"))
	}
	if kind := p.Doc.Find("[data-testid=field-pin]").AttrOr("type", ""); kind != "password" {
		t.Errorf("a secret has the type %q", kind)
	}
	p = p.Click("credentials-submit", "customer", "ada", "pin", "correct", "branch", "1234").Want("credentials", "invalid_request")
	if alert := p.Text("error"); !strings.Contains(alert, "zu lang") {
		t.Errorf("too long a branch says %q", alert)
	}
	if v := p.Doc.Find("[data-testid=field-branch]").AttrOr("value", ""); v != "1234" || p.Doc.Find("[data-testid=field-branch]").AttrOr("aria-invalid", "") != "true" {
		t.Errorf("what was typed is now %q", v)
	}
	p = p.Click("credentials-submit", "customer", "ada", "pin", "").Want("credentials", "invalid_request")
	if p.Doc.Find("[data-testid=field-pin]").AttrOr("aria-invalid", "") != "true" {
		t.Error("the empty field is not marked")
	}
	if back := p.Click("back"); back.State() != "access_method" {
		t.Errorf("back leads to %q", back.State())
	}
}

// A drive gives fields by their names or roles, hears which a form has, and says the user's
// word at the bank.
func TestDriveFields(t *testing.T) {
	t.Parallel()
	d, p := begun(t, "drive-fields", "accounts")
	_, handle, _ := strings.Cut(p.URL, "/w/")
	path := "/sessions/" + handle + "/drive"
	var out struct {
		Session struct {
			Step    connect.Step
			Methods []string
			Method  *string
			Form    []struct {
				Name, Role string
				Optional   bool
			}
		}
	}
	post := func(body map[string]any, want int) error {
		t.Helper()
		status, err := d.Control(t.Context(), http.MethodPost, path, body, &out)
		if status != want {
			t.Fatalf("a drive with %v answers %d: %v", body, status, err)
		}
		return err
	}
	post(map[string]any{"institution": "harbour", "method": "branch"}, 200)
	if s := out.Session; s.Step != connect.Credentials || s.Method == nil || *s.Method != "branch" || len(s.Form) != 3 || s.Form[0].Role != "username" || !s.Form[2].Optional {
		t.Fatalf("the session is %+v", s)
	}
	if err := post(map[string]any{"fields": map[string]string{"brnch": "1", "customer": "ada", "pin": "correct"}}, 400); !strings.Contains(err.Error(), "did you mean") || !strings.Contains(err.Error(), "customer, pin, branch") {
		t.Errorf("an unknown field says %v", err)
	}
	post(map[string]any{"username": "ada", "fields": map[string]string{"pin": "correct", "branch": "42"}, "accounts": []string{"main"}}, 200)
	if out.Session.Step != connect.Succeeded {
		t.Errorf("the session is at %s", out.Session.Step)
	}

	d, p = begun(t, "drive-bank", "statements")
	_, handle, _ = strings.Cut(p.URL, "/w/")
	path = "/sessions/" + handle + "/drive"
	post(map[string]any{"username": "ada", "password": "correct"}, 200)
	if out.Session.Step != connect.Approving {
		t.Fatalf("the session is at %s", out.Session.Step)
	}
	post(map[string]any{"answers": []string{"deny"}}, 200)
	if out.Session.Step != connect.Failed {
		t.Errorf("refused, the session is at %s", out.Session.Step)
	}
}
