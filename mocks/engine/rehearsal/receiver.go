package rehearsal

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/scenarios"
)

// maxNotice bounds the body of a webhook.
const maxNotice = 1 << 20

// receiver is an app that listens to webhooks, on loopback.
type receiver struct {
	url    string
	server *http.Server

	mu    sync.Mutex
	heard int
	wrong []string // of those, why a signature did not hold
}

// listens says whether a case needs one.
func (c Case) listens() bool {
	return slices.ContainsFunc(c.Scenario.Expect[:c.Steps], func(s scenarios.Step) bool { return s.Signed })
}

// listen starts a receiver that holds each webhook against check.
func listen(check func(http.Header, []byte) error) (*receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + l.Addr().String() + "/webhooks"}
	r.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	r.server.Handler = http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(io.LimitReader(req.Body, maxNotice))
		if err == nil {
			err = check(req.Header, body)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard++
		if err != nil {
			r.wrong = append(r.wrong, err.Error())
		}
	})
	go r.server.Serve(l)
	return r, nil
}

// verdict says what is wrong with the signatures so far; nil for nothing.
func (r *receiver) verdict() *Miss {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.heard == 0:
		return &Miss{Expected: "signed webhooks", Seen: "no webhook at all"}
	case len(r.wrong) > 0:
		return &Miss{Expected: "valid signatures", Seen: fmt.Sprintf("%d of %d webhooks without", len(r.wrong), r.heard), Why: r.wrong[0]}
	}
	return nil
}
