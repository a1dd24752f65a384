package scenarios

import "time"

// Scenario is one file, read and checked. It is immutable: every layer, sandbox
// and goroutine shares the one value. A nil or empty field means that the file
// does not say, so that a farther layer or the provider decides.
type Scenario struct {
	Name      string   // what the file calls itself; doubles as the username suffix user+name
	Title     string   // one line
	About     string   // what the scenario proves about the app under test
	Providers []string // empty: every provider that has all the names used, see AppliesTo

	// Seed, Clock and History shape a sandbox when it is born, so they count only
	// in the sandbox's own scenario. Clock freezes the sandbox at that instant (UTC).
	Seed    *uint64
	Clock   *time.Time
	History *Span // how long before the clock the accounts were opened

	Login *Login
	// Ready is written inside login but is a section of its own: a scenario that only
	// delays the data keeps whatever login the farther layers ask for.
	Ready        *Ready
	Tokens       map[string]TokenRule // by token class
	Institutions []Institution
	Options      map[string]map[string]string // provider -> option -> raw text
	Rules        []Rule

	File    string // as handed to Parse
	Bundled bool   // ships in the binary

	book         *book // the rules, indexed
	line, column int   // of the name
}

// Login scripts what one login does. Its zero value is a login that succeeds at once.
type Login struct {
	Credentials Attempts
	MFA         []Challenge // put to the user in this order; empty: none
	Accounts    AccountChoice
	ConsentEnds Span // after it was given; zero: the provider's own
}

// Outcome is how one attempt ends.
type Outcome string

// The outcomes. Credentials end in the first six, a challenge in accept, reject, lock, expire or cancel.
const (
	Accept            Outcome = "accept"
	Reject            Outcome = "reject"
	Lock              Outcome = "lock"
	Unavailable       Outcome = "unavailable"        // the bank does not answer
	ActionRequired    Outcome = "action_required"    // the user must first act at the bank
	PermissionMissing Outcome = "permission_missing" // the bank refuses this user some pages
	Expire            Outcome = "expire"
	Cancel            Outcome = "cancel"
)

var (
	credentialOutcomes = []string{"accept", "reject", "lock", "unavailable", "action_required", "permission_missing"}
	challengeOutcomes  = []string{"accept", "reject", "expire", "lock", "cancel"}
)

// Attempts lists outcomes, attempt by attempt, with "reject x2" written out.
type Attempts []Outcome

// At returns the outcome of attempt n, counted from 1. The last one repeats for
// ever, and an empty list always accepts.
func (a Attempts) At(n int) Outcome {
	if len(a) == 0 {
		return Accept
	}
	return a[min(max(n, 1), len(a))-1]
}

// DefaultChallenge is the challenge kind that stands for whatever the provider's own sandbox asks.
const DefaultChallenge = "default"

// Challenge scripts one MFA step.
type Challenge struct {
	Kind        string        // of the vocabulary, or DefaultChallenge
	Expires     time.Duration // zero: the provider's own
	ResendMax   int           // how often a sent code may be asked for again; -1: not said
	ResendAfter time.Duration // wait before each resend
	Attempts    Attempts
	Approve     Approve // for challenges answered on another device
	Prompt      string  // empty: the provider's own words
	Answers     []string
}

// When says what settles something that the user or the bank does in their own time.
type When string

// The moments. An empty When means that the scenario does not say.
const (
	Now    When = "now"
	After  When = "after"  // a duration has passed
	Polls  When = "polls"  // the client has asked that often
	Denied When = "denied" // approvals only
	Never  When = "never"  // approvals only
	Fails  When = "fails"  // readiness only
)

// Approve says when a decoupled challenge is approved. With an empty When, a person
// does it: in the console or through the control API.
type Approve struct {
	When  When
	After time.Duration
	Polls int
}

// Ready says when the data of a new connection is available.
type Ready struct {
	When    When
	After   time.Duration
	Polls   int
	Problem string // for Fails: the canonical problem
}

// Accounts are the canonical account keys, which each persona maps to its own accounts.
var Accounts = []string{"main", "sight", "savings", "card", "line", "loan", "second", "fx", "depot"}

// AccountChoice says which accounts the user has to offer. Its zero value is all of them.
type AccountChoice struct {
	None bool
	Keys []string // canonical account keys; empty and not None: all
}

// Includes reports whether the account with the canonical key is offered.
func (c AccountChoice) Includes(key string) bool {
	if c.None || len(c.Keys) == 0 {
		return !c.None
	}
	return contains(c.Keys, key)
}

// Reuse says what presenting a spent grant does.
type Reuse string

// Reuse either refuses that call alone or ends every grant of the same family. Empty: the provider's own.
const (
	Refuse       Reuse = "refuse"
	RevokeFamily Reuse = "revoke_family"
)

// TokenRule overrides the lifetime of one class of token. Zero and nil fields keep the provider's own values.
type TokenRule struct {
	TTL      Span // from issue
	Idle     Span // from the last use
	Absolute Span // from the first issue of its family, however often it is renewed
	Uses     int
	Rotate   *bool
	Reuse    Reuse
	Grace    *Span // how long a rotated token still works; a pointer, because 0s is a choice
}

// Institution adds a bank, when it has a Name, or changes the status of a known one.
type Institution struct {
	ID, Name string
	Status   string // ok | degraded | down | maintenance | unsupported | disabled
}

var institutionStatuses = []string{"ok", "degraded", "down", "maintenance", "unsupported", "disabled"}

// Rule makes calls of one operation behave otherwise.
type Rule struct {
	On    string // a canonical operation, or <provider>.<operationId>
	Where Where
	Then  Effects
	Line  int // in the scenario's file
}

// Where narrows a rule. Every condition that is given must hold.
type Where struct {
	Call                                    Calls
	Every                                   int // every n-th call; zero: any
	Provider, Institution, Account, Persona string
}

// Calls is a range of call numbers, counted from 1, both ends included.
// The zero value is any call; To zero has no end.
type Calls struct{ From, To int64 }

// Effects are what a rule does to the call.
type Effects struct {
	Problem    string // canonical; the provider renders it
	Message    string // empty: the provider's own words
	RetryAfter time.Duration
	Latency    time.Duration // wall time
}
