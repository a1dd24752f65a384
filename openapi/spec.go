package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Spec is one parsed and validated document. It is read-only and safe for concurrent use.
type Spec struct {
	Name      string            // file name without ".yaml"
	Version   string            // info.version, the provider's own date or number
	Samples   map[string]string // a plausible value for each ${variable} of the examples
	Redirects []string          // schemas of which one fits the query of whatever address a hosted page leads to
	Messages  []string          // schemas of which one fits whatever a hosted page posts to the app around it
	doc       *openapi3.T
	order     []*Operation
	operation map[string]*Operation
}

// Operation is one operation of a document.
type Operation struct {
	Route
	Summary     string
	Description string
	Tag         string
	Accepts     []string // media types of the request body in alphabetical order, empty without a body
	Example     Example
	// Examples has the complete call for those of Also that are called in another way.
	Examples map[string]Example
	Lists    map[string]string // by canonical operation: a JSON pointer to what its answer lists, * for each of a list

	call    routers.Route // what kin-openapi wants instead of a lookup
	obvious obvious
}

// loaders parse each document once, at its first use.
var loaders = func() map[string]func() (*Spec, error) {
	m := make(map[string]func() (*Spec, error), len(routes))
	for name, table := range routes {
		m[name] = sync.OnceValues(func() (*Spec, error) {
			data, err := files.ReadFile(name + ".yaml")
			if err != nil {
				return nil, err
			}
			return parse(name, data, table)
		})
	}
	return m
}()

// Load returns a document by name. The first call parses and validates it (tens of milliseconds for a large one);
// later and concurrent calls share the result.
func Load(name string) (*Spec, error) {
	load, ok := loaders[name]
	if !ok {
		return nil, unknown(name)
	}
	return load()
}

// ExampleOf is the complete call of what an operation is canonically: its own, or the one for that name.
func (o *Operation) ExampleOf(canonical string) Example {
	if e, ok := o.Examples[canonical]; ok {
		return e
	}
	return o.Example
}

// Operation finds an operation by operationId.
func (s *Spec) Operation(id string) (*Operation, bool) {
	op, ok := s.operation[id]
	return op, ok
}

// Operations lists all operations in the order of the document.
func (s *Spec) Operations() []*Operation { return slices.Clone(s.order) }

// Documents reports whether the operation lists an HTTP status, by number, by class (4XX) or by default.
func (o *Operation) Documents(status int) bool { return o.response(status) != nil }

func (o *Operation) response(status int) *openapi3.Response {
	responses := o.call.Operation.Responses
	ref := responses.Status(status)
	if ref == nil {
		ref = responses.Default()
	}
	if ref == nil {
		return nil
	}
	return ref.Value
}

// Statuses lists what the operation documents, in order: "200", "400", "default".
func (o *Operation) Statuses() []string {
	return slices.Sorted(maps.Keys(o.call.Operation.Responses.Map()))
}

func parse(name string, data []byte, table []Route) (*Spec, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("openapi/%s.yaml: %w", name, err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("openapi/%s.yaml is not valid OpenAPI: %w", name, err)
	}
	s := &Spec{Name: name, Version: doc.Info.Version, doc: doc, operation: make(map[string]*Operation, len(table))}
	var top struct {
		Variables map[string]string `json:"variables"`
		Locate    []string          `json:"locate"` // in the table already
		Redirects []string          `json:"redirects"`
		Messages  []string          `json:"messages"`
	}
	if err := extension(doc.Extensions, &top); err != nil {
		return nil, fmt.Errorf("openapi/%s.yaml: %w", name, err)
	}
	s.Samples, s.Redirects, s.Messages = top.Variables, top.Redirects, top.Messages
	for _, schema := range slices.Concat(s.Redirects, s.Messages) {
		if doc.Components == nil || doc.Components.Schemas[schema] == nil {
			return nil, fmt.Errorf("openapi/%s.yaml: x-stuntbank names the schema %q: add it under components.schemas", name, schema)
		}
	}
	for _, route := range table {
		op, err := compile(doc, route)
		if err != nil {
			return nil, fmt.Errorf("openapi/%s.yaml: %s: %w", name, route.ID, err)
		}
		s.order = append(s.order, op)
		s.operation[route.ID] = op
	}
	return s, nil
}

func compile(doc *openapi3.T, route Route) (*Operation, error) {
	item := doc.Paths.Value(route.Path)
	if item == nil || item.GetOperation(route.Method) == nil {
		return nil, fmt.Errorf("%s %s is in routes_gen.go only: run go generate ./openapi", route.Method, route.Path)
	}
	raw := item.GetOperation(route.Method)
	var x struct { // the first four are in the table already; strict decoding wants to know them
		Op       string   `json:"op"`
		Also     []string `json:"also"`
		Fidelity string   `json:"fidelity"`
		Source   string   `json:"source"`
		Example  Example  `json:"example"`

		Examples map[string]Example `json:"examples"`

		Lists map[string]string `json:"lists"`
	}
	if err := extension(raw.Extensions, &x); err != nil {
		return nil, err
	}
	op := &Operation{
		Route:       route,
		Summary:     raw.Summary,
		Description: raw.Description,
		Example:     x.Example,
		Examples:    x.Examples,
		Lists:       x.Lists,
		call:        checked(doc, route, item.Parameters, raw),
	}
	op.obvious = glance(op.call.Operation)
	if len(raw.Tags) > 0 {
		op.Tag = raw.Tags[0]
	}
	if raw.RequestBody != nil {
		op.Accepts = slices.Sorted(maps.Keys(raw.RequestBody.Value.Content))
	}
	return op, nil
}

// checked prepares what kin-openapi visits at each call: no security, because who may call is the simulator's
// business (and the body would be read once more for it), and only those parameters that can be wrong.
func checked(doc *openapi3.T, route Route, shared openapi3.Parameters, raw *openapi3.Operation) routers.Route {
	op := *raw
	op.Security = openapi3.NewSecurityRequirements()
	op.Parameters = nil
	for _, p := range shared {
		if raw.Parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil && canFail(p.Value) {
			op.Parameters = append(op.Parameters, p)
		}
	}
	for _, p := range raw.Parameters {
		if canFail(p.Value) {
			op.Parameters = append(op.Parameters, p)
		}
	}
	return routers.Route{Spec: doc, Path: route.Path, PathItem: &openapi3.PathItem{}, Method: route.Method, Operation: &op}
}

// canFail is false for an optional string of any kind, which are most query parameters of a list.
func canFail(p *openapi3.Parameter) bool {
	if p.Required || p.Schema == nil {
		return true
	}
	s := *p.Schema.Value
	bare := openapi3.Schema{Type: s.Type, Title: s.Title, Description: s.Description, Example: s.Example, Default: s.Default, Origin: s.Origin}
	return !s.Type.Is("string") || !reflect.DeepEqual(s, bare)
}

// extension decodes x-stuntbank strictly, so that a misspelt key is an error and not a silent default.
func extension(from map[string]any, into any) error {
	value, ok := from["x-stuntbank"]
	if !ok {
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("x-stuntbank: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("x-stuntbank: %w", err)
	}
	return nil
}
