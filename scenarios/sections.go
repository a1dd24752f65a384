package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// login reads two sections from one block; each is nil unless the block says something of it.
func (r *reader) login(n *yaml.Node) (login *Login, ready *Ready) {
	b := r.block(n, "login")
	r.mark(n, "login", "")
	set(b, "ready", &ready, said(r.ready))
	if delete(b, "ready"); len(b) == 0 {
		return nil, ready
	}
	login = &Login{}
	set(b, "credentials", &login.Credentials, r.attempts("outcome of a login", credentialOutcomes))
	set(b, "mfa", &login.MFA, r.challenges)
	set(b, "accounts", &login.Accounts, r.accounts)
	set(b, "approval", &login.Approval, choice[string](r, "end of the bank's question", approvalOutcomes))
	if n := b["consent"]; n != nil {
		set(r.block(n, "consent"), "ends", &login.ConsentEnds, r.span)
	}
	return login, ready
}

// attempts reads a list of outcomes, "reject x2" standing for two.
func (r *reader) attempts(what string, outcomes []string) func(*yaml.Node) Attempts {
	return func(n *yaml.Node) Attempts {
		var list Attempts
		for _, item := range r.items(n, "outcomes, such as [reject x2, accept]") {
			text, ok := r.raw(item, oneOf(what, outcomes))
			if !ok {
				continue
			}
			word, times, repeated := strings.Cut(text, " ")
			if !contains(outcomes, word) {
				r.fail(item, codeValue, fmt.Sprintf("the unknown %s %s", what, quote(text)), oneOf(what, outcomes)).Suggestion = nearest(word, outcomes)
				continue
			}
			count := uint64(1)
			if repeated {
				digits, x := strings.CutPrefix(strings.TrimSpace(times), "x")
				if count, ok = parseCount(digits, 1); !ok || !x || count > 100 {
					r.fail(item, codeValue, describe(item), fmt.Sprintf("a repetition from x1 to x100, such as %q", word+" x2"))
					continue
				}
			}
			list = append(list, slices.Repeat(Attempts{Outcome(word)}, int(count))...)
		}
		return list
	}
}

// challenges reads the MFA steps. Here alone an empty list says something: that the user is asked nothing.
func (r *reader) challenges(n *yaml.Node) []Challenge {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		return []Challenge{}
	}
	return each(r, "challenges, such as [{kind: question}]", r.challenge)(n)
}

func (r *reader) challenge(n *yaml.Node) Challenge {
	r.mark(n, "mfa", strconv.Itoa(r.challengesRead))
	r.challengesRead++
	b := r.block(n, "mfa")
	c := r.asked(b)
	set(b, "methods", &c.Methods, each(r, "methods, such as [otp_sms, push]", r.method))
	if b["methods"] != nil && c.Kind != methodSelection {
		r.fail(b["methods"], codeClash, "methods of a challenge of the kind "+quote(c.Kind), "them in a challenge of the kind "+methodSelection)
	}
	if b["option"] != nil {
		r.fail(b["option"], codeClash, "an option of a challenge that is always put", "it in one of the methods of a "+methodSelection)
	}
	return c
}

// method reads what an option of a method selection leads to: a kind, or a block.
func (r *reader) method(n *yaml.Node) Challenge {
	if n.Kind == yaml.ScalarNode {
		return Challenge{Kind: r.name(n, codeChallenge, "challenge", r.vocabulary.Challenges), ResendMax: -1}
	}
	b := r.block(n, "mfa")
	c := r.asked(b)
	set(b, "option", &c.Option, r.text)
	if b["methods"] != nil || c.Kind == methodSelection {
		r.fail(n, codeClash, "a method selection behind another", "the kind of challenge that the user chooses")
	}
	return c
}

