package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// healthPath is open to whoever may reach the server at all: orchestrators ask it.
const healthPath = "/v1/health"

// Guard refuses what another website could send through a user's browser, and calls
// without the control token where there is one.
//
// A name that an attacker's DNS points here reaches us with that name as Host; another
// site's script has that site as Origin. Programs send neither.
func (a *API) Guard(c *engine.Call) error {
	cfg := a.s.Config()
	if !knownHost(c.Request.Host, cfg.PublicURL) {
		return &problem.Error{
			Code: problem.Forbidden, Param: "Host",
			Detail: "the control API answers to localhost, to names without a dot, to IP addresses and to the host of --public-url: call one of these, or start the server with --public-url",
		}
	}
	if c.ForeignOrigin() {
		return &problem.Error{
			Code: problem.Forbidden, Param: "Origin",
			Detail: "a web page of another origin may not use the control API: call it from the test program, or from a page of this server",
		}
	}
	if cfg.Control == "" || strings.TrimSuffix(c.LocalPath(), "/") == healthPath {
		return nil
	}
	given := c.Header("Authorization")
	if len(given) < 7 || !strings.EqualFold(given[:7], "Bearer ") || !equal(strings.TrimSpace(given[7:]), cfg.Control) {
		return &problem.Error{
			Code: problem.Unauthorized, Param: "Authorization",
			Detail: "the control token is missing or wrong: send `Authorization: Bearer` with the value of --control-token",
		}
	}
	return nil
}

// equal compares secrets of any length in constant time.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// knownHost says whether a Host header can only mean this server.
func knownHost(hostport, publicURL string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if host == "" || strings.ContainsAny(host, ":[]") {
		return false
	}
	if !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return true
	}
	u, err := url.Parse(publicURL)
	return err == nil && publicURL != "" && strings.EqualFold(u.Hostname(), host)
}
