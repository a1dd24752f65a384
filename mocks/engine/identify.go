package engine

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// identify finds the sandbox: an explicit name, or whatever minted the ids and tokens
// in the call, or the default; and what these ids belong to.
func (c *Call) identify() error {
	if err := c.credentials(); err != nil {
		c.place()
		return err
	}
	for _, p := range c.m.man.Suffixed {
		before, suffix, ok := strings.Cut(c.at(p), "~")
		if !ok {
			continue
		}
		c.in.claim(suffix)
		if p.In == "query" {
			c.query.Set(c.sent(p.Name), before)
		} else {
			c.setPath(p.Name, before)
		}
	}
	if v := c.Query("stunt_sandbox"); v != "" && c.page() {
		c.in.claim(v)
	}
	if c.in.named {
		if err := sandbox.CheckName(c.in.sandbox); err != nil {
			c.in.sandbox, c.in.named = "", false
			c.place()
			return problem.Invalid("Stunt-Sandbox", problem.Format, "%v", err)
		}
	}
	name := c.in.sandbox
	refs, err := c.locate()
	if err != nil {
		c.place()
		return err
	}
	for _, ref := range refs {
		if name == "" {
			name = ref.Sandbox
		}
		if ref.Sandbox != name {
			// An id of another sandbox is as good as none: the handler will not find it.
			c.Note("an id or token of sandbox %q was used in sandbox %q", ref.Sandbox, name)
			continue
		}
		c.refs = append(c.refs, ref)
	}
	if name == "" {
		name = sandbox.Default
	}
	return c.enter(name)
}

// place gives a call that failed early its place in the journal, without making a
// sandbox.
func (c *Call) place() {
	if c.Sandbox.Name != "" {
		return
	}
	name := c.in.sandbox
	if sandbox.CheckName(name) != nil {
		name = sandbox.Default
	}
	if sb, err := c.s.Look(c.Context(), name); err == nil {
		c.Sandbox, c.Now = sb, sb.Now(c.entry.Wall)
	}
}

// enter loads the sandbox and what the call's ids belong to, and makes the sandbox at its
// first use.
func (c *Call) enter(name string) error {
	c.s.use(c.Context(), name, c.entry.Wall)
	err := c.s.cfg.Store.View(c.Context(), name, func(tx store.Tx) (err error) {
		if c.Sandbox, err = sandboxes.Get(tx, kindSandbox); err != nil {
			return err
		}
		for i := range c.refs {
			if err := c.resolve(tx, c.refs[i].Ref); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		c.Sandbox, err = c.s.blank(name), nil
		if !c.m.isEngine { // the control API looks at a sandbox without making it
			c.Sandbox, _, err = c.s.create(c.Context(), c.Sandbox)
		}
	}
	if err != nil { // the answer still belongs to a sandbox
		c.Sandbox = c.s.blank(name)
	}
	c.Now = c.Sandbox.Now(c.entry.Wall)
	return err
}

// resolve loads the session or connection behind a reference, the first one of each;
// what is gone, or another provider's, stays nil.
func (c *Call) resolve(tx store.Tx, ref store.Ref) error {
	kind, id := ref.Kind, ref.ID
	if kind == kindGrant {
		g, err := grants.Get(tx, id)
		if err != nil {
			return unlessAbsent(err)
		}
		kind, id = g.Of, g.Subject
	}
	mine := func(provider string) bool { return c.m.isEngine || provider == c.m.man.Name }
	switch kind {
	case kindConnection:
		conn, err := connections.Get(tx, id)
		if err != nil {
			return unlessAbsent(err)
		}
		if c.conn == nil && mine(conn.Provider) {
			c.conn = &conn
		}
	case kindSession:
		sess, err := sessions.Get(tx, id)
		if err != nil {
			return unlessAbsent(err)
		}
		if c.sess != nil || !mine(sess.Provider) {
			return nil
		}
		c.sess = &sess
		c.entry.Session = sess.Handle
		conn, err := connections.Get(tx, sess.Connection)
		if err != nil {
			return unlessAbsent(err)
		}
		c.came = &conn
	}
	return nil
}

// located is where an id or token of the call belongs.
type located struct {
	store.Ref
	text string
}

// locate looks up the ids and tokens of the call, each by its hash.
func (c *Call) locate() ([]located, error) {
	var refs []located
	for _, p := range c.places() {
		v := c.at(p)
		if v == "" {
			continue
		}
		if !utf8.ValidString(v) {
			return nil, problem.Invalid(p.Name, problem.Format, "%s is no valid UTF-8", p.Name)
		}
		ref, err := c.s.cfg.Store.Lookup(c.Context(), store.HashOf(v))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		refs = append(refs, located{ref, v})
	}
	return refs, nil
}

// places are where ids and tokens may travel in this call: what the document, or the page,
// says of it; of a call that is none, all places but those in a path.
func (c *Call) places() []Place {
	if c.rt == nil {
		return c.m.places
	}
	return c.rt.places
}

// at gives the value that travels at a place.
func (c *Call) at(p Place) string {
	switch p.In {
	case "path":
		return c.Path(p.Name)
	case "query":
		return c.Query(p.Name)
	case "header":
		return c.Header(p.Name)
	case "credential":
		return c.Given(p.Name)
	case "body":
		if c.mentions(p.Name) {
			return c.Field(p.Name)
		}
	}
	return ""
}

// travels joins the places that the document names for each route with the credentials that
// tokens travel in.
func (m *mount) travels() {
	var tokens []Place
	for _, cred := range m.man.Credentials {
		if len(cred.Grants) > 0 {
			tokens = append(tokens, Place{In: "credential", Name: cred.Name})
		}
	}
	m.places = tokens
	for i := range m.routes {
		rt := &m.routes[i]
		rt.places = slices.Concat(rt.Locate, tokens)
		for _, p := range rt.Locate {
			if p.In != "path" && !slices.Contains(m.places, p) {
				m.places = append(m.places, p)
			}
		}
	}
}

// setPath replaces a path parameter.
func (c *Call) setPath(name, value string) {
	c.params = slices.Clone(c.params)
	for i := range c.params {
		if c.params[i].Key == name {
			c.params[i].Value = value
		}
	}
}
