package engine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Media types of forms.
const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
)

// mostMultipart is how many bytes a multipart form may have: a page's script sends one, and
// no page asks for a file.
const mostMultipart = 256 << 10

// Field gives a text of the body's top level, JSON or form, the first of a list; empty
// when it is absent or no text. Where the provider does not care for case, nor does it.
func (c *Call) Field(name string) string {
	if c.fields == nil {
		c.fields = c.decodeFields()
	}
	v, ok := c.fields[name]
	if !ok && c.m.man.FoldCase {
		for key := range c.fields {
			if strings.EqualFold(key, name) {
				v = c.fields[key]
			}
		}
	}
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	text, _ := v.(string)
	return text
}

// mentions is false only where the body cannot have a field of this name: most bodies have
// none of those that are looked for, and need not be decoded to see it.
func (c *Call) mentions(name string) bool {
	return bytes.Contains(c.Body, []byte(name)) || len(c.Body) > 0 && (c.m.man.FoldCase || c.form() || bytes.IndexByte(c.Body, '\\') >= 0)
}

func (c *Call) decodeFields() map[string]any {
	fields := map[string]any{}
	if len(c.Body) == 0 {
		return fields
	}
	if c.form() {
		for k, v := range c.Form() {
			fields[k] = v[0]
		}
		return fields
	}
	_ = json.Unmarshal(c.Body, &fields) // a malformed body is the request check's to refuse
	return fields
}

// Form gives the body as form values, of a multipart form those that are no files.
func (c *Call) Form() url.Values {
	if !c.multipart() {
		form, _ := url.ParseQuery(string(c.Body))
		return form
	}
	_, params, _ := mime.ParseMediaType(c.Header("Content-Type"))
	form, err := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"]).ReadForm(mostMultipart)
	if err != nil {
		c.Note("the multipart form cannot be read: %v", err)
		return url.Values{}
	}
	return form.Value
}

func (c *Call) multipart() bool { return mediaType(c.Header("Content-Type")) == multipartType }

// mediaType is a media type without its parameters.
func mediaType(header string) string {
	kind, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// Decode reads the body into v, a pointer to a struct: JSON, or a form whose values are
// texts. Unknown fields are ignored, as providers do.
func (c *Call) Decode(v any) error {
	body := c.Body
	if c.form() {
		texts := map[string]string{}
		for k, values := range c.Form() {
			texts[k] = values[0]
		}
		body, _ = json.Marshal(texts) // texts always encode
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return problem.Invalid("", problem.Malformed, "the body is empty: send a JSON object")
	}
	err := json.Unmarshal(body, v)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return problem.Invalid(kind.Field, problem.WrongType, "%s cannot be a %s", cmp.Or(kind.Field, "the body"), kind.Value)
	case json.Valid(body):
		return problem.Invalid("", problem.Format, "a value of the body cannot be read: %v", err)
	}
	return problem.Invalid("", problem.Malformed, "the body is no valid JSON: %v", err)
}

// form says whether the body is a form. What begins like JSON is JSON, whatever its
// Content-Type says, because many clients name the wrong one; of the rest, what does not say
// that it is JSON is a form. The control API takes JSON alone, and its document asks for the
// media type: no form of another website may pass.
func (c *Call) form() bool {
	text := bytes.TrimLeft(c.Body, " \t\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' || c.m.isEngine {
		return false
	}
	kind := mediaType(c.Header("Content-Type"))
	return kind != "application/json" && !strings.HasSuffix(kind, "+json")
}

// sentAs is the Content-Type by which the document is asked about the body: what the body is.
func (c *Call) sentAs(accepts []string) string {
	sent := c.Header("Content-Type")
	kind := mediaType(sent)
	for _, a := range accepts {
		if kind == a && kind != formType { // a JSON object in a form that the document takes, too, is JSON
			return sent
		}
	}
	switch {
	case c.m.isEngine, len(c.Body) == 0, c.multipart():
		return sent
	case c.form():
		return formType
	}
	return "application/json"
}
