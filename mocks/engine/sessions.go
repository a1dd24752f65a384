package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/scenarios"
)

// handleFormat is the name of a session in the URLs of its pages.
var handleFormat = grant.Format{Length: 26, Alphabet: "abcdefghijklmnopqrstuvwxyz0123456789"}

// StartSession begins an attempt to connect. It numbers it, opens its widget token and
// puts it at its first step. institution preselects one. The returned secret is the
// widget token.
func (t Tx) StartSession(purpose connect.Purpose, institution string, params map[string]string) (connect.Session, string, error) {
	return t.begin(connect.Session{Purpose: purpose, Institution: institution, Params: params})
}

// Reconnect begins a session that asks for the login of an existing connection again.
func (t Tx) Reconnect(conn connect.Connection, params map[string]string) (connect.Session, error) {
	s, _, err := t.begin(connect.Session{
		Purpose: connect.Reconnect, Institution: conn.Institution, Connection: conn.ID, Params: params,
	})
	return s, err
}

func (t Tx) begin(s connect.Session) (connect.Session, string, error) {
	n, err := t.tx.Next("session/" + t.m.man.Name)
	if err != nil {
		return connect.Session{}, "", err
	}
	key := t.s.cfg.Key
	s.ID = t.m.man.Session.Mint(key, t.sb.Name, t.m.man.Name, "session", int(n))
	s.Provider, s.Flow, s.Layers = t.m.man.Name, slices.Clone(t.m.man.Flow), slices.Clone(t.ch.call)
	s.Preselected = s.Institution != ""
	s.Handle = handleFormat.Mint(key, t.sb.Name, s.ID, "handle", 0)
	s.Key = grant.Format{Length: 32}.Mint(key, t.sb.Name, s.ID, "code", 0)
	secret, g, err := t.Issue(grant.Widget, s.ID, 0)
	if err != nil {
		return s, "", err
	}
	s.ExpiresAt = g.ExpiresAt()
	s, _ = connect.Start(s, connect.Behaviour{}, t.Now)
	opts := []store.Option{store.WithLookup(store.HashOf(s.Handle)), store.InGroup(t.m.man.Name)}
	if !s.ExpiresAt.IsZero() {
		opts = append(opts, store.ExpiresAt(s.ExpiresAt.Add(keep)))
	}
	return s, secret, sessions.Create(t.tx, s.ID, s, opts...)
}

// Advance moves the call's session by one input, and carries out what follows, in one
// transaction.
func (c *Call) Advance(fields map[string]string, in connect.Input) (connect.Session, error) {
	return c.drive(func(tx Tx, s connect.Session) (connect.Session, []connect.Effect, error) {
		in := in
		in.Username, in.Suffix = userName(in.Username, s.Suffix)
		b, err := tx.behave(s, in, fields)
		if err != nil {
			return s, nil, err
		}
		next, effects := connect.Advance(s, b, in, tx.Now)
		return next, effects, nil
	})
}

// Run feeds several answers to the call's session: the driver without pages.
func (c *Call) Run(a connect.Answers) (connect.Session, error) {
	return c.drive(func(tx Tx, s connect.Session) (connect.Session, []connect.Effect, error) {
		return tx.run(s, a)
	})
}

// run feeds answers to a session, as far as they reach.
func (t Tx) run(s connect.Session, a connect.Answers) (connect.Session, []connect.Effect, error) {
	a.Username, a.Suffix = userName(a.Username, s.Suffix)
	var failed error
	resolve := func(s connect.Session, in connect.Input) connect.Behaviour {
		b, err := t.behave(s, in, nil)
		failed = errors.Join(failed, err)
		return b
	}
	next, effects := connect.Run(s, resolve, a, t.Now)
	return next, effects, failed
}

