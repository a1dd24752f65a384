package fintoc

import (
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// Provider is Fintoc as the engine takes it.
type Provider struct{}

// The engine finds these by type assertion: a method with another name would be lost without
// a word.
var _ interface {
	engine.Directory
	engine.HandBack
	engine.Messenger
	engine.EntryErrorReporter
	engine.InstitutionFilter
	engine.Pager
	engine.Herald
	engine.EventPreparer
	engine.Revealer
	engine.DirectStarter
} = Provider{}

// New makes the provider.
func New() Provider { return Provider{} }

var (
	testKey = regexp.MustCompile(`^sk_test_[A-Za-z0-9_-]+$`)
	liveKey = regexp.MustCompile(`^[sp]k_live_`)
	// Keys, widget, exchange and link tokens, wherever they appear in a text.
	secrets = regexp.MustCompile(`whsec_[A-Za-z0-9_]+|[sp]k_(?:test|live)_[A-Za-z0-9_-]+|(?:li|ri|link)_[A-Za-z0-9]{16}_(?:sec|exchange_token|token)_[A-Za-z0-9]+`)
)

// Names of options.
const (
	optBadLinkToken = "bad_link_token_status"
	optUntil        = "until"
	optDeleteBody   = "delete_body"
	optReuse        = "exchange_reuse"
	optCreated      = "create_status"
	optVersion      = "version"
	optVersionCheck = "version_check"
	optSecretKey    = "secret_key"
	optPublicKey    = "public_key"
	optLimits       = "rate_limits"
	optRefreshMFA   = "refresh_mfa"
	optHook         = "webhook_url"
	optHookSecret   = "webhook_secret"
)

// versions are the dated API versions that are known, newest first.
var versions = []string{"2026-02-01", "2025-08-13", "2023-11-15"}

// Manifest gives everything about Fintoc that is a value.
func (Provider) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: "fintoc", Title: "Fintoc", Country: "cl", Document: "fintoc",
		Hosts: map[string]string{
			"api.fintoc.com": "", "js.fintoc.com": "/js", "webview.fintoc.com": "/webview", "wizard.fintoc.com": "",
		},
		Skin: "fintoc", Languages: []string{"es", "en"},
		MediaType: "application/json; charset=utf-8",
		Headers: []engine.Header{
			{Name: "Cache-Control", Value: "max-age=0, private, must-revalidate"},
			{Name: "Vary", Value: "Origin"},
			{Name: "X-Content-Type-Options", Value: "nosniff"},
		},
		Credentials: []engine.Credential{{
			Name: "secret_key", Header: "Authorization", Schemes: []string{"Bearer"},
			Shape: testKey, Live: liveKey, Option: optSecretKey, Sample: "sk_test_stuntbank",
		}},
		Suffixed:   []engine.Place{{In: "query", Name: "public_key"}},
		Live:       []string{"sk_live_", "pk_live_"},
		PageNumber: engine.Place{In: "query", Name: "page"},
		Secrets:    secrets,
		Session:    grant.Format{Prefix: "li_", Length: 16},
		Connection: grant.Format{Prefix: "link_", Length: 16},
		Flows: map[string]connect.Flow{
			"": connect.InWidget(connect.Consent, connect.Institution, connect.Credentials, connect.Challenging, connect.Waiting),
		},
		Fields: connect.Form{
			{Name: "username", Role: connect.Username, InputMode: "text", Autocomplete: "off"},
			{Name: "password", Role: connect.Secret, Autocomplete: "off"},
		},
		MaxLogins:  5,
		Challenges: challenges(),
		Usual:      connect.OTPSMS,
		Tokens:     tokens(),
		OnSuccess:  []grant.Kind{grant.Exchange},
		Options:    options(),
		Webhooks: &engine.Webhooks{
			Event: grant.Format{Prefix: "evt_", Length: 16}, Endpoint: grant.Format{Prefix: "we_", Length: 16},
			Secret: grant.Format{Prefix: "whsec_test_", Length: 28}, Schedule: schedule,
			URLOption: optHook, SecretOption: optHookSecret, Tells: tells,
		},
		Limits: &engine.Limits{Option: optLimits, Limits: []engine.Limit{
			{Calls: 100, Per: time.Second}, {Calls: 100, Per: 130 * time.Second, Operations: []string{"session.create"}},
		}},
		// Documented: at most 255 characters, on every POST, forgotten after a day at the earliest.
		Idempotency: &engine.Idempotency{Header: "Idempotency-Key", Longest: 255, Keep: 24 * time.Hour},
		Refresh:     grant.Format{Prefix: "ri_", Length: 16}, Refreshing: refreshing,
		Institutions: institutions,
		Hints: []engine.Hint{
			{Name: "ok", Label: "41.614.850-3", Username: "41614850-3", Password: testPassword},
			{Name: "wrong", Label: "41.614.850-3 ✗", Username: "41614850-3", Password: "wrong"},
			{Name: "mfa", Label: "+mfa-otp-sms", Username: "41614850-3+mfa-otp-sms", Password: testPassword},
		},
		Entries: []engine.Entry{{Path: "/webview/widget.html?public_key=${public_key}&widget_token=${widget_token}"}},
		Samples: map[string]string{
			"secret_key": "sk_test_stuntbank", "public_key": "pk_test_stuntbank",
			"username": "41614850-3", "password": testPassword, "institution": "cl_banco_de_chile",
		},
	}
}

