package finx

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// person is a user whom the test banks know, and what the bank does with the login.
type person struct{ username, password, persona, scenario string }

// people: the first three are published for the test banks, the rest are ours.
var people = []person{
	{"figo", "figo", "salaried", ""},
	{"demo", "demo", "salaried", ""},
	{"user1", "123456", "salaried", "mfa-otp-sms"},
	{"wrong", "wrong", "salaried", "wrong-password"},
	{"blocked", "blocked", "salaried", "locked"},
	{"nobank", "nobank", "salaried", "bank-down-after-login"},
	{"sms", "sms", "salaried", "mfa-otp-sms"},
	{"photo", "photo", "salaried", "mfa-photo-tan"},
	{"decoupled", "decoupled", "salaried", "mfa-push"},
	{"redirect", "redirect", "salaried", "redirect-to-bank"},
	{"oneacct", "oneacct", "overdrawn", ""},
	{"noacct", "noacct", "no-accounts", ""},
	{"empty", "empty", "empty", ""},
}

// FindUser knows these users at every test bank.
func (Provider) FindUser(_ connect.Session, input map[string]string) (engine.User, error) {
	name := strings.TrimSpace(input["username"])
	for _, p := range people {
		if p.username == name {
			return engine.User{
				Username: p.username, Password: p.password, Persona: p.persona, Scenario: p.scenario,
				Holder: bank.Holder{Kind: bank.Individual, NationalID: taxID(name)},
			}, nil
		}
	}
	return engine.User{}, problem.Absent("user", "")
}

// taxID is a number for a user that begins like a test number.
func taxID(username string) string {
	h := fnv.New32a()
	h.Write([]byte(username))
	return fmt.Sprintf("0%010d", h.Sum32())
}
