package flinks

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// feedLength is how many requests the dashboard shows.
const feedLength = 50

// dashboard is what the team behind an app sees of its instance: the feed of requests, keys, the
// webhook's address, who may frame the pages, and the cards. What it shows is documented, how is not.
func dashboard(c *engine.Call) (engine.Reply, error) {
	var sessions []connect.Session
	var cards []connect.Connection
	err := c.View(func(tx engine.Tx) (err error) {
		if sessions, err = tx.Sessions(feedLength); err != nil {
			return err
		}
		cards, err = tx.Connections()
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	feed := engine.BoardTable{
		Caption: "Requests", Empty: "No request yet. Log in by Authorize, Connect, Express or Custom, and it stands here.",
		Head: []string{"Time", "State", "Status", "By", "User", "RequestId", "LoginId", "Institution", "Tag"},
	}
	for _, s := range sessions {
		state, status := feedState(s)
		who := s.Params[paramWho]
		if email := s.Params[paramWhoEmail]; email != "" {
			who += " <" + email + ">"
		}
		feed.Rows = append(feed.Rows, cells(s.StartedAt.UTC().Format("2006-01-02 15:04:05"), state, status, productOf(s), cmp.Or(who, s.Username), s.ID, s.Connection, s.Institution, s.Params[paramTag]))
	}
	list := engine.BoardTable{Caption: "Cards", Empty: "No card yet.", Head: []string{"LoginId", "User", "Institution", "Last refresh", "Nightly refresh", "Tag"}}
	for _, conn := range cards {
		if conn.Ephemeral {
			continue
		}
		nightly := "off"
		if !conn.Paused {
			nightly = "on"
		}
		list.Rows = append(list.Rows, cells(conn.ID, conn.Username, conn.Institution, conn.RefreshedAt.UTC().Format("2006-01-02 15:04:05"), nightly, conn.Params[paramTag]))
	}
	return c.Board(http.StatusOK, engine.Board{
		Title: "Dashboard", Lead: "The instance “toolbox” of the sandbox " + c.Sandbox.Name + ": who has connected, and what your server needs.",
		Parts: []engine.BoardPart{
			{ID: "feed", Title: "Requests", Text: "Newest first, at most 50. A RequestId reads the data while it lives; later Authorize with the LoginId does.", Table: &feed},
			{ID: "cards", Title: "Cards", Table: &list},
			{ID: "keys", Title: "Keys", Text: "Masked, as everywhere where pages may be seen by others. GET /_stunt/v1/providers/flinks has the samples.", Values: []engine.BoardValue{
				{Name: "customer id", Value: cmp.Or(c.Option(optCustomers), toolboxCustomer)},
				{Name: "secret key", Value: maskedKey(cmp.Or(c.Option(secretKey), toolboxSecret))},
				{Name: "x-api-key", Value: maskedKey(cmp.Or(c.Option(apiKey), toolboxKey))},
				{Name: "API secret", Value: maskedKey(cmp.Or(c.Option(bearer), toolboxSecret))},
			}},
			{ID: "webhook", Title: "Webhook", Text: "KYC first, then GetAccountsDetail, when the data of a card has come.", Values: []engine.BoardValue{
				{Name: "address", Value: cmp.Or(c.Option(optHook), "none: set the option flinks.webhook_url")}, {Name: "signed in", Value: c.Option(optSignature)},
			}},
			{ID: "domains", Title: "Allowed domains", Text: "Pages of other origins that frame Connect show an empty frame. The option flinks.framing has the list.", Values: []engine.BoardValue{
				{Name: "domains", Value: allowedDomains(c)}, {Name: "redirect URIs", Value: cmp.Or(c.Option(optRedirects), "any")},
			}},
			{ID: "express", Title: "Express", Text: "Pages that look like your website.", Links: []engine.Link{{Text: "Pages of Express", URL: c.Prefix() + "/express"}}},
		},
	})
}

func cells(texts ...string) (row []engine.Link) {
	for _, text := range texts {
		row = append(row, engine.Link{Text: text})
	}
	return row
}

// maskedKey shows the end of a key alone.
func maskedKey(key string) string {
	if len(key) < 8 {
		return "••••"
	}
	return "••••" + key[len(key)-4:]
}

func allowedDomains(c *engine.Call) string {
	switch v := c.Option(engine.FramingOption.Name); v {
	case "", "allow":
		return "all"
	case "deny":
		return "none"
	case "self":
		return "this server's own"
	default:
		return strings.Join(strings.Fields(v), ", ")
	}
}

// productOf is by which way a request came.
func productOf(s connect.Session) string {
	switch s.Params[paramHosted] {
	case "":
		return "API"
	case productExpress:
		return "Express (" + s.Params[paramExpress] + ")"
	case productCustom:
		return "Custom"
	}
	return "Connect"
}

// feedState is the state of a request in the documented words of the feed, and the status that the API answers.
func feedState(s connect.Session) (state, status string) {
	code := problem.Code("")
	if s.Trouble != nil {
		code = s.Trouble.Code
	}
	switch {
	case s.Step == connect.Succeeded:
		return "Completed", "200"
	case s.Step == connect.Expired || code == problem.SessionExpired:
		return "Session Expired", "401"
	case s.Step == connect.Challenging && code == "":
		return "Answering Security Challenge", "203"
	case code == problem.LoginInvalid && lastUserUnknown(s):
		return "Invalid Username", "401"
	case code == problem.LoginInvalid:
		return "Invalid Password", "401"
	case code == problem.LoginRequired:
		return "Invalid Login", "401"
	case s.Step == connect.Waiting || s.Step == connect.Accounts:
		return "Partially Completed", "200"
	}
	return "Not Completed", ""
}

// lastUserUnknown says whether the last login named a user that the bank does not have.
func lastUserUnknown(s connect.Session) bool {
	for i := len(s.Events) - 1; i >= 0; i-- {
		if strings.HasPrefix(s.Events[i].Name, connect.EventError) {
			return s.Events[i].Data["user"] == "unknown"
		}
	}
	return false
}
