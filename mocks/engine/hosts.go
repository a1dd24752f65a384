package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// hosted is where a host name leads: a provider, and a path below its prefix.
type hosted struct {
	m    *mount
	base string
}

// hosts finds a provider by the host name of a request. The keys of a manifest's Hosts are
// names, or patterns that begin with a star for one or more characters of one label:
// "*.example.com", "*-api.example.com". A name comes before any pattern, and of the patterns
// the longest counts.
type hosts struct {
	exact    map[string]hosted
	patterns []hostPattern // the longest first
}

type hostPattern struct {
	suffix string // what follows the star
	hosted
}

var hostName = regexp.MustCompile(`^(\*|[a-z0-9])[a-z0-9-]*(\.[a-z0-9-]+)*$`)

// add takes a manifest's hosts. It refuses a key that is neither a name nor a pattern, and
// one that another provider has.
func (h *hosts) add(m *mount) error {
	if h.exact == nil {
		h.exact = map[string]hosted{}
	}
	for _, key := range slices.Sorted(maps.Keys(m.man.Hosts)) {
		if !hostName.MatchString(key) || !strings.Contains(key, ".") {
			return fmt.Errorf("engine: %s: the host %q is neither a name in lower case nor a pattern with one star at its beginning, such as *.example.com or *-api.example.com", m.man.Name, key)
		}
		to := hosted{m, m.man.Hosts[key]}
		other, taken := h.exact[key]
		suffix, pattern := strings.CutPrefix(key, "*")
		if pattern {
			at := slices.IndexFunc(h.patterns, func(p hostPattern) bool { return p.suffix == suffix })
			if taken = at >= 0; taken {
				other = h.patterns[at].hosted
			}
		}
		if taken {
			return fmt.Errorf("engine: %s and %s both claim the host %q", m.man.Name, other.m.man.Name, key)
		}
		if !pattern {
			h.exact[key] = to
			continue
		}
		h.patterns = append(h.patterns, hostPattern{suffix, to})
	}
	slices.SortStableFunc(h.patterns, func(a, b hostPattern) int { return len(b.suffix) - len(a.suffix) })
	return nil
}

// find leads a host name, in lower case, to where it stands.
func (h *hosts) find(host string) (hosted, bool) {
	if to, ok := h.exact[host]; ok {
		return to, true
	}
	for _, p := range h.patterns {
		if star, ok := strings.CutSuffix(host, p.suffix); ok && star != "" && !strings.Contains(star, ".") {
			return p.hosted, true
		}
	}
	return hosted{}, false
}
