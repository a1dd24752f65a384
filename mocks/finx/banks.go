package finx

import (
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// testbank is the bank of the account that both guides name, DE82 9009 4815 …. Its name is
// invented.
const testbank = "1b2f40b8-77a6-4f3e-9a53-0f3d8a2f6a15"

// numberBank takes any account number and PIN, as a published client's tests expect.
const numberBank = "9a7c4f52-3f0b-4e1d-8c66-7d1f0b5e2a44"

// catalogued is a test bank with its German codes and its ways in.
type catalogued struct {
	id, name, blz, bic string
	methods            []engine.AccessMethod
}

// catalogue has the published test banks, and some that exist nowhere.
var catalogue = []catalogued{
	{testbank, "Testbank", "90094815", "TESTDE01XXX", nil},
	{"0c5f3c1e-6a3a-4b57-9a0c-5d0a4c8b9e11", "Demobank", "90090042", "DEMODE01XXX", []engine.AccessMethod{
		{ID: "cb7bb077-d075-4fb5-aac9-5f73aa334165", Label: bankLogin, Fields: loginForm("login_id", "password")},
	}},
	{"4f8e6a52-9f0d-4f0b-8a44-2f6e2a6c1d20", "Demo Puppeteer 2", "90090078", "DEMODE78XXX", []engine.AccessMethod{
		{ID: "a08d3799-7c08-4ccb-a1b2-e38aba988266", Label: bankLogin, Fields: loginForm("login_id", "password")},
	}},
	{numberBank, "Demo Kontonummernbank", "90090055", "DEMODE55XXX", []engine.AccessMethod{
		{ID: "ae441170-b726-460c-af3c-b76756de00e0", Label: bankLogin, Fields: loginForm("account_number", "pin")},
	}},
	{"5d2c7a90-1e4b-4c8f-b0a7-93e5d6f8a112", "Sandbank Nordheim eG", "99000018", "SBNODEM0XXX", []engine.AccessMethod{
		{ID: "6e1d0f3a-52c7-4b90-8d24-a1f0c9b8e7d6", Label: bankLogin, Fields: loginForm("login_id", "password")},
		{ID: "7f2e1a4b-63d8-4ca1-9e35-b201dac9f8e7", Label: bankPage, Flow: redirectFlow, Fields: loginForm("login_id", "password")},
	}},
	{"8a3f2b5c-74e9-4db2-8f46-c312ebda09f8", "Sparverein Lindental", "99000026", "SBLIDEM0XXX", []engine.AccessMethod{
		{ID: "9b402c6d-85fa-4ec3-9057-d423fceb1a09", Label: bankPage, Flow: redirectFlow, Fields: loginForm("login_id", "password")},
	}},
}

var (
	bankLogin = map[string]string{"de": "Online-Banking", "en": "Online banking", "es": "Banca en línea", "fr": "Banque en ligne"}
	bankPage  = map[string]string{"de": "Weiterleitung zur Bank", "en": "On the bank's own page", "es": "En la página del banco", "fr": "Sur la page de la banque"}
)

func institutions() []engine.Institution {
	var out []engine.Institution
	for _, b := range catalogue {
		out = append(out, engine.Institution{
			ID: b.id, Name: b.name, Country: "de", Kind: "bank", Methods: b.methods, Codes: bank.Codes{Bank: b.blz, BIC: b.bic},
		})
	}
	return out
}

// methodsOf are the ways into a bank; one that lists none, because a scenario adds it, has the
// usual one.
func methodsOf(i engine.Institution) []engine.AccessMethod {
	if len(i.Methods) > 0 {
		return i.Methods
	}
	return []engine.AccessMethod{{ID: uuid("method/" + i.ID), Label: bankLogin, Fields: loginForm("login_id", "password")}}
}

// methodNamed finds a way into a bank by its id.
func methodNamed(c *engine.Call, id string) (engine.Institution, engine.AccessMethod, bool) {
	for _, i := range c.Banks() {
		for _, m := range methodsOf(i.Institution) {
			if m.ID == id {
				return i.Institution, m, true
			}
		}
	}
	return engine.Institution{}, engine.AccessMethod{}, false
}

// inText is a text by language in one of them.
func inText(texts map[string]string, language string) string {
	if t := texts[language]; t != "" {
		return t
	}
	return texts["de"]
}
