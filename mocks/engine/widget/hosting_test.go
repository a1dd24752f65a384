package widget_test

import (
	"cmp"
	"net/http"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/openapi"
)

// talking is the provider of the tests with pages that tell, in every way that there is.
type talking struct{ specimen.Provider }

func (t talking) Manifest() engine.Manifest {
	man := t.Provider.Manifest()
	man.Transports = engine.Transports{Framed: connect.ByMessage, Opened: connect.ByMessage}
	return man
}

func (talking) Pages() []engine.Page {
	return []engine.Page{{Method: http.MethodGet, Path: "/link", Op: "session.open", Locate: []engine.Place{{In: "query", Name: "token"}}, Handler: func(c *engine.Call) (engine.Reply, error) {
		hosting, err := c.Hosting(connect.Hosting{
			Transport: connect.Transport(c.Query("transport")), Target: cmp.Or(c.Query("origin"), c.RefererOrigin(), "*"),
			Text: c.Query("text") == "1", WebView: c.Query("web_view") == "1", Top: c.Query("top") == "1",
		}, "origin")
		if err != nil {
			return engine.Reply{}, err
		}
		p := engine.Preset{Hosting: hosting}
		if accent := c.Query("accent"); accent != "" {
			p.Look = &connect.Look{Surface: "#fff8f0", Accent: accent, Texts: map[string]string{"title.consent": "Connect to Acme"}}
		}
		var s connect.Session
		err = c.Do(func(tx engine.Tx) error {
			g, err := tx.Find(grant.Widget, c.Query("token"))
			if err == nil {
				s, err = tx.OpenSession(g.Subject, p)
			}
			return err
		})
		return engine.SeeOther(c.Prefix() + "/w/" + s.Handle), err
	}}}
}

// told is a message of the tests.
type told struct {
	Event  string `json:"event,omitempty"`
	Signal string `json:"signal,omitempty"`
	Height string `json:"height,omitempty"`
	End    string `json:"end,omitempty"`
}

func (talking) Messages(e engine.Ending) engine.Messages {
	out := engine.Messages{Signals: map[string]engine.HostMessage{
		engine.SignalOffline:        {Post: told{Signal: "offline"}},
		engine.SignalOnline:         {Post: told{Signal: "online"}},
		engine.SignalResize:         {Post: told{Signal: "resize", Height: "${height}"}},
		engine.SignalForgotPassword: {Post: told{Signal: "forgot"}},
		engine.SignalTerms:          {Post: told{Signal: "terms"}},
	}}
	for _, event := range e.Session.Story() {
		// Two messages of one event: both are told.
		out.Events = append(out.Events, engine.HostMessage{Seq: event.Seq, Post: told{Event: event.Name}}, engine.HostMessage{Seq: event.Seq, Post: told{Event: event.Name + "!"}})
	}
	if e.Session.Step.Final() {
		out.Ending = []engine.HostMessage{{Post: told{End: string(e.Session.Step) + " at " + e.Institution.Name}}}
	}
	return out
}

// A page tells by where it stands: messages to the page around its frame or to the window that has
// opened it, a redirect where it has a tab of its own. In a real browser, because it is the
// browser that knows.
func TestHostingInBrowser(t *testing.T) {
	t.Parallel()
	inBrowser(t, "hosting.mjs", enginetest.Start(t, func(c *engine.Config) { c.Contract = openapi.Request }, talking{}))
}
