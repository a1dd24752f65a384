package flinks

import (
	"cmp"
	"net/http"
	"slices"
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

// toolbox are the values that strict mode takes where an option sets no other.
var toolbox = map[string]string{optCustomers: toolboxCustomer, secretKey: toolboxSecret, apiKey: toolboxKey, bearer: toolboxSecret}

// exact is the one value that a credential may have in strict mode.
func exact(c *engine.Call, name string) string { return cmp.Or(c.Option(name), toolbox[name]) }

// customer is whose call it is, in lower case.
func customer(c *engine.Call) string { return strings.ToLower(c.Path("customerId")) }

// Authenticate asks for what the mode of the sandbox wants: nothing, any credential, or
// exactly the documented one.
func (Provider) Authenticate(c *engine.Call) error {
	if id := customer(c); id != "" && !knows(c, id) {
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: "customerId",
			Detail: "this server takes other customer ids: those of the option flinks.customer_ids, in strict mode the toolbox's where it is empty"}
	}
	switch mode := c.Option(optAuth); {
	case mode == "none", c.OperationID() == "issueToken": // the older token's credentials are in its body
		return nil
	case mode == "strict":
		return strictly(c)
	}
	return leniently(c)
}

// knows says whether a customer is one that this server takes.
func knows(c *engine.Call, id string) bool {
	known := c.Option(optCustomers)
	if c.Option(optAuth) == "strict" {
		known = exact(c, optCustomers)
	}
	if known == "" {
		return true
	}
	list := strings.FieldsFunc(known, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, id) })
}

// strictly takes the credential that the documentation names for an operation. A live
// token of the older scheme stands for it, as its one client sends it everywhere.
func strictly(c *engine.Call) error {
	found, over, err := accessToken(c)
	if err != nil {
		return err
	}
	if found && over == nil && wants[c.OperationID()] != secretKey {
		return nil
	}
	if err = asDocumented(c); err != nil && !problem.Ours(err) && over != nil {
		return &problem.Error{Code: problem.Unauthorized, Reason: over.Reason, Param: bearer, Detail: "the bearer is over: get another one from Token"}
	}
	return err
}

// asDocumented takes the one credential of an operation; where none is documented any that
// is right.
func asDocumented(c *engine.Call) error {
	id := c.OperationID()
	switch {
	case wants[id] != "":
		return prove(c, wants[id])
	case logins[id] && c.Given(secretKey) == "":
		return missing(c, "send the Token of GenerateAuthorizeToken in the header flinks-auth-key")
	case logins[id]: // which judges it
		return nil
	}
	for _, name := range []string{apiKey, bearer} {
		if c.Given(name) != "" {
			return prove(c, name)
		}
	}
	if live, err := authorizes(c); live || err != nil {
		return err
	}
	return prove(c, secretKey)
}

// leniently takes any credential of the right shape; where an option sets one, that one.
func leniently(c *engine.Call) error {
	id := c.OperationID()
	if wants[id] == secretKey {
		return c.Prove(secretKey)
	}
	issued, over, err := accessToken(c)
	if err != nil {
		return err
	}
	for _, name := range []string{apiKey, bearer} {
		if c.Given(name) == "" || name == bearer && issued && over == nil {
			continue
		}
		if err := c.Prove(name); err != nil {
			return err
		}
	}
	// In flinks-auth-key comes an authorize token, which Authorize judges; some clients send it everywhere.
	if c.Given(apiKey)+c.Given(bearer)+c.Given(secretKey) != "" || logins[id] && bodyToken(c) != "" {
		return nil
	}
	return missing(c, "no credential: send x-api-key, flinks-auth-key or Authorization: Bearer; for integrations of before October 2024, which send none, set the option flinks.auth=none")
}

// missing refuses a call that lacks a credential, in the words of its operation.
func missing(c *engine.Call, detail string) error {
	code := problem.Unauthorized
	if logins[c.OperationID()] {
		code = problem.Forbidden
	}
	return &problem.Error{Code: code, Reason: problem.Missing, Detail: detail}
}

