package connect

import (
	"cmp"
	"hash/fnv"
	"maps"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// RefreshState is how far a refresh has come.
type RefreshState string

// States of a refresh. Running is the only one that changes.
const (
	RefreshRunning   RefreshState = "running"
	RefreshSucceeded RefreshState = "succeeded"
	RefreshFailed    RefreshState = "failed"   // the bank did not answer; the credentials may be right
	RefreshRejected  RefreshState = "rejected" // the bank refused the credentials
)

// Refresh is one look at the bank for new data of a connection.
type Refresh struct {
	ID         string         `json:"id"`
	Provider   string         `json:"provider"`
	Connection string         `json:"connection"`
	Kind       string         `json:"kind"`              // the provider's word
	Scheduled  bool           `json:"scheduled"`         // by the provider itself, nobody asked for it
	Initial    bool           `json:"initial,omitempty"` // the first import of a connection, which its login has begun
	Forced     RefreshState   `json:"forced,omitempty"`  // the outcome that the call asked for
	State      RefreshState   `json:"state"`
	Problem    problem.Code   `json:"problem,omitempty"`  // why it failed or was rejected
	Session    string         `json:"session,omitempty"`  // that is logged in and asked for it
	Assisted   bool           `json:"assisted,omitempty"` // waits for the user's second factor, in the session of the same id
	Polls      int            `json:"polls,omitempty"`    // how often somebody asked how far it is
	StartedAt  time.Time      `json:"started_at"`
	ReadyAt    time.Time      `json:"ready_at,omitzero"` // when it ends by itself; zero: when it was asked for often enough
	EndedAt    time.Time      `json:"ended_at"`
	Since      time.Time      `json:"since"`         // the data before it was as of this instant
	New        map[string]int `json:"new,omitempty"` // rows that are new, by canonical account key
}

// Clone copies the refresh.
func (r Refresh) Clone() Refresh {
	r.New = maps.Clone(r.New)
	return r
}

// Refreshing is how a provider refreshes, as its manifest says.
type Refreshing struct {
	Every    time.Duration            // by itself; 0: never
	Hours    Hours                    // when; zero: at the hour of the connecting
	OptIn    bool                     // by itself only where a connection asks for it
	Cooldown map[string]time.Duration // after one that succeeded on demand, by kind
	Rejected time.Duration            // after one that was rejected, until the user has logged in again
}

// Hours are a part of the day, UTC, over which what happens daily is spread: each connection
// has its own instant in it.
type Hours struct{ From, Until time.Duration }

// first is an instant at which a connection would be refreshed, not after it was made.
func (h Hours) first(c Connection) time.Time {
	if h.Until <= h.From {
		return c.CreatedAt
	}
	sum := fnv.New64a()
	sum.Write([]byte(c.ID))
	at := h.From + time.Duration(sum.Sum64()%uint64((h.Until-h.From)/time.Second))*time.Second
	day := c.CreatedAt.UTC().Truncate(24 * time.Hour)
	if day.Add(at).After(c.CreatedAt) {
		day = day.AddDate(0, 0, -1)
	}
	return day.Add(at)
}

// MayRefresh says why a connection cannot be refreshed on demand now, nil if it can. A
// kind that is not in Cooldown has none.
func (c Connection) MayRefresh(how Refreshing, now time.Time) *problem.Error {
	switch {
	case c.Refreshing != "":
		return &problem.Error{Code: problem.InProgress, Subject: "refresh", ID: c.ID}
	case c.Paused:
		return &problem.Error{Code: problem.Conflict, Reason: problem.Paused, ID: c.ID}
	case c.StateAt(now) != Active:
		e := &problem.Error{Code: problem.LoginRequired, ID: c.ID}
		if wait := c.RejectedAt.Add(how.Rejected).Sub(now); !c.RejectedAt.IsZero() && wait > 0 {
			e.RetryAfter = wait
		}
		return e
	}
	if wait := c.RefreshedOnDemand.Add(how.Cooldown[c.RefreshedKind]).Sub(now); !c.RefreshedOnDemand.IsZero() && wait > 0 {
		return &problem.Error{Code: problem.RateLimited, Reason: problem.Cooldown, ID: c.ID, RetryAfter: wait}
	}
	return nil
}

// Outcome says how a refresh of a connection ends: as it was forced to, else as the
// bank and the script have it. The bank counts logins on from those of the widget, so
// that `credentials: [accept, reject]` is a password that was changed later.
func (r Refresh) Outcome(c Connection, b Behaviour, now time.Time) (RefreshState, problem.Code) {
	switch {
	case r.Forced == RefreshFailed:
		return RefreshFailed, cmp.Or(r.Problem, problem.InstitutionUnavailable)
	case r.Forced == RefreshRejected:
		return RefreshRejected, cmp.Or(r.Problem, problem.LoginInvalid)
	case r.Forced != "":
		return r.Forced, ""
	case c.StateAt(now) != Active:
		return RefreshRejected, problem.LoginRequired
	}
	if code := b.Institution.refusal(); code != "" {
		return RefreshFailed, code
	}
	if b.Ready.When == Fails {
		return failure(b.Ready.Problem)
	}
	if r.Session != "" || r.Initial {
		return RefreshSucceeded, "" // the session has logged in
	}
	switch b.Login.At(c.Logins) {
	case Accept:
		return RefreshSucceeded, ""
	case Reject:
		return RefreshRejected, problem.LoginInvalid
	case Lock:
		return RefreshRejected, problem.LoginLocked
	case ActionRequired:
		return RefreshFailed, problem.ActionRequired
	case PermissionMissing:
		return RefreshFailed, problem.PermissionMissing
	}
	return RefreshFailed, problem.InstitutionUnavailable
}

// failure tells problems of the credentials from those of the bank.
func failure(code problem.Code) (RefreshState, problem.Code) {
	switch code {
	case problem.LoginInvalid, problem.LoginLocked, problem.LoginRequired:
		return RefreshRejected, code
	}
	return RefreshFailed, code
}

// AsOf is how new the data of a connection is at an instant: as of its last refresh.
func (c Connection) AsOf(now time.Time) time.Time {
	if c.RefreshedAt.Before(now) {
		return c.RefreshedAt
	}
	return now
}

// NextRefresh is when a provider that refreshes by itself does so next: a whole number of
// periods after the connection was made, or after the hour before that which is its own.
func (c Connection) NextRefresh(how Refreshing, now time.Time) time.Time {
	first := how.Hours.first(c)
	if how.Every <= 0 || now.Before(first) {
		return first.Add(how.Every)
	}
	return first.Add((now.Sub(first)/how.Every + 1) * how.Every)
}
