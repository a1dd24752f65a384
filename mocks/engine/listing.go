package engine

import (
	"context"
	"errors"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Message is a code on its way to a user.
type Message struct {
	Session  string    `json:"session"`
	Provider string    `json:"provider"`
	Kind     string    `json:"kind"`
	To       string    `json:"to"`
	Code     string    `json:"code"`
	At       time.Time `json:"at"`
}

// Clone copies the message.
func (m Message) Clone() Message { return m }

// Inbox lists the codes that were sent in a sandbox, newest first.
func (s *Server) Inbox(ctx context.Context, sb string) (out []Message, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = inbox.List(tx, store.Query{Newest: true, Limit: 100})
		return err
	})
	return out, err
}

// Sessions lists the sessions of a sandbox, newest first.
func (s *Server) Sessions(ctx context.Context, sb string) (out []connect.Session, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = sessions.List(tx, store.Query{Newest: true, Limit: 200})
		return err
	})
	return out, err
}

// Session reads a session of a sandbox by its id, whichever the provider.
func (s *Server) Session(ctx context.Context, sb, id string) (out connect.Session, err error) {
	err = s.cfg.Store.View(ctx, sb, func(tx store.Tx) error {
		out, err = sessions.Get(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Absent("session", id)
	}
	return out, err
}
