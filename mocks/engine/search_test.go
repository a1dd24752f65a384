package engine_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
	"github.com/stuntbank/stuntbank/scenarios"
)

func TestSearchInstitutions(t *testing.T) {
	t.Parallel()
	var list []engine.InstitutionState
	for _, i := range []engine.Institution{
		{ID: "demo", Name: "Demobank", Country: "de", Codes: bank.Codes{Bank: "90090042", BIC: "DEMOBANKXXX"}},
		{ID: "eins", Name: "Sparverein Köln", Country: "de", Codes: bank.Codes{Bank: "90094815", BIC: "SBSKDEM0KLN"}},
		{ID: "zwei", Name: "Kölner Kreditwerk", Country: "de"},
		{ID: "uno", Name: "Caja Rural Peñalba", Country: "es", Codes: bank.Codes{Bank: "9999", BIC: "SBPEESM0XXX"}},
		{ID: "ca", Name: "Flussbank", Country: "ca", Codes: bank.Codes{Bank: "777", Branch: "77777"}},
	} {
		list = append(list, engine.InstitutionState{Institution: i})
	}
	drawn := list[2].CodesOf()
	if len(drawn.Bank) != 8 || !strings.HasPrefix(drawn.Bank, "99") || len(drawn.BIC) != 11 || drawn.BIC[4:8] != "DEM0" {
		t.Fatalf("the codes of a bank without any are %+v", drawn)
	}
	for query, want := range map[string]string{
		"":                              "demo eins zwei uno ca",
		"demobank":                      "demo",
		"KOLN":                          "zwei eins", // the beginning before the middle
		"köln":                          "zwei eins",
		"penalba":                       "uno",
		"caja  rural":                   "",
		"9009":                          "demo eins",
		"900 900 42":                    "demo",
		"90094815":                      "eins",
		"90":                            "", // too little of a code
		drawn.Bank:                      "zwei",
		"DEMOBANK":                      "demo",
		"demobankxxx":                   "demo",
		"sbskdem0":                      "eins",
		drawn.BIC:                       "zwei",
		"DE82 9009 4815 0000 0028 81":   "eins",
		"de67900900424711951500":        "demo",
		"DE67900900424711951501":        "", // does not check
		"DE41500105170123456789":        "", // of no bank here
		"ES9099990001410000000017":      "uno",
		"ES1399990001000000000017":      "", // its inner digits are wrong
		"077777777":                     "ca",
		"777":                           "ca",
		"FR7630006000011234567890189":   "",
		"Demobank of somewhere faraway": "",
	} {
		var got []string
		for _, i := range engine.SearchInstitutions(list, query) {
			got = append(got, i.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %v, want %s", query, got, want)
		}
	}
}

// germanBanks is a provider with banks in Germany and a page that finds accounts.
type germanBanks struct{ fintoc.Provider }

// Manifest gives the provider its banks.
func (g germanBanks) Manifest() engine.Manifest {
	m := g.Provider.Manifest()
	m.Country = "de"
	m.Institutions = []engine.Institution{
		{ID: "demo", Name: "Demobank", Country: "de", Codes: bank.Codes{Bank: "90090042", BIC: "DEMOBANKXXX"}},
		{ID: "eins", Name: "Sparverein Köln", Country: "de", Codes: bank.Codes{Bank: "90094815"}},
	}
	return m
}

// AcceptsInstitution offers all of them.
func (g germanBanks) AcceptsInstitution(connect.Session, engine.Institution) error { return nil }

// Pages has one that looks for a number, and one that shows the card of the user of a hint.
func (g germanBanks) Pages() []engine.Page {
	return append(g.Provider.Pages(), engine.Page{Method: "GET", Path: "/find", Handler: func(c *engine.Call) (engine.Reply, error) {
		out := []string{}
		err := c.View(func(tx engine.Tx) error {
			found, err := tx.FindAccounts(connect.Session{Provider: "fintoc"}, c.Query("number"))
			for _, f := range found {
				out = append(out, f.Institution.ID+" "+f.Username+" "+f.Account.Number)
			}
			return err
		})
		return engine.JSON(http.StatusOK, out), err
	}}, engine.Page{Method: "GET", Path: "/card", Handler: func(c *engine.Call) (engine.Reply, error) {
		w, err := c.Bank(connect.Connection{Provider: "fintoc", Institution: "demo", Persona: "salaried", Holder: bank.Holder{Kind: bank.Individual, NationalID: "416148503"}})
		if err != nil {
			return engine.Reply{}, err
		}
		b, _ := w.Book("card")
		return engine.JSON(http.StatusOK, b.Account().Number), nil
	}})
}

const guideScenario = `scenario: guide
persona:
  use: salaried
  login: {username: "41614850-3", password: jonsnow}
  accounts:
    main: {number: "DE82900948150000002881"}
    sight: {number: "4711951500"}
    card: {type: credit_card}
`

// An IBAN, a number at a bank and the number of a card lead to who has them, and where: of
// those who can log in, and of the persona that the sandbox's scenario describes.
func TestFindAccounts(t *testing.T) {
	t.Parallel()
	providers := []engine.Provider{germanBanks{fintoc.New()}}
	library, err := scenarios.Bundled(engine.Vocabulary(providers))
	if err == nil {
		library, err = library.Load(scenarios.Source{File: "guide.yaml", Data: []byte(guideScenario)})
	}
	if err != nil {
		t.Fatal(err)
	}
	srv := enginetest.Start(t, func(cfg *engine.Config) { cfg.Scenarios, cfg.Scenario = library, "guide" }, providers...)
	find := func(number string) string {
		return enginetest.Send(t, "GET", srv.URL+"/fintoc/find?number="+url.QueryEscape(number), nil).Raw
	}
	const user = "416148503"
	if got, want := find("de82 9009 4815 0000 0028 81"), "eins "+user+" DE82900948150000002881"; !strings.Contains(got, want) || strings.Contains(got, "demo ") {
		t.Errorf("the IBAN finds %s, want %s", got, want)
	}
	// The user has the number at the bank wherever it is asked for.
	if got := find("4711951500"); !strings.Contains(got, "demo "+user+" DE67900900424711951500") || !strings.Contains(got, "eins "+user+" DE") {
		t.Errorf("a number at the bank finds %s", got)
	}
	masked, _ := enginetest.Send(t, "GET", srv.URL+"/fintoc/card", nil).Body.(string)
	pan := "999999000000" + masked[max(0, len(masked)-4):]
	for i := 0; bank.CheckPAN(pan) != nil; i++ { // a number with these last digits that checks
		pan = fmt.Sprintf("99999900%04d%s", i, masked[len(masked)-4:])
	}
	if got := find(pan); !strings.Contains(got, "demo "+user+" "+masked) {
		t.Errorf("the card %s finds %s, want %s", pan, got, masked)
	}
	for _, none := range []string{"DE82900948150000002882", "DE41500105170123456789", "123", "", pan[:15] + string('0'+(pan[15]-'0'+1)%10)} {
		if got := find(none); got != "[]" {
			t.Errorf("%q finds %s", none, got)
		}
	}
}
