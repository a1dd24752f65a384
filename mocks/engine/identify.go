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
	c.Credential = c.credential()
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
	for _, p := range c.m.man.Locate {
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

// setPath replaces a path parameter.
func (c *Call) setPath(name, value string) {
	c.params = slices.Clone(c.params)
	for i := range c.params {
		if c.params[i].Key == name {
			c.params[i].Value = value
		}
	}
}

// credential takes the first credential of the call; any of them may name a sandbox.
func (c *Call) credential() string {
	for _, cred := range c.m.man.Credentials {
		v, suffix, named := c.stripped(cred)
		if named {
			c.in.claim(suffix)
		}
		if v != "" {
			return v
		}
	}
	return ""
}

// stripped takes a credential from its header without the words around it: a scheme in
// front, a sandbox behind.
func (c *Call) stripped(cred Credential) (value, sandbox string, named bool) {
	v := strings.TrimSpace(c.Header(cred.Header))
	for _, scheme := range cred.Schemes {
		if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) && v[len(scheme)] == ' ' {
			v = strings.TrimSpace(v[len(scheme):])
		}
	}
	return strings.Cut(v, "~")
}

// Given is the credential of this name as the call sent it, empty where it did not.
func (c *Call) Given(name string) string {
	v, _, _ := c.stripped(c.m.credential(name))
	return v
}

// credential finds one of the manifest's by its name.
func (m *mount) credential(name string) Credential {
	for _, cred := range m.man.Credentials {
		if cred.Name == name {
			return cred
		}
	}
	panic("engine: " + m.man.Name + " has no credential " + name)
}
