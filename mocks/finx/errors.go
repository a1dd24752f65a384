package finx

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// errorBody is the documented envelope. Newer answers repeat the HTTP status beside it.
type errorBody struct {
	Error  errorObject `json:"error"`
	Status int         `json:"status"`
}

// errorObject has a number as its code and texts by field as its data in every case, because
// published clients read them so and fail otherwise.
type errorObject struct {
	Code        int                 `json:"code"`
	Data        map[string][]string `json:"data"`
	Description string              `json:"description"`
	Group       string              `json:"group"`
}

// oauthError is the body of RFC 6749, which the option token_errors chooses for /auth/token.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Groups of errors.
const (
	ofClient  = "client"
	ofUser    = "user"
	ofBank    = "bank"
	ofGeneral = "general"
)

// said is how finX says something.
type said struct {
	status, code int
	group        string
	text         string
}

// The texts that client libraries fall back to stand where no page has one.
const (
	badToken   = "Missing, invalid or expired access token."
	noPower    = "Insufficient permission."
	rateLimit  = "Exceeded rate limit."
	noObject   = "The requested object does not exist."
	badMethod  = "Unexpected request method."
	badInput   = "Request body doesn't match input schema."
	badClient  = "Invalid client authorization."
	noLanguage = "Unsupported language"
)

// words are the problems with the documented code of each. A code of 10000 and above appears
// in a sync or on a page; a scenario may put it into an answer all the same.
var words = problem.Words[said]{
	problem.InvalidRequest:         {http.StatusBadRequest, 1000, ofClient, badInput},
	problem.Unauthorized:           {http.StatusUnauthorized, 1003, ofClient, badToken},
	problem.Forbidden:              {http.StatusForbidden, 1007, ofClient, noPower},
	problem.InsufficientScope:      {http.StatusForbidden, 1007, ofClient, noPower},
	problem.NotFound:               {http.StatusNotFound, 1002, ofClient, noObject},
	problem.Conflict:               {http.StatusBadRequest, 1001, ofClient, "Entry already exists."},
	problem.InvalidGrant:           {http.StatusUnauthorized, 1003, ofClient, badToken},
	problem.ExpiredGrant:           {http.StatusUnauthorized, 1003, ofClient, badToken},
	problem.ReusedGrant:            {http.StatusUnauthorized, 1003, ofClient, badToken},
	problem.LoginInvalid:           {http.StatusBadRequest, 10000, ofUser, "Login credentials are invalid."},
	problem.LoginLocked:            {http.StatusBadRequest, 10002, ofUser, "Online access is blocked."},
	problem.LoginRequired:          {http.StatusBadRequest, 10000, ofUser, "Login credentials are invalid."},
	problem.ConsentRequired:        {http.StatusForbidden, 1007, ofClient, noPower},
	problem.ConsentExpired:         {http.StatusForbidden, 1007, ofClient, noPower},
	problem.ChallengeRequired:      {http.StatusBadRequest, 10003, ofUser, "A TAN scheme has to be used."},
	problem.ChallengeInvalid:       {http.StatusBadRequest, 10004, ofUser, "The TAN is invalid."},
	problem.ChallengeExpired:       {http.StatusBadRequest, 30005, ofGeneral, "The task has expired."},
	problem.SessionExpired:         {http.StatusBadRequest, 30005, ofGeneral, "The task has expired."},
	problem.UserCancelled:          {http.StatusBadRequest, 20002, ofBank, "The process was cancelled."},
	problem.PermissionMissing:      {http.StatusForbidden, 10008, ofUser, "No authorisation for this business transaction."},
	problem.NoAccounts:             {http.StatusNotFound, 10005, ofUser, "No authorisation for an account."},
	problem.NoEligibleAccounts:     {http.StatusNotFound, 10005, ofUser, "No authorisation for an account."},
	problem.InstitutionUnavailable: {http.StatusServiceUnavailable, 20003, ofBank, "The bank is under maintenance."},
	problem.InstitutionDisabled:    {http.StatusBadRequest, 40000, ofBank, "The bank is not supported."},
	problem.ActionRequired:         {http.StatusBadRequest, 10007, ofUser, "The PIN has to be changed."},
	problem.Pending:                {http.StatusLocked, 1008, ofClient, "The resource is busy."},
	problem.InProgress:             {http.StatusLocked, 1008, ofClient, "The resource is busy."},
	problem.RateLimited:            {http.StatusServiceUnavailable, 30006, ofGeneral, rateLimit},
	problem.Maintenance:            {http.StatusServiceUnavailable, 30006, ofGeneral, "The service is temporarily unavailable."},
	problem.Timeout:                {http.StatusGatewayTimeout, 30000, ofGeneral, "The bank did not answer in time."},
	problem.Internal:               {http.StatusInternalServerError, 30000, ofGeneral, "Processing is not possible."},
}

