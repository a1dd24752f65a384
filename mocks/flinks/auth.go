package flinks

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Names of the credentials, as the documentation has them.
const (
	secretKey = "secret_key" // flinks-auth-key, the secret of GenerateAuthorizeToken
	apiKey    = "x_api_key"  // x-api-key, of the data endpoints
	bearer    = "api_secret" // Authorization: Bearer, of the utilities
)

// The published credentials of the toolbox, which every client's examples use.
const (
	toolboxCustomer = "43387ca6-0391-4c82-857d-70d95f087ecb"
	toolboxSecret   = "c4569c54-e167-4d34-8de6-f4113bc82414"
	toolboxKey      = "3d5266a8-b697-48d4-8de6-52e2e2662acc"
)

// wants is what strict mode asks of an operation (documented: authentication reference);
// what is not listed takes any credential, because nothing is documented.
var wants = map[string]string{
	"generateAuthorizeToken": secretKey,
	"getAccountsSummary":     apiKey, "getAccountsSummaryAsync": apiKey, "postAccountsSummaryAsync": apiKey,
	"getAccountsDetail": apiKey, "getAccountsDetailAsync": apiKey, "postAccountsDetailAsync": apiKey,
	"getStatements": apiKey, "getStatementsAsync": apiKey, "postStatementsAsync": apiKey,
	"deleteCard": apiKey, "listInstitutions": apiKey, "findInstitution": apiKey, "matchFields": apiKey,
	"getIncomeAttributes": apiKey, "getCreditRiskAttributes": apiKey, "getLendingAttributes": apiKey,
	"getUserAnalysisAttributes": apiKey, "getAllAttributes": apiKey, "selectAttributes": apiKey,
	"categorize": apiKey, "listAttributes": apiKey,
	"getNightlyRefreshStatus": bearer, "listCategories": bearer,
}

// logins are the operations that take an authorize token, which only they can judge.
var logins = map[string]bool{"authorize": true, "authorizeAsync": true, "authorizeMultiple": true}

// customer is whose call it is, in lower case.
func customer(c *engine.Call) string { return strings.ToLower(c.Path("customerId")) }

// Authenticate asks for what the mode of the sandbox wants: nothing, any credential, or
// exactly the documented one.
func (Provider) Authenticate(c *engine.Call) error {
	if err := checkCustomer(c); err != nil {
		return err
	}
	id := c.OperationID()
	mode := c.Option(optAuth)
	want := wants[id]
	switch {
	case mode == "none", id == "issueToken": // the older token's credentials are in its body
		return nil
	case logins[id] && mode == "strict":
		if c.Given(secretKey) == "" {
			return &problem.Error{Code: problem.Forbidden, Param: "authorize_token",
				Detail: "send the Token of GenerateAuthorizeToken in the header flinks-auth-key"}
		}
		return nil
	case want == secretKey, want != "" && mode == "strict":
		return prove(c, want, mode)
	}
	any := false
	for _, name := range []string{secretKey, apiKey, bearer} {
		if c.Given(name) == "" {
			continue
		}
		any = true
		if name == secretKey && id != "generateAuthorizeToken" {
			continue // an authorize token, or a client that sends it everywhere
		}
		if err := prove(c, name, mode); err != nil {
			return err
		}
	}
	if any || logins[id] && bodyToken(c) != "" {
		return nil
	}
	code := problem.Unauthorized
	if logins[id] {
		code = problem.Forbidden
	}
	return &problem.Error{Code: code, Reason: problem.Missing,
		Detail: "no credential: send x-api-key, flinks-auth-key or Authorization: Bearer; for integrations of before October 2024, which send none, set the option flinks.auth=none"}
}

// prove holds a credential against what is configured. Strict mode knows the toolbox's
// where nothing is.
func prove(c *engine.Call, name, mode string) error {
	if err := c.Prove(name); err != nil {
		return err
	}
	exact := map[string]string{secretKey: toolboxSecret, apiKey: toolboxKey, bearer: toolboxSecret}[name]
	if c.Option(name) != "" || mode != "strict" || c.Given(name) == exact {
		return nil
	}
	if name == bearer && accessToken(c) {
		return nil
	}
	return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: name,
		Detail: "strict mode takes the toolbox's " + name + " unless the option flinks." + name + " sets another"}
}