func (c *Call) drive(move func(Tx, connect.Session) (connect.Session, []connect.Effect, error)) (connect.Session, error) {
	if c.sess == nil {
		return connect.Session{}, problem.Absent("session", "")
	}
	id, out := c.sess.ID, connect.Session{}
	err := c.Do(func(tx Tx) error {
		return sessions.Update(tx.tx, id, func(s connect.Session) (connect.Session, error) {
			tx.m = tx.s.byName[s.Provider] // the control API drives sessions of all
			next, effects, err := move(tx, s)
			if err != nil {
				return s, err
			}
			out, err = tx.carryOut(next, effects)
			return out, err
		})
	})
	if err == nil {
		c.sess = &out
		if out.Trouble != nil && out.Trouble.Detail != "" {
			c.Note("%s: %s", out.Trouble.Field, out.Trouble.Detail)
		}
	}
	return out, err
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

// behave resolves what the bank and the script do with an input.
func (t Tx) behave(s connect.Session, in connect.Input, fields map[string]string) (connect.Behaviour, error) {
	username, suffix := s.Username, s.Suffix
	if in.Verb == connect.DoSubmit && s.Step == connect.Credentials {
		username, suffix = in.Username, in.Suffix
	}
	b := connect.Behaviour{MaxLogins: t.m.man.MaxLogins}
	var user User
	if username != "" {
		all := map[string]string{"username": username, "password": in.Password}
		for k, v := range fields {
			if k != "username" {
				all[k] = v
			}
		}
		var err error
		user, err = t.user(s, all)
		var p *problem.Error
		switch {
		case err == nil:
			b.Known, b.Password = true, user.Password
		case errors.As(err, &p) && p.Param != "":
			b.Malformed, b.Detail = p.Param, p.Detail
		case errors.As(err, &p) && p.Code == problem.NotFound:
		default:
			return b, err
		}
	}
	sc := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: suffix, magic: user.Scenario})
	if sc.refused != nil {
		// A suffix that names no scenario is a typing error of the tester: say so where
		// it was typed, as a name that no bank would accept.
		b.Malformed, b.Detail = "username", problem.From(sc.refused).Detail
	}
	b.Institution = t.institution(sc, in, s)
	t.script(&b, sc, s, in)
	if b.Known {
		world, err := t.s.World(t.sb, t.connection(s, user))
		if err != nil {
			return b, err
		}
		login, _ := sc.layers.Login()
		for _, a := range world.Accounts() {
			if login.Accounts.Includes(a.Key) {
				b.Accounts = append(b.Accounts, a.Key)
			}
		}
	}
	return b, nil
}

// user asks the provider who logs in.
func (t Tx) user(s connect.Session, input map[string]string) (User, error) {
	dir, ok := t.m.p.(Directory)
	if !ok {
		return User{}, errors.New("engine: " + t.m.man.Name + " has a login form but knows no users")
	}
	return dir.FindUser(s, input)
}

// script turns the login section into behaviour, with the provider's own values where
// the scenario says nothing.
func (t Tx) script(b *connect.Behaviour, sc *scripts, s connect.Session, _ connect.Input) {
	login, _ := sc.layers.Login()
	for _, o := range login.Credentials {
		b.Login = append(b.Login, connect.Outcome(o))
	}
	for _, c := range login.MFA {
		b.Challenges = append(b.Challenges, t.challenge(c, s))
	}
	ready, _ := sc.layers.Ready()
	b.Ready = connect.Readiness{
		When: connect.When(ready.When), After: ready.After, Polls: ready.Polls, Problem: problem.Code(ready.Problem),
	}
}

func (t Tx) challenge(c scenarios.Challenge, s connect.Session) connect.Challenge {
	kind := connect.Kind(c.Kind)
	if c.Kind == scenarios.DefaultChallenge {
		kind = t.m.man.Usual
	}
	d := t.m.man.Challenges[kind]
	out := connect.Challenge{
		Kind: kind, Prompt: d.Prompt[t.lang(s)], Options: d.Options, Cells: d.Cells, Answers: d.Answers,
		MaxTries: d.MaxTries, Expires: d.Expires, ResendMax: d.ResendMax, ResendAfter: d.ResendAfter,
		Approve: connect.Approval{When: connect.When(c.Approve.When), After: c.Approve.After, Polls: c.Approve.Polls},
	}
	if c.Prompt != "" {
		out.Prompt = c.Prompt
	}
	if len(c.Answers) > 0 {
		out.Answers = [][]string{c.Answers}
	}
	if c.Expires > 0 {
		out.Expires = c.Expires
	}
	if c.ResendMax >= 0 {
		out.ResendMax, out.ResendAfter = c.ResendMax, c.ResendAfter
	}
	for _, o := range c.Attempts {
		out.Attempts = append(out.Attempts, connect.Outcome(o))
	}
	return out
}

