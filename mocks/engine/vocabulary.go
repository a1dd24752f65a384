package engine

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Operations are the canonical names of what a call does.
func Operations() []string {
	return []string{
		"session.create", "session.open", "session.submit", "session.complete",
		"token.exchange", "token.refresh", "token.revoke", "auth.login",
		"connection.list", "connection.get", "connection.update", "connection.delete",
		"connection.refresh", "refresh.get", "accounts.list", "accounts.get", "balances.get",
		"transactions.list", "transactions.get", "statements.list", "investments.list",
		"report.get", "holders.match", "institutions.list", "endpoints.write",
		"endpoints.read", "webhook.deliver",
	}
}

// Vocabulary is every name that a scenario may use with these providers.
func Vocabulary(providers []Provider) scenarios.Vocabulary {
	v := scenarios.Vocabulary{
		Operations: Operations(), Providers: map[string]scenarios.ProviderVocabulary{}, Also: map[string]string{},
	}
	for _, e := range Events() {
		v.Events = append(v.Events, string(e))
	}
	for _, s := range connect.Steps() {
		v.Steps = append(v.Steps, string(s))
	}
	for _, p := range bank.Personas() {
		v.Personas = append(v.Personas, p.Key)
	}
	for _, c := range problem.Codes() {
		v.Problems = append(v.Problems, string(c))
	}
	for _, k := range connect.Kinds() {
		v.Challenges = append(v.Challenges, string(k))
	}
	for _, k := range []grant.Kind{grant.Widget, grant.Exchange, grant.Link, grant.Access, grant.Refresh, grant.Session} {
		v.Tokens = append(v.Tokens, string(k))
	}
	for _, p := range providers {
		man := p.Manifest()
		if man.Name == ControlName {
			continue
		}
		v.Providers[man.Name] = man.vocabulary(p)
		ownWords(v.Also, man)
	}
	return v
}

// ownWords adds what a provider's operations would be called if its own nouns were
// canonical: movements.list for listMovements.
func ownWords(also map[string]string, man Manifest) {
	routes, _ := man.Routes()
	for _, r := range routes {
		i := strings.IndexFunc(r.ID, unicode.IsUpper)
		if i > 0 && slices.Contains(Operations(), r.Op) {
			also[strings.ToLower(r.ID[i:])+"."+r.ID[:i]] = r.Op
		}
	}
}

func (man Manifest) vocabulary(p Provider) scenarios.ProviderVocabulary {
	pv := scenarios.ProviderVocabulary{
		Calls: map[string][]string{}, Options: map[string]scenarios.OptionType{},
		MaxLogins: man.MaxLogins, MaxTries: map[string]int{}, Usual: string(man.Usual), Pages: man.HasPages(),
	}
	routes, _ := man.Routes()
	declined := p.Declined()
	for _, r := range routes {
		if declined[r.ID] != "" {
			continue
		}
		pv.Calls[r.ID] = r.Canonical()
		if strings.Contains(strings.ToLower(r.Path), "{account") && !slices.Contains(pv.Conditions, "account") {
			pv.Conditions = append(pv.Conditions, "account")
		}
		pv.Operations = append(pv.Operations, r.ID)
		for _, op := range r.Canonical() {
			if !slices.Contains(pv.Operations, op) {
				pv.Operations = append(pv.Operations, op)
			}
		}
	}
	if man.PageNumber.Name != "" {
		pv.Conditions = append(pv.Conditions, "page")
	}
	if pv.Pages {
		pv.Calls[opOpen], pv.Calls[opSubmit] = []string{opOpen}, []string{opSubmit}
		pv.Operations = append(pv.Operations, opOpen, opSubmit)
	}
	if man.Webhooks != nil {
		for _, e := range man.Webhooks.Tells {
			pv.Events = append(pv.Events, string(e))
		}
	}
	for _, s := range connect.Steps() {
		for _, flow := range man.Flows {
			if pv.Pages && flow.Has(s) && !slices.Contains(pv.Steps, string(s)) {
				pv.Steps = append(pv.Steps, string(s))
			}
		}
	}
	for k, d := range man.Challenges {
		pv.Challenges = append(pv.Challenges, string(k))
		pv.MaxTries[string(k)] = d.MaxTries
	}
	slices.Sort(pv.Challenges)
	for _, k := range slices.Sorted(maps.Keys(man.Tokens)) {
		pv.Tokens = append(pv.Tokens, string(k))
	}
	for _, o := range man.Options {
		kind := "string"
		if o.Type != Text {
			kind = string(o.Type)
		}
		pv.Options[o.Name] = scenarios.OptionType{Kind: kind, Values: o.Values}
	}
	for _, k := range recordKinds(p) {
		pv.Records = append(pv.Records, k.Name)
	}
	for _, i := range man.Institutions {
		pv.Institutions = append(pv.Institutions, i.ID)
	}
	return pv
}
