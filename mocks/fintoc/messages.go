package fintoc

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// eventNames says the engine's events in Fintoc's words (documented: widget events;
// which step sends which is inferred from the names). What has no name there is not told.
var eventNames = map[string]string{
	connect.EventOpened:                                "opened",
	connect.EventView + string(connect.Consent):        "on_terms_and_conditions",
	connect.EventView + string(connect.Institution):    "on_available_institutions",
	connect.EventView + string(connect.Credentials):    "on_authentication_form",
	connect.EventInstitutionRequested:                  "on_request_bank",
	connect.EventCredentialsSubmitted:                  "creating_link",
	connect.EventView + string(connect.OTPSMS):         "sms_authentication_required",
	connect.EventView + string(connect.OTPEmail):       "email_authentication_required",
	connect.EventView + string(connect.Push):           "app_authentication_required",
	connect.EventView + string(connect.HardwareToken):  "device_authentication_required",
	connect.EventView + string(connect.CoordinateCard): "card_authentication_required",
	connect.EventView + string(connect.Captcha):        "captcha_authentication_required",
	connect.EventChallengeSubmitted:                    "validating_second_factor",
	connect.EventView + string(connect.Accounts):       "selecting_account",
	connect.EventSucceeded:                             "link_created",
}

const (
	errorEvent  = "on_error"
	closedEvent = "closed"
)

// posted is what the widget's frame posts to our own loader script. The real protocol is
// not public; only the callbacks that it leads to are.
type posted struct {
	Fintoc  string   `json:"fintoc"` // event or end
	Seq     int      `json:"seq,omitempty"`
	Name    string   `json:"name,omitempty"` // of the event
	Data    metadata `json:"data"`
	Fault   string   `json:"fault,omitempty"` // for the developer's console
	Success any      `json:"success"`         // what onSuccess gets; null: the user left
}

// metadata goes with each event; the timestamp is in Unix milliseconds.
type metadata struct {
	Timestamp int64 `json:"timestamp"`
}

// Messages tells events as they come, and how the widget ended.
func (Provider) Messages(e engine.Ending) engine.Messages {
	s := e.Session
	story := s.Story()
	out := engine.Messages{Events: make([]engine.HostMessage, 0, len(story)), Ending: []engine.HostMessage{}}
	address := func(name string, at int64) string {
		if s.Params["_on_event"] != "true" {
			return ""
		}
		return scheme + "event/" + name + "?timestamp=" + strconv.FormatInt(at, 10)
	}
	fault := s.Notice
	for _, event := range story {
		name := eventNames[event.Name]
		if event.Name == connect.EventSucceeded && s.Purpose == connect.Assist {
			name = "" // no link is created
		}
		if strings.HasPrefix(event.Name, connect.EventError) {
			name = errorEvent
		}
		if name == "" {
			continue
		}
		at := event.At.UnixMilli()
		out.Events = append(out.Events, engine.HostMessage{
			Seq: event.Seq, Go: address(name, at),
			Post: posted{Fintoc: "event", Seq: event.Seq, Name: name, Data: metadata{at}, Fault: fault},
		})
		fault = "" // once, with the first
	}
	if !s.Step.Final() {
		return out
	}
	out.Auto = s.Step == connect.Cancelled || s.Page.Autofinish || s.Page.Autopilot && s.Step == connect.Succeeded
	at := s.EndedAt.UnixMilli()
	if closed := address(closedEvent, at); closed != "" { // to a page the loader says it itself, after the callback
		out.Ending = append(out.Ending, engine.HostMessage{Go: closed})
	}
	end := engine.HostMessage{
		Post:   posted{Fintoc: "end", Data: metadata{at}, Success: succeeded(e)},
		Native: scheme + "exit",
	}
	if s.Step == connect.Succeeded {
		end.Native = scheme + "succeeded"
	}
	out.Ending = append(out.Ending, end)
	return out
}

