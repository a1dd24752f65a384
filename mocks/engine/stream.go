package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
)

// Stream is an answer that goes on: what is sent leaves at once. It ends with the
// function that it was given to.
type Stream struct {
	ctx  context.Context
	w    http.ResponseWriter
	conn *http.ResponseController
	time time.Duration
}

func newStream(c *Call, w http.ResponseWriter) *Stream {
	return &Stream{ctx: c.Context(), w: w, conn: http.NewResponseController(w), time: c.s.cfg.BodyTime}
}

// Context ends when the client leaves.
func (s *Stream) Context() context.Context { return s.ctx }

// Send writes a part. It fails when the client has gone, or has read nothing for long.
func (s *Stream) Send(part []byte) error {
	if s.conn.SetWriteDeadline(clock.System().Add(s.time)) == nil {
		defer s.conn.SetWriteDeadline(time.Time{})
	}
	if _, err := s.w.Write(part); err != nil {
		return err
	}
	if err := s.conn.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
