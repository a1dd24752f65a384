package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// requestViolation puts what kin-openapi found wrong with a request into our words.
//
//	RequestError{Parameter}   ErrInvalidRequired | ErrInvalidEmptyValue | ParseError | SchemaError
//	RequestError{RequestBody} ErrInvalidRequired | ParseError | SchemaError | no cause (media type)
func requestViolation(err error) *Violation {
	var failed *openapi3filter.RequestError
	if !errors.As(err, &failed) {
		return &Violation{In: "body", Reason: Other, Detail: err.Error()}
	}
	if failed.Parameter != nil {
		return parameterViolation(failed.Parameter, failed.Err)
	}
	return bodyViolation(failed.RequestBody, failed)
}

func parameterViolation(p *openapi3.Parameter, err error) *Violation {
	v := &Violation{In: p.In, Name: p.Name}
	var schema *openapi3.Schema
	if p.Schema != nil {
		schema = p.Schema.Value
	}
	var parse *openapi3filter.ParseError
	switch {
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		v.Reason, v.Want = Missing, typeOf(schema)
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		v.Reason, v.Want, v.Detail = Type, typeOf(schema), "an empty value"
	case errors.As(err, &parse):
		v.Reason, v.Want, v.Detail = Type, typeOf(schema), shown(parse.Value)
	default:
		found := schemaViolation(p.In, err)
		found.Name = p.Name
		return found
	}
	return v
}

func bodyViolation(body *openapi3.RequestBody, failed *openapi3filter.RequestError) *Violation {
	v := &Violation{In: "body"}
	var schemaErr *openapi3.SchemaError
	var parse *openapi3filter.ParseError
	switch {
	case failed.Err == nil && body != nil:
		v.Reason, v.Want = ContentType, strings.Join(slices.Sorted(maps.Keys(body.Content)), " or ")
		v.Detail = contentType(failed.Input.Request.Header)
	case errors.Is(failed.Err, openapi3filter.ErrInvalidRequired):
		v.Reason, v.Want = Missing, "body"
		if name, schema := firstRequired(body); name != "" {
			v.Name, v.Want = name, typeOf(schema)
		}
	case errors.As(failed.Err, &schemaErr):
		return schemaViolation("body", failed.Err)
	case errors.As(failed.Err, &parse) && len(parse.Path()) > 0:
		// A field of a form that is not a number or a boolean.
		v.Name, v.Reason = fmt.Sprint(parse.Path()[0]), Type
		v.Want = typeOf(property(body, v.Name))
		if inner := (*openapi3filter.ParseError)(nil); errors.As(parse.Cause, &inner) {
			v.Detail = shown(inner.Value)
		}
	case failed.Err != nil:
		v.Reason, v.Want, v.Detail = Malformed, contentType(failed.Input.Request.Header), failed.Err.Error()
	default:
		v.Reason, v.Detail = Other, failed.Error()
	}
	return v
}

// responseViolation does the same for an answer; header errors name their header only in their text.
func responseViolation(err error, documented *openapi3.Response, h http.Header) *Violation {
	var failed *openapi3filter.ResponseError
	if !errors.As(err, &failed) {
		return &Violation{In: "response", Reason: Other, Detail: err.Error()}
	}
	if name, ref := failedHeader(failed.Reason, documented); ref != nil {
		return headerViolation(name, ref, failed.Err)
	}
	var schemaErr *openapi3.SchemaError
	switch {
	case errors.As(failed.Err, &schemaErr):
		return schemaViolation("response", failed.Err)
	case failed.Err == nil:
		want := strings.Join(slices.Sorted(maps.Keys(documented.Content)), " or ")
		return &Violation{In: "response", Reason: ContentType, Want: want, Detail: contentType(h)}
	}
	return &Violation{In: "response", Reason: Malformed, Want: contentType(h), Detail: failed.Err.Error()}
}

func failedHeader(reason string, documented *openapi3.Response) (string, *openapi3.Header) {
	for name, ref := range documented.Headers {
		if strings.Contains(reason, "header "+strconv.Quote(name)) {
			return name, ref.Value
		}
	}
	return "", nil
}

func headerViolation(name string, header *openapi3.Header, err error) *Violation {
	var parse *openapi3filter.ParseError
	var want string
	if header.Schema != nil {
		want = typeOf(header.Schema.Value)
	}
	switch {
	case err == nil:
		return &Violation{In: "header", Name: name, Reason: Missing, Want: want}
	case errors.As(err, &parse):
		return &Violation{In: "header", Name: name, Reason: Type, Want: want, Detail: shown(parse.Value)}
	}
	v := schemaViolation("header", err)
	v.Name = name
	return v
}

