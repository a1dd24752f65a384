package openapi

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Example is one complete call of an operation. Its strings may hold variables such as ${link_token}; Expand
// fills them in. Body is decoded JSON (map[string]any, []any, string, float64, bool) or nil for no body.
type Example struct {
	Path    map[string]string `json:"path"`
	Query   map[string]string `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`

	// Yields names what the answer gives to later calls: variable -> JSON pointer into a 2xx body (/accounts/0/id), or to an
	// address in it and the name of a parameter in that address's query (/location?token).
	Yields map[string]string `json:"yields"`

	// Session is another session than the one at hand whose outcome the example needs; nil: none.
	Session *ExampleSession `json:"session"`
}

// ExampleSession is a session that is begun and finished for an example alone: Product names the flow, Keeps what is
// taken of it, variable of the example -> variable as the session's own calls yield it.
type ExampleSession struct {
	Product string            `json:"product"`
	Keeps   map[string]string `json:"keeps"`
}

var variable = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// Needs lists the variables of the example in alphabetical order.
func (e Example) Needs() []string {
	names := map[string]bool{}
	e.rewrite(func(s string) string {
		for _, m := range variable.FindAllStringSubmatch(s, -1) {
			names[m[1]] = true
		}
		return s
	})
	return slices.Sorted(maps.Keys(names))
}

// Expand returns a copy with every ${variable} replaced. The error names those that vars does not have.
func (e Example) Expand(vars map[string]string) (Example, error) {
	missing := slices.DeleteFunc(e.Needs(), func(name string) bool { _, ok := vars[name]; return ok })
	if len(missing) > 0 {
		return Example{}, fmt.Errorf("example needs ${%s}: call an operation that yields it first", strings.Join(missing, "}, ${"))
	}
	return e.rewrite(func(s string) string {
		return variable.ReplaceAllStringFunc(s, func(ref string) string { return vars[ref[2:len(ref)-1]] })
	}), nil
}

func (e Example) rewrite(f func(string) string) Example {
	values := func(m map[string]string) map[string]string {
		out := make(map[string]string, len(m))
		for k, v := range m {
			out[k] = f(v)
		}
		return out
	}
	return Example{
		Path: values(e.Path), Query: values(e.Query), Headers: values(e.Headers),
		Body: rewriteJSON(e.Body, f), Yields: maps.Clone(e.Yields), Session: e.Session,
	}
}

func rewriteJSON(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = rewriteJSON(v[i], f)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = rewriteJSON(v[k], f)
		}
		return out
	}
	return v
}

// Target is the request target of an expanded example on this route: "/v1/links/link_x?page=1". Query parameters
// come in alphabetical order. A {param} without a value stays as it is.
func (r Route) Target(e Example) string {
	path := r.Path
	for name, value := range e.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	query := url.Values{}
	for name, value := range e.Query {
		query.Set(name, value)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
