package table

import (
	"slices"
	"strings"
)

// document is a document with its aliases resolved, as plain maps and lists.
type document map[string]any

// operation is what the document says of a route, and the parameters that its path shares.
func (d document) operation(r Route) (op map[string]any, shared []any) {
	paths, _ := d["paths"].(map[string]any)
	item, _ := paths[r.Path].(map[string]any)
	op, _ = item[strings.ToLower(r.Method)].(map[string]any)
	shared, _ = item["parameters"].([]any)
	return op, shared
}

// resolve follows a $ref within the document.
func (d document) resolve(v any) map[string]any {
	for range 16 {
		m, _ := v.(map[string]any)
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		var at any = map[string]any(d)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			in, _ := at.(map[string]any)
			at = in[part]
		}
		v = at
	}
	return nil
}

// locate gives the places of a route at which parameters and body fields of these names
// travel, in the order of the names. What belongs into the query some clients put into the
// body, of a GET too.
func (d document) locate(r Route, names []string) (places []Place) {
	op, shared := d.operation(r)
	own, _ := op["parameters"].([]any)
	var all []Place
	for _, p := range slices.Concat(shared, own) {
		param := d.resolve(p)
		in, _ := param["in"].(string)
		name, _ := param["name"].(string)
		all = append(all, Place{In: in, Name: name})
	}
	content, _ := d.resolve(op["requestBody"])["content"].(map[string]any)
	for _, media := range content {
		m, _ := media.(map[string]any)
		for _, name := range d.properties(m["schema"], 0) {
			all = append(all, Place{In: "body", Name: name})
		}
	}
	for _, name := range names {
		for _, in := range []string{"path", "query", "header", "body"} {
			p := Place{In: in, Name: name}
			if slices.Contains(all, p) || in == "body" && slices.Contains(all, Place{In: "query", Name: name}) {
				places = append(places, p)
			}
		}
	}
	return places
}

// properties are the names of a schema's properties, and of those that it is made of.
func (d document) properties(schema any, depth int) (names []string) {
	s := d.resolve(schema)
	own, _ := s["properties"].(map[string]any)
	for name := range own {
		names = append(names, name)
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		parts, _ := s[key].([]any)
		for _, part := range parts {
			if depth < 16 {
				names = append(names, d.properties(part, depth+1)...)
			}
		}
	}
	return names
}

// scopes are those that the first requirement of an operation's security asks for.
func (d document) scopes(r Route) (scopes []string) {
	op, _ := d.operation(r)
	security, ok := op["security"].([]any)
	if !ok {
		security, _ = d["security"].([]any)
	}
	if len(security) == 0 {
		return nil
	}
	first, _ := security[0].(map[string]any)
	for _, wanted := range first {
		list, _ := wanted.([]any)
		for _, scope := range list {
			if s, ok := scope.(string); ok {
				scopes = append(scopes, s)
			}
		}
	}
	slices.Sort(scopes)
	return scopes
}
