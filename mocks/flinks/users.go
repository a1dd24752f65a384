package flinks

import (
	"fmt"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// testPassword is right for every test user, in any case (documented: test users).
const testPassword = "everyday"

// person is one published test user: who it is here, and what its bank does.
type person struct {
	username, persona, name, scenario string
}

// people are the published users. Which data each has is invented; what the bank does
// with the last four is documented.
var people = []person{
	{"Greatday", "power-user", "John Flinkyfoot", "mfa-question"},
	{"greatday_nomfa", "power-user", "John Flinkyfoot", ""},
	{"multiple_employers", "job-change", "", ""},
	{"chat_gpt", "freelancer", "", ""},
	{"test_disabled_account", "salaried", "", "locked"},
	{"test_service_unavailable", "salaried", "", "bank-down-before-login"},
	{"test_dispatched", "salaried", "", "flinks-dispatched"},
	{"test_pending", "salaried", "", "flinks-pending"},
}

// FindUser knows the published users, at every institution and in any case.
func (Provider) FindUser(s connect.Session, input map[string]string) (engine.User, error) {
	name := strings.TrimSpace(input["username"])
	for _, p := range people {
		if strings.EqualFold(p.username, name) {
			return engine.User{
				Username: p.username, Password: testPassword, Persona: p.persona, Scenario: p.scenario,
				Holder: bank.Holder{Kind: bank.Individual, Name: p.name, NationalID: nobody(p.username)},
			}, nil
		}
	}
	return engine.User{}, problem.Absent("user", "")
}

// nobody is a social insurance number for a user. None begins with an 8.
func nobody(username string) string {
	body := fmt.Sprintf("8%07d", number("sin/"+strings.ToLower(username))%10_000_000)
	sum := 0
	for i, c := range body {
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + string(rune('0'+(10-sum%10)%10))
}
