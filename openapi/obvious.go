package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// obvious says of an operation which requests can be seen to keep to the document at a
// glance: most calls do, and a full check costs more than answering some of them. In doubt
// kin-openapi decides, and explains.
type obvious struct {
	any      bool     // there are such requests
	required []string // query parameters for which any text will do
	careful  []string // query parameters that have to be looked at when they are there
	headers  []string // headers of this kind
	body     *shape   // of a JSON body; nil: the operation has none
	needed   bool     // the body may not be left out
}

// glance prepares it from what can be wrong about the parameters and the body. What has a
// cookie, a path parameter with a rule, or a body of which shape cannot tell is never obvious.
func glance(op *openapi3.Operation) obvious {
	o := obvious{any: true}
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
	if op.RequestBody == nil {
		return o
	}
	media := op.RequestBody.Value.Content[jsonType]
	if media == nil {
		return obvious{}
	}
	if o.body = shapeOf(media.Schema, 0); o.body == nil {
		return obvious{}
	}
	o.needed = op.RequestBody.Value.Required
	return o
}

const jsonType = "application/json"

// Obvious says whether a request can be seen to keep to the document without CheckRequest.
// contentType is what the body counts as, and may differ from what the request says.
func (o *Operation) Obvious(r *http.Request, contentType string, body []byte) bool {
	return o.obvious.keeps(r, contentType, body)
}

// keeps says whether a request obviously keeps to the document; false means that it has
// to be looked at.
func (o *obvious) keeps(r *http.Request, contentType string, body []byte) bool {
	if !o.any || !o.query(r.URL.RawQuery) {
		return false
	}
	for _, name := range o.headers {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	switch {
	case o.body == nil:
		return true
	case len(body) == 0:
		return !o.needed
	}
	return (contentType == jsonType || contentType == jsonType+"; charset=utf-8") && o.body.keeps(body)
}

func (o *obvious) query(raw string) bool {
	seen := 0
	for rest := raw; rest != ""; {
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
