// Package journal keeps what happened in each sandbox, bounded and explainable.
//
//	pipeline ──Add──> Ring (one per sandbox) ──List/Get/Follow──> control API, console
//	                     │ bytes
//	                     ▼
//	                  Journal: one budget for all; bodies go first, then whole entries
//
// What a call did inside its sandbox is in its entry (Did); what it set off elsewhere or
// later is an entry of its own that names the call's (Cause).
//
// Entries hold what was seen as it was seen; secrets are masked when an entry is read
// (Mask), so that the hot path copies bytes and nothing more. What was dropped is
// counted and said.
package journal

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the journal in bytes and entries.
const (
	Budget     = 64 << 20 // all sandboxes together
	RingBodies = 2 << 20  // bodies of one sandbox
	RingSize   = 2000     // entries of one sandbox
	BodySize   = 16 << 10 // kept of one body
	TextSize   = 2 << 10  // kept of a path, a query or a detail
	entryCost  = 640      // what an entry is counted as, its texts, deeds and bodies apart
	deedCost   = 64       // what a deed is counted as, its detail apart
)

// Kind is the kind of an entry.
type Kind string

// Kinds.
const (
	Request  Kind = "request"  // a call of the app under test
	Widget   Kind = "widget"   // a page of a session
	Control  Kind = "control"  // a call of the control API that changed something
	Clock    Kind = "clock"    // a move of the clock
	Task     Kind = "task"     // a due row that ran
	Delivery Kind = "delivery" // an attempt to deliver a webhook
	Notice   Kind = "notice"   // the simulator itself has something to say
)

// Why explains an answer.
type Why struct {
	Scenario string `json:"scenario,omitempty"`  // the scenario that decided
	Layer    string `json:"layer,omitempty"`     // where it came from: call, username, sandbox, provider, default
	Rule     string `json:"rule,omitempty"`      // file:line of the rule
	Call     int64  `json:"call,omitempty"`      // the number of this call, where a rule counts
	Attempt  string `json:"attempt,omitempty"`   // which attempt of the script ended how: "login 2: reject"
	Draws    string `json:"draws,omitempty"`     // what was drawn, with its value
	Waited   int64  `json:"waited_ms,omitempty"` // the scripted latency in milliseconds
	Injected bool   `json:"injected,omitempty"`  // the answer is a scripted fault
	Problem  string `json:"problem,omitempty"`   // the canonical problem behind an error
	Detail   string `json:"detail,omitempty"`    // its sentence
}

// Deed is something that an entry did to the state of its sandbox.
type Deed struct {
	What    string `json:"what"`             // session.started, grant.issued, ...
	Subject string `json:"subject"`          // the id of what it was done to
	Detail  string `json:"detail,omitempty"` // never a secret
}

// Body is a body as it went over the wire, cut at BodySize.
type Body struct {
	Type    string // media type
	Data    []byte
	Size    int  // before the cut
	Dropped bool // it was there and made room
}

// Entry is one thing that happened.
type Entry struct {
	ID          string // the value of Stunt-Request
	Seq         int64
	Cause       string // ID of the entry that set this one off, of whichever sandbox
	Kind        Kind
	At          time.Time // virtual
	Wall        time.Time
	Took        time.Duration
	Provider    string
	Operation   string
	Also        []string // other canonical operations that the same call is; never changed
	OperationID string
	Method      string
	Path        string
	Query       string
	Status      int
	Session     string
	Connection  string
	Why         Why
	Notes       []string // what the real provider would not have said aloud
	Did         []Deed
	Request     Body
	Response    Body
}

// Journal owns the rings.
type Journal struct {
	mu      sync.RWMutex
	rings   map[string]*Ring
	made    int64 // rings ever made
	changed Bell  // a ring was made
	used    atomic.Int64
	entries atomic.Int64 // that made room, of all rings
	bodies  atomic.Int64
	limit   int64
	full    func() // is told when rings have to give room to others
}

