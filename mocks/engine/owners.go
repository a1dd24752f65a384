package engine

import (
	"errors"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// filed is an entry of the index by owner, or by owner and the app's own name of the user.
// Whose it is, is the group of its record.
type filed struct {
	ID string `json:"id"` // of the session or the connection
}

// Clone copies the entry.
func (f filed) Clone() filed { return f }

// fileGroup is where the sessions or the connections of an owner, or of one of its users,
// are listed.
func (t Tx) fileGroup(kind, owner, userKey string) string {
	group := kind + "/" + t.m.man.Name + "/" + strconv.Quote(owner)
	if userKey == "" {
		return group
	}
	return group + "/" + strconv.Quote(userKey)
}

// file puts a session or a connection into the index, if it is anybody's.
func (t Tx) file(kind, id, owner, userKey string, until time.Time) error {
	add := func(by, group string) error {
		return files.Create(t.tx, fileID(kind, id, by), filed{id}, store.InGroup(group), store.ExpiresAt(until))
	}
	if owner != "" {
		if err := add(byOwner, t.fileGroup(kind, owner, "")); err != nil {
			return err
		}
	}
	if userKey != "" {
		return add(byUser, t.fileGroup(kind, owner, userKey))
	}
	return nil
}

// The two entries that a session or a connection may have.
const (
	byOwner = "owner"
	byUser  = "user"
)

func fileID(kind, id, by string) string { return kind + "/" + id + "/" + by }

// unfile takes a session or a connection out of the index, which is filed under owner and
// userKey.
func (t Tx) unfile(kind, id, owner, userKey string) error {
	remove := func(by string) error {
		err := files.Delete(t.tx, fileID(kind, id, by))
		if errors.Is(err, store.ErrNotFound) { // swept
			return nil
		}
		return err
	}
	if owner != "" {
		if err := remove(byOwner); err != nil {
			return err
		}
	}
	if userKey != "" {
		return remove(byUser)
	}
	return nil
}

// fileUntil is when a session leaves the index at the latest. Its end can move, but by less.
func fileUntil(end time.Time) time.Time {
	if end.IsZero() {
		return end
	}
	return end.AddDate(0, 1, 0)
}

// ConnectionsOf lists the connections of an owner, newest first: those of one of its users
// where userKey is the app's own name of that user. The owner is empty with a provider that
// knows none.
func (t Tx) ConnectionsOf(owner, userKey string) ([]connect.Connection, error) {
	return listFiled(t, kindConnection, owner, userKey, t.Connection)
}

// SessionsOf lists the sessions of an owner, or of one of its users, newest first.
func (t Tx) SessionsOf(owner, userKey string) ([]connect.Session, error) {
	return listFiled(t, kindSession, owner, userKey, t.Session)
}

func listFiled[T any](t Tx, kind, owner, userKey string, get func(id string) (T, error)) ([]T, error) {
	entries, err := files.List(t.tx, store.Query{Group: t.fileGroup(kind, owner, userKey), Newest: true})
	if err != nil {
		return nil, err
	}
	all := make([]T, 0, len(entries))
	for _, e := range entries {
		one, err := get(e.ID)
		if errors.Is(err, &problem.Error{Code: problem.NotFound}) { // swept before its entry
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
