package web

import (
	"slices"

	"github.com/a-h/templ"
)

// Page is everything one widget page shows. Texts of the bank or the app
// (App, Prompt, names, labels) are literals and are escaped; all other words
// come from the skin by key. The zero value of an optional field leaves its
// part of the page out.
type Page struct {
	Base string // URL prefix of the server, "" or "/~ci42"; assets live under Base + "/_stunt/assets/"
	Skin string // skin folder
	Lang string // one of Languages(Skin)

	State   string            // one of States()
	Rev     int               // revision of the session, posted back as "rev"
	Brand   string            // name beside the logo: the company's own; empty: none
	LookURL string            // style sheet of the app's own look, behind the skin's; empty: none
	Texts   map[string]string // words in place of the skin's, by their keys
	Warn    string            // what the script tells the developer on the browser's console

	Action string // path of this session: form target and base of ?exit, ?lang and ?q
	Framed bool   // inside a frame: no outer margin and shadow
	AtBank bool   // a page of the bank's own, which has no skin
	PopUp  bool   // oauth: the bank's page opens in a window of its own

	Error        string   // neutral problem code, shown by the text error.<code>
	Reason       string   // why the input at fault is wrong: too_short, too_long
	Missing      []string // inputs that were left empty: by name, a challenge's by number from 1
	Why          string   // what the simulator says to a developer, of the error or of the page; a literal
	ProviderCode string   // the provider's own word for it
	Phase        string   // connecting: starting verifying syncing finishing
	Slow         bool     // connecting: it takes minutes
	App          string   // who asks for the data

	Institution  *Institution // the chosen one
	Institutions []Institution
	Query        string // institutions: what was searched for; filters the list
	ListFailed   bool   // institutions: there is no list, because it could not be had
	Requested    bool   // institutions: the user has just asked for one that is missing
	TermsURL     string // consent: terms of the app that must be agreed to apart
	Fields       []Field
	Options      []Option // accounts, choices, images, access methods; consent: what is asked for
	Single       bool     // accounts: exactly one may be chosen

	Prompt string   // question, masked channel, captcha text, QR content: literal words of the bank
	Kind   string   // challenge kind, chooses the texts mfa.<kind>.title and mfa.<kind>.lead
	Cells  []string // coordinate card positions, "A1"

	Answers []string // what the inputs of a challenge hold, where a hint has filled them

	CanResend bool
	CanBack   bool
	CanClose  bool
	CanRetry  bool // error and oauth: offer the same again
	CanOther  bool // error: offer another institution

	ResendIn     int    // seconds of the browser until sending again makes sense; 0 now
	Expires      string // countdown for people, "4 min"
	Refresh      int    // seconds until the page asks again by itself; 0 never
	OpenURL      string // oauth: the bank's own page; Action + "/bank" when empty
	DoneURL      string // way back to the app; any scheme but javascript:, data: and vbscript:
	Top          bool   // the way back takes the whole window along, out of a frame
	AccountCount int
	Refreshes    bool // the session gives a refresh its second factor: nothing is connected

	Hints  []Hint
	Ribbon Ribbon

	Messages any // what the script tells the app around the page, as JSON; nil: nothing
}

// Institution is a bank in the list. Status is ok, degraded, down,
// unsupported or disabled; empty means ok.
type Institution struct {
	ID, Name, Status string
	Codes            string // by which it is found beside its name, with blanks between them: a bank code, a BIC
}

// Field is one input. Type is text (default), password, tel or email; a
// password is never rendered back. LabelKey is a text key, or the label
// itself if no such text exists; by default it is field.<Name>.
type Field struct {
	Name, Type, Value       string
	InputMode, Autocomplete string
	ReadOnly, Invalid       bool
	Optional                bool
	MinLength, MaxLength    int // in characters; 0: no limit
	LabelKey                string
}

// Option is one choice. Detail stands at its end (a balance, a hint).
type Option struct {
	ID, Label, Detail  string
	Selected, Disabled bool
	Why                string // why it is disabled: a word of the texts account.why.*, or a sentence
}

// Hint is a help of the simulator: with URL a link that fills the form,
// without URL a value to read, such as {Name: "code", Label: "0000"}.
type Hint struct{ Name, Label, URL string }

// Ribbon says on every page that this is a simulator and what it runs.
// Compact hides all of it but the word.
type Ribbon struct {
	Provider, Sandbox, Scenario, Clock, Seed, Session string
	Compact                                           bool
}

// states are the names in data-state: the public testing contract.
var states = []string{
	"consent", "institutions", "institution_status", "access_method", "credentials", "connecting",
	"mfa_code", "mfa_question", "mfa_select", "mfa_image", "mfa_card", "mfa_device", "mfa_push", "mfa_qr",
	"captcha", "oauth", "bank", "accounts", "success", "error", "exit_confirm", "expired", "done",
}

// States lists every value of Page.State, in the order of a journey.
func States() []string { return slices.Clone(states) }

// steps are the controls of each state.
var steps = map[string]func(*view) templ.Component{
	"consent": consent, "institutions": institutions, "institution_status": institutionStatus,
	"access_method": accessMethods, "credentials": credentials,
	"connecting": connecting, "mfa_code": codePage, "mfa_question": questionPage, "mfa_select": selectPage, "mfa_image": imagePage,
	"mfa_card": cardPage, "mfa_device": codePage, "mfa_push": pushPage, "mfa_qr": qrPage, "captcha": captchaPage,
	"oauth": oauth, "bank": bankPage, "accounts": accountsPage, "success": successPage, "error": errorPage,
	"exit_confirm": exitPage, "expired": expiredPage, "done": donePage,
}
