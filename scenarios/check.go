package scenarios

import (
	"fmt"
	"strings"
)

// check looks at what no single place in the file can tell. It runs on a file without errors.
func (r *reader) check(s *Scenario) {
	r.checkInstitutions(s)
	if len(r.errs) == 0 {
		r.checkListed(s)
	}
	if len(r.errs) == 0 {
		r.checkNeeds(s)
	}
}

// checkInstitutions holds each to be some provider's or the scenario's own.
func (r *reader) checkInstitutions(s *Scenario) {
	known := r.vocabulary.institutions()
	for _, i := range s.Institutions {
		if i.Name == "" {
			r.knownInstitution(i.ID, known, "a known one, or a name beside the id that adds it")
		}
	}
	for _, i := range s.Institutions {
		known = append(known, i.ID)
	}
	for _, rule := range s.Rules {
		if id := rule.Where.Institution; id != "" {
			r.knownInstitution(id, known, oneOf("institution", known))
		}
	}
}

func (r *reader) knownInstitution(id string, known []string, expected string) {
	if !contains(known, id) {
		r.fail(r.at["institution "+id], codeInstitution, "the unknown institution "+quote(id), expected).Suggestion = nearest(id, known)
	}
}

// checkListed refuses rules and options for a provider that the scenario leaves out.
func (r *reader) checkListed(s *Scenario) {
	if len(s.Providers) == 0 {
		return
	}
	expected := "one that the scenario lists under providers: " + strings.Join(s.Providers, ", ")
	for _, provider := range r.vocabulary.providers() {
		if n := r.at["provider "+provider]; n != nil && !contains(s.Providers, provider) {
			r.fail(n, codeProvider, fmt.Sprintf("the provider %q", provider), expected)
		}
	}
}

// checkNeeds holds each provider that the file names to have what the file uses of it.
func (r *reader) checkNeeds(s *Scenario) {
	for _, n := range s.needs(r.vocabulary) {
		asked := s.Providers
		if n.provider != "" {
			asked = []string{n.provider}
		}
		for _, provider := range asked {
			if !r.vocabulary.has(provider, n) {
				r.fail(r.at[n.kind+" "+n.name], codeLacking, fmt.Sprintf("the %s, which %s does not have", n, provider),
					"only names that every provider asked for them has")
			}
		}
	}
	for _, provider := range s.Providers {
		if len(r.errs) == 0 && s.whyNot(provider, r.vocabulary) != "" {
			r.fail(r.at["provider "+provider], codeLacking, fmt.Sprintf("the provider %q, of which the scenario says nothing", provider),
				"rules or options for it, or its name taken off the list")
		}
	}
}
