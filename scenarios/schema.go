package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Schema is the JSON Schema of scenario files with these names, for editors. Parse holds
// files to more: what depends on other places of a file, no schema says.
func Schema(v Vocabulary) []byte {
	g := schema{v: v}
	definitions := map[string]any{}
	for name, about := range grammar {
		properties := map[string]any{}
		for _, key := range about.keys {
			field := fields[name+"."+key]
			shape := g.shape(field.shape)
			if field.help != "" {
				shape = map[string]any{"description": field.help, "allOf": []any{shape}}
			}
			properties[key] = shape
		}
		definition := map[string]any{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": properties}
		if len(about.required) > 0 {
			definition["required"] = about.required
		}
		definitions[name] = definition
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A scenario or a persona of Stuntbank",
		"anyOf":   []any{reference("scenario"), reference("persona file")},
		"$defs":   definitions,
	}, "", "  ")
	if err != nil {
		panic("scenarios: the schema is plain data: " + err.Error())
	}
	return append(text, '\n')
}

func reference(section string) map[string]any {
	return map[string]any{"$ref": "#/$defs/" + section}
}

type schema struct{ v Vocabulary }

const spanForm = `^(\d+(ms|mo|[smhdwy]))+$`

// shape turns a shape's name into a schema: "a section", "[]shape" for a list of it,
// "{}shape" for a block with names of the writer's, "shape|shape" for a choice.
func (g schema) shape(name string) map[string]any {
	pattern := func(form string) map[string]any { return map[string]any{"type": "string", "pattern": form} }
	enum := func(names ...[]string) map[string]any { return map[string]any{"enum": slices.Concat(names...)} }
	keyed := func(names []string, value map[string]any) map[string]any {
		properties := map[string]any{}
		for _, n := range names {
			properties[n] = value
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	}
	if first, rest, choice := strings.Cut(name, "|"); choice {
		return map[string]any{"anyOf": []any{g.shape(first), g.shape(rest)}}
	}
	if item, ok := strings.CutPrefix(name, "[]"); ok {
		return map[string]any{"type": "array", "items": g.shape(item)}
	}
	if value, ok := strings.CutPrefix(name, "{}"); ok {
		return map[string]any{"type": "object", "additionalProperties": g.shape(value)}
	}
	if section, ok := strings.CutPrefix(name, "a "); ok {
		return reference(section)
	}
	switch name {
	case "text":
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case "name":
		return pattern(scenarioName.String())
	case "identifier":
		return pattern(`^\S+$`)
	case "span":
		return pattern(spanForm)
	case "count":
		return map[string]any{"type": "integer", "minimum": 0}
	case "truth":
		return map[string]any{"type": "boolean"}
	case "amount":
		return map[string]any{"anyOf": []any{map[string]any{"type": "number"}, pattern(amountForm.String())}}
	case "date":
		return pattern(dateForm.String())
	case "day":
		return pattern(dayForm.String())
	case "instant":
		return pattern(`^\d{4}-\d\d-\d\dT`)
	case "percent":
		return pattern(`^\d+(\.\d+)?%$`)
	case "range":
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": 0}, pattern(`^\d+\.\.\d*$`)}}
	case "ages":
		return pattern(`\.\.`)
	case "moment":
		return pattern(`^[a-z_.]+( [a-z_.]+)?( *\+ *\d+[a-z]+)?$`)
	case "ready":
		return pattern(`^(now|after \d+.*|fails [a-z_]+)$`)
	case "approve":
		return pattern(`^(now|denied|never|after \d+.*)$`)
	case "login outcomes":
		return attemptsShape(credentialOutcomes)
	case "answer outcomes":
		return attemptsShape(challengeOutcomes)
	case "approval outcome":
		return enum(approvalOutcomes)
	case "status":
		return map[string]any{"type": "integer", "minimum": 200, "maximum": 599}
	case "anything":
		return map[string]any{}
	case "operation":
		return enum(g.v.operations())
	case "problem":
		return enum(g.v.Problems)
	case "malformed":
		return enum([]string{Malformed})
	case "challenge":
		return enum([]string{DefaultChallenge}, g.v.Challenges)
	case "provider":
		return enum(g.v.providers())
	case "session step":
		return enum(g.v.Steps)
	case "event":
		return enum(g.v.Events)
	case "account key":
		return enum(Accounts)
	case "all or none":
		return enum(words("all none"))
	case "institution status":
		return enum(institutionStatuses)
	case "state":
		return enum(states)
	case "reuse":
		return enum([]string{string(Refuse), string(RevokeFamily)})
	case "violate":
		return enum(words("violate"))
	case "sight":
		return enum(Sights, g.v.Problems, []string{DefaultChallenge}, g.v.Challenges)
	case "move":
		return enum(words("right"), Moves)
	case "answer":
		return enum(words("right wrong none"))
	case "all_used":
		return enum(words("all_used"))
	case "tokens":
		return keyed(g.v.Tokens, reference("token"))
	case "events":
		counts := keyed(g.v.Events, g.shape("range"))
		counts["properties"].(map[string]any)["signature"] = enum(words("valid"))
		return counts
	case "accounts":
		return keyed(Accounts, reference("account"))
	case "records":
		all := map[string]any{}
		for provider, p := range g.v.Providers {
			if len(p.Records) > 0 {
				all[provider] = keyed(p.Records, map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "object"}})
			}
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": all}
	case "options":
		all := map[string]any{}
		for provider, p := range g.v.Providers {
			all[provider] = keyed(slices.Sorted(maps.Keys(p.Options)), map[string]any{})
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": all}
	}
	panic(fmt.Sprintf("scenarios: the schema has no shape %q", name))
}

func attemptsShape(outcomes []string) map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": "string",
		"pattern": "^(" + strings.Join(outcomes, "|") + `)( x\d+)?$`}}
}

