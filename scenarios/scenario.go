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
	Use       []string // scenarios whose sections this one takes over, see Library

	// Override lets what is said later replace what is said earlier, where Use says a
	// thing twice. Everywhere makes the scenario apply to every provider: what one does
	// not have is passed over.
	Override, Everywhere bool
	Pages                bool // it is about what a user does on a page, and means nothing without one

	// Seed, Clock and History shape a sandbox when it is born, so they count only
	// in the sandbox's own scenario. Clock freezes the sandbox at that instant (UTC).
	Seed    *uint64
	Clock   *time.Time
	History *Span // how long before the clock the accounts were opened

	Persona *Persona // who logs in, where the provider's user says nothing else
	Login   *Login
	// Ready is written inside login but is a section of its own: a scenario that only
	// delays the data keeps whatever login the farther layers ask for.
	Ready        *Ready
	Tokens       map[string]TokenRule // by token class
	Institutions []Institution
	Options      map[string]map[string]string // provider -> option -> raw text
	// Records are what providers keep beside connections, such as addresses or hosted pages, written when
	// a sandbox is born: provider -> kind -> id -> JSON.
	Records  map[string]map[string]map[string]string
	Data     []Change // of the bank data, from the beginning
	Timeline []Entry
	Rules    []Rule
	Expect   []Step // what `stuntbank test` does and wants to see; never taken over by Use

	File     string // as handed to Parse
	Bundled  bool   // ships in the binary
	Warnings ErrorList

	text   string
	used   []*Scenario // those of Use
	own    *Scenario   // what the file itself says, where Use adds to it
	linked bool
	book   *book // the rules, indexed
	at     places
}

// Text is the file as it was read.
func (s *Scenario) Text() string { return s.text }

// Login scripts what one login does. Its zero value is a login that succeeds at once.
type Login struct {
	Credentials Attempts
	MFA         []Challenge // put to the user in this order; empty: none
	Accounts    AccountChoice
	Approval    string // how the bank's own question for access ends: accept, deny or unavailable; empty: accept
	ConsentEnds Span   // after it was given; zero: the provider's own
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
	approvalOutcomes   = []string{"accept", "deny", "unavailable"}
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
	Methods     []Challenge // of a method selection: what each option leads to; none: the provider's own
	Option      string      // of such a method: what the option is called; empty: the provider's own words
}

// methodSelection is the kind of challenge in which the user chooses how to confirm.
const methodSelection = "method_selection"

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
	Length   int   // characters of the token
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
	File  string // where it is written
	Line  int
	N     int // its place among the rules of the file
}

// Where narrows a rule. Every condition that is given must hold.
type Where struct {
	Call                                    Calls
	Every                                   int   // every n-th call; zero: any
	Page                                    Calls // of a list
	Provider, Institution, Account, Persona string
	Step                                    string // of the session that the call moves
	Event                                   string // of a delivery
	Age                                     Age    // of the connection
	Header                                  map[string]string
	Chance                                  Chance
}

// counted reports whether the condition needs the number of the call.
func (w *Where) counted() bool { return w.Call != Calls{} || w.Every > 0 || w.Chance > 0 }

// Calls is a range of numbers, counted from 1, both ends included.
// The zero value is any; To zero has no end.
type Calls struct{ From, To int64 }

// Age is how long a connection must have lived: from From on, before To. A zero To has no end.
type Age struct{ From, To Span }

// Chance is a share in hundredths of a per cent; zero: always.
type Chance int

// Effects are what a rule does to the call. At most one of Problem, Status and Timeout is
// set, and Malformed beside none or a Problem.
type Effects struct {
	Problem    string // canonical; the provider renders it
	Message    string // empty: the provider's own words
	RetryAfter time.Duration
	Latency    Latency

	Status  int // a raw answer
	Body    string
	JSON    bool // the body is JSON, else the text as it stands
	Violate bool // the raw answer may break the provider's document

	Timeout time.Duration // no answer: after so long the line is cut

	Malformed bool // what would be answered is cut in the middle, so that it is no JSON
}

// Latency is how long a call waits before anything else happens, in wall time. With a
// P99 it is drawn: half of all waits are shorter than P50, one in a hundred is longer than P99.
type Latency struct{ P50, P99 time.Duration }

// Drawn reports whether the wait differs from call to call.
func (l Latency) Drawn() bool { return l.P99 > 0 }

// Entry is something that happens by itself, so long after something else has happened.
type Entry struct {
	Anchor  string // opened, connected, <class>_expired, or "webhook <event>"
	Wait    Span   // behind the anchor
	State   string // what becomes of the connection
	Changes []Change
	File    string // where it is written
	Line    int
}

// states are what a timeline can make of a connection.
var states = []string{"active", "login_required", "consent_expired", "revoked"}
