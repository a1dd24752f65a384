package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// handleFormat is the name of a session in the URLs of its pages.
var handleFormat = grant.Format{Length: 26, Alphabet: "abcdefghijklmnopqrstuvwxyz0123456789"}

// StartSession begins an attempt to connect. It numbers it, opens its widget token and
// puts it at its first step. The returned secret is the widget token.
func (t Tx) StartSession(n NewSession) (connect.Session, string, error) {
	return t.begin(n.session())
}

func (n NewSession) session() connect.Session {
	return connect.Session{
		Purpose: cmp.Or(n.Purpose, connect.Connect), Product: n.Product, Without: n.Without, Institution: n.Institution,
		Owner: n.Owner, UserKey: n.UserKey,
		Lang: n.Lang, Params: n.Params, MaxLogins: n.MaxLogins, AutoRefresh: n.AutoRefresh,
	}
}

// ReconnectIn is Reconnect as a session of a product, with what else n says.
func (t Tx) ReconnectIn(n NewSession, conn connect.Connection) (connect.Session, error) {
	s := n.session()
	s.Purpose, s.Institution, s.Connection = connect.Reconnect, conn.Institution, conn.ID
	s.Owner, s.UserKey = conn.Owner, conn.UserKey
	s.Prefill, s.Fixed, s.Lang = conn.Username, true, cmp.Or(n.Lang, conn.Lang)
	s, _, err := t.begin(s)
	return s, err
}

// Reconnect begins a session that asks for the login of an existing connection again, of the
// same user.
func (t Tx) Reconnect(conn connect.Connection, params map[string]string) (connect.Session, error) {
	s, _, err := t.begin(connect.Session{
		Purpose: connect.Reconnect, Product: conn.Product, Owner: conn.Owner, UserKey: conn.UserKey, Institution: conn.Institution, Connection: conn.ID, Params: params,
		Prefill: conn.Username, Fixed: true, Lang: conn.Lang,
	})
	return s, err
}

func (t Tx) begin(s connect.Session) (connect.Session, string, error) {
	n, err := t.tx.Next("session/" + t.m.man.Name)
	if err != nil {
		return connect.Session{}, "", err
	}
	s.ID = t.m.man.Session.Mint(t.s.cfg.Key, t.sb.Name, t.m.man.Name, "session", int(n))
	if s.Owner == "" && t.call != nil {
		s.Owner = t.call.Client()
	}
	s.Flow, s.Layers = t.m.man.flowOf(s.Product, s.Without), slices.Clip(t.ch.call)
	return t.open(s, connect.Behaviour{Methods: t.m.man.methods(s.Institution)})
}

// assist begins a session in which the user gives the second factor that a refresh waits
// for. It has the refresh's id.
func (t Tx) assist(conn connect.Connection, r connect.Refresh, b connect.Behaviour) (connect.Session, string, error) {
	return t.open(connect.Session{
		ID: r.ID, Purpose: connect.Assist, Connection: conn.ID, Institution: conn.Institution, Preselected: true,
		Username: conn.Username, Suffix: conn.Suffix, Layers: conn.Layers,
		Params: maps.Clone(conn.Params), Lang: conn.Lang,
	}, b)
}

// open stores a session that has an id and a flow, with its widget token, at its first
// step.
func (t Tx) open(s connect.Session, b connect.Behaviour) (connect.Session, string, error) {
	if err := t.forgetOldest(); err != nil {
		return s, "", err
	}
	key := t.s.cfg.Key
	s.Provider = t.m.man.Name
	s.Preselected = s.Institution != ""
	s.Handle = handleFormat.Mint(key, t.sb.Name, s.ID, "handle", 0)
	s.Key = grant.Format{Length: 32}.Mint(key, t.sb.Name, s.ID, "code", 0)
	t.did(sessionStarted, s.ID, string(s.Purpose))
	var secret string
	var err error
	life := time.Duration(0)
	if class := t.m.man.Tokens[grant.Widget]; class.Rules.PerSession { // the token was there before the session, which is called by its id
		s.Handle, life = s.ID, t.rules(grant.Widget, class).TTL
	} else {
		g, err := t.newGrant(grant.Widget, s.ID, 0, t.m.ownClaims(grant.Widget, s))
		if err != nil {
			return s, "", err
		}
		g.Of, g.Family = kindSession, s.ID
		if secret, err = t.addGrant(g); err != nil {
			return s, "", err
		}
		s.ExpiresAt = g.ExpiresAt()
	}
	if p := t.m.man.Patience; p.Idle > 0 {
		if life == 0 || life > p.Total { // a scenario may end it earlier
			life = p.Total
		}
		s.Idle, s.Deadline, s.ExpiresAt = p.Idle, t.Now.Add(life), t.Now.Add(min(p.Idle, life))
	}
	if s.Purpose == connect.Read {
		s = connect.Open(s, t.Now)
	} else {
		var effects []connect.Effect
		s, effects = connect.Start(s, b, t.Now)
		if s, err = t.carryOut(s, effects); err != nil {
			return s, "", err
		}
	}
	opts := []store.Option{store.WithLookup(store.HashOf(s.Handle)), store.InGroup(t.m.man.Name), forgetAfter(s)}
	if err := sessions.Create(t.tx, s.ID, s, opts...); err != nil {
		return s, secret, err
	}
	return s, secret, t.file(kindSession, s.ID, s.Owner, s.UserKey, fileUntil(s.ExpiresAt))
}

