package scenarios

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The schema and the reader know the same keys.
func TestSchemaHasTheGrammar(t *testing.T) {
	t.Parallel()
	for name, about := range grammar {
		for _, key := range about.keys {
			if fields[name+"."+key].shape == "" {
				t.Errorf("the schema lacks %s.%s", name, key)
			}
		}
	}
	for path := range fields {
		section, key, _ := strings.Cut(path, ".")
		if !contains(grammar[section].keys, key) {
			t.Errorf("the schema has %s, which no file can say", path)
		}
	}
}

// Every bundled file keeps to the schema, and none of them does with a misspelt key.
func TestSchemaTakesBundled(t *testing.T) {
	t.Parallel()
	v := testVocabulary()
	v.Providers["finx"] = v.Providers["fintoc"] // has scenarios of its own, too
	var s map[string]any
	if err := json.Unmarshal(Schema(v), &s); err != nil {
		t.Fatal(err)
	}
	check := checker{s["$defs"].(map[string]any)}
	files, err := Files(bundled, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		var root yaml.Node
		if err := yaml.Unmarshal(f.Data, &root); err != nil {
			t.Fatal(err)
		}
		if why := check.against(s, decoded(t, &root)); why != "" {
			t.Errorf("%s: %s", f.File, why)
		}
		forNames(&root, nil, func(n *yaml.Node) {
			right := n.Value
			n.Value = right + "x"
			if check.against(s, decoded(t, &root)) == "" {
				t.Errorf("%s:%d:%d: the schema takes %s", f.File, n.Line, n.Column, n.Value)
			}
			n.Value = right
		})
	}
}

// decoded is the document as an editor sees it: dates are texts.
func decoded(t *testing.T, root *yaml.Node) any {
	t.Helper()
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		switch n.Kind {
		case yaml.MappingNode:
			m := map[string]any{}
			for i := 0; i+1 < len(n.Content); i += 2 {
				m[n.Content[i].Value] = value(n.Content[i+1])
			}
			return m
		case yaml.SequenceNode:
			list := []any{}
			for _, item := range n.Content {
				list = append(list, value(item))
			}
			return list
		}
		var v any
		if n.Tag == "!!timestamp" {
			return n.Value
		}
		if err := n.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if i, ok := v.(int); ok {
			return float64(i)
		}
		return v
	}
	return value(root.Content[0])
}

// checker is as much of a JSON Schema validator as the schema needs.
type checker struct{ definitions map[string]any }

func (c checker) against(s map[string]any, v any) string {
	if ref, ok := s["$ref"].(string); ok {
		return c.against(c.definitions[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), v)
	}
	for _, one := range list(s["allOf"]) {
		if why := c.against(one.(map[string]any), v); why != "" {
			return why
		}
	}
	if choice := list(s["anyOf"]); len(choice) > 0 {
		var whys []string
		for _, one := range choice {
			why := c.against(one.(map[string]any), v)
			if why == "" {
				whys = nil
				break
			}
			whys = append(whys, why)
		}
		if len(whys) > 0 {
			return strings.Join(whys, ", or ")
		}
	}
	if enum := list(s["enum"]); len(enum) > 0 && !slices.Contains(enum, v) {
		return fmt.Sprintf("%v is none of the enumerated", v)
	}
	if types := s["type"]; types != nil && !slices.Contains(append(list(types), types), any(typeOf(v))) && !(types == "integer" && typeOf(v) == "number") {
		return fmt.Sprintf("%v is a %s, not %v", v, typeOf(v), types)
	}
	if form, ok := s["pattern"].(string); ok && !regexp.MustCompile(form).MatchString(fmt.Sprint(v)) {
		return fmt.Sprintf("%v does not match %s", v, form)
	}
	if items, ok := s["items"].(map[string]any); ok {
		for _, item := range v.([]any) {
			if why := c.against(items, item); why != "" {
				return why
			}
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range object {
		p, known := properties[key].(map[string]any)
		switch more := s["additionalProperties"].(type) {
		case bool:
			if !known {
				return key + " is no property"
			}
		case map[string]any:
			p, known = more, true
		}
		if known {
			if why := c.against(p, value); why != "" {
				return key + ": " + why
			}
		}
	}
	for _, key := range list(s["required"]) {
		if _, ok := object[key.(string)]; !ok {
			return fmt.Sprintf("%s is missing", key)
		}
	}
	return ""
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}
