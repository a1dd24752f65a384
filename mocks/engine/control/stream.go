package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

const (
	heartbeat  = 15 * time.Second // wall time after which a quiet stream says that it lives
	streamPage = 200              // entries that are copied at a time
)

// streamJournal tells what happens as server-sent events, until the client leaves. Each
// event's id is the place behind its entry: who comes back with it goes on from there.
func (a *API) streamJournal(c *engine.Call) (engine.Reply, error) {
	f, err := a.filter(c)
	if err != nil {
		return engine.Reply{}, err
	}
	at, err := a.begin(c)
	if err != nil {
		return engine.Reply{}, err
	}
	f.Limit = streamPage
	name := c.Sandbox.Name
	return engine.Reply{
		Status: http.StatusOK, ContentType: "text/event-stream",
		Stream: func(s *engine.Stream) error { return a.follow(s, name, at, f) },
	}, nil
}

// begin is the place from which a stream tells: behind the last event that the client
// saw, behind a number that it names, or behind what has happened so far.
func (a *API) begin(c *engine.Call) (journal.Cursor, error) {
	if last := c.Header("Last-Event-ID"); last != "" {
		at, err := journal.ParseCursor(last)
		if err != nil {
			return at, problem.Invalid("Last-Event-ID", problem.Format, "Last-Event-ID: %v", err)
		}
		return at, nil
	}
	after, err := number(c, "after", -1)
	if err != nil || after >= 0 {
		return journal.Cursor{Seq: after}, err
	}
	return a.s.Journal().End(c.Sandbox.Name), nil
}

func (a *API) follow(s *engine.Stream, name string, at journal.Cursor, f journal.Filter) error {
	if err := s.Send([]byte(": the journal of " + name + ", live\n\n")); err != nil {
		return err
	}
	for {
		changed := a.s.Journal().Changed(name)
		b := a.s.Journal().Follow(name, at, f)
		if part := a.events(name, b); len(part) > 0 {
			if err := s.Send(part); err != nil {
				return err
			}
		}
		if b.Next != at { // there may be more already
			at = b.Next
			continue
		}
		quiet, stop := context.WithTimeout(s.Context(), heartbeat)
		select {
		case <-changed:
		case <-quiet.Done():
		case <-a.s.Stopping():
			stop()
			return nil
		}
		over := quiet.Err() != nil
		stop()
		if s.Context().Err() != nil {
			return s.Context().Err()
		}
		if over {
			if err := s.Send([]byte(":\n\n")); err != nil {
				return err
			}
		}
	}
}

// events renders a batch. What the client will not see is an event of its own.
func (a *API) events(name string, b journal.Batch) []byte {
	var out bytes.Buffer
	send := func(kind string, at journal.Cursor, data any) {
		text, err := json.Marshal(data)
		if err != nil { // texts and numbers always encode
			return
		}
		if kind != "" {
			fmt.Fprintf(&out, "event: %s\n", kind)
		}
		fmt.Fprintf(&out, "id: %s\ndata: %s\n\n", at, text)
	}
	type notice struct {
		Message string          `json:"message"`
		Dropped journal.Dropped `json:"dropped"`
	}
	begin := journal.Cursor{Ring: b.Next.Ring}
	if b.Restarted {
		send("restarted", begin, notice{fmt.Sprintf("the journal of %q begins anew: the sandbox was reset or deleted, or the server was started again", name), b.Dropped})
	}
	if b.Missed {
		send("missed", begin, notice{"entries that you have not seen have made room for newer ones: follow more closely, or ask for less at a time", b.Dropped})
	}
	for _, e := range b.Entries {
		send("", journal.Cursor{Ring: b.Next.Ring, Seq: e.Seq}, a.entry(e))
	}
	return out.Bytes()
}

// exportJournal gives the calls of a journal in the format that browsers' tools read.
func (a *API) exportJournal(c *engine.Call) (engine.Reply, error) {
	f, err := a.filter(c)
	if err != nil {
		return engine.Reply{}, err
	}
	entries, dropped := a.s.Journal().List(c.Sandbox.Name, f)
	base := a.base(c, c.Sandbox.Name)
	body := newHAR(a.s.Version(), dropped)
	for _, e := range entries {
		if e.Method == "" {
			continue // no call: HAR has no words for it
		}
		body.Log.Entries = append(body.Log.Entries, harOf(base, a.s.Mask(e)))
	}
	return engine.JSON(http.StatusOK, body, engine.Header{Name: "Content-Disposition", Value: `attachment; filename="` + c.Sandbox.Name + `.har"`}), nil
}
