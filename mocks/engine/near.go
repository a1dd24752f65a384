package engine

import (
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/scenarios"
)

// MeantPath says what a call to none of the document's operations was probably meant for: which
// parameter its path lacks, or the path that is nearest, with the call's own values in place
// of parameters; "" if none is near.
func (c *Call) MeantPath() string {
	routes, _ := c.m.man.Routes()
	asked := strings.Split(strings.TrimSuffix(c.LocalPath(), "/"), "/")
	known := make([]string, 0, len(routes))
	for _, r := range routes {
		segments := strings.Split(r.Path, "/")
		if i := lacks(asked, segments, c.m.man.FoldCase); i > 0 {
			return segments[i] + " is missing: call " + strings.Join(slices.Concat(asked[:i], segments[i:i+1], rest(asked, segments, i)), "/")
		}
		for i, s := range segments {
			if isParameter(s) && i < len(asked) && asked[i] != "" {
				segments[i] = asked[i]
			}
		}
		known = append(known, strings.Join(segments, "/"))
	}
	return strings.TrimSpace(didYouMean(c.LocalPath(), known))
}

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

// lacks is the place of the one parameter without which, or with nothing in its place, a path is
// that of a route; 0 for none.
func lacks(asked, route []string, fold bool) int {
	for i, s := range route {
		if isParameter(s) && i <= len(asked) && fits(asked[:i], route[:i], fold) && fits(rest(asked, route, i), route[i+1:], fold) {
			return i
		}
	}
	return 0
}

// rest is what stands in a path behind the place of a parameter that it lacks.
func rest(asked, route []string, i int) []string {
	if len(asked) == len(route) && asked[i] == "" {
		return asked[i+1:]
	}
	return asked[i:]
}

// fits says whether segments are those of a route, with something in place of each parameter.
func fits(asked, route []string, fold bool) bool {
	return slices.EqualFunc(asked, route, func(a, r string) bool {
		return a == r || fold && strings.EqualFold(a, r) || isParameter(r) && a != ""
	})
}

// didYouMean suggests what an unknown name was meant for, "" if nothing is near.
func didYouMean(found string, known []string) string {
	if near := scenarios.Nearest(found, known); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}
