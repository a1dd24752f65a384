package flinks

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// FlinksCodes that the code itself names; the others stand in the table below.
const (
	pendingCode    = "OPERATION_PENDING"
	dispatchedCode = "OPERATION_DISPATCHED"
	unknownKey     = "UNKNOWN_CHALLENGE_KEY"
	incomplete     = "SECURITYRESPONSES_INCOMPLETE"
	noRetry        = "INVALID_SECURITY_RESPONSE_NO_RETRY"
)

// errorBody is the documented object. Which error has which of the last fields is
// inferred from clients.
type errorBody struct {
	HTTPStatusCode     int                 `json:"HttpStatusCode"`
	FlinksCode         string              `json:"FlinksCode,omitempty"`
	Message            string              `json:"Message"`
	Links              []link              `json:"Links"`
	SecurityChallenges []securityChallenge `json:"SecurityChallenges,omitempty"`
	Institution        string              `json:"Institution,omitempty"`
	Tag                string              `json:"Tag,omitempty"`
	RequestID          string              `json:"RequestId,omitempty"`
}

// said is a status and a code.
type said struct {
	status int
	code   string
}

// codes say each canonical problem. Two statuses differ between the editions; those of
// the last three are published nowhere (invented).
var codes = problem.Words[said]{
	problem.InvalidRequest:         {401, "INVALID_REQUEST"},
	problem.Unauthorized:           {401, "UNAUTHORIZED"},
	problem.Forbidden:              {401, "ACCESS_DENIED"},
	problem.NotFound:               {400, "SESSION_NONEXISTENT"},
	problem.Conflict:               {400, "CARD_IN_USE"},
	problem.InvalidGrant:           {401, "ACCESS_DENIED"},
	problem.ExpiredGrant:           {401, "ACCESS_DENIED"},
	problem.ReusedGrant:            {401, "ALREADY_AUTHORIZED"},
	problem.LoginInvalid:           {401, "INVALID_PASSWORD"},
	problem.LoginLocked:            {401, "DISABLED_LOGIN"},
	problem.LoginRequired:          {401, "INVALID_LOGIN"},
	problem.ConsentRequired:        {401, "UNAUTHORIZED"},
	problem.ConsentExpired:         {401, "UNAUTHORIZED"},
	problem.ChallengeRequired:      {401, "QUESTION_NOT_FOUND"},
	problem.ChallengeInvalid:       {401, "INVALID_SECURITY_RESPONSE"},
	problem.ChallengeExpired:       {401, "SESSION_EXPIRED"},
	problem.SessionExpired:         {401, "SESSION_EXPIRED"},
	problem.UserCancelled:          {401, "INVALID_SECURITY_RESPONSE"},
	problem.PermissionMissing:      {401, "UNAUTHORIZED"},
	problem.InstitutionUnavailable: {401, "RETRY_LATER"},
	problem.InstitutionDisabled:    {405, "DISABLED_INSTITUTION"},
	problem.ActionRequired:         {401, "NEW_ACCOUNT"},
	problem.Pending:                {202, pendingCode},
	problem.InProgress:             {401, "CONCURRENT_SESSION"},
	problem.RateLimited:            {401, "TOO_MANY_REQUESTS"},
	problem.Timeout:                {202, dispatchedCode},
	problem.Internal:               {500, "AGGREGATION_ERROR"},
	problem.Maintenance:            {401, "BANK_MAINTENANCE_RETRY_LATER"},
	problem.InsufficientScope:      {401, "METHOD_NOT_AVAILABLE"},
	problem.NoAccounts:             {400, "NO_TRANSACTION"},
	problem.NoEligibleAccounts:     {400, "NO_TRANSACTION"}, // inferred: no code is listed for it
}

// messages are the published literals, and words of our own where none was found.
var messages = map[string]string{
	pendingCode:                    "Your operation is still processing.",
	dispatchedCode:                 "Your operations had been dispatched to background process for long running jobs",
	"SESSION_NONEXISTENT":          "Inputs session id or card if were not found.",
	"INVALID_LOGIN":                "The LoginId provided is either invalid or does not belong to the CustomerId",
	"ACCESS_DENIED":                "You must provide a valid authorize token",
	"UNAUTHORIZED":                 "The card is not authorized",
	"INVALID_USERNAME":             "The username provided is invalid",
	"INVALID_PASSWORD":             "The password provided is invalid",
	"INVALID_SECURITY_RESPONSE":    "The security response provided is invalid",
	noRetry:                        "The security response provided is invalid and cannot be retried",
	unknownKey:                     "A key of SecurityResponses does not match any Prompt",
	incomplete:                     "Not every Prompt was answered",
	"QUESTION_NOT_FOUND":           "The institution asked a question without a stored answer",
	"RETRY_LATER":                  "The institution cannot be reached, retry later",
	"DISABLED_LOGIN":               "The institution has locked this login",
	"NEW_ACCOUNT":                  "The user must first act in their own online banking",
	"SESSION_EXPIRED":              "The session has expired",
	"ALREADY_AUTHORIZED":           "This RequestId is already authorized",
	"CONCURRENT_SESSION":           "Another session is open for this LoginId",
	"TOO_MANY_REQUESTS":            "Too many requests",
	"DISABLED_INSTITUTION":         "The institution is disabled",
	"AGGREGATION_ERROR":            "An unexpected error occurred",
	"NO_TRANSACTION":               "There are not enough transactions for this analysis",
	"METHOD_NOT_AVAILABLE":         "This feature is not enabled on this instance",
	"BANK_MAINTENANCE_RETRY_LATER": "The institution is under maintenance, retry later",
	"CARD_IN_USE":                  "The card is still being processed",
}

