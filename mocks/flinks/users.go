package flinks

import (
	"fmt"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// testPassword is right for every test user, in any case, as is the name (documented: test
// users; live tests of a client). The user of a scenario is met as written.
const testPassword = "Everyday"

// samePassword says whether a password is the right one of a user.
func samePassword(typed, right string) bool {
	return typed == right || right == testPassword && strings.EqualFold(typed, right)
}

// spelling is a user name as the bank writes it, with the scenario that is behind it.
func spelling(typed string) string {
	name, scenario, suffixed := strings.Cut(typed, "+")
	for _, p := range people {
		if strings.EqualFold(p.username, name) {
			name = p.username
		}
	}
	if suffixed {
		name += "+" + scenario
	}
	return name
}

// person is one published test user: who it is here, what its bank does, and for how long
// Authorize itself answers 202 because the data is being collected.
type person struct {
	username, persona, name, scenario string
	takes                             time.Duration
}

// people are the published users. Which data each has is invented; what the bank does
// with the last four is documented.
var people = []person{
	{"Greatday", "power-user", "John Flinkyfoot", "mfa-question", 0},
	{"greatday_nomfa", "power-user", "John Flinkyfoot", "", 0},
	{"multiple_employers", "job-change", "", "", 0},
	{"chat_gpt", "freelancer", "", "", 0},
	{"test_disabled_account", "salaried", "", "locked", 0},
	{"test_service_unavailable", "salaried", "", "bank-down-before-login", 0},
	{"test_dispatched", "salaried", "", "mfa-question", 5 * time.Minute},
	{"test_pending", "salaried", "", "mfa-question", time.Minute},
}

// takes is how long the data of a user is collected at least.
func takes(username string) time.Duration {
	for _, p := range people {
		if strings.EqualFold(p.username, username) {
			return p.takes
		}
	}
	return 0
}

// FindUser knows the published users, at every institution and in any case.
func (Provider) FindUser(s connect.Session, input map[string]string) (engine.User, error) {
	name := strings.TrimSpace(input["username"])
	password := testPassword
	if typed := input["password"]; samePassword(typed, testPassword) {
		password = typed
	}
	for _, p := range people {
		if strings.EqualFold(p.username, name) {
			return engine.User{
				Username: p.username, Password: password, Persona: p.persona, Scenario: p.scenario,
				Holder: bank.Holder{Name: p.name, NationalID: nobody(p.username)},
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
