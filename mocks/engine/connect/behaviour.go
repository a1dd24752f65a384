package connect

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Outcome is how the bank ends one attempt.
type Outcome string

// Outcomes. Accept lets a right answer pass and refuses a wrong one.
const (
	Accept            Outcome = "accept"
	Reject            Outcome = "reject"
	Lock              Outcome = "lock"
	Expire            Outcome = "expire"             // challenges only
	Cancel            Outcome = "cancel"             // challenges only: the user gives up
	Unavailable       Outcome = "unavailable"        // logins and approvals
	ActionRequired    Outcome = "action_required"    // logins only
	PermissionMissing Outcome = "permission_missing" // logins only
	Deny              Outcome = "deny"               // approvals only: the user refuses
)

// Outcomes lists those that a login and those that a challenge may have.
func Outcomes() (login, challenge []Outcome) {
	return []Outcome{Accept, Reject, Lock, Unavailable, ActionRequired, PermissionMissing},
		[]Outcome{Accept, Reject, Expire, Lock, Cancel}
}

// Approvals lists the outcomes that the bank's question for access may have.
func Approvals() []Outcome { return []Outcome{Accept, Deny, Unavailable} }

// Attempts is a list of outcomes; its last item repeats for ever, none means Accept.
type Attempts []Outcome

// At gives the outcome of the nth attempt, counted from 0.
func (a Attempts) At(n int) Outcome {
	if len(a) == 0 {
		return Accept
	}
	return a[min(n, len(a)-1)]
}

// Kind is a kind of challenge.
type Kind string

// Kinds of challenges.
const (
	Question        Kind = "question"
	Choice          Kind = "choice"
	MultiChoice     Kind = "multi_choice"
	Image           Kind = "image"
	OTPSMS          Kind = "otp_sms"
	OTPEmail        Kind = "otp_email"
	OTPCall         Kind = "otp_call"
	OTPApp          Kind = "otp_app"
	HardwareToken   Kind = "hardware_token"
	CoordinateCard  Kind = "coordinate_card"
	PhotoTAN        Kind = "photo_tan"
	ChipTAN         Kind = "chip_tan"
	QR              Kind = "qr"
	Push            Kind = "push"
	MethodSelection Kind = "method_selection"
	Captcha         Kind = "captcha"
	Redirect        Kind = "redirect"
)

// Kinds lists every kind of challenge.
func Kinds() []Kind {
	return []Kind{
		Question, Choice, MultiChoice, Image, OTPSMS, OTPEmail, OTPCall, OTPApp, HardwareToken,
		CoordinateCard, PhotoTAN, ChipTAN, QR, Push, MethodSelection, Captcha, Redirect,
	}
}

// Sent says whether a code travels to the user, so that it is found in the inbox.
func (k Kind) Sent() bool { return k == OTPSMS || k == OTPEmail || k == OTPCall }

// Decoupled says whether the user answers elsewhere, so that the page only waits.
func (k Kind) Decoupled() bool { return k == Push || k == QR || k == Redirect }

// Shown says whether the page itself shows what has to be typed.
func (k Kind) Shown() bool { return k == Captcha || k == PhotoTAN || k == ChipTAN || k == Image }

// Chosen says whether the answer is one or more of the options.
func (k Kind) Chosen() bool {
	return k == Choice || k == MultiChoice || k == Image || k == MethodSelection
}

// When says how something that takes time ends by itself.
type When string

// Values of When. The empty value means that a person decides (or that it is ready).
const (
	ByHand When = ""
	Now    When = "now"
	After  When = "after"
	Polls  When = "polls"
	Denied When = "denied"
	Never  When = "never"
	Fails  When = "fails"
)

// Approval is how a decoupled challenge ends: now, after a time, after n polls,
// denied, never, or by hand.
type Approval struct {
	When  When
	After time.Duration
	Polls int
}

// Readiness is when the data of a connection is there.
type Readiness struct {
	When    When // Now or empty, After, Polls, Fails
	After   time.Duration
	Polls   int
	Problem problem.Code // of Fails
}

// Challenge is one step of the second factor as this user's bank asks it.
type Challenge struct {
	Kind        Kind
	Prompt      string     // the question, the masked phone number … in the bank's words
	Options     []string   // of choices and methods
	Cells       []string   // of a coordinate card
	Answers     [][]string // right answers, each one value per field; a Code is right too
	Attempts    Attempts
	MaxTries    int           // wrong answers that end the session; 0: no limit
	Expires     time.Duration // 0: never
	ResendMax   int           // 0: no resend
	ResendAfter time.Duration
	Approve     Approval
	// Follow are the challenges that the options of a method selection lead to, one for
	// each: the one of the chosen option is put next. One without a kind asks nothing.
	Follow []Challenge
}

