package specimen

import (
	"embed"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// Provider is Specimen Bank Data as the engine takes it.
type Provider struct{}

// The engine finds these by type assertion: a method with another name would be lost without
// a word.
var _ interface {
	engine.Directory
	engine.HandBack
	engine.InstitutionFilter
	engine.AccountChooser
	engine.Pager
	engine.Authenticator
	engine.Herald
} = Provider{}

// New makes the provider.
func New() Provider { return Provider{} }

//go:embed specimen.yaml skins
var files embed.FS

// Names of credentials.
const (
	client      = "client"
	accessToken = "access_token"
)

// Manifest gives everything about the provider that is a value.
func (Provider) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: "specimen", Title: "Specimen Bank Data", Country: "de", Document: "specimen", Files: files,
		Hosts: map[string]string{"api.specimen.example": ""},
		Skin:  "specimen", Languages: []string{"en", "de"},
		MediaType: "application/json; charset=utf-8",
		Credentials: []engine.Credential{
			{
				Name: client, Basic: true, Secret: &engine.ClientSecret{Shape: regexp.MustCompile(`^[a-z-]+-secret$`)},
				Shape: regexp.MustCompile(`^[a-z-]+$`), Live: regexp.MustCompile(`^specimen-live-`), Sample: "acme",
			},
			{Name: accessToken, Header: "Authorization", Schemes: []string{"Bearer"}, Grants: []grant.Kind{grant.Access}, Use: "accounts and transactions"},
		},
		Live:       []string{"specimen-live-"},
		PageNumber: engine.Place{In: "query", Name: "page"},
		Secrets:    regexp.MustCompile(`lnk_[0-9a-f]{16}\.[0-9a-f]{24}|[0-9a-f]{48}|eyJ[\w-]+\.[\w-]+\.[\w-]+`),
		Session:    grant.Format{Prefix: "lnk_", Length: 16, Alphabet: grant.Hex},
		Connection: grant.Format{Prefix: "con_", Length: 16, Alphabet: grant.Hex},
		Flows:      flows,
		MaxLogins:  3, Challenges: challenges, Usual: connect.OTPSMS,
		Tokens: tokens, OnSuccess: []grant.Kind{grant.Exchange},
		Options: options, Webhooks: webhooks, Data: connect.InBackground,
		Refresh: grant.Format{Prefix: "ref_", Length: 16, Alphabet: grant.Hex}, Refreshing: connect.Refreshing{Every: 24 * time.Hour},
		Institutions: institutions,
		Hints: []engine.Hint{
			{Name: "ok", Label: "ada", Username: "ada", Password: password},
			{Name: "wrong", Label: "ada ✗", Username: "ada", Password: "wrong"},
			{Name: "mfa", Label: "ada+mfa-otp-sms", Username: "ada+mfa-otp-sms", Password: password},
		},
		Entries: []engine.Entry{
			{Product: accounts, Path: "/link?token=${link_token}", Start: "createLink"},
			{Product: statements, Path: "/link?token=${link_token}", Start: "createStatementLink"},
		},
		Samples: map[string]string{client: "Basic YWNtZTphY21lLXNlY3JldA==", "username": "ada", "password": password, "institution": "north"},
	}
}

// flows are the steps of each product, and of what follows the choice of an access method.
var flows = map[string]connect.Flow{
	"":       inWidget,
	accounts: inWidget,
	statements: {
		connect.On(connect.Consent), connect.On(connect.Institution),
		connect.AtBank(connect.Credentials), connect.AtBank(connect.Challenging), connect.AtBank(connect.Approving),
	},
	byBranch: connect.InWidget(connect.Credentials, connect.Accounts), // a branch asks for no second factor
}

var inWidget = connect.InWidget(
	connect.Consent, connect.Institution, connect.AccessMethod, connect.Credentials, connect.Challenging, connect.Accounts)

// tokens are the kinds of secrets and how long they last.
var tokens = map[grant.Kind]engine.TokenClass{
	grant.Widget: {
		Format: grant.Format{Prefix: "{parent}.", Length: 24, Alphabet: grant.Hex}, Rules: grant.Rules{TTL: time.Hour},
		Fidelity: "invented", Source: "createLink",
	},
	grant.Exchange: {
		Format: grant.Format{Length: 32, Alphabet: grant.Hex}, Rules: grant.Rules{TTL: 10 * time.Minute, Uses: 1},
		Fidelity: "invented", Source: "exchangeCode",
	},
	grant.Access: {
		Format: grant.Format{JWT: true}, Rules: grant.Rules{TTL: time.Hour},
		Fidelity: "invented", Source: "exchangeCode",
	},
	grant.Refresh: {
		Format:   grant.Format{Length: 48, Alphabet: grant.Hex},
		Rules:    grant.Rules{Idle: 30 * 24 * time.Hour, Absolute: 180 * 24 * time.Hour, Rotate: true, Reuse: grant.RevokeFamily},
		Fidelity: "invented", Source: "refreshToken",
	},
}

// challenges are the second factors that the banks ask for.
var challenges = map[connect.Kind]engine.ChallengeDefault{
	connect.OTPSMS: {
		Prompt:  map[string]string{"en": "Code sent to •••• 34", "de": "Code an •••• 34 gesendet"},
		Label:   map[string]string{"en": "By text message", "de": "Per SMS"},
		Answers: [][]string{{"000000"}}, MaxTries: 3, Expires: 5 * time.Minute, ResendMax: 2, ResendAfter: 30 * time.Second,
	},
	connect.MethodSelection: {
		Prompt:  map[string]string{"en": "How do you want to confirm?", "de": "Wie möchten Sie bestätigen?"},
		Methods: []connect.Kind{connect.OTPSMS, connect.Push}, MaxTries: 3,
	},
	connect.Push: {
		Label:    map[string]string{"en": "With the bank's app", "de": "Mit der App der Bank"},
		Prompt:   map[string]string{"en": "Approve the login in the bank's app", "de": "Bestätigen Sie die Anmeldung in der App der Bank"},
		MaxTries: 3, Expires: 5 * time.Minute,
	},
}