func tokens() map[grant.Kind]engine.TokenClass {
	return map[grant.Kind]engine.TokenClass{
		grant.Widget: {
			Format: grant.Format{Prefix: "{parent}_sec_", Length: 24}, Rules: grant.Rules{TTL: 30 * time.Minute},
			Fidelity: "invented", Source: "the shape is documented, a lifetime is not",
		},
		grant.Exchange: {
			Format: grant.Format{Prefix: "{parent}_exchange_token_", Length: 32}, Rules: grant.Rules{TTL: 30 * time.Minute, Uses: 1},
			Fidelity: "documented", Source: "link intent object: exchange_token_expires_at is created_at + 30 min; single use is claimed by integrators",
		},
		grant.Link: {
			Format:   grant.Format{Prefix: "{parent}_token_", Length: 24},
			Fidelity: "documented", Source: "links: works until the link is deleted",
		},
	}
}

func options() []engine.Option {
	return []engine.Option{
		{
			Name: optBadLinkToken, Type: engine.Enum, Values: []string{"403", "400"}, Default: "403", Fidelity: "client",
			Source: "the official Zapier app expects 403, the Ruby client groups the code under 400", Help: "status of invalid_link_token",
		},
		{
			Name: optUntil, Type: engine.Enum, Values: []string{"exclusive", "inclusive"}, Default: "exclusive", Fidelity: "documented",
			Source: "movements list; older text reads inclusive", Help: "whether the day of until belongs to the list",
		},
		{
			Name: optDeleteBody, Type: engine.Enum, Values: []string{"empty", "json"}, Default: "empty", Fidelity: "documented",
			Source: "links delete answers 204; the Ruby client parses a body", Help: "what DELETE of a link answers",
		},
		{
			Name: optReuse, Type: engine.Enum, Values: []string{"refuse", "allow"}, Default: "refuse", Fidelity: "inferred",
			Source: "claimed by integrators, not documented", Help: "whether an exchange token works a second time",
		},
		{
			Name: optCreated, Type: engine.Enum, Values: []string{"201", "200"}, Default: "201", Fidelity: "inferred",
			Source: "no status is documented; clients accept any 2xx", Help: "status of a POST that creates",
		},
		{
			Name: optVersion, Type: engine.Enum, Values: versions, Default: versions[0], Fidelity: "documented",
			Source: "upgrade guide", Help: "the version that the account is pinned to",
		},
		{
			Name: optVersionCheck, Type: engine.Enum, Values: []string{"lenient", "strict"}, Default: "lenient", Fidelity: "client",
			Source: "the code invalid_api_version exists in the Ruby client", Help: "strict answers 403 to an unknown Fintoc-Version",
		},
		{
			Name: optSecretKey, Type: engine.Text, Fidelity: "documented", Secret: true,
			Shape: testKey, Form: "a test key", Sample: "sk_test_stuntbank",
			Source: "authentication", Help: "the one secret key that is accepted; empty accepts any sk_test_…",
		},
		{
			Name: optPublicKey, Type: engine.Text, Fidelity: "documented",
			Shape: publicKey, Form: "a public test key", Sample: "pk_test_stuntbank",
			Source: "authentication", Help: "the one public key that the widget accepts; empty accepts any pk_test_…",
		},
		{
			Name: optLimits, Type: engine.Bool, Default: "false", Fidelity: "documented",
			Source: "rate limits guide: 100 calls a second, 100 widget connections in 130 s; an older text says 5 calls a second",
			Help:   "whether calls are counted against the documented limits, by the sandbox's clock",
		},
		{
			Name: optRefreshMFA, Type: engine.Enum, Values: []string{"never", "as_login"}, Default: "never", Fidelity: "documented",
			Source: "refresh on demand: requires_mfa, for certain banks in another country only",
			Help:   "as_login: a refresh intent asks for the second factor that the scenario has at a login, in the widget",
		},
		engine.ReceiverOption(optHook, "invented", "endpoints are registered through the API or in the dashboard; this one is registered from outside"),
		{
			Name: optHookSecret, Type: engine.Text, Default: "whsec_test_stuntbank", Fidelity: "invented", Secret: true,
			Shape: hookSecret, Form: "a secret of an endpoint", Sample: "whsec_test_stuntbank",
			Source: "an endpoint's secret has this shape", Help: "signs what goes to webhook_url, and link.created, of which no signature is documented",
		},
		engine.FramingOption, engine.AppNameOption,
		engine.IDsOption("invented", "no page says whether two links of one user share ids"),
	}
}

// challenges are the second factors that the widget's events name. The published codes
// are those of the payments sandbox; the movements sandbox asks for none.
func challenges() map[connect.Kind]engine.ChallengeDefault {
	code := func(es, en string, answers ...[]string) engine.ChallengeDefault {
		return engine.ChallengeDefault{
			Prompt: map[string]string{"es": es, "en": en}, Answers: answers,
			MaxTries: 3, Expires: 3 * time.Minute, ResendMax: 3, ResendAfter: 30 * time.Second,
		}
	}
	card := code("Tarjeta •••• 4217", "Card •••• 4217", []string{"00", "00", "00"})
	card.Cells, card.ResendMax = []string{"A1", "C4", "E7"}, 0
	device := code("Dispositivo •••• 08", "Device •••• 08", []string{"000000"})
	device.ResendMax = 0
	return map[connect.Kind]engine.ChallengeDefault{
		connect.OTPSMS:         code("SMS al •••• 34", "SMS to •••• 34", []string{"0000"}),
		connect.OTPEmail:       code("Correo a j•••@example.test", "E-mail to j•••@example.test", []string{"0000"}),
		connect.HardwareToken:  device,
		connect.CoordinateCard: card,
		connect.Push:           code("Aplicación del banco", "The bank's app"),
		connect.Captcha:        code("", ""),
	}
}
