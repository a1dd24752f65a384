package enginetest

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// walks are the journeys on which a store may fail: all operations by the control API's
// drive or by calls, and each product by forms. The clock stands still, so that what falls
// due at once belongs to the answers, too.
func (s *suite) walks() map[string]Journey {
	out := map[string]Journey{"operations": s.walk}
	if s.man.HasPages() {
		for n, entry := range s.man.Entries {
			out[fmt.Sprintf("pages %d %s", n, entry.Product)] = func(t testing.TB, srv *Server) { s.byForms(t, srv, entry.Product) }
		}
	}
	return out
}

func (s *suite) frozen(t testing.TB, srv *Server) *engine.Driver {
	t.Helper()
	d := engine.NewDriver(srv.URL, "outage", s.man)
	if _, err := d.Control(context.Background(), http.MethodPost, "/clock", map[string]any{"freeze": true}, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *suite) walk(t testing.TB, srv *Server) {
	t.Helper()
	d := s.frozen(t, srv)
	for _, op := range s.served {
		call(t, d, op.ID)
	}
}

func (s *suite) byForms(t testing.TB, srv *Server, product string) {
	t.Helper()
	d := s.frozen(t, srv)
	d.Product = product
	entry, err := d.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w := s.journeys(d)[0]
	p := NewBrowser(t, srv.URL).Open(entry)
	if p = w.Through(t, w.Login(t, p)); p.State() != "success" {
		t.Fatalf("the page shows %q with error %q, want success", p.State(), p.Error())
	}
	p.Click("success-finish")
}

func (s *suite) outages(t *testing.T) {
	t.Parallel()
	for name, j := range s.walks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Outages(t, s.p, j, s.adjust...)
		})
	}
}

func (s *suite) kills(t *testing.T) {
	t.Parallel()
	for name, j := range s.walks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Kills(t, s.p, j, s.anew, s.adjust...)
		})
	}
}

// anew is how a user begins anew: by the first of the pages, or by all calls.
func (s *suite) anew(t testing.TB, srv *Server) {
	if s.man.HasPages() {
		s.byForms(t, srv, s.man.Entries[0].Product)
		return
	}
	s.walk(t, srv)
}
