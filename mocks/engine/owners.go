package engine

import (
	"errors"
	"fmt"
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
	if userKey == "" {
		return fmt.Sprintf("%s/%s/%q", kind, t.m.man.Name, owner)
	}
	return fmt.Sprintf("%s/%s/%q/%q", kind, t.m.man.Name, owner, userKey)
}

// file puts a session or a connection into the index, if it is anybody's.
func (t Tx) file(kind, id, owner, userKey string, until time.Time) error {
	var groups []string
	if owner != "" {
		groups = append(groups, t.fileGroup(kind, owner, ""))
	}
	if userKey != "" {
		groups = append(groups, t.fileGroup(kind, owner, userKey))
	}
	for i, group := range groups {
		if err := files.Create(t.tx, fileID(kind, id, i), filed{id}, store.InGroup(group), store.ExpiresAt(until)); err != nil {
			return err
		}
	}
	return nil
}

func fileID(kind, id string, n int) string { return kind + "/" + id + "/" + strconv.Itoa(n) }

// unfile takes a session or a connection out of the index.
func (t Tx) unfile(kind, id string) error {
	for i := range 2 {
		if err := files.Delete(t.tx, fileID(kind, id, i)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
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
