package flinks

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// valueKind says what a parameter's value must look like.
type valueKind int

// Kinds of parameters.
const (
	anyText valueKind = iota // any text
	onOff                    // true or false; without a value it is true
	oneOf                    // one of a list
	colour                   // hex digits without a hash
	ratio                    // a number from 0 to 1
	whole                    // a whole number from 1
	address                  // where a browser may be sent
)

// parameter is one that the address of a Connect page may have.
type parameter struct {
	name      string   // as documented; any case is understood
	also      []string // other spellings
	kind      valueKind
	values    []string // of a word
	otherwise string   // what holds where it is not sent
	fidelity  string
	help      string
}

// Names of parameters that the code itself asks for.
const (
	qToken       = "authorizeToken"
	qDemo        = "demo"
	qOutbound    = "demoOutbound"
	qLanguage    = "language"
	qRedirect    = "redirectUrl"
	qInner       = "innerRedirect"
	qScript      = "jsRedirect"
	qSameWindow  = "oauthWindowRedirect"
	qWebview     = "webview"
	qStringify   = "stringify"
	qTag         = "tag"
	qName        = "customerName"
	qCustomer    = "customerId"
	qConsent     = "consentEnable"
	qConsentText = "consentTitleAppendedText"
	qTerms       = "termsUrl"
	qTermsNoBox  = "termsNoCheckbox"
	qInstitution = "institution"
	qFilter      = "institutionFilterEnable"
	qLocation    = "institutionsLocation"
	qLogin       = "loginId"
	qRequest     = "requestId"
	qResume      = "resumeSelectedAccounts"
	qSchedule    = "scheduleRefresh"
	qQuestions   = "enhancedMFA"
	qDays        = "daysOfTransactions"
	qSelector    = "accountSelectorEnable"
	qMultiple    = "accountSelectorMultiple"
	qCurrency    = "accountSelectorCurrency"
	qNoTitle     = "accountSelectorNoTitle"
	qAll         = "showAllAccounts"
	qOperations  = "showAllOperationsAccounts"
	qFetchAll    = "fetchAllAccounts"
	qRatio       = "eftEligibleRatio"
	qSummary     = "waitSummary"
	qStatements  = "detailsAndStatementEnable"
	qMonths      = "monthsOfStatements"
	qRetry       = "maximumRetry"
	qClose       = "closeEnable"
	qBack        = "backEnable"
	qHeader      = "headerEnable"
	qHeaderImg   = "headerImgEnable"
	qTheme       = "theme"
	qBackground  = "backgroundColor"
	qForeground1 = "foregroundColor1"
	qForeground2 = "foregroundColor2"
	qFixed       = "fixedHeightEnable"
	qBox         = "boxLayout"
	qFeatures    = "features"
	qPadding     = "removePadding"
)

