package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/scenarios"
)

// catalogue is the provider's institutions as the scenarios change them.
func (m *mount) catalogue(sc *scripts) []InstitutionState {
	changed, _ := sc.layers.Institutions()
	out := make([]InstitutionState, 0, len(m.man.Institutions)+len(changed))
	for _, i := range m.man.Institutions {
		out = append(out, InstitutionState{Institution: i, Status: connect.OK})
	}
	for _, ch := range changed {
		at := slices.IndexFunc(out, func(i InstitutionState) bool { return i.ID == ch.ID })
		if at < 0 {
			added := Institution{ID: ch.ID, Name: ch.Name, Country: m.man.Country}
			out = append(out, InstitutionState{Institution: added, Added: true})
			at = len(out) - 1
		}
		out[at].Status = connect.Status(cmp.Or(ch.Status, string(connect.OK)))
	}
	return out
}

// institution is one of the catalogue.
func (m *mount) institution(sc *scripts, id string) (out InstitutionState, ok bool) {
	if id == "" {
		return out, false
	}
	out.Status = connect.OK
	out.Institution, ok = m.man.institution(id)
	changed, _ := sc.layers.Institutions()
	for i := range changed {
		ch := &changed[i]
		if ch.ID != id {
			continue
		}
		if !ok && !out.Added {
			out.Institution, out.Added = Institution{ID: ch.ID, Name: ch.Name, Country: m.man.Country}, true
		}
		out.Status = connect.Status(cmp.Or(ch.Status, string(connect.OK)))
	}
	return out, ok || out.Added
}

// Institution is the bank that a session has chosen; false where it has chosen none.
func (c *Call) Institution(s connect.Session) (InstitutionState, bool) {
	m := c.s.byName[s.Provider]
	return m.institution(c.s.scripts(c.Sandbox, m, chainOf(s)), s.Institution)
}

// Institutions are the banks of a session's provider.
func (c *Call) Institutions(s connect.Session) []InstitutionState {
	m := c.s.byName[s.Provider]
	return m.catalogue(c.s.scripts(c.Sandbox, m, chainOf(s)))
}

// Banks are the institutions of the provider, for a call that is about no session.
func (c *Call) Banks() []InstitutionState { return c.m.catalogue(c.scripts()) }

// Offered are the banks that a session may choose from: all, or those that the provider
// offers for what the session is about. What a scenario adds is always offered.
func (c *Call) Offered(s connect.Session) []InstitutionState {
	m := c.s.byName[s.Provider]
	return slices.DeleteFunc(c.Institutions(s), func(i InstitutionState) bool { return m.withholds(s, i) != nil })
}

// withholds says why a session cannot use an institution of the catalogue; nil: it can.
func (m *mount) withholds(s connect.Session, i InstitutionState) error {
	if filter, ok := m.p.(InstitutionFilter); ok && !i.Added {
		return filter.AcceptsInstitution(s, i.Institution)
	}
	return nil
}

// find looks an institution up that a session may use. An unknown one, and one that the
// provider does not offer for what the session is about, have the status Unknown, and an
// error that tells a developer why.
func (t Tx) find(sc *scripts, s connect.Session, id string) (connect.Status, error) {
	ids := make([]string, 0, len(t.m.man.Institutions))
	for _, i := range t.m.catalogue(sc) {
		if i.ID == id {
			if err := t.m.withholds(s, i); err != nil {
				return connect.Unknown, fmt.Errorf("the institution %s cannot be used here: %w", id, err)
			}
			return i.Status, nil
		}
		ids = append(ids, i.ID)
	}
	return connect.Unknown, fmt.Errorf("%s has no institution %q here: %spass the id of one in its list", t.m.man.Title, clip(id), didYouMean(id, ids))
}

// InstitutionOf names the bank of a connection.
func (c *Call) InstitutionOf(conn connect.Connection) Institution {
	return c.s.institutionOf(c.Sandbox, conn)
}

