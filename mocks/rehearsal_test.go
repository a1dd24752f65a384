package mocks_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/rehearsal"
	"github.com/stuntbank/stuntbank/mocks/flinks"
	"github.com/stuntbank/stuntbank/scenarios"
)

// byCalls is a provider whose app logs its users in through the API: Flinks without its pages.
type byCalls struct{ flinks.Provider }

// Manifest leaves the pages out.
func (p byCalls) Manifest() engine.Manifest {
	man := p.Provider.Manifest()
	man.Entries = nil
	return man
}

// stage is a server that waits for nothing, with a library; of all providers where none is named.
func stage(t *testing.T, library *scenarios.Library, coverage *rehearsal.Coverage, providers ...engine.Provider) *rehearsal.Stage {
	t.Helper()
	if len(providers) == 0 {
		providers = mocks.All()
	}
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Scenarios = library
		c.Sleep = func(context.Context, time.Duration) error { return nil }
		if coverage != nil {
			c.Watch = coverage.Took
		}
	}, providers...)
	return &rehearsal.Stage{
		Base: srv.URL, Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Vocabulary: srv.Vocabulary(), Providers: srv.Server.Providers(), Clock: time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC),
		Signature: srv.CheckSignature, Answer: srv.AnswerCall,
	}
}

// apart lists the bundled scenarios that a provider cannot show at all, or not to their
// end: how many of its expectations are played there, and what it lacks for the next one.
// Everything else is played whole.
var apart = map[string]string{
	"access-methods on flinks":          `3 of 8: it has no step "access_method"`,
	"approval-bank-down on fintoc":      `does not apply: it has no step "approval"`,
	"access-methods on fintoc":          `3 of 8: it has no step "access_method"`,
	"account-not-offered on fintoc":     `0 of 3: it has no step at which a user chooses accounts`,
	"approval-then-pending on fintoc":   `does not apply: it has no step "approval"`,
	"bank-page on fintoc":               `does not apply: it has no step "approval"`,
	"approval-denied on fintoc":         `does not apply: it has no step "approval"`,
	"access-token-expired on fintoc":    `does not apply: it has no token class "access"`,
	"access-token-expired on flinks":    `0 of 4: it has no operation "token.exchange"`,
	"captcha on finx":                   `does not apply: it has no challenge "captcha"`,
	"captcha on flinks":                 `does not apply: it has no challenge "captcha"`,
	"code-expired on flinks":            `does not apply: it has no token class "exchange"`,
	"code-reused on flinks":             `does not apply: it has no token class "exchange"`,
	"finx-users on fintoc":              `does not apply: it is not listed under providers`,
	"finx-users on flinks":              `does not apply: it is not listed under providers`,
	"fintoc-users on finx":              `does not apply: it is not listed under providers`,
	"fintoc-users on flinks":            `does not apply: it is not listed under providers`,
	"flinks-users on fintoc":            `does not apply: it is not listed under providers`,
	"flinks-users on finx":              `does not apply: it is not listed under providers`,
	"happy on flinks":                   `6 of 9: it has no operation "token.exchange"`,
	"hostile on flinks":                 `4 of 5: it has no operation "token.exchange"`,
	"institution-disabled on fintoc":    `does not apply: it has no operation "auth.login"`,
	"institution-disabled on finx":      `does not apply: it has no operation "auth.login"`,
	"login-in-progress on fintoc":       `does not apply: it has no operation "auth.login"`,
	"login-in-progress on finx":         `does not apply: it has no operation "auth.login"`,
	"login-required-later on finx":      `6 of 7: it sends no webhook about "connection.login_required"`,
	"login-required-later on flinks":    `6 of 7: it sends no webhook about "connection.login_required"`,
	"mfa-chip-tan on fintoc":            `does not apply: it has no challenge "chip_tan"`,
	"mfa-chip-tan on flinks":            `does not apply: it has no challenge "chip_tan"`,
	"mfa-choice on fintoc":              `does not apply: it has no challenge "choice"`,
	"mfa-choice on finx":                `does not apply: it has no challenge "choice"`,
	"mfa-coordinate-card on finx":       `does not apply: it has no challenge "coordinate_card"`,
	"mfa-hardware-token on finx":        `does not apply: it has no challenge "hardware_token"`,
	"mfa-image on fintoc":               `does not apply: it has no challenge "image"`,
	"mfa-image on finx":                 `does not apply: it has no challenge "image"`,
	"mfa-method-selection on fintoc":    `does not apply: it has no challenge "method_selection"`,
	"mfa-otp-app on fintoc":             `does not apply: it has no challenge "otp_app"`,
	"mfa-otp-app on finx":               `does not apply: it has no challenge "otp_app"`,
	"mfa-otp-app on flinks":             `does not apply: it has no challenge "otp_app"`,
	"mfa-otp-email on finx":             `does not apply: it has no challenge "otp_email"`,
	"mfa-photo-tan on fintoc":           `does not apply: it has no challenge "photo_tan"`,
	"mfa-photo-tan on flinks":           `does not apply: it has no challenge "photo_tan"`,
	"mfa-qr on fintoc":                  `does not apply: it has no challenge "qr"`,
	"mfa-qr on flinks":                  `does not apply: it has no challenge "qr"`,
	"mfa-question on fintoc":            `does not apply: it has no challenge "question"`,
	"mfa-question on finx":              `does not apply: it has no challenge "question"`,
	"password-changed on finx":          `2 of 7: it has no operation "connection.refresh"`,
	"password-changed on flinks":        `2 of 7: it has no operation "connection.refresh"`,
	"pending-long on finx":              `6 of 8: it has no operation "connection.refresh"`,
	"pending-long on flinks":            `6 of 8: it has no operation "connection.refresh"`,
	"question-without-answer on fintoc": `does not apply: it has no operation "auth.login"`,
	"question-without-answer on finx":   `does not apply: it has no operation "auth.login"`,
	"redirect-denied on fintoc":         `does not apply: it has no challenge "redirect"`,
	"redirect-denied on flinks":         `does not apply: it has no challenge "redirect"`,
	"redirect-to-bank on fintoc":        `does not apply: it has no challenge "redirect"`,
	"redirect-to-bank on flinks":        `does not apply: it has no challenge "redirect"`,
	"refresh-token-expired on fintoc":   `does not apply: it has no token class "refresh"`,
	"refresh-token-expired on flinks":   `does not apply: it has no token class "refresh"`,
	"refresh-token-reused on fintoc":    `does not apply: it has no token class "refresh"`,
	"refresh-token-reused on flinks":    `does not apply: it has no token class "refresh"`,
	"report-not-enabled on fintoc":      `does not apply: it has no operation "report.get"`,
}

