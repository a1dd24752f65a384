package connect_test

import (
	"testing"

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