// asked reads what a challenge says wherever it stands.
func (r *reader) asked(b block) Challenge {
	c := Challenge{ResendMax: -1}
	set(b, "kind", &c.Kind, func(n *yaml.Node) string {
		return r.name(n, codeChallenge, "challenge", append([]string{DefaultChallenge}, r.vocabulary.Challenges...))
	})
	set(b, "expires", &c.Expires, r.duration)
	if n := b["resend"]; n != nil {
		resend := r.block(n, "resend")
		set(resend, "max", &c.ResendMax, r.small(0))
		set(resend, "after", &c.ResendAfter, r.duration)
	}
	set(b, "attempts", &c.Attempts, r.attempts("outcome of a challenge", challengeOutcomes))
	set(b, "approve", &c.Approve, r.approve)
	set(b, "prompt", &c.Prompt, r.text)
	set(b, "answers", &c.Answers, each(r, "answers", r.text))
	return c
}

func (r *reader) approve(n *yaml.Node) Approve {
	const expected = "now, denied, never, after <duration> or after <n> polls"
	text, ok := r.raw(n, expected)
	if !ok {
		return Approve{}
	}
	switch when := When(text); when {
	case Now, Denied, Never:
		return Approve{When: when}
	}
	when, after, polls := moment(text)
	if when == "" {
		r.fail(n, codeValue, describe(n), expected).Suggestion = nearest(text, []string{"now", "denied", "never"})
	}
	return Approve{When: when, After: after, Polls: polls}
}

func (r *reader) ready(n *yaml.Node) Ready {
	const expected = "now, after <duration>, after <n> polls or fails <problem>"
	text, ok := r.raw(n, expected)
	if !ok {
		return Ready{}
	}
	if text == string(Now) {
		return Ready{When: Now}
	}
	if problem, fails := strings.CutPrefix(text, "fails "); fails {
		name := *n
		name.Value = strings.TrimSpace(problem)
		return Ready{When: Fails, Problem: r.problem(&name)}
	}
	when, after, polls := moment(text)
	if when == "" {
		r.fail(n, codeValue, describe(n), expected).Suggestion = nearest(text, []string{"now"})
	}
	return Ready{When: when, After: after, Polls: polls}
}

// moment reads "after <duration>" and "after <n> polls". An empty When means neither.
func moment(text string) (when When, after time.Duration, polls int) {
	switch w := strings.Fields(text); {
	case len(w) == 2 && w[0] == "after":
		span, err := ParseSpan(w[1])
		if d, exact := span.Duration(); err == nil && exact && d > 0 {
			return After, d, 0
		}
	case len(w) == 3 && w[0] == "after" && (w[2] == "polls" || w[2] == "poll"):
		if n, ok := parseCount(w[1], 1); ok && n <= 1000 {
			return Polls, 0, int(n)
		}
	}
	return "", 0, 0
}

func (r *reader) problem(n *yaml.Node) string {
	return r.name(n, codeProblem, "problem", r.vocabulary.Problems)
}

func (r *reader) account(n *yaml.Node) string { return r.name(n, codeAccount, "account", Accounts) }

func (r *reader) accounts(n *yaml.Node) AccountChoice {
	if n.Kind == yaml.SequenceNode {
		return AccountChoice{Keys: r.unique("accounts", r.account)(n)}
	}
	const expected = "all, none or a list such as [main, card]"
	text, ok := r.raw(n, expected)
	if ok && text != "all" && text != "none" {
		r.fail(n, codeAccount, describe(n), expected).Suggestion = nearest(text, []string{"all", "none"})
	}
	return AccountChoice{None: text == "none"}
}

func (r *reader) tokens(n *yaml.Node) map[string]TokenRule {
	rules := map[string]TokenRule{}
	for _, p := range r.pairs(n, "a block of token classes") {
		class := r.name(p.key, codeToken, "token class", r.vocabulary.Tokens)
		rules[class] = r.token(p.value)
	}
	return rules
}

