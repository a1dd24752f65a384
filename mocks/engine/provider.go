package engine

import (
	"io/fs"
	"net/http"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
)

// Provider is a company whose API is imitated: how this company says what the engine
// does.
type Provider interface {
	Manifest() Manifest
	// Handlers serve operations, by the operationId of the document.
	Handlers() map[string]Handler
	// Declined gives, by operationId, why an operation of the document is not imitated.
	Declined() map[string]string
	// RenderProblem says a canonical problem in the provider's words. c may lack an
	// operation and a sandbox when the problem came before them.
	RenderProblem(e *problem.Error, c *Call) Reply
}

// ByOperation turns the operations that a provider does not imitate, listed by the reason,
// into what Declined gives.
func ByOperation(declined map[string][]string) map[string]string {
	out := map[string]string{}
	for reason, operations := range declined {
		for _, id := range operations {
			out[id] = reason
		}
	}
	return out
}

// Handler serves one operation. It neither writes to the wire nor reads a clock; any
// error that is no *problem.Error is a fault of ours and answered as Internal.
type Handler func(*Call) (Reply, error)

// Reply is an answer before it is written. At most one of Body, Raw and Stream is set.
type Reply struct {
	Status      int
	Header      []Header
	Body        any                 // rendered as JSON; an Appender renders itself
	Raw         []byte              // written as it is
	ContentType string              // default: the manifest's JSON type
	Stream      func(*Stream) error // writes an answer that goes on; what it fails with is that the client has gone
}

// Header is one header field of a Reply.
type Header struct{ Name, Value string }

// Appender is a body that appends its own JSON: what lists on the hot path do.
type Appender interface{ AppendJSON(dst []byte) []byte }

// Optional capabilities of a provider, found by type assertion. A provider states those that
// it has in a declaration beside its type, so that the compiler holds their names.
type (
	// Directory is a provider whose sandbox knows end users.
	Directory interface {
		// FindUser says who logs in with a user name. A *problem.Error with Param set
		// means that no bank would accept the field as it is written; NotFound that
		// nobody has that name. input holds every field of the form by its name, and the
		// user name and the password by "username" and "password".
		FindUser(s connect.Session, input map[string]string) (User, error)
	}
	// HandBack is a provider whose hosted page ends somewhere: the URL to which the
	// browser goes, empty when there is none.
	HandBack interface {
		HandBack(Ending) string
	}
	// Messenger is a provider whose hosted page tells the app that embeds it what
	// happens.
	Messenger interface {
		Messages(Ending) Messages
	}
	// EntryErrorReporter is a provider whose pages tell the app around them, too, that they
	// cannot be opened. done is the way back to the app.
	EntryErrorReporter interface {
		EntryError(e *problem.Error, c *Call) (done string, m Messages)
	}
	// InstitutionFilter is a provider that offers some of its institutions only, by what a
	// session is about. The error says to a developer why this one is none of them.
	InstitutionFilter interface {
		AcceptsInstitution(s connect.Session, i Institution) error
	}
	// Pager has pages and files outside the document.
	Pager interface{ Pages() []Page }
	// Authenticator is a provider that asks for other credentials from call to call. It
	// decides before the scenario and the contract do; see Call.Given and Call.Prove.
	Authenticator interface{ Authenticate(*Call) error }
	// ChallengeAdapter is a provider that puts a challenge in its own way: other words, other
	// tries. c has the scenario's attempts, whose prompt and answers still come before the
	// provider's. option gives the provider's options.
	ChallengeAdapter interface {
		AdaptChallenge(s connect.Session, c connect.Challenge, option func(name string) string) connect.Challenge
	}
	// ChallengeAnswerer is a provider whose apps put the bank's challenges to the user
	// themselves. It says which operation answers one, and with which body: as it stands for
	// a user who has nothing to say, or who did it on another device, when given is empty.
	ChallengeAnswerer interface {
		AnswerCall(s connect.Session, c connect.Challenge, given []string) (operationID string, body any)
	}
	// RefreshPolicy is a provider that does not refresh every connection which could be: a
	// *problem.Error says why not and is kept as the connection's failure, ErrSkip leaves
	// this one out without a word, nil refreshes. It is asked before each refresh of its
	// own, in the transaction that begins it.
	RefreshPolicy interface {
		AllowRefresh(tx Tx, conn connect.Connection) error
	}
	// EventPreparer is a provider that keeps something of what happened before it is told: it
	// issues a token for a new connection, or begins the session in which the app reads what
	// a refresh has brought. It may change what the event tells. It is asked of every event,
	// told or not, once and in the transaction of what happened.
	EventPreparer interface {
		BeforeEvent(tx Tx, e *Event) error
	}
	// ConnectionIdentifier is a provider that tells connections apart by more than the
	// sessions that made them: logins with an equal key make one connection, whichever way
	// the user took, and the later one takes it over. Empty: a connection of its own.
	ConnectionIdentifier interface {
		ConnectionKey(s connect.Session, u User) string
	}
	// Attacher wants to know the server that it is part of.
	Attacher interface{ Attach(*Server) }
	// Guard decides whether a request may come in at all, before anything of it is read.
	Guard interface{ Guard(*Call) error }
)

// Page is a route outside the document. Its problems are shown to a person.
type Page struct {
	Method, Path string  // Path in gin's syntax
	Op           string  // canonical operation that rules can name; empty: none
	Locate       []Place // where ids and tokens travel that belong to a sandbox; of operations the document says it
	Handler      Handler
}

// Canonical operations that pages serve.
const (
	opOpen   = "session.open"   // the entry of a hosted session
	opSubmit = "session.submit" // a form of it
)

