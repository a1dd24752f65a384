package fintoc

import (
	"hash/fnv"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// testPassword is right for every test user (documented: test your integration).
const testPassword = "jonsnow"

// people are the published individuals, by RUT, and who they are here.
var people = map[string]string{
	"416148503": "salaried",
	"404276727": "power-user",
	"415792638": "overdrawn",
}

// firstCompany is where the RUTs of the sandbox's companies begin.
const firstCompany = 45_000_000

// FindUser knows the sandbox's published test users: three people, and for business
// links every valid RUT from 45.000.000 on. A person may log in for a business too;
// the company is then another holder, as in recorded links.
func (Provider) FindUser(s connect.Session, input map[string]string) (engine.User, error) {
	rut, err := bank.ParseRUT(input["username"])
	if err != nil {
		return engine.User{}, problem.Invalid("username", problem.Format, "%v", err)
	}
	if s.Purpose == connect.Reconnect && rut != s.Prefill {
		return engine.User{}, problem.Absent("user", "") // another person's login does not mend this link
	}
	u := engine.User{Username: rut, Password: testPassword}
	persona, person := people[rut]
	business := s.Params["holder_type"] == "business"
	body, _ := strconv.Atoi(rut[:len(rut)-1])
	switch {
	case person && !business:
		u.Persona, u.Holder = persona, bank.Holder{Kind: bank.Individual, NationalID: rut}
	case person:
		u.Persona, u.Holder = "business", bank.Holder{Kind: bank.Business, NationalID: companyOf(rut)}
	case business && body >= firstCompany && body < 50_000_000:
		u.Persona, u.Holder = "business", bank.Holder{Kind: bank.Business, NationalID: rut}
	default:
		return engine.User{}, problem.Absent("user", "")
	}
	return u, nil
}

// companyOf is the company that a person logs in for.
func companyOf(rut string) string {
	h := fnv.New32a()
	h.Write([]byte(rut))
	body := uint64(firstCompany + h.Sum32()%5_000_000)
	return strconv.FormatUint(body, 10) + string(bank.CheckDigit(body))
}
