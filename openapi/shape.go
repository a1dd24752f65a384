package openapi

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape is a JSON schema that can be judged on the bytes of a body, without decoding them.
// It only ever says yes. What it finds wrong, and what it cannot judge (escapes, an unknown
// or a repeated name, a fraction), is left to kin-openapi, which has the words for it.
type shape struct {
	types    shapeType
	enum     []string // of a text
	min, max *float64 // of an integer
	least    uint64   // characters of a text
	most     *uint64
	fields   []shapeField // of an object
	required uint64       // the bits of those that must be there
	items    *shape       // of an array
	fewest   uint64       // elements of it
	greatest *uint64
}

type shapeField struct {
	name  string
	shape *shape
}

// shapeType is a set of JSON types.
type shapeType uint8

const (
	textType shapeType = 1 << iota
	integerType
	boolType
	nullType
	objectType
	arrayType
)

// How deep and how wide an object may be to be judged so.
const (
	deepest = 8
	widest  = 64
)

// shapeOf makes a shape of a schema; nil where the schema says more than a shape can.
func shapeOf(ref *openapi3.SchemaRef, depth int) *shape {
	if ref == nil || ref.Value == nil || depth > deepest {
		return nil
	}
	s := ref.Value
	if s.Type == nil || len(*s.Type) == 0 || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 || s.Not != nil || s.Pattern != "" || s.MultipleOf != nil ||
		s.UniqueItems || s.MinProps != 0 || s.MaxProps != nil || s.Discriminator != nil || s.ExclusiveMin.IsSet() || s.ExclusiveMax.IsSet() ||
		s.ReadOnly || !slices.Contains([]string{"", "int32", "int64", "password"}, s.Format) {
		return nil
	}
	sh := &shape{min: s.Min, max: s.Max, least: s.MinLength, most: s.MaxLength, fewest: s.MinItems, greatest: s.MaxItems}
	for _, t := range *s.Type {
		switch t {
		case "string":
			sh.types |= textType
		case "number", "integer": // an integer is a number
			sh.types |= integerType
		case "boolean":
			sh.types |= boolType
		case "null":
			sh.types |= nullType
		case "object":
			sh.types |= objectType
		case "array":
			sh.types |= arrayType
		default:
			return nil
		}
	}
	if s.Nullable {
		sh.types |= nullType
	}
	for _, v := range s.Enum {
		text, ok := v.(string)
		if !ok || sh.types != textType {
			return nil
		}
		sh.enum = append(sh.enum, text)
	}
	if sh.types&arrayType != 0 {
		if sh.items = shapeOf(s.Items, depth+1); sh.items == nil {
			return nil
		}
	}
	if sh.types&objectType != 0 && !sh.object(s, depth) {
		return nil
	}
	return sh
}

// object adds the fields of an object; false where that cannot be.
func (sh *shape) object(s *openapi3.Schema, depth int) bool {
	if s.AdditionalProperties.Schema != nil || len(s.Properties) > widest {
		return false
	}
	for name, ref := range s.Properties {
		f := shapeField{name, shapeOf(ref, depth+1)}
		if f.shape == nil {
			return false
		}
		sh.fields = append(sh.fields, f)
	}
	slices.SortFunc(sh.fields, func(a, b shapeField) int { return strings.Compare(a.name, b.name) })
	for _, name := range s.Required {
		i := slices.IndexFunc(sh.fields, func(f shapeField) bool { return f.name == name })
		if i < 0 {
			return false
		}
		sh.required |= 1 << i
	}
	return true
}

// keeps says whether a body is one JSON value of this shape.
func (sh *shape) keeps(body []byte) bool {
	r := jsonReader{rest: body}
	return r.value(sh) && len(r.skipBlanks()) == 0
}

// holdsText judges a text without escapes.
func (sh *shape) holdsText(v []byte) bool {
	if sh.enum != nil && !slices.ContainsFunc(sh.enum, func(e string) bool { return e == string(v) }) {
		return false
	}
	if sh.least == 0 && sh.most == nil {
		return true
	}
	for _, c := range v {
		if c >= utf8.RuneSelf { // what counts as one character is for kin-openapi to say
			return false
		}
	}
	return uint64(len(v)) >= sh.least && (sh.most == nil || uint64(len(v)) <= *sh.most)
}

// holdsInteger judges the digits of an integer.
func (sh *shape) holdsInteger(digits []byte) bool {
	if len(digits) == 0 || len(digits) > 9 || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	if sh.min == nil && sh.max == nil {
		return true
	}
	n, err := strconv.Atoi(string(digits))
	return err == nil && (sh.min == nil || float64(n) >= *sh.min) && (sh.max == nil || float64(n) <= *sh.max)
}

// jsonReader walks over JSON and stops at whatever is not plain.
type jsonReader struct{ rest []byte }

func (r *jsonReader) skipBlanks() []byte {
	i := 0
	for i < len(r.rest) && (r.rest[i] == ' ' || r.rest[i] == '\n' || r.rest[i] == '\t' || r.rest[i] == '\r') {
		i++
	}
	r.rest = r.rest[i:]
	return r.rest
}

// take reads one character after blanks, if it is the next.
func (r *jsonReader) take(c byte) bool {
	if rest := r.skipBlanks(); len(rest) == 0 || rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *jsonReader) word(w string) bool {
	rest, ok := bytes.CutPrefix(r.rest, []byte(w))
	r.rest = rest
	return ok
}

// text reads a text without escapes.
func (r *jsonReader) text() (v []byte, ok bool) {
	if !r.take('"') {
		return nil, false
	}
	for i, c := range r.rest {
		switch {
		case c == '"':
			v, r.rest = r.rest[:i], r.rest[i+1:]
			return v, utf8.Valid(v)
		case c < ' ' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (r *jsonReader) value(sh *shape) bool {
	rest := r.skipBlanks()
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '"':
		v, ok := r.text()
		return ok && sh.types&textType != 0 && sh.holdsText(v)
	case 't':
		return sh.types&boolType != 0 && r.word("true")
	case 'f':
		return sh.types&boolType != 0 && r.word("false")
	case 'n':
		return sh.types&nullType != 0 && r.word("null")
	case '{':
		return sh.types&objectType != 0 && r.object(sh)
	case '[':
		return sh.types&arrayType != 0 && r.array(sh)
	}
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	r.rest = rest[n:]
	return sh.types&integerType != 0 && sh.holdsInteger(rest[:n])
}

func (r *jsonReader) object(sh *shape) bool {
	r.rest = r.rest[1:]
	var seen uint64
	for !r.take('}') {
		if seen != 0 && !r.take(',') {
			return false
		}
		name, ok := r.text()
		if !ok || !r.take(':') {
			return false
		}
		i := slices.IndexFunc(sh.fields, func(f shapeField) bool { return f.name == string(name) })
		if i < 0 || seen&(1<<i) != 0 || !r.value(sh.fields[i].shape) {
			return false
		}
		seen |= 1 << i
	}
	return seen&sh.required == sh.required
}

func (r *jsonReader) array(sh *shape) bool {
	r.rest = r.rest[1:]
	n := uint64(0)
	for ; !r.take(']'); n++ {
		if n > 0 && !r.take(',') || !r.value(sh.items) {
			return false
		}
	}
	return n >= sh.fewest && (sh.greatest == nil || n <= *sh.greatest)
}
