package flinks

import (
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// Provider is Flinks as the engine takes it.
type Provider struct{}

// The engine finds these by type assertion: a method with another name would be lost without
// a word.
var _ interface {
	engine.Directory
	engine.HandBack
	engine.Messenger
	engine.EntryErrorReporter
	engine.InstitutionFilter
	engine.AccountChooser
	engine.Pager
	engine.RecordKeeper
	engine.Authenticator
	engine.ChallengeAdapter
	engine.ChallengeAnswerer
	engine.RefreshPolicy
	engine.ConnectionIdentifier
	engine.Herald
	engine.EventPreparer
	engine.Revealer
	engine.DirectStarter
} = Provider{}

// New makes the provider.
func New() Provider { return Provider{} }

// Layouts of the GUIDs that are minted. The third group tells a LoginId and a token from
// ids that are no secret, so that they can be masked wherever they appear.
const (
	loginLayout = "########-####-4f19-8###-############"
	tokenLayout = "########-####-4a7c-8###-############"
)

var (
	guidShape   = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	bearerShape = regexp.MustCompile(`^\S+$`)
	guidList    = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([, ]+[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*$`)
	secrets     = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-(?:4f19|4a7c)-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// Names of options.
const (
	optEdition    = "edition"
	optAuth       = "auth"
	optTokenIdle  = "authorize_token_idle"
	optSignature  = "signature_header"
	optCategory   = "category_and_type"
	optCached     = "most_recent_cached"
	optThrottle   = "too_many_requests_status"
	optAfter      = "request_after_details"
	optWrongMFA   = "wrong_mfa"
	optSuccess    = "success_code"
	optQuestion   = "mfa_question"
	optCountry    = "mfa_country"
	optKeys       = "mfa_keys"
	optFirst      = "first_details"
	optAgain      = "authorize_again"
	optConcurrent = "concurrent_sessions"
	optCredit     = "categorization_credit"
	optDelta      = "refresh_delta_unknown"
	optInUse      = "delete_card"
	optEnrich     = "enrich"
	optCustomers  = "customer_ids"
	optHook       = "webhook_url"
	optHookSecret = "webhook_secret"
)

// canada is where the banks are.
const canada = "ca"

// legacy is the older edition of the codes.
const legacy = "legacy"

// Manifest gives everything about Flinks that is a value.
func (Provider) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: "flinks", Title: "Flinks", Country: canada, Document: "flinks", FoldCase: true,
		// Each customer has an instance, whose name is the first part of both hosts.
		Hosts: map[string]string{"*-api.private.fin.ag": "", "*-iframe.private.fin.ag": "", "demo.flinks.com": ""},
		Skin:  "flinks", Languages: []string{"en", "fr"},
		Transports: engine.Transports{Alone: connect.ByBoth, Framed: connect.ByBoth, Opened: connect.ByBoth},
		MediaType:  "application/json; charset=utf-8",
		Credentials: []engine.Credential{
			{Name: apiKey, Header: "x-api-key", Shape: guidShape, Option: apiKey, Sample: toolboxKey, Use: "of every call for data"},
			{Name: secretKey, Header: "flinks-auth-key", Grants: []grant.Kind{grant.Widget}, Shape: guidShape, Option: secretKey, Sample: toolboxSecret, Use: "of GenerateAuthorizeToken; Authorize takes the Token that it answers in the same header"},
			{
				Name: bearer, Header: "Authorization", Schemes: []string{"Bearer"}, Grants: []grant.Kind{grant.Access}, Shape: bearerShape, Option: bearer, Sample: toolboxSecret,
				Use: "behind the word Bearer, of GetNightlyRefreshStatus and Categories",
			},
		},
		Suffixed:   []engine.Place{{In: "path", Name: "customerId"}},
		UserName:   engine.Place{In: "body", Name: "Username"},
		Secrets:    secrets,
		Session:    grant.Format{Layout: grant.GUID, Alphabet: grant.Hex},
		Connection: grant.Format{Layout: loginLayout, Alphabet: grant.Hex},
		Patience:   engine.Patience{Idle: idle, Total: processing},
		Flows:      flows(),
		Entries:    pageEntries(),
		Challenges: challenges(),
		Usual:      connect.Question,
		Tokens:     tokens(),
		Options:    options(),
		Webhooks: &engine.Webhooks{
			Event: grant.Format{Layout: grant.GUID, Alphabet: grant.Hex}, Schedule: schedule,
			URLOption: optHook, SecretOption: optHookSecret, Tells: tells,
		},
		Data:    connect.AtFirstCall,
		Refresh: grant.Format{Layout: grant.GUID, Alphabet: grant.Hex},
		// Nightly, where a card asks for it (documented). The hours are inferred: Canada's night, with the one published
		// example, 03:26 UTC, in it.
		Refreshing: connect.Refreshing{
			Every: 24 * time.Hour, Hours: connect.Hours{From: 3 * time.Hour, Until: 9 * time.Hour}, OptIn: true,
		},
		Institutions: institutions(),
		Hints: []engine.Hint{
			{Name: "ok", Label: "greatday_nomfa", Username: "greatday_nomfa", Password: "Everyday"},
			{Name: "mfa", Label: "Greatday", Username: "Greatday", Password: "Everyday"},
		},
		Samples: map[string]string{
			"customer_id": toolboxCustomer, secretKey: toolboxSecret, apiKey: toolboxKey, bearer: toolboxSecret,
			"redirect_url": "https://app.example.test/done", "institution": capital, "username": "greatday_nomfa", "password": "Everyday",
		},
	}
}

func tokens() map[grant.Kind]engine.TokenClass {
	return map[grant.Kind]engine.TokenClass{
		grant.Widget: {
			Format:     grant.Format{Layout: tokenLayout, Alphabet: grant.Hex},
			Rules:      grant.Rules{Idle: 30 * time.Minute, Uses: 1, PerSession: true},
			IdleOption: optTokenIdle,
			Fidelity:   "documented", Source: "authentication reference: thirty minutes unused, one session",
		},
		grant.Access: {
			Format:   grant.Format{Layout: tokenLayout, Alphabet: grant.Hex},
			Rules:    grant.Rules{TTL: accessLife * time.Second},
			Fidelity: "client", Source: "node-flinks Token; how long it lives is invented",
		},
	}
}

func options() []engine.Option {
	choice := func(name, fidelity, source, help string, values ...string) engine.Option {
		return engine.Option{Name: name, Type: engine.Enum, Values: values, Default: values[0], Fidelity: fidelity, Source: source, Help: help}
	}
	return append([]engine.Option{
		choice(optEdition, "documented", "two generations of the list of codes",
			"legacy answers INVALID_LOGIN and INVALID_REQUEST with 400 and knows INVALID_SECURITY_RESPONSE_NO_RETRY", "current", legacy),
		choice(optAuth, "inferred", "mandatory since October 2024; older clients send nothing",
			"lenient wants any credential, strict exactly the documented one of a known customer, none asks for nothing", "lenient", "none", "strict"),
		choice(optTokenIdle, "documented", "authentication reference; the resume page says 15 minutes", "how long an authorize token lives unused", "30m", "15m"),
		choice(optSignature, "documented", "HMAC reference; a newer guide reads another header", "which header signs a webhook",
			signatureHeader, newerHeader, "both"),
		choice(optCategory, "documented", "all examples; an old table has the two the other way round", "swapped exchanges Category and Type of an account", "as_examples", "swapped"),
		choice(optCached, "documented", "the OpenAPI file; older clients assume false", "MostRecentCached where a call does not say", "true", "false"),
		choice(optThrottle, "documented", "error codes; the Ruby client expects 403", "status of TOO_MANY_REQUESTS", "401", "403"),
		choice(optAfter, "documented", "one page lets it be read for eight minutes, another says that it expires", "what becomes of a RequestId once the details were read", "readable", "consumed"),
		choice(optWrongMFA, "documented", "error codes: cannot be retried; a client reads SecurityChallenges from the 401", "whether a wrong answer ends the session, or the third one does", "terminal", "retry"),
		choice(optSuccess, "documented", "listed as OK, absent from all examples", "FlinksCode of a success", "absent", "OK"),
		choice(optQuestion, "inferred", "the toolbox draws one; a pipeline wants to know which", "which of the published questions is put first", "first", "random"),
		choice(optCountry, "documented", "test users: the set depends on where the caller is", "whose questions are put", "CA", "US"),
		choice(optKeys, "client", "keys must be the prompts; one client recases them", "letters compares the keys of SecurityResponses by letters and digits only", "exact", "letters"),
		choice(optFirst, "documented", "a live call answers 202 first; one client cannot poll", "ready gives the data at once where the scenario has it ready", "pending", "ready"),
		choice(optAgain, "documented", "error codes: ALREADY_AUTHORIZED", "allow answers a repeated Authorize with 200", "refuse", "allow"),
		choice(optConcurrent, "inferred", "error codes: CONCURRENT_SESSION; when it is raised is not said", "refuse allows one open session for a login", "allow", "refuse"),
		choice(optCredit, "documented", "the one example writes credit in lower case, probably a slip", "key of a credit in categorisation", "Credit", "credit"),
		choice(optDelta, "inferred", "GetAccountsDetail; what an id that is no longer there does is not said",
			"what RefreshDelta does with a transaction that its account does not have: all gives the whole window and says so in the journal", "all", "refuse"),
		choice(optInUse, "documented", "DeleteCard warns of calling right after Authorize; CARD_IN_USE is of data that is being collected",
			"when a card is in use: from a live Authorize until its data was read, or while its data is collected", "after_authorize", "while_collecting"),
		choice(optEnrich, "client", "one app met an HTML page where the package was not enabled", "whether attributes and categorisation are enabled, their lists of names included", "enabled", "disabled", "html"),
		{
			Name: secretKey, Type: engine.Text, Fidelity: "documented", Secret: true, Shape: guidShape, Form: "a GUID", Sample: toolboxSecret,
			Source: "authentication reference", Help: "the one secret key that is accepted; empty accepts any GUID (strict: the toolbox's)",
		},
		{
			Name: apiKey, Type: engine.Text, Fidelity: "documented", Secret: true, Shape: guidShape, Form: "a GUID", Sample: toolboxKey,
			Source: "authentication reference", Help: "the one x-api-key that is accepted; empty accepts any GUID (strict: the toolbox's)",
		},
		{
			Name: bearer, Type: engine.Text, Fidelity: "documented", Secret: true, Shape: bearerShape, Form: "a word without blanks", Sample: toolboxSecret,
			Source: "authentication reference", Help: "the one bearer secret that is accepted; empty accepts any (strict: the toolbox's)",
		},
		{
			Name: optCustomers, Type: engine.Text, Fidelity: "client", Shape: guidList, Form: "GUIDs with commas", Sample: toolboxCustomer,
			Source: "a demo notes that the dashboard's id can differ from the API's", Help: "the customer ids that are accepted; empty accepts any (strict: the toolbox's)",
		},
		engine.ReceiverOption(optHook, "documented", "webhooks are set up by a support ticket"),
		{
			Name: optHookSecret, Type: engine.Text, Default: "secret", Fidelity: "documented", Secret: true,
			Source: "webhooks are set up by a support ticket", Help: "signs the webhooks",
		},
		engine.IDsOption("inferred", "the lists of accounts are stable per card"),
	}, pageOptions(choice)...)
}
