package finx

import (
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// instant is a time with milliseconds and the zone, without which one client reads null.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// money is an amount in the minor unit, written as a decimal or, where a call asks for cents,
// as it is.
type money struct {
	minor    int64
	currency string
	cents    bool
}

// MarshalJSON writes the amount.
func (m money) MarshalJSON() ([]byte, error) { return m.append(nil), nil }

func (m money) append(dst []byte) []byte {
	if m.cents {
		return strconv.AppendInt(dst, m.minor, 10)
	}
	return bank.AppendAmount(dst, m.minor, m.currency)
}

// inCents says whether a call wants whole cents.
func inCents(c *engine.Call) bool { return flag(c, "cents") }

// flag reads a switch in the query: true, false, 0 or 1.
func flag(c *engine.Call, name string) bool { return isOn(c.Query(name)) }

func isOn(text string) bool {
	on, _ := strconv.ParseBool(strings.ToLower(text))
	return on
}

// account is the documented object.
type account struct {
	ID                string              `json:"account_id"`
	Number            string              `json:"account_number"`
	BankCode          string              `json:"bank_code"`
	IBAN              string              `json:"iban,omitempty"`
	BIC               string              `json:"bic,omitempty"`
	AccessID          string              `json:"access_id"`
	BankName          string              `json:"bank_name"`
	Icon              icon                `json:"icon"`
	Currency          string              `json:"currency"`
	Balance           balance             `json:"balance"`
	Type              string              `json:"type"`
	Name              string              `json:"name"`
	Owner             string              `json:"owner"`
	AutoSync          bool                `json:"auto_sync"`
	SavePin           bool                `json:"save_pin"`
	SupportedPayments map[string]struct{} `json:"supported_payments"`
	JointlyManaged    bool                `json:"is_jointly_managed"`
	Status            syncStatus          `json:"status"`
}

// icon is a picture that does not exist: the simulator has no artwork of banks.
type icon struct {
	URL         string            `json:"url"`
	Resolutions map[string]string `json:"resolutions"`
}

// iconSizes are those that the real accounts list.
var iconSizes = []string{"48", "60", "72", "84", "96", "120", "144", "192", "256"}

func newIcon(c *engine.Call) icon {
	base := c.PublicURL() + "/images/accounts/default"
	out := icon{URL: base + ".png", Resolutions: map[string]string{}}
	for _, size := range iconSizes {
		out.Resolutions[size+"x"+size] = base + "_" + size + ".png"
	}
	return out
}

type balance struct {
	Balance money      `json:"balance"`
	Date    string     `json:"balance_date"`
	Credit  *money     `json:"credit_line,omitempty"`
	Status  syncStatus `json:"status"`
}

type syncStatus struct {
	SyncedAt    string `json:"synced_at"`
	SucceededAt string `json:"succeeded_at"`
	Message     string `json:"message"`
}

func statusOf(now time.Time, s shared) syncStatus {
	at := instant(s.conn.AsOf(now))
	return syncStatus{SyncedAt: at, SucceededAt: at}
}

var accountTypes = map[bank.AccountType]string{
	bank.Checking: "Giro account", bank.Sight: "Giro account", bank.Savings: "Daily savings account",
	bank.CreditCard: "Credit card", bank.Loan: "Loan account", bank.CreditLine: "Loan account",
}

func newAccount(c *engine.Call, s shared) account {
	a := s.book.Account()
	at := c.InstitutionOf(s.conn)
	out := account{
		ID: s.id(), Number: a.Number, BankCode: at.CodesOf().Bank, AccessID: s.conn.ID, BankName: at.Name,
		Icon: newIcon(c), Currency: a.Currency, Balance: newBalance(c.Now, s, inCents(c)), Type: accountTypes[a.Type], Name: a.Name, Owner: a.Holder.Name,
		AutoSync: !s.conn.Paused, SavePin: !s.conn.Paused, SupportedPayments: map[string]struct{}{}, Status: statusOf(c.Now, s),
		JointlyManaged: len(ownersOf(c, s)) > 1,
	}
	if a.IBAN != "" {
		out.IBAN, out.BIC, out.Number = a.IBAN, at.CodesOf().BIC, a.LocalNumber()
	}
	return out
}

func newBalance(now time.Time, s shared, cents bool) balance {
	a := s.book.Account()
	at := s.conn.AsOf(now)
	b := s.book.Balance(at)
	out := balance{Balance: money{b.Current, a.Currency, cents}, Date: instant(at), Status: statusOf(now, s)}
	if b.Limit > 0 {
		out.Credit = &money{b.Limit, a.Currency, cents}
	}
	return out
}
