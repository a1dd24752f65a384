package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Texts that Go asks for instead of a template.
const (
	fieldKey     = "field.*"
	literalKey   = "*"
	languageName = "language.name"
)

// view is what a template sees: the page, and what follows from the page and
// its voice alone. It is the page itself, because looking up the fields of an
// embedded struct is much slower for templates.
type view Page

// fieldProblems are the problems that the fields themselves can be blamed for.
var fieldProblems = map[string]bool{
	"login_invalid": true, "challenge_invalid": true, "challenge_expired": true, "invalid_request": true,
}

func newView(p Page, speaks *voice) *view {
	if p.Institution == nil {
		p.Institution = &Institution{}
	}
	if p.OpenURL == "" {
		p.OpenURL = p.Action + "/bank"
	}
	p.voice = speaks
	return (*view)(&p)
}

// T returns a text by key; see texts.find for families.
func (v *view) T(key string, value ...string) (string, error) {
	return v.voice.texts.find(key, value...)
}

// Fill puts a literal into the place marked {} of a text, if it has one, in bold.
func (v *view) Fill(text, literal string) template.HTML {
	e := template.HTMLEscapeString
	before, after, place := strings.Cut(text, "{}")
	if !place {
		return template.HTML(e(text))
	}
	return template.HTML(e(before) + "<strong>" + e(literal) + "</strong>" + e(after))
}

// Later makes a text with a place for a literal one that the script fills.
func (v *view) Later(text string) string { return strings.Replace(text, "{}", "%", 1) }

// Languages are the others that the page could be shown in.
func (v *view) Languages() []Language {
	others := make([]Language, 0, len(v.voice.languages))
	for _, l := range v.voice.languages {
		if l.Code != v.Lang {
			others = append(others, l)
		}
	}
	return others
}

// Challenge tells whether the bank asks the user for a further proof.
func (v *view) Challenge() bool {
	return strings.HasPrefix(v.State, "mfa_") || v.State == "captcha"
}

// ChallengeKind is the kind that chooses the challenge's words.
func (v *view) ChallengeKind() string {
	if v.Kind != "" {
		return v.Kind
	}
	return strings.TrimPrefix(v.State, "mfa_")
}

// Busy tells whether the page waits for something that is not the form.
func (v *view) Busy() bool { return v.State == "connecting" || v.Refresh > 0 }

// OnPhone tells whether the user is to approve on another device, which the
// simulator offers beside the page.
func (v *view) OnPhone() bool {
	return v.State == "mfa_push" || v.State == "mfa_qr" && v.Refresh > 0
}

// Multiple tells whether several options may be chosen.
func (v *view) Multiple() bool {
	if v.State == "accounts" || v.State == "bank" {
		return !v.Single
	}
	return v.Kind == "multi_choice"
}

// Count is the number of connected accounts.
func (v *view) Count() string { return strconv.Itoa(v.AccountCount) }

// Mark is the generated letter mark of a name.
func (v *view) Mark(name string) mark { return markOf(name) }

// Shape is the number of the picture drawn for an image option.
func (v *view) Shape(id string) int { return pick(id, shapes) }

// Code draws the square code of a QR or photoTAN challenge as an SVG path.
func (v *view) Code() string { return codePath(v.Prompt) }

// tile is an institution ready to be written.
type tile struct {
	ID, Name, Status, Letters string
	Colour                    int
}

// Tiles are the institutions that the query leaves.
func (v *view) Tiles() []tile {
	query := fold(v.Query)
	tiles := make([]tile, 0, len(v.Institutions))
	for _, i := range v.Institutions {
		if query == "" || strings.Contains(fold(i.Name), query) {
			m := markOf(i.Name)
			tiles = append(tiles, tile{i.ID, i.Name, cmp.Or(i.Status, "ok"), m.Letters, m.Colour})
		}
	}
	return tiles
}

// Done is the way back to the app. Apps register schemes of their own, so all
// are allowed but those that run in the page.
func (v *view) Done() (template.URL, error) { return safeURL(v.DoneURL) }

