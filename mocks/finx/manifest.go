package finx

import (
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
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
		Prefixes: []string{"/v1", "/v3", "/v4"}, // of older clients
		Skin:     "finx", Languages: []string{"de", "en", "es", "fr"},
		MediaType: "application/json; charset=utf-8",
		Headers:   []engine.Header{{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"}},
		Credentials: []engine.Credential{
			{
				Name: credClient, Basic: true, Field: "client_id", Secret: &engine.ClientSecret{Field: "client_secret"},
				Option: optClients, Sample: clientID + ":" + clientSecret, Use: "of every call that is not below /rest",
			},
			{Name: credToken, Header: "Authorization", Schemes: []string{"Bearer"}, Grants: []grant.Kind{grant.Access}, Shape: anyWord, Sample: "the access_token of /auth/token", Use: "behind the word Bearer, below /rest"},
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
		OnSuccess:    []grant.Kind{grant.Exchange, figoCode},
		Options:      options(),
		Institutions: institutions(),
		// Three tries are invented; a redirect counts as taken, but is not followed (documented).
		Webhooks: &engine.Webhooks{
			Event:     grant.Format{Layout: grant.GUID, Alphabet: grant.Hex},
			Schedule:  webhook.Schedule{Tries: 3, First: time.Minute, Factor: 5, Redirects: true},
			URLOption: optNotify, Tells: tells,
		},
		Hints: []engine.Hint{
			{Name: "ok", Label: "demo", Username: "demo", Password: "demo"},
			{Name: "wrong", Label: "demo ✗", Username: "demo", Password: "wrong"},
			{Name: "mfa", Label: "sms", Username: "sms", Password: "sms"},
		},
		// A flow of the user's own goes on, so that all that time does can be seen in it.
		Entries: []engine.Entry{
			{Path: entryPath, Start: "createOngoingAccess"},
			{Product: flowAccess, Path: entryPath, Start: "createOnetimeAccess"},
			{Product: flowIncome, Path: entryPath, Start: "createOnetimeIncomeReport"},
			{Product: flowVerification, Path: entryPath, Start: "createOnetimeAccountVerification"},
			{Product: flowRisk, Path: entryPath, Start: "createOnetimeRiskReport"},
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
	bankPage := connect.Flow{
		connect.On(connect.AccessMethod), connect.AtBank(connect.Credentials), connect.AtBank(connect.Challenging), connect.AtBank(connect.Approving),
		connect.On(connect.Waiting), connect.On(connect.Accounts),
	}
	return map[string]connect.Flow{
		"": usual, flowAccess: usual, flowIncome: usual, flowVerification: usual, flowRisk: usual, redirectFlow: bankPage,
	}
}

// redirectFlow is the way over the bank's own page.
const redirectFlow = "redirect"

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

// oneTimeData is how long the edition qwist keeps what a one-time flow has brought.
const oneTimeData = time.Hour

func tokens() map[grant.Kind]engine.TokenClass {
	code := grant.Rules{TTL: time.Hour, Uses: 1}
	return map[grant.Kind]engine.TokenClass{
		grant.Widget: {
			Format: grant.Format{JWT: true}, Rules: grant.Rules{TTL: time.Hour},
			Fidelity: "invented", Source: "no page says how long a widget link lives",
		},
		grant.Exchange: {
			Format: grant.Format{JWT: true}, Rules: code,
			Fidelity: "guide", Source: "implementation guide, Access: one hour; single use is inferred",
		},
		figoCode: {
			Format: grant.Format{Prefix: "O", Length: 100, Vary: 30}, Rules: code,
			Fidelity: "client", Source: "python-figo, net-figo: a code begins with O",
		},
		grant.Access: {
			Format: grant.Format{Prefix: "A", Length: 100, Vary: 60}, Rules: grant.Rules{TTL: time.Hour},
			Fidelity: "guide", Source: "implementation guide, Access: expires_in 3600; the length varies",
		},
		grant.Refresh: {
			Format: grant.Format{Prefix: "R", Length: 100, Vary: 60}, Rules: grant.Rules{Idle: 90 * 24 * time.Hour, Rotate: true},
			Fidelity: "guide", Source: "implementation guide, Access: 90 days without use; each refresh answers another one",
		},
	}
}

// challenges are the second factors of German banks. The published TAN of the test banks is
// 111111.
func challenges() map[connect.Kind]engine.ChallengeDefault {
	same := func(text string) map[string]string {
		return map[string]string{"de": text, "en": text, "es": text, "fr": text}
	}
	words := func(de, en, es, fr string) map[string]string {
		return map[string]string{"de": de, "en": en, "es": es, "fr": fr}
	}
	tan := func(prompt, label map[string]string, resends int) engine.ChallengeDefault {
		return engine.ChallengeDefault{
			Prompt: prompt, Label: label, Answers: [][]string{{"111111"}},
			MaxTries: 3, Expires: 3 * time.Minute, ResendMax: resends, ResendAfter: 30 * time.Second,
		}
	}
	decoupled := func(prompt, label map[string]string) engine.ChallengeDefault {
		return engine.ChallengeDefault{Prompt: prompt, Label: label, MaxTries: 3, Expires: 3 * time.Minute, ResendMax: 3, ResendAfter: 30 * time.Second}
	}
	return map[connect.Kind]engine.ChallengeDefault{
		connect.OTPSMS:   tan(words("Mobiltelefon •••• 34", "Mobile phone •••• 34", "Teléfono móvil •••• 34", "Téléphone mobile •••• 34"), same("SMS-TAN"), 3),
		connect.PhotoTAN: tan(words("photoTAN-Bild", "photoTAN picture", "Imagen photoTAN", "Image photoTAN"), same("photoTAN"), 0),
		connect.ChipTAN:  tan(words("Startcode für den TAN-Generator", "Start code for the card reader", "Código para el lector", "Code pour le lecteur"), same("chipTAN"), 0),
		connect.QR:       decoupled(words("QR-Code mit der App der Bank scannen", "Scan the code with the bank's app", "Escanee el código con la aplicación", "Scannez le code avec l’application"), same("QR-TAN")),
		connect.Push:     decoupled(words("Freigabe in der App der Bank", "Approve in the bank's app", "Apruebe en la aplicación del banco", "Validez dans l’application de la banque"), same("pushTAN")),
		connect.Redirect: decoupled(words("Weiterleitung zur Bank", "On the bank's own page", "En la página del banco", "Sur la page de la banque"), nil),
		connect.MethodSelection: {
			Prompt:  words("TAN-Verfahren wählen", "Choose how to confirm", "Elija cómo confirmar", "Choisissez comment confirmer"),
			Methods: []connect.Kind{connect.OTPSMS, connect.PhotoTAN, connect.Push}, MaxTries: 3, Expires: 3 * time.Minute,
		},
	}
}
