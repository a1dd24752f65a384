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

	titleKey     = "title.*"
	challengeKey = "mfa.*.title"
	statusKey    = "status.*.title"
	phaseKey     = "phase.*"
	requestedKey = "institutions.requested"
	phoneKey     = "mfa.waiting"
	oauthKey     = "oauth.waiting"
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

// Title is the heading of the page.
func (v *view) Title() (string, error) {
	switch {
	case v.Challenge():
		return v.T(challengeKey, v.ChallengeKind())
	case v.State == "institution_status":
		return v.T(statusKey, v.Institution.Status)
	case v.State == "success" && v.Refreshes:
		return v.T(titleKey, "refreshed")
	}
	return v.T(titleKey, v.State)
}

// Live is what the page says while it waits, or of what has just happened.
func (v *view) Live() (string, error) {
	switch {
	case v.State == "connecting":
		return v.T(phaseKey, v.Phase)
	case v.Requested:
		return v.T(requestedKey)
	case v.OnPhone():
		return v.T(phoneKey)
	case v.State == "oauth" && v.Busy():
		return v.T(oauthKey)
	}
	return "", nil
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

// attributes writes pairs of names and values; a page has many, and one call is much
// faster for a template than one for each.
func attributes(pairs ...string) template.HTMLAttr {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte(' ')
		b.WriteString(pairs[i])
		b.WriteString(`="`)
		template.HTMLEscape(&b, []byte(pairs[i+1]))
		b.WriteByte('"')
	}
	return template.HTMLAttr(b.String())
}

// Data is the state of the page for tests and for the script.
func (v *view) Data() template.HTMLAttr {
	pairs := []string{
		"data-state", v.State, "data-rev", strconv.Itoa(v.Rev), "data-error", v.Error, "data-phase", v.Phase,
		"aria-busy", strconv.FormatBool(v.Busy()),
	}
	if v.Refresh > 0 {
		pairs = append(pairs, "data-refresh", strconv.Itoa(v.Refresh))
	}
	return attributes(pairs...)
}

// Data is what runs, for tests.
func (r Ribbon) Data() template.HTMLAttr {
	return attributes("data-provider", r.Provider, "data-sandbox", r.Sandbox, "data-scenario", r.Scenario,
		"data-session", r.Session, "data-seed", r.Seed, "data-clock", r.Clock)
}

// Data is what an input is.
func (in input) Data() template.HTMLAttr {
	pairs := []string{
		"id", in.ID, "data-testid", in.TestID, "type", in.Type, "name", in.Name, "value", in.Value, "autocomplete", in.Autocomplete,
	}
	if in.InputMode != "" {
		pairs = append(pairs, "inputmode", in.InputMode)
	}
	return attributes(pairs...)
}

// Asset is an attribute that names a file of ours; skin.css is the one of the page's skin.
func (v *view) Asset(attr, file string) template.HTMLAttr {
	if file == "skin.css" {
		file = "skins/" + v.Skin + "/" + file
	}
	return attributes(attr, v.Base+"/_stunt/assets/"+file)
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
func (v *view) Count() string {
	if v.Refreshes {
		return "refreshed"
	}
	return strconv.Itoa(v.AccountCount)
}

// Loss is what the user who leaves loses.
func (v *view) Loss() string {
	if v.Refreshes {
		return "refresh"
	}
	return "connection"
}

// Mark is the generated letter mark of a name.
func (v *view) Mark(name string) mark { return markOf(name) }

// Shape is the number of the picture drawn for an image option.
func (v *view) Shape(id string) int { return pick(id, shapes) }

// Code draws the square code of a QR or photoTAN challenge as an SVG path.
func (v *view) Code() string { return codePath(v.Prompt) }

// Tiles are the institutions that the query leaves, written out.
func (v *view) Tiles() ([]template.HTML, error) {
	query := fold(v.Query)
	tiles := make([]template.HTML, 0, len(v.Institutions))
	for _, i := range v.Institutions {
		if query == "" || strings.Contains(fold(i.Name), query) {
			tile, err := v.voice.tile(i)
			if err != nil {
				return nil, err
			}
			tiles = append(tiles, tile)
		}
	}
	return tiles, nil
}

// Terms are the app's own, empty if it has none.
func (v *view) Terms() (template.URL, error) { return safeURL(v.TermsURL) }

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

// LanguageData is a link to the page itself in another language.
func (v *view) LanguageData(code string) template.HTMLAttr {
	return attributes("href", v.Action+"?lang="+url.QueryEscape(code), "lang", code, "hreflang", code, "data-testid", "language-"+code)
}

// Running says in the ribbon what runs.
func (v *view) Running() string {
	r := v.Ribbon
	words := slices.DeleteFunc([]string{r.Provider, r.Sandbox, r.Scenario, r.Clock}, func(w string) bool { return w == "" })
	return strings.Join(words, " · ")
}