// parameters are those that the documentation names, and those that apps send besides.
var parameters = []parameter{
	{name: qToken, kind: anyText, fidelity: "documented", help: "a token of GenerateAuthorizeToken; one that does not work posts TOKEN_INVALID"},
	{name: qDemo, also: []string{"toolbox"}, kind: onOff, otherwise: "false", fidelity: "documented", help: "offers the test institution alone"},
	{name: qOutbound, kind: onOff, otherwise: "false", fidelity: "documented", help: "logs in on the bank's own page"},
	{name: qLanguage, kind: oneOf, values: []string{"en", "fr"}, otherwise: "en", fidelity: "documented", help: "language of the pages"},
	{
		name: qRedirect, also: []string{"redirectUri", "redirect_url", "redirect_uri"}, kind: address, fidelity: "documented",
		help: "where the browser goes at the end; a query that it has is kept, schemes of apps work",
	},
	{name: qInner, kind: onOff, otherwise: "false", fidelity: "documented", help: "goes there inside the frame instead of in the top window"},
	{name: qScript, kind: onOff, otherwise: "false", fidelity: "documented", help: "goes nowhere: REDIRECT is posted, and the page stays"},
	{name: qSameWindow, kind: onOff, otherwise: "false", fidelity: "documented", help: "opens the bank's own page in the same window, not in a pop-up"},
	{name: qWebview, kind: onOff, otherwise: "false", fidelity: "documented", help: "posts to window.ReactNativeWebView, too, always as text"},
	{name: qStringify, kind: onOff, otherwise: "false", fidelity: "documented", help: "posts JSON text instead of objects"},
	{name: qTag, kind: anyText, fidelity: "documented", help: "comes back in the redirect, in the API and in webhooks"},
	{name: qName, kind: anyText, fidelity: "documented", help: "who asks, in the text of the consent"},
	{name: qCustomer, kind: anyText, fidelity: "client", help: "whose card it becomes; without it that is the option page_customer"},
	{name: qConsent, kind: onOff, otherwise: "true", fidelity: "documented", help: "shows the consent first"},
	{name: qConsentText, kind: anyText, fidelity: "documented", help: "stands behind the title of the consent"},
	{name: qFeatures, kind: anyText, fidelity: "documented", help: "what the consent lists: names with commas, such as TransactionHistory,AccountNumber"},
	{name: qTerms, kind: address, fidelity: "documented", help: "your terms, which the user agrees to with the consent"},
	{name: qTermsNoBox, kind: onOff, otherwise: "false", fidelity: "documented", help: "the terms are not asked for"},
	{name: qInstitution, kind: anyText, fidelity: "documented", help: "chooses an institution, by its name or number"},
	{name: qFilter, kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here: the list always has a search field"},
	{name: qLocation, kind: anyText, fidelity: "documented", help: "changes nothing here: all institutions are in Canada"},
	{name: "productType", kind: oneOf, values: []string{"banking", "investment"}, otherwise: "banking", fidelity: "documented", help: "changes nothing here: investments were retired"},
	{name: qLogin, kind: anyText, fidelity: "documented", help: "asks the user of this card to log in again"},
	{name: qRequest, kind: anyText, fidelity: "documented", help: "goes on with an Authorize that answered 203"},
	{name: qResume, kind: anyText, fidelity: "documented", help: "accounts that were chosen before, with commas: the selector is left out"},
	{name: qSchedule, kind: onOff, otherwise: "false", fidelity: "documented", help: "refreshes the new card at night"},
	{
		name: qQuestions, also: []string{"withMFAQuestions"}, kind: onOff, otherwise: "false", fidelity: "documented",
		help: "keeps the security questions for AnswerMFAQuestions",
	},
	{name: "skipEnhancedMFA", kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here: no page asks for the answers"},
	{name: qDays, kind: oneOf, values: []string{"Days90", "Days365", "Days360"}, fidelity: "documented", help: "how many days are fetched"},
	{name: "withTransactions", kind: onOff, otherwise: "true", fidelity: "documented", help: "changes nothing here: transactions are always fetched"},
	{name: qSelector, kind: onOff, otherwise: "false", fidelity: "documented", help: "the user chooses an account; accountId is in the redirect"},
	{name: qMultiple, kind: onOff, otherwise: "false", fidelity: "documented", help: "the user may choose several; accountId is a list in the message"},
	{name: qCurrency, kind: oneOf, values: []string{"cad", "usd"}, fidelity: "documented", help: "offers accounts in this currency"},
	{name: qNoTitle, kind: onOff, otherwise: "false", fidelity: "documented", help: "shows no title above the account selector; who hears the page still gets it"},
	{name: qAll, kind: onOff, otherwise: "false", fidelity: "documented", help: "offers accounts of every kind, whatever the ratio"},
	{name: qOperations, kind: onOff, otherwise: "false", fidelity: "documented", help: "offers all operations accounts, whatever the ratio"},
	{name: qFetchAll, kind: onOff, otherwise: "false", fidelity: "documented", help: "as showAllAccounts"},
	{name: qRatio, kind: ratio, otherwise: "0.8", fidelity: "documented", help: "offers accounts whose EftEligibleRatio is at least this"},
	{name: qSummary, kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here yet: REDIRECT has everything at once, and the data may still be fetched"},
	{name: qStatements, also: []string{"statement"}, kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here yet: GetStatements collects them"},
	{name: qMonths, kind: oneOf, values: []string{"MostRecent", "Months3", "Months12"}, fidelity: "client", help: "changes nothing here yet"},
	{name: qRetry, kind: whole, fidelity: "documented", help: "so many wrong logins end it with MAXIMUM_RETRY_REACHED"},
	{name: qClose, kind: onOff, otherwise: "false", fidelity: "documented", help: "a button to close, which posts COMPONENT_CLOSE_SESSION"},
	{name: qBack, kind: onOff, otherwise: "true", fidelity: "documented", help: "false shows no button back"},
	{name: qHeader, kind: onOff, otherwise: "true", fidelity: "documented", help: "false shows no header bar, and so no language switch and no button to close"},
	{name: qHeaderImg, kind: onOff, otherwise: "true", fidelity: "documented", help: "false shows no logo"},
	{name: qTheme, kind: oneOf, values: []string{"light", "dark", "system"}, otherwise: "system", fidelity: "documented", help: "light or dark; the default is not known"},
	{name: qBackground, kind: colour, fidelity: "documented", help: "six or three hex digits without a hash"},
	{name: qForeground1, kind: colour, fidelity: "documented", help: "of texts"},
	{name: qForeground2, kind: colour, fidelity: "documented", help: "of buttons and links"},
	{name: "desktopLayout", kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here: the layout follows the width"},
	{name: qFixed, kind: onOff, otherwise: "true", fidelity: "documented", help: "false posts APP_RESIZE when the height changes"},
	{name: qBox, kind: onOff, otherwise: "true", fidelity: "documented", help: "false shows the page without its card"},
	{name: qPadding, kind: onOff, otherwise: "false", fidelity: "documented", help: "shows the page without space around it"},
	{name: "staticLoadingEnable", kind: onOff, otherwise: "false", fidelity: "documented", help: "changes nothing here"},
	{name: "loadingType", kind: oneOf, values: []string{"dots", "progressbar"}, fidelity: "documented", help: "changes nothing here"},
}

// ourParameters are the simulator's own.
var ourParameters = []string{
	"stunt_scenario", "stunt_hints", "stunt_ribbon", "stunt_autofinish", "stunt_autopilot", "stunt_lang", "stunt_transport", "stunt_sandbox",
}

// byFolded finds a parameter by any of its spellings, in lower case.
var byFolded = func() map[string]*parameter {
	out := map[string]*parameter{}
	for i := range parameters {
		p := &parameters[i]
		for _, spelling := range append([]string{p.name}, p.also...) {
			out[strings.ToLower(spelling)] = p
		}
	}
	return out
}()

// pageQuery is what the address of a page asks for: by documented name, only what was sent and can be
// followed. Notes say to a developer what could not, or was put right.
type pageQuery struct {
	values map[string]string
	notes  []string
}

// get is the value of a parameter, or what holds where it is not sent.
func (a pageQuery) get(name string) string {
	if v, ok := a.values[name]; ok {
		return v
	}
	return byFolded[strings.ToLower(name)].otherwise
}

func (a *pageQuery) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(a.notes, text) {
		a.notes = append(a.notes, text)
	}
}

// parseQuery reads the query of a page's address as apps write it, which is not always well: with a second
// question mark, with &amp;, with a redirect address that is not or twice encoded, with parameters
// without a value. An error is a *problem.Error about an address that no browser should be sent to.
func parseQuery(raw string) (pageQuery, error) {
	a := pageQuery{values: map[string]string{}}
	rest := strings.Split(strings.TrimLeft(raw, "?&"), "&")
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if trimmed := strings.TrimLeft(strings.TrimPrefix(part, "amp;"), "?"); trimmed != part {
			a.note("the address has %q before a parameter: write a plain &", strings.TrimSuffix(part, trimmed))
			part = trimmed
		}
		if part == "" {
			continue
		}
		name, value, valued := strings.Cut(part, "=")
		if before, _, second := strings.Cut(name, "?"); second {
			a.note("the address has a second ? behind %s: write & there", before)
			rest = slices.Insert(rest, 0, part[len(before)+1:])
			name, value, valued = before, "", false
		}
		name = a.decoded(name)
		p := byFolded[strings.ToLower(name)]
		if p == nil {
			if !slices.Contains(ourParameters, strings.ToLower(name)) {
				a.note("%.60q is no parameter of Connect and is ignored; one of the redirectUrl belongs into it with encodeURIComponent", name)
			}
			continue
		}
		if before, after, second := strings.Cut(value, "?"); second && p.kind != address && p.kind != anyText {
			a.note("the address has a second ? behind %s: write & there", p.name)
			value, rest = before, slices.Insert(rest, 0, after)
		}
		if _, again := a.values[p.name]; again {
			a.note("%s is there more than once: the first counts", p.name)
			continue
		}
		if err := a.take(p, a.decoded(value), valued); err != nil {
			return a, err
		}
	}
	return a, nil
}

// decoded is a text without percent-encoding, or as it is where that is broken.
func (a *pageQuery) decoded(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		a.note("%.60q is not encoded well: use encodeURIComponent", text)
		return text
	}
	return plain
}

// take keeps a value, if it is one.
func (a *pageQuery) take(p *parameter, value string, valued bool) error {
	trimmed := strings.TrimSpace(value)
	switch p.kind {
	case onOff:
		on, err := strconv.ParseBool(strings.ToLower(trimmed))
		if trimmed == "" && !valued {
			on, err = true, nil
		}
		if err != nil {
			a.note("%s is %.40q: pass true or false; %s holds", p.name, value, p.otherwise)
			return nil
		}
		a.values[p.name] = strconv.FormatBool(on)
	case oneOf:
		i := slices.IndexFunc(p.values, func(v string) bool { return strings.EqualFold(v, trimmed) })
		if i < 0 {
			if trimmed != "" {
				a.note("%s is %.40q: pass %s", p.name, value, strings.Join(p.values, " or "))
			}
			return nil
		}
		a.values[p.name] = p.values[i]
	case colour:
		hex := strings.ToLower(strings.TrimPrefix(trimmed, "#"))
		if !hexColour.MatchString(hex) {
			a.note("%s is %.40q: pass six hex digits without a hash, 0b6e5b for example", p.name, value)
			return nil
		}
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		a.values[p.name] = hex
	case ratio:
		if f, err := strconv.ParseFloat(trimmed, 64); err != nil || !(f >= 0 && f <= 1) {
			a.note("%s is %.40q: pass a number from 0 to 1; %s holds", p.name, value, p.otherwise)
			return nil
		}
		a.values[p.name] = trimmed
	case whole:
		if n, err := strconv.Atoi(trimmed); err != nil || n < 1 {
			a.note("%s is %.40q: pass a number from 1", p.name, value)
			return nil
		}
		a.values[p.name] = trimmed
	case address:
		return a.takeAddress(p, trimmed)
	default:
		if trimmed != "" {
			a.values[p.name] = trimmed
		}
	}
	return nil
}

var (
	hexColour = regexp.MustCompile(`^(?:[0-9a-f]{3}|[0-9a-f]{6})$`)
	aScheme   = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)
	hostPort  = regexp.MustCompile(`^[A-Za-z0-9.-]+:\d+(?:[/?#]|$)`)
)

// takeAddress keeps an address to which a browser may be sent: of http, of https, or of an app's
// own scheme.
func (a *pageQuery) takeAddress(p *parameter, value string) error {
	if value == "" {
		return nil
	}
	if !aScheme.MatchString(value) && strings.Contains(value, "%3") {
		a.note("%s is encoded twice: use encodeURIComponent once", p.name)
		value = a.decoded(value)
	}
	clean := strings.Map(func(r rune) rune { // as browsers do before they look for the scheme
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, value)
	found := aScheme.FindStringSubmatch(clean)
	switch {
	case found == nil || hostPort.MatchString(clean):
		return problem.Invalid(p.name, problem.Format, "%s is %.80q: pass a whole address, https://app.example/done for example", p.name, value)
	case slices.Contains([]string{"javascript", "data", "vbscript", "blob", "about"}, strings.ToLower(found[1])):
		return problem.Invalid(p.name, problem.NotAllowed, "%s begins with %s: which a browser would run or show as a page; pass https, http or your app's own scheme", p.name, strings.ToLower(found[1]))
	}
	if u, err := url.Parse(clean); err != nil || strings.HasPrefix(strings.ToLower(found[1]), "http") && u.Host == "" {
		return problem.Invalid(p.name, problem.Format, "%s is %.80q, which is no address: pass https://app.example/done for example", p.name, value)
	}
	a.values[p.name] = clean
	return nil
}
