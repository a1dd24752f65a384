package widget

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/web"
)

// challengeStates is the one table from the machine's challenges to the states of the
// testing contract.
var challengeStates = map[connect.Kind]string{
	connect.Question: "mfa_question", connect.Choice: "mfa_select", connect.MultiChoice: "mfa_select",
	connect.MethodSelection: "mfa_select", connect.Image: "mfa_image",
	connect.OTPSMS: "mfa_code", connect.OTPEmail: "mfa_code", connect.OTPCall: "mfa_code", connect.OTPApp: "mfa_code",
	connect.HardwareToken: "mfa_device", connect.ChipTAN: "mfa_device", connect.CoordinateCard: "mfa_card",
	connect.PhotoTAN: "mfa_qr", connect.QR: "mfa_qr", connect.Push: "mfa_push",
	connect.Captcha: "captcha", connect.Redirect: "oauth",
}

// stepStates is the same for steps.
var stepStates = map[connect.Step]string{
	connect.Consent: "consent", connect.Institution: "institutions", connect.AccessMethod: "access_method", connect.Credentials: "credentials",
	connect.Waiting: "connecting", connect.Accounts: "accounts", connect.Succeeded: "success",
	connect.Cancelled: "done", connect.Failed: "error", connect.Expired: "expired",
}

// atBank says whether the user is wanted on the bank's own page.
func atBank(s connect.Session, b connect.Behaviour) bool {
	asked := s.Step == connect.Challenging && s.Challenge < len(b.Challenges)
	return s.OnBankPage() || asked && b.Challenges[s.Challenge].Kind == connect.Redirect
}

// bankState gives the state that the bank's own page shows.
func bankState(s connect.Session, b connect.Behaviour) string {
	if s.Step == connect.Challenging {
		if state := stateOf(s, b); state != "oauth" {
			return state
		}
	}
	return "bank"
}

// stateOf gives the state that a page shows that is not the bank's.
func stateOf(s connect.Session, b connect.Behaviour) string {
	if s.Step == connect.Challenging {
		if s.Challenge >= len(b.Challenges) {
			return "connecting"
		}
		return challengeStates[b.Challenges[s.Challenge].Kind]
	}
	if s.Step == connect.Credentials && s.Trouble != nil {
		switch s.Trouble.Code {
		case problem.InstitutionUnavailable, problem.ActionRequired, problem.PermissionMissing:
			return "error"
		}
	}
	return stepStates[s.Step]
}

// pollEvery is how often a waiting page asks again, in seconds of the browser.
const pollEvery = 2

func (h *handler) render(c *engine.Call, s connect.Session, b connect.Behaviour, state string) (engine.Reply, error) {
	man, ofBank := c.Manifest(), isBankPage(c)
	if c.Query("exit") != "" && !s.Step.Final() {
		state = "exit_confirm"
	}
	back, messages, err := c.Telling(s)
	if err != nil {
		return engine.Reply{}, err
	}
	p := web.Page{
		Base: c.Root(), Skin: man.Skin, Lang: c.Lang(s), State: state, Rev: s.Rev, Action: c.LocalURL(),
		Framed: c.Framed(), CanClose: !s.NoClose && !s.Step.Final() && state != "exit_confirm" && !ofBank, AtBank: ofBank, Ribbon: ribbon(c, s), App: cmp.Or(s.App, c.AppName()),
		DoneURL: back, Top: s.Hosting.Top, Refreshes: s.Purpose == connect.Assist,
	}
	if messages != nil && !ofBank {
		p.Messages = messages
	}
	if s.Look != nil && !ofBank {
		_, warnings := c.LookCSS(s)
		p.LookURL, p.Texts, p.Brand, p.Warn = home(c, s)+"/look.css", s.Look.Texts, s.Look.Name, strings.Join(warnings, " ")
	}
	if s.Trouble != nil && state != "exit_confirm" && (ofBank || !s.OnBankPage()) { // the bank says itself what is wrong there
		p.Error, p.Missing, p.Reason = string(s.Trouble.Code), s.Trouble.Missing, s.Trouble.Reason
		if helps(s) {
			p.Why = s.Trouble.Detail
		}
		if state == "error" {
			p.ProviderCode = c.ProviderCode(s.Trouble.Code)
		}
	}
	if i, ok := c.Institution(s); ok {
		p.Institution = &web.Institution{ID: i.ID, Name: i.Name, Status: string(i.Status)}
	}
	if err := fill(&p, c, s, b); err != nil {
		return engine.Reply{}, err
	}
	body, err := h.s.Renderer().Page(p)
	if err != nil {
		return engine.Reply{}, err
	}
	r := engine.HTML(http.StatusOK, body)
	r.Header = c.FramedHeader(formTarget(p.DoneURL))
	return r, nil
}