// lang is the language of a session's pages.
func (t Tx) lang(s connect.Session) string {
	if l := s.Params["lang"]; slices.Contains(t.m.man.Languages, l) {
		return l
	}
	return t.m.man.Languages[0]
}

func (t Tx) institution(sc *scripts, in connect.Input, s connect.Session) connect.Status {
	id := s.Institution
	if in.Verb == connect.DoChoose {
		id = in.Institution
	}
	changed, _ := sc.layers.Institutions()
	for _, i := range changed {
		if i.ID == id {
			return connect.Status(i.Status)
		}
	}
	for _, i := range t.m.man.Institutions {
		if i.ID == id {
			return connect.OK
		}
	}
	return connect.Unknown
}

// carryOut does what the effects of a session ask for.
func (t Tx) carryOut(s connect.Session, effects []connect.Effect) (connect.Session, error) {
	for _, e := range effects {
		if err := t.effect(e, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (t Tx) effect(e connect.Effect, s *connect.Session) error {
	switch e.Kind {
	case connect.CodeSent:
		n, err := t.tx.Next("inbox")
		if err != nil {
			return err
		}
		m := Message{Session: s.Handle, Provider: s.Provider, Kind: string(e.Challenge), To: e.Prompt, Code: e.Code, At: t.Now}
		return inbox.Create(t.tx, strconv.FormatInt(n, 10), m, store.ExpiresAt(t.Now.Add(keep)))
	case connect.Connected:
		return t.connected(e.Accounts, s)
	}
	return nil
}

// connected makes the connection of a session that succeeded and the grants that its
// page hands back.
func (t Tx) connected(accounts []string, s *connect.Session) error {
	if s.Purpose == connect.Reconnect {
		return t.reconnected(s)
	}
	user, err := t.user(*s, map[string]string{"username": s.Username})
	if err != nil {
		return err
	}
	conn := t.connection(*s, user)
	conn.ID = t.m.man.Connection.Mint(t.s.cfg.Key, t.sb.Name, s.ID, "connection", 0)
	conn.Accounts = slices.Clone(accounts)
	conn.State, conn.CreatedAt, conn.RefreshedAt = connect.Active, t.Now, t.Now
	opts := []store.Option{store.WithLookup(store.HashOf(conn.ID)), store.InGroup(t.m.man.Name)}
	sc := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: s.Suffix, magic: user.Scenario})
	login, _ := sc.layers.Login()
	if end := login.ConsentEnds.AddTo(t.Now); end.After(t.Now) {
		conn.ConsentEnds = end
		opts = append(opts, store.DueAt(end))
	}
	if err := connections.Create(t.tx, conn.ID, conn, opts...); err != nil {
		return err
	}
	s.Connection = conn.ID
	t.ch = chain{call: s.Layers, username: s.Suffix, magic: user.Scenario}
	for _, kind := range t.m.man.OnSuccess {
		if _, _, err := t.Issue(kind, s.ID, 0); err != nil {
			return err
		}
	}
	return nil
}

// reconnected makes the connection of a session work again: the same id, the same
// grants, and a consent that begins anew.
func (t Tx) reconnected(s *connect.Session) error {
	user, err := t.user(*s, map[string]string{"username": s.Username})
	if err != nil {
		return err
	}
	login, _ := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: s.Suffix, magic: user.Scenario}).layers.Login()
	var opts []store.Option
	ends := login.ConsentEnds.AddTo(t.Now)
	if ends.After(t.Now) {
		opts = append(opts, store.DueAt(ends))
	}
	return connections.Update(t.tx, s.Connection, func(conn connect.Connection) (connect.Connection, error) {
		conn.State, conn.RefreshedAt, conn.ConsentEnds = connect.Active, t.Now, time.Time{}
		if ends.After(t.Now) {
			conn.ConsentEnds = ends
		}
		return conn, nil
	}, opts...)
}

