package connect

import (
	"maps"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// State is the life of a connection.
type State string

// States of a connection. A deleted one is no longer there.
const (
	Active         State = "active"
	LoginRequired  State = "login_required"
	ConsentExpired State = "consent_expired"
	Revoked        State = "revoked"
)

// Connection is the lasting result of a session, with the consent behind it.
type Connection struct {
	ID          string            `json:"id"`
	Provider    string            `json:"provider"`
	Session     string            `json:"session"`            // the id of the session that made it
	Owner       string            `json:"owner,omitempty"`    // the client of the app that it belongs to
	UserKey     string            `json:"user_key,omitempty"` // the app's own name of the user
	Institution string            `json:"institution"`
	Product     string            `json:"product,omitempty"` // of the session
	Method      string            `json:"method,omitempty"`  // access method of the institution
	Username    string            `json:"username"`
	Layers      []string          `json:"layers,omitempty"` // scenarios named at the call
	Suffix      string            `json:"suffix,omitempty"` // scenario named by the user name
	Magic       string            `json:"magic,omitempty"`  // scenario of the provider's test user
	Persona     string            `json:"persona"`
	Holder      bank.Holder       `json:"holder"`
	Accounts    []string          `json:"accounts"` // canonical keys agreed to
	Params      map[string]string `json:"params,omitempty"`
	Lang        string            `json:"lang,omitempty"` // in which its user is asked
	State       State             `json:"state"`
	Paused      bool              `json:"paused"`              // not refreshed, still readable
	Ephemeral   bool              `json:"ephemeral,omitempty"` // ends with the session that made it
	CreatedAt   time.Time         `json:"created_at"`
	RefreshedAt time.Time         `json:"refreshed_at"`      // the data is as of then; zero: there is none yet
	Data        DataState         `json:"data,omitempty"`    // how far the first data has come
	ConsentEnds time.Time         `json:"consent_ends"`      // zero: never
	Changes     []bank.Change     `json:"changes,omitempty"` // of its bank data, by the timeline

	StateSince time.Time `json:"state_since,omitzero"` // when State was last set, and by what
	StateBy    string    `json:"state_by,omitempty"`

	Logins            int       `json:"logins"`                       // that the bank has seen, in widgets and refreshes
	Refreshing        string    `json:"refreshing,omitempty"`         // the refresh that runs
	RefreshedOnDemand time.Time `json:"refreshed_on_demand,omitzero"` // when the last one that was asked for succeeded
	RefreshedKind     string    `json:"refreshed_kind,omitempty"`     // and its kind
	RejectedAt        time.Time `json:"rejected_at,omitzero"`         // when the bank last refused the credentials in a refresh

	Failure  problem.Code `json:"failure,omitempty"`  // why the last refresh did not succeed, empty when it did
	FailedAt time.Time    `json:"failed_at,omitzero"` // and when
	Unread   string       `json:"unread,omitempty"`   // the refresh whose data nobody has read yet
	ReadAt   time.Time    `json:"read_at,omitzero"`   // when what is kept was last asked for
}

// Clone copies the connection.
func (c Connection) Clone() Connection {
	c.Layers = slices.Clone(c.Layers)
	c.Accounts = slices.Clone(c.Accounts)
	c.Changes = slices.Clone(c.Changes)
	c.Params = maps.Clone(c.Params)
	return c
}

// Consents says whether the user agreed to an account.
func (c Connection) Consents(account string) bool { return slices.Contains(c.Accounts, account) }

// StateAt is the state at an instant: a consent whose end has come has ended, whether
// or not anybody has looked yet.
func (c Connection) StateAt(now time.Time) State {
	if c.State == Active && !c.ConsentEnds.IsZero() && !now.Before(c.ConsentEnds) {
		return ConsentExpired
	}
	return c.State
}
