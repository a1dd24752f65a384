// Package problem holds the canonical errors of the engine.
//
// A handler returns a *problem.Error; the provider that owns the request turns it
// into its own words (Provider.RenderProblem). Nothing below the edge knows an HTTP
// status or a provider's error code:
//
//	handler ──> *problem.Error{Code, Param, Reason} ──> provider ──> status + body
package problem

import (
	"errors"
	"fmt"
	"time"
)

// Code is the canonical name of what went wrong. Scenarios use the same names.
type Code string

// The canonical problems.
const (
	InvalidRequest         Code = "invalid_request"
	Unauthorized           Code = "unauthorized"
	Forbidden              Code = "forbidden"
	InsufficientScope      Code = "insufficient_scope"
	NotFound               Code = "not_found"
	Conflict               Code = "conflict"
	InvalidGrant           Code = "invalid_grant"
	ExpiredGrant           Code = "expired_grant"
	ReusedGrant            Code = "reused_grant"
	LoginInvalid           Code = "login_invalid"
	LoginLocked            Code = "login_locked"
	LoginRequired          Code = "login_required"
	ConsentRequired        Code = "consent_required"
	ConsentExpired         Code = "consent_expired"
	ChallengeRequired      Code = "challenge_required"
	ChallengeInvalid       Code = "challenge_invalid"
	ChallengeExpired       Code = "challenge_expired"
	SessionExpired         Code = "session_expired"
	UserCancelled          Code = "user_cancelled"
	PermissionMissing      Code = "permission_missing"
	NoAccounts             Code = "no_accounts"          // the bank shows none
	NoEligibleAccounts     Code = "no_eligible_accounts" // none of those that it shows may be chosen
	InstitutionUnavailable Code = "institution_unavailable"
	InstitutionDisabled    Code = "institution_disabled"
	ActionRequired         Code = "action_required"
	Pending                Code = "pending"
	InProgress             Code = "in_progress"
	RateLimited            Code = "rate_limited"
	Maintenance            Code = "maintenance"
	Timeout                Code = "timeout"
	Internal               Code = "internal"
)

// Codes lists every canonical problem in the order of the vocabulary.
func Codes() []Code {
	return []Code{
		InvalidRequest, Unauthorized, Forbidden, InsufficientScope, NotFound, Conflict,
		InvalidGrant, ExpiredGrant, ReusedGrant, LoginInvalid, LoginLocked, LoginRequired,
		ConsentRequired, ConsentExpired, ChallengeRequired, ChallengeInvalid, ChallengeExpired,
		SessionExpired, UserCancelled, PermissionMissing, NoAccounts, NoEligibleAccounts,
		InstitutionUnavailable, InstitutionDisabled, ActionRequired, Pending, InProgress, RateLimited, Maintenance,
		Timeout, Internal,
	}
}

// Reason says more precisely what is wrong with a request; a provider maps it to
// its own code. Empty means that the code alone says it all.
type Reason string

// Reasons. Those of a value are what a contract check can find; the others name
// the situations for which providers have words of their own.
const (
	Missing     Reason = "missing"      // a required value is absent
	WrongType   Reason = "type"         // another JSON type, or text that is no number
	NotAllowed  Reason = "enum"         // not one of the allowed values
	Format      Reason = "format"       // a date, id or number of the wrong shape
	TooSmall    Reason = "minimum"      // below the allowed range
	TooLarge    Reason = "maximum"      // above the allowed range
	TooShort    Reason = "min_length"   // text or list too short
	TooLong     Reason = "max_length"   // text or list too long
	Malformed   Reason = "malformed"    // the body cannot be decoded
	ContentType Reason = "content_type" // the body is of a kind that is not read here
	BodySize    Reason = "body_size"    // the body exceeds the limit
	Route       Reason = "route"        // no such path
	Method      Reason = "method"       // the path exists, the method does not
	Declined    Reason = "declined"     // in the document, but not imitated
	WrongMode   Reason = "mode"         // a live credential, or one of another kind
	WrongKind   Reason = "kind"         // an id or key of another kind of object
	Foreign     Reason = "foreign"      // belongs to another sandbox
	Spent       Reason = "spent"        // used before
	Paused      Reason = "paused"       // the connection is switched off
	Cooldown    Reason = "cooldown"     // too soon after the last one
	KeyReused   Reason = "key_reused"   // an idempotency key came with another request
	KeyPending  Reason = "key_pending"  // the first call with an idempotency key was cut off
)

// Error is the only error type that a provider's handler returns on purpose; any
// other error is a fault of ours and becomes Internal.
type Error struct {
	Code       Code
	Reason     Reason
	Param      string        // the field or parameter at fault
	Subject    string        // the kind of object that was asked for, in the provider's words
	ID         string        // the id that was asked for, when it is no secret
	Detail     string        // one sentence for a person; it names the fix where there is one
	RetryAfter time.Duration // zero: not said
	Injected   bool          // a scenario asked for it
	Cause      error
}

// Error gives the sentence that goes to the journal and the logs.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Param != "" {
		s += " (" + e.Param + ")"
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, &problem.Error{Code: c}) compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Reason == "" || t.Reason == e.Reason)
}

// Words are how a provider says the canonical problems: a status, a code of its own, a text.
type Words[T any] map[Code]T

// Of gives the words for a code, and those for Internal where the provider has none.
func (w Words[T]) Of(code Code) T {
	if words, ok := w[code]; ok {
		return words
	}
	return w[Internal]
}

// Sentence is what an answer tells a person: what the scenario says that injected the
// problem, else text, else a sentence that is always true.
func (e *Error) Sentence(text string) string {
	switch {
	case e.Injected && e.Detail != "":
		return e.Detail
	case text != "":
		return text
	}
	return "The request could not be processed"
}

// New makes an error of this code with a formatted sentence.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Invalid makes an InvalidRequest about one parameter.
func Invalid(param string, reason Reason, format string, args ...any) *Error {
	return &Error{Code: InvalidRequest, Reason: reason, Param: param, Detail: fmt.Sprintf(format, args...)}
}

// Absent makes a NotFound for an object of a kind.
func Absent(subject, id string) *Error {
	return &Error{Code: NotFound, Subject: subject, ID: id, Detail: fmt.Sprintf("no such %s: %s", subject, id)}
}

// Is says whether err is a problem of this code. A failure of ours, of the store say, is none
// of a code, so whoever asks for NotFound never takes an outage for it.
func Is(err error, code Code) bool { return errors.Is(err, &Error{Code: code}) }

// Ours says whether err is a failure of the simulator itself: no problem at all, or an
// internal one that no scenario asked for.
func Ours(err error) bool {
	p := From(err)
	return p != nil && p.Code == Internal && !p.Injected
}

// From finds the *Error in err; any other error becomes Internal with err as cause.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Detail: "the simulator failed", Cause: err}
}
