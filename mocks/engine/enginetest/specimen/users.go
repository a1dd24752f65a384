package specimen

import (
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// password is right for every user.
const password = "correct"

// people are the users by name, and who they are.
var people = map[string]string{"ada": "salaried", "ben": "power-user", "cem": "overdrawn"}

// FindUser knows three people. A name with other characters than letters is none that a bank
// would take.
func (Provider) FindUser(_ connect.Session, input map[string]string) (engine.User, error) {
	name := strings.ToLower(input["username"])
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
		return engine.User{}, problem.Invalid("username", problem.Format, "a user name has letters only")
	}
	persona, ok := people[name]
	if !ok {
		return engine.User{}, problem.Absent("user", "")
	}
	return engine.User{
		Username: name, Password: password, Persona: persona, Holder: bank.Holder{Kind: bank.Individual, NationalID: name},
	}, nil
}
