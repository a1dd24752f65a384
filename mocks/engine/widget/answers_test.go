package widget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/PuerkitoBio/goquery"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
	"github.com/stuntbank/stuntbank/scenarios"
)

// asker is a provider that can put every second factor.
type asker struct{ fintoc.Provider }

// answered are the kinds that a user answers on the page, with what a bank publishes.
var answered = map[connect.Kind]engine.ChallengeDefault{
	connect.Question:        {Answers: [][]string{{"Montreal"}}},
	connect.Choice:          {Options: []string{"red", "blue"}, Answers: [][]string{{"blue"}}},
	connect.MultiChoice:     {Options: []string{"red", "blue", "green"}, Answers: [][]string{{"green", "red"}}},
	connect.MethodSelection: {Options: []string{"SMS", "mail"}},
	connect.Image:           {Options: []string{"sun", "kite"}, Answers: [][]string{{"kite"}}},
	connect.OTPSMS:          {Answers: [][]string{{"0000"}}},
	connect.OTPEmail:        {},
	connect.OTPCall:         {},
	connect.OTPApp:          {Answers: [][]string{{"1234"}}},
	connect.HardwareToken:   {},
	connect.CoordinateCard:  {Cells: []string{"A1", "C4"}, Answers: [][]string{{"11", "44"}}},
	connect.PhotoTAN:        {},
	connect.ChipTAN:         {},
	connect.Captcha:         {},
}

func (asker) Manifest() engine.Manifest {
	man := fintoc.New().Manifest()
	man.Challenges = answered
	return man
}

// page opens the challenge of a kind.
func page(t *testing.T, kind connect.Kind, params string) *enginetest.Page {
	t.Helper()
	name := "ask-" + strings.ReplaceAll(string(kind), "_", "-")
	srv := enginetest.Start(t, func(c *engine.Config) {
		bundled, err := scenarios.Bundled(engine.Vocabulary(c.Providers))
		if err != nil {
			t.Fatal(err)
		}
		c.Scenarios, err = bundled.LoadDir(fstest.MapFS{name + ".yaml": {Data: []byte(fmt.Sprintf(
			"scenario: %s\ntitle: Asks for %s\nabout: For this test.\nlogin: {mfa: [{kind: %s}]}\n", name, kind, kind))}}, "test")
		if err != nil {
			t.Fatal(err)
		}
	}, asker{})
	d := engine.NewDriver(srv.URL, "answers", asker{}.Manifest())
	d.Headers["Stunt-Scenario"] = name
	entry, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := enginetest.NewBrowser(t, srv.URL).Open(entry + params)
	return enginetest.Login(t, p, d.Vars["institution"], d.Vars["username"], d.Vars["password"])
}

// Where hints are on, the page of each second factor offers an answer that the bank takes:
// to fill in where it is typed, to read where it is chosen.
func TestRightAnswers(t *testing.T) {
	t.Parallel()
	for kind, def := range answered {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := page(t, kind, "")
			if p.Has("stunt-fill-answer") == p.Has("stunt-answer") {
				t.Fatalf("the page offers %s", p.Doc.Find(".tray").Text())
			}
			if kind.Sent() != p.Has("stunt-code") {
				t.Errorf("a sent code is shown: %t", p.Has("stunt-code"))
			}
			form := url.Values{"rev": {p.Rev()}, "action": {"submit"}}
			if kind.Chosen() {
				form["answer"] = strings.Split(p.Text("stunt-answer"), " · ")
				for _, a := range form["answer"] {
					if !p.Has("mfa-option-" + a) {
						t.Errorf("%q is no option", a)
					}
				}
			} else {
				label := p.Text("stunt-fill-answer")
				p = p.Click("stunt-fill-answer")
				p.Doc.Find("input[name=answer]").Each(func(_ int, in *goquery.Selection) { form.Add("answer", in.AttrOr("value", "")) })
				if got := strings.Join(form["answer"], " · "); got != label || got == "" {
					t.Errorf("the chip says %q and fills in %q", label, got)
				}
			}
			if len(def.Answers) > 0 && strings.Join(form["answer"], ",") != strings.Join(def.Answers[0], ",") {
				t.Errorf("%q is offered, published is %q", form["answer"], def.Answers[0])
			}
			p.Post(form).Want("success", "")

			p = page(t, kind, "&stunt_hints=0")
			if p.Doc.Find(".tray").Length() > 0 {
				t.Errorf("hints are off, and the page offers %s", p.Doc.Find(".tray").Text())
			}
		})
	}
}
