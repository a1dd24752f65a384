package finx

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// StartDirect begins the flow that the parameters name, as its start call would: flow (access
// where it is left out), sync_period in days, user_id of an ongoing flow, name, state and
// redirect_uri.
func (Provider) StartDirect(_ engine.Tx, given map[string]string) (n engine.NewSession, err error) {
	kind := flowAccess
	n.Params = map[string]string{"sync_period": strconv.Itoa(defaultSync)}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		switch name {
		case "flow":
			if kind = value; !slices.Contains([]string{flowAccess, flowOngoing, flowIncome, flowRisk, flowVerification}, kind) {
				return n, problem.Invalid("flow", problem.NotAllowed, "flow is %.40q: use %s, %s, %s, %s or %s", value, flowAccess, flowOngoing, flowIncome, flowRisk, flowVerification)
			}
		case "sync_period":
			days, err := strconv.Atoi(value)
			if err != nil || days < 1 || days > longestSync {
				return n, problem.Invalid("sync_period", problem.TooLarge, "sync_period is %.40q: pass days between 1 and %d", value, longestSync)
			}
			n.Params[name] = value
		case "user_id":
			n.UserKey = value
		case "name", "state", "redirect_uri":
			n.Params[name] = value
		default:
			return n, problem.Invalid(name, problem.NotAllowed, "a flow has no parameter %.40q here: use flow, sync_period, user_id, name, state or redirect_uri", name)
		}
	}
	n.Params["flow"] = kind
	return n, nil
}

// Reveal gives the tokens that the exchange of a code would give.
func (Provider) Reveal(tx engine.Tx, conn connect.Connection) (map[string]string, error) {
	refresh, g, err := tx.IssueNext(grant.Refresh, conn.ID, engine.IssueOptions{Scopes: strings.Fields(tx.Option(optScopes)), Length: tokenLength(tx)})
	if err != nil {
		return nil, err
	}
	access, _, err := tx.IssueWith(grant.Access, g, engine.IssueOptions{Length: tokenLength(tx)})
	return map[string]string{"access_token": access, "refresh_token": refresh}, err
}