// connection is what a session connects, before it has an id.
func (t Tx) connection(s connect.Session, user User) connect.Connection {
	return connect.Connection{
		Provider: s.Provider, Session: s.ID, Institution: s.Institution, Username: user.Username,
		Layers: slices.Clone(s.Layers), Suffix: s.Suffix, Magic: user.Scenario,
		Persona: user.Persona, Holder: user.Holder, Params: s.Params,
	}
}

// EndingOf gives what the page of a final session hands back.
func (t Tx) EndingOf(s connect.Session) Ending {
	e := Ending{Session: s, Tokens: map[grant.Kind]string{}, Expires: map[grant.Kind]time.Time{}}
	if s.Step != connect.Succeeded || s.Purpose != connect.Connect {
		return e
	}
	t.ch = chain{call: s.Layers, username: s.Suffix}
	for _, kind := range t.m.man.OnSuccess {
		e.Tokens[kind] = t.Secret(kind, s.ID, 0)
		g := grant.Issue(kind, s.Provider, s.ID, 0, t.rules(kind, t.m.man.Tokens[kind].Rules), s.EndedAt)
		if end := g.ExpiresAt(); !end.IsZero() {
			e.Expires[kind] = end
		}
	}
	return e
}

// HandBackURL is where the page of the call's session leads when it has ended; empty
// when the provider's transport has no URL.
func (c *Call) HandBackURL(s connect.Session) string {
	m := c.s.byName[s.Provider]
	hb, ok := m.p.(HandBack)
	if !ok || !s.Step.Final() {
		return ""
	}
	tx := c.tx(nil)
	tx.m = m
	return hb.HandBack(tx.EndingOf(s))
}

// Behaviour resolves what the call's session would meet now, for a page to show.
func (c *Call) Behaviour(s connect.Session) (b connect.Behaviour, err error) {
	err = c.View(func(tx Tx) error {
		tx.m = c.s.byName[s.Provider]
		b, err = tx.behave(s, connect.Input{}, nil)
		return err
	})
	return b, err
}

// Institutions are the banks that a session may choose from, as the scenarios change
// them.
func (c *Call) Institutions(s connect.Session) []InstitutionState {
	m := c.s.byName[s.Provider]
	sc := c.s.scripts(c.Sandbox, m, chain{call: s.Layers, username: s.Suffix})
	changed, _ := sc.layers.Institutions()
	var out []InstitutionState
	for _, i := range m.man.Institutions {
		st := InstitutionState{Institution: i, Status: connect.OK}
		for _, ch := range changed {
			if ch.ID == i.ID {
				st.Status = connect.Status(ch.Status)
			}
		}
		out = append(out, st)
	}
	for _, ch := range changed {
		if !slices.ContainsFunc(out, func(i InstitutionState) bool { return i.ID == ch.ID }) {
			out = append(out, InstitutionState{
				Institution: Institution{ID: ch.ID, Name: ch.Name, Country: m.man.Country},
				Status:      connect.Status(ch.Status),
			})
		}
	}
	return out
}

// InstitutionState is an institution and how it does.
type InstitutionState struct {
	Institution
	Status connect.Status
}

// ScenarioOf names the scenario that decides how a session's login ends, and the layer
// it came from.
func (c *Call) ScenarioOf(s connect.Session) (name, layer string) {
	m := c.s.byName[s.Provider]
	_, l := c.s.scripts(c.Sandbox, m, chain{call: s.Layers, username: s.Suffix}).layers.Login()
	if l.Scenario == nil {
		return c.s.cfg.Scenario, scenarios.SourceDefault
	}
	return l.Scenario.Name, l.Source
}

// Message is a code on its way to a user.
type Message struct {
	Session  string    `json:"session"`
	Provider string    `json:"provider"`
	Kind     string    `json:"kind"`
	To       string    `json:"to"`
	Code     string    `json:"code"`
	At       time.Time `json:"at"`
}

// Clone copies the message.
func (m Message) Clone() Message { return m }

// Inbox lists the codes that were sent in a sandbox, newest first.
func (s *Server) Inbox(ctx context.Context, sb string) (out []Message, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = inbox.List(tx, store.Query{Newest: true, Limit: 100})
		return err
	})
	return out, err
}