// safeURL refuses what a browser would run in the page. It drops the
// characters that browsers drop before they look for the scheme.
func safeURL(raw string) (template.URL, error) {
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, raw)
	scheme, _, _ := strings.Cut(clean, ":")
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript":
		return "", fmt.Errorf("refused link %q: use http, https or the app's own scheme", raw)
	}
	return template.URL(clean), nil
}

// input is a field ready to be written.
type input struct {
	ID, TestID, Label, Name, Type, Value, InputMode, Autocomplete string
	ReadOnly, Invalid                                             bool
	Focus                                                         bool // the first wrong field
}

// answerFields are the inputs of a challenge that brings no fields of its own.
var answerFields = map[string]Field{
	"mfa_code":     {LabelKey: "field.otp", InputMode: "numeric", Autocomplete: "one-time-code"},
	"mfa_device":   {LabelKey: "field.device_code", InputMode: "numeric", Autocomplete: "one-time-code"},
	"mfa_qr":       {LabelKey: "field.tan", InputMode: "numeric", Autocomplete: "one-time-code"},
	"mfa_question": {LabelKey: "field.answer"},
	"captcha":      {LabelKey: "field.captcha"},
}

// Inputs are the fields of the page: its own, the coordinate card's cells, or
// the one that the challenge implies.
func (v *view) Inputs() []input {
	fields := v.Fields
	if implied, ok := answerFields[v.State]; ok && len(fields) == 0 {
		if v.State == "mfa_question" && v.Prompt != "" {
			implied.LabelKey = v.Prompt
		}
		fields = []Field{implied}
	}
	if v.State == "mfa_card" && len(fields) == 0 {
		for _, cell := range v.Cells {
			fields = append(fields, Field{LabelKey: cell, InputMode: "numeric"})
		}
	}
	blamed := fieldProblems[v.Error] && !slices.ContainsFunc(fields, func(f Field) bool { return f.Invalid })
	inputs := make([]input, len(fields))
	focused := false
	for n, f := range fields {
		in := input{
			ID: "field-" + strconv.Itoa(n), TestID: v.testID(f, n), Label: v.label(f), Name: f.Name, Type: cmp.Or(f.Type, "text"),
			Value: f.Value, InputMode: f.InputMode, Autocomplete: cmp.Or(f.Autocomplete, "off"),
			ReadOnly: f.ReadOnly, Invalid: f.Invalid || blamed && !f.ReadOnly,
		}
		if v.Challenge() {
			in.Name = "answer"
		}
		if in.Type == "password" {
			in.Value = ""
		}
		in.Focus = in.Invalid && !focused
		focused = focused || in.Focus
		inputs[n] = in
	}
	return inputs
}

// label prefers the field's own key or literal, then the text of its name.
func (v *view) label(f Field) string {
	key, value := fieldKey, f.Name
	if f.LabelKey != "" {
		key, value = literalKey, f.LabelKey
	}
	s, _ := v.voice.texts.find(key, value) // a family never fails
	return s
}

// testID names a field as the testing contract promises: credentials by their
// name, cells by their position, an answer by its kind and, after the first,
// its number.
func (v *view) testID(f Field, n int) string {
	switch {
	case v.State == "mfa_card" && n < len(v.Cells):
		return "field-card-" + v.Cells[n]
	case !v.Challenge():
		return "field-" + f.Name
	}
	id := "field-answer"
	if answerFields[v.State].Autocomplete == "one-time-code" {
		id = "field-otp"
	}
	if n > 0 {
		id += "-" + strconv.Itoa(n+1)
	}
	return id
}

// LanguageURL is the page's own address in another language.
func (v *view) LanguageURL(code string) string {
	return v.Action + "?lang=" + url.QueryEscape(code)
}

// Running says in the ribbon what runs.
func (v *view) Running() string {
	r := v.Ribbon
	words := slices.DeleteFunc([]string{r.Provider, r.Sandbox, r.Scenario, r.Clock}, func(w string) bool { return w == "" })
	return strings.Join(words, " · ")
}
