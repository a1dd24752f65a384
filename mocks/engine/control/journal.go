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
	ID          string       `json:"id"`
	Seq         int64        `json:"seq"`
	Kind        journal.Kind `json:"kind"`
	At          time.Time    `json:"at"`
	Wall        time.Time    `json:"wall"`
	Took        int64        `json:"took_us"`
	Provider    *string      `json:"provider"`
	Operation   *string      `json:"operation"`
	OperationID *string      `json:"operation_id"`
	Method      *string      `json:"method"`
	Path        *string      `json:"path"`
	Query       *string      `json:"query"`
	Status      *int         `json:"status"`
	Session     *string      `json:"session"`
	Connection  *string      `json:"connection"`
	Why         whyView      `json:"why"`
	Notes       []string     `json:"notes"`
	Request     *contentView `json:"request"`
	Response    *contentView `json:"response"`
}

type whyView struct {
	Scenario *string   `json:"scenario"`
	Layer    *string   `json:"layer"`
	Rule     *string   `json:"rule"`
	Call     *int      `json:"call"`
	Clock    time.Time `json:"clock"`
	Injected bool      `json:"injected"`
	Problem  *string   `json:"problem"`
	Detail   *string   `json:"detail"`
}

type contentView struct {
	Text    string `json:"text"`
	Size    int    `json:"size"`
	Dropped bool   `json:"dropped"`
	Cut     bool   `json:"cut"`
}

// entry shows an entry with every secret masked.
func (a *API) entry(e journal.Entry) entryView {
	e = e.Mask(a.secrets...)
	return entryView{
		ID: e.ID, Seq: e.Seq, Kind: e.Kind, At: e.At, Wall: e.Wall.UTC(), Took: e.Took.Microseconds(),
		Provider: optional(e.Provider), Operation: named(e.Operation), OperationID: optional(e.OperationID),
		Method: optional(e.Method), Path: optional(e.Path), Query: optional(e.Query), Status: optionalCount(e.Status),
		Session: optional(e.Session), Connection: optional(e.Connection),
		Why: whyView{
			Scenario: optional(e.Why.Scenario), Layer: optional(e.Why.Layer), Rule: optional(e.Why.Rule),
			Call: optionalCount(int(e.Why.Call)), Clock: e.At, Injected: e.Why.Injected,
			Problem: optional(e.Why.Problem), Detail: optional(e.Why.Detail),
		},
		Notes: append([]string{}, e.Notes...), Request: newContent(e.Request), Response: newContent(e.Response),
	}
}

func newContent(b journal.Body) *contentView {
	if b.Size == 0 {
		return nil
	}
	return &contentView{Text: string(b.Data), Size: b.Size, Dropped: b.Dropped, Cut: !b.Dropped && b.Size > journal.BodySize}
}

func (a *API) listJournal(c *engine.Call) (engine.Reply, error) {
	status, err := number(c, "status", 0)
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
	if err := a.known(c); err != nil {
		return engine.Reply{}, err
	}
	entries, dropped := a.s.Journal().List(c.Sandbox.Name, journal.Filter{
		Operation: c.Query("operation"), Provider: c.Query("provider"), Kind: journal.Kind(c.Query("kind")),
		Status: int(status), After: after, Follow: c.HasQuery("after"), Limit: int(limit),
	})
	out := []entryView{}
	next := after
	for _, e := range entries {
		out = append(out, a.entry(e))
		next = e.Seq
	}
	return engine.JSON(http.StatusOK, map[string]any{"entries": out, "dropped": dropped, "next": next}), nil
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