// prove holds a credential against the one value of strict mode.
func prove(c *engine.Call, name string) error {
	if err := c.Prove(name); err != nil {
		return err
	}
	scheme, _, _ := strings.Cut(strings.TrimSpace(c.Header("Authorization")), " ")
	switch {
	case name == bearer && !strings.EqualFold(scheme, "Bearer"):
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Format, Param: name, Detail: "strict mode wants the word Bearer before the secret: Authorization: Bearer SECRET"}
	case c.Given(name) != exact(c, name):
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: name,
			Detail: "strict mode takes the toolbox's " + name + " unless the option flinks." + name + " sets another"}
	}
	return nil
}

// accessToken looks for a token of the older scheme in the bearer, and says what is wrong
// with it.
func accessToken(c *engine.Call) (found bool, over *problem.Error, err error) {
	if c.Given(bearer) == "" {
		return false, nil, nil
	}
	err = c.View(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Access, c.Given(bearer))
		if err == nil && g.Subject == customer(c) {
			found, over = true, g.Check(tx.Now)
		}
		return unlessUnknown(err)
	})
	return found, over, err
}

// authorizes says whether flinks-auth-key holds a live authorize token of the customer.
func authorizes(c *engine.Call) (live bool, err error) {
	err = c.View(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Widget, c.Given(secretKey))
		end := g.ExpiresAt()
		live = err == nil && g.Subject == customer(c) && g.Revoked.IsZero() && (end.IsZero() || tx.Now.Before(end))
		return unlessUnknown(err)
	})
	return live, err
}

// unlessUnknown is no error where a token is none of this sandbox.
func unlessUnknown(err error) error {
	if problem.Is(err, problem.InvalidGrant) {
		return nil
	}
	return err
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
	if mode == "none" || token == "" { // or another credential stands for it
		return nil
	}
	bad := func(e *problem.Error, why string) error {
		return &problem.Error{Code: problem.InvalidGrant, Reason: e.Reason, Param: "authorize_token", Detail: why}
	}
	g, err := tx.Find(grant.Widget, token)
	if problem.Ours(err) {
		return err
	}
	e := problem.From(err)
	switch {
	case err != nil && token == cmp.Or(c.Option(secretKey), toolboxSecret):
		return bad(e, "this is the secret key, not a token from GenerateAuthorizeToken")
	case err != nil:
		return bad(e, "no such token in this sandbox: get one from GenerateAuthorizeToken")
	case g.Subject != customer(c):
		return bad(&problem.Error{}, "it belongs to another customer")
	case mode == "strict" && c.Session() != nil && c.Session().ID == session && !slices.Contains(g.UsedBy, session):
		return bad(&problem.Error{}, "strict mode wants the token that opened the session")
	}
	if _, err = tx.UseIn(session, grant.Widget, token, false); err == nil || problem.Ours(err) {
		return err
	}
	why := map[problem.Code]string{
		problem.ReusedGrant:  "it was used by another session, and a token opens one: get a new one from GenerateAuthorizeToken",
		problem.ExpiredGrant: "it has expired: get a new one from GenerateAuthorizeToken",
	}
	e = problem.From(err)
	return bad(e, cmp.Or(why[e.Code], e.Detail))
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
	if err := checkClient(c, string(body.ClientID), string(body.Secret)); err != nil {
		return engine.Reply{}, err
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

// checkClient holds the pair of the older scheme against the secret that is configured. In
// strict mode the client is a customer and the secret the secret key (inferred: no page
// says what the two are).
func checkClient(c *engine.Call, client, secret string) error {
	strict := c.Option(optAuth) == "strict"
	want := c.Option(secretKey)
	if strict {
		want = exact(c, secretKey)
	}
	switch {
	case strict && !knows(c, client):
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: "client_id", Detail: "the client_id is none of the customer ids of this server"}
	case want != "" && secret != want:
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: secretKey, Detail: "the secret is not the secret key of this server"}
	}
	return nil
}

// okCode is the code of a success: documented in the list, absent in every example.
func okCode(c *engine.Call) string {
	if c.Option(optSuccess) == "OK" {
		return "OK"
	}
	return ""
}
