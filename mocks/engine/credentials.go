package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Credential is how an app proves who it is: a key, a token, or a client id with its secret.
// It may travel in several ways; the first one that a call has counts. "~sandbox" may stand
// behind the key or the client id, in each of them.
type Credential struct {
	Name    string         // as the user knows it: secret_key
	Header  string         // a header that it travels in; empty: none
	Schemes []string       // words that may stand before it there ("Bearer")
	Basic   bool           // it may be the user name of HTTP Basic, and Secret the password
	Field   string         // a field of the body's top level, JSON or form, that it may be; empty: none
	Secret  *ClientSecret  // of a client id: what comes with it
	Grants  []grant.Kind   // kinds of tokens that travel in it; see Call.Bearer
	Shape   *regexp.Regexp // what is accepted where nothing exact is configured; nil: anything
	Live    *regexp.Regexp // what looks like a key for real money: refused, never stored
	Option  string         // option that holds the exact value, if one is asked for; of clients "id:secret", several with blanks between them
	Sample  string         // one that works at once
	Use     string         // of which calls, for people; empty: of all
}

// ClientSecret is what proves a client id.
type ClientSecret struct {
	Field string         // of the body, where the id may be one
	Shape *regexp.Regexp // what is accepted where nothing exact is configured; nil: anything but nothing
}

// presented is a credential as a call sent it.
type presented struct {
	value, secret string
	sandbox       string // named behind the value
	named         bool
	field         bool // it came in the body
}

// credentials takes the first credential of the call; any of them may name a sandbox. In a
// body the name of the sandbox is taken away, because the document knows nothing of it.
func (c *Call) credentials() error {
	for _, cred := range c.m.man.Credentials {
		got := c.presented(cred)
		if got.named {
			c.in.claim(got.sandbox)
		}
		if got.named && got.field {
			if err := c.setField(cred.Field, got.value); err != nil {
				return err
			}
		}
		if got.value != "" {
			c.Credential = got.value
			return nil
		}
	}
	return nil
}

// presented finds a credential in a call, without the words around it: a scheme in front, a
// sandbox behind.
func (c *Call) presented(cred Credential) (got presented) {
	if cred.Header != "" {
		got.value = c.inHeader(cred)
	}
	if got.value == "" && cred.Basic {
		got.value, got.secret, _ = basic(c.Header("Authorization"))
	}
	if got.value == "" && cred.Field != "" && c.mentions(cred.Field) {
		got.value, got.field = c.Field(cred.Field), true
		if cred.Secret != nil {
			got.secret = c.Field(cred.Secret.Field)
		}
	}
	got.value, got.sandbox, got.named = strings.Cut(got.value, "~")
	return got
}

func (c *Call) inHeader(cred Credential) string {
	v := strings.TrimSpace(c.Header(cred.Header))
	for _, scheme := range cred.Schemes {
		if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) && v[len(scheme)] == ' ' {
			v = strings.TrimSpace(v[len(scheme):])
		}
	}
	if c.m.basic && strings.EqualFold(cred.Header, "Authorization") {
		if _, _, ok := basic(v); ok {
			return "" // it is another credential's
		}
	}
	return v
}

var unescapedTilde = strings.NewReplacer("%7E", "~", "%7e", "~")

// basic reads the pair of HTTP Basic. Some clients encode it as a form (RFC 6749, 2.3.1),
// which is undone for the one character that matters here.
func basic(header string) (user, password string, ok bool) {
	const scheme = "Basic "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", "", false
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(header[len(scheme):]))
	if err != nil {
		return "", "", false
	}
	user, password, ok = strings.Cut(string(text), ":")
	return unescapedTilde.Replace(user), password, ok
}

// Given is the credential of this name as the call sent it, empty where it did not: of a
// client its id.
func (c *Call) Given(name string) string { return c.presented(c.m.credential(name)).value }

// credential finds one of the manifest's by its name.
func (m *mount) credential(name string) Credential {
	for _, cred := range m.man.Credentials {
		if cred.Name == name {
			return cred
		}
	}
	panic("engine: " + m.man.Name + " has no credential " + name)
}

// authenticate asks for the manifest's one credential, or lets a provider ask that has
// several.
func (c *Call) authenticate() error {
	if c.rt.page || len(c.m.man.Credentials) == 0 {
		return nil
	}
	if a, ok := c.m.p.(Authenticator); ok {
		return a.Authenticate(c)
	}
	return c.Prove(c.m.man.Credentials[0].Name)
}

