package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/PuerkitoBio/goquery"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

// rightAnswers are what each kind of challenge takes, given its page.
func rightAnswers(man engine.Manifest, kind connect.Kind, p *Page) []string {
	if c := p.Text("stunt-code"); c != "" {
		return []string{"answer", c}
	}
	if published := man.Challenges[kind].Answers; len(published) > 0 {
		return []string{"answer", strings.Join(published[0], ",")}
	}
	return []string{"answer", strings.TrimSpace(p.Doc.Find("p.captcha, figure.code code").Text())}
}

// challenges puts each second factor that the provider has, in a widget. Without one the
// provider's own tests put them through its API.
func (s *suite) challenges(t *testing.T) {
	t.Parallel()
	if !s.man.HasPages() {
		return
	}
	srv := s.start(t, func(v scenarios.Vocabulary) *scenarios.Library {
		files := fstest.MapFS{}
		for kind := range s.man.Challenges {
			name := "ask-" + strings.ReplaceAll(string(kind), "_", "-")
			files[name+".yaml"] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
				"scenario: %s\ntitle: Asks for %s\nabout: For the suite.\nlogin: {mfa: [{kind: %s}]}\n", name, kind, kind))}
		}
		return library(t, v, files)
	})
	for _, kind := range slices.Sorted(maps.Keys(s.man.Challenges)) {
		name := strings.ReplaceAll(string(kind), "_", "-")
		d := s.driver(srv, "ask-"+name)
		d.Headers["Stunt-Scenario"] = "ask-" + name
		p := Login(t, s.widget(t, srv, d), d.Vars["institution"], d.Vars["username"], d.Vars["password"])
		if p.State() == "credentials" || p.State() == "success" {
			t.Errorf("%s: no challenge is shown but %q %q", kind, p.State(), p.Error())
			continue
		}
		for _, lang := range s.man.Languages {
			s.speaks(t, lang)(p.In(lang))
		}
		p = p.In(s.man.Languages[0])
		if kind == connect.MethodSelection {
			s.selection(t, srv, p)
			continue
		}
		if kind.Decoupled() {
			if p.State() == "oauth" {
				p = p.Click("oauth-open").Click("bank-allow")
			} else {
				p = p.Click("mfa-push-approve")
			}
			if p.State() != "success" && p.State() != "accounts" {
				t.Errorf("%s: approved, but the page shows %q %q", kind, p.State(), p.Error())
			}
			continue
		}
		p = p.Click("mfa-submit", "answer", "certainly wrong")
		if p.Error() != string(problem.ChallengeInvalid) {
			t.Errorf("%s: a wrong answer gives %q %q", kind, p.State(), p.Error())
		}
		if p = p.Click("mfa-submit", rightAnswers(s.man, kind, p)...); p.State() != "success" && p.State() != "accounts" {
			t.Errorf("%s: the right answer gives %q %q", kind, p.State(), p.Error())
		}
	}
}

// selection chooses each option of a method selection: the option decides what the bank asks
// for next.
func (s *suite) selection(t *testing.T, srv *Server, p *Page) {
	t.Helper()
	var options []string
	p.Doc.Find("input[name=answer]").Each(func(_ int, in *goquery.Selection) { options = append(options, in.AttrOr("value", "")) })
	if want := s.man.Challenges[connect.MethodSelection].Methods; len(options) != len(want) {
		t.Errorf("the choice of a method offers %q, want one for each of %v", options, want)
	}
	for n, option := range options {
		d := s.driver(srv, fmt.Sprintf("select-%d", n))
		d.Headers["Stunt-Scenario"] = "ask-method-selection"
		p := Login(t, s.widget(t, srv, d), d.Vars["institution"], d.Vars["username"], d.Vars["password"]).Click("mfa-submit", "answer", option)
		kind := s.man.Challenges[connect.MethodSelection].Methods[n]
		if p.State() == "mfa_select" || kind.Decoupled() != p.Has("mfa-push-approve") {
			t.Errorf("%q stands for %s, and the page shows %q %q", option, kind, p.State(), p.Error())
		}
	}
}