// explained are the problems whose words are ours.
var explained = map[problem.Code]bool{
	problem.Conflict: true, problem.ReusedGrant: true, problem.LoginInvalid: true, problem.ChallengeInvalid: true, problem.SessionExpired: true,
	problem.LoginRequired: true, problem.ConsentExpired: true, problem.InProgress: true, problem.NoAccounts: true, problem.NoEligibleAccounts: true, problem.InsufficientScope: true,
}

// RenderProblem says a canonical problem with a FlinksCode.
func (Provider) RenderProblem(e *problem.Error, c *engine.Call) engine.Reply {
	s, text := say(e, c)
	out := errorBody{HTTPStatusCode: s.status, FlinksCode: s.code, Message: e.Sentence(text), Links: []link{}}
	if e.Subject == requestSubject && e.ID != "" {
		out.about(e, c)
	}
	return engine.JSON(s.status, out)
}

// about adds what is known of the session behind a problem. One that may still be
// answered says what it asks, as a client reads it from a 401.
func (b *errorBody) about(e *problem.Error, c *engine.Call) {
	err := c.View(func(tx engine.Tx) error {
		s, err := tx.Session(e.ID)
		if err != nil || s.Params[paramCustomer] != customer(c) {
			return absent(err)
		}
		b.RequestID, b.Institution, b.Tag = s.ID, s.Institution, s.Params[paramTag]
		if e.Code != problem.ChallengeInvalid || s.Step != connect.Challenging {
			return nil
		}
		ch, err := asked(tx, s)
		if err == nil {
			b.SecurityChallenges = challengesOf(ch)
		}
		return err
	})
	if err != nil { // the refusal is true without it
		c.Note("the answer lacks what is known of its request: %v", err)
	}
}

// refusedCard is the published literal of INVALID_LOGIN where the bank refuses a card.
const refusedCard = "The card number (username) or password provided is invalid"

// say chooses status, code and sentence.
func say(e *problem.Error, c *engine.Call) (said, string) {
	s := codes.Of(e.Code)
	text := messages[s.code]
	switch e.Code {
	case problem.InvalidRequest:
		text = e.Detail
		if e.Reason == problem.Missing && text == "" {
			text = e.Param + " is missing"
		}
		if enriches(c) {
			s.status = http.StatusBadRequest // documented of these alone, in every edition
		}
		if e.Reason == problem.BodySize {
			s.status = http.StatusRequestEntityTooLarge
		}
	case problem.Unauthorized:
		switch {
		case c.OperationID() == "generateAuthorizeToken":
			text = "You must provide a valid auth key"
		case e.Detail != "":
			text = e.Detail
		}
	case problem.Forbidden, problem.InvalidGrant:
		if e.Detail != "" && !e.Injected {
			text += ": " + e.Detail
		}
	case problem.NotFound:
		s, text = sayNotFound(e, c)
	case problem.LoginInvalid:
		switch e.Param {
		case "Username":
			s.code = "INVALID_USERNAME"
			text = messages[s.code]
		case "Password": // of a card that is only read: no bank has refused it
			s, text = codes[problem.LoginRequired], refusedCard
		}
	case problem.LoginRequired:
		text = refusedCard
	case problem.ChallengeInvalid:
		switch {
		case e.Reason == unknownKey, e.Reason == incomplete:
			s.code = string(e.Reason)
		case e.Reason == problem.Spent && c.Option(optEdition) == legacy:
			s.code = noRetry
		}
		if text = messages[s.code]; e.Param == "Question" { // of an answer that was to be stored
			text = e.Detail
		}
	case problem.RateLimited:
		if c.Option(optThrottle) == "403" {
			s.status = http.StatusForbidden
		}
	}
	if explained[e.Code] && e.Detail != "" && text != e.Detail && e.Param != "Password" {
		text += ": " + e.Detail // no literal was found, so that ours may name the way out
	}
	if c.Option(optEdition) == legacy && s.status == 401 && (s.code == "INVALID_LOGIN" || s.code == "INVALID_REQUEST") {
		s.status = http.StatusBadRequest
	}
	return s, text
}

// sayNotFound tells an unknown LoginId and an unknown path from an unknown RequestId.
func sayNotFound(e *problem.Error, c *engine.Call) (said, string) {
	switch {
	case e.Reason == problem.Declined:
		return said{http.StatusNotFound, "METHOD_NOT_AVAILABLE"}, "This operation is not imitated: " + e.Detail
	case e.Reason == problem.Method:
		return said{http.StatusMethodNotAllowed, ""}, e.Detail
	case e.Reason == problem.Route:
		return said{http.StatusNotFound, ""}, e.Detail
	case e.Subject == loginSubject && c.OperationID() == "getNightlyRefreshStatus":
		return said{401, "INVALID_REQUEST"}, "The login '" + e.ID + "' is invalid."
	case e.Subject == loginSubject:
		return said{401, "INVALID_LOGIN"}, messages["INVALID_LOGIN"]
	case enriches(c) && e.Subject == requestSubject:
		return codes[problem.NotFound], "RequestId is invalid or session has ended."
	}
	s := codes[problem.NotFound]
	return s, messages[s.code]
}

// Code is the word that Flinks has for a problem.
func (Provider) Code(c problem.Code) string { return codes[c].code }
