package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// CheckRedirect compares the query of an address that a hosted page leads to with the schemas that the document names
// for it under x-stuntbank.redirects. The error says of each why it does not fit.
func (s *Spec) CheckRedirect(query url.Values) error {
	return s.oneOf("redirects", s.Redirects, func(schema string) error { return s.CheckQuery(schema, query) })
}

// CheckMessage does the same for what a hosted page posts to the app around it, named under x-stuntbank.messages.
func (s *Spec) CheckMessage(body []byte) error {
	return s.oneOf("messages", s.Messages, func(schema string) error { return s.CheckJSON(schema, body) })
}

func (s *Spec) oneOf(list string, schemas []string, check func(string) error) error {
	if len(schemas) == 0 {
		return fmt.Errorf("openapi/%s.yaml names no schema for it: add x-stuntbank.%s, a list of names under components.schemas", s.Name, list)
	}
	whys := make([]string, 0, len(schemas))
	for _, schema := range schemas {
		err := check(schema)
		if err == nil {
			return nil
		}
		whys = append(whys, schema+": "+err.Error())
	}
	return errors.New("fits none of x-stuntbank." + list + ": " + strings.Join(whys, "; "))
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
