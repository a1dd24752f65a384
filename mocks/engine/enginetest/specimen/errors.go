package specimen

import (
	"cmp"
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// errorBody is the one shape of errors.
type errorBody struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Field   string       `json:"field,omitempty"`
}

// RenderProblem says a canonical problem: its own name, a status, and a sentence.
func (Provider) RenderProblem(e *problem.Error, _ *engine.Call) engine.Reply {
	code := e.Code
	if e.Reason == problem.Method {
		return engine.JSON(http.StatusMethodNotAllowed, errorBody{Code: code, Message: e.Detail})
	}
	return engine.JSON(cmp.Or(statuses[code], http.StatusUnprocessableEntity), errorBody{
		Code: code, Message: cmp.Or(e.Detail, "the request failed: "+string(code)), Field: e.Param,
	})
}

// statuses are those that are not 422.
var statuses = map[problem.Code]int{
	problem.InvalidRequest: http.StatusBadRequest, problem.Unauthorized: http.StatusUnauthorized, problem.Forbidden: http.StatusForbidden,
	problem.InsufficientScope: http.StatusForbidden, problem.NotFound: http.StatusNotFound, problem.Conflict: http.StatusConflict,
	problem.InvalidGrant: http.StatusUnauthorized, problem.ExpiredGrant: http.StatusUnauthorized, problem.ReusedGrant: http.StatusUnauthorized,
	problem.PermissionMissing: http.StatusForbidden, problem.InProgress: http.StatusConflict, problem.Pending: http.StatusConflict,
	problem.InstitutionUnavailable: http.StatusServiceUnavailable, problem.Maintenance: http.StatusServiceUnavailable,
	problem.Timeout: http.StatusServiceUnavailable, problem.RateLimited: http.StatusTooManyRequests, problem.Internal: http.StatusInternalServerError,
}