// User is an end user as the provider's sandbox knows it.
type User struct {
	Username string // canonical spelling
	Password string
	Persona  string
	Holder   bank.Holder
	Scenario string // the provider's own magic, empty for none
	// Fields are further values of the login form that are right for this user, by name.
	// What it does not name may be anything.
	Fields map[string]string
}

// Place is where a value travels in a request: In is path, query, header or body, or
// credential, for one of the manifest's by its name.
type Place = openapi.Place

// TokenClass is a kind of grant as a provider has it.
type TokenClass struct {
	Format grant.Format
	Rules  grant.Rules
	// IdleOption names the option that holds another Idle, as a duration.
	IdleOption string
	Fidelity   string
	Source     string
}

// ChallengeDefault is how a provider asks a kind of challenge where the scenario does
// not say.
type ChallengeDefault struct {
	Prompt      map[string]string // by language
	Label       map[string]string // what it is called where the user chooses how to confirm, by language; empty: the prompt
	Methods     []connect.Kind    // of a method selection: the challenges that it offers
	Options     []string
	Cells       []string
	Answers     [][]string // published ones
	MaxTries    int
	Expires     time.Duration
	ResendMax   int
	ResendAfter time.Duration
}

// OptionType is the type of an option's value.
type OptionType string

// Types of options.
const (
	Text OptionType = "text"
	Enum OptionType = "enum"
	Bool OptionType = "bool"
)

// Option is one declared switch of a provider. No other way to configure one exists.
type Option struct {
	Name     string
	Type     OptionType
	Values   []string // of Enum
	Default  string
	Fidelity string
	Source   string
	Help     string
	Secret   bool           // its value is masked where options are shown
	Shape    *regexp.Regexp // of Text: what a value must look like; nil for any
	Form     string         // the shape for people: "a GUID"
	Sample   string         // a value of it
}

// Institution is a bank of the provider's catalogue.
type Institution struct {
	ID, Name, Country string
	Locale            string // of its data, where that is not its country's alone: ca-fr
	Kind              string // the provider's word
	Products          []Product
	Methods           []AccessMethod // ways in; none: the provider's usual login
	Codes             bank.Codes     // what is missing is drawn, see bank.CodesOf
}

// Product is what a provider offers at an institution, and for whom.
type Product struct {
	Name       string
	HolderType string
}

// Hint is a user that works, offered on the login form.
type Hint struct {
	Name, Label        string
	Username, Password string
	Fields             map[string]string // further values of the form
	Institution        string            // where alone it is offered; empty: everywhere
}

// Manifest is everything about a provider that is a value.
type Manifest struct {
	Name       string            // in paths, options and scenarios
	Title      string            // for people
	Country    string            // of its banks, ISO 3166 alpha-2 in lower case
	Document   string            // name in openapi, or at the top of Files
	Files      fs.FS             // of a provider that this program does not ship: <Document>.yaml and skins/<Skin>; comparable, as an embed.FS is
	Hosts      map[string]string // the provider's real host names, or patterns ("*.example.com", "*-api.example.com") -> where they stand under the prefix
	Prefixes   []string          // paths such as /v4 below which the same operations are answered
	FoldCase   bool              // static path segments and names of fields and query parameters are matched in any case
	Skin       string
	Languages  []string   // the default first
	Transports Transports // how its pages tell the app around them; zero: by redirect
	MediaType  string     // of JSON answers
	Headers    []Header   // on every answer

	Credentials []Credential
	Suffixed    []Place        // where "~sandbox" may stand behind a value besides the credentials: query and path places
	Live        []string       // what every live key contains: such a key is never kept, wherever it is sent
	PageNumber  Place          // where lists are told which page is wanted, counted from 1
	UserName    Place          // where a call that logs a user in says who; zero: pages alone do
	Secrets     *regexp.Regexp // what is masked wherever it appears

	Session      grant.Format            // ids of sessions
	Patience     Patience                // how long a session waits; zero: as long as its widget token
	Connection   grant.Format            // ids of connections; the parent is the session
	Flows        map[string]connect.Flow // by product; "" is the usual one. Access methods name them too
	Fields       connect.Form            // of the login; nil: user name and password. An access method may have its own
	MaxLogins    int
	Challenges   map[connect.Kind]ChallengeDefault
	Usual        connect.Kind // what `default` in a scenario means
	Tokens       map[grant.Kind]TokenClass
	OnSuccess    []grant.Kind // minted for the session when it succeeds
	Options      []Option
	Webhooks     *Webhooks        // nil: the provider sends none
	Limits       *Limits          // nil: none
	Idempotency  *Idempotency     // nil: a repeated call is another call
	Data         connect.DataMode // when the data of a connection comes
	Refresh      grant.Format     // ids of refreshes
	Refreshing   connect.Refreshing
	Institutions []Institution
	Hints        []Hint
	Entries      []Entry           // of the widget, the usual one first; none: it connects by calls alone
	Samples      map[string]string // variables of the document's examples that need no call
}

// Patience is how long a session waits: Idle after the last input, Total in all.
type Patience struct{ Idle, Total time.Duration }

// Spec is the provider's document. It is read once, whoever asks.
func (man Manifest) Spec() (*openapi.Spec, error) { return openapi.LoadFrom(man.Files, man.Document) }

// Routes is the route table of the provider's document, in its order.
func (man Manifest) Routes() ([]openapi.Route, error) {
	return openapi.RoutesFrom(man.Files, man.Document)
}

// JSON makes a reply.
func JSON(status int, body any, headers ...Header) Reply {
	return Reply{Status: status, Body: body, Header: headers}
}

// Empty makes a reply without a body.
func Empty(status int) Reply { return Reply{Status: status} }

// SeeOther makes the answer that sends a browser elsewhere.
func SeeOther(url string) Reply {
	return Reply{Status: http.StatusSeeOther, Header: []Header{{"Location", url}}}
}
