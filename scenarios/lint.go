package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// lint finds what is allowed and yet hardly meant: a scenario that works with warnings.
func (s *Scenario) lint(v Vocabulary) {
	s.Warnings = slices.Concat(s.lintRules(v), s.lintTimeline(), s.lintAttempts(v))
	if names, why := s.AppliesTo(v); len(names) == 0 && len(why) > 0 {
		var reasons []string
		for _, provider := range v.providers() {
			reasons = append(reasons, "not to "+provider+", for "+why[provider])
		}
		s.Warnings = append(s.Warnings, s.wrong("scenario", codeNowhere, "a scenario that applies to no provider here: "+strings.Join(reasons, "; "),
			"names that at least one of them has"))
	}
	s.Warnings.sort()
}

// lintRules finds rules that an earlier one of the file keeps from ever acting.
func (s *Scenario) lintRules(v Vocabulary) (list ErrorList) {
	applies, _ := s.AppliesTo(v)
	for i, later := range s.Rules {
		if later.File != s.File {
			continue
		}
		for _, earlier := range s.Rules[:i] {
			where := earlier.shadows(&later, applies, v)
			if where == nil {
				continue
			}
			found := fmt.Sprintf("a rule on %s that never acts", later.On)
			if earlier.On != later.On {
				found += fmt.Sprintf(" on %s, where each such call is %s, too", strings.Join(where, " and "), earlier.On)
			}
			list = append(list, s.wrong("rule "+strconv.Itoa(later.Line), codeShadowed, found,
				fmt.Sprintf("it before the one in line %d, which meets the same calls", earlier.Line)))
			break
		}
	}
	return list
}

// shadows lists those of the providers on which r keeps a later rule of its file from ever
// acting. Rules on different operations count different calls.
func (r *Rule) shadows(later *Rule, providers []string, v Vocabulary) (where []string) {
	if r.File != later.File || !r.Where.covers(&later.Where) {
		return nil
	}
	if r.On == later.On {
		return append([]string{}, providers...)
	}
	for _, provider := range providers {
		if r.Where.Call == (Calls{}) && r.Where.Every == 0 && v.each(provider, later.On, r.On) {
			where = append(where, provider)
		}
	}
	return where
}

// covers reports whether w holds wherever other does.
func (w *Where) covers(other *Where) bool {
	same := func(mine, theirs string) bool { return mine == "" || mine == theirs }
	for name, value := range w.Header {
		if other.Header[name] != value {
			return false
		}
	}
	return w.Chance == 0 && w.Call.covers(other.Call) && w.Page.covers(other.Page) &&
		(w.Every == 0 || other.Every > 0 && other.Every%w.Every == 0) &&
		(w.Age == Age{} || w.Age == other.Age) &&
		same(w.Provider, other.Provider) && same(w.Institution, other.Institution) && same(w.Account, other.Account) &&
		same(w.Persona, other.Persona) && same(w.Step, other.Step) && same(w.Event, other.Event)
}

func (c Calls) covers(other Calls) bool {
	return c == Calls{} || other != Calls{} && c.From <= other.From && (c.To == 0 || other.To > 0 && other.To <= c.To)
}

// lintTimeline finds entries that wait for a connection which this login never gives.
func (s *Scenario) lintTimeline() (list ErrorList) {
	why := s.neverConnects()
	if why == "" {
		return nil
	}
	for _, e := range s.Timeline {
		if e.File == s.File {
			list = append(list, s.wrong("entry "+strconv.Itoa(e.Line), codeUnreachable,
				"an entry of a timeline that never begins: "+why, "a login that comes to an end"))
		}
	}
	return list
}

// neverConnects says why no login of the scenario ever succeeds; empty if one can.
func (s *Scenario) neverConnects() string {
	stuck := func(list Attempts) bool { return len(list) > 0 && !slices.Contains(list, Accept) }
	if s.Ready != nil && s.Ready.When == Fails {
		return "the data is never ready"
	}
	if s.Login == nil {
		return ""
	}
	if stuck(s.Login.Credentials) {
		return "no login is accepted"
	}
	if s.Login.Accounts.None {
		return "there is no account to share"
	}
	if a := s.Login.Approval; a != "" && a != string(Accept) {
		return "the bank's question for access is never answered with yes"
	}
	for _, c := range s.Login.MFA {
		if stuck(c.Attempts) || c.Approve.When == Denied || c.Approve.When == Never {
			return "the challenge " + c.Kind + " is never passed"
		}
	}
	return ""
}

// lintAttempts finds lists of attempts of which a provider never sees the end.
func (s *Scenario) lintAttempts(v Vocabulary) (list ErrorList) {
	if s.Login == nil {
		return nil
	}
	names, _ := s.AppliesTo(v)
	warn := func(at, provider string, limit int, what string) {
		list = append(list, s.wrong(at, codeLockedOut, fmt.Sprintf("attempts that %s never gets to: it locks the user after %d %s", provider, limit, what),
			fmt.Sprintf("at most %d of them before the last", limit-1)))
	}
	for _, provider := range names {
		p := v.Providers[provider]
		if refused(s.Login.Credentials, p.MaxLogins) {
			warn("login ", provider, p.MaxLogins, "wrong logins")
		}
		for i, c := range s.Login.MFA {
			kind := c.Kind
			if kind == DefaultChallenge {
				kind = p.Usual
			}
			if refused(c.Attempts, p.MaxTries[kind]) {
				warn("mfa "+strconv.Itoa(i), provider, p.MaxTries[kind], "wrong answers")
			}
		}
	}
	return list
}

// refused reports whether a limit ends a list of attempts ahead of its end.
func refused(list Attempts, limit int) bool {
	wrong := 0
	for i, o := range list {
		if o == Reject || o == Expire {
			wrong++
		}
		if limit > 0 && wrong >= limit && i < len(list)-1 {
			return true
		}
	}
	return false
}
