// Package grant is the one engine for every secret with a lifetime: widget tokens,
// authorization codes, exchange and public tokens, access and refresh tokens, link
// and session tokens.
//
//	Rules (manifest, overridden by a scenario) ──> Issue ──> Grant (stored by hash)
//	                                                          │ Use(now, session)
//	                                                          ▼
//	                                     ok │ expired │ spent │ revoked │ superseded
//
// A Grant is a value and every function here is pure; the engine stores the results.
// The secret itself is never kept: it is minted from what the grant belongs to
// (Mint) and can be minted again by whoever holds the server's key.
package grant

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Kind is a class of grants. Scenarios address it under `tokens`.
type Kind string

// Kinds that several providers have.
const (
	Widget   Kind = "widget"   // opens one hosted session
	Exchange Kind = "exchange" // exchange token, public token, authorization code
	Link     Kind = "link"     // reads one connection until it is deleted
	Access   Kind = "access"
	Refresh  Kind = "refresh"
	Session  Kind = "session" // an API session
)

// Reuse is what a second use of a single-use or rotated grant does.
type Reuse string

// Reactions to reuse.
const (
	RefuseReuse  Reuse = "refuse"
	RevokeFamily Reuse = "revoke_family"
	AllowReuse   Reuse = "allow"
)

// Rules are the lifetimes of a kind. Zero durations and counts mean no limit.
type Rules struct {
	TTL        time.Duration `json:"ttl,omitempty"`      // after issue
	Idle       time.Duration `json:"idle,omitempty"`     // after the last use; slides
	Absolute   time.Duration `json:"absolute,omitempty"` // after the first issue of the family; rotation does not extend it
	Uses       int           `json:"uses,omitempty"`
	PerSession bool          `json:"per_session,omitempty"` // Uses counts sessions: the one that used it first may go on
	Rotate     bool          `json:"rotate,omitempty"`      // a use replaces it by a successor
	Reuse      Reuse         `json:"reuse,omitempty"`       // empty: refuse
	Grace      time.Duration `json:"grace,omitempty"`       // after rotation or the last use the old one still works that long
	Single     bool          `json:"single,omitempty"`      // of a client's: a new one ends the one before
	Length     int           `json:"length,omitempty"`      // characters of the secret (of a JWT: at least); 0: those of its format
}

// Counted says whether a use changes the grant, so that it has to be stored.
func (r Rules) Counted() bool { return r.Idle > 0 || r.Uses > 0 || r.Rotate }

// Grant is one secret as the store keeps it.
type Grant struct {
	Kind     Kind      `json:"kind"`
	Provider string    `json:"provider"`
	Subject  string    `json:"subject"`       // id of what it opens: a session, a connection
	Of       string    `json:"of"`            // the kind of record that Subject names; the engine's word
	N        int       `json:"n"`             // number among the grants of this kind and subject
	Gen      int       `json:"gen,omitempty"` // how often it was rotated to become this one
	Scopes   []string  `json:"scopes,omitempty"`
	Rules    Rules     `json:"rules"`
	Family   string    `json:"family"` // all grants that came of one authorization have the same
	Born     time.Time `json:"born"`   // issue of the first of a rotation chain
	Issued   time.Time `json:"issued"`
	LastUsed time.Time `json:"last_used"`
	Uses     int       `json:"uses"`
	UsedBy   []string  `json:"used_by,omitempty"` // sessions, with PerSession
	SpentAt  time.Time `json:"spent_at"`          // last allowed use, or rotation
	Revoked  time.Time `json:"revoked"`

	Claims json.RawMessage `json:"claims,omitempty"` // of a JWT, beside those that every one has: an object
}

// Clone copies the grant.
func (g Grant) Clone() Grant {
	g.Scopes = append([]string(nil), g.Scopes...)
	g.UsedBy = append([]string(nil), g.UsedBy...)
	g.Claims = slices.Clone(g.Claims)
	return g
}

// Key names a grant among those of its sandbox.
func (g Grant) Key() string {
	key := g.Subject + "/" + string(g.Kind) + "/" + strconv.Itoa(g.N)
	if g.Gen > 0 {
		key += "." + strconv.Itoa(g.Gen)
	}
	return key
}

// Issue makes a grant that is a family of its own.
func Issue(kind Kind, provider, subject string, n int, rules Rules, now time.Time) Grant {
	g := Grant{
		Kind: kind, Provider: provider, Subject: subject, N: n, Rules: rules,
		Born: now, Issued: now, LastUsed: now,
	}
	g.Family = g.Key()
	return g
}

