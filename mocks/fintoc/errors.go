package fintoc

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// errorBody is the documented envelope (errors object).
type errorBody struct {
	Error errorObject `json:"error"`
}

type errorObject struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
	DocURL  string `json:"doc_url"`
}

// docURL is where the API's own errors point.
const docURL = "https://docs.fintoc.com/reference/errors"

// Types of errors.
const (
	invalidRequest = "invalid_request_error"
	authentication = "authentication_error"
	linkError      = "link_error"
	institution    = "institution_error"
	apiError       = "api_error"
)

// said is how Fintoc says something: status, type, code, and a sentence.
type said struct {
	status  int
	typ     string
	code    string
	message string
}

// RenderProblem says a canonical problem with a code of Fintoc's list: the Ruby client
// has a class per code and fails on any other.
func (Provider) RenderProblem(e *problem.Error, c *engine.Call) engine.Reply {
	s := say(e, c)
	return engine.JSON(s.status, errorBody{errorObject{
		Type: s.typ, Code: s.code, Message: e.Sentence(s.message), Param: e.Param, DocURL: docURL,
	}})
}

func say(e *problem.Error, c *engine.Call) said {
	if c.Operation() == "connection.refresh" {
		if s, ok := sayRefresh(e, c); ok {
			return s
		}
	}
	switch e.Code {
	case problem.InvalidRequest:
		return sayInvalid(e)
	case problem.Unauthorized:
		return sayUnauthorized(e)
	case problem.Forbidden:
		if e.Param == versionHeader {
			return said{http.StatusForbidden, invalidRequest, "invalid_api_version", "Unknown API version: " + c.Header(versionHeader)}
		}
	case problem.NotFound:
		return sayNotFound(e, c)
	case problem.InvalidGrant, problem.ExpiredGrant, problem.ReusedGrant:
		return sayGrant(e, c)
	}
	return words.Of(e.Code)
}

// words are the problems that are said in one way only. Statuses follow the groups of
// the Ruby client.
var words = problem.Words[said]{
	problem.Forbidden:              {http.StatusForbidden, invalidRequest, "forbidden_request", "You are not allowed to do this"},
	problem.InsufficientScope:      {http.StatusForbidden, invalidRequest, "product_access_required", "Your organization does not have access to this product"},
	problem.Conflict:               {http.StatusBadRequest, invalidRequest, "invalid_request", "The request conflicts with another one"},
	problem.LoginInvalid:           {http.StatusNotAcceptable, linkError, "institution_credentials_invalid", "The institution indicated that the credentials are invalid. You need to reconnect the account."},
	problem.LoginRequired:          {http.StatusNotAcceptable, linkError, "institution_credentials_invalid", "The institution indicated that the credentials are invalid. You need to reconnect the account."},
	problem.ConsentRequired:        {http.StatusNotAcceptable, linkError, "institution_credentials_invalid", "The user has not agreed to the connection. You need to reconnect the account."},
	problem.ConsentExpired:         {http.StatusNotAcceptable, linkError, "institution_credentials_invalid", "The connection is no longer authorized. You need to reconnect the account."},
	problem.LoginLocked:            {http.StatusNotAcceptable, linkError, "locked_credentials", "The institution indicated that the credentials are locked. The user has to unlock them at the institution."},
	problem.ActionRequired:         {http.StatusNotAcceptable, linkError, "locked_credentials", "The user has to complete an action at the institution before connecting again."},
	problem.ChallengeRequired:      {http.StatusUnprocessableEntity, linkError, "otp_not_found", "A second factor is required"},
	problem.ChallengeInvalid:       {http.StatusUnprocessableEntity, linkError, "invalid_otp_code", "The code is not valid"},
	problem.ChallengeExpired:       {http.StatusUnprocessableEntity, linkError, "otp_verification_failed", "The code has expired"},
	problem.SessionExpired:         {http.StatusBadRequest, invalidRequest, "invalid_widget_token", "The widget token has expired"},
	problem.UserCancelled:          {http.StatusBadRequest, invalidRequest, "invalid_request", "The user left the widget"},
	problem.PermissionMissing:      {http.StatusForbidden, linkError, "forbidden_account", "The user does not have permission to read this account at the institution"},
	problem.NoAccounts:             {http.StatusNotFound, linkError, "missing_resource", "The link has no accounts"},
	problem.NoEligibleAccounts:     {http.StatusNotFound, linkError, "missing_resource", "The link has no accounts that may be chosen"},
	problem.InstitutionUnavailable: {http.StatusNotAcceptable, institution, "unavailable_institution", "The institution is not available at the moment"},
	problem.InstitutionDisabled:    {http.StatusNotAcceptable, institution, "unavailable_institution", "The institution is not supported at the moment"},
	problem.Pending:                {http.StatusUnprocessableEntity, invalidRequest, "refresh_intent_in_progress", "The data of this link is not available yet"},
	problem.InProgress:             {http.StatusUnprocessableEntity, invalidRequest, "refresh_intent_in_progress", "There is already an operation in progress"},
	problem.RateLimited:            {http.StatusTooManyRequests, invalidRequest, "rate_limit_exceeded", "Too many requests: wait before you retry"},
	problem.Maintenance:            {http.StatusServiceUnavailable, apiError, "internal_server_error", "The API is under maintenance"},
	problem.Timeout:                {http.StatusServiceUnavailable, apiError, "core_response", "The institution took too long to answer"},
	problem.Internal:               {http.StatusInternalServerError, apiError, "internal_server_error", "An unexpected error occurred"},
}