// New makes a journal; limit in bytes, 0 means Budget.
func New(limit int64) *Journal {
	return &Journal{rings: map[string]*Ring{}, limit: cmp.Or(limit, Budget)}
}

// Ring gives the ring of a sandbox and makes it at first use.
func (j *Journal) Ring(sandbox string) *Ring {
	j.mu.RLock()
	r := j.rings[sandbox]
	j.mu.RUnlock()
	if r != nil {
		return r
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if r = j.rings[sandbox]; r == nil {
		j.made++
		r = &Ring{j: j, number: j.made}
		j.rings[sandbox] = r
		j.changed.Ring()
	}
	return r
}

// look gives the ring of a sandbox, nil if it has none.
func (j *Journal) look(sandbox string) *Ring {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.rings[sandbox]
}

// Find gives the entry of a request in a sandbox, without making a ring for it.
func (j *Journal) Find(sandbox, id string) (Entry, bool) {
	if r := j.look(sandbox); r != nil {
		return r.Get(id)
	}
	return Entry{}, false
}

// List gives the chosen entries of a sandbox, without making it a ring.
func (j *Journal) List(sandbox string, f Filter) ([]Entry, Dropped) {
	if r := j.look(sandbox); r != nil {
		return r.List(f)
	}
	return nil, Dropped{}
}

// OnFull lets fn know, once, that the budget is used up and the oldest rings give room to
// the newest. Set it before the first entry.
func (j *Journal) OnFull(fn func()) { j.full = sync.OnceFunc(fn) }

// Dropped counts what made room in all rings so far.
func (j *Journal) Dropped() Dropped {
	return Dropped{Entries: j.entries.Load(), Bodies: j.bodies.Load()}
}

// Limit is the budget in bytes.
func (j *Journal) Limit() int64 { return j.limit }

// Drop forgets the entries of a sandbox.
func (j *Journal) Drop(sandbox string) {
	j.mu.Lock()
	r := j.rings[sandbox]
	delete(j.rings, sandbox)
	j.mu.Unlock()
	if r != nil {
		r.mu.Lock()
		j.used.Add(-r.cost())
		r.entries, r.spare, r.head, r.bodies, r.texts, r.gone = nil, [2][]byte{}, 0, 0, 0, true
		r.changed.Ring()
		r.mu.Unlock()
	}
}

// Used is the bytes in use, as counted.
func (j *Journal) Used() int64 { return j.used.Load() }

// shrink makes room: the rings that were written longest ago give first, bodies
// before entries, until a tenth of the budget is free.
func (j *Journal) shrink() {
	if j.full != nil {
		j.full()
	}
	j.mu.RLock()
	rings := make([]*Ring, 0, len(j.rings))
	for _, r := range j.rings {
		rings = append(rings, r)
	}
	j.mu.RUnlock()
	slices.SortFunc(rings, func(a, b *Ring) int { return cmp.Compare(a.last.Load(), b.last.Load()) })
	for _, whole := range []bool{false, true} {
		for _, r := range rings {
			if j.used.Load() <= j.limit/10*9 {
				return
			}
			r.release(whole)
		}
	}
}

// Ring holds the entries of one sandbox.
type Ring struct {
	j      *Journal
	number int64        // tells it from the ring of the same name before
	seq    atomic.Int64 // of entries
	ids    atomic.Int64 // the numbers in the ids of all but deliveries
	last   atomic.Int64 // wall of the last write, to find who gives room first

	mu       sync.Mutex
	entries  []Entry   // circular once RingSize is reached
	head     int       // oldest
	bodies   int64     // bytes of bodies
	spare    [2][]byte // memory of stripped bodies, for the next ones
	texts    int64     // bytes of texts
	oldest   int       // how many of the oldest entries have given their bodies
	dropped  int64     // entries that made room
	dropSeq  int64     // the highest number among the entries that made room
	stripped int64     // bodies that made room
	born     int64     // wall of the first entry, Unix nanoseconds
	gone     bool      // dropped while a writer still held it
	changed  Bell      // an entry was added
}

// Begin makes the numbers go on behind n, in a ring that has numbered nothing yet.
func (r *Ring) Begin(n int64) {
	r.seq.CompareAndSwap(0, n)
	r.ids.CompareAndSwap(0, n)
}

// Next numbers an entry.
func (r *Ring) Next() int64 { return r.seq.Add(1) }

// Number is the next number in an id. Deliveries take none: they end whenever the app
// answers, and must not shift the ids of the calls beside them.
func (r *Ring) Number() int64 { return r.ids.Add(1) }

func (r *Ring) cost() int64 { return int64(len(r.entries))*entryCost + r.texts + r.bodies }

// Add keeps an entry. The bodies are copied (into the memory of the entry that gives
// way, where there is one), so the caller may reuse its buffers.
func (r *Ring) Add(e *Entry) {
	r.last.Store(e.Wall.UnixNano())
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return
	}
	before := r.cost()
	var slot *Entry
	if len(r.entries) < RingSize {
		r.entries = append(r.entries, Entry{})
		slot = &r.entries[len(r.entries)-1]
	} else {
		slot = &r.entries[r.head]
		r.head = (r.head + 1) % len(r.entries)
		r.bodies -= slot.bodies()
		r.texts -= slot.texts()
		r.forget(slot)
		r.oldest = max(0, r.oldest-1)
	}
	request, response := slot.Request.Data, slot.Response.Data
	*slot = *e
	slot.Notes, slot.Did = slices.Clone(e.Notes), slices.Clone(e.Did)
	slot.Method, slot.Path, slot.Query, slot.Why.Detail, slot.Why.Draws = clip(e.Method), clip(e.Path), clip(e.Query), clip(e.Why.Detail), clip(e.Why.Draws)
	slot.Request.Type = clip(e.Request.Type)
	r.keep(&slot.Request, request)
	r.keep(&slot.Response, response)
	r.bodies += slot.bodies()
	r.texts += slot.texts()
	for r.bodies > RingBodies && r.oldest < len(r.entries)-1 {
		r.strip(r.at(r.oldest))
		r.oldest++
	}
	if r.born == 0 {
		r.born = e.Wall.UnixNano()
	}
	used := r.j.used.Add(r.cost() - before)
	r.changed.Ring()
	r.mu.Unlock()
	if used > r.j.limit {
		r.j.shrink()
	}
}

