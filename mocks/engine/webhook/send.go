package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of one attempt, in wall time and bytes.
const (
	usualTimeout = 10 * time.Second
	keptAnswer   = 1 << 10  // of the receiver's answer, in the attempt
	readAnswer   = 64 << 10 // more than that is not read, and the connection is closed
)

// Sender posts deliveries. It follows no redirect, uses no proxy, and connects only to
// an address that Allow lets pass: the name is resolved once for an attempt and the
// connection is made to that very address, so that a second answer of the DNS changes
// nothing.
type Sender struct {
	allow   Allow
	timeout time.Duration
	client  *http.Client
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// SenderConfig is what a Sender is made of; zero fields have defaults.
type SenderConfig struct {
	Allow   Allow
	Timeout time.Duration                                                // of one attempt; default 10 s
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error) // default: the machine's
}

// NewSender makes a sender.
func NewSender(cfg SenderConfig) *Sender {
	s := &Sender{allow: cfg.Allow, timeout: cmp.Or(cfg.Timeout, usualTimeout), resolve: cfg.Resolve}
	if s.resolve == nil {
		s.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	s.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: s.dial, MaxIdleConnsPerHost: 4, MaxIdleConns: 64, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
	}
	return s
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

func (s *Sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := s.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	var failed error
	for _, ip := range addrs {
		if err := s.allow.Address(host, ip); err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		conn, err := d.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	if failed == nil {
		failed = fmt.Errorf("the name %s has no address: is it spelt right?", host)
	}
	return nil, failed
}

// addresses resolves a host. The names below localhost are this machine, as browsers
// have it, whatever the resolver thinks.
func (s *Sender) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if name := strings.ToLower(strings.TrimSuffix(host, ".")); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	return s.resolve(ctx, host)
}

// Send posts a body once and says what came of it: Status, Answer, Error, Took. It never
// panics and never takes longer than the timeout.
func (s *Sender) Send(ctx context.Context, wall func() time.Time, url string, body []byte, headers []Header) Attempt {
	started := wall()
	a := Attempt{Wall: started, Headers: headers}
	a.Status, a.Answer, a.Error = s.post(ctx, url, body, headers)
	a.Took = wall().Sub(started)
	return a
}

func (s *Sender) post(ctx context.Context, url string, body []byte, headers []Header) (status int, answer, failure string) {
	if err := CheckURL(url); err != nil {
		return 0, "", err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "stuntbank")
	for _, h := range headers {
		req.Header.Set(h.Name, h.Value)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, "", s.explain(err)
	}
	defer res.Body.Close()
	read, err := io.ReadAll(io.LimitReader(res.Body, readAnswer))
	if err != nil && res.StatusCode/100 == 2 {
		return 0, "", "the answer broke off: " + s.explain(err)
	}
	if res.StatusCode/100 == 3 {
		failure = "a redirect is not followed: register the address that it leads to"
	}
	return res.StatusCode, clip(read), failure
}

// explain says why there was no answer, without the method and URL that everybody knows.
func (s *Sender) explain(err error) string {
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("no answer within %s", s.timeout)
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
		var op *net.OpError
		if errors.As(inner, &op) {
			return op.Error()
		}
	}
	return err.Error()
}

// clip keeps the beginning of an answer as text.
func clip(b []byte) string {
	if len(b) > keptAnswer {
		b = b[:keptAnswer]
	}
	if !utf8.Valid(b) {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(b)
}