// accessToken says whether the bearer is a live token of the older scheme.
func accessToken(c *engine.Call) bool {
	return c.View(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Access, c.Given(bearer))
		if err != nil {
			return err
		}
		if p := g.Check(tx.Now); p != nil {
			return p
		}
		return nil
	}) == nil
}

// checkCustomer refuses a customer that is not configured.
func checkCustomer(c *engine.Call) error {
	id := customer(c)
	if known := c.Option(optCustomers); known != "" && id != "" {
		for one := range strings.FieldsFuncSeq(strings.ToLower(known), func(r rune) bool { return r == ',' || r == ' ' }) {
			if one == id {
				return nil
			}
		}
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: "customerId",
			Detail: "this server is configured with other customer ids (option flinks.customer_ids)"}
	}
	return nil
}

// bodyToken is an authorize token that a client puts into the body.
func bodyToken(c *engine.Call) string {
	return cmp.Or(c.Field("AuthorizeToken"), c.Field("AuthToken"), c.Field("Token"))
}

// spend binds the call's authorize token to a session. A token that was bound to it
// before goes on; in lenient mode any other live one of the customer does, too.
func spend(c *engine.Call, tx engine.Tx, session string) error {
	token := c.Given(secretKey)
	mode := c.Option(optAuth)
	if mode == "lenient" {
		token = cmp.Or(token, bodyToken(c))
	}
	if mode == "none" || token == "" && mode == "lenient" {
		return nil
	}
	bad := func(e *problem.Error, why string) error {
		return &problem.Error{Code: problem.InvalidGrant, Reason: e.Reason, Param: "authorize_token", Detail: why}
	}
	g, err := tx.Find(grant.Widget, token)
	e := problem.From(err)
	switch {
	case err != nil && token == cmp.Or(c.Option(secretKey), toolboxSecret):
		return bad(e, "this is the secret key, not a token from GenerateAuthorizeToken")
	case err != nil:
		return bad(e, "no such token in this sandbox: get one from GenerateAuthorizeToken")
	case g.Subject != customer(c):
		return bad(&problem.Error{}, "it belongs to another customer")
	case mode == "strict" && c.Session() != nil && c.Session().ID == session && !used(g, session):
		return bad(&problem.Error{}, "strict mode wants the token that opened the session")
	}
	if _, err = tx.UseIn(session, grant.Widget, token, false); err == nil {
		return nil
	}
	why := map[problem.Code]string{
		problem.ReusedGrant:  "it was used by another session, and a token opens one: get a new one from GenerateAuthorizeToken",
		problem.ExpiredGrant: "it has expired: get a new one from GenerateAuthorizeToken",
	}
	e = problem.From(err)
	return bad(e, cmp.Or(why[e.Code], e.Detail))
}

func used(g grant.Grant, session string) bool {
	for _, s := range g.UsedBy {
		if s == session {
			return true
		}
	}
	return false
}

// generateAuthorizeToken mints the token that opens one session.
func generateAuthorizeToken(c *engine.Call) (engine.Reply, error) {
	out := struct {
		HTTPStatusCode int    `json:"HttpStatusCode"`
		FlinksCode     string `json:"FlinksCode,omitempty"`
		Token          string `json:"Token"`
	}{HTTPStatusCode: http.StatusOK, FlinksCode: okCode(c)}
	err := c.Do(func(tx engine.Tx) (err error) {
		out.Token, _, err = tx.IssueFree(grant.Widget, customer(c))
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// accessLife is how long a token of the older scheme lives (invented).
const accessLife = 3600

// issueToken is the older bearer scheme.
func issueToken(c *engine.Call) (engine.Reply, error) {
	var body struct {
		ClientID word `json:"client_id"`
		Secret   word `json:"secret"`
	}
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	if body.ClientID == "" || body.Secret == "" {
		return engine.Reply{}, problem.Invalid("client_id", problem.Missing, "send client_id and secret")
	}
	if exact := c.Option(secretKey); exact != "" && string(body.Secret) != exact {
		return engine.Reply{}, &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: secretKey, Detail: "the secret is not the one of this server"}
	}
	out := struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}{ExpiresIn: accessLife}
	err := c.Do(func(tx engine.Tx) (err error) {
		out.AccessToken, _, err = tx.IssueFree(grant.Access, customer(c))
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// okCode is the code of a success: documented in the list, absent in every example.
func okCode(c *engine.Call) string {
	if c.Option(optSuccess) == "OK" {
		return "OK"
	}
	return ""
}
