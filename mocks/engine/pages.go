package engine

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// pageTitle and pageStatus say a problem to a person who opened a page.
func pageTitle(p *problem.Error) string {
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		return "There is nothing to see here"
	case problem.ExpiredGrant, problem.SessionExpired, problem.ReusedGrant:
		return "This page has expired"
	case problem.InvalidRequest, problem.Unauthorized:
		return "This page cannot be opened like this"
	case problem.RateLimited, problem.Maintenance, problem.InstitutionUnavailable:
		return "Not now"
	}
	return "The simulator failed"
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
