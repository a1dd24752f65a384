package specimen

import (
	"net/http"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// redirection is an address to which links may lead back.
type redirection struct {
	URL string `json:"url"`
}

// redirections are kept by client and name.
var redirections = engine.Records[redirection]{Kind: "redirection"}

func putRedirect(c *engine.Call) (engine.Reply, error) {
	var body redirection
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	err := c.Do(func(tx engine.Tx) error {
		return redirections.Put(tx, c.Client()+"/"+c.Path("name"), body, engine.RecordOptions{Group: c.Client()})
	})
	return engine.JSON(http.StatusOK, body), err
}

func listRedirects(c *engine.Call) (engine.Reply, error) {
	var out []redirection
	err := c.View(func(tx engine.Tx) (err error) {
		out, err = redirections.List(tx, c.Client())
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// mayLead refuses an address that is none of the client's, once it has registered any.
func mayLead(tx engine.Tx, client, url string) error {
	all, err := redirections.List(tx, client)
	if err == nil && len(all) > 0 && !slices.Contains(all, redirection{url}) {
		return problem.Invalid("redirect_url", problem.NotAllowed, "this address is not registered: put it under /v1/redirects first")
	}
	return err
}
