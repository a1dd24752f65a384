package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// operation finds what a step calls: the first of that name that is served, one that is
// also something else after all that are named so.
func (p *play) operation(name string) (*openapi.Operation, error) {
	spec, err := p.c.Provider.Spec()
	if err != nil {
		return nil, err
	}
	served := p.stage.Vocabulary.Providers[p.c.Provider.Name].Operations
	name = strings.TrimPrefix(name, p.c.Provider.Name+".")
	var also *openapi.Operation
	for _, op := range spec.Operations() {
		switch {
		case !slices.Contains(served, op.ID):
		case op.Op == name || op.ID == name:
			return op, nil
		case also == nil && op.Is(name):
			also = op
		}
	}
	if also != nil {
		return also, nil
	}
	return nil, fmt.Errorf("no operation %q of %s can be called by an app", name, p.c.Provider.Title)
}

// call calls an operation and compares the answer, and what the journal says of it.
func (p *play) call(ctx context.Context, step scenarios.Step, n int) error {
	op, err := p.operation(step.Call)
	if err != nil {
		return err
	}
	seen, why, err := p.renew(ctx, op)
	if err != nil {
		return err
	}
	if seen != connected {
		if seen == step.Fails {
			return nil
		}
		return &Miss{Did: describe(step), Expected: cmp.Or(step.Fails, success), Seen: seen, Why: why}
	}
	a, e, err := p.ask(ctx, op, p.canonical(step), nil)
	if err != nil {
		return err
	}
	if over(e.Why.Problem) && e.Why.Problem != step.Fails && !op.Is("token.refresh") {
		// The app renews its token and repeats the call once.
		if renewed, err := p.driver.Renew(ctx); err != nil {
			return err
		} else if renewed {
			if a, e, err = p.ask(ctx, op, p.canonical(step), nil); err != nil {
				return err
			}
		}
	}
	did := describe(step)
	if step.Times > 1 {
		did += fmt.Sprintf(", time %d", n+1)
	}
	if v := a.Header.Get(engine.ViolationHeader); v != "" {
		return &Miss{Did: did, Expected: "an answer that keeps to the provider's document", Seen: v, Why: e.String()}
	}
	if miss := compare(step, op, a, e); miss != nil {
		miss.Did, miss.Why = did, e.String()
		return miss
	}
	return nil
}

// canonical is what a step calls, without the provider that it may name.
func (p *play) canonical(step scenarios.Step) string {
	return strings.TrimPrefix(step.Call, p.c.Provider.Name+".")
}

// over says whether a call was refused for a token that works no more.
func over(code string) bool {
	return code == string(problem.ExpiredGrant) || code == string(problem.InvalidGrant)
}

// ask calls an operation and finds what the journal says of it. A nil body is that of the
// document's example.
func (p *play) ask(ctx context.Context, op *openapi.Operation, canonical string, body any) (a engine.Answer, e entry, err error) {
	a, failed := p.driver.CallAs(ctx, op.ID, canonical, body)
	e, err = p.entry(ctx, op, a, failed)
	return a, e, err
}

// entry finds what the journal says of an answer, or of a call that got none.
func (p *play) entry(ctx context.Context, op *openapi.Operation, a engine.Answer, failed error) (e entry, err error) {
	if id := a.Header.Get(engine.RequestHeader); id != "" {
		_, err = p.driver.Control(ctx, http.MethodGet, "/journal/"+url.PathEscape(id), nil, &e)
		return e, err
	}
	var list struct {
		Entries []entry `json:"entries"`
	}
	_, err = p.driver.Control(ctx, http.MethodGet, "/journal?limit=1&operation="+op.ID, nil, &list)
	if err != nil || len(list.Entries) == 0 || !list.Entries[0].Why.Injected {
		return e, cmp.Or(failed, err)
	}
	return list.Entries[0], nil
}
