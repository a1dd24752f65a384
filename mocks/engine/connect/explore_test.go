package connect_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	flow := []connect.Journey{{Flow: connect.InWidget(connect.Consent, connect.Institution, connect.Credentials, connect.Challenging, connect.Waiting)}}
	all := connect.Transitions(flow, []connect.Kind{connect.OTPSMS, connect.Push})
	has := map[string]bool{}
	for _, edge := range all {
		has[edge.String()] = true
	}
	for _, want := range []string{
		"consent -> institution", "consent -> cancelled (consent_required)", "institution -> institution (institution_disabled)",
		"credentials -> challenge", "credentials -> failed (login_locked)", "credentials -> waiting", "challenge -> failed (challenge_expired)",
		"challenge -> challenge (rate_limited)", "challenge -> failed (no_accounts)", "challenge -> waiting", "waiting -> succeeded",
		"waiting -> failed (internal)", "any step -> cancelled (user_cancelled)", "any step -> expired (session_expired)",
	} {
		if !has[want] {
			t.Errorf("%s was not found", want)
		}
	}
	if len(all) != len(has) || len(all) < 30 {
		t.Errorf("%d edges, %d of them different", len(all), len(has))
	}
	// An app that calls for its user makes fewer moves.
	called := map[string]bool{}
	for _, edge := range connect.Transitions(flow, []connect.Kind{connect.OTPSMS, connect.Push}, connect.ByCalls...) {
		called[edge.String()] = true
		if !has[edge.String()] {
			t.Errorf("%s is none of all edges", edge)
		}
	}
	for edge, want := range map[string]bool{
		"credentials -> challenge": true, "any step -> expired (session_expired)": true, "any step -> cancelled (user_cancelled)": true,
		"consent -> cancelled (consent_required)": false, "credentials -> institution": false, "challenge -> challenge (rate_limited)": false,
	} {
		if called[edge] != want {
			t.Errorf("by calls %s is found: %t", edge, !want)
		}
	}
	// What a flow does not have, nothing leads to.
	for _, edge := range connect.Transitions([]connect.Journey{{Flow: connect.InWidget(connect.Credentials, connect.Accounts)}}, nil) {
		if edge.From == connect.Consent || edge.To == connect.Institution || edge.To == connect.Challenging {
			t.Errorf("%s, in a flow that has no such step", edge)
		}
	}
}

// Every move of the stories that tests tell is one of the edges.
func TestBetween(t *testing.T) {
	t.Parallel()
	s, _ := connect.Start(fresh(), friendly(), start)
	next, _ := connect.Advance(s, friendly(), connect.Input{Verb: connect.DoAccept, Rev: connect.AnyRev}, start)
	if edge, moved := connect.Between(s, next); !moved || edge.String() != "consent -> institution" {
		t.Errorf("%v, %s", moved, edge)
	}
	if edge, moved := connect.Between(next, next); moved {
		t.Errorf("a session that has not moved took %s", edge)
	}
	late, _ := connect.Advance(next, friendly(), connect.Input{Verb: connect.DoPoll, Rev: connect.AnyRev}, start.Add(ttl))
	if edge, _ := connect.Between(next, late); edge.From != connect.Any || edge.To != connect.Expired {
		t.Errorf("%s", edge)
	}
}

// journeys are flows in several orders, with and without ways into the bank.
func journeys() []connect.Journey {
	bank := connect.Flow{
		connect.On(connect.Consent), connect.On(connect.Institution), connect.On(connect.AccessMethod), connect.AtBank(connect.Credentials),
		connect.AtBank(connect.Challenging), connect.AtBank(connect.Approving), connect.On(connect.Waiting), connect.On(connect.Accounts),
	}
	return []connect.Journey{
		{Flow: fullFlow()},
		{Flow: connect.InWidget(connect.Credentials, connect.Accounts, connect.Challenging, connect.Consent)},
		{Flow: bank},
		{Flow: bank, Methods: []connect.Method{
			{ID: "web", Flow: connect.InWidget(connect.Credentials, connect.Challenging)}, {ID: "bank"},
			{ID: "app", Flow: connect.Flow{connect.AtBank(connect.Approving), connect.AtBank(connect.Accounts)}},
		}},
		{Flow: bank, Methods: []connect.Method{{ID: "app", Flow: connect.Flow{connect.On(connect.Challenging), connect.On(connect.Waiting)}}}},
	}
}

// Whatever sessions do at whichever bank, the edges that they take are among those that
// Transitions gives for their journey: nothing is left out.
func TestTransitionsLeaveNothingOut(t *testing.T) {
	t.Parallel()
	kinds := []connect.Kind{connect.OTPSMS, connect.Push, connect.MethodSelection}
	random := rand.New(rand.NewPCG(3, 4))
	for n, j := range journeys() {
		known, met := map[connect.Transition]bool{}, map[connect.Transition]bool{}
		for _, edge := range connect.Transitions([]connect.Journey{j}, kinds) {
			known[edge] = true
		}
		for range 400 {
			seed := make([]byte, 120)
			for i := range seed {
				seed[i] = byte(random.IntN(256))
			}
			tp := tape(seed)
			b := tp.behaviour()
			b.Methods = j.Methods
			for i := range b.Challenges {
				b.Challenges[i].Kind = pick(&tp, kinds...)
			}
			s := fresh()
			s.Flow = j.Flow
			s, _ = connect.Start(s, b, start)
			now := start
			for range 24 {
				if tp.below(12) == 0 {
					now = now.Add(pick(&tp, time.Second, time.Minute, 5*time.Minute, ttl))
				}
				in := tp.input(s, b.For(s))
				if s.Step == connect.AccessMethod && len(j.Methods) > 0 {
					in.Method = pick(&tp, j.Methods[0].ID, j.Methods[len(j.Methods)-1].ID, "none", in.Method)
				}
				next, _ := connect.Advance(s, b, in, now)
				if edge, moved := connect.Between(s, next); moved {
					met[edge] = true
				}
				s = next
			}
		}
		for edge := range met {
			if !known[edge] {
				t.Errorf("journey %d: sessions take %s, which Transitions leaves out", n, edge)
			}
		}
		if len(met) < len(known)/2 {
			t.Errorf("journey %d: %d of %d edges were met: the lives are too short to tell", n, len(met), len(known))
		}
	}
}