// codes are those by which a bank is found.
func codes(c bank.Codes) string { return strings.TrimSpace(c.Bank + " " + c.BIC) }

// fill adds what belongs to a state.
func fill(p *web.Page, c *engine.Call, s connect.Session, b connect.Behaviour) (err error) {
	other := s.Has(connect.Institution) && !s.Preselected
	p.CanBack = s.Back(b) != ""
	switch p.State {
	case "institutions":
		p.Query = c.Query("q")
		if p.Why == "" && helps(s) {
			p.Why = s.Notice
		}
		p.Requested = len(s.Events) > 0 && s.Events[len(s.Events)-1].Name == connect.EventInstitutionRequested
		if err := c.Meet("institutions.list"); problem.Ours(err) {
			return err
		} else if err != nil {
			e := problem.From(err)
			p.ListFailed, p.Requested, p.Error = true, false, string(e.Code)
			if helps(s) {
				p.Why = e.Detail
			}
			break
		}
		for _, i := range c.Offered(s) {
			p.Institutions = append(p.Institutions, web.Institution{ID: i.ID, Name: i.Name, Status: tile(i.Status), Codes: codes(i.CodesOf())})
		}
	case "access_method":
		for _, way := range c.Manifest().MethodsOf(s.Institution) {
			p.Options = append(p.Options, web.Option{ID: way.ID, Label: cmp.Or(way.Label[p.Lang], way.ID)})
		}
	case "credentials":
		p.Fields, p.Hints = form(c, s)
	case "bank":
		switch s.Step {
		case connect.Credentials:
			p.Fields, p.Hints = form(c, s)
		case connect.Accounts:
			p.Single = b.Rules.Single
			p.Options, err = offered(c, s, b)
		case connect.Challenging: // the answer may come from elsewhere
			p.Refresh = pollEvery
		}
	case "oauth":
		p.Refresh = pollEvery
		p.PopUp = s.Hosting.Bank == connect.PopUp || s.Hosting.Bank == "" && p.Framed
	case "error":
		p.CanRetry, p.CanOther = !s.Step.Final(), other && !s.Step.Final()
	case "connecting":
		p.Phase, p.Refresh = "syncing", pollEvery
		p.Slow = b.Ready.When == connect.After && s.ReadyFrom.Add(b.Ready.After).Sub(c.Now) >= time.Minute
	case "accounts":
		p.Single = b.Rules.Single
		p.Options, err = offered(c, s, b)
	case "success":
		p.AccountCount = len(s.Accounts)
		if m, ok := p.Messages.(*engine.Messages); p.DoneURL != "" && helps(s) && (!ok || m.Target == "") {
			// A plain browser cannot follow an app's own scheme: here is what it would carry.
			p.Hints = append(p.Hints, web.Hint{Name: "hand-back", Label: p.DoneURL})
		}
	case "consent":
		p.TermsURL = s.Terms
		for n, line := range s.Asks {
			p.Options = append(p.Options, web.Option{ID: strconv.Itoa(n), Label: line})
		}
	case "done", "expired", "exit_confirm":
	default:
		challenge(p, c, s, b.Challenges[s.Challenge])
	}
	return err
}

// offered are the accounts to choose from.
func offered(c *engine.Call, s connect.Session, b connect.Behaviour) (out []web.Option, err error) {
	accounts, err := c.Offer(s, b)
	for _, a := range accounts {
		out = append(out, web.Option{ID: a.Key, Label: a.Name, Detail: a.Detail, Selected: a.Ticked, Disabled: !a.Open, Why: a.Barred})
	}
	return out, err
}

// helps says whether a page shows what no bank would: who can log in, and why.
func helps(s connect.Session) bool { return !s.Page.NoHints }

// tile is the status that a list shows; an institution under maintenance is down.
func tile(s connect.Status) string {
	if s == connect.Maintenance {
		return string(connect.Down)
	}
	return string(s)
}