// forgetAfter lets a session go a while after its end, and at its end what must not stay.
func forgetAfter(s connect.Session) store.Option {
	at := s.ExpiresAt
	if !at.IsZero() && !s.Ephemeral {
		at = at.Add(keep)
	}
	return store.ExpiresAt(at)
}

// ChangeSession edits a session.
func (t Tx) ChangeSession(id string, fn func(*connect.Session) error) (out connect.Session, err error) {
	err = sessions.Update(t.tx, id, func(s connect.Session) (connect.Session, error) {
		err := fn(&s)
		out = s
		return s, err
	}, func(r *store.Record) { forgetAfter(out)(r) })
	return out, err
}

// How many sessions of a provider a sandbox keeps: the sandboxes that live share a number of
// them, which takes some 60 MB, and each has room for a test suite. A load that opens more has
// abandoned the oldest ones long ago.
const (
	allSessions   = 20_000
	mostSessions  = 10_000
	leastSessions = 1_000
)

// sessionsKept is the share of one of so many sandboxes.
func sessionsKept(sandboxes int) int {
	return min(mostSessions, max(leastSessions, allSessions/max(sandboxes, 1)))
}

// forgetOldest makes room for one more session, and says so once. It takes two for one where
// the share has shrunk.
func (t Tx) forgetOldest() error {
	n, err := sessions.Count(t.tx, t.m.man.Name)
	most := sessionsKept(t.s.pop.count())
	if err != nil || n < most {
		return err
	}
	oldest, err := sessions.List(t.tx, store.Query{Group: t.m.man.Name, Limit: min(n-most+1, 2)})
	if err != nil {
		return err
	}
	for _, s := range oldest {
		if err := t.deleteSession(s); err != nil {
			return err
		}
	}
	l := t.s.pop.get(t.sb.Name)
	if l == nil || l.full.Load() {
		return nil
	}
	server, name, now, title := t.s, t.sb.Name, t.Now, t.m.man.Title
	t.onCommit(func() {
		if !l.full.Swap(true) {
			server.record(name, journal.Notice, now, fmt.Sprintf(
				"from here on the oldest sessions of %s are forgotten: this sandbox keeps %d, and fewer when there are more sandboxes", title, most))
		}
	})
	return nil
}

// deleteSession removes a session with its grants and its entries in the index.
func (t Tx) deleteSession(s connect.Session) error {
	return errors.Join(t.deleteGrants(s.ID), t.unfile(kindSession, s.ID, s.Owner, s.UserKey), sessions.Delete(t.tx, s.ID))
}

// Advance moves the call's session by one input, and carries out what follows, in one
// transaction.
func (c *Call) Advance(in connect.Input) (connect.Session, error) {
	return c.drive(func(tx Tx, id string) (connect.Session, error) { return tx.Advance(id, in) })
}

// Advance moves a session by one input, and carries out what follows.
func (t Tx) Advance(id string, in connect.Input) (connect.Session, error) {
	return t.drive(id, func(t Tx, s connect.Session) (connect.Session, []connect.Effect, error) {
		in := in
		if fixed := FixedUser(s); fixed != "" {
			in.Fields = t.m.man.FormOf(s).WithUsername(in.Fields, fixed)
		}
		in.Fields, in.Suffix = t.m.man.splitLogin(in.Fields, s.Suffix)
		b, err := t.behave(s, in)
		if err != nil {
			return s, nil, err
		}
		next, effects := connect.Advance(s, b, in, t.Now)
		t.watch(s, next)
		return next, effects, nil
	})
}

// FixedUser is the user name that the app has given a session for good, whatever its form
// posts; empty where the user types it. A test that drives the session may still choose a
// scenario with it.
func FixedUser(s connect.Session) string {
	if !s.Fixed {
		return ""
	}
	return s.Prefill
}

