package engine

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// carryOut does what the effects of a session ask for.
func (t Tx) carryOut(s connect.Session, effects []connect.Effect) (connect.Session, error) {
	if len(effects) == 0 {
		return s, nil
	}
	changed := s // a copy, so that a session without effects stays off the heap
	for _, e := range effects {
		if err := t.effect(e, &changed); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func (t Tx) effect(e connect.Effect, s *connect.Session) error {
	switch e.Kind {
	case connect.CodeSent:
		n, err := t.tx.Next("inbox")
		if err != nil {
			return err
		}
		t.did(codeSent, s.ID, string(e.Challenge))
		to, err := t.addressee(*s, e.Prompt)
		if err != nil {
			return err
		}
		m := Message{Session: s.Handle, Provider: s.Provider, Kind: string(e.Challenge), To: to, Code: e.Code, At: t.Now}
		return inbox.Create(t.tx, strconv.FormatInt(n, 10), m, store.ExpiresAt(t.Now.Add(keep)))
	case connect.Connected:
		return t.connected(e.Accounts, s)
	case connect.Ended:
		if s.Purpose == connect.Assist {
			return t.assisted(*s)
		}
		if s.Step == connect.Failed || s.Step == connect.Expired {
			return t.Emit(Event{Name: ConnectionFailed, Session: *s})
		}
	}
	return nil
}

// masked is a number or an address as a prompt hides it: "•••• 34", "j•••@example.test".
var masked = regexp.MustCompile(`\S*[•*]{2}\S*(?:\s\d+)?`)

// addressee is where a code goes: to the number or address that the user reads in the
// prompt, else to the holder by name.
func (t Tx) addressee(s connect.Session, prompt string) (string, error) {
	if to := strings.Trim(masked.FindString(prompt), ".,;:!?()"); to != "" {
		return to, nil
	}
	user, err := t.userOf(s)
	if err != nil {
		return "", err
	}
	world, err := t.s.World(t.sb, t.connection(s, user))
	if err != nil {
		return "", err
	}
	return world.Identity().Name, nil
}

// connected makes the connection of a session that succeeded, or takes over the one that
// such a login made before, and the grants that its page hands back.
func (t Tx) connected(accounts []string, s *connect.Session) error {
	t.moving = s
	switch s.Purpose {
	case connect.Reconnect:
		return t.reconnected(s)
	case connect.Assist:
		return nil // its end says all
	}
	user, err := t.userOf(*s)
	if err != nil {
		return err
	}
	conn := t.connection(*s, user)
	conn.ID = t.connectionOf(*s, user)
	t.ch = chain{call: s.Layers, username: s.Suffix, magic: user.Scenario}
	_, err = connections.Get(t.tx, conn.ID)
	switch {
	case err == nil:
		s.Connection = conn.ID
		if err := t.reconnected(s); err != nil {
			return err
		}
		_, err := t.ChangeConnection(conn.ID, func(c *connect.Connection) error {
			c.Owner, c.UserKey = cmp.Or(s.Owner, c.Owner), cmp.Or(s.UserKey, c.UserKey)
			if t.m.man.Data != connect.AtFirstCall { // else the data brings the accounts
				c.Accounts = slices.Clone(accounts)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return t.handBack(*s)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	conn.Accounts = slices.Clone(accounts)
	conn.State, conn.CreatedAt, conn.Logins = connect.Active, t.Now, s.Earlier+s.Attempts
	conn.Ephemeral = s.Ephemeral
	switch t.m.man.Data {
	case connect.AtLogin:
		conn.RefreshedAt, conn.Data = t.Now, connect.DataReady
	case connect.InBackground:
		conn.Data = connect.DataImporting // also in what is told of it before the import begins
	}
	if t.m.man.Refreshing.OptIn {
		conn.Paused = !s.AutoRefresh || s.Ephemeral
	}
	opts := []store.Option{store.WithLookup(store.HashOf(conn.ID)), store.InGroup(t.m.man.Name)}
	login, _ := t.s.scripts(t.sb, t.m, t.ch).layers.Login()
	if end := login.ConsentEnds.AddTo(t.Now); end.After(t.Now) {
		conn.ConsentEnds = end
		opts = append(opts, store.DueAt(end))
	}
	if conn.Ephemeral {
		opts = append(opts, store.ExpiresAt(t.Now.Add(passes)))
	}
	if err := connections.Create(t.tx, conn.ID, conn, opts...); err != nil {
		return err
	}
	until := time.Time{}
	if conn.Ephemeral {
		until = t.Now.Add(passes)
	}
	if err := t.file(kindConnection, conn.ID, conn.Owner, conn.UserKey, until); err != nil {
		return err
	}
	t.did(connectionCreated, conn.ID, string(conn.State))
	s.Connection = conn.ID
	if err := t.handBack(*s); err != nil {
		return err
	}
	if err := t.keepUp(conn); err != nil {
		return err
	}
	if err := t.Emit(Event{Name: ConnectionCreated, Connection: conn, Session: *s}); err != nil {
		return err
	}
	if t.m.man.Data == connect.AtLogin {
		return t.Emit(Event{Name: ConnectionReady, Connection: conn, Session: *s})
	}
	return t.importData(conn)
}

// handBack issues the grants that the page of a session hands back.
func (t Tx) handBack(s connect.Session) error {
	for _, kind := range t.m.man.OnSuccess {
		if _, _, err := t.Issue(kind, s.ID, 0, t.m.ownClaims(kind, s)...); err != nil {
			return err
		}
	}
	return nil
}

// importData begins to fetch the data of a connection whose user has logged in, where the
// provider does so by itself.
func (t Tx) importData(conn connect.Connection) error {
	if t.m.man.Data != connect.InBackground || conn.Refreshing != "" {
		return nil
	}
	first := conn.RefreshedAt.IsZero()
	_, err := t.startRefresh(conn, connect.Refresh{Initial: first, Scheduled: !first})
	return err
}

// passes is how long a connection lasts at most that ends with its session.
const passes = time.Hour

// ConnectionID is the id of the connection that belongs to a parent: to the session that
// makes it, or to whatever the provider tells connections apart by.
func (t Tx) ConnectionID(parent string) string {
	return t.m.man.Connection.Mint(t.s.cfg.Key, t.sb.Name, parent, "connection", 0)
}

// connectionOf is the connection that the login of a user makes, or takes over.
func (t Tx) connectionOf(s connect.Session, u User) string {
	if id, ok := t.m.p.(ConnectionIdentifier); ok && s.Target == "" && s.Connection == "" && !s.Ephemeral {
		if key := id.ConnectionKey(s, u); key != "" {
			return t.ConnectionID(key)
		}
	}
	return t.connectionID(s)
}

// reconnected makes the connection of a session work again: the same id, the same
// grants, and a consent that begins anew.
func (t Tx) reconnected(s *connect.Session) error {
	user, err := t.userOf(*s)
	if err != nil {
		return err
	}
	login, _ := t.s.scripts(t.sb, t.m, chain{call: s.Layers, username: s.Suffix, magic: user.Scenario}).layers.Login()
	var opts []store.Option
	ends := login.ConsentEnds.AddTo(t.Now)
	if ends.After(t.Now) {
		opts = append(opts, store.DueAt(ends))
	}
	t.did(connectionChanged, s.Connection, string(connect.Active))
	var out connect.Connection
	err = connections.Update(t.tx, s.Connection, func(conn connect.Connection) (connect.Connection, error) {
		conn.State, conn.ConsentEnds = connect.Active, time.Time{}
		if t.m.man.Data == connect.AtLogin {
			conn.RefreshedAt, conn.Data = t.Now, connect.DataReady
		}
		conn.Logins, conn.RejectedAt = conn.Logins+s.Attempts, time.Time{}
		if ends.After(t.Now) {
			conn.ConsentEnds = ends
		}
		out = conn
		return conn, nil
	}, opts...)
	if err != nil {
		return err
	}
	t.ch = chainOfConnection(out)
	if err := t.keepUp(out); err != nil {
		return err
	}
	if err := t.Emit(Event{Name: ConnectionRestored, Connection: out, Session: *s}); err != nil {
		return err
	}
	return t.importData(out)
}

// connection is what a session connects, before it has an id.
func (t Tx) connection(s connect.Session, user User) connect.Connection {
	return connect.Connection{
		Provider: s.Provider, Session: s.ID, Owner: s.Owner, UserKey: s.UserKey, Institution: s.Institution, Username: user.Username,
		Layers: slices.Clone(s.Layers), Suffix: s.Suffix, Magic: user.Scenario,
		Persona: user.Persona, Holder: user.Holder, Params: s.Params, Product: s.Product, Method: s.Method, Lang: s.Lang,
	}
}
