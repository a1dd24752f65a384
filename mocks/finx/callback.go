package finx

import (
	"cmp"
	"net/url"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// hosting says how a page in a frame tells its app: the guides list a message and a redirect,
// the later edition has the message alone. Outside of a frame the browser is sent back.
func hosting(c *engine.Call) (connect.Hosting, error) {
	given := connect.Hosting{Target: cmp.Or(c.RefererOrigin(), "*")}
	if c.Framed() {
		given.Transport = handBack(c.Option)
	}
	return c.Hosting(given, "origin")
}

// handBack is what the option and the edition say of a frame.
func handBack(option func(string) string) connect.Transport {
	if how := option(optHandBack); how != byEdition {
		return connect.Transport(how)
	}
	if option(optEdition) == qwist {
		return connect.ByMessage
	}
	return connect.ByBoth
}

// callback are the documented parameters of the way back, in the order of the guides' example.
// No edition has one for an error, nor tells why a flow failed.
func callback(e engine.Ending) []parameter {
	s := e.Session
	success := s.Step == connect.Succeeded
	out := []parameter{{"state", s.Params["state"]}, {"success", strconv.FormatBool(success)}}
	if success && s.Params["flow"] != flowSync {
		kind := grant.Exchange
		if e.Option(optCodeStyle) == "figo" {
			kind = figoCode
		}
		out = append([]parameter{{"code", e.Tokens[kind]}}, out...)
	}
	if s.Step == connect.Cancelled {
		out = append(out, parameter{"cancel", "true"})
	}
	if e.Option(optEdition) == qwist {
		out = append(out, parameter{"flow_id", s.ID})
	}
	return out
}

type parameter struct{ name, value string }

// HandBack is the address to which the user goes back: redirect_uri with the documented
// parameters behind those that it has.
func (Provider) HandBack(e engine.Ending) string {
	u, err := url.Parse(e.Session.Params["redirect_uri"])
	if err != nil || u.String() == "" { // a sync need not name one
		return ""
	}
	for _, p := range callback(e) {
		if p.value == "" {
			continue
		}
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += p.name + "=" + url.QueryEscape(p.value)
	}
	return u.String()
}

// frameMessage is what the page around a frame gets, as clients of the guides' time read it.
type frameMessage struct {
	Location string            `json:"location"`
	Query    map[string]string `json:"query"`
	URL      string            `json:"url"`
}

// linkMessage is the same in the edition qwist.
type linkMessage struct {
	Link  string            `json:"link"`
	Query map[string]string `json:"query"`
}

// Messages tells the page around a frame how the flow ended. Nothing is told before that.
func (p Provider) Messages(e engine.Ending) engine.Messages {
	out := engine.Messages{Events: []engine.HostMessage{}, Ending: []engine.HostMessage{}}
	// What went wrong stays there to be read; from all other ends the user goes back at once.
	out.Auto = e.Session.Step == connect.Succeeded || e.Session.Step == connect.Cancelled
	if !e.Session.Step.Final() {
		return out
	}
	query := map[string]string{}
	for _, p := range callback(e) {
		if p.value != "" {
			query[p.name] = p.value
		}
	}
	back := p.HandBack(e)
	var post any = frameMessage{Location: back, Query: query, URL: e.Session.Params["redirect_uri"]}
	if e.Option(optEdition) == qwist {
		if query["cancel"] != "" { // a cancel has another name in a frame (documented)
			query["abort"] = query["cancel"]
			delete(query, "cancel")
		}
		post = linkMessage{Link: back, Query: query}
	}
	out.Ending = append(out.Ending, engine.HostMessage{Post: post, Go: back})
	return out
}
