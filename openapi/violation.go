package openapi

import "strings"

// Reason is the kind of a violation, for a provider that has its own code for each.
type Reason string

// The closed list of reasons. Want holds what the second column says.
const (
	Missing       Reason = "missing"        // the type to send: string
	Type          Reason = "type"           // integer, boolean, … also for null and for an empty number
	Enum          Reason = "enum"           // the allowed values: active, inactive
	Format        Reason = "format"         // date, date-time, …
	Minimum       Reason = "minimum"        // the least number
	Maximum       Reason = "maximum"        // the greatest number
	MinLength     Reason = "min_length"     // characters
	MaxLength     Reason = "max_length"     // characters
	Pattern       Reason = "pattern"        // the regular expression
	Malformed     Reason = "malformed"      // the media type that the body claims to be
	ContentType   Reason = "content_type"   // the accepted media types
	UnknownStatus Reason = "unknown_status" // the documented statuses
	Other         Reason = "other"          // empty; Detail tells
)

// Violation is one way in which a call departs from its document. The first one found is reported.
type Violation struct {
	In     string // path, query, header, body or response
	Name   string // parameter or header, or JSON pointer without its leading slash (accounts/0/id); "" for the whole body
	Reason Reason
	Want   string // what the document asks for, see Reason
	Detail string // what was found, never a value that may be a secret
}

// Error is one sentence that names the place and the fix.
func (v *Violation) Error() string {
	return v.subject() + " " + v.predicate()
}

func (v *Violation) subject() string {
	switch {
	case v.In == "response" && v.Name == "":
		return "the response"
	case v.In == "response":
		return `response field "` + v.Name + `"`
	case v.In == "body" && v.Name == "":
		return "the body"
	case v.In == "body":
		return `body field "` + v.Name + `"`
	case v.In == "header":
		return `header "` + v.Name + `"`
	}
	return v.In + ` parameter "` + v.Name + `"`
}

func (v *Violation) predicate() string {
	got := ""
	if v.Detail != "" {
		got = ", got " + v.Detail
	}
	switch v.Reason {
	case Missing:
		return "is missing: send " + article(v.Want)
	case Type:
		return "must be " + article(v.Want) + got
	case Enum:
		return "must be one of " + v.Want + got
	case Format:
		return "must have the format " + v.Want + got
	case Minimum:
		return "must be at least " + v.Want + got
	case Maximum:
		return "must be at most " + v.Want + got
	case MinLength:
		return "must have at least " + v.Want + " characters" + got
	case MaxLength:
		return "must have at most " + v.Want + " characters" + got
	case Pattern:
		return "must match " + v.Want
	case Malformed:
		return "is not valid " + v.Want + ": " + v.Detail
	case ContentType:
		return "has a media type that is not documented: send " + v.Want + got
	case UnknownStatus:
		return "has a status that is not documented: answer one of " + v.Want + got
	}
	return "breaks the document: " + v.Detail
}

func article(noun string) string {
	switch noun {
	case "":
		return "a value"
	case trueOrFalse:
		return noun
	}
	if strings.Contains("aeio", noun[:1]) {
		return "an " + noun
	}
	return "a " + noun
}
