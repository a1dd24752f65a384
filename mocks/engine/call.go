package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Call is one request on its way through the pipeline, as a handler sees it.
type Call struct {
	Request    *http.Request   // read only
	Sandbox    sandbox.Sandbox // where the call belongs
	Now        time.Time       // the sandbox's time, one instant for the whole call
	Body       []byte
	Credential string // what proved who calls, without sandbox suffix; of a client its id

	s      *Server
	m      *mount
	rt     *Route
	in     *inbound
	w      http.ResponseWriter // for deadlines only
	params gin.Params
	query  url.Values
	fields map[string]any // decoded body, for ids that travel in it

	refs  []located           // its ids and tokens, and what they belong to
	conn  *connect.Connection // the connection among them
	sess  *connect.Session    // the session among them
	came  *connect.Connection // what came of that
	named []string            // the scenarios that this very call names, nearest first

	client string       // see Client
	bearer *grant.Grant // see Bearer

	scr  *scripts
	idem *idempotent // nil without a key

	// What a rule does to the answer: cut the line instead, raw bytes, which may break the
	// document, or damage to what is answered.
	cut, raw, violate, malform bool

	broken string // what of ours breaks the document, besides the answer

	doing *Tx   // the transaction at work
	held  *live // Run waits for the answer
	wrote bool  // a transaction was committed

	ring   *journal.Ring // nil until the call is numbered, and for one that only looks
	number int64         // in its id
	entry  journal.Entry
}

// ID is the call's name in the journal and in the answer's Stunt-Request: what the call
// sets off elsewhere or later has it as its cause.
func (c *Call) ID() string {
	if c.entry.ID != "" {
		return c.entry.ID
	}
	if !c.looks() { // number 0 is of a look at the simulator, which is in no journal
		c.ring = c.s.cfg.Journal.Ring(c.Sandbox.Name)
		c.entry.Seq, c.number = c.ring.Next(), c.ring.Number()
	}
	c.entry.ID = requestID(c.Sandbox.Name, c.number)
	return c.entry.ID
}

// Context is the request's.
func (c *Call) Context() context.Context { return c.Request.Context() }

// Instant is Now, for what takes a call or a transaction.
func (c *Call) Instant() time.Time { return c.Now }

// Operation is the canonical name of what is called, empty for pages.
func (c *Call) Operation() string {
	if c.rt == nil {
		return ""
	}
	return c.rt.Op
}

// OperationID is the document's name of what is called, empty where there is none.
func (c *Call) OperationID() string {
	if c.rt == nil {
		return ""
	}
	return c.rt.ID
}

// Path gives a path parameter, decoded.
func (c *Call) Path(name string) string {
	v, _ := c.params.Get(name)
	return v
}

// Query gives the first value of a query parameter. Where the provider does not care for
// case, nor does it.
func (c *Call) Query(name string) string { return c.query.Get(c.sent(name)) }

// HasQuery says whether a query parameter was sent.
func (c *Call) HasQuery(name string) bool { return c.query.Has(c.sent(name)) }

// sent is how the client spells the name of a query parameter.
func (c *Call) sent(name string) string {
	if c.query.Has(name) || !c.m.man.FoldCase {
		return name
	}
	spelling := name
	for key := range c.query {
		if strings.EqualFold(key, name) && (spelling == name || key < spelling) { // of several the same one each time
			spelling = key
		}
	}
	return spelling
}

// Header gives a request header.
func (c *Call) Header(name string) string { return c.Request.Header.Get(name) }

// Option gives the value of one of the provider's options in this sandbox.
func (c *Call) Option(name string) string { return c.s.option(c.m, c.Sandbox, c.scripts(), name) }

// BaseURL is where the provider stands for a client of its API: origin and prefix as
// the client sent them.
func (c *Call) BaseURL() string { return c.s.origin(c.Request) + c.prefix() }

// PublicURL is where the provider stands for a browser.
func (c *Call) PublicURL() string {
	if c.s.cfg.PublicURL != "" {
		return c.s.cfg.PublicURL + c.prefix()
	}
	return c.BaseURL()
}

func (c *Call) prefix() string {
	if c.in == nil {
		return ""
	}
	return c.in.prefix
}

// Prefix is what stands before the provider's own paths in this request.
func (c *Call) Prefix() string { return c.prefix() }

// LocalPath is the provider's own path as the client sent it.
func (c *Call) LocalPath() string {
	if c.in == nil {
		return c.Request.URL.Path
	}
	return c.in.local
}

// Manifest is the provider's. It is read only.
func (c *Call) Manifest() *Manifest { return &c.m.man }

// Server is the server; the control API needs it.
func (c *Call) Server() *Server { return c.s }

// Note tells the journal something that the real provider would have left unsaid.
func (c *Call) Note(format string, args ...any) {
	c.entry.Notes = append(c.entry.Notes, fmt.Sprintf(format, args...))
}

// Do runs a transaction of the call's sandbox. fn may run more than once. What an error of
// it has written is undone, unless CommitWith made it. A Do or a View inside of it is part of
// it, so that what an answer tells beside its effect fails with it.
func (c *Call) Do(fn func(Tx) error) error {
	if c.doing != nil {
		return fn(*c.doing)
	}
	c.hold()
	return c.do(fn)
}

