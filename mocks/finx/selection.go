package finx

import (
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// ChooseAccounts ticks the accounts that the start of the flow names. With the edition qwist the
// start says of which types they may be, and whether there may be several.
func (Provider) ChooseAccounts(s connect.Session, accounts []bank.Account, _ func(name string) string) engine.AccountChoice {
	choice := engine.AccountChoice{Single: s.Params["allow_multi_selection"] == "false", Hide: true, Barred: map[string]string{}}
	types, names := listed(s.Params["account_types"]), listed(s.Params["accounts"])
	for _, a := range accounts {
		if len(types) > 0 && !slices.Contains(types, accountTypes[a.Type]) {
			choice.Barred[a.Key] = "type"
			continue
		}
		if slices.ContainsFunc(names, func(name string) bool { return name == a.IBAN || name == a.Number || name == a.LocalNumber() }) {
			choice.Preset = append(choice.Preset, a.Key)
		}
	}
	if choice.Single && len(choice.Preset) > 1 {
		choice.Preset = choice.Preset[:1]
	}
	return choice
}
