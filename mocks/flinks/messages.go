package flinks

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// step is what a page of Connect posts: the name of what happens, and what is known of it. Which
// keys which step has is documented in part; every other key is left out.
type step struct {
	Step              string   `json:"step"`
	Institution       string   `json:"institution,omitempty"`
	Cached            *bool    `json:"cached,omitempty"`
	MFATypes          []string `json:"mfaTypes,omitempty"`
	TotalAccounts     *int     `json:"totalAccounts,omitempty"`
	DisplayedAccounts *int     `json:"displayedAccounts,omitempty"`
	AccountID         any      `json:"accountId,omitempty"` // a text, or a list where several may be chosen
}

// refusal is what a page posts when the API behind it fails: without a step, unless an option
// says that a client reads one.
type refusal struct {
	Step        string `json:"step,omitempty"`
	RequestID   string `json:"requestId"`
	FlinksCode  string `json:"flinksCode"`
	Institution string `json:"institution,omitempty"`
}

// redirect is the end: what every known revision of the documentation shows of it.
type redirect struct {
	Step        string `json:"step"`
	Institution string `json:"institution"`
	URL         string `json:"url"`
	LoginID     string `json:"loginId,omitempty"`
	RequestID   string `json:"requestId,omitempty"`
	AccountID   any    `json:"accountId,omitempty"`
}

// Names of steps that the code itself compares.
const (
	stepRetryLogin  = "COMPONENT_LOAD_CREDENTIAL_RETRY"
	stepLoadMFA     = "COMPONENT_LOAD_MFA"
	stepRetryMFA    = "COMPONENT_LOAD_MFA_RETRY"
	stepDisabled    = "DISABLED_INSTITUTION"
	stepTooMany     = "MAXIMUM_RETRY_REACHED"
	stepClosed      = "COMPONENT_CLOSE_SESSION"
	stepExpired     = "SESSION_EXPIRED"
	stepBadToken    = "TOKEN_INVALID"
	stepAcceptTerms = "COMPONENT_ACCEPT_TERMS"
	stepRedirect    = "REDIRECT"
)

// simple are the events that a step of their own tells (documented: event listener); those
// marked true have the institution with them.
var simple = map[string]struct {
	step        string
	institution bool
}{
	connect.EventOpened:                             {"APP_MOUNTED", false},
	connect.EventView + string(connect.Consent):     {"COMPONENT_LOAD_CONSENT", false},
	connect.EventConsentAccepted:                    {"COMPONENT_ACCEPT_CONSENT", false},
	connect.EventConsentDenied:                      {"COMPONENT_DENY_CONSENT", false},
	connect.EventView + string(connect.Institution): {"COMPONENT_LOAD_INSTITUTION_SELECTOR", false},
	connect.EventInstitutionSelected:                {"INSTITUTION_SELECTED", true},
	connect.EventView + string(connect.Credentials): {"COMPONENT_LOAD_CREDENTIAL", true},
	connect.EventCredentialsSubmitted:               {"SUBMIT_CREDENTIAL", true},
	connect.EventChallengeSubmitted:                 {"SUBMIT_MFA", true},
	connect.EventView + string(connect.Accounts):    {"COMPONENT_LOAD_ACCOUNT_SELECTION", true},
	connect.EventAccountsSelected:                   {"ACCOUNT_SELECTED", true},
}

// telling is what the messages of a session are made of.
type telling struct {
	session  connect.Session
	option   func(string) string
	accounts []string // ids of the chosen ones
	many     bool     // several may be chosen
}

// numbered is a message and its number, by which a page tells none twice.
type numbered struct {
	seq  int
	body any
}

// steps tells the story of a session in the documented order.
func (t telling) steps() (out []numbered) {
	story := t.session.Story()
	shown := ""
	for i, e := range story {
		last := i+1 < len(story) && story[i+1].Name == connect.EventExit // it has ended with this
		for n, body := range t.tell(e, &shown, last) {
			out = append(out, numbered{e.Seq*8 + n, body})
		}
	}
	return out
}

