package engine

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/web"
)

// inbound is what dispatch found out about a request before any provider sees it, and the
// request's context, which carries it.
type inbound struct {
	context.Context
	sandbox string // the explicit name
	named   bool   // there is one, good or bad
	prefix  string // what stood before the provider's own path: "/~ci42/<provider>"
	root    string // what stood before the provider's prefix: "/~ci42"
	local   string // the provider's own path, as it was sent
}

type inboundKey struct{}

// Value implements context.Context.
func (in *inbound) Value(key any) any {
	if key == (inboundKey{}) {
		return in
	}
	return in.Context.Value(key)
}

// ServeHTTP finds the provider by Host or by the first path segment, and leaves the
// provider's own path, which its gin engine routes.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.recoverPanic(w, r)
	if r.ContentLength != 0 {
		// A trickled body must not hold the connection for ever, whether it is read or not.
		_ = http.NewResponseController(w).SetReadDeadline(clock.System().Add(s.cfg.BodyTime))
	}
	in := &inbound{Context: r.Context()}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/~"); ok {
		name, tail, _ := strings.Cut(rest, "/")
		in.claim(name)
		in.root = "/~" + name
		path = "/" + tail
	}
	if names := r.Header.Values("Stunt-Sandbox"); len(names) > 0 {
		in.claim(names[0])
	}
	m, path := s.find(r, in, path)
	if m == nil {
		s.serveOwn(w, r, in, path)
		return
	}
	path = m.man.withoutPrefix(path)
	in.local = path
	if !s.rewrite(m, r, path) {
		s.page(w, http.StatusBadRequest, web.PlainPage{
			Title: "The path cannot be read",
			Body:  "Send a path in UTF-8 with valid percent-encoding.",
		})
		return
	}
	m.engine.ServeHTTP(w, r.WithContext(in))
}

// claim notes an explicit name; the first one wins.
func (in *inbound) claim(name string) {
	if !in.named {
		in.sandbox, in.named = name, true
	}
}

// find tells the provider of a request, by the path before the host, and strips what
// leads to it. A label in front of the host's name names a sandbox either way.
func (s *Server) find(r *http.Request, in *inbound, path string) (*mount, string) {
	in.prefix = in.root
	if isOwnPath(path) {
		return nil, path
	}
	host := hostname(r.Host)
	var byHost *mount
	if labels, ok := strings.CutSuffix(host, ".localhost"); ok {
		name, provider := "", labels
		if i := strings.LastIndexByte(labels, '.'); i >= 0 {
			name, provider = labels[:i], labels[i+1:]
		}
		if byHost = s.byName[provider]; byHost != nil && name != "" {
			in.claim(name)
		}
	}
	first, _, more := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if m := s.byName[first]; m != nil {
		in.prefix += "/" + first
		if !more {
			return m, "/"
		}
		return m, strings.TrimPrefix(path, "/"+first)
	}
	if h, ok := s.hosts.find(host); ok {
		return h.m, h.base + path
	}
	return byHost, path
}

// withoutPrefix is a path without the prefix of another version under which the provider
// answers the same.
func (man *Manifest) withoutPrefix(path string) string {
	for _, p := range man.Prefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && strings.HasPrefix(rest, "/") {
			return rest
		}
	}
	return path
}

// rewrite sets the path that gin routes: static segments in the document's case where
// the provider does not care, one trailing slash less.
func (s *Server) rewrite(m *mount, r *http.Request, path string) bool {
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	path = unescaped(path)
	if m.man.FoldCase {
		segments := strings.Split(path, "/")
		for i, seg := range segments {
			if static := m.statics[strings.ToLower(seg)]; static != "" {
				segments[i] = static
			}
		}
		path = strings.Join(segments, "/")
	}
	if strings.IndexByte(path, '%') < 0 {
		r.URL.Path, r.URL.RawPath = path, ""
		return utf8.ValidString(path)
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return false
	}
	// With RawPath gin matches the escaped text, so an encoded slash stays a value.
	r.URL.Path, r.URL.RawPath = plain, path
	return true
}

// unescaped is a path in which nothing is escaped that need not be (RFC 3986, 6.2.2.2): the same
// path to a server, whatever is written in it.
func unescaped(path string) string {
	if strings.IndexByte(path, '%') < 0 {
		return path
	}
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil && unreserved(byte(n)) {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, path[i])
	}
	return string(out)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func hostname(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// trusted says whether the peer is a proxy whose X-Forwarded-* count.
func (s *Server) trusted(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range s.cfg.Trusted {
		if p.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// origin is scheme and host as the client sees them.
func (s *Server) origin(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	proto, forwarded := r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host")
	if (proto != "" || forwarded != "") && s.trusted(r) {
		if proto == "https" || proto == "http" {
			scheme = proto
		}
		if forwarded != "" && !strings.ContainsAny(forwarded, " /,\\@<>\"") {
			host = forwarded
		}
	}
	return scheme + "://" + host
}

// AssetPath is where style sheets and other files of the pages are served.
const AssetPath = "/_stunt/assets/"

func (s *Server) asset(w http.ResponseWriter, r *http.Request, name string) {
	body, kind, etag, ok := s.renderer.Asset(name)
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if zipped := s.renderer.AssetGzip(name); zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		body = zipped
	}
	w.Write(body)
}

// page writes a small page of our own.
func (s *Server) page(w http.ResponseWriter, status int, p web.PlainPage) {
	body, err := s.renderer.Plain(p)
	writePage(w, status, body, err, PageHeader(""))
}

// PageHeader gives the headers of every page: a strict content policy without any
// foreign origin but the one that a form of the page may end at, and further directives.
func PageHeader(formTarget string, further ...string) []Header {
	form := "form-action 'self'"
	if formTarget != "" {
		form += " " + formTarget
	}
	for _, directive := range further {
		if directive != "" {
			form += "; " + directive
		}
	}
	return []Header{
		{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; base-uri 'none'; " + form},
		{"Referrer-Policy", "strict-origin-when-cross-origin"},
		{"Cache-Control", "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
		{"Cross-Origin-Resource-Policy", "cross-origin"},
	}
}

// recoverPanic is the last net, around everything. gin's recovery swallows
// http.ErrAbortHandler, after which a cut body reads as a complete answer.
func (s *Server) recoverPanic(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.cfg.Log.Error("panic", "panic", v, "stack", string(debug.Stack()))
	http.Error(w, "the simulator failed; its log says why", http.StatusInternalServerError)
}