func (s *Server) institutionOf(sb sandbox.Sandbox, conn connect.Connection) Institution {
	m := s.byName[conn.Provider]
	if i, ok := m.institution(s.scripts(sb, m, chainOfConnection(conn)), conn.Institution); ok {
		return i.Institution
	}
	return Institution{ID: conn.Institution, Name: conn.Institution, Country: m.man.Country}
}

// localeOf is how the bank of a connection speaks and pays: as its country does, or, where
// that has two languages, in the one of the bank.
func (s *Server) localeOf(sb sandbox.Sandbox, conn connect.Connection) string {
	return cmp.Or(s.institutionOf(sb, conn).Locale, s.byName[conn.Provider].man.Country)
}

// chainOf names the layers of a session.
func chainOf(s connect.Session) chain { return chain{call: s.Layers, username: s.Suffix} }

// chainOfConnection names the layers of a connection, which it keeps for life.
func chainOfConnection(conn connect.Connection) chain {
	return chain{call: conn.Layers, username: conn.Suffix, magic: conn.Magic}
}

// InstitutionState is an institution and how it does.
type InstitutionState struct {
	Institution
	Status connect.Status
	Added  bool // by a scenario
}

// ScenarioOf names the scenario that was asked for, and the layer it came from: the nearest
// of those that hold for a session.
func (c *Call) ScenarioOf(s connect.Session) (name, layer string) {
	m := c.s.byName[s.Provider]
	ch := chainOf(s)
	if dir, ok := m.p.(Directory); ok && s.Username != "" {
		if user, err := dir.FindUser(s, map[string]string{"username": s.Username}); err == nil {
			ch.magic = user.Scenario
		}
	}
	layers := c.s.scripts(c.Sandbox, m, ch).layers
	if len(layers) == 0 {
		return c.s.cfg.Scenario, scenarios.SourceDefault
	}
	return layers[0].Scenario.Name, layers[0].Source
}

// World opens the bank data of a connection: a function of the sandbox's seed and
// birth, the persona, the institution and the holder. Its ids are the connection's, as
// IDsOption says.
func (s *Server) World(sb sandbox.Sandbox, conn connect.Connection) (*bank.World, error) {
	m := s.byName[conn.Provider]
	sc := s.scripts(sb, m, chainOfConnection(conn))
	source, err := s.source(sb, m, sc, conn)
	if err != nil {
		return nil, err
	}
	return s.worlds.open(source, s.idsFor(sb, m, sc, conn))
}

// source says whose bank data a connection has.
func (s *Server) source(sb sandbox.Sandbox, m *mount, sc *scripts, conn connect.Connection) (bank.Source, error) {
	inst := s.institutionOf(sb, conn)
	script, err := s.script(sb, m, sc, conn)
	if err != nil {
		return bank.Source{}, fmt.Errorf("the scenario's bank data: %w", err)
	}
	return bank.Source{
		Script: script, Seed: sb.Seed, Persona: conn.Persona, Country: s.localeOf(sb, conn), Holder: conn.Holder,
		Institution: bank.Institution{ID: inst.ID, Name: inst.Name, Country: cmp.Or(inst.Country, m.man.Country), Codes: inst.Codes},
		Opened:      opened(sb), Born: bank.DayOf(sb.Born),
	}, nil
}

const (
	optionIDs = "ids"
	idsOfBank = "bank"
)

// IDsOption lets a sandbox say whose the ids of accounts and transactions are. A provider
// takes it into its options, with what is known of its own rule. Without it they are the
// connection's.
func IDsOption(fidelity, source string) Option {
	return Option{
		Name: optionIDs, Type: Enum, Values: []string{"connection", idsOfBank}, Default: "connection", Fidelity: fidelity, Source: source,
		Help: "whether each connection has ids of its own for accounts and transactions, or all connections of a user to a bank have the same",
	}
}

// idsFor is the connection whose own ids its data has; empty: the bank's.
func (s *Server) idsFor(sb sandbox.Sandbox, m *mount, sc *scripts, conn connect.Connection) string {
	if _, ok := m.options[optionIDs]; ok && s.option(m, sb, sc, optionIDs) == idsOfBank {
		return ""
	}
	return conn.ID
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
