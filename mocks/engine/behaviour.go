package engine

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

// behave resolves what the bank and the script do with an input.
func (t Tx) behave(s connect.Session, in connect.Input) (connect.Behaviour, error) {
	username, suffix := t.userNameOf(s), s.Suffix
	b := connect.Behaviour{MaxLogins: t.m.man.MaxLogins, Fields: t.m.man.FormOf(s), Methods: t.m.man.methods(s.Institution)}
	all := b.Fields.Values(in.Fields)
	if in.Verb == connect.DoSubmit && s.Step == connect.Credentials {
		username, suffix = b.Fields.Username(all), in.Suffix
	}
	if in.Verb == connect.DoChoose {
		b.Methods = t.m.man.methods(in.Institution)
	}
	var user User
	if username != "" {
		all["username"], all["password"] = username, b.Fields.Password(all)
		var err error
		typed := s
		typed.Username, typed.Suffix = username, suffix
		user, err = t.user(typed, all)
		var p *problem.Error
		switch {
		case err == nil:
			b.Known, b.Password, b.Expected = true, user.Password, user.Fields
		case errors.As(err, &p) && p.Param != "":
			b.Malformed, b.Detail = p.Param, p.Detail
		case errors.As(err, &p) && p.Code == problem.NotFound:
		default:
			return b, err
		}
	}
	sc := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: suffix, magic: user.Scenario})
	if sc.refused != nil {
		// A suffix that names no scenario is a typing error of the tester: say so where
		// it was typed, as a name that no bank would accept.
		b.Malformed, b.Detail = "username", problem.From(sc.refused).Detail
	}
	if b.Institution = t.institution(sc, s); in.Verb == connect.DoChoose {
		var err error
		if b.Institution, err = t.find(sc, s, in.Institution); err != nil {
			b.Detail = err.Error()
		}
	}
	t.script(&b, sc, s)
	if t.m.man.Data != connect.AtLogin {
		b.Ready = connect.Readiness{} // it is the data that is waited for, not the login
	}
	b.AllowNoAccounts = t.m.man.Data == connect.AtFirstCall // nor does a login know of accounts there
	if b.Known {
		world, err := t.s.World(t.sb, t.connection(s, user))
		if err != nil {
			return b, err
		}
		b.Accounts = sc.shown(world, t.Now)
		b.Rules = t.accountRules(sc, s, world)
	}
	return b.For(s), nil
}

// userNameOf is who logs in in a session: who was typed or, in a flow without a login,
// the provider's sample user.
func (t Tx) userNameOf(s connect.Session) string {
	if s.Username == "" && len(s.Flow) > 0 && !s.Has(connect.Credentials) {
		return t.m.man.Samples["username"]
	}
	return s.Username
}

// userOf is the user of a session.
func (t Tx) userOf(s connect.Session) (User, error) {
	return t.user(s, map[string]string{"username": t.userNameOf(s)})
}

