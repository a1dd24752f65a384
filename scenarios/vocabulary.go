package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Vocabulary is every name that a scenario may use. The program builds it from what
// it serves and hands it in, so that this package knows no provider.
type Vocabulary struct {
	Operations []string // canonical
	// Also are names in a provider's own words, and the canonical operation that each
	// means: movements.list, where the provider has listMovements.
	Also       map[string]string
	Problems   []string // canonical
	Challenges []string // kinds; DefaultChallenge is always known
	Tokens     []string // classes
	Events     []string // canonical
	Steps      []string // of a session
	Personas   []string // ready-made
	// Lacks says of a part of the language that the program at hand cannot carry out what
	// will bring it: "data", "income".
	Lacks     map[string]string
	Providers map[string]ProviderVocabulary

	bundled bool // for files of ours, see Bundled
}

// ProviderVocabulary is what one provider has.
type ProviderVocabulary struct {
	// Operations are the provider's operationIds and the canonical operations that it serves.
	Operations   []string
	Calls        map[string][]string // by operationId: the canonical operations that a call of it is
	Challenges   []string
	Tokens       []string
	Options      map[string]OptionType
	Records      []string       // kinds of records that a scenario may write
	Institutions []string       // ids
	MaxLogins    int            // wrong logins that lock the user; 0: any number
	MaxTries     map[string]int // wrong answers that end the session, by kind of challenge
	Usual        string         // what DefaultChallenge means
	Steps        []string       // of a session, in one of its flows
	Pages        bool           // its users log in on pages, where they can also look around and leave
	Events       []string       // of which it sends webhooks
	Conditions   []string       // page, account: what some of its calls say of themselves
}

// OptionType is the type of a provider's option.
type OptionType struct {
	Kind   string   // string | bool | int | duration | enum
	Values []string // of an enum
}

// each reports whether every call of the provider that is the one operation is the other,
// too. Both are named as rules name them.
func (v Vocabulary) each(provider, one, other string) bool {
	found := false
	for id, names := range v.Providers[provider].Calls {
		own := provider + "." + id
		if one != own && !contains(names, one) {
			continue
		}
		if other != own && !contains(names, other) {
			return false
		}
		found = true
	}
	return found
}

func (v Vocabulary) providers() []string { return slices.Sorted(maps.Keys(v.Providers)) }

