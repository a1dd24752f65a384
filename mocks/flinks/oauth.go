package flinks

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// productCustom is the login on the bank's own page, to which an app sends its user itself.
const productCustom = "custom"

// Parameters of a session of Custom.
const (
	paramState = "state" // the app's, given back as it was
	paramLive  = "live"  // the session fetches anew although nobody had to log in
	paramOAuth = "oauth" // of a card too: its user has given access at the bank, which asks no more
)

// oauthAuthorize begins the login at a bank's own page and leads to it, where the app shows it to
// its user: by a redirect, or by the form of the documentation's example, which sends itself.
func oauthAuthorize(c *engine.Call) (engine.Reply, error) {
	to, state := cmp.Or(c.Query("redirect_uri"), c.Query("redirectUri")), c.Query("state")
	if err := checkRedirect(c, to); err != nil {
		return engine.Reply{}, err
	}
	name := cmp.Or(c.Query("institution_id"), c.Query("institution"))
	id := institutionNamed(c, name)
	banks := c.Banks()
	at := slices.IndexFunc(banks, func(i engine.InstitutionState) bool { return i.ID == id })
	switch {
	case name == "":
		return engine.Reply{}, problem.Invalid("institution", problem.Missing, "institution is missing: pass the Id or name of one that GET Institutions lists, %d for example", capitalID)
	case at < 0:
		return engine.Reply{}, problem.Invalid("institution", problem.NotAllowed, "no institution is %.60q: pass the Id or name of one that GET Institutions lists, %d for example", name, capitalID)
	}
	lang := cmp.Or(c.Query("lang"), "en")
	if lang != "en" && lang != "fr" {
		return engine.Reply{}, problem.Invalid("lang", problem.NotAllowed, "lang is %.20q: pass en or fr", lang)
	}
	owner, err := customerOf(c, pageQuery{values: map[string]string{qCustomer: c.Query(qCustomer)}})
	if err != nil {
		return engine.Reply{}, err
	}
	page, err := c.PageOptions()
	if err != nil {
		return engine.Reply{}, err
	}
	params := map[string]string{
		paramCustomer: owner, paramTag: c.Query("tag"), qRedirect: to, paramOAuth: "true", paramHosted: productCustom,
	}
	if c.HasQuery("state") {
		params[paramState] = state
	}
	var s connect.Session
	err = c.Do(func(tx engine.Tx) error {
		var err error
		if s, _, err = tx.StartSession(engine.NewSession{
			Product: productCustom, Institution: id, Lang: lang, Params: params,
		}); err != nil {
			return err
		}
		s, err = tx.OpenSession(s.ID, engine.Preset{Lang: lang, Page: page, Hosting: connect.Hosting{Transport: connect.ByRedirect, Bank: connect.SameWindow}})
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	address := c.PublicURL() + "/w/" + s.Handle + "/bank"
	if c.Option(optOAuthAnswer) == "form" {
		return selfSending(c.PublicURL()+agentless, s, to, state)
	}
	return engine.Reply{Status: http.StatusFound, Header: []engine.Header{{Name: "Location", Value: address}}}, nil
}

// checkRedirect looks whether the app may be handed back to there.
func checkRedirect(c *engine.Call, to string) error {
	if to == "" {
		return problem.Invalid("redirect_uri", problem.Missing, "redirect_uri is missing: pass the address of your app that the user comes back to")
	}
	var q pageQuery
	q.values = map[string]string{}
	p := parameter{name: "redirect_uri", kind: address}
	if err := q.takeAddress(&p, to); err != nil {
		return err
	}
	listed := strings.FieldsFunc(c.Option(optRedirects), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(listed) == 0:
		c.Note("the real service knows redirect URIs beforehand and refuses others: here the option flinks.redirect_uris is empty, which allows any")
	case !slices.ContainsFunc(listed, func(one string) bool { return covers(one, to) }):
		return &problem.Error{Code: problem.InvalidRequest, Reason: problem.NotAllowed, Param: "redirect_uri", Detail: fmt.Sprintf(
			"%.200s is no redirect URI of this server: add it to the option flinks.redirect_uris, or pass one of those, %s for example", to, listed[0])}
	}
	return nil
}

// covers says whether an address is a listed one, whatever query it has.
func covers(listed, to string) bool {
	a, err := url.Parse(listed)
	b, err2 := url.Parse(to)
	if err != nil || err2 != nil {
		return listed == to
	}
	a.RawQuery, b.RawQuery, a.Fragment, b.Fragment = "", "", "", ""
	return strings.TrimSuffix(a.String(), "/") == strings.TrimSuffix(b.String(), "/")
}

// agentless is where the form of the documentation's example is sent to.
const agentless = "/api/v1/agentless"

var sending = template.Must(template.New("form").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Online banking</title></head><body>
<form method="post" action="{{.Action}}"><input type="hidden" name="REF" value="{{.Ref}}"><input type="hidden" name="scope" value="{{.Scope}}"><input type="hidden" name="provider_id" value="{{.Provider}}"><input type="hidden" name="redirect_uri" value="{{.Redirect}}"><input type="hidden" name="state" value="{{.State}}"><noscript><button>Continue at your bank</button></noscript></form>
<script>document.forms[0].submit();</script></body></html>
`))

// submits is the script of that page.
const submits = "document.forms[0].submit();"

// selfSending is a page whose form sends itself to the bank's.
func selfSending(action string, s connect.Session, to, state string) (engine.Reply, error) {
	var b strings.Builder
	err := sending.Execute(&b, struct{ Action, Ref, Scope, Provider, Redirect, State string }{
		action, s.Handle, "ACCOUNT_BASIC ACCOUNT_DETAILED TRANSACTIONS", fmt.Sprint(numberOf(s.Institution)), to, state,
	})
	hash := sha256.Sum256([]byte(submits))
	r := engine.HTML(http.StatusOK, []byte(b.String()))
	r.Header = []engine.Header{
		{Name: "Content-Security-Policy", Value: "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'"},
		{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"},
	}
	return r, err
}

// openAgentless takes that form and leads to the bank's page.
func openAgentless(c *engine.Call) (engine.Reply, error) {
	s := c.Session()
	if s == nil || s.Handle != c.Field("REF") {
		return engine.Reply{}, problem.New(problem.NotFound, "There is no such login. It may belong to a sandbox that was reset: start again from your app.")
	}
	return engine.SeeOther(c.Prefix() + "/w/" + s.Handle + "/bank"), nil
}

// customRedirect is what the app hears at its redirect URI: exactly loginId and state, or state and
// why not. The names of the errors are those of Outbound, because no others are published (inferred).
func customRedirect(s connect.Session) string {
	q := ""
	add := func(name, value string) {
		if q != "" {
			q += "&"
		}
		q += name + "=" + url.QueryEscape(value)
	}
	if s.Step == connect.Succeeded {
		add("loginId", s.Connection)
	}
	if state, ok := s.Params[paramState]; ok {
		add("state", state)
	}
	if s.Step != connect.Succeeded {
		code, text := refusedAs(s)
		add("error", code)
		add("error_description", text)
	}
	return withQuery(s.Params[qRedirect], q, false)
}

// refusedAs says why a user comes back without a card.
func refusedAs(s connect.Session) (code, text string) {
	if s.Trouble == nil {
		return "server_error", "The login could not be completed"
	}
	why := s.Trouble.Code
	if why == problem.UserCancelled { // who leaves a page that says so has not refused
		why = cmp.Or(lastTrouble(s), why)
	}
	switch why {
	case problem.UserCancelled, problem.ConsentRequired:
		return "access_denied", "The user has refused access"
	case problem.InstitutionUnavailable, problem.Maintenance, problem.InstitutionDisabled:
		return "temporarily_unavailable", "The institution cannot be reached"
	case problem.LoginLocked:
		return "access_denied", "The institution has locked this login"
	}
	return "server_error", "The institution could not complete the login"
}

// lastTrouble is what the bank said last, if it was about the bank itself and the user left then.
func lastTrouble(s connect.Session) problem.Code {
	for i := len(s.Events) - 1; i >= 0; i-- {
		name := s.Events[i].Name
		code, failed := strings.CutPrefix(name, connect.EventError)
		switch {
		case failed && (problem.Code(code) == problem.InstitutionUnavailable || problem.Code(code) == problem.Maintenance):
			return problem.Code(code)
		case name != connect.EventExit:
			return ""
		}
	}
	return ""
}

// readAtBank begins a live session of a card whose user has given access at the bank: nobody logs in,
// and the data is fetched anew (documented: 200, without a challenge).
func readAtBank(tx engine.Tx, conn connect.Connection, params map[string]string) (connect.Session, error) {
	switch state := conn.StateAt(tx.Now); state {
	case connect.Active:
	case connect.Revoked, connect.ConsentExpired:
		return connect.Session{}, problem.New(problem.ConsentExpired, "the user has taken the access back at the bank: send the user through OAuth/Authorize again")
	default:
		return connect.Session{}, problem.New(problem.LoginRequired, "the bank wants the user again: send the user through OAuth/Authorize")
	}
	params[paramLive], params[paramOAuth] = "true", "true"
	return tx.Read(conn, params)
}
