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
		engine.ReceiverOption(optNotify, "invented", "no setting of the console is known: notifications are registered by calls"),
		engine.IDsOption("inferred", "an account that is shared twice belongs to two accesses"), engine.FramingOption, engine.AppNameOption,
	}
}