// forget counts an entry that makes room.
func (r *Ring) forget(e *Entry) {
	r.dropped++
	r.j.entries.Add(1)
	r.dropSeq = max(r.dropSeq, e.Seq)
}

// keep replaces the data of a body by a copy: in the room that its slot had, or that a
// stripped entry left, or in new one where none fits.
func (r *Ring) keep(b *Body, room []byte) {
	b.Size = len(b.Data)
	data := b.Data[:min(len(b.Data), BodySize)]
	fits := func(room []byte) bool { return cap(room) >= len(data) && cap(room) <= 2*len(data) }
	if !fits(room) {
		room = nil
		if i := slices.IndexFunc(r.spare[:], fits); i >= 0 {
			room, r.spare[i] = r.spare[i], nil
		}
	}
	b.Data = append(room[:0], data...)
}

func clip(text string) string {
	if len(text) <= TextSize {
		return strings.Clone(text) // a part of a long request must not keep the whole
	}
	return strings.Clone(text[:TextSize]) + "…"
}

// bodies and texts are the bytes that an entry holds beyond entryCost.
func (e *Entry) bodies() int64 { return int64(cap(e.Request.Data) + cap(e.Response.Data)) }

func (e *Entry) texts() int64 {
	n := len(e.Path) + len(e.Query) + len(e.Why.Detail) + len(e.Why.Draws)
	for _, d := range e.Did {
		n += deedCost + len(d.Detail)
	}
	for _, note := range e.Notes {
		n += len(note)
	}
	return int64(n)
}

