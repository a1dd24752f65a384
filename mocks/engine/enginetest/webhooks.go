package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// Receiver is an app that listens to webhooks until its test ends, and answers 200 unless it is
// told otherwise.
type Receiver struct {
	URL string

	mu     sync.Mutex
	status int
	got    []Received
}

// Listen starts a receiver.
func Listen(t testing.TB) *Receiver {
	t.Helper()
	h := &Receiver{status: http.StatusOK}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got := Received{Header: r.Header.Clone(), Raw: string(body)}
		_ = json.Unmarshal(body, &got.Body) // nil where it is no JSON
		h.mu.Lock()
		defer h.mu.Unlock()
		h.got = append(h.got, got)
		w.Header().Set("Location", "/elsewhere") // of a redirect, which nobody follows
		w.WriteHeader(h.status)
	}))
	t.Cleanup(app.Close)
	h.URL = app.URL + "/hooks"
	return h
}

// Answer chooses the status of the answers from now on.
func (h *Receiver) Answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// Got are the webhooks so far, oldest first.
func (h *Receiver) Got() []Received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

// Bodies are those of Got.
func (h *Receiver) Bodies() (bodies []string) {
	for _, one := range h.Got() {
		bodies = append(bodies, one.Raw)
	}
	return bodies
}

// Take gives the webhooks since the last Take.
func (h *Receiver) Take() []Received {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.got
	h.got = nil
	return out
}

// webhooks calls every operation while an app listens, and holds what it hears against the
// provider's signature: as it came, and spoiled. That bodies keep to their schemas is the
// engine's to see.
func (s *suite) webhooks(t *testing.T) {
	t.Parallel()
	if s.man.Webhooks == nil || s.man.Webhooks.URLOption == "" {
		return
	}
	srv := s.start(t, nil)
	d := s.driver(srv, "webhooks")
	app := Listen(t)
	ctx := context.Background()
	option := s.man.Name + "." + s.man.Webhooks.URLOption
	if _, err := d.Control(ctx, http.MethodPut, "/sandboxes/webhooks/options", map[string]string{option: app.URL}, nil); err != nil {
		t.Fatal(err)
	}
	for _, op := range s.served {
		if !op.Is("connection.delete") && !op.Is("token.revoke") {
			call(t, d, op.ID)
		}
	}
	srv.Advance(t, d.Sandbox, time.Hour)
	if _, err := d.Control(ctx, http.MethodPost, "/deliveries/drain", nil, nil); err != nil {
		t.Fatal(err)
	}
	if len(app.Got()) == 0 {
		t.Fatalf("no webhook came to %s, although there are notices of %v", option, s.man.Webhooks.Tells)
	}
	for _, h := range app.Got() {
		check := func(header http.Header, body []byte) error {
			return srv.CheckSignature(ctx, d.Sandbox, s.man.Name, header, body)
		}
		if err := check(h.Header, []byte(h.Raw)); err != nil {
			t.Errorf("the signature does not hold: %v\n%s", err, h.Raw)
		}
		if s.man.Webhooks.SecretOption == "" && s.man.Webhooks.Keys == (grant.Format{}) {
			continue // it has nothing to sign with
		}
		if check(h.Header, bytes.ToUpper([]byte(h.Raw))) == nil {
			t.Errorf("the signature holds for another body:\n%s", h.Raw)
		}
		if check(http.Header{}, []byte(h.Raw)) == nil {
			t.Error("a webhook without a signature passes")
		}
	}
}
