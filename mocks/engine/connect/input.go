package connect

import (
	"strconv"
	"strings"
)

// Verb is what a user or a driver does.
type Verb string

// Verbs of an Input.
const (
	DoAccept   Verb = "accept"   // consent
	DoDeny     Verb = "deny"     // consent, a decoupled challenge, or the bank's question for access
	DoChoose   Verb = "choose"   // an institution
	DoMethod   Verb = "method"   // one of its access methods
	DoRequest  Verb = "request"  // an institution that is not in the list
	DoSubmit   Verb = "submit"   // credentials, or the answers to a challenge
	DoResend   Verb = "resend"   // put the challenge again
	DoPoll     Verb = "poll"     // a waiting page asks
	DoApprove  Verb = "approve"  // a decoupled challenge, from the phone or the bank's page; the bank's question for access
	DoAccounts Verb = "accounts" // agree to these accounts
	DoBack     Verb = "back"     // to the step before
	DoRetry    Verb = "retry"    // leave the error screen
	DoCancel   Verb = "cancel"   // the user closes
)

// AnyRev is the revision of a driver that does not show pages.
const AnyRev = -1

// Input is one thing done to a session.
type Input struct {
	Verb        Verb
	Rev         int // the revision that the user saw; a stale one is ignored
	Institution string
	Method      string            // an access method of the institution
	Fields      map[string]string // of the login form: see Form
	Suffix      string            // the scenario that the user name named
	Answers     []string
	Accounts    []string
}

// unanswered numbers the answers that were left empty, from 1.
func (in Input) unanswered() (empty []string) {
	if len(in.Answers) == 0 {
		return []string{"1"} // nothing was chosen
	}
	for i, a := range in.Answers {
		if strings.TrimSpace(a) == "" {
			empty = append(empty, strconv.Itoa(i+1))
		}
	}
	return empty
}