// successor is the grant that replaces g when it is rotated. It keeps the family, its
// birth and the scopes.
func (g Grant) successor(now time.Time) Grant {
	next := g.Clone()
	next.Gen, next.Issued, next.LastUsed = g.Gen+1, now, now
	next.Uses, next.UsedBy, next.SpentAt, next.Revoked = 0, nil, time.Time{}, time.Time{}
	return next
}

// Rotate uses g and gives the grant to go on with: the successor, or g itself where its
// rules do not rotate. Until the grace after a rotation has passed, a grant that was
// rotated before gives the same successor once more; again is true then, and the
// successor's life since is not in next. The error is that of Check.
func (g Grant) Rotate(now time.Time) (used, next Grant, again bool, err *problem.Error) {
	if err := g.Check(now); err != nil {
		return g, g, false, err
	}
	if g.Rules.Rotate && !g.SpentAt.IsZero() {
		return g, g.successor(g.SpentAt), true, nil
	}
	if used, err = g.Use(now, ""); err != nil {
		return g, g, false, err
	}
	if !g.Rules.Rotate {
		return used, used, false, nil
	}
	return used, g.successor(now), false, nil
}

// Narrow gives the scopes that a caller asks for, of those that a grant has: all where it
// asks for none. InsufficientScope, with the first one in Param that the grant lacks.
func Narrow(have, asked []string) ([]string, *problem.Error) {
	if len(asked) == 0 {
		return slices.Clone(have), nil
	}
	for _, scope := range asked {
		if !slices.Contains(have, scope) {
			e := problem.New(problem.InsufficientScope, "the scope %s was never granted: ask for some of %q", scope, have)
			e.Param = scope
			return nil, e
		}
	}
	return slices.Clone(asked), nil
}

// ExpiresAt is when the grant ends if it is not used again; zero means never.
func (g Grant) ExpiresAt() time.Time {
	var end time.Time
	earliest := func(from time.Time, d time.Duration) {
		if at := from.Add(d); d > 0 && (end.IsZero() || at.Before(end)) {
			end = at
		}
	}
	earliest(g.Issued, g.Rules.TTL)
	earliest(g.LastUsed, g.Rules.Idle)
	earliest(g.Born, g.Rules.Absolute)
	return end
}

// Check says whether the grant works at now, without using it: ExpiredGrant,
// InvalidGrant when revoked, ReusedGrant when it was spent before.
func (g Grant) Check(now time.Time) *problem.Error {
	return g.check(now, "")
}

func (g Grant) check(now time.Time, session string) *problem.Error {
	switch {
	case !g.Revoked.IsZero() && !now.Before(g.Revoked):
		return problem.New(problem.InvalidGrant, "the %s token was revoked", g.Kind)
	case g.ended(now):
		return problem.New(problem.ExpiredGrant, "the %s token ended at %s", g.Kind, g.ExpiresAt().Format(time.RFC3339))
	case g.spent(now, session):
		e := problem.New(problem.ReusedGrant, "the %s token was used before", g.Kind)
		e.Reason = problem.Spent
		return e
	}
	return nil
}

func (g Grant) ended(now time.Time) bool {
	end := g.ExpiresAt()
	return !end.IsZero() && !now.Before(end)
}

func (g Grant) spent(now time.Time, session string) bool {
	if g.SpentAt.IsZero() || g.Rules.Reuse == AllowReuse {
		return false
	}
	if g.Rules.Grace > 0 && now.Before(g.SpentAt.Add(g.Rules.Grace)) {
		return false
	}
	if g.Rules.PerSession && session != "" {
		for _, s := range g.UsedBy {
			if s == session {
				return false
			}
		}
	}
	return true
}

// Use spends one use. session names who uses it (needed with PerSession only). The
// error is that of Check; with RevokeFamily the caller revokes the family on
// ReusedGrant.
func (g Grant) Use(now time.Time, session string) (Grant, *problem.Error) {
	if err := g.check(now, session); err != nil {
		return g, err
	}
	g = g.Clone()
	g.LastUsed = now
	if g.Rules.PerSession && session != "" {
		for _, s := range g.UsedBy {
			if s == session {
				return g, nil
			}
		}
		g.UsedBy = append(g.UsedBy, session)
	}
	g.Uses++
	if g.SpentAt.IsZero() && (g.Rules.Rotate || g.Rules.Uses > 0 && g.Uses >= g.Rules.Uses) {
		g.SpentAt = now
	}
	return g, nil
}

// Revoke ends the grant at now.
func (g Grant) Revoke(now time.Time) Grant {
	g = g.Clone()
	if g.Revoked.IsZero() {
		g.Revoked = now
	}
	return g
}
