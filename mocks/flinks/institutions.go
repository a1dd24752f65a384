package flinks

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// capital is the published test institution.
const (
	capital   = "FlinksCapital"
	capitalID = 14
)

// catalogued is an institution and its number. Some have routing numbers, by which the
// lookup finds them: it is documented for American banks, and none of those is imitated.
type catalogued struct {
	id, en, fr string
	number     int
	routing    []string
	french     bool // what it prints
	codes      bank.Codes
}

// catalogue is the test institution and some that exist nowhere: the real list is of
// real banks. What a bank prints, names of products and statements included, is in its own
// language: Language is that of the prompts (documented) and changes none of it (inferred).
// The test institution has one branch, and both its numbers are published; institution
// numbers that begin with 9 are no bank's.
var catalogue = []catalogued{
	{id: capital, en: "Flinks Capital", fr: "Flinks Capital", number: capitalID, codes: bank.Codes{Bank: "777", Branch: "77777"}},
	{id: "NorthernLantern", en: "Northern Lantern Bank", fr: "Banque Lanterne du Nord", number: 9001, codes: bank.Codes{Bank: "991"}},
	{id: "TamarackTrust", en: "Tamarack Trust", fr: "Fiducie Tamarack", number: 9002, codes: bank.Codes{Bank: "992"}},
	{id: "OtterBay", en: "Otter Bay Credit Union", fr: "Caisse de la baie aux Loutres", number: 9003, codes: bank.Codes{Bank: "993"}},
	{id: "LacAmbre", en: "Lac Ambré Bank", fr: "Banque du Lac Ambré", number: 9004, codes: bank.Codes{Bank: "994"}, french: true},
	{id: "CedarHollow", en: "Cedar Hollow Savings", fr: "Épargne Cedar Hollow", number: 9101, codes: bank.Codes{Bank: "996"}, routing: []string{"000000018", "000000026"}},
}

// institutions are those of the manifest.
func institutions() []engine.Institution {
	var out []engine.Institution
	for _, i := range catalogue {
		inst := engine.Institution{ID: i.id, Name: i.en, Country: canada, Kind: "bank", Codes: i.codes}
		if i.french {
			inst.Name, inst.Locale = i.fr, "ca-fr"
		}
		out = append(out, inst)
	}
	return out
}

// institutionNamed finds an institution by its id, its listed number or its listed name in
// either language, without regard to case, accents and blanks; an unknown name stays as it is.
func institutionNamed(c *engine.Call, name string) string {
	for _, b := range c.Banks() {
		i := described(b.Institution)
		for _, known := range []string{i.id, i.en, i.fr, strconv.Itoa(i.number)} {
			if closedUp(known) == closedUp(name) {
				return i.id
			}
		}
	}
	return name
}

// closedUp is a name as people type it, without its blanks.
func closedUp(name string) string { return strings.ReplaceAll(connect.Plain(name), " ", "") }

// french says whether a bank prints French.
func french(id string) bool {
	return slices.ContainsFunc(catalogue, func(i catalogued) bool { return i.id == id && i.french })
}

// numberOf is the number of an institution; one that a scenario adds gets one, too.
func numberOf(id string) int {
	for _, i := range catalogue {
		if i.id == id {
			return i.number
		}
	}
	return 10_000 + int(number(id)%10_000)
}

type localization struct {
	Language string `json:"Language"`
	Name     string `json:"Name"`
	Urls     []site `json:"Urls"`
}

type site struct {
	Type string `json:"Type"`
	URL  string `json:"Url"`
}

type institution struct {
	ID             int            `json:"Id"`
	Localizations  []localization `json:"Localizations"`
	Status         string         `json:"Status"`
	Country        string         `json:"Country"`
	RoutingNumbers []string       `json:"RoutingNumbers,omitempty"`
}

// statuses are how an institution does. No word but Enabled is published (the others are
// invented).
var statuses = map[connect.Status]string{
	connect.OK: "Enabled", connect.Degraded: "Enabled", connect.Down: "Unavailable", connect.Maintenance: "Unavailable",
	connect.Unsupported: "Disabled", connect.Disabled: "Disabled",
}

// entries are the institutions as the scenarios of a call have them: the catalogue, and what they add
// to it.
func entries(c *engine.Call) (out []institution) {
	for _, b := range c.Banks() {
		out = append(out, newInstitution(described(b.Institution), statuses[b.Status]))
	}
	return out
}

// described is an institution as the catalogue has it, or as the scenario does that adds it.
func described(b engine.Institution) catalogued {
	for _, i := range catalogue {
		if i.id == b.ID {
			return i
		}
	}
	return catalogued{id: b.ID, en: b.Name, fr: b.Name, number: numberOf(b.ID)}
}

func newInstitution(i catalogued, status string) institution {
	sites := []site{{Type: "Main", URL: "https://" + strings.ToLower(i.id) + ".example.test"}}
	return institution{
		ID: i.number, Status: status, Country: strings.ToUpper(canada), RoutingNumbers: i.routing,
		Localizations: []localization{{"en", i.en, sites}, {"fr", i.fr, sites}},
	}
}

// maxTake is the longest page (documented).
const maxTake = 1000

func listInstitutions(c *engine.Call) (engine.Reply, error) {
	skip, err := count(c, "skip", 0)
	if err != nil {
		return engine.Reply{}, err
	}
	take, err := count(c, "take", maxTake)
	if err != nil {
		return engine.Reply{}, err
	}
	if take > maxTake {
		return engine.Reply{}, problem.Invalid("take", problem.TooLarge, "take is at most %d", maxTake)
	}
	list := entries(c)
	from := min(skip, len(list))
	return engine.JSON(http.StatusOK, struct {
		Data  []institution `json:"Data"`
		Count int           `json:"Count"`
	}{list[from:min(from+take, len(list))], len(list)}), nil
}

func count(c *engine.Call, name string, otherwise int) (int, error) {
	if c.Query(name) == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(c.Query(name))
	if err != nil || n < 0 {
		return 0, problem.Invalid(name, problem.WrongType, "%s must be a number from 0", name)
	}
	return n, nil
}

func findInstitution(c *engine.Call) (engine.Reply, error) {
	for _, i := range entries(c) {
		if slices.Contains(i.RoutingNumbers, c.Path("routingNumber")) {
			return engine.JSON(http.StatusOK, i), nil
		}
	}
	return engine.Reply{}, problem.Invalid("routingNumber", problem.NotAllowed,
		"no institution has this routing number: %s has 000000018", catalogue[len(catalogue)-1].en)
}
