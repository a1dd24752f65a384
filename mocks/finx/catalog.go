package finx

import (
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// catalogItem is an entry of the catalog.
type catalogItem struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Icon      icon           `json:"icon"`
	Supported bool           `json:"supported"`
	Country   string         `json:"country"`
	Language  itemLanguage   `json:"language"`
	BIC       string         `json:"bic,omitempty"`
	BankCode  string         `json:"bank_code,omitempty"`
	Methods   []accessMethod `json:"access_methods"`
}

type itemLanguage struct {
	Current   string   `json:"current"`
	Available []string `json:"available"`
}

// accessMethod is a way into a bank.
type accessMethod struct {
	ID           string       `json:"id"`
	InScope      bool         `json:"in_psd2_scope"`
	Type         string       `json:"type"`
	AccountTypes []string     `json:"supported_account_types"`
	Configurable bool         `json:"configurable_consent"`
	Identifiers  bool         `json:"requires_account_identifiers"`
	Flows        []string     `json:"customer_authentication_flows"`
	Advice       string       `json:"advice"`
	Credentials  []credential `json:"credentials"`
}

// credential is a field of the login form.
type credential struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Least    int    `json:"min_length,omitempty"`
	Longest  int    `json:"max_length,omitempty"`
	Optional bool   `json:"is_optional"`
	Secret   bool   `json:"is_secret"`
}

// catalogAnswer has both lists, or one of them.
type catalogAnswer struct {
	Banks    *[]catalogItem `json:"banks,omitempty"`
	Services *[]catalogItem `json:"services,omitempty"`
}

// listCatalog makes the handler of one of the paths of the catalog. A country without test
// banks has empty lists. There are no services: none of them is a bank.
func listCatalog(banks, services bool) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		language, err := languageOf(c)
		if err != nil {
			return engine.Reply{}, err
		}
		items := []catalogItem{}
		if country := c.Query("country"); country == "" || strings.EqualFold(country, "de") {
			for _, i := range engine.SearchInstitutions(c.Banks(), c.Query("q")) {
				items = append(items, newItem(c, i, language))
			}
		}
		if banks != services && c.Option(optLists) == "array" {
			if services {
				items = items[:0]
			}
			return engine.JSON(http.StatusOK, items), nil
		}
		var out catalogAnswer
		if banks {
			out.Banks = &items
		}
		if services {
			out.Services = &[]catalogItem{}
		}
		return engine.JSON(http.StatusOK, out), nil
	}
}

// withToken is a path of the catalog that the access token opens.
func withToken(h engine.Handler) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		if _, _, err := bearer(c); err != nil {
			return engine.Reply{}, err
		}
		return h(c)
	}
}

func newItem(c *engine.Call, i engine.InstitutionState, language string) catalogItem {
	codes := i.CodesOf()
	out := catalogItem{
		ID: i.ID, Name: i.Name, Icon: newIcon(c), Supported: i.Status != connect.Unsupported && i.Status != connect.Disabled,
		Country: strings.ToUpper(i.Country), Language: itemLanguage{language, []string{"de", "en"}}, BIC: codes.BIC, BankCode: codes.Bank,
	}
	for _, m := range methodsOf(i.Institution) {
		way := accessMethod{
			ID: m.ID, InScope: true, Type: "FINTS", AccountTypes: []string{"Giro account", "Daily savings account", "Credit card"},
			Flows: []string{"EMBEDDED_1FA", "EMBEDDED_2FA", "DECOUPLED"}, Advice: inText(m.Label, language),
		}
		if m.Flow == redirectFlow {
			way.Type, way.Flows = "API", []string{"REDIRECT"}
		}
		for _, f := range m.Fields {
			way.Credentials = append(way.Credentials, credential{
				Key: f.Name, Label: inText(f.Label, language), Least: f.MinLength, Longest: f.MaxLength, Optional: f.Optional, Secret: f.Role == connect.Secret,
			})
		}
		out.Methods = append(out.Methods, way)
	}
	return out
}
