package journal

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
)

// The grammar of what is hidden: the value of a field whose name ends in one of these
// words. A body is cut at BodySize, so a value may also end where the text ends.
const (
	word   = `(?:password|secret|answers?|token|otp|pin|authorization|security_?responses)`
	end    = `(?:[^a-z=&]|%5[bd])*=` // "answer[]=", "answer.0=", but not "token_type="
	text   = `"(?:[^"\\]|\\.)*(?:"|\\?$)`
	items  = `(?:` + text + `|[^\[\]{}"])*`
	inner  = `[\[{]` + items + `(?:[\]}]|$)`
	list   = `[\[{](?:` + text + `|` + inner + `|[^\[\]{}"])*(?:[\]}]|$)`
	number = `-?\d[\d.eE+-]*`
)

var (
	jsonSecret = regexp.MustCompile(`(?i)("[\w-]*` + word + `"\s*:\s*)(?:` + text + `|` + list + `|` + number + `)`)
	formSecret = regexp.MustCompile(`(?i)((?:^|&)[^=&]*` + word + end + `)[^&]*`)
	// urlSecret is a secret in an address that other text surrounds.
	urlSecret = regexp.MustCompile(`(?i)((?:^|[?&\s]|\\u0026)[^\s=&?"]*` + word + end + `)[^&"'<>\s\\#]+`)
	// innerSecret is a secret in an address that is a value of a form.
	innerSecret = regexp.MustCompile(`(?i)((?:%3f|%26)[\w.-]*` + word + `%3d)[^&]*`)
)

const masked = "•••"

// Mask gives a copy of the entry that may be shown: values of secret fields are
// replaced, and whatever matches one of the patterns (keys, tokens, handles) keeps
// only its first characters.
func (e Entry) Mask(patterns ...*regexp.Regexp) Entry {
	prose := func(s string) string { return MaskText(s, patterns...) }
	e.Path, e.Why.Detail = prose(plain(e.Path, url.PathUnescape)), prose(e.Why.Detail)
	e.Query = string(maskForm([]byte(plain(e.Query, unescapeQuery)), patterns))
	notes := make([]string, len(e.Notes))
	for i, n := range e.Notes {
		notes[i] = prose(n)
	}
	e.Notes = notes
	did := make([]Deed, len(e.Did))
	for i, d := range e.Did {
		d.Subject, d.Detail = prose(d.Subject), prose(d.Detail)
		did[i] = d
	}
	e.Did = did
	e.Connection = prose(e.Connection) // with some providers its id alone opens it
	e.Request.Data = maskBody(e.Request.Data, patterns)
	e.Response.Data = maskBody(e.Response.Data, patterns)
	return e
}

// MaskText hides the secrets in a sentence: an error, a line of the log.
func MaskText(text string, patterns ...*regexp.Regexp) string {
	return string(mask([]byte(text), patterns, urlSecret))
}

// plain undoes percent-encoding, behind which a secret would not be recognised. What
// cannot be decoded stays as it is.
func plain(s string, unescape func(string) (string, error)) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if out, err := unescape(s); err == nil {
		return out
	}
	return s
}

// unescapeQuery decodes each value and leaves what parts them.
func unescapeQuery(q string) (string, error) {
	parts := strings.Split(q, "&")
	for i, part := range parts {
		decoded, err := url.QueryUnescape(part)
		if err != nil {
			return "", err
		}
		parts[i] = decoded
	}
	return strings.Join(parts, "&"), nil
}

// maskBody tells JSON and pages from forms, which need no quotes around a value.
func maskBody(b []byte, patterns []*regexp.Regexp) []byte {
	if t := bytes.TrimSpace(b); len(t) > 0 && bytes.IndexByte([]byte(`{["<`), t[0]) >= 0 {
		return mask(jsonSecret.ReplaceAll(b, []byte(`${1}"`+masked+`"`)), patterns, urlSecret)
	}
	return maskForm(b, patterns)
}

// maskForm hides what a form names a secret, and what an address among its values does.
func maskForm(b []byte, patterns []*regexp.Regexp) []byte {
	b = innerSecret.ReplaceAll(mask(b, patterns, formSecret), []byte(`${1}`+masked))
	return mask(b, nil, urlSecret)
}

func mask(b []byte, patterns []*regexp.Regexp, secret *regexp.Regexp) []byte {
	if len(b) == 0 {
		return b
	}
	b = secret.ReplaceAll(b, []byte(`${1}`+masked))
	for _, p := range patterns {
		b = p.ReplaceAllFunc(b, func(m []byte) []byte {
			return append(bytes.Clone(m[:min(8, len(m)/2)]), masked...)
		})
	}
	return b
}
