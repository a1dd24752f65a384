package finx

import (
	"regexp"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// Names of options.
const (
	optEdition     = "edition"
	optAuth        = "auth"
	optClients     = "clients"
	optScopes      = "scopes"
	optTokenErrors = "token_errors"
	optSinceType   = "since_type"
	optHandBack    = "hand_back"
	optCodeStyle   = "code_style"
	optTokenLength = "token_length"
	optGrace       = "refresh_grace"
	optActivity    = "activity"
	optLists       = "catalog_lists"
	optNotify      = "notify_uri"
)

// Editions: the guides', and what came later.
const (
	finleap = "finleap"
	qwist   = "qwist"
)

// byEdition is the value of hand_back that leaves it to the edition.
const byEdition = "edition"

// guideScopes are those that the guides print.
const guideScopes = "accounts=ro balance=ro transactions=ro offline"

var (
	scopesShape = regexp.MustCompile(`^[a-z]+(=r[ow])?( [a-z]+(=r[ow])?)*$`)
	graceShape  = regexp.MustCompile(`^[0-9]{1,4}[smh]$`)
	clientShape = regexp.MustCompile(`^[^\s:~]+:\S+( [^\s:~]+:\S+)*$`)
)

func options() []engine.Option {
	choice := func(name, fidelity, source, help string, values ...string) engine.Option {
		return engine.Option{Name: name, Type: engine.Enum, Values: values, Default: values[0], Fidelity: fidelity, Source: source, Help: help}
	}
	return []engine.Option{
		choice(optEdition, "guide", "the two implementation guides; newer captures of the documentation are the edition qwist",
			"qwist adds flow_id to the callback, reporting_period, tracking_id, provider_id, account_types and allow_multi_selection, posts a message "+
				"instead of redirecting in a frame, and keeps one-time data for an hour", finleap, qwist),
		choice(optAuth, "inferred", "the guides print no header; all clients and newer pages have HTTP Basic",
			"lenient takes a call without credentials as the default client's and notes it; strict answers 401 with code 1004", "lenient", "strict"),
		{
			Name: optClients, Type: engine.Text, Fidelity: "inferred", Secret: true, Shape: clientShape, Form: "id:secret, several with blanks between them",
			Sample: clientID + ":" + clientSecret, Source: "every client has an id and a secret", Help: "the clients that are accepted; empty accepts any",
		},
		{
			Name: optScopes, Type: engine.Text, Default: guideScopes, Fidelity: "guide", Shape: scopesShape, Form: "scopes with blanks between them",
			Sample: guideScopes + " categories=ro user=rw", Source: "implementation guide, Access: the answer of /auth/token",
			Help: "what the client may do: categories need categories=ro, the user user=rw",
		},
		choice(optTokenErrors, "inferred", "no page shows an error of /auth/token; every client reads the envelope of the other calls",
			"body of an error of /auth/token: the provider's own envelope, or that of RFC 6749", "own", "oauth"),
		choice(optCodeStyle, "client", "the guides print a JWT; older clients refuse a code that has no O in front", "shape of the code", "jwt", "figo"),
		choice(optHandBack, "guide", "the guides list the frame and say that users are redirected; the later page says that a frame gets a message instead",
			"how a page in a frame ends: a message, a redirect inside the frame, or both; edition: both with finleap, message with qwist", byEdition, "redirect", "message", "both"),
		choice(optSinceType, "documented", "list of transactions; an older client has created", "what since is compared with where a call does not say", "booked", "created"),
		choice(optTokenLength, "guide", "the guides want columns of 2048 bytes or more; every token that was seen is shorter",
			"length of access and refresh tokens: usual has 101 to 161 characters, long more than 2048", "usual", "long"),
		{
			Name: optGrace, Type: engine.Text, Fidelity: "inferred", Shape: graceShape, Form: "a duration of seconds, minutes or hours: 30s", Sample: "30s",
			Source: "no page says whether a refresh token that was replaced ends at once", Help: "how long it still answers the pair that replaced it; empty: it is refused at once",
		},
		choice(optActivity, "inferred", "the guide says that access is lost after 90 days without use, and not what a use is",
			"what begins the 90 days of a refresh token anew: its refresh alone, or any call with its access token, too", "refresh", "any"),
		choice(optLists, "client", "/catalog/banks and /catalog/services: the newer python-figo reads a bare array, the documents have an object",
			"what the two lists of one kind answer: {\"banks\": […]}, or the bare array", "object", "array"),
		engine.ReceiverOption(optNotify, "invented", "no setting of the console is known: notifications are registered by calls"),
		engine.IDsOption("inferred", "an account that is shared twice belongs to two accesses"), engine.FramingOption, engine.AppNameOption,
	}
}
