// Package widget is the hosted page of a session: the driver of the machine that a
// browser is, with forms alone.
//
//	GET  /w/{handle}           shows the session   ──> web.Page
//	POST /w/{handle}           form ──> connect.Input ──> connect.Advance ──> 303 to the GET
//	GET  /w/{handle}/look.css  the app's own look, where the session has one
//	GET  /w/{handle}/bank      the bank's own page, for banks that keep the login to themselves
//
// There are no cookies: the page lives in frames of other sites, so the unguessable
// handle in the path is the session, and the revision in the form makes going back and
// double clicks harmless. Nothing here needs script but what a page tells the app around
// it; with script the same pages are fetched, and what is new in them is taken over.
package widget

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Mount gives every provider of a server its hosted pages.
func Mount(s *engine.Server) {
	h := &handler{s}
	handle := []engine.Place{{In: "path", Name: "handle"}}
	s.AddPages(
		engine.Page{Method: http.MethodGet, Path: "/w/:handle", Locate: handle, Handler: h.show},
		engine.Page{Method: http.MethodPost, Path: "/w/:handle", Op: "session.submit", Locate: handle, Handler: h.submit},
		engine.Page{Method: http.MethodGet, Path: "/w/:handle/look.css", Locate: handle, Handler: look},
		engine.Page{Method: http.MethodGet, Path: "/w/:handle/bank", Locate: handle, Handler: h.bank},
		engine.Page{Method: http.MethodPost, Path: "/w/:handle/bank", Op: "session.submit", Locate: handle, Handler: h.submit},
	)
}

type handler struct{ s *engine.Server }

// sessionOf is the session of the path.
func sessionOf(c *engine.Call) (connect.Session, error) {
	s := c.Session()
	if s == nil || s.Provider != c.Manifest().Name {
		return connect.Session{}, &problem.Error{
			Code:   problem.NotFound,
			Detail: "There is no such session. It may belong to a sandbox that was reset: start again from your app.",
		}
	}
	return *s, nil
}

// show renders the session. A page that waits counts its reloads as polls, and one that
// has expired says so.
func (h *handler) show(c *engine.Call) (engine.Reply, error) {
	s, err := sessionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	if s, err = speak(c, s); err != nil {
		return engine.Reply{}, err
	}
	b, err := c.Behaviour(s)
	if err != nil {
		return engine.Reply{}, err
	}
	looks := c.Query("exit") != "" || c.Query("lang") != "" || c.Request.Method == http.MethodHead
	if s.Page.Autopilot && s.Fresh() && !looks {
		if s, err = fly(c, s); err != nil {
			return engine.Reply{}, err
		}
		if b, err = c.Behaviour(s); err != nil {
			return engine.Reply{}, err
		}
	}
	if waits(s, b) && !s.OnBankPage() && !looks || !s.Step.Final() && !s.ExpiresAt.IsZero() && !c.Now.Before(s.ExpiresAt) {
		if s, err = c.Advance(connect.Input{Verb: connect.DoPoll, Rev: connect.AnyRev}); err != nil {
			return engine.Reply{}, err
		}
		if b, err = c.Behaviour(s); err != nil {
			return engine.Reply{}, err
		}
	}
	if atBank(s, b) && !s.Step.Final() {
		return h.render(c, s, b, "oauth")
	}
	return h.render(c, s, b, stateOf(s, b))
}

// speak notes the language that a link of the page asks for.
func speak(c *engine.Call, s connect.Session) (connect.Session, error) {
	if lang := c.Query("lang"); slices.Contains(c.Manifest().Languages, lang) && lang != s.Lang {
		return c.SetLang(lang)
	}
	return s, nil
}

// fly lets a session walk by itself, as a user does who knows every answer. It stops where
// the bank refuses or lets wait; the page goes on from there.
func fly(c *engine.Call, s connect.Session) (connect.Session, error) {
	samples := c.Manifest().Samples
	return c.Run(connect.Answers{
		Institution: cmp.Or(s.Institution, samples["institution"]), Right: true,
		Fields: connect.Login(cmp.Or(s.Prefill, samples["username"]), samples["password"]),
	})
}

// waits says whether the page asks again by itself.
func waits(s connect.Session, b connect.Behaviour) bool {
	switch s.Step {
	case connect.Waiting:
		return true
	case connect.Challenging:
		return s.Challenge < len(b.Challenges) && b.Challenges[s.Challenge].Kind.Decoupled()
	}
	return false
}