// RenderProblem says a canonical problem in the documented envelope.
func (Provider) RenderProblem(e *problem.Error, c *engine.Call) engine.Reply {
	s := say(e, c)
	s.text = e.Sentence(s.text)
	token := c.OperationID() == "createAccessToken"
	if token && c.Option(optTokenErrors) == "oauth" {
		return engine.JSON(s.status, oauthError{oauthWord(e), s.text})
	}
	body := errorBody{errorObject{Code: s.code, Data: map[string][]string{}, Description: s.text, Group: s.group}, s.status}
	if e.Param != "" && e.Code == problem.InvalidRequest {
		body.Error.Data[e.Param] = []string{cmp.Or(fieldText(e), s.text)}
	}
	return engine.JSON(s.status, body)
}

func say(e *problem.Error, c *engine.Call) said {
	s := words.Of(e.Code)
	switch {
	case e.Code == problem.NotFound && e.Reason == problem.Method:
		return said{http.StatusMethodNotAllowed, 1000, ofClient, badMethod}
	case e.Code == problem.InvalidRequest && e.Param == acceptLanguage:
		return said{http.StatusNotAcceptable, 1000, ofClient, noLanguage}
	case e.Code == problem.InvalidRequest && e.Param == credentialsField:
		return said{http.StatusBadRequest, 1011, ofClient, "Login credentials are incomplete or malformed."}
	case e.Code == problem.Unauthorized && e.Param == credClient:
		return said{http.StatusUnauthorized, 1004, ofClient, badClient}
	case slices.Contains([]string{"createAccessToken", "revokeToken", "revokeTokenByPost"}, c.OperationID()):
		switch e.Code {
		case problem.InvalidGrant, problem.ExpiredGrant, problem.ReusedGrant:
			return said{http.StatusBadRequest, 1003, ofClient, cmp.Or(e.Detail, "The code or the refresh token does not count.")}
		}
	}
	return s
}

// fieldText says what is wrong with one field.
func fieldText(e *problem.Error) string {
	if e.Reason == problem.Missing {
		return "Missing data for required field."
	}
	return e.Detail
}

// oauthWord is the word that RFC 6749 has for a problem of the token call.
func oauthWord(e *problem.Error) string {
	switch e.Code {
	case problem.InvalidGrant, problem.ExpiredGrant, problem.ReusedGrant:
		return "invalid_grant"
	case problem.Unauthorized:
		return "invalid_client"
	case problem.InvalidRequest:
		switch {
		case e.Param == "grant_type" && e.Reason != problem.Missing:
			return "unsupported_grant_type"
		case e.Param == "scope":
			return "invalid_scope"
		}
	}
	return "invalid_request"
}

// Code is the number that finX has for a problem, for the error page. The callback has none.
func (Provider) Code(c problem.Code) string {
	if s, ok := words[c]; ok {
		return itoa(s.code)
	}
	return ""
}

// credentialsField is the field of an access and of a sync that logs in.
const credentialsField = "credentials"

// acceptLanguage is the header that chooses the language of names.
const acceptLanguage = "Accept-Language"
