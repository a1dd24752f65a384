package engine

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// refusal and pageStatus say a problem to a person who opened a page.
func refusal(p *problem.Error) string {
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		return "missing"
	case problem.ExpiredGrant, problem.SessionExpired, problem.ReusedGrant:
		return "expired"
	case problem.InvalidRequest, problem.Unauthorized:
		return "wrong"
	case problem.RateLimited, problem.Maintenance, problem.InstitutionUnavailable:
		return "later"
	}
	return "failed"
}

// refusalLang is the language of a page that could not be opened: the one asked for, of
// the provider's.
func (c *Call) refusalLang() string {
	if c.sess != nil {
		return c.Lang(*c.sess)
	}
	return c.Lang(connect.Session{Params: map[string]string{"lang": c.query.Get("lang")}})
}

func pageStatus(p *problem.Error) int {
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		return http.StatusNotFound
	case problem.ExpiredGrant, problem.SessionExpired, problem.ReusedGrant:
		return http.StatusGone
	case problem.InvalidRequest:
		if p.Reason == problem.BodySize {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	case problem.Unauthorized:
		return http.StatusUnauthorized
	case problem.RateLimited:
		return http.StatusTooManyRequests
	case problem.Maintenance, problem.InstitutionUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
