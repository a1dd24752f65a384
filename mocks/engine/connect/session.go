package connect

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Step is where a session stands.
type Step string

// The steps of the machine; the last four are final.
const (
	Consent      Step = "consent"
	Institution  Step = "institution"
	AccessMethod Step = "access_method" // which of the bank's ways in
	Credentials  Step = "credentials"
	Challenging  Step = "challenge"
	Approving    Step = "approval" // the bank asks whether the app may have access
	Waiting      Step = "waiting"
	Accounts     Step = "accounts"
	Succeeded    Step = "succeeded"
	Cancelled    Step = "cancelled"
	Failed       Step = "failed"
	Expired      Step = "expired"
)

// Steps lists the steps at which a session waits for its user. A flow gives their order.
func Steps() []Step {
	return []Step{Consent, Institution, AccessMethod, Credentials, Challenging, Approving, Waiting, Accounts}
}

// Final says whether a session at this step never moves again.
func (s Step) Final() bool {
	return s == Succeeded || s == Cancelled || s == Failed || s == Expired
}

// Purpose is what a session is for.
type Purpose string

// Purposes.
const (
	Connect   Purpose = "connect"   // a new connection
	Reconnect Purpose = "reconnect" // new credentials for an existing one
	Assist    Purpose = "refresh"   // a second factor that a refresh waits for
	Read      Purpose = "read"      // no login: what an existing connection keeps is read
)

// Trouble is why the last input did not move the session on, or why it failed.
type Trouble struct {
	Code  problem.Code `json:"code"`
	Field string       `json:"field,omitempty"` // the input at fault, if it is one
	// Missing are the inputs that were left empty: by name, answers by number from 1.
	Missing []string `json:"missing,omitempty"`
	// Reason says more of an input at fault: TooShort or TooLong.
	Reason string `json:"reason,omitempty"`
	// Detail says more to a developer; no bank would show it.
	Detail string `json:"detail,omitempty"`
}

// Event is something the page that embeds the widget may hear of, in neutral words;
// a provider gives each its own name. Seq starts at 1 and never repeats.
type Event struct {
	Seq  int               `json:"seq"`
	Name string            `json:"name"`
	At   time.Time         `json:"at"`
	Data map[string]string `json:"data,omitempty"`
}

// Names of events. A view event is "view:" and the step or challenge kind, or "bank" for
// what the bank's own page shows; its data then has the step.
const (
	EventOpened               = "opened"
	EventView                 = "view:"
	EventBankPage             = EventView + "bank"
	EventConsentAccepted      = "consent:accepted"
	EventConsentDenied        = "consent:denied"
	EventInstitutionSelected  = "institution:selected"
	EventInstitutionRequested = "institution:requested"
	EventMethodSelected       = "method:selected" // an access method of the institution
	EventCredentialsSubmitted = "credentials:submitted"
	EventChallengeSubmitted   = "challenge:submitted"
	EventFactorSelected       = "factor:selected" // how the user wants to confirm
	EventApproved             = "approval:given"
	EventDenied               = "approval:denied"
	EventAccountsSelected     = "accounts:selected"
	EventError                = "error:"
	EventSucceeded            = "succeeded"
	EventExit                 = "exit"
)

// Factor is a way to confirm that a user has chosen.
type Factor struct {
	At     int  `json:"at"`     // index of the method selection among the challenges
	Option int  `json:"option"` // index of the option
	Kind   Kind `json:"kind"`   // of the challenge that follows; empty: none does
}

