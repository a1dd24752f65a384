// Package table reads the route table of a document. It is apart from package openapi, which does not compile
// without the table that the generator writes.
package table

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Route has the fields of openapi.Route.
type Route struct {
	ID, Method, Path, Op string
	Also                 []string
	Fidelity, Source     string
	Plain                bool
	Locate               []Place
	Scopes               []string
}

// Place is where a value travels in a request.
type Place struct {
	In   string // path, query, header or body: a field of its top level
	Name string
}

var methods = map[string]bool{
	"get": true, "put": true, "post": true, "delete": true, "patch": true, "head": true, "options": true, "trace": true,
}

// Scan lists the operations of one document, which is called name, in its order. Errors give file and line.
func Scan(name string, data []byte) ([]Route, error) {
	var doc struct {
		Paths yaml.Node `yaml:"paths"`
		Stunt struct {
			Locate []string `yaml:"locate"`
		} `yaml:"x-stuntbank"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var plain map[string]any
	if err := yaml.Unmarshal(data, &plain); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	whole := document(plain)
	var table []Route
	located := map[string]bool{}
	for _, item := range pairs(&doc.Paths) {
		var shared struct {
			Parameters []yaml.Node `yaml:"parameters"`
		}
		if err := item.value.Decode(&shared); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, item.key.Line, err)
		}
		for _, op := range pairs(item.value) {
			if !methods[op.key.Value] {
				continue
			}
			var head struct {
				ID         string      `yaml:"operationId"`
				Parameters []yaml.Node `yaml:"parameters"`
				Body       yaml.Node   `yaml:"requestBody"`
				Stunt      struct {
					Op       string   `yaml:"op"`
					Also     []string `yaml:"also"`
					Fidelity string   `yaml:"fidelity"`
					Source   string   `yaml:"source"`
				} `yaml:"x-stuntbank"`
			}
			if err := op.value.Decode(&head); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, op.key.Line, err)
			}
			r := Route{
				ID: head.ID, Method: strings.ToUpper(op.key.Value), Path: item.key.Value,
				Op: head.Stunt.Op, Also: head.Stunt.Also, Fidelity: head.Stunt.Fidelity, Source: head.Stunt.Source,
				Plain: len(shared.Parameters)+len(head.Parameters) == 0 && head.Body.IsZero(),
			}
			if r.ID == "" || r.Op == "" || r.Fidelity == "" || r.Source == "" {
				return nil, fmt.Errorf("%s:%d: %s %s needs operationId and x-stuntbank with op, fidelity and source",
					name, op.key.Line, r.Method, r.Path)
			}
			r.Locate = whole.locate(r, doc.Stunt.Locate)
			r.Scopes = whole.scopes(r)
			for _, p := range r.Locate {
				located[p.Name] = true
			}
			table = append(table, r)
		}
	}
	for _, one := range doc.Stunt.Locate {
		if !located[one] {
			return nil, fmt.Errorf("%s: x-stuntbank.locate names %q, which no operation has", name, one)
		}
	}
	return table, nil
}

type pair struct{ key, value *yaml.Node }

// pairs lists the entries of a mapping in order.
func pairs(n *yaml.Node) []pair {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], n.Content[i+1]})
	}
	return out
}
