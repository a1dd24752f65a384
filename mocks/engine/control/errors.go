package control

import (
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
)

// errorBody is the one shape of errors.
type errorBody struct {
	Error errorObject `json:"error"`
}

type errorObject struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Param   string       `json:"param,omitempty"`
}

// RenderProblem says a problem with its canonical code and the sentence that names the
// fix.
func (a *API) RenderProblem(e *problem.Error, c *engine.Call) engine.Reply {
	message := e.Detail
	switch {
	case e.Reason == problem.Route:
		message = "there is no " + c.LocalPath() + ": "
		if meant := c.MeantPath(); meant != "" {
			message += meant + " "
		}
		message += "The control API has " + strings.Join(paths(), ", ")
	case e.Reason == problem.Method:
		message = c.LocalPath() + " does not take " + c.Request.Method + ": see openapi/control.yaml"
	case e.Code == problem.Internal:
		message = e.Error()
	}
	reply := engine.JSON(status(e), errorBody{errorObject{Code: e.Code, Message: message, Param: e.Param}})
	if e.Code == problem.Unauthorized {
		reply.Header = append(reply.Header, engine.Header{Name: "WWW-Authenticate", Value: `Bearer realm="stuntbank"`})
	}
	return reply
}

// paths are those of the document, each once.
func paths() []string {
	routes, _ := openapi.Routes("control")
	var out []string
	for _, r := range routes {
		if len(out) == 0 || out[len(out)-1] != r.Path {
			out = append(out, r.Path)
		}
	}
	return out
}

func status(e *problem.Error) int {
	switch e.Reason {
	case problem.Method:
		return http.StatusMethodNotAllowed
	case problem.ContentType:
		return http.StatusUnsupportedMediaType
	case problem.BodySize:
		return http.StatusRequestEntityTooLarge
	}
	switch e.Code {
	case problem.InvalidRequest:
		return http.StatusBadRequest
	case problem.Unauthorized:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.RateLimited:
		return http.StatusTooManyRequests
	case problem.Timeout:
		return http.StatusGatewayTimeout
	case problem.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity // what the bank or the user's script refuses
}
