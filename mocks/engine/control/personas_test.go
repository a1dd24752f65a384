package control_test

import (
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

func TestPersonas(t *testing.T) {
	t.Parallel()
	c := start(t)
	list := c.get("/v1/personas").ok(200)
	if len(list.list("personas")) != len(bank.Personas()) || len(list.list("countries")) != len(bank.Countries()) {
		t.Errorf("%d personas in %d countries", len(list.list("personas")), len(list.list("countries")))
	}
	for i, p := range bank.Personas() {
		countries := []string{"", bank.Countries()[i%len(bank.Countries())]} // the bank's own tests have them all
		for _, country := range countries {
			got := c.get("/v1/personas/" + p.Key + "?rows=3&country=" + country).ok(200)
			if got.str("name") != p.Key || country != "" && got.str("country") != country || country == "" && got.str("country") != "CL" {
				t.Errorf("%s in %q is %s in %s", p.Key, country, got.str("name"), got.str("country"))
			}
		}
	}
	german := c.get("/v1/personas/salaried?country=de").ok(200)
	german.find("accounts", "key", "main").expect(map[string]any{"type": "checking", "currency": "EUR", "name": "Girokonto Klassik"})
	if n := len(german.find("accounts", "key", "main").list("rows")); n != 30 {
		t.Errorf("%d rows, want 30", n)
	}
	c.get("/v1/personas/salaried?country=AQ").problem(400, "invalid_request", "use CL, CA, CA-FR, DE, ES")
	c.get("/v1/personas/salaried?rows=301").problem(400, "invalid_request", "0 to 300")
	c.get("/v1/personas/rich").problem(404, "not_found", "use one of salaried")
}

// A persona is the sandbox's: its seed and its clock.
func TestPersonaFollowsTheSandbox(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.post("/v1/sandboxes", `{"name":"one","seed":1,"clock":"2026-03-31T12:00:00Z"}`).ok(201)
	c.post("/v1/sandboxes", `{"name":"two","seed":2,"clock":"2026-03-31T12:00:00Z"}`).ok(201)
	one, two := c.in("one").get("/v1/personas/salaried").ok(200), c.in("two").get("/v1/personas/salaried").ok(200)
	if one.str("holder/name") == two.str("holder/name") && one.str("income/total") == two.str("income/total") {
		t.Error("two seeds have one person")
	}
	c.in("one").post("/v1/clock", `{"advance":"7d"}`).ok(200)
	later := c.in("one").get("/v1/personas/salaried").ok(200)
	if !strings.HasPrefix(later.str("now"), "2026-04-07") || later.at("accounts/0/row_count") == one.at("accounts/0/row_count") {
		t.Errorf("a week later it is %s with %v rows", later.str("now"), later.at("accounts/0/row_count"))
	}
}
