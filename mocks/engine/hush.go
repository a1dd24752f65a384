package engine

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

// secretsOf are what is masked wherever it is shown: the keys and tokens of all
// providers, and the values of their secret options.
func secretsOf(providers []Provider) (out []*regexp.Regexp) {
	for _, p := range providers {
		man := p.Manifest()
		if man.Secrets != nil {
			out = append(out, man.Secrets)
		}
		for _, o := range man.Options {
			if o.Secret {
				out = append(out, regexp.MustCompile(regexp.QuoteMeta(`"`+man.Name+`.`+o.Name+`"`)+`\s*:\s*"[^"]*"?`))
			}
		}
	}
	return out
}

// Mask gives a copy of an entry that may be shown.
func (s *Server) Mask(e journal.Entry) journal.Entry { return e.Mask(s.secrets...) }

// MaskText gives a text, an address for example, that may be shown.
func (s *Server) MaskText(text string) string { return journal.MaskText(text, s.secrets...) }

// hush is a log that no secret gets into, whoever writes it there.
type hush struct {
	slog.Handler
	secrets []*regexp.Regexp
}

// Handle masks the message and every value that is or says a text.
func (h hush) Handle(ctx context.Context, r slog.Record) error {
	quiet := slog.NewRecord(r.Time, r.Level, journal.MaskText(r.Message, h.secrets...), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		quiet.AddAttrs(h.mask(a))
		return true
	})
	return h.Handler.Handle(ctx, quiet)
}

func (h hush) mask(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(journal.MaskText(v.String(), h.secrets...))
	case slog.KindAny: // an error, mostly
		a.Value = slog.StringValue(journal.MaskText(fmt.Sprint(v.Any()), h.secrets...))
	case slog.KindGroup:
		attrs := make([]slog.Attr, 0, len(v.Group()))
		for _, in := range v.Group() {
			attrs = append(attrs, h.mask(in))
		}
		a.Value = slog.GroupValue(attrs...)
	}
	return a
}

// WithAttrs masks what all records carry.
func (h hush) WithAttrs(attrs []slog.Attr) slog.Handler {
	quiet := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		quiet = append(quiet, h.mask(a))
	}
	return hush{h.Handler.WithAttrs(quiet), h.secrets}
}

// WithGroup implements slog.Handler.
func (h hush) WithGroup(name string) slog.Handler { return hush{h.Handler.WithGroup(name), h.secrets} }

// logCall writes the line of a call, for who asks for that much.
func (s *Server) logCall(ctx context.Context, e *journal.Entry) {
	if !s.cfg.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	line := *e
	line.Request.Data, line.Response.Data = nil, nil
	line = s.Mask(line)
	attrs := []slog.Attr{
		slog.String("request", line.ID), slog.String("provider", line.Provider), slog.String("operation", line.OperationID),
		slog.String("method", line.Method), slog.String("path", line.Path), slog.String("query", line.Query),
		slog.Int("status", line.Status), slog.Duration("took", line.Took.Round(time.Microsecond)),
	}
	if line.Why.Problem != "" {
		attrs = append(attrs, slog.String("problem", line.Why.Problem), slog.Bool("injected", line.Why.Injected))
	}
	s.cfg.Log.LogAttrs(ctx, slog.LevelDebug, "call", attrs...)
}

// journalFull says, once, that the journal forgets from here on.
func (s *Server) journalFull() {
	s.cfg.Log.Warn("the journal is full: the sandboxes that were quiet longest give room, bodies before entries; its answers say what is gone",
		"bytes", s.cfg.Journal.Limit())
}