// EntryError tells that the widget cannot be opened, and why: on_error, and onExit when the
// user leaves the page that says so.
func (Provider) EntryError(e *problem.Error, c *engine.Call) (string, engine.Messages) {
	hosting, err := hostingOf(c)
	if err != nil {
		hosting = connect.Hosting{Transport: connect.ByRedirect}
	}
	data := metadata{c.Now.UnixMilli()}
	return scheme + "exit", engine.Messages{
		Hosting: hosting,
		Events:  []engine.HostMessage{{Seq: 1, Post: posted{Fintoc: "event", Seq: 1, Name: errorEvent, Data: data, Fault: e.Detail}}},
		Ending:  []engine.HostMessage{{Native: scheme + "exit", Post: posted{Fintoc: "end", Data: data}}},
	}
}

// intentDone is the link intent as onSuccess gets it, in camel case. Documented are id
// and exchangeToken; the rest is inferred from the API's object.
type intentDone struct {
	ID                     string  `json:"id"`
	Object                 string  `json:"object"`
	Country                string  `json:"country"`
	CreatedAt              string  `json:"createdAt"`
	ExchangeToken          string  `json:"exchangeToken"`
	ExchangeTokenExpiresAt *string `json:"exchangeTokenExpiresAt"`
	HolderType             string  `json:"holderType"`
	Mode                   string  `json:"mode"`
	Product                string  `json:"product"`
	Status                 string  `json:"status"`
	WidgetToken            *string `json:"widgetToken"`
}

// refreshDone is what onSuccess gets of a refresh intent's widget. No source shows it;
// these are fields of the API's object (invented).
type refreshDone struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Mode   string `json:"mode"`
}

// linkDone is what onSuccess gets where there was no link intent: something like a link,
// without its token (the official quickstart reads its id).
type linkDone struct {
	ID          string         `json:"id"`
	Object      string         `json:"object"`
	CreatedAt   string         `json:"createdAt"`
	HolderType  string         `json:"holderType"`
	Institution institutionRef `json:"institution"`
	Mode        string         `json:"mode"`
	Status      string         `json:"status"`
	Username    string         `json:"username"`
}

// succeeded is the argument of onSuccess, nil where there is none.
func succeeded(e engine.Ending) any {
	s := e.Session
	if s.Step != connect.Succeeded {
		return nil
	}
	if s.Purpose == connect.Assist {
		return refreshDone{ID: s.ID, Object: "refresh_intent", Mode: "test"}
	}
	if withoutIntent(s) {
		return linkDone{
			ID: s.Connection, Object: "link", CreatedAt: precise(s.EndedAt), HolderType: s.Params["holder_type"],
			Institution: institutionRef{ID: s.Institution, Country: s.Params["country"], Name: e.Institution.Name},
			Mode:        "test", Status: "active", Username: s.Username,
		}
	}
	intent := newLinkIntent(s)
	done := intentDone{
		ID: intent.ID, Object: intent.Object, Country: intent.Country, CreatedAt: intent.CreatedAt,
		ExchangeToken: e.Tokens[grant.Exchange], HolderType: intent.HolderType, Mode: intent.Mode,
		Product: intent.Product, Status: intent.Status,
	}
	if end, ok := e.Expires[grant.Exchange]; ok {
		text := instant(end)
		done.ExchangeTokenExpiresAt = &text
	}
	return done
}

// scheme begins the addresses that the host of a web view intercepts (documented).
const scheme = "fintocwidget://"

// HandBack ends the widget: the address that a web view's host intercepts. Without a
// link intent it names the link (inferred).
func (Provider) HandBack(e engine.Ending) string {
	switch s := e.Session; {
	case s.Step != connect.Succeeded:
		return scheme + "exit"
	case s.Purpose == connect.Assist:
		return scheme + "succeeded?object=refresh_intent&id=" + url.QueryEscape(s.ID)
	case withoutIntent(s):
		return scheme + "succeeded?object=link&id=" + url.QueryEscape(s.Connection)
	default:
		return scheme + "succeeded?object=link_intent&exchange_token=" + url.QueryEscape(e.Tokens[grant.Exchange]) +
			"&id=" + url.QueryEscape(s.ID)
	}
}
