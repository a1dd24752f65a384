package specimen

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// What a user can be connected for.
const (
	accounts   = "accounts"
	statements = "statements"
)

// institutions is the catalogue.
var institutions = []engine.Institution{
	{ID: "north", Name: "Northern Savings", Country: "de", Products: offer(accounts, statements)},
	{ID: "south", Name: "Southern Union", Country: "de", Products: offer(accounts)},
	{
		ID: "harbour", Name: "Harbour Bank", Country: "de", Products: offer(accounts, statements),
		Methods: []engine.AccessMethod{
			{ID: "online", Label: map[string]string{"en": "Online banking", "de": "Online-Banking"}},
			{ID: byBranch, Label: map[string]string{"en": "At the branch", "de": "In der Filiale"}, Flow: byBranch, Fields: branchForm},
		},
	},
}

// byBranch is the access method of people who have no online banking, and its flow.
const byBranch = "branch"

// branchForm asks for what a branch knows of a person.
var branchForm = connect.Form{
	{Name: "customer", Role: connect.Username, Label: map[string]string{"en": "Customer name", "de": "Kundenname"}},
	{Name: "pin", Role: connect.Secret, Label: map[string]string{"en": "PIN", "de": "PIN"}, InputMode: "text"},
	{Name: "branch", Optional: true, MaxLength: 3, Label: map[string]string{"en": "Branch", "de": "Filiale"}, Sample: "100"},
}

func offer(names ...string) (out []engine.Product) {
	for _, name := range names {
		out = append(out, engine.Product{Name: name})
	}
	return out
}

type institution struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Products []string `json:"products"`
}

func listInstitutions(c *engine.Call) (engine.Reply, error) {
	out := []institution{}
	for _, i := range c.Banks() {
		one := institution{ID: i.ID, Name: i.Name, Products: []string{}}
		for _, p := range i.Products {
			one.Products = append(one.Products, p.Name)
		}
		out = append(out, one)
	}
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	from, to := p.Bounds(len(out))
	return engine.JSON(http.StatusOK, struct {
		Institutions []institution `json:"institutions"`
		Total        int           `json:"total"`
	}{out[from:to], len(out)}), nil
}
