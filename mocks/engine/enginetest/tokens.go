package enginetest

import (
	"context"
	"slices"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/openapi"
)

// operation finds the first served operation that is canonically called so; nil: none.
func (s *suite) operation(name string) *openapi.Operation {
	for _, op := range s.served {
		if op.Is(name) {
			return op
		}
	}
	return nil
}

// works says whether an operation answers a 2xx with the variables at hand, called as what
// it canonically is.
func works(t *testing.T, d *engine.Driver, op *openapi.Operation, canonical string) bool {
	t.Helper()
	a, err := d.CallAs(context.Background(), op.ID, canonical, nil)
	if err != nil {
		t.Fatalf("%s: %v", op.ID, err)
	}
	return a.Status/100 == 2
}

// rotation refreshes tokens: where a kind rotates, the old one works no more, and where its
// reuse ends the family, nor does what came of it. The access token that came with the new
// one reads.
func (s *suite) rotation(t *testing.T) {
	t.Parallel()
	op, rules := s.operation("token.refresh"), s.man.Tokens[grant.Refresh].Rules
	if op == nil {
		return
	}
	var names []string // of what the call takes and gives
	example := op.ExampleOf("token.refresh")
	for _, name := range example.Needs() {
		if _, given := example.Yields[name]; given {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		t.Fatalf("the example of %s should take and give one refresh token, not %q", op.ID, names)
	}
	name, list := names[0], s.operation("accounts.list")
	d := s.driver(s.start(t, nil), "rotation")
	call(t, d, list.ID)
	first := d.Vars[name]
	if done, err := d.Renew(context.Background()); !done {
		t.Fatalf("%s does not renew: %v", op.ID, err)
	}
	second := d.Vars[name]
	if !works(t, d, list, "accounts.list") {
		t.Errorf("the access token that %s gave reads nothing", op.ID)
	}
	if first == second {
		if rules.Rotate {
			t.Errorf("%s gives the same token again, although the manifest says that it rotates", op.ID)
		}
		return
	}
	if rules.Grace > 0 {
		return // of which the engine's own tests are
	}
	d.Vars[name] = first
	if works(t, d, op, "token.refresh") {
		t.Error("a refresh token works a second time")
	}
	if !rules.Rotate {
		return // the provider replaces tokens by itself
	}
	d.Vars[name] = second
	ended := rules.Reuse == grant.RevokeFamily
	if works(t, d, op, "token.refresh") == ended {
		t.Errorf("after the reuse of the old one the new refresh token works: %v, want %v", !ended, !ended)
	}
	if works(t, d, list, "accounts.list") == ended {
		t.Errorf("after the reuse of the old one the access token works: %v, want %v", !ended, !ended)
	}
}

// revocation revokes a token: what needs it works no more.
func (s *suite) revocation(t *testing.T) {
	t.Parallel()
	op := s.operation("token.revoke")
	if op == nil {
		return
	}
	d := s.driver(s.start(t, nil), "revocation")
	for _, one := range s.served { // whatever the others need is there then
		if !one.Is("connection.delete") && !one.Is("token.revoke") {
			call(t, d, one.ID)
		}
	}
	if !works(t, d, op, "token.revoke") {
		t.Fatalf("%s does not revoke", op.ID)
	}
	ended := op.ExampleOf("token.revoke").Needs()
	for _, other := range s.served {
		shared := slices.ContainsFunc(other.Example.Needs(), func(name string) bool { return slices.Contains(ended, name) && s.man.Samples[name] == "" })
		if shared && !other.Is("token.revoke") && works(t, d, other, "") {
			t.Errorf("%s works with a token that %s has ended", other.ID, op.ID)
		}
	}
}
