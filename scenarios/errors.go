package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing wrong with a scenario file, and where. Line and Column count
// from 1. Suggestion is the nearest known name, or empty.
type Error struct {
	File         string
	Line, Column int
	Code         string // SB1xx: an error, SB2xx: a warning; see Help
	Found        string
	Expected     string
	Suggestion   string
}

// Warning reports whether the scenario works all the same.
func (e *Error) Warning() bool { return strings.HasPrefix(e.Code, "SB2") }

// Error is one line that an editor can jump to.
func (e *Error) Error() string {
	line := fmt.Sprintf("%s:%d:%d: %s: found %s, expected %s", e.File, e.Line, e.Column, e.Code, e.Found, e.Expected)
	if e.Suggestion != "" {
		line += fmt.Sprintf("; did you mean %q?", e.Suggestion)
	}
	return line
}

// ErrorList is everything wrong with one file or one folder, in reading order.
type ErrorList []*Error

// Error has one line for each error.
func (l ErrorList) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each error.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// err returns the list in reading order, or a nil error when it is empty.
func (l ErrorList) err() error {
	if len(l) == 0 {
		return nil
	}
	l.sort()
	return l
}

func (l ErrorList) sort() {
	slices.SortStableFunc(l, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// The codes are part of the language: once published, a code keeps its meaning.
const (
	codeSyntax      = "SB100"
	codeUnknownKey  = "SB101"
	codeTwice       = "SB102"
	codeComing      = "SB103"
	codeMissing     = "SB104"
	codeShape       = "SB105"
	codeValue       = "SB106"
	codeUnquoted    = "SB107"
	codeOperation   = "SB110"
	codeProblem     = "SB111"
	codeChallenge   = "SB112"
	codeToken       = "SB113"
	codeInstitution = "SB114"
	codeProvider    = "SB115"
	codeOption      = "SB116"
	codeAccount     = "SB117"
	codeLacking     = "SB118"
	codeNameTaken   = "SB119"
	codeClash       = "SB120"
	codeEvent       = "SB121"
	codeAnchor      = "SB122"
	codePersona     = "SB123"
	codeUse         = "SB124"
	codeData        = "SB125"
	codeTable       = "SB126"
	codeRecord      = "SB127"

	codeShadowed    = "SB201"
	codeUnreachable = "SB202"
	codeLockedOut   = "SB203"
	codeNowhere     = "SB204"
)

var help = map[string]string{
	codeSyntax:      "the file is not one plain YAML document; anchors, aliases and tags are not part of the language",
	codeUnknownKey:  "this block has no such key; keys are never ignored",
	codeTwice:       "the same thing is said twice; keep one",
	codeComing:      "the language has this, but this version does not know it yet",
	codeMissing:     "a key that the block cannot do without is absent",
	codeShape:       "a block, a list or a single value stands where another is meant, or it is empty",
	codeValue:       "the value cannot be read; the message shows the form",
	codeUnquoted:    "an identifier without quotes that YAML reads as a number, a date or a truth value; quote it",
	codeOperation:   "no operation has this name; use a canonical one or <provider>.<operationId>",
	codeProblem:     "no canonical problem has this name",
	codeChallenge:   "no challenge kind has this name; `default` is what the provider's sandbox asks",
	codeToken:       "no token class has this name",
	codeInstitution: "no provider has this institution; give it a name under institutions to add it",
	codeProvider:    "no provider has this name, or providers does not list it",
	codeOption:      "the provider has no such option; `stuntbank providers` lists them",
	codeAccount:     "not a canonical account key",
	codeLacking:     "a provider that is named does not have a thing that is used",
	codeNameTaken:   "two files give their scenario the same name",
	codeClash:       "two things exclude each other; keep one, or say `override: true` where `use` brings the second",
	codeEvent:       "no canonical event has this name",
	codeAnchor:      "nothing that happens has this name; write an anchor and how long after it: connected + 30d",
	codePersona:     "no ready-made persona has this name, and no file with `persona:` at its top",
	codeUse:         "`use` names other scenarios, none twice and none that leads back here",
	codeData:        "the country's banks cannot have this; amounts have the places of the account's currency",
	codeTable:       "the file of rows is not there, cannot be read or is too large; it lies beside the file that names it",
	codeRecord:      "the provider keeps no such records; its guide names those that it does",
	codeShadowed:    "an earlier rule meets every call that this one would meet, so that it never acts",
	codeUnreachable: "what this waits for cannot happen in this scenario",
	codeLockedOut:   "the provider locks the user before the list of attempts gets that far",
	codeNowhere:     "no provider at hand has everything that the scenario names",
}

// Help returns one line on what a code means and how to mend it, or "" for an unknown code.
func Help(code string) string { return help[code] }
