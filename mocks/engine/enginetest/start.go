package enginetest

import (
	"log/slog"
	"net/http/httptest"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/openapi"
)

// Server is a whole simulator in the test's process, with every contract checked: an
// answer of ours that breaks its document fails the test.
type Server struct {
	*engine.Server
	URL string
}

// TB is what a server needs of the test that it runs for: a part of testing.TB.
type TB interface {
	Helper()
	Name() string
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Start runs a server with these providers and the control API until the test ends.
// adjust changes its settings; nil is fine.
func Start(t TB, adjust func(*engine.Config), providers ...engine.Provider) *Server {
	t.Helper()
	cfg := engine.Config{
		Providers: append(providers, control.New()), Contract: openapi.Full,
		Log: slog.New(slog.NewTextHandler(&complaints{t}, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	if adjust != nil {
		adjust(&cfg)
	}
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	s, err := engine.New(cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	widget.Mount(s)
	ts := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Stop()
		ts.Close()
		cfg.Store.Close()
	})
	return &Server{Server: s, URL: ts.URL}
}

// complaints fails the test with whatever the server logs as an error: a panic, an
// internal error, a contract violation of ours.
type complaints struct{ t TB }

func (c *complaints) Write(b []byte) (int, error) {
	c.t.Errorf("the server complains: %s", strings.TrimSpace(string(b)))
	return len(b), nil
}
