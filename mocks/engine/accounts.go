package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// AccountChooser is a provider whose sessions may not choose any account that the bank shows,
// or more than one. It is asked with the accounts of the login, in the bank's order.
type AccountChooser interface {
	ChooseAccounts(s connect.Session, accounts []bank.Account, option func(name string) string) AccountChoice
}

// AccountChoice are the rules for the accounts of a session. Where its flow asks for none, the
// user agrees to all that are left.
type AccountChoice struct {
	Single   bool              // exactly one, which the page asks for by radio buttons
	Currency string            // accounts in it alone (ISO 4217, in any case); the others are barred as "currency"
	Barred   map[string]string // further accounts that cannot be chosen, by Key, and why: a word of the texts account.why.*, or a sentence in the language of the page
	Hide     bool              // barred accounts are not on the page at all
	Preset   []string          // Keys of those that are ticked beforehand
}

// accountRules asks the provider which of the accounts may be chosen.
func (t Tx) accountRules(sc *scripts, s connect.Session, world *bank.World) connect.AccountRules {
	c := t.accountChoice(sc, s, world)
	barred := maps.Clone(c.Barred)
	if c.Currency != "" {
		for _, a := range world.AccountsAt(t.Now) {
			if _, known := barred[a.Key]; !known && !strings.EqualFold(a.Currency, c.Currency) {
				if barred == nil {
					barred = map[string]string{}
				}
				barred[a.Key] = "currency"
			}
		}
	}
	return connect.AccountRules{Single: c.Single, Barred: barred, Preset: c.Preset}
}

func (t Tx) accountChoice(sc *scripts, s connect.Session, world *bank.World) AccountChoice {
	p, ok := t.m.p.(AccountChooser)
	if !ok {
		return AccountChoice{}
	}
	shown := sc.shown(world, t.Now)
	accounts := slices.DeleteFunc(slices.Clone(world.AccountsAt(t.Now)), func(a bank.Account) bool { return !slices.Contains(shown, a.Key) })
	return p.ChooseAccounts(s, accounts, func(name string) string { return t.s.option(t.m, t.sb, sc, name) })
}

// OfferedAccount is an account on the page that asks which ones to share.
type OfferedAccount struct {
	Key, Name, Detail string
	Open              bool   // it may be chosen
	Barred            string // why not
	Ticked            bool
}

// Offer lists the accounts that the page of a session shows for its choice.
func (c *Call) Offer(s connect.Session, b connect.Behaviour) ([]OfferedAccount, error) {
	var out []OfferedAccount
	err := c.View(func(tx Tx) error {
		tx = tx.Of(s.Provider)
		user, err := tx.userOf(s)
		if err != nil {
			return err
		}
		world, err := c.s.World(c.Sandbox, tx.connection(s, user))
		if err != nil {
			return err
		}
		sc := c.s.scripts(c.Sandbox, tx.m, chain{call: s.Layers, username: s.Suffix, magic: user.Scenario})
		hide := tx.accountChoice(sc, s, world).Hide
		alone := len(b.Eligible()) == 1
		for _, a := range world.AccountsAt(c.Now) {
			why, barred := b.Rules.Barred[a.Key]
			if !slices.Contains(b.Accounts, a.Key) || barred && hide {
				continue
			}
			out = append(out, OfferedAccount{
				Key: a.Key, Name: a.Name, Detail: a.Number + " · " + a.Currency, Barred: why, Open: !barred,
				Ticked: !barred && (alone || slices.Contains(b.Rules.Preset, a.Key)),
			})
		}
		return nil
	})
	return out, err
}