func (c *Call) do(fn func(Tx) error) error {
	var refused error
	did, err := c.s.transact(c.Context(), c.Sandbox, func(tx store.Tx, sb sandbox.Sandbox) Tx {
		c.Sandbox = sb
		return c.tx(tx, &afterwards{})
	}, func(t Tx) error {
		refused = nil
		if err := c.mark(t.tx); err != nil {
			return err
		}
		c.doing = &t
		defer func() { c.doing = nil }()
		err := fn(t)
		if r, ok := err.(*refusedButKept); ok {
			refused, err = r.error, nil
			for _, f := range t.end.rollback { // what follows a refusal
				err = errors.Join(err, f(t))
			}
			t.end.rollback = nil
		}
		return err
	})
	c.entry.Did = append(c.entry.Did, did...)
	if err != nil {
		return err
	}
	c.wrote = true
	c.sweep()
	return refused
}

// UseGrant uses a grant that reads something, in a transaction that writes only if the
// use counts, and hands it to fn.
func (c *Call) UseGrant(kind grant.Kind, secret string, fn func(Tx, grant.Grant) error) error {
	counted := false
	err := c.View(func(tx Tx) error {
		g, err := tx.Find(kind, secret)
		if err != nil {
			return err
		}
		if counted = g.Rules.Counted(); counted {
			return nil
		}
		if p := g.Check(tx.Now); p != nil {
			return p
		}
		return fn(tx, g)
	})
	if err != nil || !counted {
		return err
	}
	return c.Do(func(tx Tx) error {
		g, err := tx.Use(kind, secret, false)
		if err != nil {
			return err
		}
		return fn(tx, g)
	})
}

// sweepEvery is how often, in virtual time, a sandbox that is written to forgets what
// has expired.
const sweepEvery = 10 * time.Minute

func (c *Call) sweep() {
	l := c.s.pop.get(c.Sandbox.Name)
	if l == nil {
		return
	}
	last := l.swept.Load()
	if c.Now.Unix()-last < int64(sweepEvery/time.Second) || !l.swept.CompareAndSwap(last, c.Now.Unix()) {
		return
	}
	if _, err := c.s.cfg.Store.Sweep(c.Context(), c.Sandbox.Name, c.Now); err != nil {
		c.s.cfg.Log.Error("sweep", "sandbox", c.Sandbox.Name, "error", err)
	}
}

// View runs a read-only transaction of the call's sandbox.
func (c *Call) View(fn func(Tx) error) error {
	if c.doing != nil {
		return fn(*c.doing)
	}
	return c.s.view(c.Context(), c.Sandbox.Name, func(tx store.Tx, end *afterwards) error { return fn(c.tx(tx, end)) })
}

func (c *Call) tx(tx store.Tx, end *afterwards) Tx {
	t := c.s.newTx(tx, c.m, c.Sandbox, c.Now, c.ID(), end)
	t.call, t.refs, t.ch, t.named = c, c.refs, c.chain(), c.named
	return t
}

// Connection is the connection that the call's ids or tokens belong to, nil if none.
func (c *Call) Connection() *connect.Connection { return c.conn }

// about is the connection that rules and the journal take the call to be about: the call's
// own, or the one that came of its session.
func (c *Call) about() *connect.Connection {
	if c.conn != nil {
		return c.conn
	}
	return c.came
}

// Session is the session that the call's ids or tokens belong to, nil if none.
func (c *Call) Session() *connect.Session { return c.sess }

// Bank opens the data of a connection.
func (c *Call) Bank(conn connect.Connection) (*bank.World, error) { return c.s.World(c.Sandbox, conn) }

// explicit finds the scenarios that this very call names.
func (c *Call) explicit() (names []string) {
	if name := c.Header("Stunt-Scenario"); name != "" {
		names = append(names, name)
	}
	if name := c.Query("stunt_scenario"); name != "" {
		names = append(names, name)
	}
	return names
}

// scripts are the scenarios in force for this call, once it knows where it belongs.
func (c *Call) scripts() *scripts {
	if c.scr == nil {
		c.scr = c.s.scripts(c.Sandbox, c.m, c.chain())
	}
	return c.scr
}

// chain names the layers of this call, nearest first.
func (c *Call) chain() chain {
	ch := chain{call: slices.Clip(c.named)}
	switch {
	case c.conn != nil:
		ch.call = append(ch.call, c.conn.Layers...)
		ch.username, ch.magic = c.conn.Suffix, c.conn.Magic
	case c.sess != nil:
		ch.call = append(ch.call, c.sess.Layers...)
		ch.username = c.sess.Suffix
		if ch.username == "" && c.page() && c.form() { // the first login on a page, which itself says what is wrong with a name
			_, named := userName(c.Field("username"), "")
			if _, ok := c.s.Scenarios().Get(named); ok {
				ch.username = named
			}
		}
	default: // a login begins, whose user name may name one
		_, ch.username = userName(c.at(c.m.man.UserName), "")
	}
	return ch
}

// Root is what stands before every path of this server in the request: "/~ci42" or "".
func (c *Call) Root() string {
	if c.in == nil {
		return ""
	}
	return c.in.root
}

// LocalURL is the path of the request as the browser knows it.
func (c *Call) LocalURL() string { return c.prefix() + c.LocalPath() }

// Lang is the language of a session's pages.
func (c *Call) Lang(s connect.Session) string { return c.tx(nil, &afterwards{}).lang(s) }

// SetLang changes the language of the call's session.
func (c *Call) SetLang(lang string) (connect.Session, error) {
	return c.drive(func(tx Tx, id string) (connect.Session, error) {
		return tx.drive(id, func(_ Tx, s connect.Session) (connect.Session, []connect.Effect, error) {
			s.Lang = lang
			return s, nil, nil
		})
	})
}

// ProviderCode is the provider's own word for a problem, as its API would say it.
func (c *Call) ProviderCode(code problem.Code) string {
	if p, ok := c.m.p.(interface{ Code(problem.Code) string }); ok {
		return p.Code(code)
	}
	return ""
}