// form gives the login's inputs, filled from a hint where one was chosen.
func form(c *engine.Call, s connect.Session) ([]web.Field, []web.Hint) {
	man := c.Manifest()
	inputs := man.FormOf(s)
	values := inputs.WithUsername(s.Typed, cmp.Or(s.Username, s.Prefill))
	shown, fixed := false, engine.FixedUser(s)
	var hints []web.Hint
	for _, hint := range man.Hints {
		if !helps(s) {
			break
		}
		if fixed != "" && !sameUser(hint.Username, fixed) {
			continue // nobody may become another user here
		}
		if hint.Institution != "" && hint.Institution != s.Institution {
			continue
		}
		hints = append(hints, web.Hint{Name: hint.Name, Label: hint.Label, URL: c.LocalURL() + "?fill=" + url.QueryEscape(hint.Name)})
		if hint.Name == c.Query("fill") {
			given := connect.Login(cmp.Or(fixed, hint.Username), hint.Password)
			maps.Copy(given, hint.Fields)
			values, shown = inputs.Sampled(given), true
		}
	}
	out := make([]web.Field, len(inputs))
	for i, f := range inputs {
		field := web.Field{
			Name: f.Name, Type: f.Type, InputMode: f.InputMode, Autocomplete: f.Autocomplete, Value: values[f.Name],
			LabelKey: f.Label[c.Lang(s)], Optional: f.Optional, MinLength: f.MinLength, MaxLength: f.MaxLength,
			ReadOnly: f.Role == connect.Username && fixed != "",
			Invalid:  s.Trouble != nil && s.Trouble.Field == f.Name,
		}
		if f.Role == connect.Username {
			field.MaxLength = 0 // a scenario may stand behind the name; the length is looked at without it
		}
		if f.Role == connect.Secret {
			field.Type = cmp.Or(f.Type, "password")
		}
		if field.Type == "password" && shown {
			field.Type = "text" // a published test password is no secret, and script is not needed to fill it
		}
		out[i] = field
	}
	return out, hints
}

var userPunctuation = strings.NewReplacer(".", "", "-", "", " ", "")

// sameUser compares user names as banks do that take punctuation or leave it out.
func sameUser(a, b string) bool {
	return strings.EqualFold(userPunctuation.Replace(a), userPunctuation.Replace(b))
}

// challenge adds what a second factor shows.
func challenge(p *web.Page, c *engine.Call, s connect.Session, ch connect.Challenge) {
	p.Kind, p.Prompt, p.Cells = string(ch.Kind), ch.Prompt, ch.Cells
	p.CanResend = ch.ResendMax > 0 || !ch.Kind.Sent() && !s.AnswerBy.IsZero() && !c.Now.Before(s.AnswerBy)
	if wait := s.SentAt.Add(ch.ResendAfter).Sub(c.Now); wait > 0 && !c.Sandbox.Clock.Frozen {
		p.ResendIn = int((wait + time.Second - 1) / time.Second)
	}
	for _, o := range ch.Options {
		p.Options = append(p.Options, web.Option{ID: o, Label: o})
	}
	if ch.Kind.Shown() && ch.Kind != connect.Image {
		p.Prompt = connect.Code(s)
	}
	if ch.Kind.Decoupled() {
		p.Refresh = pollEvery
	}
	if helps(s) {
		answers(p, c, s, ch)
	}
	if left := s.AnswerBy.Sub(c.Now); !s.AnswerBy.IsZero() && left > 0 {
		p.Expires = countdown(left)
	}
}

// answers offers what the bank accepts: the code that it has sent, and a right answer, to
// fill in where it is typed and to read where it is chosen. What is approved elsewhere has
// its phone beside the page.
func answers(p *web.Page, c *engine.Call, s connect.Session, ch connect.Challenge) {
	if ch.Kind.Sent() {
		p.Hints = append(p.Hints, web.Hint{Name: "code", Label: connect.Code(s)})
	}
	right := ch.Right(s)
	if len(right) == 0 || ch.Kind.Decoupled() {
		return
	}
	hint := web.Hint{Name: "answer", Label: strings.Join(right, " · ")}
	if ch.Kind.Chosen() {
		for _, a := range right {
			if !slices.ContainsFunc(ch.Options, func(o string) bool { return strings.EqualFold(o, a) }) {
				return // the script has made it impossible
			}
		}
	} else {
		hint.URL = c.LocalURL() + "?fill=answer"
		if c.Query("fill") == hint.Name {
			p.Answers = right
		}
	}
	p.Hints = append(p.Hints, hint)
}

// countdown says how long is left, never less: in seconds below two minutes, else in minutes.
func countdown(d time.Duration) string {
	seconds := int((d + time.Second - 1) / time.Second)
	if seconds < 120 {
		return strconv.Itoa(seconds) + " s"
	}
	return strconv.Itoa((seconds+59)/60) + " min"
}

// ribbon says on every page that it is a simulator, and what runs.
func ribbon(c *engine.Call, s connect.Session) web.Ribbon {
	scenario, _ := c.ScenarioOf(s)
	return web.Ribbon{
		Provider: c.Manifest().Title, Sandbox: c.Sandbox.Name, Scenario: scenario,
		Clock: c.Now.UTC().Format("2006-01-02T15:04:05Z"), Seed: strconv.FormatUint(c.Sandbox.Seed, 10),
		Session: s.Handle, Compact: s.Page.Compact,
	}
}

// formTarget is what the content policy must allow a form to end at: the origin of an
// http address, or the scheme of another.
func formTarget(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Scheme == "" {
		return ""
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}