// tell is what one event is in messages. shown is what the page shows.
func (t telling) tell(e connect.Event, shown *string, ends bool) []any {
	institution := t.session.Institution
	if view, ok := strings.CutPrefix(e.Name, connect.EventView); ok {
		*shown = view
	}
	if code, ok := strings.CutPrefix(e.Name, connect.EventError); ok {
		return t.failed(problem.Code(code), e, *shown, ends)
	}
	if e.Name == connect.EventExit {
		return t.left()
	}
	if s, ok := simple[e.Name]; ok {
		m := step{Step: s.step}
		if s.institution {
			m.Institution = institution
		}
		switch e.Name {
		case connect.EventView + string(connect.Institution):
			m.Cached = new(bool)
		case connect.EventInstitutionSelected:
			m.Institution = e.Data["institution"]
		case connect.EventView + string(connect.Accounts):
			m.TotalAccounts, m.DisplayedAccounts = counted(e.Data["shown"]), counted(e.Data["eligible"])
		case connect.EventAccountsSelected:
			m.AccountID = t.accountID()
		case connect.EventConsentAccepted:
			if t.session.Terms != "" {
				return []any{m, step{Step: stepAcceptTerms}}
			}
		}
		return []any{m}
	}
	if kind, ok := strings.CutPrefix(e.Name, connect.EventView); ok && kind != string(connect.Waiting) {
		return []any{step{Step: stepLoadMFA, Institution: institution, MFATypes: []string{typeOf(connect.Kind(kind))}}}
	}
	return nil
}

// failed tells that the bank, or the API in front of it, has refused something. What the page
// itself asks for again has met no API.
func (t telling) failed(code problem.Code, e connect.Event, shown string, ends bool) (out []any) {
	s := t.session
	institution := s.Institution
	if v := e.Data["institution"]; v != "" {
		institution = v
	}
	tooMany := code == problem.LoginLocked && ends && s.MaxLogins > 0 && s.Wrong >= s.MaxLogins
	switch {
	case code == problem.InvalidRequest || code == problem.RateLimited:
		return nil
	case code == problem.SessionExpired:
		return []any{step{Step: stepExpired}}
	case tooMany:
		out = append(out, t.refusal(problem.LoginInvalid, e, institution), step{Step: stepTooMany, Institution: institution})
		return out
	case shown == string(connect.Institution):
		out = append(out, step{Step: stepDisabled, Institution: institution})
	case code == problem.LoginLocked && s.Trouble != nil && s.Trouble.Field == "answer":
		code = problem.ChallengeInvalid // the answers were at fault
	}
	out = append(out, t.refusal(code, e, institution))
	switch {
	case ends:
	case shown == string(connect.Credentials):
		out = append(out, step{Step: stepRetryLogin, Institution: institution})
	case code == problem.ChallengeInvalid || code == problem.ChallengeExpired:
		out = append(out, step{Step: stepRetryMFA, Institution: institution})
	}
	return out
}

// refusal is what the API says.
func (t telling) refusal(code problem.Code, e connect.Event, institution string) refusal {
	f := refusal{RequestID: t.session.ID, FlinksCode: codes[code].code, Institution: institution}
	if code == problem.LoginInvalid && e.Data["user"] == "unknown" {
		f.FlinksCode = "INVALID_USERNAME"
	}
	if t.option(optErrorStep) == "code" {
		f.Step = f.FlinksCode
	}
	return f
}

// left tells that the user has closed the page. Who has denied the consent, or was refused, has
// closed nothing.
func (t telling) left() []any {
	s := t.session
	if s.Step != connect.Cancelled || s.Trouble == nil || s.Trouble.Code != problem.UserCancelled {
		return nil
	}
	return []any{step{Step: stepClosed, Institution: s.Institution}}
}