// Every bundled scenario does on every provider what it says, as far as the provider has
// what that takes. Where it has not, the table above says so.
func TestBundledScenarios(t *testing.T) {
	t.Parallel()
	library, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		t.Fatal(err)
	}
	coverage, played := rehearsal.NewCoverage(), atomic.Int64{}
	s := stage(t, library, coverage)
	cases := s.Cases(library.List())
	t.Run("Apart", func(t *testing.T) {
		seen := map[string]string{}
		for _, sc := range library.List() {
			_, why := sc.AppliesTo(s.Vocabulary)
			for provider, reason := range why {
				seen[sc.Name+" on "+provider] = "does not apply: " + reason
			}
		}
		for _, c := range cases {
			if c.Lacks != "" {
				seen[c.Name()] = fmt.Sprintf("%d of %d: %s", c.Steps, len(c.Scenario.Expect), c.Lacks)
			}
		}
		for name, reason := range seen {
			if apart[name] != reason {
				t.Errorf("%q: `%s`,", name, reason)
			}
		}
		for name, reason := range apart {
			if seen[name] == "" {
				t.Errorf("%s is played whole, but the table says %s", name, reason)
			}
		}
	})
	t.Run("Play", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.Name(), func(t *testing.T) {
				t.Parallel()
				r, err := s.Play(context.Background(), c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Miss != nil {
					t.Errorf("%v\n%s", r.Miss, r.Miss.Why)
				}
				if r.Held != c.Steps {
					t.Errorf("%d steps held, of %d that can be played", r.Held, c.Steps)
				}
				coverage.Add(r)
				played.Add(1)
			})
		}
	})
	for _, sc := range library.List() {
		for _, w := range sc.Warnings {
			if !strings.Contains(w.Error(), "applies to no provider here") { // those await one
				t.Error(w)
			}
		}
	}
	if int(played.Load()) < len(cases) {
		return // some were left out, or have failed
	}
	for _, p := range s.Providers {
		c := coverage.Of(p)
		if share := c.Share(); share < 0.9 {
			t.Errorf("%s: %.0f %% of the transitions are covered, want 90; missing are %v", p.Name, share*100, c.Missing)
		}
		t.Logf("%s: %d of %d transitions, %d problems, %d operations", p.Name, len(c.Taken), len(c.Taken)+len(c.Missing), len(c.Problems), len(c.Calls))
	}
}

// Where an app logs its user in by calls, each second factor of the provider is put, refuses
// a wrong answer and takes the right one.
func TestChallengesByCalls(t *testing.T) {
	t.Parallel()
	var texts []string
	man := byCalls{}.Manifest()
	for kind := range man.Challenges {
		wrong := "  - connect: {mfa: wrong}\n    sees: challenge_invalid\n"
		if kind.Decoupled() {
			wrong = ""
		}
		texts = append(texts, fmt.Sprintf("scenario: %s-%s\nproviders: [%s]\nlogin: {mfa: [{kind: %s}]}\nexpect:\n  - connect: {mfa: none}\n    sees: %s\n%s  - connect: right\n  - call: accounts.list\n",
			man.Name, strings.ReplaceAll(string(kind), "_", "-"), man.Name, kind, kind, wrong))
	}
	l := libraryOf(t, texts...)
	s := stage(t, l, nil, byCalls{})
	cases := s.Cases(slices.DeleteFunc(l.List(), func(sc *scenarios.Scenario) bool { return sc.Bundled }))
	if len(cases) != len(texts) || len(cases) == 0 {
		t.Fatalf("%d cases of %d scenarios", len(cases), len(texts))
	}
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			r, err := s.Play(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Miss != nil || c.Lacks != "" {
				t.Errorf("%v, %s", r.Miss, c.Rest())
			}
		})
	}
}