func (r *reader) token(n *yaml.Node) TokenRule {
	var t TokenRule
	b := r.block(n, "token")
	set(b, "ttl", &t.TTL, r.span)
	set(b, "idle", &t.Idle, r.span)
	set(b, "absolute", &t.Absolute, r.span)
	set(b, "uses", &t.Uses, r.small(1))
	set(b, "length", &t.Length, r.small(16))
	set(b, "rotate", &t.Rotate, said(r.boolean))
	set(b, "reuse", &t.Reuse, choice[Reuse](r, "answer to reuse", []string{string(Refuse), string(RevokeFamily)}))
	set(b, "grace", &t.Grace, said(r.anySpan))
	return t
}

func (r *reader) institution(n *yaml.Node) Institution {
	i := Institution{Status: "ok"}
	b := r.block(n, "institution")
	set(b, "id", &i.ID, func(n *yaml.Node) string {
		id := r.identifier(n)
		if r.at["added "+id] != nil {
			r.fail(n, codeTwice, fmt.Sprintf("the institution %s again", quote(id)), "each institution once")
		}
		r.mark(n, "added", id)
		r.mark(n, "institution", id)
		return id
	})
	set(b, "name", &i.Name, r.text)
	set(b, "status", &i.Status, choice[string](r, "status of an institution", institutionStatuses))
	return i
}

func (r *reader) options(n *yaml.Node) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, p := range r.pairs(n, "a block of providers") {
		if _, ok := r.vocabulary.Providers[p.key.Value]; !ok && r.vocabulary.bundled {
			continue // a file of ours may speak of a provider that is not at hand
		}
		if provider, name, dotted := strings.Cut(p.key.Value, "."); dotted && r.vocabulary.Providers[provider].Options[name].Kind != "" {
			r.fail(p.key, codeOption, strconv.Quote(p.key.Value), fmt.Sprintf("the option below its provider: {%s: {%s: %s}}", provider, name, p.value.Value))
			continue
		}
		provider, values := r.provider(p.key), map[string]string{}
		all[provider] = values
		vocabulary, ok := r.vocabulary.Providers[provider]
		if !ok {
			continue // said already
		}
		known := vocabulary.Options
		for _, o := range r.pairs(p.value, "a block of options of "+provider) {
			name := r.name(o.key, codeOption, "option of "+provider, slices.Sorted(maps.Keys(known)))
			if option, ok := known[name]; ok {
				values[name] = r.option(o.value, option)
			}
		}
	}
	return all
}

// records reads what providers keep: provider, kind, id, and a block whose fields the provider checks
// when a sandbox is born.
func (r *reader) records(n *yaml.Node) map[string]map[string]map[string]string {
	all := map[string]map[string]map[string]string{}
	for _, p := range r.pairs(n, "a block of providers") {
		provider := r.provider(p.key)
		vocabulary, ok := r.vocabulary.Providers[provider]
		if !ok {
			continue // said already
		}
		all[provider] = map[string]map[string]string{}
		for _, k := range r.pairs(p.value, "a block of kinds of records of "+provider) {
			kind, written := r.name(k.key, codeRecord, "kind of records of "+provider, vocabulary.Records), map[string]string{}
			for _, one := range r.pairs(k.value, "a block of records by their names") {
				if one.value.Kind != yaml.MappingNode {
					r.fail(one.value, codeShape, describe(one.value), "a block of the record's fields")
					continue
				}
				var value map[string]any
				err := one.value.Decode(&value)
				text, err2 := json.Marshal(value)
				if err != nil || err2 != nil {
					r.fail(one.value, codeShape, errors.Join(err, err2).Error(), "a block of the record's fields")
					continue
				}
				written[one.key.Value] = string(text)
			}
			all[provider][kind] = written
		}
	}
	return all
}

// option checks a value against its type and keeps the text as written.
func (r *reader) option(n *yaml.Node, t OptionType) string {
	switch t.Kind {
	case "bool":
		r.boolean(n)
	case "int":
		r.count(0)(n)
	case "duration":
		r.anySpan(n)
	case "enum":
		r.name(n, codeOption, "value", t.Values)
	default:
		return r.text(n)
	}
	return n.Value
}