// schemaViolation translates the schema keyword that failed.
func schemaViolation(in string, err error) *Violation {
	var e *openapi3.SchemaError
	if !errors.As(err, &e) {
		return &Violation{In: in, Reason: Other, Detail: err.Error()}
	}
	if e.SchemaField == "allOf" && e.Origin != nil {
		return schemaViolation(in, e.Origin) // the part that failed knows its own path
	}
	v := &Violation{In: in, Name: strings.Join(e.JSONPointer(), "/")}
	switch e.SchemaField {
	case "required":
		path := e.JSONPointer()
		v.Reason, v.Want = Missing, "value"
		if ref := e.Schema.Properties[path[len(path)-1]]; ref != nil {
			v.Want = typeOf(ref.Value)
		}
	case "type", "nullable":
		v.Reason, v.Want, v.Detail = Type, typeOf(e.Schema), kind(e.Value)
	case "enum":
		v.Reason, v.Want, v.Detail = Enum, list(e.Schema.Enum), shown(e.Value)
	case "format":
		v.Reason, v.Want, v.Detail = Format, e.Schema.Format, shown(e.Value)
	case "pattern":
		v.Reason, v.Want = Pattern, e.Schema.Pattern
	case "minimum", "exclusiveMinimum":
		v.Reason, v.Want, v.Detail = Minimum, number(e.Schema.Min), shown(e.Value)
	case "maximum", "exclusiveMaximum":
		v.Reason, v.Want, v.Detail = Maximum, number(e.Schema.Max), shown(e.Value)
	case "minLength":
		v.Reason, v.Want, v.Detail = MinLength, fmt.Sprint(e.Schema.MinLength), length(e.Value)
	case "maxLength":
		v.Reason, v.Want, v.Detail = MaxLength, fmt.Sprint(*e.Schema.MaxLength), length(e.Value)
	case "properties":
		v.Reason, v.Detail = Other, "the document has no such field"
		if n := len(e.Schema.Properties); n > 0 && n <= mostNamed {
			v.Detail += ", only " + strings.Join(slices.Sorted(maps.Keys(e.Schema.Properties)), ", ")
		}
		v.Name = strings.TrimPrefix(v.Name+"/"+extra(e), "/")
	case "anyOf":
		v.Reason, v.Want, v.Detail = Type, alternatives(e.Schema), kind(e.Value)
		switch {
		case v.Want == trueOrFalse:
			v.Detail = shown(e.Value)
		case slices.Contains(strings.Split(v.Want, " or "), v.Detail[strings.LastIndex(v.Detail, " ")+1:]): // of a right type, and wrong within
			v.Reason, v.Detail = Other, e.Reason
		}
	default:
		v.Reason, v.Detail = Other, e.Reason
	}
	return v
}

// mostNamed is up to how many fields an error lists.
const mostNamed = 20

// trueOrFalse is what a boolean is wanted as where its text will do, too.
const trueOrFalse = "true or false"

// alternatives are the types of a choice of schemas, each once.
func alternatives(schema *openapi3.Schema) string {
	var types []string
	for _, ref := range schema.AnyOf {
		switch t := typeOf(ref.Value); {
		case t == "boolean":
			return trueOrFalse
		case !slices.Contains(types, t):
			types = append(types, t)
		}
	}
	return strings.Join(types, " or ")
}

// extra finds the field that additionalProperties: false refused: the first in alphabetical order.
func extra(e *openapi3.SchemaError) string {
	fields, _ := e.Value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if e.Schema.Properties[name] == nil {
			return name
		}
	}
	return ""
}

func firstRequired(body *openapi3.RequestBody) (string, *openapi3.Schema) {
	for _, mediaType := range slices.Sorted(maps.Keys(body.Content)) {
		ref := body.Content[mediaType].Schema
		if ref == nil || len(ref.Value.Required) == 0 {
			continue
		}
		name := ref.Value.Required[0]
		return name, property(body, name)
	}
	return "", nil
}

func property(body *openapi3.RequestBody, name string) *openapi3.Schema {
	for _, media := range body.Content {
		if media.Schema == nil {
			continue
		}
		if ref := media.Schema.Value.Properties[name]; ref != nil {
			return ref.Value
		}
	}
	return nil
}

func typeOf(schema *openapi3.Schema) string {
	if schema == nil || len(schema.Type.Slice()) == 0 {
		return "value"
	}
	return strings.Join(schema.Type.Slice(), " or ")
}

func list(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = "null"
		if v != nil {
			words[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(words, ", ")
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func length(v any) string { return fmt.Sprint(len([]rune(fmt.Sprint(v)))) }

func contentType(h http.Header) string {
	if value := h.Get("Content-Type"); value != "" {
		return value
	}
	return "no Content-Type"
}

// shown renders a value where the document allows only a few or only numbers and dates, so that it is no secret.
func shown(v any) string {
	const most = 40
	switch v := v.(type) {
	case string:
		if r := []rune(v); len(r) > most {
			v = string(r[:most]) + "…"
		}
		return strconv.Quote(v)
	case nil, map[string]any, []any:
		return kind(v)
	}
	return fmt.Sprint(v)
}

// kind names the JSON type of a value and nothing of its content.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	case json.Number, float64, int64, int32, int:
		return "a number"
	}
	return fmt.Sprintf("a %T", v)
}