// Run feeds several answers to the call's session: the driver without pages.
func (c *Call) Run(a connect.Answers) (connect.Session, error) {
	return c.drive(func(tx Tx, id string) (connect.Session, error) { return tx.Walk(id, a) })
}

// run feeds answers to a session, as far as they reach.
func (t Tx) run(s connect.Session, a connect.Answers) (connect.Session, []connect.Effect, error) {
	a.Fields, a.Suffix = t.m.man.splitLogin(a.Fields, s.Suffix)
	var failed error
	before := s
	resolve := func(s connect.Session, in connect.Input) connect.Behaviour {
		t.watch(before, s)
		before = s
		b, err := t.behave(s, in)
		failed = errors.Join(failed, err, t.unknownField(s, in))
		return b
	}
	next, effects := connect.Run(s, resolve, a, t.Now)
	t.watch(before, next)
	return next, effects, failed
}

// unknownField refuses a value for a field that the login form of a session lacks.
func (t Tx) unknownField(s connect.Session, in connect.Input) error {
	if in.Verb != connect.DoSubmit || s.Step != connect.Credentials {
		return nil
	}
	form := t.m.man.FormOf(s)
	name, found := form.Unknown(in.Fields)
	if !found {
		return nil
	}
	known := make([]string, len(form))
	for i, f := range form {
		known[i] = f.Name
	}
	return problem.Invalid("fields", problem.NotAllowed, "the login form of %s has no field %q: %sit has %s",
		cmp.Or(s.Institution, t.m.man.Title), clip(name), didYouMean(name, known), strings.Join(known, ", "))
}

// watch tells whoever measures coverage which edge of the machine was taken.
func (t Tx) watch(before, after connect.Session) {
	if t.s.cfg.Watch == nil {
		return
	}
	if edge, moved := connect.Between(before, after); moved {
		t.onCommit(func() { t.s.cfg.Watch(before.Provider, edge) })
	}
}

// drive moves the call's session in a transaction of its own.
func (c *Call) drive(move func(tx Tx, id string) (connect.Session, error)) (out connect.Session, err error) {
	if c.sess == nil {
		return out, problem.Absent("session", "")
	}
	id := c.sess.ID
	err = c.Do(func(tx Tx) (err error) {
		out, err = move(tx, id)
		return err
	})
	return out, err
}

// drove notes in the call what a session has met, when that is committed.
func (t Tx) drove(before, after connect.Session) {
	c := t.call
	if c == nil {
		return
	}
	t.onCommit(func() {
		if c.sess != nil && c.sess.ID == after.ID {
			c.sess = &after
		}
		c.explainAttempt(before, after)
		if after.Trouble != nil && after.Trouble.Detail != "" {
			c.Note("%s: %s", after.Trouble.Field, after.Trouble.Detail)
		}
	})
}

// moved tells the journal that a session has gone from one step to another.
func (t Tx) moved(from, to connect.Session) {
	switch {
	case to.Step == from.Step:
	case to.Step.Final():
		t.did("session."+string(to.Step), to.ID, string(from.Step)+" -> "+string(to.Step))
	default:
		t.did(sessionMoved, to.ID, string(from.Step)+" -> "+string(to.Step))
	}
}

// drive moves a session and carries out what follows.
func (t Tx) drive(id string, move func(Tx, connect.Session) (connect.Session, []connect.Effect, error)) (connect.Session, error) {
	return t.ChangeSession(id, func(s *connect.Session) error {
		t.m = t.s.byName[s.Provider] // the control API drives sessions of all
		next, effects, err := move(t, *s)
		if err != nil {
			return err
		}
		before := *s
		t.moved(before, next)
		if *s, err = t.carryOut(next, effects); err == nil {
			t.drove(before, *s)
		}
		return err
	})
}

// userName splits what a user typed: "name+scenario". A "~sandbox" behind it counted
// only while no session existed, so it is dropped here.
func userName(typed, suffix string) (name, scenario string) {
	name, _, _ = strings.Cut(strings.TrimSpace(typed), "~")
	name, scenario, ok := strings.Cut(name, "+")
	if !ok {
		scenario = suffix
	}
	return name, scenario
}

// Preset is what an entry page says about a session before the user does anything.
type Preset struct {
	Institution string
	Username    string // the user name that the form has
	Fixed       bool   // and that the user cannot change
	Page        *connect.PageOptions
	Params      map[string]string
	Host        map[string]string // parameters about the app around the page, which holds whenever it is opened
	Hosting     connect.Hosting   // how the app holds the page, whenever it is opened
	App         string            // who asks for the data; empty: the provider's setting
	Terms       string            // address of the app's own terms, which the consent asks to agree to
	Asks        []string          // what the consent lists, in the language of the pages; nil: as before
	NoClose     bool              // the page has no button to leave it
	Look        *connect.Look     // how the app wants the page to look; nil: as before
	Lang        string            // of the pages from now on; empty: as it was
	Notes       []string          // what the address got wrong, for a developer
	Again       bool              // a session that the user left, or that failed, begins anew
}