// bank shows the bank's own page, as long as the user is wanted there.
func (h *handler) bank(c *engine.Call) (engine.Reply, error) {
	s, err := sessionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	b, err := c.Behaviour(s)
	if err != nil {
		return engine.Reply{}, err
	}
	if s, err = speak(c, s); err != nil {
		return engine.Reply{}, err
	}
	looks := c.Query("lang") != "" || c.Query("fill") != "" || c.Request.Method == http.MethodHead
	if s.OnBankPage() && waits(s, b) && !looks {
		if s, err = c.Advance(connect.Input{Verb: connect.DoPoll, Rev: connect.AnyRev}); err != nil {
			return engine.Reply{}, err
		}
		if b, err = c.Behaviour(s); err != nil {
			return engine.Reply{}, err
		}
	}
	if !atBank(s, b) {
		return engine.SeeOther(home(c, s)), nil
	}
	return h.render(c, s, b, bankState(s, b))
}

// bankPage is the path of the bank's own page below that of the session.
const bankPage = "/bank"

// isBankPage says whether a call is of the bank's own page.
func isBankPage(c *engine.Call) bool { return strings.HasSuffix(c.LocalPath(), bankPage) }

// next is where a form leads: to the page on which it stands, or back to the session's. The
// bank's page leads there by itself when the user is through with the bank.
func next(c *engine.Call, s connect.Session) string {
	if isBankPage(c) && !s.Step.Final() {
		return home(c, s) + bankPage
	}
	return home(c, s)
}

// home is the address of the session's page.
func home(c *engine.Call, s connect.Session) string { return c.Prefix() + "/w/" + s.Handle }

// verbs are the values of a form's action that move the machine.
var verbs = map[string]connect.Verb{
	"accept": connect.DoAccept, "method": connect.DoMethod, "deny": connect.DoDeny, "choose": connect.DoChoose, "request": connect.DoRequest, "back": connect.DoBack,
	"other": connect.DoBack, "submit": connect.DoSubmit, "resend": connect.DoResend, "poll": connect.DoPoll,
	"approve": connect.DoApprove, "accounts": connect.DoAccounts, "cancel": connect.DoCancel,
	"leave": connect.DoCancel, "retry": connect.DoRetry,
}

// submit moves the session by a form and answers 303, so that a reload never submits
// again. An ended session leads back to the app.
func (h *handler) submit(c *engine.Call) (engine.Reply, error) {
	s, err := sessionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	form := c.Form()
	action := form.Get("action")
	if s.Step.Final() && action != "finish" && action != "leave" && action != "cancel" {
		return engine.SeeOther(home(c, s)), nil // a form of before the end: show the end
	}
	if !s.Step.Final() && action != "stay" {
		verb, ok := verbs[action]
		if !ok {
			return engine.Reply{}, problem.Invalid("action", problem.NotAllowed, "The form sent the action %q, which no page has.", action)
		}
		if verb == connect.DoAccept && isBankPage(c) {
			verb = connect.DoApprove
		}
		if s, err = c.Advance(inputOf(verb, form)); err != nil {
			return engine.Reply{}, err
		}
		if s.Step != connect.Cancelled || isBankPage(c) { // the widget ends what ended at the bank
			return engine.SeeOther(next(c, s)), nil
		}
	}
	if c.Header(engine.FragmentHeader) != "" {
		return engine.SeeOther(home(c, s)), nil // the script hands back itself
	}
	back, err := c.HandBackURL(s)
	if back != "" && s.Step != connect.Expired {
		return engine.SeeOther(back), nil
	}
	return engine.SeeOther(home(c, s)), err
}

func inputOf(verb connect.Verb, form url.Values) connect.Input {
	rev, err := strconv.Atoi(form.Get("rev"))
	if err != nil || rev < 0 {
		rev = 0 // no form of ours: as stale as can be
	}
	return connect.Input{
		Verb: verb, Rev: rev, Institution: form.Get("institution"),
		Method: form.Get("method"), Fields: fields(form),
		Answers: form["answer"], Accounts: form["account"],
	}
}

// fields are the texts of the login form.
func fields(form url.Values) map[string]string {
	out := make(map[string]string, len(form))
	for name, values := range form {
		out[name] = values[0]
	}
	return out
}

// look is the style sheet of the session's own look. It is a file of its own, so that the content
// policy of the pages allows no style that stands in them.
func look(c *engine.Call) (engine.Reply, error) {
	s, err := sessionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	css, _ := c.LookCSS(s)
	return engine.Reply{Status: http.StatusOK, Raw: css, ContentType: "text/css; charset=utf-8"}, nil
}
