package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// obvious says of an operation which requests can be seen to keep to the document at a
// glance: most calls of a list do, and a full check costs more than answering some of
// them.
type obvious struct {
	any      bool     // there are such requests
	required []string // query parameters for which any text will do
	careful  []string // query parameters that have to be looked at when they are there
	headers  []string // headers of this kind
}

// glance prepares it from what can be wrong about the parameters. What has a body, a
// cookie, or a path parameter with a rule is never obvious.
func glance(op *openapi3.Operation) obvious {
	o := obvious{any: op.RequestBody == nil}
	for _, ref := range op.Parameters {
		p := ref.Value
		plain := p.Schema != nil && p.Content == nil && !canFail(&openapi3.Parameter{Schema: p.Schema})
		switch {
		case p.In == openapi3.ParameterInPath && plain:
		case p.In == openapi3.ParameterInQuery && p.Required && plain:
			o.required = append(o.required, p.Name)
		case p.In == openapi3.ParameterInQuery && !p.Required:
			o.careful = append(o.careful, p.Name)
		case p.In == openapi3.ParameterInHeader && !p.Required:
			o.headers = append(o.headers, http.CanonicalHeaderKey(p.Name))
		default:
			return obvious{}
		}
	}
	return o
}

// Obvious says whether a request can be seen to keep to the document without CheckRequest.
func (o *Operation) Obvious(r *http.Request) bool { return o.obvious.keeps(r) }

// keeps says whether a request obviously keeps to the document; false means that it has
// to be looked at.
func (o *obvious) keeps(r *http.Request) bool {
	if !o.any {
		return false
	}
	for _, name := range o.headers {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	seen := 0
	for rest := r.URL.RawQuery; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(part, "=")
		if strings.ContainsAny(name, "%+;[") || slices.Contains(o.careful, name) {
			return false
		}
		if i := slices.Index(o.required, name); i >= 0 {
			if value == "" || strings.ContainsAny(value, "%;") || seen&(1<<i) != 0 {
				return false
			}
			seen |= 1 << i
		}
	}
	return seen == 1<<len(o.required)-1
}
