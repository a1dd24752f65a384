package connect

import (
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// AccountRules are what may be chosen of the accounts that a login shows. Zero: any of them, one or
// several.
type AccountRules struct {
	Single bool              // exactly one
	Barred map[string]string // accounts that may not be chosen, by key, and why: a word or a sentence
	Preset []string          // ticked beforehand
}

// Eligible are the accounts that may be agreed to, in the bank's order.
func (b Behaviour) Eligible() []string {
	return slices.DeleteFunc(slices.Clone(b.Accounts), func(key string) bool {
		_, barred := b.Rules.Barred[key]
		return barred
	})
}

// without says why nothing can be agreed to; empty where something can, or need not.
func (b Behaviour) without() problem.Code {
	switch {
	case len(b.Accounts) == 0 && b.AllowNoAccounts:
		return ""
	case len(b.Accounts) == 0:
		return problem.NoAccounts
	case len(b.Eligible()) == 0:
		return problem.NoEligibleAccounts
	}
	return ""
}

// usual are the accounts that a user agrees to who takes what is offered.
func (b Behaviour) usual() []string {
	eligible := b.Eligible()
	preset := slices.DeleteFunc(slices.Clone(eligible), func(key string) bool { return !slices.Contains(b.Rules.Preset, key) })
	if len(preset) > 0 {
		eligible = preset
	}
	if b.Rules.Single && len(eligible) > 1 {
		eligible = eligible[:1]
	}
	return eligible
}

// accounts takes the choice of the user.
func (m *move) accounts() {
	if m.in.Verb == DoDeny {
		m.deny()
	}
	if m.in.Verb != DoAccounts {
		return
	}
	refuse := func(detail string) {
		m.trouble(problem.InvalidRequest, "account")
		m.s.Trouble.Detail = detail
	}
	eligible := m.b.Eligible()
	for _, key := range m.in.Accounts {
		switch why, barred := m.b.Rules.Barred[key]; {
		case !slices.Contains(m.b.Accounts, key):
			refuse("the login shows no account \"" + key + "\": choose of " + strings.Join(eligible, ", "))
			return
		case barred:
			refuse("the account " + key + " cannot be chosen (" + why + "): choose of " + strings.Join(eligible, ", "))
			return
		}
	}
	var chosen []string
	for _, key := range eligible { // the bank's order, each once
		if slices.Contains(m.in.Accounts, key) {
			chosen = append(chosen, key)
		}
	}
	switch {
	case len(chosen) == 0:
		m.missing([]string{"account"}, "account")
		return
	case m.b.Rules.Single && len(chosen) > 1:
		refuse("exactly one account can be chosen here")
		return
	}
	m.s.note(m.now, EventAccountsSelected, map[string]string{"accounts": strings.Join(chosen, ",")})
	m.s.Accounts = chosen
	m.enter(m.after(Accounts))
}
