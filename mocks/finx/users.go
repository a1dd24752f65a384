package finx

import (
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// person is a user whom the test banks know, and what the bank does with the login.
type person struct{ username, password, persona, scenario string }

// people: the first three are published for the test banks. The provider's own sandbox has no
// published failures, so the rest is ours (invented): each has its own name as its PIN.
var people = []person{
	{"figo", "figo", "salaried", ""},
	{"demo", "demo", "salaried", ""},
	{"user1", "123456", "salaried", "mfa-otp-sms"},
	{"wrong", "wrong", "salaried", "wrong-password"},
	{"blocked", "blocked", "salaried", "locked"},
	{"nobank", "nobank", "salaried", "bank-down-before-login"},
	{"nodata", "nodata", "salaried", "bank-down-after-login"},
	{"pinchange", "pinchange", "salaried", "action-required"},
	{"sms", "sms", "salaried", "mfa-otp-sms"},
	{"photo", "photo", "salaried", "mfa-photo-tan"},
	{"chip", "chip", "salaried", "mfa-chip-tan"},
	{"qr", "qr", "salaried", "mfa-qr"},
	{"decoupled", "decoupled", "salaried", "mfa-push"},
	{"redirect", "redirect", "salaried", "redirect-to-bank"},
	{"multi", "multi", "salaried", "mfa-method-selection"},
	{"slow", "slow", "salaried", "pending-long"},
	{"oneacct", "oneacct", "overdrawn", ""},
	{"manyacct", "manyacct", "power-user", ""},
	{"student", "student", "student", ""},
	{"joint", "joint", "joint", ""},
	{"noacct", "noacct", "no-accounts", ""},
	{"empty", "empty", "empty", ""},
}

// FindUser knows these users at every test bank. One bank takes any account number and PIN.
func (Provider) FindUser(s connect.Session, input map[string]string) (engine.User, error) {
	name := strings.TrimSpace(input["username"])
	u := engine.User{Username: name, Holder: bank.Holder{Kind: bank.Individual, NationalID: taxID(name)}}
	for _, p := range people {
		if p.username == name {
			u.Password, u.Persona, u.Scenario = p.password, p.persona, p.scenario
			return u, nil
		}
	}
	if s.Institution == numberBank && name != "" {
		u.Password, u.Persona = input["password"], "salaried"
		return u, nil
	}
	return engine.User{}, problem.Absent("user", "")
}

// taxID is a tax number for a user with its check digit; one that begins with 0 is for tests.
func taxID(username string) string {
	body := []byte("0000000000")
	for i, n := len(body)-1, number("tax/"+username); i > 0; i, n = i-1, n/10 {
		body[i] = byte('0' + n%10)
	}
	product := 10
	for _, c := range body {
		sum := (int(c-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return string(body) + itoa((11-product)%10)
}
