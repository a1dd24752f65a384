package enginetest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// heard is a webhook as an app got it.
type heard struct {
	header http.Header
	body   []byte
}

// listen is an app that listens to webhooks until the test ends.
func listen(t *testing.T) (url string, all func() []heard) {
	t.Helper()
	var mu sync.Mutex
	var got []heard
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, heard{r.Header.Clone(), body})
	}))
	t.Cleanup(app.Close)
	return app.URL + "/hooks", func() []heard {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
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
	url, all := listen(t)
	ctx := context.Background()
	option := s.man.Name + "." + s.man.Webhooks.URLOption
	if _, err := d.Control(ctx, http.MethodPut, "/sandboxes/webhooks/options", map[string]string{option: url}, nil); err != nil {
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
	if len(all()) == 0 {
		t.Fatalf("no webhook came to %s, although there are notices of %v", option, s.man.Webhooks.Tells)
	}
	for _, h := range all() {
		check := func(header http.Header, body []byte) error {
			return srv.CheckSignature(ctx, d.Sandbox, s.man.Name, header, body)
		}
		if err := check(h.header, h.body); err != nil {
			t.Errorf("the signature does not hold: %v\n%s", err, h.body)
		}
		if s.man.Webhooks.SecretOption == "" && s.man.Webhooks.Keys == (grant.Format{}) {
			continue // it has nothing to sign with
		}
		if check(h.header, bytes.ToUpper(h.body)) == nil {
			t.Errorf("the signature holds for another body:\n%s", h.body)
		}
		if check(http.Header{}, h.body) == nil {
			t.Error("a webhook without a signature passes")
		}
	}
}
