package enginetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// endings ends a session in every way that a user can meet, in each language. That what is
// handed back keeps to its schema is the engine's to see: it complains in its log.
func (s *suite) endings(t *testing.T) {
	t.Parallel()
	if !s.man.HasPages() {
		return
	}
	srv := s.start(t, nil)
	for _, lang := range s.man.Languages {
		speaks := s.speaks(t, lang)
		begin := func(how, scenario string) (*Page, *engine.Driver) {
			d := s.driver(srv, how+"-"+lang)
			d.Headers["Stunt-Scenario"] = scenario
			return s.widget(t, srv, d).In(lang), d
		}

		p, _ := begin("leave", "happy")
		p = p.Click("close")
		speaks(p.Want("exit_confirm", ""))
		if p = p.Click("exit-leave"); p.Left == "" && p.State() != "done" {
			t.Errorf("a user who leaves ends at %q %q", p.State(), p.Error())
		}

		if s.man.FlowOf(s.man.Entries[0].Product).Has(connect.Consent) {
			p, _ = begin("deny", "happy")
			if p = p.Click("consent-deny"); p.Left == "" && p.State() != "done" {
				t.Errorf("a user who denies the consent ends at %q %q", p.State(), p.Error())
			}
		}

		p, d := begin("locked", "locked")
		p = Login(t, p, d.Vars["institution"], d.Vars["username"], d.Vars["password"])
		speaks(p.Want("error", "login_locked"))

		if ttl := s.patience(); ttl > 0 {
			p, d = begin("late", "happy")
			srv.Advance(t, d.Sandbox, ttl+time.Second)
			speaks(p.Reload().Want("expired", "session_expired"))
		}
	}
}

// accounts chooses none, one that the bank does not have, and what may be chosen.
func (s *suite) accounts(t *testing.T) {
	t.Parallel()
	srv := s.start(t, nil)
	for n, entry := range s.man.Entries {
		if flow := s.man.FlowOf(entry.Product); !flow.Has(connect.Accounts) || flow.OnBankPage(connect.Accounts) {
			continue
		}
		d := s.driver(srv, fmt.Sprintf("accounts-%d", n))
		d.Product = entry.Product
		p := Login(t, s.widget(t, srv, d), d.Vars["institution"], d.Vars["username"], d.Vars["password"])
		if p.State() == "bank" && p.Has("bank-allow") { // the bank asks first whether the app may
			p = p.Click("bank-allow")
		}
		if p.State() != "accounts" {
			t.Errorf("product %q: the flow asks for accounts, and the page shows %q %q", entry.Product, p.State(), p.Error())
			continue
		}
		for _, wrong := range []string{"", "no-such-account"} {
			if p = p.Click("accounts-submit", "account", wrong); p.State() != "accounts" || p.Error() == "" {
				t.Fatalf("product %q: the choice of %q gives %q %q", entry.Product, wrong, p.State(), p.Error())
			}
		}
		Agree(p).Want("success", "")
	}
}

// patience is how long an untouched session waits; 0: for ever.
func (s *suite) patience() time.Duration {
	if s.man.Patience.Idle > 0 {
		return s.man.Patience.Idle
	}
	return s.man.Tokens[grant.Widget].Rules.TTL
}

// transitions looks whether each step of each flow can be reached and left.
func (s *suite) transitions(t *testing.T) {
	t.Parallel()
	var kinds []connect.Kind // one stands for all: each is put at the same step
	if s.man.Usual != "" {
		kinds = append(kinds, s.man.Usual)
	}
	leaves := map[string]bool{}
	for _, j := range s.man.Journeys() {
		for _, edge := range connect.Transitions([]connect.Journey{j}, kinds) {
			leaves[fmt.Sprint(j.Flow, edge.From)] = true
		}
		for _, stage := range j.Flow {
			needless := stage.Step == connect.AccessMethod && len(j.Methods) < 2 || stage.Step == connect.Challenging && len(kinds) == 0
			if !needless && !leaves[fmt.Sprint(j.Flow, stage.Step)] {
				t.Errorf("nothing leads through %s of the flow %v", stage.Step, j.Flow)
			}
		}
	}
}