// Session is one attempt of a user to connect. It is a value: Advance returns a new
// one and leaves its argument alone.
type Session struct {
	ID       string            `json:"id"`       // the provider's name of the attempt
	Handle   string            `json:"handle"`   // the unguessable name in the page's URL
	Key      string            `json:"key"`      // secret behind sent codes
	Provider string            `json:"provider"` // manifest name
	Purpose  Purpose           `json:"purpose"`
	Product  string            `json:"product,omitempty"`    // which of the provider's flows; empty: its usual one
	Flow     Flow              `json:"flow"`                 // the stages before succeeded, in order
	Usual    Flow              `json:"usual_flow,omitempty"` // the flow before an access method changed it; nil: none did
	Without  []Step            `json:"without,omitempty"`    // steps of the product's flow that this session leaves out
	Owner    string            `json:"owner,omitempty"`      // the client of the app that started it
	UserKey  string            `json:"user_key,omitempty"`   // the app's own name of the user
	Params   map[string]string `json:"params,omitempty"`     // what the start call and the entry page said
	Layers   []string          `json:"layers,omitempty"`     // scenarios named at the call, nearest first
	Hosting  Hosting           `json:"hosting,omitzero"`     // how the app holds its page
	App      string            `json:"app,omitempty"`        // who asks for the data, where the entry page says so; empty: the provider's setting
	Terms    string            `json:"terms,omitempty"`      // the app's own terms, an address, which the consent asks the user to agree to
	Asks     []string          `json:"asks,omitempty"`       // what the consent lists; empty: accounts, balances and transactions
	NoClose  bool              `json:"no_close,omitempty"`   // the page has no button to leave it
	Look     *Look             `json:"look,omitempty"`       // the app's own; nil: the skin's. It is never changed, only replaced

	Lang    string      `json:"lang,omitempty"`    // of its pages and prompts; empty: the provider's first
	Prefill string      `json:"prefill,omitempty"` // the user name that the app has given
	Fixed   bool        `json:"fixed,omitempty"`   // the user cannot type another than Prefill
	Page    PageOptions `json:"page,omitzero"`     // what the app asked of the simulator's pages

	Step        Step      `json:"step"`
	Rev         int       `json:"rev"`   // moves with every answer a user sees
	Began       int       `json:"began"` // the revision that the present attempt showed first
	Institution string    `json:"institution,omitempty"`
	Preselected bool      `json:"preselected,omitempty"` // the institution was given, there is no way back to the list
	Method      string    `json:"method,omitempty"`      // id of the access method; empty: the institution has one way in, or none is chosen
	Username    string    `json:"username,omitempty"`    // as typed, without suffixes
	Suffix      string    `json:"suffix,omitempty"`      // scenario named by the user name (user+name)
	Attempts    int       `json:"attempts"`              // logins tried
	Earlier     int       `json:"earlier,omitempty"`     // logins that the bank had seen before this session
	Wrong       int       `json:"wrong"`                 // logins that counted against the limit
	MaxLogins   int       `json:"max_logins,omitempty"`  // the limit, where the app sets one; 0: the provider's
	Challenge   int       `json:"challenge"`             // index of the present challenge
	Factors     []Factor  `json:"factors,omitempty"`     // what was chosen where the bank let the user choose how to confirm
	Tries       int       `json:"tries"`                 // answers given to it
	Tried       []int     `json:"tried,omitempty"`       // answers given to each challenge, however often it was put
	Sent        int       `json:"sent"`                  // times it was put to the user
	SentAt      time.Time `json:"sent_at"`
	AnswerBy    time.Time `json:"answer_by"` // when the challenge expires; zero: never
	Polls       int       `json:"polls"`     // times a waiting page asked
	ReadyFrom   time.Time `json:"ready_from"`
	Trouble     *Trouble  `json:"trouble,omitempty"`
	Accounts    []string  `json:"accounts,omitempty"` // canonical keys of what was agreed to
	// Typed are the values of the login form that are no secret, besides the user name.
	Typed map[string]string `json:"typed,omitempty"`

	StartedAt time.Time `json:"started_at"`
	OpenedAt  time.Time `json:"opened_at"`        // zero: nobody has looked at its page
	Notice    string    `json:"notice,omitempty"` // what the entry page asked for in vain, for a developer
	ExpiresAt time.Time `json:"expires_at"`       // zero: never
	// Every input moves ExpiresAt to Idle from then, but not behind Deadline; 0: it stands.
	Idle        time.Duration `json:"idle,omitempty"`
	Deadline    time.Time     `json:"deadline,omitzero"`
	EndedAt     time.Time     `json:"ended_at"`
	Connection  string        `json:"connection,omitempty"`   // set by the driver when it carries out Connected
	Target      string        `json:"target,omitempty"`       // the id that its connection gets; empty: one of its own
	Ephemeral   bool          `json:"ephemeral,omitempty"`    // what it connects ends with it
	AutoRefresh bool          `json:"auto_refresh,omitempty"` // what it connects is refreshed by itself, where that is asked for
	Refresh     string        `json:"refresh,omitempty"`      // the refresh that its data waits for
	Events      []Event       `json:"events,omitempty"`
}

// PageOptions are what a simulator's pages do that no provider's would, as the address of
// the entry page asks for it.
type PageOptions struct {
	NoHints    bool `json:"no_hints,omitempty"`   // nothing helps to fill the forms
	Compact    bool `json:"compact,omitempty"`    // one word is left of the ribbon
	Autopilot  bool `json:"autopilot,omitempty"`  // the session walks by itself
	Autofinish bool `json:"autofinish,omitempty"` // the last page leaves by itself
}

