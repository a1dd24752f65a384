package webhook

import (
	"slices"
	"time"
)

// Draft is what a provider says of an event before the event has an id.
type Draft struct {
	Type   string // the provider's name of what happened
	Schema string // of the document's components, which the body keeps to; empty: none
	// Body renders the body of the event of this id: for equal ids the same bytes.
	Body func(id string) ([]byte, error)
	URL  string // as in Notice
	Note string // for the journal: what the body leaves unsaid; empty: nothing
}

// Notice is a provider's event as it goes out: one body for whoever listens to its type.
type Notice struct {
	ID     string // the provider's id of the event, by which a receiver drops duplicates
	Type   string // the provider's name of what happened
	Schema string // of the document's components, which Body keeps to; empty: none
	Body   []byte
	// URL is the only receiver of a notice that no endpoint can subscribe to; empty for
	// one that goes to the endpoints.
	URL string
}

// Endpoint is where an app wants to hear of events.
type Endpoint struct {
	ID          string    `json:"id"`
	Provider    string    `json:"provider"`
	URL         string    `json:"url"`
	Types       []string  `json:"types"` // the provider's event types; empty: all
	Description string    `json:"description,omitempty"`
	Disabled    bool      `json:"disabled,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
}

// Clone copies the endpoint.
func (e Endpoint) Clone() Endpoint {
	e.Types = slices.Clone(e.Types)
	return e
}

// Listens says whether the endpoint wants events of a type.
func (e Endpoint) Listens(typ string) bool {
	return !e.Disabled && (len(e.Types) == 0 || slices.Contains(e.Types, typ))
}

// State is how far a delivery has come.
type State string

// States of a delivery. Only a pending one is ever due.
const (
	Pending   State = "pending"   // waits for its first attempt, its turn, or the next attempt
	Held      State = "held"      // waits for somebody to release it
	Delivered State = "delivered" // answered with a 2xx
	Failed    State = "failed"    // given up after the last attempt of the schedule
	Unheard   State = "unheard"   // nobody listened: it stays here to be read
)

// Sink is the endpoint of what nobody listens to.
const Sink = "sink"

// Attempt is one POST of a delivery.
type Attempt struct {
	N       int           `json:"n"`  // from 1
	At      time.Time     `json:"at"` // virtual
	Wall    time.Time     `json:"wall"`
	Took    time.Duration `json:"took"`
	Status  int           `json:"status,omitempty"` // 0: no answer
	Answer  string        `json:"answer,omitempty"` // the beginning of it
	Error   string        `json:"error,omitempty"`  // why there was no answer, and what to do
	Headers []Header      `json:"headers,omitempty"`
}

// OK says whether the receiver took it.
func (a Attempt) OK() bool { return a.Status/100 == 2 }

// Header is one header field.
type Header struct{ Name, Value string }

// Scenarios names those that were in force for what a delivery is about, beside the
// sandbox's: named at a call, by the user name, and the provider's own of a test user.
type Scenarios struct {
	Call     []string `json:"call,omitempty"`
	Username string   `json:"username,omitempty"`
	Magic    string   `json:"magic,omitempty"`
}

// Delivery is one notice to one endpoint.
type Delivery struct {
	ID         string    `json:"id"` // counts in its sandbox, in the order of what happened
	Provider   string    `json:"provider"`
	Event      string    `json:"event"`                // canonical name
	EventID    string    `json:"event_id"`             // the provider's
	Type       string    `json:"type"`                 // the provider's
	Connection string    `json:"connection,omitempty"` // what it is about
	Cause      string    `json:"cause,omitempty"`      // the journal entry that told of the event
	Endpoint   string    `json:"endpoint"`             // Sink, or "url" for one that names its receiver itself
	URL        string    `json:"url,omitempty"`
	Body       []byte    `json:"body"`
	State      State     `json:"state"`
	CreatedAt  time.Time `json:"created_at"`
	Due        time.Time `json:"due"` // of the next attempt, virtual; zero where none is planned or its turn has not come
	Attempts   []Attempt `json:"attempts,omitempty"`
	Scenarios  Scenarios `json:"scenarios,omitzero"` // whose options sign it
}

// Clone copies the delivery. A body never changes and is shared.
func (d Delivery) Clone() Delivery {
	d.Attempts = slices.Clone(d.Attempts)
	d.Scenarios.Call = slices.Clone(d.Scenarios.Call)
	return d
}

// Lane names the order that a delivery keeps: first attempts of what one endpoint hears
// of one connection happen in the order of the events.
func (d Delivery) Lane() string { return d.Endpoint + "\x00" + d.URL + "\x00" + d.Connection }

// Lane is the deliveries of one order that wait for their first attempt, the next one
// first.
type Lane struct {
	Waiting []string `json:"waiting"`
}

// Clone copies the lane.
func (l Lane) Clone() Lane { return Lane{Waiting: slices.Clone(l.Waiting)} }

// Schedule is how a provider tries again: after First, then Factor times longer each
// time, but never longer than Longest, and at most Tries attempts in all.
type Schedule struct {
	Tries   int
	First   time.Duration
	Factor  int           // 0 counts as 1: the same pause each time
	Longest time.Duration // 0: no limit
	Status  int           // the only one that counts as taken; 0: any 2xx
	// Redirects says that a redirect counts as taken, too. It is not followed.
	Redirects bool
}

// took says whether the receiver took an attempt.
func (s Schedule) took(a Attempt) bool {
	return a.OK() && (s.Status == 0 || a.Status == s.Status) || s.Redirects && a.Status/100 == 3
}

// Next is when a delivery that was tried n times, at last at an instant, is tried again;
// false when the schedule has come to its end.
func (s Schedule) Next(n int, last time.Time) (time.Time, bool) {
	if n < 1 || n >= s.Tries {
		return time.Time{}, false
	}
	pause := s.First
	for range n - 1 {
		if pause *= time.Duration(max(s.Factor, 1)); s.Longest > 0 && pause >= s.Longest {
			pause = s.Longest
			break
		}
	}
	return last.Add(pause), true
}

// Tried is the delivery after one more attempt.
func (d Delivery) Tried(a Attempt, s Schedule) Delivery {
	d = d.Clone()
	a.N = len(d.Attempts) + 1
	d.Attempts = append(d.Attempts, a)
	d.Due = time.Time{}
	switch next, again := s.Next(a.N, a.At); {
	case s.took(a):
		d.State = Delivered
	case again:
		d.State, d.Due = Pending, next
	default:
		d.State = Failed
	}
	return d
}
