package flinks

import (
	"errors"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// ChooseAccounts are the rules of the account selector, as the address of the page sets them: one or
// several, of a currency, and of those whose EftEligibleRatio is high enough, unless all are wanted.
// What cannot be chosen is not shown (documented of the ratio, inferred of the currency).
func (Provider) ChooseAccounts(s connect.Session, accounts []bank.Account, _ func(string) string) engine.AccountChoice {
	if !s.Has(connect.Accounts) {
		return engine.AccountChoice{}
	}
	on := func(name string) bool { return s.Params[name] == "true" }
	choice := engine.AccountChoice{Single: !on(qMultiple), Currency: strings.ToUpper(s.Params[qCurrency]), Hide: true, Barred: map[string]string{}}
	least, err := strconv.ParseFloat(pageQuery{values: s.Params}.get(qRatio), 64)
	if err != nil || on(qAll) || on(qFetchAll) {
		return choice
	}
	for _, a := range accounts {
		ratio, _ := strconv.ParseFloat(eligibleRatio(a), 64)
		if ratio < least && !(on(qOperations) && kindOf(a).category == operations) {
			choice.Barred[a.Key] = "type"
		}
	}
	return choice
}

// operations is the category of the accounts that move money.
const operations = "Operations"

// eligibleRatio is how much of an account moves money by transfer: one figure for what does and none
// for a credit (invented).
func eligibleRatio(a bank.Account) string {
	if kindOf(a).category != operations {
		return "0"
	}
	return "0.98"
}

// AcceptsInstitution leaves a page with demo the test institution alone (documented).
func (Provider) AcceptsInstitution(s connect.Session, i engine.Institution) error {
	if s.Params[qDemo] == "true" && i.ID != capital {
		return errors.New("demo=true offers " + capital + " alone")
	}
	return nil
}
