package flinks

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// read decodes a body, whatever its media type says; names of fields in any case. An
// empty one is an empty object.
func read(c *engine.Call, into any) error {
	if len(bytes.TrimSpace(c.Body)) == 0 {
		return nil
	}
	return c.Decode(into)
}

// flag is a boolean as clients send it: true, "true", "FALSE"; unset when absent or null.
type flag struct{ set, on bool }

// or is the flag's value, or another one where it was not sent.
func (f flag) or(otherwise bool) bool {
	if f.set {
		return f.on
	}
	return otherwise
}

// UnmarshalJSON reads a boolean, or the text of one.
func (f *flag) UnmarshalJSON(b []byte) error {
	text := strings.ToLower(strings.Trim(string(b), `"`))
	switch text {
	case "null", "":
		return nil
	case "true", "false":
		f.set, f.on = true, text == "true"
		return nil
	}
	return problem.Invalid("", problem.WrongType, "%.40s is no boolean: send true or false", b)
}

// word is a text, for which some clients send a number.
type word string

// UnmarshalJSON reads a text or a number; null is no text.
func (w *word) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*w = word(strings.TrimSpace(s))
		return err
	}
	if string(b) == "null" {
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return problem.Invalid("", problem.WrongType, "%.40s is no text: send it in quotes", b)
	}
	*w = word(n)
	return nil
}

// words is a list of texts; a bare text is a list of one.
type words []string

// UnmarshalJSON reads a list or a text.
func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		var list []word
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		*w = make(words, len(list))
		for i, item := range list {
			(*w)[i] = string(item)
		}
		return nil
	}
	var one word
	if err := one.UnmarshalJSON(b); err != nil {
		return err
	}
	if string(b) != "null" {
		*w = words{string(one)}
	}
	return nil
}
