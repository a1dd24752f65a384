package webhook_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

func wall() time.Time { return noon }

func send(t *testing.T, cfg webhook.SenderConfig, url string) webhook.Attempt {
	t.Helper()
	s := webhook.NewSender(cfg)
	t.Cleanup(s.Close)
	return s.Send(t.Context(), wall, url, []byte(`{"id":"evt_1"}`), []webhook.Header{{Name: "X-Signature", Value: "s"}})
}

func receiver(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestSend(t *testing.T) {
	t.Parallel()
	url := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || string(body) != `{"id":"evt_1"}` || r.Header.Get("X-Signature") != "s" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %s %v", r.Method, body, r.Header)
		}
		w.WriteHeader(202)
		io.WriteString(w, "thanks")
	})
	a := send(t, webhook.SenderConfig{}, url)
	if !a.OK() || a.Status != 202 || a.Answer != "thanks" || a.Error != "" {
		t.Errorf("%+v", a)
	}
	if a := send(t, webhook.SenderConfig{}, strings.Replace(url, "127.0.0.1", "app.localhost", 1)); !a.OK() {
		t.Errorf("a name below localhost: %+v", a)
	}
}

// What hostile receivers do ends the attempt in bounded time and memory, and says why.
func TestHostileReceivers(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	elsewhere := receiver(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	var wrote atomic.Int64
	for name, c := range map[string]struct {
		h      http.HandlerFunc
		status int
		says   string
	}{
		"resets": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}, 0, "reset"},
		"hangs": {func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // only then does the server notice that the client leaves
			<-r.Context().Done()
		}, 0, "no answer within"},
		"trickles": {func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 0, "broke off"},
		"redirects inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, 307, "not followed"},
		"redirects to a cloud's secrets": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		}, 302, "not followed"},
		"answers a gigabyte": {func(w http.ResponseWriter, _ *http.Request) {
			block := make([]byte, 64<<10)
			for range 16 << 10 {
				n, err := w.Write(block)
				if wrote.Add(int64(n)); err != nil {
					return
				}
			}
		}, 200, ""},
		"is no UTF-8": {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte{0xff, 0xfe, 'x'}) }, 200, ""},
		"says no":     {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) }, 500, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := webhook.SenderConfig{}
			if c.says == "no answer within" || c.says == "broke off" {
				cfg.Timeout = 50 * time.Millisecond
			}
			a := send(t, cfg, receiver(t, c.h))
			if a.Status != c.status || !strings.Contains(a.Error, c.says) || (c.says == "" && a.Error != "") {
				t.Errorf("%+v", a)
			}
			if len(a.Answer) > 4<<10 {
				t.Errorf("%d bytes of the answer are kept", len(a.Answer))
			}
		})
	}
	t.Cleanup(func() {
		if followed.Load() {
			t.Error("a redirect was followed")
		}
		if n := wrote.Load(); n >= 1<<30 {
			t.Errorf("all %d bytes were taken", n)
		}
	})
}

// A name is judged by its address, and the connection is made to the address that was
// judged: a second answer of the DNS changes nothing.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	url := receiver(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	port := url[strings.LastIndex(url, ":"):]
	resolver := func(answers ...string) func(context.Context, string) ([]netip.Addr, error) {
		n := 0
		return func(context.Context, string) ([]netip.Addr, error) {
			ip := netip.MustParseAddr(answers[min(n, len(answers)-1)])
			n++
			return []netip.Addr{ip}, nil
		}
	}
	asked := 0
	counting := resolver("127.0.0.1", "169.254.169.254")
	s := webhook.NewSender(webhook.SenderConfig{Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
		asked++
		return counting(ctx, host)
	}})
	t.Cleanup(s.Close)
	if a := s.Send(t.Context(), wall, "http://app.test"+port, []byte("{}"), nil); !a.OK() {
		t.Errorf("a name with a private address: %+v", a)
	}
	if asked != 1 {
		t.Errorf("the name was resolved %d times for one attempt", asked)
	}
	s.Close() // the next attempt connects anew
	if a := s.Send(t.Context(), wall, "http://app.test"+port, []byte("{}"), nil); a.OK() || !strings.Contains(a.Error, "169.254.169.254") {
		t.Errorf("the name now leads to a cloud's secrets: %+v", a)
	}
	if a := send(t, webhook.SenderConfig{Resolve: resolver("93.184.216.34")}, "http://public.test"+port); a.OK() || !strings.Contains(a.Error, "--webhook-allow public.test") {
		t.Errorf("a public address: %+v", a)
	}
	mixed := func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	if a := send(t, webhook.SenderConfig{Resolve: mixed}, "http://both.test"+port); !a.OK() {
		t.Errorf("a name with a public and a private address goes to the private one: %+v", a)
	}
	none := func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
	if a := send(t, webhook.SenderConfig{Resolve: none}, "http://nowhere.test"+port); a.OK() || !strings.Contains(a.Error, "has no address") {
		t.Errorf("a name without an address: %+v", a)
	}
	if hits.Load() != 2 {
		t.Errorf("the receiver was reached %d times, want 2", hits.Load())
	}
	for _, literal := range []string{"http://169.254.169.254/", "http://[fe80::1]/", "http://8.8.8.8/", "http://0.0.0.0" + port, "gopher://x/"} {
		if a := send(t, webhook.SenderConfig{}, literal); a.OK() || a.Error == "" {
			t.Errorf("%s: %+v", literal, a)
		}
	}
}
