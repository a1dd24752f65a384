package engine

import (
	"strings"

	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// NearestPath is the path of the document that a call to none of its operations was
// probably meant for, with the call's own values in place of parameters; "" if none is near.
func (c *Call) NearestPath() string {
	routes, _ := openapi.Routes(c.m.man.Document)
	asked := strings.Split(c.LocalPath(), "/")
	known := make([]string, 0, len(routes))
	for _, r := range routes {
		segments := strings.Split(r.Path, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") && i < len(asked) {
				segments[i] = asked[i]
			}
		}
		known = append(known, strings.Join(segments, "/"))
	}
	return scenarios.Nearest(c.LocalPath(), known)
}

// didYouMean suggests what an unknown name was meant for, "" if nothing is near.
func didYouMean(found string, known []string) string {
	if near := scenarios.Nearest(found, known); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}