func (r *Ring) strip(e *Entry) {
	if n := e.bodies(); n > 0 {
		r.bodies -= n
		r.stripped++
		r.j.bodies.Add(1)
	}
	for _, b := range [...]*Body{&e.Request, &e.Response} {
		b.Dropped = b.Dropped || b.Size > 0
		if cap(b.Data) > 0 {
			r.spare[0], r.spare[1] = r.spare[1], b.Data
		}
		b.Data = nil
	}
}

func (r *Ring) release(whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return
	}
	before := r.cost()
	for ; r.oldest < len(r.entries); r.oldest++ {
		r.strip(r.at(r.oldest))
	}
	if whole {
		for i := range r.entries {
			r.forget(&r.entries[i])
		}
		r.entries, r.head, r.oldest, r.texts = nil, 0, 0, 0
	}
	r.j.used.Add(r.cost() - before)
}

// Filter chooses entries; zero fields choose all.
type Filter struct {
	Operation  string // canonical or operationId
	Provider   string
	Kind       Kind
	Status     int
	Session    string // a handle
	Connection string
	Cause      string    // ID of the entry that set them off
	After      int64     // sequence number of the last one seen
	Since      time.Time // virtual, as Until
	Until      time.Time
	Limit      int // so many at most
}

// Dropped says what made room so far.
type Dropped struct {
	Entries int64 `json:"entries"`
	Bodies  int64 `json:"bodies"`
}

// List gives copies of the last of the chosen entries, oldest first, and what was
// dropped.
func (r *Ring) List(f Filter) ([]Entry, Dropped) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.position(f.After)
	var out []Entry
	for i := len(r.entries) - 1; i > seen && (f.Limit == 0 || len(out) < f.Limit); i-- {
		if e := r.at(i); f.chooses(e) && (seen >= 0 || e.Seq > f.After) {
			out = append(out, e.clone())
		}
	}
	slices.Reverse(out)
	return out, Dropped{Entries: r.dropped, Bodies: r.stripped}
}

// at is the ith entry, the oldest first.
func (r *Ring) at(i int) *Entry { return &r.entries[(r.head+i)%len(r.entries)] }

// position finds an entry by its number, or -1. Calls end in another order than they
// are numbered in, so who has seen one may yet have to see smaller ones.
func (r *Ring) position(seq int64) int {
	for i := len(r.entries) - 1; i >= 0 && seq > 0; i-- {
		if r.at(i).Seq == seq {
			return i
		}
	}
	return -1
}

// Get finds an entry by its request id.
func (r *Ring) Get(id string) (Entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.entries {
		if r.entries[i].ID == id {
			return r.entries[i].clone(), true
		}
	}
	return Entry{}, false
}

func (f Filter) chooses(e *Entry) bool {
	return (f.Operation == "" || f.Operation == e.Operation || f.Operation == e.OperationID || slices.Contains(e.Also, f.Operation)) &&
		(f.Provider == "" || f.Provider == e.Provider) &&
		(f.Kind == "" || f.Kind == e.Kind) &&
		(f.Status == 0 || f.Status == e.Status) &&
		(f.Session == "" || f.Session == e.Session) &&
		(f.Connection == "" || f.Connection == e.Connection) &&
		(f.Cause == "" || f.Cause == e.Cause) &&
		(f.Since.IsZero() || !e.At.Before(f.Since)) &&
		(f.Until.IsZero() || e.At.Before(f.Until))
}

func (e *Entry) clone() Entry {
	c := *e
	c.Notes, c.Did = slices.Clone(e.Notes), slices.Clone(e.Did)
	c.Request.Data = slices.Clone(e.Request.Data)
	c.Response.Data = slices.Clone(e.Response.Data)
	return c
}