// counted is a number that an event has noted, nil where it has none.
func counted(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

// accountID is what was chosen, as the message has it: a list where several could be.
func (t telling) accountID() any {
	switch {
	case len(t.accounts) == 0:
		return nil
	case t.many:
		return t.accounts
	}
	return t.accounts[0]
}

// typeOf is Flinks' word for a kind of challenge.
func typeOf(kind connect.Kind) string {
	if word := types[kind]; word != "" {
		return word
	}
	return questionType
}

// Messages tells what happens as it happens, and the end.
func (Provider) Messages(e engine.Ending) engine.Messages {
	out := engine.Messages{Events: []engine.HostMessage{}, Ending: []engine.HostMessage{}, Notes: noted(e.Session.Notice)}
	switch e.Session.Params[paramHosted] {
	case "", productExpress: // a page that nobody frames, or a page over a session of the API alone
		return out
	case productCustom: // which tells by its redirect alone
		out.Auto, out.Ending = e.Session.Step.Final() && e.Session.Step != connect.Expired, append(out.Ending, engine.HostMessage{})
		return out
	}
	t := tellingOf(e)
	for _, m := range t.steps() {
		out.Events = append(out.Events, engine.HostMessage{Seq: m.seq, Post: m.body})
	}
	on := func(name string) engine.HostMessage { return engine.HostMessage{Post: step{Step: name}} }
	out.Signals = map[string]engine.HostMessage{
		engine.SignalOnline: on("APP_ONLINE"), engine.SignalOffline: on("APP_OFFLINE"),
		engine.SignalPopupOpened: on("POPUP_OPENED"), engine.SignalPopupBlocked: on("POPUP_BLOCKED"),
		engine.SignalForgotPassword: on("COMPONENT_CLICK_RESET_PASSWORD"), engine.SignalTerms: on("COMPONENT_CLICK_TERMS_URL"),
	}
	if e.Session.Params[qFixed] == "false" {
		out.Signals[engine.SignalResize] = engine.HostMessage{Post: resized{Step: "APP_RESIZE", Height: "${height}"}}
	}
	if e.Session.Step != connect.Succeeded {
		return out
	}
	out.Auto = true // the real page shows no button either
	out.Ending = append(out.Ending, engine.HostMessage{Post: t.redirect(redirectURL(e))})
	return out
}

// noted are the lines of a notice.
func noted(notice string) []string {
	if notice == "" {
		return nil
	}
	return strings.Split(notice, "\n")
}

// resized is told where the page may grow (the key is inferred).
type resized struct {
	Step   string `json:"step"`
	Height string `json:"height"` // a number once it is told
}

// tellingOf gathers what the messages of a session are made of.
func tellingOf(e engine.Ending) telling {
	return telling{
		session: e.Session, option: e.Option, accounts: chosenAccounts(e),
		many: e.Session.Params[qMultiple] == "true",
	}
}

// redirect is the end.
func (t telling) redirect(to string) redirect {
	s := t.session
	r := redirect{Step: stepRedirect, Institution: s.Institution, URL: to}
	if t.option(optRedirectMessage) == "url" {
		return r
	}
	r.LoginID, r.RequestID, r.AccountID = s.Connection, s.ID, t.accountID()
	return r
}

// HandBack is where the browser goes at the end, and empty where it stays: a user who closes, and
// one who is refused, is led nowhere (documented), as is nobody with jsRedirect.
func (Provider) HandBack(e engine.Ending) string {
	s := e.Session
	if s.Params[paramHosted] == productCustom {
		return customRedirect(s)
	}
	if s.Step != connect.Succeeded || s.Params[qRedirect] == "" || s.Params[qScript] == "true" {
		return ""
	}
	return redirectURL(e)
}

// redirectURL is the app's address with what Connect adds to it. Which order and which encodings
// are right sources do not agree on, so options say; without an address it is the query alone
// (invented).
func redirectURL(e engine.Ending) string {
	s := e.Session
	institution := s.Institution
	if e.Option(optRedirectBank) == "number" {
		institution = strconv.Itoa(numberOf(s.Institution))
	}
	accounts := strings.Join(chosenAccounts(e), ",")
	if accounts = url.QueryEscape(accounts); e.Option(optRedirectCommas) == "plain" {
		accounts = strings.ReplaceAll(accounts, "%2C", ",")
	}
	pairs := []struct{ name, value string }{
		{"loginId", s.Connection}, {"tag", url.QueryEscape(s.Params[paramTag])}, {"accountId", accounts}, {"institution", url.QueryEscape(institution)},
	}
	switch e.Option(optRedirectOrder) {
	case "institution_first":
		pairs = append(pairs[3:], pairs[:3]...)
	case "demo_first":
		if s.Params[qDemo] == "true" {
			pairs = append([]struct{ name, value string }{{"demo", "true"}}, pairs...)
		}
	}
	var query []string
	for _, p := range pairs {
		if p.value != "" {
			query = append(query, p.name+"="+p.value)
		}
	}
	return withQuery(s.Params[qRedirect], strings.Join(query, "&"), e.Option(optRedirectFragment) == "behind")
}

// withQuery adds parameters to an address: behind a query that it has, and before a fragment or,
// as joining texts does, behind it.
func withQuery(to, query string, behind bool) string {
	fragment := ""
	if at := strings.IndexByte(to, '#'); at >= 0 && !behind {
		to, fragment = to[:at], to[at:]
	}
	sep := "?"
	if strings.Contains(to, "?") {
		if sep = "&"; strings.HasSuffix(to, "?") || strings.HasSuffix(to, "&") {
			sep = ""
		}
	}
	return to + sep + query + fragment
}

// chosenAccounts are the ids of the accounts that the user chose, as the API has them; none where
// the page did not ask.
func chosenAccounts(e engine.Ending) (out []string) {
	s := e.Session
	if v := s.Params[qResume]; v != "" {
		return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
	}
	if !s.Has(connect.Accounts) {
		return nil
	}
	for _, a := range e.Accounts { // of the card, which has all of them as soon as its data is there
		if slices.Contains(s.Accounts, a.Key) {
			out = append(out, guidOf(a.ID))
		}
	}
	return out
}
