package mocks_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/rehearsal"
	"github.com/stuntbank/stuntbank/scenarios"
)

// stage is a server that waits for nothing, with a library.
func stage(t *testing.T, library *scenarios.Library, coverage *rehearsal.Coverage) *rehearsal.Stage {
	t.Helper()
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Scenarios = library
		c.Sleep = func(context.Context, time.Duration) error { return nil }
		if coverage != nil {
			c.Watch = coverage.Took
		}
	}, mocks.All()...)
	return &rehearsal.Stage{
		Base: srv.URL, Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Vocabulary: srv.Vocabulary(), Providers: srv.Server.Providers(), Clock: time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC),
		Signature: srv.CheckSignature,
	}
}

// Every bundled scenario does on every provider what it says.
func TestBundledScenarios(t *testing.T) {
	t.Parallel()
	library, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		t.Fatal(err)
	}
	coverage, played := rehearsal.NewCoverage(), atomic.Int64{}
	s := stage(t, library, coverage)
	t.Run("Play", func(t *testing.T) {
		for _, c := range s.Cases(library.List()) {
			t.Run(c.Name(), func(t *testing.T) {
				t.Parallel()
				if c.Untestable != "" {
					t.Fatalf("cannot be played: %s", c.Untestable)
				}
				r, err := s.Play(context.Background(), c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Miss != nil {
					t.Errorf("%v\n%s", r.Miss, r.Miss.Why)
				}
				coverage.Add(r)
				played.Add(1)
			})
		}
	})
	if int(played.Load()) < len(s.Cases(library.List())) {
		return // some were left out, or have failed
	}
	for _, p := range s.Providers {
		if p.Entry == "" {
			continue // its own tests walk through the steps
		}
		c := coverage.Of(p)
		if share := c.Share(); share < 0.9 {
			t.Errorf("%s: %.0f %% of the transitions are covered, want 90; missing are %v", p.Name, share*100, c.Missing)
		}
		t.Logf("%s: %d of %d transitions, %d problems, %d operations", p.Name, len(c.Taken), len(c.Taken)+len(c.Missing), len(c.Problems), len(c.Calls))
	}
}