// Prove compares the credential of this name with what is configured, or with its shape. A
// client that has proved itself is Client from then on.
func (c *Call) Prove(name string) error {
	cred := c.m.credential(name)
	got := c.presented(cred)
	given, exact := got.value, ""
	fail := func(reason problem.Reason, detail string) error {
		return &problem.Error{Code: problem.Unauthorized, Reason: reason, Param: cred.Name, Detail: detail}
	}
	if cred.Option != "" {
		exact = c.Option(cred.Option)
	}
	switch {
	case given == "":
		return fail(problem.Missing, "no "+cred.Name+cred.way())
	case cred.Live != nil && cred.Live.MatchString(given):
		return fail(problem.WrongMode, "this is a simulator: a live "+cred.Name+" is refused and was not stored; send a test key, "+cred.Sample+" for example")
	case cred.Secret != nil:
		if err := cred.Secret.prove(got, exact); err != "" {
			return fail(problem.Foreign, err)
		}
	case exact != "" && given != exact:
		return fail(problem.Foreign, "this server is configured with another "+cred.Name)
	}
	if exact == "" && cred.Shape != nil && !cred.Shape.MatchString(given) {
		sample := ""
		if cred.Sample != "" {
			sample = ": send one like " + cred.Sample
		}
		return fail(problem.Format, "the "+cred.Name+" has the wrong shape"+sample)
	}
	if cred.Secret != nil {
		c.client = given
	}
	return nil
}

// prove says what is wrong with the secret of a client id; empty for nothing.
func (s ClientSecret) prove(got presented, exact string) string {
	switch {
	case got.secret == "":
		return "the client_id came without its secret: send both"
	case exact != "" && !slices.Contains(strings.Fields(exact), got.value+":"+got.secret):
		return "this server is configured with other clients: use a pair of its option"
	case exact == "" && s.Shape != nil && !s.Shape.MatchString(got.secret):
		return "the secret of the client has the wrong shape"
	}
	return ""
}

// way tells how to send a credential.
func (cred Credential) way() string {
	var ways []string
	if cred.Header != "" {
		ways = append(ways, "in the header "+cred.Header)
	}
	if cred.Basic {
		ways = append(ways, "as HTTP Basic (client id and secret)")
	}
	if cred.Field != "" {
		ways = append(ways, "in the field "+cred.Field+" of the body")
	}
	text := " " + strings.Join(ways, " or ") + ": send one"
	if cred.Sample != "" {
		text += ", " + cred.Sample + " for example"
	}
	return text
}

// Bearer is the grant of a kind that came with the call in the credential which the manifest
// says it travels in. It is used once for the call, however often it is asked for. Scopes
// that the document's security asks of the operation must be among its own.
//
// Unauthorized where none came; what Use says; InsufficientScope.
func (c *Call) Bearer(kind grant.Kind) (grant.Grant, error) {
	if c.bearer != nil && c.bearer.Kind == kind {
		return *c.bearer, nil
	}
	cred := c.m.carrier(kind)
	given := c.Given(cred.Name)
	if given == "" {
		return grant.Grant{}, &problem.Error{Code: problem.Unauthorized, Reason: problem.Missing, Param: cred.Name, Detail: "no " + cred.Name + cred.way()}
	}
	var found grant.Grant
	err := c.UseGrant(kind, given, func(_ Tx, g grant.Grant) error {
		found = g
		if c.rt == nil {
			return nil
		}
		for _, scope := range c.rt.Scopes {
			if !slices.Contains(g.Scopes, scope) {
				e := problem.New(problem.InsufficientScope, "the %s token lacks the scope %s: it has %q", kind, scope, g.Scopes)
				e.Param = scope
				return e
			}
		}
		return nil
	})
	if err != nil {
		return grant.Grant{}, err
	}
	if found.Of == kindClient {
		c.client = found.Subject
	}
	c.bearer = &found
	return found, nil
}

// carrier is the credential that grants of a kind travel in.
func (m *mount) carrier(kind grant.Kind) Credential {
	for _, cred := range m.man.Credentials {
		if slices.Contains(cred.Grants, kind) {
			return cred
		}
	}
	panic("engine: " + m.man.Name + " has no credential in which " + string(kind) + " tokens travel: set Grants")
}

// Client is who calls: the client that has proved itself, the one whose token it bears, or
// the owner of what its token reads. It owns what the call starts. Empty where the provider
// knows no clients.
func (c *Call) Client() string {
	if c.client == "" && c.bearer != nil && c.conn != nil && c.bearer.Subject == c.conn.ID {
		return c.conn.Owner
	}
	return c.client
}

// setField replaces a text of the body's top level.
func (c *Call) setField(name, value string) error {
	c.fields = nil
	if c.form() {
		form := c.Form()
		for key := range form {
			if key == name || c.m.man.FoldCase && strings.EqualFold(key, name) {
				form.Set(key, value)
			}
		}
		c.Body = []byte(form.Encode())
		if c.multipart() {
			c.Request.Header.Set("Content-Type", formType)
		}
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.Body, &fields); err != nil {
		return problem.Invalid("", problem.Malformed, "the body is no valid JSON: %v", err)
	}
	for key, old := range fields {
		var text string
		if json.Unmarshal(old, &text) != nil || key != name && !(c.m.man.FoldCase && strings.EqualFold(key, name)) {
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return err
		}
		// In place, so that the body stays as it was sent but for this.
		if c.Body = bytes.Replace(c.Body, old, quoted, 1); !bytes.Contains(c.Body, quoted) {
			return problem.Invalid(name, problem.Format, "%s cannot be read", name)
		}
	}
	return nil
}
