package fintoc

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// institutions is the documented catalogue of Chile. Those with names in recordings
// come first in the widget; which of the others offer movements is inferred.
var institutions = []engine.Institution{
	movementsBank("cl_banco_de_chile", "Banco de Chile", both),
	movementsBank("cl_banco_santander", "Banco Santander", both),
	movementsBank("cl_banco_estado", "Banco Estado", both),
	movementsBank("cl_banco_bci", "Banco BCI", both),
	movementsBank("cl_banco_itau", "Banco Itaú", both),
	movementsBank("cl_banco_scotiabank", "Banco Scotiabank", both),
	movementsBank("cl_banco_bice", "Banco BICE", both),
	movementsBank("cl_banco_bci_360", "Banco BCI 360", []string{"business"}),
	movementsBank("cl_banco_security", "Banco Security", []string{"business"}),
	paymentsBank("cl_banco_falabella", "Banco Falabella"),
	paymentsBank("cl_banco_ripley", "Banco Ripley"),
	paymentsBank("cl_banco_consorcio", "Banco Consorcio"),
	paymentsBank("cl_banco_internacional", "Banco Internacional"),
	paymentsBank("cl_banco_coopeuch", "Coopeuch"),
	paymentsBank("cl_banco_bbva", "Banco BBVA"),
	paymentsBank("cl_banco_hsbc", "Banco HSBC"),
	paymentsBank("cl_mercado_pago", "Mercado Pago"),
	paymentsBank("cl_mach", "MACH"),
	paymentsBank("cl_tenpo", "Tenpo"),
	paymentsBank("cl_tapp_caja_los_andes", "Tapp Caja Los Andes"),
	paymentsBank("cl_copec_pay", "Copec Pay"),
	paymentsBank("cl_prepago_los_heroes", "Prepago Los Héroes"),
	{ID: "cl_fiscal_sii", Name: "SII", Country: "cl", Kind: "fiscal"},
}

var both = []string{"individual", "business"}

func movementsBank(id, name string, holders []string) engine.Institution {
	i := engine.Institution{ID: id, Name: name, Country: "cl", Kind: "bank"}
	for _, h := range holders {
		i.Products = append(i.Products, engine.Product{Name: "movements", HolderType: h})
	}
	return i
}

func paymentsBank(id, name string) engine.Institution {
	return engine.Institution{
		ID: id, Name: name, Country: "cl", Kind: "bank",
		Products: []engine.Product{{Name: "payments", HolderType: "individual"}},
	}
}

// AcceptsInstitution looks whether a bank has the product of the link intent for its kind of holder.
func (Provider) AcceptsInstitution(s connect.Session, i engine.Institution) error {
	wanted, holder := s.Params["product"], s.Params["holder_type"]
	if wanted == "" {
		return nil
	}
	has := make([]string, 0, len(i.Products))
	for _, p := range i.Products {
		if p.Name == wanted && (holder == "" || p.HolderType == holder) {
			return nil
		}
		has = append(has, p.Name+" for "+p.HolderType)
	}
	if len(has) == 0 {
		has = append(has, "no product")
	}
	return fmt.Errorf("product %s for holder type %s is asked for, and %s has %s", wanted, cmp.Or(holder, "any"), i.Name, strings.Join(has, ", "))
}

type catalogueEntry struct {
	ID         string    `json:"id"`
	ObjectName string    `json:"object_name"` // sic
	Country    string    `json:"country"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Products   []product `json:"products"`
}

type product struct {
	Name       string `json:"name"`
	HolderType string `json:"holder_type"`
}

func listInstitutions(c *engine.Call) (engine.Reply, error) {
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	country, wanted := c.Query("country"), c.Query("product")
	out := []catalogueEntry{}
	for _, i := range institutions {
		if country != "" && country != i.Country {
			continue
		}
		e := catalogueEntry{ID: i.ID, ObjectName: "institution", Country: i.Country, Name: i.Name, Type: i.Kind, Products: []product{}}
		offers := wanted == ""
		for _, pr := range i.Products {
			e.Products = append(e.Products, product(pr))
			offers = offers || pr.Name == wanted
		}
		if offers {
			out = append(out, e)
		}
	}
	from, to := p.Bounds(len(out))
	return engine.JSON(http.StatusOK, out[from:to], pageHeaders(p, c, len(out))...), nil
}