// badValue are the codes of parameters that have one of their own.
var badValue = map[string]string{
	"page": "invalid_integer", "per_page": "invalid_integer",
	"since": "invalid_date", "until": "invalid_date",
	"active": "invalid_boolean", "confirmed_only": "invalid_boolean",
	"holder_type": "invalid_holder_type", "product": "invalid_product",
	"refresh_type": "invalid_refresh_type", "link_token": "invalid_link_token",
	"enabled_events": "invalid_webhook_subscription", "url": "invalid_params",
	"username": "invalid_username", "institution_id": "invalid_institution_id",
	"widget_token": "invalid_widget_token",
}

func sayInvalid(e *problem.Error) said {
	s := said{http.StatusBadRequest, invalidRequest, "invalid_params", e.Detail}
	switch {
	case e.Reason == problem.Missing:
		s.code, s.message = "missing_parameter", "Missing required param: "+e.Param
	case e.Reason == problem.Malformed:
		s.code = "invalid_json"
	case e.Reason == problem.KeyReused: // that it is refused is documented, with which code is not
		s.message = "The Idempotency-Key was used with different parameters before"
	case e.Reason == problem.BodySize, e.Reason == problem.ContentType:
		s.code = "invalid_request"
	case e.Param == "country" && e.Reason == problem.NotAllowed:
		s.status, s.code = http.StatusUnprocessableEntity, "not_supported_country"
	case (e.Param == "page" || e.Param == "per_page") && e.Reason == problem.TooSmall:
		s.code, s.message = "invalid_positive_integer", e.Param+" must be a positive integer"
	case e.Param == "per_page" && e.Reason == problem.TooLarge:
		s.code, s.message = "invalid_integer", "per_page must be at most "+strconv.Itoa(paging.Most)
	case badValue[e.Param] != "":
		s.code = badValue[e.Param]
	case e.Reason == problem.NotAllowed:
		s.code = "invalid_enum"
	case e.Reason == problem.Format:
		s.code = "invalid_string"
	}
	return s
}

func sayUnauthorized(e *problem.Error) said {
	s := said{http.StatusUnauthorized, authentication, "invalid_api_key", e.Detail}
	if e.Reason == problem.WrongMode {
		s.code = "invalid_api_key_mode"
	}
	return s
}

func sayNotFound(e *problem.Error, c *engine.Call) said {
	s := said{http.StatusNotFound, invalidRequest, "missing_resource", "No such " + e.Subject + ": " + e.ID}
	switch e.Reason {
	case problem.Route, problem.Declined:
		s.code, s.message = "invalid_url", fmt.Sprintf("Unrecognized request URL (%s: %s)", c.Request.Method, c.LocalPath())
	case problem.Method:
		s.status, s.code = http.StatusMethodNotAllowed, "operation_not_allowed"
		s.message = fmt.Sprintf("The method %s is not allowed for %s", c.Request.Method, c.LocalPath())
	case problem.WrongKind:
		s.message += ". " + e.Detail
	}
	return s
}

// sayGrant says what is wrong with a token; Param tells which.
func sayGrant(e *problem.Error, c *engine.Call) said {
	switch e.Param {
	case "exchange_token":
		s := said{http.StatusUnauthorized, authentication, "invalid_exchange_token", "The exchange token is not valid"}
		if e.Code == problem.ExpiredGrant {
			s.code, s.message = "expired_exchange_token", "The exchange token has expired"
		}
		return s
	case "widget_token":
		return said{http.StatusBadRequest, invalidRequest, "invalid_widget_token", "The widget token is not valid"}
	}
	status := http.StatusForbidden
	if c.Option(optBadLinkToken) == "400" {
		status = http.StatusBadRequest
	}
	s := said{status, invalidRequest, "invalid_link_token", "The link token is not valid"}
	if e.Reason == problem.Format {
		s.message = "Link access tokens are in the format 'LINK_ID_token_LINK_ACCESS_TOKEN'"
	}
	return s
}

// Code is the word that Fintoc has for a problem, for the error page.
func (Provider) Code(c problem.Code) string { return words[c].code }
