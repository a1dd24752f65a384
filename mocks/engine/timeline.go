package engine

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/scenarios"
)

const (
	kindTimeline = "timeline"
	timelineKept = "timeline.kept" // what the journal says
)

var appointments = collection[appointment](kindTimeline)

// What the timeline of a scenario can be anchored on, besides the end of a grant
// ("<class>_expired") and an event ("webhook <event>").
const (
	anchorCreated   = "created"   // the start call
	anchorOpened    = "opened"    // the first look at the page
	anchorConnected = "connected" // also when the user logs in again
	anchorExchanged = "exchanged" // what the page handed back was used
	anchorRefreshed = "refreshed" // new data came
	anchorConsent   = "consent_ended"
	anchorEvent     = "webhook " // and the name of the event, whether or not anybody listens
)

// appointment is an entry of a timeline whose anchor has happened: a row that is due
// when its wait is over.
type appointment struct {
	Connection string             `json:"connection"`
	State      connect.State      `json:"state,omitempty"`   // what becomes of it; empty: what it was
	Changes    []scenarios.Change `json:"changes,omitempty"` // of its bank data
	Entry      string             `json:"entry"`             // file:line
	Grant      string             `json:"grant,omitempty"`   // whose end is waited for; a use may put it off
	Wait       time.Duration      `json:"wait,omitempty"`    // behind that end
}

// Clone copies the appointment.
func (a appointment) Clone() appointment {
	a.Changes = slices.Clone(a.Changes)
	return a
}

// timeline is what the scenarios of a chain say of later.
func (t Tx) timeline(ch chain) []scenarios.Entry {
	return t.s.scripts(t.sb, t.m, ch).layers.Timeline()
}

// agenda makes the appointments that are anchored on an event.
func (t Tx) agenda(e Event) error {
	entries := t.timeline(chainOfConnection(e.Connection))
	if len(entries) == 0 || e.Connection.ID == "" { // nothing has come to be that could change
		return nil
	}
	at := map[string]time.Time{anchorEvent + string(e.Name): t.Now}
	switch e.Name {
	case ConnectionCreated:
		at[anchorCreated], at[anchorOpened], at[anchorConnected] = e.Session.StartedAt, e.Session.OpenedAt, t.Now
		if e.Session.OpenedAt.IsZero() { // no page was needed
			at[anchorOpened] = e.Session.StartedAt
		}
		g, err := grants.Get(t.tx, grant.Issue(grant.Widget, "", e.Session.ID, 0, grant.Rules{}, t.Now).Key()) // issued before there was a session
		if err == nil {
			err = t.expires(g)
		}
		if unlessAbsent(err) != nil {
			return err
		}
	case ConnectionRestored:
		if e.Session.ID != "" { // by its user, not by the timeline
			at[anchorConnected] = t.Now
		}
	case RefreshSucceeded:
		at[anchorRefreshed] = t.Now
	case ConsentEnded:
		at[anchorConsent] = t.Now
	}
	for _, anchor := range slices.Sorted(maps.Keys(at)) {
		if err := t.appoint(entries, anchor, appointment{Connection: e.Connection.ID}, at[anchor]); err != nil {
			return err
		}
	}
	return nil
}

// appoint puts the entries that are anchored here on the agenda of a connection. at is
// when it happened, or will.
func (t Tx) appoint(entries []scenarios.Entry, anchor string, a appointment, at time.Time) error {
	for i, e := range entries {
		if e.Anchor != anchor {
			continue
		}
		due := e.Wait.AddTo(at)
		if t.punctual && !due.After(t.Now) {
			due = t.Now.Add(time.Second) // two entries that call each other must not stop time
		}
		a.State, a.Changes, a.Wait, a.Entry = connect.State(e.State), e.Changes, due.Sub(at), e.File+":"+strconv.Itoa(e.Line)
		id := a.Connection + "/" + anchor + "/" + strconv.Itoa(i)
		if err := appointments.Delete(t.tx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := appointments.Create(t.tx, id, a, store.DueAt(due)); err != nil {
			return err
		}
	}
	return nil
}

// expires makes the appointments that are anchored on the end of a grant.
func (t Tx) expires(g grant.Grant) error {
	entries, end, conn := t.timeline(t.ch), g.ExpiresAt(), g.Subject
	if len(entries) == 0 || end.IsZero() || g.Of == kindClient {
		return nil
	}
	if g.Of == kindSession {
		s := t.moving
		if s == nil || s.ID != g.Subject {
			stored, err := sessions.Get(t.tx, g.Subject)
			if errors.Is(err, store.ErrNotFound) {
				return nil // it is being made: agenda comes back to it
			}
			if err != nil {
				return err
			}
			s = &stored
		}
		conn = t.connectionID(*s)
	}
	a := appointment{Connection: conn, Grant: g.Key()}
	return t.appoint(entries, string(g.Kind)+"_expired", a, end)
}

// exchanged makes the appointments that are anchored on the use of what a session's page
// handed back.
func (t Tx) exchanged(g grant.Grant) error {
	if !slices.Contains(t.m.man.OnSuccess, g.Kind) || g.Of != kindSession || len(t.timeline(t.ch)) == 0 {
		return nil
	}
	s, err := sessions.Get(t.tx, g.Subject)
	if errors.Is(err, store.ErrNotFound) {
		return nil // forgotten: the grant outlives its session
	}
	if err != nil {
		return err
	}
	conn, err := connections.Get(t.tx, t.connectionID(s))
	if errors.Is(err, store.ErrNotFound) {
		return nil // deleted
	}
	if err != nil {
		return err
	}
	return t.appoint(t.timeline(chainOfConnection(conn)), anchorExchanged, appointment{Connection: conn.ID}, t.Now)
}

// connectionID is the connection that a session mends, or makes if it succeeds.
func (t Tx) connectionID(s connect.Session) string {
	return cmp.Or(s.Connection, s.Target, t.ConnectionID(s.ID))
}

// keepAppointment carries out an entry whose time has come. A connection that never came
// to be, or has been deleted, is let be.
func keepAppointment(t Tx, id string) error {
	a, err := appointments.Get(t.tx, id)
	if err != nil {
		return err
	}
	if a.Grant != "" {
		g, err := grants.Get(t.tx, a.Grant)
		if unlessAbsent(err) != nil {
			return err
		}
		if err == nil && g.Rules.Rotate && !g.SpentAt.IsZero() { // its successor has an appointment of its own
			return appointments.Delete(t.tx, id)
		}
		if due := g.ExpiresAt().Add(a.Wait); err == nil && due.After(t.Now) { // it was used meanwhile, and lives on
			return appointments.Update(t.tx, id, func(a appointment) (appointment, error) { return a, nil }, store.DueAt(due))
		}
	}
	if err := appointments.Delete(t.tx, id); err != nil {
		return err
	}
	conn, err := connections.Get(t.tx, a.Connection)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.punctual = true
	t.did(timelineKept, conn.ID, strings.TrimSpace(a.Entry+" "+string(a.State)))
	if len(a.Changes) > 0 {
		if err := t.happen(conn, a.Changes); err != nil {
			t.Say("%s: the bank data stays as it is: %v", a.Entry, err)
		}
	}
	if a.State == "" {
		return nil
	}
	_, err = t.SetState(conn.ID, a.State, "the timeline at "+a.Entry)
	return err
}