// Clone copies everything a change could reach. Flow, Usual, Without, Layers and Look are
// replaced and never changed in place, so that all sessions of a product share them.
func (s Session) Clone() Session {
	s.Factors = slices.Clone(s.Factors)
	s.Typed = maps.Clone(s.Typed)
	s.Params = maps.Clone(s.Params)
	s.Accounts = slices.Clone(s.Accounts)
	s.Tried = slices.Clone(s.Tried)
	s.Events = slices.Clip(s.Events) // they are added to, and one that was told stays as it is
	if s.Trouble != nil {
		t := *s.Trouble
		t.Missing = slices.Clone(t.Missing)
		s.Trouble = &t
	}
	return s
}

// Story gives the events of the present attempt, from the last time that the session was
// opened: what somebody who begins to listen now has to hear.
func (s Session) Story() []Event {
	for i := len(s.Events) - 1; i > 0; i-- {
		if s.Events[i].Name == EventOpened {
			return s.Events[i:]
		}
	}
	return s.Events
}

// Fresh says whether the user has done nothing yet.
func (s Session) Fresh() bool { return s.Trouble == nil && !s.Step.Final() && s.Rev == s.Began }

// Has says whether a step is part of the session's flow.
func (s Session) Has(step Step) bool { return s.Flow.Has(step) }

// ChosenFactor is the kind of challenge that the user has chosen last; empty: none.
func (s Session) ChosenFactor() Kind {
	if len(s.Factors) == 0 {
		return ""
	}
	return s.Factors[len(s.Factors)-1].Kind
}

// Start puts a session at the first step of its flow. One that assists a refresh begins
// at the second factor: the bank has the credentials.
func Start(s Session, b Behaviour, now time.Time) (Session, []Effect) {
	s = s.Clone()
	s.StartedAt, s.Rev = now, 1
	s.note(now, EventOpened, nil)
	m := move{s: &s, b: b, now: now}
	if s.Purpose == Assist && len(b.Challenges) > 0 {
		m.put()
	} else {
		m.enter(m.after(""))
	}
	s.Began = s.Rev
	return s, m.effects
}

// Preselect gives a session that nobody has touched an institution that its user need not
// choose. b is the behaviour of that institution.
func Preselect(s Session, institution string, b Behaviour, now time.Time) Session {
	s = s.Clone()
	s.untake()
	s.Institution, s.Preselected = institution, true
	if s.Step == Consent {
		return s // what comes behind it is seen later
	}
	m := move{s: &s, b: b, now: now}
	if first := m.after(""); first != s.Step {
		m.enter(first)
		s.Began = s.Rev
	}
	return s
}

// Reopen shows a session that is under way in another page. Who listens there hears that
// it was opened and what it shows, not what others have heard before; what went wrong in
// the former page is not said again.
func Reopen(s Session, now time.Time) Session {
	s = s.Clone()
	if s.Trouble != nil {
		s.Trouble = nil
		s.Rev++
	}
	shown := EventView + string(s.Step)
	for _, e := range s.Events { // a challenge is shown by its kind, which the script decides
		if strings.HasPrefix(e.Name, EventView) {
			shown = e.Name
		}
	}
	s.note(now, EventOpened, nil)
	s.note(now, shown, nil)
	return s
}

// Open puts a session for reading at its end: nobody has to log in.
func Open(s Session, now time.Time) Session {
	s = s.Clone()
	s.StartedAt, s.EndedAt, s.Rev, s.Step = now, now, 1, Succeeded
	return s
}

// Refuse ends a session whose login the bank does not even look at.
func Refuse(s Session, code problem.Code, now time.Time) (Session, []Effect) {
	s = s.Clone()
	m := move{s: &s, now: now}
	m.fail(Failed, code)
	return s, m.effects
}

// Touch lets the time to idle begin anew: what a call does that asks and moves nothing.
func (s *Session) Touch(now time.Time) {
	if s.Idle <= 0 {
		return
	}
	if s.ExpiresAt = now.Add(s.Idle); !s.Deadline.IsZero() && s.Deadline.Before(s.ExpiresAt) {
		s.ExpiresAt = s.Deadline
	}
}

func (s *Session) note(at time.Time, name string, data map[string]string) {
	s.Events = append(s.Events, Event{Seq: len(s.Events) + 1, Name: name, At: at, Data: data})
}
