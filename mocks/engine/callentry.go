package engine

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

// log writes the journal entry, and tells the log and the metrics.
func (c *Call) log(status int, contentType string, body []byte) {
	e := &c.entry
	e.Kind = journal.Request
	if c.page() {
		e.Kind = journal.Widget
	}
	if c.m.isEngine {
		e.Kind = journal.Control
	}
	e.At, e.Took = c.Now, c.s.cfg.Wall().Sub(e.Wall)
	e.Provider, e.Method, e.Path, e.Query = c.m.man.Name, c.Request.Method, c.LocalPath(), c.Request.URL.RawQuery
	e.Status = status
	if c.rt != nil {
		e.Operation, e.Also, e.OperationID = c.rt.Op, c.rt.Also, c.rt.ID
	}
	if conn := c.about(); conn != nil {
		e.Connection = conn.ID
		c.noteState(conn)
	}
	e.Request.Type, e.Request.Data = c.Header("Content-Type"), c.Body
	c.scrub(e)
	e.Response.Type = contentType
	if !c.page() && !c.m.isEngine { // a drive answers what only the user's browser sees
		e.Response.Data = body
	}
	c.s.metrics.answered(c)
	c.s.logCall(c.Context(), e)
	if c.ring != nil {
		c.ring.Add(e)
	}
}

// noteState says of a connection that does not work since when, and what did it.
func (c *Call) noteState(conn *connect.Connection) {
	state := conn.StateAt(c.Now)
	switch {
	case state == connect.Active:
	case conn.StateBy != "":
		c.Note("the connection is %s since %s, by %s", state, conn.StateSince.Format(time.RFC3339), conn.StateBy)
	default:
		c.Note("the connection is %s", state)
	}
}

// scrub keeps live keys out of the journal, wherever somebody sent one.
func (c *Call) scrub(e *journal.Entry) {
	const gone = "(a live key was here and was not kept)"
	query, _ := url.QueryUnescape(e.Query)
	for _, mark := range c.m.man.Live {
		if strings.Contains(e.Path, mark) {
			e.Path = gone
		}
		if strings.Contains(query, mark) {
			e.Query = gone
		}
		if bytes.Contains(e.Request.Data, []byte(mark)) {
			e.Request.Data = []byte(gone)
		}
	}
}