// asked are the challenges of a script as they are put to a user who has chosen these
// factors: behind each method selection the challenge of the chosen option. What has been
// put there once is not put there again.
func asked(script []Challenge, chosen []Factor) []Challenge {
	if len(chosen) == 0 {
		return script
	}
	out := slices.Clone(script)
	for _, f := range chosen {
		if f.At >= len(out) || f.Option >= len(out[f.At].Follow) {
			continue
		}
		next := out[f.At].Follow[f.Option]
		if out[f.At].Follow = nil; next.Kind != "" {
			out = slices.Insert(out, f.At+1, next)
		}
	}
	return out
}

// option is the index of the option that an answer names, by its text or by the kind of
// the challenge that it leads to; -1 for none.
func (c Challenge) option(answer string) int {
	answer = Plain(answer)
	at := slices.IndexFunc(c.Options, func(o string) bool { return Plain(o) == answer })
	if at < 0 {
		at = slices.IndexFunc(c.Follow, func(next Challenge) bool { return string(next.Kind) == answer && answer != "" })
	}
	return at
}

// Status is how an institution does.
type Status string

// Statuses of an institution. Unknown is for one that the provider does not have.
const (
	OK          Status = "ok"
	Degraded    Status = "degraded"
	Down        Status = "down"
	Maintenance Status = "maintenance"
	Unsupported Status = "unsupported"
	Disabled    Status = "disabled"
	Unknown     Status = "unknown"
)

// refusal is why nobody can connect a bank of this status; empty when one can.
func (s Status) refusal() problem.Code {
	switch s {
	case OK, Degraded:
		return ""
	case Down, Maintenance:
		return problem.InstitutionUnavailable
	case Unsupported, Disabled:
		return problem.InstitutionDisabled
	}
	return problem.InvalidRequest
}

// Behaviour is everything the bank and the user's script decide for one input. The
// driver resolves it anew for each input, because the user name may name a scenario.
type Behaviour struct {
	Institution Status   // of the institution in the input, or of the session's
	Malformed   string   // the field that no bank would accept as it is written
	Detail      string   // why that is so, or why the institution cannot be used, for a developer
	Methods     []Method // ways into that institution; fewer than two leave nothing to choose
	Fields      Form     // its login form, by the access method of the session; nil: user name and password
	Known       bool     // the user exists
	Password    string   // what is right for that user
	// Expected are further values that are right for that user, by the names of fields. What
	// it does not name may be anything.
	Expected        map[string]string
	Login           Attempts
	MaxLogins       int // wrong logins that lock the user; 0: no limit
	Challenges      []Challenge
	Accounts        []string     // canonical keys of the accounts that the login shows
	Rules           AccountRules // which of them may be agreed to
	Approval        Outcome      // how the bank's question for access ends that the user says yes to; empty: Accept
	AllowNoAccounts bool         // who has no account is logged in all the same
	Ready           Readiness
}

// For is the behaviour towards a session: with the challenges that the user has chosen.
func (b Behaviour) For(s Session) Behaviour {
	b.Challenges = asked(b.Challenges, s.Factors)
	return b
}

// form is the login form.
func (b Behaviour) form() Form {
	if b.Fields == nil {
		return UsualForm()
	}
	return b.Fields
}

// Code is the code that the present challenge sent or shows: a function of the
// session, another one each time it is sent, also when the user went back and logged
// in again.
func Code(s Session) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d/%d", s.Key, s.Attempts, s.Challenge, s.Sent))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(h[:4])%1_000_000)
}

// right says whether these answers are what the bank expects.
func (c Challenge) right(s Session, given []string) bool {
	if c.Kind == MethodSelection {
		return len(given) == 1 && c.option(given[0]) >= 0
	}
	given = c.Kind.fold(given)
	for _, a := range c.Answers {
		if slices.Equal(c.Kind.fold(a), given) {
			return true
		}
	}
	return c.coded() && len(given) == 1 && given[0] == Code(s)
}

func (c Challenge) coded() bool {
	return c.Kind.Sent() || c.Kind.Shown() || c.Kind == OTPApp || c.Kind == HardwareToken
}

// Right gives an answer that the bank accepts: a published one, or the code. A
// decoupled challenge is approved, unless the script denies it or lets it hang; nil
// where there is no right answer.
func (c Challenge) Right(s Session) []string {
	switch {
	case c.Kind.Decoupled() && (c.Approve.When == Denied || c.Approve.When == Never):
		return nil
	case c.Kind.Decoupled():
		return []string{"approve"}
	case c.Kind == MethodSelection && len(c.Options) > 0:
		return c.Options[:1]
	case len(c.Answers) > 0:
		return c.Answers[0]
	case c.coded():
		return []string{Code(s)}
	}
	return nil
}

// Plain is a text as people compare it: without case, accents and outer spaces.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(strings.TrimSpace(text))))
}

// fold makes answers comparable: they are plain, and the order in which several choices
// were ticked never counts.
func (k Kind) fold(answers []string) []string {
	out := make([]string, len(answers))
	for i, a := range answers {
		out[i] = Plain(a)
	}
	if k == MultiChoice {
		slices.Sort(out)
	}
	return out
}
