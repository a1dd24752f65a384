package finx_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/finx"
	"github.com/stuntbank/stuntbank/openapi"
)

// guide is the text of web/docs/finx.md, whose script cmd/stuntbank runs.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../web/docs/finx.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The guide names every operation that is served, and every option.
func TestGuideIsWhole(t *testing.T) {
	t.Parallel()
	text := guide(t)
	spec, err := openapi.Load("finx")
	if err != nil {
		t.Fatal(err)
	}
	served := finx.New().Handlers()
	for _, op := range spec.Operations() {
		parts := strings.Split(op.Path, "/")
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" || strings.HasPrefix(s, "{") })
		if name := parts[len(parts)-1]; served[op.ID] != nil && !strings.Contains(text, name) {
			t.Errorf("the guide does not name %s", op.Path)
		}
	}
	for _, o := range finx.New().Manifest().Options {
		if !strings.Contains(text, "\n| `"+o.Name+"` | ") {
			t.Errorf("the guide does not name the option %s", o.Name)
		}
	}
	for _, b := range finx.New().Manifest().Institutions {
		if !strings.Contains(text, "\n| "+b.Name+" | "+b.Codes.Bank+" | ") {
			t.Errorf("the guide does not name the bank %s", b.Name)
		}
	}
}

// Each user of the guide comes as far as it says.
func TestGuideUsers(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	ends := map[string]string{
		"wrong": "login_invalid", "blocked": "login_locked", "nobank": "institution_unavailable", "pinchange": "action_required", "noacct": "no_accounts",
		"user1": "mfa_code", "sms": "mfa_code", "photo": "mfa_qr", "chip": "mfa_device", "qr": "mfa_qr", "decoupled": "mfa_push", "redirect": "oauth", "multi": "mfa_select", "slow": "connecting",
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z0-9]+)` \\| `([a-z0-9]+)` \\|").FindAllStringSubmatch(guide(t), -1)
	for _, row := range rows {
		page := enginetest.Login(t, k.open(k.start("/onetime/access", map[string]any{})), testbank, row[1], row[2])
		want, said := ends[row[1]], page.Error()
		if said == "" {
			said = page.State()
		}
		if want == "" {
			want = "accounts"
			if row[1] == "oneacct" || row[1] == "empty" || row[1] == "student" {
				want = said // one account is no choice
			}
		}
		if said != want || said == "" {
			t.Errorf("%s comes to %q, the guide's user to %q", row[1], said, want)
		}
	}
	if len(rows) != 22 {
		t.Errorf("the guide has %d users", len(rows))
	}
}