// OpenSession is the first look at a session: what the entry page says becomes part of
// it, as long as the user has done nothing. An institution that the session cannot use is
// noticed and left out. A further look begins a story of its own. A session that has ended
// is given, but cannot be opened: ReusedGrant.
func (t Tx) OpenSession(id string, p Preset) (out connect.Session, err error) {
	err = sessions.Update(t.tx, id, func(s connect.Session) (connect.Session, error) {
		s = s.Clone()
		if p.Again && (s.Step == connect.Cancelled || s.Step == connect.Failed) {
			s = t.again(s)
		}
		if s.Step.Final() {
			out = s
			return s, problem.New(problem.ReusedGrant, "the session has %s already: start another one", s.Step)
		}
		if s.Params == nil {
			s.Params = map[string]string{}
		}
		maps.Copy(s.Params, p.Host)
		s.Hosting = p.Hosting
		if p.Asks != nil {
			s.Asks = slices.Clone(p.Asks)
		}
		s.App, s.Terms, s.NoClose = cmp.Or(p.App, s.App), cmp.Or(p.Terms, s.Terms), p.NoClose
		if p.Look != nil {
			if s.Look, err = t.CheckLook(*p.Look); err != nil {
				return s, err
			}
		}
		s.Lang = cmp.Or(p.Lang, s.Lang)
		shown := !s.OpenedAt.IsZero() || !s.Fresh() // or driven, before anybody looked
		if s.OpenedAt.IsZero() {
			s.OpenedAt = t.Now
		}
		if s.Fresh() {
			s = t.preset(s, p)
		}
		if shown {
			s = connect.Reopen(s, t.Now)
		}
		story := s.Story()
		for i := range story {
			story[i].At = t.Now // it is shown now, whenever it was made
		}
		out = s
		return s, nil
	})
	return out, err
}

// again is a session that starts over: its events and revisions count on, so that no
// old form fits and no event is told twice.
func (t Tx) again(s connect.Session) connect.Session {
	if s.Purpose == connect.Assist {
		return s // its refresh has ended
	}
	rev, institution := s.Rev, ""
	if s.Preselected {
		institution = s.Institution
	}
	s, _ = connect.Start(connect.Session{
		ID: s.ID, Handle: s.Handle, Key: s.Key, Provider: s.Provider, Purpose: s.Purpose, Product: s.Product, Without: s.Without,
		Flow: t.m.man.flowOf(s.Product, s.Without), MaxLogins: s.MaxLogins, AutoRefresh: s.AutoRefresh, Params: s.Params,
		Layers: s.Layers, Institution: institution, Preselected: s.Preselected, ExpiresAt: s.ExpiresAt,
		Connection: s.Connection, Events: s.Events, Hosting: s.Hosting, Look: s.Look, App: s.App, Terms: s.Terms, Asks: s.Asks, NoClose: s.NoClose,
		Lang: s.Lang, Prefill: s.Prefill, Fixed: s.Fixed, Page: s.Page,
	}, connect.Behaviour{Methods: t.m.man.methods(institution)}, t.Now)
	s.Rev, s.Began = s.Rev+rev, s.Began+rev
	return s
}

func (t Tx) preset(s connect.Session, p Preset) connect.Session {
	if s.Params == nil {
		s.Params = map[string]string{}
	}
	maps.Copy(s.Params, p.Params)
	if p.Username != "" {
		s.Prefill, s.Fixed = p.Username, p.Fixed
	}
	if p.Page != nil {
		s.Page = *p.Page
	}
	s.Layers = nil // those of this call come before those of the start call
	for _, name := range t.ch.call {
		if !slices.Contains(s.Layers, name) {
			s.Layers = append(s.Layers, name)
		}
	}
	s.Notice = strings.Join(p.Notes, "\n")
	if p.Institution == "" || s.Purpose == connect.Assist {
		return s
	}
	with := connect.Preselect(s, p.Institution, connect.Behaviour{Methods: t.m.man.methods(p.Institution)}, t.Now)
	if _, err := t.find(t.s.scripts(t.sb, t.m, chainOf(with)), with, p.Institution); err != nil {
		s.Institution, s.Preselected = "", false
		s.Notice = strings.Join(append(slices.Clone(p.Notes), err.Error()+". The user chooses from the list instead."), "\n")
		return s
	}
	return with
}