// shown are the accounts that a login shows at an instant, by their keys.
func (sc *scripts) shown(world *bank.World, now time.Time) (keys []string) {
	login, _ := sc.layers.Login()
	for _, a := range world.AccountsAt(now) {
		if login.Accounts.Includes(a.Key) {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// user asks the provider who logs in. The persona of a scenario is who that turns out to
// be, and may be a user whom the provider does not know.
func (t Tx) user(s connect.Session, input map[string]string) (User, error) {
	dir, ok := t.m.p.(Directory)
	if !ok {
		return User{}, errors.New("engine: " + t.m.man.Name + " has a login form but knows no users")
	}
	u, err := dir.FindUser(s, input)
	p, _ := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: s.Suffix, magic: u.Scenario}).layers.Persona()
	if p == nil {
		return u, err
	}
	if l, name := p.Login, input["username"]; l != nil && (name == l.Username || err == nil && u.Username == l.Username) {
		if errors.Is(err, &problem.Error{Code: problem.NotFound}) {
			u, err = User{Username: l.Username, Holder: bank.Holder{Kind: bank.Individual, NationalID: unpunctuated(l.Username)}}, nil
		}
		u.Password = l.Password
	}
	if err == nil {
		u.Persona = p.Use
		if p.Login != nil && p.Login.Fields != nil {
			u.Fields = p.Login.Fields
		}
	}
	return u, err
}

// unpunctuated is a name without the dots and hyphens that people write in identifiers.
func unpunctuated(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

// script turns the login section into behaviour, with the provider's own values where
// the scenario says nothing.
func (t Tx) script(b *connect.Behaviour, sc *scripts, s connect.Session) {
	login, _ := sc.layers.Login()
	for _, o := range login.Credentials {
		b.Login = append(b.Login, connect.Outcome(o))
	}
	for _, c := range login.MFA {
		b.Challenges = append(b.Challenges, t.challenge(c, sc, s))
	}
	b.Approval = connect.Outcome(login.Approval)
	ready, _ := sc.layers.Ready()
	b.Ready = connect.Readiness{
		When: connect.When(ready.When), After: ready.After, Polls: ready.Polls, Problem: problem.Code(ready.Problem),
	}
}

func (t Tx) challenge(c scenarios.Challenge, sc *scripts, s connect.Session) connect.Challenge {
	kind := connect.Kind(c.Kind)
	if c.Kind == scenarios.DefaultChallenge {
		kind = t.m.man.Usual
	}
	d := t.m.man.Challenges[kind]
	out := connect.Challenge{
		Kind: kind, Prompt: d.Prompt[t.lang(s)], Options: d.Options, Cells: d.Cells, Answers: d.Answers,
		MaxTries: d.MaxTries, Expires: d.Expires, ResendMax: d.ResendMax, ResendAfter: d.ResendAfter,
		Approve: connect.Approval{When: connect.When(c.Approve.When), After: c.Approve.After, Polls: c.Approve.Polls},
	}
	for _, o := range c.Attempts {
		out.Attempts = append(out.Attempts, connect.Outcome(o))
	}
	if a, ok := t.m.p.(ChallengeAdapter); ok {
		out = a.AdaptChallenge(s, out, func(name string) string { return t.s.option(t.m, t.sb, sc, name) })
	}
	if kind == connect.MethodSelection {
		t.offer(&out, c, sc, s)
	}
	if c.Prompt != "" {
		out.Prompt = c.Prompt
	}
	if len(c.Answers) > 0 {
		out.Answers = [][]string{c.Answers}
	}
	if c.Expires > 0 {
		out.Expires = c.Expires
	}
	if c.ResendMax >= 0 {
		out.ResendMax, out.ResendAfter = c.ResendMax, c.ResendAfter
	}
	return out
}

// offer gives a method selection its options and what each leads to: those of the
// scenario, or those of the provider.
func (t Tx) offer(selection *connect.Challenge, c scenarios.Challenge, sc *scripts, s connect.Session) {
	methods := c.Methods
	if len(methods) == 0 {
		for _, kind := range t.m.man.Challenges[connect.MethodSelection].Methods {
			methods = append(methods, scenarios.Challenge{Kind: string(kind), ResendMax: -1})
		}
	}
	if len(methods) == 0 {
		return
	}
	selection.Options = nil
	for _, m := range methods {
		next := t.challenge(m, sc, s)
		label := cmp.Or(m.Option, t.m.man.Challenges[next.Kind].Label[t.lang(s)], next.Prompt, strings.ReplaceAll(string(next.Kind), "_", " "))
		if slices.Contains(selection.Options, label) {
			label += " (" + strconv.Itoa(len(selection.Options)+1) + ")"
		}
		selection.Options, selection.Follow = append(selection.Options, label), append(selection.Follow, next)
	}
}

// lang is the language of a session's pages.
func (t Tx) lang(s connect.Session) string {
	if slices.Contains(t.m.man.Languages, s.Lang) {
		return s.Lang
	}
	return t.m.man.Languages[0]
}

// institution is how the institution of a session does.
func (t Tx) institution(sc *scripts, s connect.Session) connect.Status {
	if i, ok := t.m.institution(sc, s.Institution); ok {
		return i.Status
	}
	return connect.Unknown
}

// Behaviour resolves what the call's session would meet now, for a page to show.
func (c *Call) Behaviour(s connect.Session) (b connect.Behaviour, err error) {
	err = c.View(func(tx Tx) error {
		b, err = tx.Behaviour(s)
		return err
	})
	return b, err
}

// Behaviour resolves what a session would meet now.
func (t Tx) Behaviour(s connect.Session) (connect.Behaviour, error) {
	return t.Of(s.Provider).behave(s, connect.Input{})
}
