package engine

import (
	"errors"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// IssueOptions say more of a grant than its kind and what it opens.
type IssueOptions struct {
	Scopes []string
	Family string         // of the grant that it came of, so that the two can be revoked together; see RevokeFamily
	Length int            // characters of the secret, above 2,048 too; 0: those of the format
	Claims map[string]any // of a JWT, beside sub, jti, iat, exp and scope
	Grace  time.Duration  // after a rotation, instead of the rules'; 0: theirs
}

// AnyKind finds a grant of whichever kind.
const AnyKind grant.Kind = ""

// Issue mints the nth grant of a kind below a subject (a session or a connection) and
// stores it by hash. Without a Family it belongs to that of its session: the subject, or
// the session that made the connection.
func (t Tx) Issue(kind grant.Kind, subject string, n int, how ...IssueOptions) (string, grant.Grant, error) {
	g, err := t.newGrant(kind, subject, n, how)
	if err != nil {
		return "", g, err
	}
	g.Of = kindSession
	family := subject
	switch conn, err := connections.Get(t.tx, subject); {
	case err == nil:
		g.Of, family = kindConnection, conn.Session
	case !errors.Is(err, store.ErrNotFound):
		return "", g, err
	}
	if len(how) == 0 || how[0].Family == "" {
		g.Family = family
	}
	secret, err := t.addGrant(g)
	return secret, g, err
}

// IssueNext is Issue with the next number of the kind below the subject. Who uses it for a
// kind numbers none of its grants by hand.
func (t Tx) IssueNext(kind grant.Kind, subject string, how ...IssueOptions) (string, grant.Grant, error) {
	n, err := t.tx.Next("grant/" + t.m.man.Name + "/" + string(kind) + "/" + subject)
	if err != nil {
		return "", grant.Grant{}, err
	}
	return t.Issue(kind, subject, int(n)-1, how...)
}

// IssueWith gives the grant of a kind that goes with another one, the access token of a
// refresh token for example. It has the subject, the family and the scopes of the other
// one, or fewer scopes. Each rotation of the other one, and each use of one that does not
// rotate, has one such grant; asked again, it is the same.
func (t Tx) IssueWith(kind grant.Kind, with grant.Grant, how ...IssueOptions) (string, grant.Grant, error) {
	g, err := t.newGrant(kind, with.Subject, with.N, how)
	if err != nil {
		return "", g, err
	}
	g.Gen, g.Of, g.Family = with.Gen+with.Uses, with.Of, with.Family
	switch kept, err := grants.Get(t.tx, g.Key()); {
	case err == nil:
		return t.mint(kept), kept, nil
	case !errors.Is(err, store.ErrNotFound):
		return "", g, err
	}
	var p *problem.Error
	if g.Scopes, p = grant.Narrow(with.Scopes, g.Scopes); p != nil {
		return "", g, p
	}
	secret, err := t.addGrant(g)
	return secret, g, err
}

// mostFree is how many grants of a kind that belong to no session a sandbox keeps of a client.
const mostFree = 10_000

// IssueFree mints one more grant of a kind that belongs to a client, an account of the
// app's with the provider, and to no session. It is a family of its own. Where the kind is
// Single, it ends the one before.
func (t Tx) IssueFree(kind grant.Kind, client string, how ...IssueOptions) (string, grant.Grant, error) {
	n, err := t.tx.Next("grant/" + t.m.man.Name + "/" + string(kind))
	if err != nil {
		return "", grant.Grant{}, err
	}
	g, err := t.newGrant(kind, client, int(n), how)
	if err != nil {
		return "", g, err
	}
	g.Of = kindClient
	if err := t.makeRoom(g); err != nil {
		return "", g, err
	}
	secret, err := t.addGrant(g)
	return secret, g, err
}

// makeRoom forgets the oldest of a client's grants where there are too many, and ends the
// newest where there may be only one.
func (t Tx) makeRoom(g grant.Grant) error {
	group := grantGroup(g)
	if n, err := grants.Count(t.tx, group); err != nil {
		return err
	} else if n >= mostFree {
		oldest, err := grants.List(t.tx, store.Query{Group: group, Limit: 1})
		if err != nil {
			return err
		}
		for _, g := range oldest {
			if err := grants.Delete(t.tx, g.Key()); err != nil {
				return err
			}
		}
	}
	if !g.Rules.Single {
		return nil
	}
	last, err := grants.List(t.tx, store.Query{Group: group, Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return err
	}
	return t.revokeGrant(last[0])
}

// grantGroup is what a grant is listed with: all of its subject, or all of its kind where
// the subject is a client, which may have thousands.
func grantGroup(g grant.Grant) string {
	if g.Of == kindClient {
		return kindClient + "/" + g.Provider + "/" + string(g.Kind) + "/" + g.Subject
	}
	return g.Subject
}

// newGrant is a grant with the lifetimes that are in force.
func (t Tx) newGrant(kind grant.Kind, subject string, n int, how []IssueOptions) (grant.Grant, error) {
	class, ok := t.m.man.Tokens[kind]
	if !ok {
		return grant.Grant{}, errors.New("engine: the manifest has no token class " + strconv.Quote(string(kind)))
	}
	g := grant.Issue(kind, t.m.man.Name, subject, n, t.rules(kind, class), t.Now)
	if len(how) == 0 {
		return g, nil
	}
	o := how[0]
	g.Scopes = o.Scopes
	if o.Family != "" {
		g.Family = o.Family
	}
	if o.Length > 0 {
		g.Rules.Length = o.Length
	}
	if o.Grace > 0 {
		g.Rules.Grace = o.Grace
	}
	claims, err := grant.ClaimsOf(o.Claims)
	g.Claims = claims
	return g, err
}

// addGrant stores a grant by the hash of its secret, and gives that.
func (t Tx) addGrant(g grant.Grant) (string, error) {
	secret := t.mint(g)
	t.did(grantIssued, g.Subject, string(g.Kind))
	err := grants.Create(t.tx, g.Key(), g, store.InGroup(grantGroup(g)), store.WithLookup(store.HashOf(secret)), forgetGrant(g))
	if err != nil {
		return "", err
	}
	return secret, t.expires(g)
}

// forgetGrant lets a grant go a while after its end.
func forgetGrant(g grant.Grant) store.Option {
	at := g.ExpiresAt()
	if !at.IsZero() {
		at = at.Add(keep)
	}
	return store.ExpiresAt(at)
}

// mint is the text of a grant.
func (t Tx) mint(g grant.Grant) string {
	return t.m.man.Tokens[g.Kind].Format.Secret(t.s.cfg.Key, t.sb.Name, g)
}

// Secret gives the text of a grant of a session or a connection again.
func (t Tx) Secret(kind grant.Kind, subject string, n int) (string, error) {
	g := grant.Grant{Kind: kind, Provider: t.m.man.Name, Subject: subject, N: n}
	kept, err := grants.Get(t.tx, g.Key())
	switch {
	case err == nil:
		g = kept
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	return t.mint(g), nil
}

// Grants counts the grants of a kind below a session or a connection, used or not.
func (t Tx) Grants(kind grant.Kind, subject string) (int, error) {
	all, err := grants.List(t.tx, store.Query{Group: subject})
	n := 0
	for _, g := range all {
		if g.Kind == kind {
			n++
		}
	}
	return n, err
}

// Find gives the grant behind a secret, if this sandbox minted it and it is of the
// kind; InvalidGrant otherwise. It does not look whether it still works. The secret must
// have come with the call, at a place that the document names.
func (t Tx) Find(kind grant.Kind, secret string) (grant.Grant, error) {
	for _, ref := range t.refs {
		if ref.Kind != kindGrant || ref.text != secret {
			continue
		}
		g, err := grants.Get(t.tx, ref.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return g, err
		}
		if err == nil && (kind == AnyKind || g.Kind == kind) && g.Provider == t.m.man.Name {
			return g, nil
		}
	}
	what := string(kind)
	if kind == AnyKind {
		what = "such"
	}
	return grant.Grant{}, problem.New(problem.InvalidGrant, "no %s token like this in this sandbox", what)
}

// Use uses a grant and says what is wrong with it otherwise: unknown, expired, revoked,
// spent. allow lets a spent one pass (a provider's option). A second use of a grant
// whose family it revokes ends all that came of the same session, although the call
// fails.
func (t Tx) Use(kind grant.Kind, secret string, allow bool) (grant.Grant, error) {
	return t.UseIn("", kind, secret, allow)
}

// UseIn is Use by a session, which may go on with a grant that counts sessions.
func (t Tx) UseIn(session string, kind grant.Kind, secret string, allow bool) (grant.Grant, error) {
	g, err := t.Find(kind, secret)
	if err != nil {
		return g, err
	}
	trial := g
	if allow {
		trial.Rules.Reuse = grant.AllowReuse
	}
	used, p := trial.Use(t.Now, session)
	if p != nil {
		return g, t.refused(g, p)
	}
	used.Rules = g.Rules
	if err := t.exchanged(g); err != nil || !g.Rules.Counted() {
		return used, err
	}
	return used, t.used(used)
}

// used stores what a use made of a grant.
func (t Tx) used(g grant.Grant) error {
	t.did(grantUsed, g.Subject, string(g.Kind))
	return grants.Update(t.tx, g.Key(), func(grant.Grant) (grant.Grant, error) { return g, nil }, forgetGrant(g))
}

// refused is why a grant does not work. Where its reuse ends the family, that is done
// although the call fails.
func (t Tx) refused(g grant.Grant, p *problem.Error) error {
	if p.Code == problem.ReusedGrant && g.Rules.Reuse == grant.RevokeFamily {
		t.onRollback(func(tx Tx) error { return tx.RevokeFamily(g) })
	}
	return p
}

// mostRotated is how many spent grants of a rotation chain are kept, to know a reused one.
const mostRotated = 1000

// Rotate uses a grant and gives the one to go on with, and its secret: the successor where
// the kind rotates, the same one where it does not. Within the grace of a rotation the old
// grant gives the same successor again; later its use is ReusedGrant, which ends the family
// where the rules say so. A chain ends at the Absolute end of its first grant.
//
// With IssueWith it answers a refresh of tokens:
//
//	refresh, g, err := tx.Rotate(grant.Refresh, secret)
//	access, a, err := tx.IssueWith(grant.Access, g, engine.IssueOptions{Scopes: asked})
func (t Tx) Rotate(kind grant.Kind, secret string) (string, grant.Grant, error) {
	g, err := t.Find(kind, secret)
	if err != nil {
		return "", g, err
	}
	used, next, again, p := g.Rotate(t.Now)
	if p != nil {
		return "", g, t.refused(g, p)
	}
	if again {
		if next, err = grants.Get(t.tx, next.Key()); errors.Is(err, store.ErrNotFound) {
			return "", g, problem.New(problem.InvalidGrant, "the %s token that replaced this one is gone", kind)
		}
		if err != nil {
			return "", g, err
		}
		if !next.Revoked.IsZero() {
			return "", g, next.Check(t.Now)
		}
		return t.mint(next), next, nil
	}
	if err := t.used(used); err != nil || next.Key() == used.Key() {
		return secret, used, err
	}
	if old := next; old.Gen > mostRotated {
		old.Gen -= mostRotated + 1
		if err := grants.Delete(t.tx, old.Key()); err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", g, err
		}
	}
	text, err := t.addGrant(next)
	return text, next, err
}

// rules are the lifetimes of a kind: the manifest's, as the scenarios override them.
func (t Tx) rules(kind grant.Kind, class TokenClass) grant.Rules {
	sc, r := t.s.scripts(t.sb, t.m, t.ch), class.Rules
	if class.IdleOption != "" {
		if d, err := time.ParseDuration(t.Option(class.IdleOption)); err == nil {
			r.Idle = d
		}
	}
	overrides, _ := sc.layers.Tokens()
	o, ok := overrides[string(kind)]
	if !ok {
		return r
	}
	span := func(d *time.Duration, s interface{ AddTo(time.Time) time.Time }) {
		if to := s.AddTo(t.Now); to.After(t.Now) {
			*d = to.Sub(t.Now)
		}
	}
	span(&r.TTL, o.TTL)
	span(&r.Idle, o.Idle)
	span(&r.Absolute, o.Absolute)
	if o.Uses > 0 {
		r.Uses = o.Uses
	}
	if o.Rotate != nil {
		r.Rotate = *o.Rotate
	}
	if o.Reuse != "" {
		r.Reuse = grant.Reuse(o.Reuse)
	}
	if o.Grace != nil {
		r.Grace = o.Grace.AddTo(t.Now).Sub(t.Now)
	}
	if o.Length > 0 {
		r.Length = o.Length
	}
	return r
}

// Slide counts now as a use of the live grants of a kind in the family of another one, such as
// the refresh token behind an access token: what ends them when they rest begins anew.
func (t Tx) Slide(kind grant.Kind, with grant.Grant) error {
	all, err := grants.List(t.tx, store.Query{Group: with.Subject})
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Kind != kind || g.Family != with.Family || g.Rules.Idle <= 0 || !g.SpentAt.IsZero() || g.Check(t.Now) != nil {
			continue
		}
		g.LastUsed = t.Now
		if err := t.used(g); err != nil {
			return err
		}
	}
	return nil
}

// Claimer is a provider whose tokens are JWTs that say more than every one does: the claims
// of those that the engine itself mints for a session, its widget token and what its end
// hands back. It is a pure function; a claim that is nil takes the engine's own away.
type Claimer interface {
	Claims(kind grant.Kind, s connect.Session) map[string]any
}

// ownClaims are the options of a grant that the engine mints for a session.
func (m *mount) ownClaims(kind grant.Kind, s connect.Session) []IssueOptions {
	if c, ok := m.p.(Claimer); ok && m.man.Tokens[kind].Format.JWT {
		return []IssueOptions{{Claims: c.Claims(kind, s)}}
	}
	return nil
}
