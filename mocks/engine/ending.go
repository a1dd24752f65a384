package engine

import (
	"cmp"
	"errors"
	"net/url"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// Ending is what a hosted page knows when it tells the app around it what happened, and
// when it hands back. Until the session has succeeded it has no connection, no accounts
// and no tokens.
type Ending struct {
	Session     connect.Session
	Connection  connect.Connection // what the session made or restored
	Institution Institution        // the one chosen; zero before
	Accounts    []bank.Account     // those that the user agreed to
	Tokens      map[grant.Kind]string
	Expires     map[grant.Kind]time.Time // when they end, for those that do
	Option      func(name string) string // the provider's options, as the session's scenario has them
	BaseURL     string                   // where the provider stands for a browser
}

// Messages is what a page tells the app around it, as data: the page's script sends it and
// knows no provider. A provider gives all that there is to tell, in every way that it has;
// what the transport does not carry the engine leaves out.
type Messages struct {
	connect.Hosting                        // the session's; a provider sets it for a page without a session alone
	Ways            *Transports            `json:"ways,omitempty"` // where no transport was asked for: by where the page stands
	Events          []HostMessage          `json:"events"`
	Ending          []HostMessage          `json:"ending"`            // told when the user leaves a final page
	Signals         map[string]HostMessage `json:"signals,omitempty"` // told by what happens in the browser; see Signal
	Notes           []string               `json:"notes,omitempty"`   // for the console of a developer: what the app has got wrong
	Auto            bool                   `json:"auto,omitempty"`    // the final page leaves by itself
}

// Names of Signals, which only the page's script can see. "${height}" as a value of a
// message becomes the height of the page's content in CSS pixels.
const (
	SignalOnline         = "online"
	SignalOffline        = "offline"
	SignalResize         = "resize"          // the content has another height
	SignalPopupOpened    = "popup_opened"    // the bank's page stands in a window of its own
	SignalPopupBlocked   = "popup_blocked"   // the browser would not open one: the bank's page takes this one
	SignalForgotPassword = "forgot_password" // the user asked what to do about it
	SignalTerms          = "terms"           // the user opened the terms
)

// HostMessage is one thing told to the app around a page.
type HostMessage struct {
	Seq    int    `json:"seq,omitempty"`    // of the event; several messages may tell of one, none is told twice
	Post   any    `json:"post,omitempty"`   // posted to the frame's parent, or to the opener
	Native string `json:"native,omitempty"` // posted to a React Native host, bare
	Go     string `json:"go,omitempty"`     // an address to go to, which the app around a web view may intercept
}

// Transports are how the pages of a provider tell, by where they stand: in a tab of their
// own, in a frame, or in a window that the app has opened (a pop-up, a new tab). An empty one
// is ByRedirect.
type Transports struct {
	Alone  connect.Transport `json:"alone"`
	Framed connect.Transport `json:"framed"`
	Opened connect.Transport `json:"opened"`
}

func (t Transports) filled() Transports {
	return Transports{cmp.Or(t.Alone, connect.ByRedirect), cmp.Or(t.Framed, connect.ByRedirect), cmp.Or(t.Opened, connect.ByRedirect)}
}

// EndingOf gives what the page of a session tells and hands back.
func (t Tx) EndingOf(s connect.Session) (Ending, error) {
	t = t.Of(s.Provider)
	e := t.s.endingOf(t.sb, s)
	if s.Step != connect.Succeeded {
		return e, nil
	}
	if s.Connection != "" {
		conn, err := t.Connection(s.Connection)
		switch {
		case errors.Is(err, &problem.Error{Code: problem.NotFound}): // it was deleted meanwhile
		case err != nil:
			return e, err
		default:
			e.Connection = conn
			books, err := Books(t, conn)
			if err != nil {
				return e, err
			}
			for _, b := range books {
				e.Accounts = append(e.Accounts, b.Account())
			}
		}
	}
	if s.Purpose != connect.Connect {
		return e, nil
	}
	t.ch = chainOf(s)
	e.Tokens, e.Expires = map[grant.Kind]string{}, map[grant.Kind]time.Time{}
	for _, kind := range t.m.man.OnSuccess {
		g, err := t.newGrant(kind, s.ID, 0, t.m.ownClaims(kind, s))
		if err != nil {
			return e, err
		}
		g.Issued, g.LastUsed, g.Born = s.EndedAt, s.EndedAt, s.EndedAt
		e.Tokens[kind] = t.mint(g)
		if end := g.ExpiresAt(); !end.IsZero() {
			e.Expires[kind] = end
		}
	}
	return e, nil
}

// endingOf is what there is to tell before a success: nothing that the store keeps.
func (s *Server) endingOf(sb sandbox.Sandbox, sess connect.Session) Ending {
	m := s.byName[sess.Provider]
	sc := s.scripts(sb, m, chainOf(sess))
	e := Ending{Session: sess, Option: func(name string) string { return s.option(m, sb, sc, name) }}
	if sess.Institution != "" {
		e.Institution = s.institutionOf(sb, connect.Connection{Provider: sess.Provider, Institution: sess.Institution, Layers: sess.Layers, Suffix: sess.Suffix})
	}
	return e
}

// ending is EndingOf for a page.
func (c *Call) ending(s connect.Session) (Ending, error) {
	var err error
	e := c.s.endingOf(c.Sandbox, s)
	if s.Step == connect.Succeeded {
		e, err = c.viewEnding(s) // apart, because what a function literal shares lives on the heap
	}
	e.BaseURL = c.PublicURL()
	return e, err
}

func (c *Call) viewEnding(s connect.Session) (e Ending, err error) {
	err = c.View(func(tx Tx) error {
		e, err = tx.EndingOf(s)
		return err
	})
	return e, err
}

// HandBackURL is where the page of a session leads when it has ended; empty where the
// provider's pages lead nowhere.
func (c *Call) HandBackURL(s connect.Session) (string, error) {
	m := c.s.byName[s.Provider]
	if _, ok := m.p.(HandBack); !ok || !s.Step.Final() {
		return "", nil
	}
	e, err := c.ending(s)
	if err != nil {
		return "", err
	}
	return c.handBack(m, e), nil
}

func (c *Call) handBack(m *mount, e Ending) string {
	hb, ok := m.p.(HandBack)
	if !ok || !e.Session.Step.Final() {
		return ""
	}
	to := hb.HandBack(e)
	c.checkRedirect(m, to)
	return to
}

// Telling is what the page of a session tells the app around it, and where it leads: back as
// HandBackURL gives it, and messages, which are nil where the provider's pages tell nothing.
func (c *Call) Telling(s connect.Session) (back string, messages *Messages, err error) {
	m := c.s.byName[s.Provider]
	messenger, ok := m.p.(Messenger)
	if !ok {
		back, err = c.HandBackURL(s)
		return back, nil, err
	}
	e, err := c.ending(s)
	if err != nil {
		return "", nil, err
	}
	back = c.handBack(m, e)
	out := messenger.Messages(e)
	out.Hosting = s.Hosting
	out.lead(back)
	out.fit(m.man.Transports)
	c.checkMessages(m, &out)
	return back, &out, nil
}

// lead adds the redirect to an ending that has none of its own.
func (m *Messages) lead(to string) {
	if to == "" || len(m.Ending) == 0 {
		return
	}
	last := &m.Ending[len(m.Ending)-1]
	if last.Go == "" {
		last.Go = to
	}
}

// fit leaves out what the transport does not carry. Without one of the session's, and where
// it matters, the script has to see where the page stands.
func (m *Messages) fit(defaults Transports) {
	defaults = defaults.filled()
	if m.Transport == "" && defaults.Framed == defaults.Alone && defaults.Opened == defaults.Alone {
		m.Transport = defaults.Alone
	}
	if m.Transport == "" {
		m.Ways = &defaults
		return
	}
	if !m.Transport.Posts() {
		m.Hosting = connect.Hosting{Transport: m.Transport, Top: m.Top}
		m.Signals = nil
	}
	m.Events, m.Ending = carried(m.Events, m.Transport), carried(m.Ending, m.Transport)
	for name, message := range m.Signals {
		m.Signals[name] = message.by(m.Transport)
	}
}

func carried(all []HostMessage, t connect.Transport) []HostMessage {
	out := []HostMessage{}
	for _, m := range all {
		if m = m.by(t); m.Post != nil || m.Native != "" || m.Go != "" {
			out = append(out, m)
		}
	}
	return out
}

// by is what a transport carries of a message.
func (m HostMessage) by(t connect.Transport) HostMessage {
	if !t.Posts() {
		m.Post = nil
	}
	if !t.Redirects() {
		m.Native, m.Go = "", ""
	}
	return m
}

// TransportParam is the parameter of an entry page that overrules how it tells.
const TransportParam = "stunt_transport"

// Hosting is how the page that the call opens is held: given is what the provider's own
// parameters say, and stunt_transport overrules its transport. targetParam is the parameter
// that names the target, for the error about a wrong one.
func (c *Call) Hosting(given connect.Hosting, targetParam string) (connect.Hosting, error) {
	switch how := connect.Transport(c.Query(TransportParam)); how {
	case "":
	case "scheme": // of a web view, which intercepts addresses
		given.Transport = connect.ByRedirect
	case connect.ByRedirect, connect.ByMessage, connect.ByBoth:
		given.Transport = how
	default:
		return given, problem.Invalid(TransportParam, problem.NotAllowed,
			"The parameter %s is %.40q. Pass message, redirect, scheme or both.", TransportParam, how)
	}
	if given.Target != "*" && !appOrigin.MatchString(given.Target) && (given.Target != "" || given.Transport.Posts()) {
		return given, problem.Invalid(targetParam, problem.Format,
			"The parameter %s is %.80q. Pass the origin of the page that embeds the widget (location.origin); in a sandboxed frame, where that is null, pass *.", targetParam, given.Target)
	}
	return given, nil
}

// appOrigin is an origin as browsers write it, of a page or of an app.
var appOrigin = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[^/?#\s]+$`)

// RefererOrigin is the origin of the page that led to this one; empty where the browser
// does not say.
func (c *Call) RefererOrigin() string {
	u, err := url.Parse(c.Header("Referer"))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
