package engine

import (
	"errors"
	"maps"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Revoke ends a grant from now on, and gives it; a second time it changes nothing.
// InvalidGrant when the sandbox has no such one of the kind; AnyKind finds all.
func (t Tx) Revoke(kind grant.Kind, secret string) (grant.Grant, error) {
	g, err := t.Find(kind, secret)
	if err != nil {
		return g, err
	}
	return g, t.revokeGrant(g)
}

// RevokeFamily ends every grant that came of the same authorization: of the same session,
// the connection that this made, or of the same rotation chain.
func (t Tx) RevokeFamily(g grant.Grant) error {
	same := func(other grant.Grant) bool { return other.Family == g.Family }
	if g.Of == kindClient {
		return t.revokeChain(g)
	}
	subjects := []string{g.Subject}
	switch s, err := sessions.Get(t.tx, g.Subject); {
	case err == nil && s.Connection != "":
		subjects = append(subjects, s.Connection)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return err
	case err != nil && g.Family != g.Subject: // of a connection: the session's own, too
		subjects = append(subjects, g.Family)
	}
	for _, subject := range subjects {
		if err := t.revokeGrants(subject, same); err != nil {
			return err
		}
	}
	return nil
}

// revokeChain ends a rotation chain of a client, and what was issued with its grants. It
// goes by their numbers, because a client may have thousands of others.
func (t Tx) revokeChain(g grant.Grant) error {
	at := func(kind grant.Kind, gen int) (grant.Grant, error) {
		g := g
		g.Kind, g.Gen = kind, gen
		return grants.Get(t.tx, g.Key())
	}
	first, last := g.Gen, g.Gen
	for ; first > 0; first-- {
		if _, err := at(g.Kind, first-1); err != nil {
			break
		}
	}
	for {
		next, err := at(g.Kind, last)
		if err != nil {
			break
		}
		last = max(last, next.Gen+next.Uses)
		if last == next.Gen {
			break
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(t.m.man.Tokens)) {
		for gen := first; gen <= last; gen++ {
			member, err := at(kind, gen)
			if errors.Is(err, store.ErrNotFound) || err == nil && member.Family != g.Family {
				continue
			}
			if err == nil {
				err = t.revokeGrant(member)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// RevokeAll ends every grant of a kind below a session or a connection, or of a client.
func (t Tx) RevokeAll(kind grant.Kind, subject string) error {
	client := grant.Grant{Of: kindClient, Provider: t.m.man.Name, Kind: kind, Subject: subject}
	for _, group := range []string{subject, grantGroup(client)} {
		if err := t.revokeGrants(group, func(g grant.Grant) bool { return g.Kind == kind }); err != nil {
			return err
		}
	}
	return nil
}

func (t Tx) revokeGrants(group string, which func(grant.Grant) bool) error {
	all, err := grants.List(t.tx, store.Query{Group: group})
	if err != nil {
		return err
	}
	for _, g := range all {
		if g.Provider != t.m.man.Name || !which(g) {
			continue
		}
		if err := t.revokeGrant(g); err != nil {
			return err
		}
	}
	return nil
}

func (t Tx) revokeGrant(g grant.Grant) error {
	if !g.Revoked.IsZero() {
		return nil
	}
	t.did(grantRevoked, g.Subject, string(g.Kind))
	return grants.Update(t.tx, g.Key(), func(g grant.Grant) (grant.Grant, error) { return g.Revoke(t.Now), nil })
}

// deleteGrants removes the grants of a session or a connection.
func (t Tx) deleteGrants(subject string) error {
	all, err := t.tx.List(store.Query{Kind: kindGrant, Group: subject})
	if err != nil {
		return err
	}
	for _, rec := range all {
		if err := grants.Delete(t.tx, rec.ID); err != nil {
			return err
		}
	}
	return nil
}
