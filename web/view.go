package web

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// view is what a template sees: the page, and what follows from the page and its voice alone.
type view struct {
	Page
	*voice
}

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
	return &view{p, speaks}
}

// Title is the heading of the page.
func (v *view) Title() string {
	switch {
	case v.Challenge():
		return v.T("mfa.*.title", v.ChallengeKind())
	case v.State == "bank" && len(v.Fields) > 0:
		return v.T("title.*", "credentials")
	case v.State == "bank":
		return v.T("title.*", "allow")
	case v.State == "institution_status":
		return v.T("status.*.title", v.Institution.Status)
	case v.State == "success" && v.Refreshes:
		return v.T("title.*", "refreshed")
	case v.State == "done" && v.Error != "":
		return v.T("title.*", "left")
	}
	return v.T("title.*", v.State)
}

// Heading is the document's title: the page's, behind the word for an error.
func (v *view) Heading(title string) string {
	if v.Error != "" {
		return v.T("page.error") + ": " + title
	}
	return title
}

// Alert says what went wrong.
func (v *view) Alert() string {
	switch {
	case len(v.Missing) > 0 && len(v.Options) > 0:
		return v.T("error.*", "pick_one")
	case len(v.Missing) > 0:
		return v.T("error.*", "missing")
	case v.Reason != "":
		return v.T("error.*", v.Reason)
	case v.State == "error" && !v.CanRetry:
		if said := v.T("ended.*", v.Error); said != v.Error {
			return said // what may be tried again elsewhere is over here
		}
	}
	return v.T("error.*", v.Error)
}

// Live is what the page says while it waits, or of what has just happened.
func (v *view) Live() string {
	switch {
	case v.State == "connecting":
		return v.T("phase.*", v.Phase)
	case v.Requested:
		return v.T("institutions.requested")
	case v.OnPhone():
		return v.T("mfa.waiting")
	case v.State == "oauth" && v.Busy():
		return v.T("oauth.waiting")
	}
	return ""
}

// BankName is the name on the bank's own page.
func (v *view) BankName() string {
	return cmp.Or(v.Institution.Name, v.T("bank.nameless"))
}

// Someone is the app, whatever it calls itself.
func (v *view) Someone() string {
	if v.App == "" {
		return v.T("consent.someone")
	}
	return v.App
}

// filled puts a literal into the place marked {} of a text, if it has one, in bold.
func filled(text, literal string) templ.Component {
	before, after, place := strings.Cut(text, "{}")
	if !place {
		return templ.Raw(templ.EscapeString(text))
	}
	return templ.Raw(templ.EscapeString(before) + "<strong>" + templ.EscapeString(literal) + "</strong>" + templ.EscapeString(after))
}

// later makes a text with a place for a literal one that the script fills.
func later(text string) string { return strings.Replace(text, "{}", "%", 1) }

// rank is the class of a button: the main one of its page or not.
func rank(main bool) string {
	if main {
		return "primary"
	}
	return "quiet"
}

// Asset is the address of a file of ours.
func (v *view) Asset(file string) string { return v.Base + "/_stunt/assets/" + file }

// Languages are the others that the page could be shown in.
func (v *view) Languages() []Language {
	others := make([]Language, 0, len(v.languages))
	for _, l := range v.languages {
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

// Found are the institutions that the query leaves.
func (v *view) Found() []Institution {
	query := fold(v.Query)
	found := make([]Institution, 0, len(v.Institutions))
	for _, i := range v.Institutions {
		if i.answers(query) {
			i.Status = cmp.Or(i.Status, "ok")
			found = append(found, i)
		}
	}
	return found
}

// shortestCode is how much of a code finds a bank: less finds half the list.
const shortestCode = 3

var ibanForm = regexp.MustCompile(`^[a-z]{2}\d\d[a-z0-9]{11,}$`)

// answers says whether a folded query asks for the institution: its name has it, a code of
// it begins with it, or it is an IBAN in which the code stands behind the check digits. The page's
// script has the same rule.
func (i Institution) answers(query string) bool {
	if strings.Contains(fold(i.Name), query) {
		return true
	}
	code := strings.NewReplacer(" ", "", "-", "", ".", "").Replace(query)
	return slices.ContainsFunc(strings.Fields(fold(i.Codes)), func(own string) bool {
		return len(code) >= shortestCode && strings.HasPrefix(own, code) || ibanForm.MatchString(code) && strings.HasPrefix(code[4:], own)
	})
}

// checkURL refuses an address that a browser would run in the page; apps register schemes
// of their own, so all others are allowed. It drops the characters that browsers drop
// before they look for the scheme.
func checkURL(raw string) error {
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, raw)
	scheme, _, _ := strings.Cut(clean, ":")
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript":
		return fmt.Errorf("refused link %q: use http, https or the app's own scheme", raw)
	}
	return nil
}

// input is a field ready to be written.
type input struct {
	ID, TestID, Label, Name, Type, Value, InputMode, Autocomplete string
	ReadOnly, Invalid, Optional                                   bool
	MinLength, MaxLength                                          int
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
	blamed := fieldProblems[v.Error] && len(v.Missing) == 0 && !slices.ContainsFunc(fields, func(f Field) bool { return f.Invalid })
	inputs := make([]input, len(fields))
	focused := false
	for n, f := range fields {
		in := input{
			ID: "field-" + strconv.Itoa(n), TestID: v.testID(f, n), Label: v.label(f), Name: f.Name, Type: cmp.Or(f.Type, "text"),
			Value: f.Value, InputMode: f.InputMode, Autocomplete: cmp.Or(f.Autocomplete, "off"),
			Optional: f.Optional, MinLength: f.MinLength, MaxLength: f.MaxLength,
			ReadOnly: f.ReadOnly, Invalid: f.Invalid || blamed && !f.ReadOnly,
		}
		asked := f.Name
		if v.Challenge() {
			in.Name, asked = "answer", strconv.Itoa(n+1)
			if n < len(v.Answers) {
				in.Value = v.Answers[n]
			}
		}
		in.Invalid = in.Invalid || slices.Contains(v.Missing, asked)
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
	if f.LabelKey != "" {
		return v.T("*", f.LabelKey)
	}
	return v.T("field.*", f.Name)
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

// InLanguage is the address of the page itself in another language.
func (v *view) InLanguage(code string) templ.SafeURL {
	return templ.SafeURL(v.Action + "?lang=" + url.QueryEscape(code))
}

// Running says in the ribbon what runs.
func (v *view) Running() string {
	r := v.Ribbon
	words := slices.DeleteFunc([]string{r.Provider, r.Sandbox, r.Scenario, r.Clock}, func(w string) bool { return w == "" })
	return strings.Join(words, " · ")
}
