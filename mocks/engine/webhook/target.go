package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Allow says which targets beyond those on this machine and in its private networks may
// be sent to.
type Allow struct {
	All      bool           // any address at all
	Hosts    []string       // these names, in lower case
	Networks []netip.Prefix // these addresses
}

// ParseAllow reads `*`, host names, addresses and networks.
func ParseAllow(items []string) (Allow, error) {
	var a Allow
	for _, item := range items {
		item = strings.ToLower(strings.TrimSpace(item))
		switch {
		case item == "":
		case item == "*":
			a.All = true
		default:
			if p, err := netip.ParsePrefix(item); err == nil {
				a.Networks = append(a.Networks, p.Masked())
			} else if ip, err := netip.ParseAddr(item); err == nil {
				a.Networks = append(a.Networks, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			} else if strings.ContainsAny(item, "/:@ ") {
				return a, fmt.Errorf("%q: use a host name, an address, a network such as 203.0.113.0/24, or * for everything", item)
			} else {
				a.Hosts = append(a.Hosts, item)
			}
		}
	}
	return a, nil
}

// Address says why an address of a host must not be sent to, nil if it may. Loopback
// and private addresses are open; link-local ones, where clouds keep their secrets, are
// not unless they are allowed by name or network.
func (a Allow) Address(host string, ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	if a.All || ip.IsLoopback() || ip.IsPrivate() {
		return nil
	}
	for _, h := range a.Hosts {
		if h == strings.ToLower(host) {
			return nil
		}
	}
	for _, n := range a.Networks {
		if n.Contains(ip) {
			return nil
		}
	}
	return &Refused{Host: host, IP: ip}
}

// Refused is a target that is neither on this machine nor in a private network.
type Refused struct {
	Host string
	IP   netip.Addr
}

// Error names the fix.
func (r *Refused) Error() string {
	return fmt.Sprintf("%s is %s, which is neither this machine nor a private network, so nothing was sent: "+
		"use a local receiver, or allow it (--webhook-allow %s)", r.Host, r.IP, r.Host)
}

// longestURL bounds what an endpoint may be registered with.
const longestURL = 2048

// CheckURL says what is wrong with a receiver's address, as far as it can be seen
// without asking for it.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%.80q is no URL: use one such as http://127.0.0.1:4000/webhooks", text)
	case len(text) > longestURL:
		return fmt.Errorf("the URL is longer than %d characters: use a shorter one", longestURL)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%.80q must begin with http:// or https://", text)
	case u.Hostname() == "":
		return fmt.Errorf("%.80q names no host: use one such as http://127.0.0.1:4000/webhooks", text)
	case u.User != nil:
		return errors.New("a URL with a password in it is not sent to: leave user and password out")
	}
	return nil
}
