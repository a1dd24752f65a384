package finx

import (
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// The simulator's own client; any other is accepted, too, unless the options name one.
const (
	clientID     = "stuntbank"
	clientSecret = "stuntbank-secret"
	basicSample  = "Basic c3R1bnRiYW5rOnN0dW50YmFuay1zZWNyZXQ=" // of the two
)

// Names of credentials.
const (
	credClient = "client"
	credToken  = "access_token"
)

var (
	anyWord = regexp.MustCompile(`^\S+$`)
	// Codes, widget tokens, access and refresh tokens, wherever they appear.
	secrets = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|\b[ARO][A-Za-z0-9_-]{60,}`)
)

// Manifest gives everything about finX that is a value.
func (Provider) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: "finx", Title: "finX", Country: "de", Document: "finx",
		Hosts: map[string]string{
			"finx.finleap.cloud": "", "finx-s.finleap.cloud": "", "finx.qwist.cloud": "", "widget.qwist.cloud": "",
			"api.finx-s.qwist.cloud": "", "api.figo.me": "", "staging.figo.me": "", "regshield.figo.me": "", "staging-regshield.figo.me": "",
		},
		Skin: "finx", Languages: []string{"de", "en", "es", "fr"},
		MediaType: "application/json; charset=utf-8",
		Headers:   []engine.Header{{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"}},
		Credentials: []engine.Credential{
			{Name: credToken, Header: "Authorization", Schemes: []string{"Bearer"}, Shape: anyWord, Sample: "the access_token of /auth/token", Use: "behind the word Bearer, below /rest"},
		},
		Locate: []engine.Place{
			{In: "query", Name: "token"}, {In: "credential", Name: credToken}, {In: "body", Name: "code"}, {In: "body", Name: "refresh_token"},
			{In: "body", Name: "token"}, {In: "path", Name: "handle"},
		},
		Secrets:      secrets,
		Session:      grant.Format{Layout: grant.GUID, Alphabet: grant.Hex},
		Connection:   grant.Format{Layout: "X############.#", Alphabet: grant.Digits},
		Flows:        flows(),
		Fields:       loginForm("login_id", "password"),
		MaxLogins:    5,
		Challenges:   challenges(),
		Usual:        connect.OTPSMS,
		Tokens:       tokens(),
		OnSuccess:    []grant.Kind{grant.Exchange},
		Options:      options(),
		Institutions: institutions(),
		Hints: []engine.Hint{
			{Name: "ok", Label: "demo", Username: "demo", Password: "demo"},
			{Name: "wrong", Label: "demo ✗", Username: "demo", Password: "wrong"},
			{Name: "mfa", Label: "sms", Username: "sms", Password: "sms"},
		},
		// A flow of the user's own goes on, so that all that time does can be seen in it.
		Entries: []engine.Entry{
			{Path: entryPath, Start: "createOngoingAccess"},
		},
		// Four times a day, where the user lets the credentials be kept (documented).
		Refreshing: connect.Refreshing{Every: 6 * time.Hour, OptIn: true},
		Refresh:    grant.Format{Layout: grant.GUID, Alphabet: grant.Hex},
		// In a frame the guide lists the message and the redirect; see the option hand_back.
		Transports: engine.Transports{Framed: connect.ByBoth},
		Samples: map[string]string{
			"client": basicSample, "redirect_uri": "https://example.com/callback",
			"user_id": "customer-4711", "username": "demo", "password": "demo", "institution": testbank,
		},
	}
}

// entryPath is where a location leads, below the prefix.
const entryPath = "/?token=${widget_token}"

// flows are the steps of the widget. The search for a bank falls away where the start of the
// flow names one.
func flows() map[string]connect.Flow {
	usual := connect.InWidget(connect.Consent, connect.Institution, connect.AccessMethod, connect.Credentials, connect.Challenging, connect.Waiting, connect.Accounts)
	return map[string]connect.Flow{"": usual}
}

// loginForm is the form of a bank whose catalogue entry has two credentials with these keys.
func loginForm(user, secret string) connect.Form {
	return connect.Form{
		{Name: user, Role: connect.Username, MaxLength: 32, Autocomplete: "off", Label: map[string]string{
			"de": "Anmeldename", "en": "User ID", "es": "Nombre de usuario", "fr": "Identifiant",
		}},
		{Name: secret, Role: connect.Secret, MaxLength: 64, Autocomplete: "off", Label: map[string]string{
			"de": "PIN", "en": "PIN", "es": "PIN", "fr": "Code PIN",
		}},
	}
}

// jwtHead begins a token that looks like the guides'.
const jwtHead = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

func tokens() map[grant.Kind]engine.TokenClass {
	return map[grant.Kind]engine.TokenClass{
		grant.Widget: {
			Format: grant.Format{Prefix: jwtHead, Length: 80}, Rules: grant.Rules{TTL: time.Hour},
			Fidelity: "invented", Source: "no page says how long a widget link lives",
		},
		grant.Exchange: {
			Format: grant.Format{Prefix: jwtHead, Length: 80}, Rules: grant.Rules{TTL: time.Hour, Uses: 1},
			Fidelity: "guide", Source: "implementation guide, Access: one hour; single use is inferred",
		},
		grant.Access: {
			Format: grant.Format{Prefix: "A", Length: 120}, Rules: grant.Rules{TTL: time.Hour},
			Fidelity: "guide", Source: "implementation guide, Access: expires_in 3600",
		},
		grant.Refresh: {
			Format: grant.Format{Prefix: "R", Length: 120}, Rules: grant.Rules{Idle: 90 * 24 * time.Hour, Uses: 1},
			Fidelity: "guide", Source: "implementation guide, Access: 90 days without use; each refresh answers another one",
		},
	}
}

// challenges are the second factors of German banks. The published TAN of the test banks is
// 111111.
func challenges() map[connect.Kind]engine.ChallengeDefault {
	tan := func(en, es string) engine.ChallengeDefault {
		return engine.ChallengeDefault{
			Prompt: map[string]string{"en": en, "es": es}, Answers: [][]string{{"111111"}},
			MaxTries: 3, Expires: 3 * time.Minute, ResendMax: 3, ResendAfter: 30 * time.Second,
		}
	}
	device := tan("", "")
	device.ResendMax = 0
	push := tan("Mobile phone 1", "Mobile phone 1")
	push.Answers = nil
	return map[connect.Kind]engine.ChallengeDefault{
		connect.OTPSMS:   tan("Mobile phone •••• 34", "Mobile phone •••• 34"),
		connect.PhotoTAN: device,
		connect.ChipTAN:  device,
		connect.Push:     push,
		connect.Redirect: push,
	}
}
