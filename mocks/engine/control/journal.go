package control

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// pageSize is how many entries a list has unless it says otherwise.
const pageSize = 100

type entryView struct {
	ID          string         `json:"id"`
	Seq         int64          `json:"seq"`
	Cause       *string        `json:"cause"`
	Kind        journal.Kind   `json:"kind"`
	At          time.Time      `json:"at"`
	Wall        time.Time      `json:"wall"`
	Took        int64          `json:"took_us"`
	Provider    *string        `json:"provider"`
	Operation   *string        `json:"operation"`
	Also        []string       `json:"also"`
	OperationID *string        `json:"operation_id"`
	Method      *string        `json:"method"`
	Path        *string        `json:"path"`
	Query       *string        `json:"query"`
	Status      *int           `json:"status"`
	Session     *string        `json:"session"`
	Connection  *string        `json:"connection"`
	Why         whyView        `json:"why"`
	Notes       []string       `json:"notes"`
	Did         []journal.Deed `json:"did"`
	Request     *contentView   `json:"request"`
	Response    *contentView   `json:"response"`
}

type whyView struct {
	Scenario *string   `json:"scenario"`
	Layer    *string   `json:"layer"`
	Rule     *string   `json:"rule"`
	Call     *int      `json:"call"`
	Attempt  *string   `json:"attempt"`
	Draws    *string   `json:"draws"`
	Waited   *int      `json:"waited_ms"`
	Clock    time.Time `json:"clock"`
	Injected bool      `json:"injected"`
	Problem  *string   `json:"problem"`
	Detail   *string   `json:"detail"`
}

type contentView struct {
	Type    *string `json:"type"`
	Text    string  `json:"text"`
	Size    int     `json:"size"`
	Dropped bool    `json:"dropped"`
	Cut     bool    `json:"cut"`
}

// entry shows an entry with every secret masked.
func (a *API) entry(e journal.Entry) entryView {
	e = a.s.Mask(e)
	return entryView{
		ID: e.ID, Seq: e.Seq, Cause: optional(e.Cause), Kind: e.Kind, At: e.At, Wall: e.Wall.UTC(), Took: e.Took.Microseconds(),
		Provider: optional(e.Provider), Operation: named(e.Operation), Also: append([]string{}, e.Also...), OperationID: optional(e.OperationID),
		Method: optional(e.Method), Path: optional(e.Path), Query: optional(e.Query), Status: optionalCount(e.Status),
		Session: optional(e.Session), Connection: optional(e.Connection),
		Why: whyView{
			Scenario: optional(e.Why.Scenario), Layer: optional(e.Why.Layer), Rule: optional(e.Why.Rule),
			Call: optionalCount(int(e.Why.Call)), Attempt: optional(e.Why.Attempt), Draws: optional(e.Why.Draws),
			Waited: optionalCount(int(e.Why.Waited)), Clock: e.At, Injected: e.Why.Injected,
			Problem: optional(e.Why.Problem), Detail: optional(e.Why.Detail),
		},
		Notes: append([]string{}, e.Notes...), Did: append([]journal.Deed{}, e.Did...), Request: newContent(e.Request), Response: newContent(e.Response),
	}
}

func newContent(b journal.Body) *contentView {
	if b.Size == 0 {
		return nil
	}
	return &contentView{Type: optional(b.Type), Text: string(b.Data), Size: b.Size, Dropped: b.Dropped, Cut: !b.Dropped && b.Size > journal.BodySize}
}

// filter reads what a call asks for. Times are the sandbox's.
func (a *API) filter(c *engine.Call) (f journal.Filter, err error) {
	if err := a.known(c); err != nil {
		return f, err
	}
	status, err := number(c, "status", 0)
	if err != nil {
		return f, err
	}
	f = journal.Filter{
		Operation: c.Query("operation"), Provider: c.Query("provider"), Kind: journal.Kind(c.Query("kind")),
		Status: int(status), Session: c.Query("session"), Connection: c.Query("connection"), Cause: c.Query("cause"),
	}
	if f.Since, err = instant(c, "since"); err != nil {
		return f, err
	}
	f.Until, err = instant(c, "until")
	if s, e := a.s.Session(c.Context(), c.Sandbox.Name, f.Session); e == nil {
		f.Session = s.Handle // the provider's id of a session does as well
	}
	return f, err
}

func (a *API) listJournal(c *engine.Call) (engine.Reply, error) {
	f, err := a.filter(c)
	if err != nil {
		return engine.Reply{}, err
	}
	after, err := number(c, "after", 0)
	if err != nil {
		return engine.Reply{}, err
	}
	limit, err := number(c, "limit", pageSize)
	if err != nil {
		return engine.Reply{}, err
	}
	f.Limit = int(limit)
	var b journal.Batch
	if c.HasQuery("after") { // who follows wants the next ones
		b = a.s.Journal().Follow(c.Sandbox.Name, journal.Cursor{Seq: after}, f)
	} else { // who looks wants the last ones
		b.Entries, b.Dropped = a.s.Journal().List(c.Sandbox.Name, f)
		if n := len(b.Entries); n > 0 {
			b.Next.Seq = b.Entries[n-1].Seq
		}
	}
	out := []entryView{}
	for _, e := range b.Entries {
		out = append(out, a.entry(e))
	}
	return engine.JSON(http.StatusOK, struct {
		Entries []entryView     `json:"entries"`
		Dropped journal.Dropped `json:"dropped"`
		Missed  bool            `json:"missed"`
		Next    int64           `json:"next"`
	}{out, b.Dropped, b.Missed, b.Next.Seq}), nil
}

// known refuses a filter that can choose nothing: an assertion that the app made no
// such call must not pass because of a misspelt name.
func (a *API) known(c *engine.Call) error {
	if name := c.Query("provider"); name != "" {
		if _, _, ok := a.s.Provider(name); !ok {
			return problem.Invalid("provider", problem.NotAllowed, "no provider is called %q", name)
		}
	}
	op := c.Query("operation")
	if op == "" || slices.Contains(engine.Operations(), op) {
		return nil
	}
	for _, man := range append(a.s.Providers(), a.Manifest()) {
		_, routes, _ := a.s.Provider(man.Name)
		if slices.ContainsFunc(routes, func(r engine.Route) bool { return r.ID == op || r.Op == op }) {
			return nil
		}
	}
	return problem.Invalid("operation", problem.NotAllowed,
		"no operation is called %q: use a canonical one such as transactions.list, or an operationId of a provider", op)
}

func number(c *engine.Call, name string, otherwise int64) (int64, error) {
	if !c.HasQuery(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(c.Query(name), 10, 64)
	if err != nil {
		return 0, problem.Invalid(name, problem.WrongType, "%s must be a whole number", name)
	}
	return n, nil
}

func instant(c *engine.Call, name string) (time.Time, error) {
	if !c.HasQuery(name) {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.Query(name))
	if err != nil {
		return t, problem.Invalid(name, problem.Format, "%s is %.40q: use an instant of the sandbox's time such as 2026-03-31T10:00:00Z", name, c.Query(name))
	}
	return t, nil
}

// getEntry finds an entry by its request id, which begins with its sandbox.
func (a *API) getEntry(c *engine.Call) (engine.Reply, error) {
	id := c.Path("request")
	name := c.Sandbox.Name
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		name = id[:i]
	}
	if e, ok := a.s.Journal().Find(name, id); ok {
		return engine.JSON(http.StatusOK, a.entry(e)), nil
	}
	return engine.Reply{}, problem.New(problem.NotFound,
		"the journal has no request %q: pass the Stunt-Request header of an answer; calls that only look at this API are not kept, and old entries make room", id)
}