// Sessions lists the sessions of a sandbox, newest first.
func (s *Server) Sessions(ctx context.Context, sb string) (out []connect.Session, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = sessions.List(tx, store.Query{Newest: true, Limit: 200})
		return err
	})
	return out, err
}

// Session reads a session of a sandbox by its id, whichever the provider.
func (s *Server) Session(ctx context.Context, sb, id string) (out connect.Session, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = sessions.Get(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Absent("session", id)
	}
	return out, err
}

// World opens the bank data of a connection: a function of the sandbox's seed and
// birth, the persona, the institution and the holder.
func (s *Server) World(sb sandbox.Sandbox, conn connect.Connection) (*bank.World, error) {
	m := s.byName[conn.Provider]
	inst := bank.Institution{ID: conn.Institution, Name: conn.Institution, Country: m.man.Country}
	for _, i := range m.man.Institutions {
		if i.ID == conn.Institution {
			inst.Name = i.Name
		}
	}
	return s.worlds.open(bank.Source{
		Seed: sb.Seed, Persona: conn.Persona, Country: m.man.Country, Institution: inst, Holder: conn.Holder,
		Opened: opened(sb),
	})
}

// opened is where the history of a sandbox's accounts begins, as far back as there is
// bank data.
func opened(sb sandbox.Sandbox) bank.Day {
	return min(max(bank.DayOf(sb.Opened), bank.FirstDay), bank.LastDay)
}

// accountKey finds the canonical key of an account id of a connection.
func (s *Server) accountKey(sb sandbox.Sandbox, conn connect.Connection, text string) string {
	if i := strings.LastIndexByte(text, '_'); i >= 0 {
		text = text[i+1:]
	}
	id, ok := bank.ParseID(text)
	if !ok {
		return ""
	}
	world, err := s.World(sb, conn)
	if err != nil {
		return ""
	}
	if book, ok := world.BookByID(id); ok {
		return book.Account().Key
	}
	return ""
}

// Preset is what an entry page says about a session before the user does anything.
type Preset struct {
	Institution string
	Params      map[string]string
	Host        map[string]string // parameters about the app around the page, which holds whenever it is opened
	Again       bool              // a session that the user left, or that failed, begins anew
}

// OpenSession is the first look at a session: what the entry page says becomes part of
// it, as long as the user has done nothing. An unknown institution is ignored.
func (t Tx) OpenSession(id string, p Preset) (out connect.Session, err error) {
	err = sessions.Update(t.tx, id, func(s connect.Session) (connect.Session, error) {
		if p.Again && (s.Step == connect.Cancelled || s.Step == connect.Failed) {
			s = t.again(s)
		}
		if s.Params == nil {
			s.Params = map[string]string{}
		}
		maps.Copy(s.Params, p.Host)
		if s.Step == t.m.man.Flow[0] {
			s = t.preset(s, p)
		}
		out = s
		return s, nil
	})
	return out, err
}

// again is a session that starts over: its events and revisions count on, so that no
// old form fits and no event is told twice.
func (t Tx) again(s connect.Session) connect.Session {
	rev, institution := s.Rev, ""
	if s.Preselected {
		institution = s.Institution
	}
	s, _ = connect.Start(connect.Session{
		ID: s.ID, Handle: s.Handle, Key: s.Key, Provider: s.Provider, Purpose: s.Purpose, Flow: s.Flow, Params: s.Params,
		Layers: s.Layers, Institution: institution, Preselected: s.Preselected, ExpiresAt: s.ExpiresAt,
		Connection: s.Connection, Events: s.Events,
	}, connect.Behaviour{}, t.Now)
	s.Rev += rev
	return s
}

func (t Tx) preset(s connect.Session, p Preset) connect.Session {
	if s.Params == nil {
		s.Params = map[string]string{}
	}
	maps.Copy(s.Params, p.Params)
	s.Layers = nil // those of this call come before those of the start call
	for _, name := range t.ch.call {
		if !slices.Contains(s.Layers, name) {
			s.Layers = append(s.Layers, name)
		}
	}
	known := slices.ContainsFunc(t.m.man.Institutions, func(i Institution) bool { return i.ID == p.Institution })
	if known && s.Step != connect.Institution {
		s.Institution, s.Preselected = p.Institution, true
	}
	return s
}