// field is what a key takes, and what it is for.
type field struct{ shape, help string }

// fields has every key of the grammar, by "section.key".
var fields = map[string]field{
	"scenario.scenario":     {"name", "Its name, which is also a suffix of user names: user+name."},
	"scenario.title":        {"text", "One line."},
	"scenario.about":        {"text", "What it proves about the app."},
	"scenario.use":          {"[]name", "Scenarios whose sections this one takes over, left to right."},
	"scenario.override":     {"truth", "What is said later replaces what is said earlier, instead of being a clash."},
	"scenario.everywhere":   {"truth", "Applies to every provider; what one does not have is passed over."},
	"scenario.pages":        {"truth", "It is about what a user does on a page: it applies only where there are some."},
	"scenario.providers":    {"[]provider", "Where it applies. Default: wherever everything is there that it names."},
	"scenario.seed":         {"count", "Of the bank data and of every draw."},
	"scenario.clock":        {"instant", "Freezes the sandbox there."},
	"scenario.history":      {"span", "How long before that the accounts were opened."},
	"scenario.persona":      {"identifier|a persona", "Who logs in."},
	"scenario.login":        {"a login", "What the bank does with the user."},
	"scenario.tokens":       {"tokens", "Lifetimes of grants, by class."},
	"scenario.institutions": {"[]a institution", "Banks to add, or to put into another state."},
	"scenario.options":      {"options", "Switches of providers, which `stuntbank providers` lists."},
	"scenario.records":      {"records", "What providers keep beside connections, by kind and name, written when a sandbox is born."},
	"scenario.data":         {"a data change|[]a data change", "Changes of the bank data."},
	"scenario.timeline":     {"[]a entry", "What happens later by itself."},
	"scenario.rules":        {"[]a rule", "What calls meet. The first that fits counts."},
	"scenario.expect":       {"[]a step", "What `stuntbank test` does and wants to see."},

	"login.credentials": {"login outcomes", "How each login ends, the last one for ever: [reject x2, accept]."},
	"login.mfa":         {"[]a mfa", "Second factors, in this order; [] for none."},
	"login.approval":    {"approval outcome", "How the bank's own question for access ends that the user says yes to. Default: accept."},
	"login.accounts":    {"all or none|[]account key", "What the user has to share."},
	"login.consent":     {"a consent", ""},
	"login.ready":       {"ready", "When the data is there: now, after 1m, after 3 polls, fails internal."},

	"mfa.kind":     {"challenge", "`default` is what the provider's own sandbox asks."},
	"mfa.expires":  {"span", "How long an answer is taken."},
	"mfa.resend":   {"a resend", "Of a code that travels."},
	"mfa.attempts": {"answer outcomes", "How each answer ends, the last one for ever."},
	"mfa.approve":  {"approve", "Of a challenge on another device: now, after 5s, after 2 polls, denied, never. Default: by hand."},
	"mfa.prompt":   {"text", "The bank's words."},
	"mfa.answers":  {"[]text", "What is right."},

	"resend.max":   {"count", "How often."},
	"mfa.methods":  {"[]challenge|a mfa", "Of a method_selection: what each option leads to. Default: the provider's own."},
	"mfa.option":   {"text", "Of one of these methods: what the option is called."},
	"resend.after": {"span", "How long to wait before each."},
	"consent.ends": {"span", "How long it holds."},

	"token.ttl":      {"span", "From issue."},
	"token.idle":     {"span", "From the last use."},
	"token.absolute": {"span", "From the first issue, however often it is renewed."},
	"token.uses":     {"count", ""},
	"token.rotate":   {"truth", "A use gives a successor."},
	"token.reuse":    {"reuse", "What a second use does."},
	"token.grace":    {"span", "How long the old one still works."},
	"token.length":   {"count", "Characters of the token; of a JWT at least."},

	"institution.id":     {"identifier", ""},
	"institution.name":   {"text", "Adds the bank."},
	"institution.status": {"institution status", ""},

	"entry.after":   {"moment", "What it waits for, and how long after that: connected + 30d."},
	"entry.do":      {"a do", ""},
	"do.connection": {"state", "What becomes of the connection."},
	"do.data":       {"a data change|[]a data change", ""},

	"rule.on":    {"operation", "A canonical operation, or <provider>.<operationId>."},
	"rule.where": {"a where", "All of it must hold. Default: every call."},
	"rule.then":  {"a then", ""},

	"where.call":           {"range", "Which calls of the operation, counted from 1: 3, 1..3, 4..."},
	"where.every":          {"count", "Every n-th call."},
	"where.provider":       {"provider", ""},
	"where.institution":    {"identifier", ""},
	"where.account":        {"account key", ""},
	"where.persona":        {"identifier", ""},
	"where.step":           {"session step", "Where the session stands, of session.submit."},
	"where.connection_age": {"ages", "How long the connection has lived: 30d.., ..1h, 1d..2d."},
	"where.page":           {"range", "Of a list, counted from 1."},
	"where.event":          {"event", "Of webhook.deliver."},
	"where.header":         {"{}text", "Headers that the request must have, with their values."},
	"where.chance":         {"percent", "Drawn from the sandbox's seed: 5%."},

	"then.problem":     {"problem", "In the provider's own words."},
	"then.retry_after": {"span", ""},
	"then.message":     {"text", "In place of the provider's sentence."},
	"then.latency":     {"span|a latency", "Real time. With p50 and p99 each call draws its own."},
	"then.status":      {"status", "A raw answer."},
	"then.body":        {"anything", "Of the raw answer: a text as it stands, or a block or list as JSON."},
	"then.contract":    {"violate", "The raw answer may break the provider's document."},
	"then.timeout":     {"span", "No answer: after so long the line is cut."},
	"then.malformed":   {"truth", "The provider's own answer, cut in the middle so that it is no JSON."},
	"latency.p50":      {"span", "Half of all waits are shorter."},
	"latency.p99":      {"span", "One in a hundred is longer."},

	"step.connect":     {"move|a connect", "What the user does: log in, or one move."},
	"step.sees":        {"sight", "Where that leads. Default: connected."},
	"step.call":        {"operation", "What the app calls."},
	"step.fails":       {"problem|malformed", "Default: it succeeds."},
	"step.status":      {"status", ""},
	"step.times":       {"count", "How often, each time with the same answer."},
	"step.retry_after": {"span", "What the answer says."},
	"step.items":       {"range", "How many the answer lists: 0, 3, 1..."},
	"step.has":         {"{}range", "How many of those have a text, in whatever field: {PURCHASE: 1, PRIZE: 0}."},
	"step.takes":       {"span", "At least so long."},
	"step.connection":  {"state", "Of the connection that was made last."},
	"step.webhooks":    {"events", "How many notices of each there have been: 0, 1, 1... A provider may tell of one event in several. signature: valid listens, and holds each to it."},
	"step.advance":     {"span", "Moves the clock."},
	"step.rules":       {"all_used", "Every rule of the file has been met by a call."},

	"connect.institution": {"identifier", ""},
	"connect.method":      {"identifier", "Which access method of the bank. Default: its first."},
	"connect.fields":      {"{}text", "Further fields of the bank's form. What is left out gets the bank's sample."},
	"connect.username":    {"identifier", ""},
	"connect.password":    {"text", "right, wrong, or the text itself."},
	"connect.mfa":         {"answer|[]text|[][]text", "right, wrong, none, or one answer for each challenge."},
	"connect.accounts":    {"[]account key", ""},

	"persona.use": {"identifier", "The ready-made persona, or the file, that this one is based on."}, "persona.login": {"a persona login", "A user of its own."},
	"persona.identity": {"a identity", ""}, "persona.income": {"[]a income", ""}, "persona.accounts": {"accounts", ""},
	"persona file.persona": {"name", "The name by which scenarios call it."}, "persona file.title": {"text", ""},
	"persona file.use": {"identifier", ""}, "persona file.login": {"a persona login", ""}, "persona file.identity": {"a identity", ""},
	"persona file.income": {"[]a income", ""}, "persona file.accounts": {"accounts", ""},
	"persona login.username": {"identifier", ""}, "persona login.password": {"text", ""}, "persona login.fields": {"{}text", "Further fields of the bank's form that must be right."},
	"identity.name": {"text", ""}, "identity.national_id": {"identifier", ""}, "identity.born": {"day", ""},
	"identity.email": {"text", ""}, "identity.phone": {"text", ""}, "identity.address": {"a address", ""},
	"address.street": {"text", ""}, "address.zip": {"identifier", ""}, "address.city": {"text", ""},
	"income.kind": {"identifier", ""}, "income.name": {"text", ""}, "income.from": {"text", ""}, "income.net": {"amount", ""},
	"income.gross": {"amount", ""}, "income.pay": {"text", "last business day, 15th preceding, every 2 weeks from 2026-01-02"}, "income.raise": {"percent", "A year."},
	"account.type": {"identifier", ""}, "account.currency": {"identifier", ""}, "account.opening": {"amount", ""}, "account.limit": {"amount", ""},
	"account.number": {"identifier|a number", ""}, "account.spend": {"a spend", ""}, "account.bills": {"[]a bill", ""},
	"account.statement": {"a statement", ""}, "account.transactions": {"[]a row", "An exact history."},
	"account.file":  {"text", "The same from a CSV file beside this one: rows.csv."},
	"account.count": {"count", "Exactly so many generated rows."}, "account.between": {"[]date", "From one day up to another: [2024-01-01, 2026-01-01]."},
	"number.account": {"identifier", ""}, "number.bank": {"identifier", ""}, "number.transit": {"identifier", ""},
	"spend.budget": {"amount", "A month."}, "spend.mix": {"{}count", "Habits and their rows a month."},
	"bill.id": {"identifier", ""}, "bill.to": {"text", ""}, "bill.amount": {"amount", ""}, "bill.pay": {"text", ""}, "bill.vary": {"percent", ""},
	"statement.closes": {"count", "Day of the month."}, "statement.due": {"count", "Day of the month."}, "statement.from": {"account key", ""},
	"row.date": {"day", ""}, "row.amount": {"amount", ""}, "row.description": {"text", ""}, "row.kind": {"identifier", ""},
	"row.category": {"text", ""}, "row.party": {"text", ""}, "row.code": {"identifier", ""}, "row.id": {"identifier", ""}, "row.pending_from": {"day", ""},

	"data change.insert": {"a insert", ""}, "data change.remove": {"a remove", ""}, "data change.move": {"a move", "Books a row on another day."},
	"data change.duplicate": {"a duplicate", ""}, "data change.change": {"a change", ""}, "data change.balance": {"a balance", "A balance that is wrong on purpose."},
	"data change.open": {"account key|a account change", ""}, "data change.close": {"account key|a account change", ""},
	"data change.visible_from": {"instant", ""}, "data change.visible_until": {"instant", ""}, "data change.displayed": {"truth", "Shown only: no sum follows it."},
	"insert.account": {"account key", ""}, "insert.date": {"day", ""}, "insert.amount": {"amount", ""}, "insert.description": {"text", ""},
	"insert.kind": {"identifier", ""}, "insert.category": {"text", ""}, "insert.party": {"text", ""}, "insert.code": {"identifier", ""},
	"insert.id": {"identifier", ""}, "insert.pending_from": {"day", ""},
	"remove.account": {"account key", ""}, "remove.match": {"a match", ""},
	"move.account": {"account key", ""}, "move.match": {"a match", ""}, "move.to": {"day", ""},
	"duplicate.account": {"account key", ""}, "duplicate.match": {"a match", ""}, "duplicate.to": {"day", ""},
	"change.account": {"account key", ""}, "change.match": {"a match", ""}, "change.set": {"a set", ""},
	"balance.account": {"account key", ""}, "balance.off_by": {"amount", ""}, "balance.on": {"day", ""},
	"account change.account": {"account key", ""}, "account change.on": {"day", ""},
	"match.id": {"identifier", ""}, "match.kind": {"identifier", ""}, "match.category": {"text", "salary, rent, groceries …"}, "match.month": {"text", "2025-12"}, "match.which": {"text", "last, first, or counted from the newest."},
	"set.amount": {"amount", ""}, "set.description": {"text", ""}, "set.kind": {"identifier", ""}, "set.category": {"text", ""}, "set.party": {"text", ""}, "set.code": {"identifier", ""},
}
