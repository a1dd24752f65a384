package scenarios

import (
	"maps"
	"slices"
	"testing"
)

// testVocabulary has one provider with everything and one with little.
func testVocabulary() Vocabulary {
	operations := words("session.create session.open session.submit session.complete token.exchange token.refresh token.revoke " +
		"auth.login connection.list connection.get connection.update connection.delete connection.refresh refresh.get accounts.list " +
		"accounts.get balances.get transactions.list transactions.get statements.list investments.list report.get holders.match " +
		"institutions.list endpoints.write endpoints.read webhook.deliver")
	challenges := words("question choice multi_choice image otp_sms otp_email otp_call otp_app hardware_token coordinate_card " +
		"photo_tan chip_tan qr push method_selection captcha redirect")
	tokens := words("widget exchange access refresh session link")
	return Vocabulary{
		Operations: operations,
		Problems: words("invalid_request unauthorized forbidden insufficient_scope not_found conflict invalid_grant expired_grant " +
			"reused_grant login_invalid login_locked login_required consent_required consent_expired challenge_required " +
			"challenge_invalid challenge_expired session_expired user_cancelled permission_missing institution_unavailable " +
			"institution_disabled action_required pending in_progress rate_limited maintenance timeout internal no_accounts"),
		Challenges: challenges,
		Tokens:     tokens,
		Events: words("connection.created connection.ready connection.login_required connection.restored connection.deleted " +
			"refresh.started refresh.succeeded refresh.failed refresh.rejected consent.ended transactions.added"),
		Steps:    words("consent institution access_method credentials challenge approval waiting accounts"),
		Personas: words("salaried power-user business empty"),
		Providers: map[string]ProviderVocabulary{
			"fintoc": {
				Operations: append(words("listMovements listAccounts"), operations...),
				Calls:      map[string][]string{"listMovements": words("transactions.list"), "listAccounts": words("accounts.list")},
				Pages:      true,
				Steps:      words("consent institution access_method credentials challenge approval waiting accounts"),
				Challenges: challenges,
				Tokens:     tokens,
				Options: map[string]OptionType{
					"version": {Kind: "string"}, "webhooks": {Kind: "bool"}, "page_size": {Kind: "int"}, "cooldown": {Kind: "duration"},
					"rate_limits": {Kind: "bool"},
				},
				Institutions: words("cl_banco_prueba cl_banco_ficticio"),
				MaxLogins:    5,
				MaxTries:     map[string]int{"otp_sms": 3},
				Usual:        "otp_sms",
				Conditions:   words("account page"),
				Events:       words("connection.login_required refresh.succeeded refresh.failed"),
			},
			"flinks": {
				Operations:   words("getAccountsDetail getAccountsSummary auth.login session.submit accounts.list balances.get"),
				Calls:        map[string][]string{"getAccountsDetail": words("accounts.list balances.get"), "getAccountsSummary": words("accounts.list")},
				Challenges:   words("question choice"),
				Tokens:       words("session"),
				Events:       words("refresh.succeeded"),
				Options:      map[string]OptionType{"edition": {Kind: "enum", Values: words("current legacy")}},
				Institutions: words("14"),
			},
		},
	}
}

func TestAppliesTo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml string
		want       []string
		why        map[string]string
	}{
		{"no names, every provider", ``, words("fintoc flinks"), nil},
		{"listed", `providers: [flinks]`, words("flinks"), map[string]string{"fintoc": "it is not listed under providers"}},
		{"a challenge that one has", `login: {mfa: [{kind: push}]}`, words("fintoc"), map[string]string{"flinks": `it has no challenge "push"`}},
		{"the default challenge", `login: {mfa: [{kind: default}]}`, words("fintoc flinks"), nil},
		{"a token class", `tokens: {access: {ttl: 1h}}`, words("fintoc"), map[string]string{"flinks": `it has no token class "access"`}},
		{"an operation", `rules: [{on: transactions.list, then: {latency: 1s}}]`, words("fintoc"),
			map[string]string{"flinks": `it has no operation "transactions.list"`}},
		{"a provider's own operation", `rules: [{on: fintoc.listMovements, then: {latency: 1s}}]`, words("fintoc"),
			map[string]string{"flinks": "everything in the scenario is about other providers"}},
		{"own operations of both", `rules: [{on: fintoc.listMovements, then: {latency: 1s}}, {on: flinks.getAccountsDetail, then: {latency: 1s}}]`,
			words("fintoc flinks"), nil},
		{"a rule for one asks nothing of the other", "login: {ready: now}\nrules: [{on: transactions.list, where: {provider: fintoc}, then: {latency: 1s}}]",
			words("fintoc flinks"), nil},
		{"options for one", `options: {flinks: {edition: legacy}}`, words("flinks"),
			map[string]string{"fintoc": "everything in the scenario is about other providers"}},
		{"a known institution", `institutions: [{id: "14", status: down}]`, words("flinks"), map[string]string{"fintoc": `it has no institution "14"`}},
		{"a token class on the timeline", `timeline: [{after: access_expired + 1d, do: {connection: revoked}}]`, words("fintoc"),
			map[string]string{"flinks": `it has no token class "access"`}},
		{"a call of numbered pages", "rules: [{on: accounts.list, where: {page: 2..}, then: {latency: 1s}}]", words("fintoc"),
			map[string]string{"flinks": "it has no calls that say for which page they are"}},
		{"a call about one account", "rules: [{on: accounts.list, where: {account: main}, then: {latency: 1s}}]", words("fintoc"),
			map[string]string{"flinks": "it has no calls that say for which account they are"}},
		{"an exchange on the timeline", "timeline: [{after: exchanged + 1d, do: {connection: revoked}}]", words("fintoc"),
			map[string]string{"flinks": `it has no operation "token.exchange"`}},
		{"what a user does on a page", "pages: true", words("fintoc"), map[string]string{"flinks": "it has no pages on which its users log in"}},
		{"everywhere", "everywhere: true\nrules: [{on: transactions.list, then: {latency: 1s}}]", words("fintoc flinks"), nil},
		{"a new institution", `institutions: [{id: new, name: New}]`, words("fintoc flinks"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names, why := mustParse(t, "scenario: x\n"+tt.yaml).AppliesTo(testVocabulary())
			if !slices.Equal(names, tt.want) {
				t.Errorf("names = %v, want %v", names, tt.want)
			}
			if !maps.Equal(why, tt.why) {
				t.Errorf("why = %q, want %q", why, tt.why)
			}
		})
	}
}
