package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// options keep kin-openapi from adding defaults to a request that was not ours to change.
var options = openapi3filter.Options{SkipSettingDefaults: true}

// A page is a text.
func init() { openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder) }

// CheckRequest compares a request with the document: parameters, media type and body. The URL of r is the provider's
// own (prefixes stripped); path holds the values of the {param} segments; body is the whole body, already read, and
// r.Body is neither read nor replaced. Unknown parameters and fields pass unless the document forbids them, a body
// passes where the document has none, and authentication is not looked at. The error is a *Violation or nil.
func (o *Operation) CheckRequest(r *http.Request, path map[string]string, body []byte) error {
	input := openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: &o.call, Options: &options}
	if o.call.Operation.RequestBody != nil {
		input.Request = withBody(r, body)
	}
	if err := openapi3filter.ValidateRequest(context.Background(), &input); err != nil {
		return requestViolation(err)
	}
	return nil
}

func withBody(r *http.Request, body []byte) *http.Request {
	r = r.WithContext(context.Background()) // a shallow copy, because kin-openapi puts another reader into Body
	r.Body, r.GetBody, r.ContentLength = http.NoBody, nil, int64(len(body))
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r
}

// CheckResponse compares an answer with the document: status, headers, media type and body. A status that the
// document does not list is a violation, and so is a body where it lists none. The error is a *Violation or nil.
func (o *Operation) CheckResponse(r *http.Request, path map[string]string, status int, h http.Header, body []byte) error {
	documented := o.response(status)
	if documented == nil {
		return &Violation{
			In: "response", Reason: UnknownStatus,
			Want: strings.Join(o.Statuses(), ", "), Detail: fmt.Sprint(status),
		}
	}
	if len(documented.Content) == 0 && len(body) > 0 {
		return &Violation{In: "response", Reason: Other, Detail: fmt.Sprintf("status %d has no body, got %d bytes", status, len(body))}
	}
	input := openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: &o.call},
		Status:                 status,
		Header:                 h,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), &input); err != nil {
		return responseViolation(err, documented, h)
	}
	return nil
}

// CheckJSON compares a message that is not an HTTP answer (a webhook body, what a widget posts to its opener) with
// a named schema of the document's components. The error is a *Violation, nil, or one that names an unknown schema.
func (s *Spec) CheckJSON(schema string, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return &Violation{In: "body", Reason: Malformed, Want: "application/json", Detail: err.Error()}
	}
	return s.visit(schema, "body", value)
}

// CheckQuery compares the query of a redirect or of a scheme URL with a named schema of the document's components.
// Every value is a string; only the first of a repeated parameter counts. Errors are those of CheckJSON.
func (s *Spec) CheckQuery(schema string, query url.Values) error {
	value := make(map[string]any, len(query))
	for name := range query {
		value[name] = query.Get(name)
	}
	return s.visit(schema, "query", value)
}

func (s *Spec) visit(schema, in string, value any) error {
	var ref *openapi3.SchemaRef
	if s.doc.Components != nil {
		ref = s.doc.Components.Schemas[schema]
	}
	if ref == nil {
		return fmt.Errorf("openapi/%s.yaml has no schema %q: add it under components.schemas", s.Name, schema)
	}
	if err := ref.Value.VisitJSON(value); err != nil {
		return schemaViolation(in, err)
	}
	return nil
}