func (v Vocabulary) institutions() []string {
	var ids []string
	for _, p := range v.Providers {
		ids = append(ids, p.Institutions...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// operations are all names that a rule's `on` may have. operationIds are written with their provider.
func (v Vocabulary) operations() []string {
	names := slices.Clone(v.Operations)
	for _, provider := range v.providers() {
		for _, id := range v.Providers[provider].Operations {
			if !contains(v.Operations, id) {
				names = append(names, provider+"."+id)
			}
		}
	}
	return names
}

// The step at which the bank itself asks whether the app may have access, and the one at
// which the user chooses a way into the bank.
const (
	approval     = "approval"
	accessMethod = "access_method"
)

// need is a name that a provider must have for the scenario to mean anything there.
type need struct {
	kind     string // operation, challenge, token class, institution, step, condition
	name     string // as written in the file
	provider string // asked of this provider alone; empty: of all
}

// String says what is needed.
func (n need) String() string {
	if n.kind == "condition" {
		return "calls that say for which " + n.name + " they are"
	}
	return fmt.Sprintf("%s %q", n.kind, n.name)
}

// Steps are those of a session that s is about and that not every bank has: its script, or
// what it wants to see, names them.
func (s *Scenario) Steps() (steps []string) {
	if s.Login != nil && s.Login.Approval != "" {
		steps = append(steps, approval)
	}
	for _, e := range s.Expect {
		if (e.Sees == approval || e.Sees == accessMethod) && !contains(steps, e.Sees) {
			steps = append(steps, e.Sees)
		}
	}
	return steps
}

// needs lists the names that s uses, in reading order.
func (s *Scenario) needs(v Vocabulary) []need {
	if s.own != nil {
		s = s.own // those that it uses answer for themselves
	}
	var list []need
	if s.Login != nil {
		for _, c := range s.Login.MFA {
			list = append(list, need{kind: "challenge", name: c.Kind})
			for _, m := range c.Methods {
				list = append(list, need{kind: "challenge", name: m.Kind})
			}
		}
		if s.Login.Approval != "" {
			list = append(list, need{kind: "step", name: approval})
		}
	}
	for _, class := range slices.Sorted(maps.Keys(s.Tokens)) {
		list = append(list, need{kind: "token class", name: class})
	}
	for _, e := range s.Timeline {
		if e.Anchor == exchanged {
			list = append(list, need{kind: "operation", name: exchange})
		}
		if class, ok := strings.CutSuffix(e.Anchor, "_expired"); ok {
			list = append(list, need{kind: "token class", name: class})
		}
	}
	added := map[string]bool{}
	for _, i := range s.Institutions {
		if added[i.ID] = i.Name != ""; !added[i.ID] {
			list = append(list, need{kind: "institution", name: i.ID})
		}
	}
	for _, r := range s.Rules {
		provider := r.Where.Provider
		if head, qualified := v.qualified(r.On); qualified {
			provider = head
		}
		list = append(list, need{kind: "operation", name: r.On, provider: provider})
		if r.Where.Page != (Calls{}) {
			list = append(list, need{kind: "condition", name: "page", provider: provider})
		}
		if r.Where.Account != "" {
			list = append(list, need{kind: "condition", name: "account", provider: provider})
		}
		if id := r.Where.Institution; id != "" && !added[id] {
			list = append(list, need{kind: "institution", name: id, provider: provider})
		}
	}
	return list
}

// qualified splits off the provider of <provider>.<operationId>; it is false for a canonical operation.
func (v Vocabulary) qualified(operation string) (provider string, ok bool) {
	provider, _, _ = strings.Cut(operation, ".")
	_, ok = v.Providers[provider]
	return provider, ok
}

// Reach says how many of the scenario's expectations, from the first, can be played on a
// provider, and what this lacks for the next one; empty when all can. Nothing behind that
// one is played: it may depend on it.
func (s *Scenario) Reach(provider string, v Vocabulary) (steps int, lacks string) {
	for i, step := range s.Expect {
		if lacks := v.lacks(provider, step); lacks != "" {
			return i, lacks
		}
	}
	return len(s.Expect), ""
}

// lacks says what keeps a step from being played on a provider; empty for nothing.
func (v Vocabulary) lacks(provider string, step Step) string {
	p := v.Providers[provider]
	switch do := step.Connect; {
	case do == nil:
	case p.Pages && contains(pageSights, step.Sees) && !contains(p.Steps, step.Sees):
		return fmt.Sprintf("it has no step %q", step.Sees)
	case p.Pages && len(do.Accounts) > 0 && !contains(p.Steps, "accounts"):
		return "it has no step at which a user chooses accounts"
	case p.Pages:
	case !contains(p.Operations, submit):
		return "it has neither a page nor an operation where a user logs in"
	case contains(pageMoves, do.Do):
		return fmt.Sprintf("it has no page on which a user does %q", do.Do)
	case len(do.Accounts) > 0:
		return "it has no page on which a user chooses accounts"
	case contains(pageSights, step.Sees):
		return fmt.Sprintf("it has no page that shows %q", step.Sees)
	}
	if head, qualified := v.qualified(step.Call); qualified && head != provider {
		return fmt.Sprintf("%s is an operation of another provider", step.Call)
	}
	if step.Call != "" && !v.has(provider, need{kind: "operation", name: step.Call}) {
		return fmt.Sprintf("it has no operation %q", step.Call)
	}
	if step.Signed && len(p.Events) == 0 {
		return "it sends no webhooks that could be signed"
	}
	for _, event := range slices.Sorted(maps.Keys(step.Webhooks)) {
		if !contains(p.Events, event) {
			return fmt.Sprintf("it sends no webhook about %q", event)
		}
	}
	return ""
}

// submit is the operation by which a user logs in, as a page's form or as a call.
const submit = "session.submit"

// What only a page lets a user do, and see.
var (
	pageMoves  = words("open accept choose resend back retry leave")
	pageSights = words("consent institution access_method credentials approval accounts")
)

// has reports whether the provider has what is needed of it.
func (v Vocabulary) has(provider string, n need) bool {
	p := v.Providers[provider]
	switch n.kind {
	case "challenge":
		return n.name == DefaultChallenge || contains(p.Challenges, n.name)
	case "token class":
		return contains(p.Tokens, n.name)
	case "step":
		return contains(p.Steps, n.name)
	case "condition":
		return contains(p.Conditions, n.name)
	case "institution":
		return contains(p.Institutions, n.name)
	}
	if id, qualified := strings.CutPrefix(n.name, provider+"."); qualified {
		return contains(p.Operations, id)
	}
	return contains(p.Operations, n.name)
}

// AppliesTo returns the providers on which the scenario means something, sorted, and for
// each of the others why not. These are the ones named by `providers`, or else all that have every name
// used. A rule for one provider asks nothing of the others, but a scenario that has only
// such rules and options applies only where one of them does.
func (s *Scenario) AppliesTo(v Vocabulary) (names []string, why map[string]string) {
	why = map[string]string{}
	for _, provider := range v.providers() {
		if reason := s.whyNot(provider, v); reason != "" {
			why[provider] = reason
		} else {
			names = append(names, provider)
		}
	}
	return names, why
}

func (s *Scenario) whyNot(provider string, v Vocabulary) string {
	if len(s.Providers) > 0 && !contains(s.Providers, provider) {
		return "it is not listed under providers"
	}
	if s.Everywhere {
		return ""
	}
	if s.Pages && !v.Providers[provider].Pages {
		return "it has no pages on which its users log in"
	}
	for _, u := range s.used {
		if reason := u.whyNot(provider, v); reason != "" {
			return fmt.Sprintf("%s, which %s uses, does not apply: %s", u.Name, s.Name, reason)
		}
	}
	scoped, here := false, s.Options[provider] != nil || s.Records[provider] != nil
	general := s.Login != nil || s.Ready != nil || s.Persona != nil || len(s.Institutions)+len(s.Timeline)+len(s.Data)+len(s.used) > 0
	for _, n := range s.needs(v) {
		if n.provider != "" && n.provider != provider {
			scoped = true
			continue
		}
		if !v.has(provider, n) {
			return "it has no " + n.String()
		}
		here = true
	}
	scoped = scoped || len(s.Options)+len(s.Records) > 0
	if scoped && !here && !general {
		return "everything in the scenario is about other providers"
	}
	return ""
}
