package fintoc

import (
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// linkIntent is the documented object; the tokens are null but where a call says so.
type linkIntent struct {
	ID                     string  `json:"id"`
	Object                 string  `json:"object"`
	Country                string  `json:"country"`
	CreatedAt              string  `json:"created_at"`
	ExchangeToken          *string `json:"exchange_token"`
	ExchangeTokenExpiresAt *string `json:"exchange_token_expires_at"`
	HolderType             string  `json:"holder_type"`
	Mode                   string  `json:"mode"`
	Product                string  `json:"product"`
	Status                 string  `json:"status"`
	WidgetToken            *string `json:"widget_token"`
}

func newLinkIntent(s connect.Session) linkIntent {
	status := "created"
	if s.Step == connect.Succeeded {
		status = "succeeded"
	}
	return linkIntent{
		ID: s.ID, Object: "link_intent", Country: s.Params["country"], CreatedAt: instant(s.StartedAt),
		HolderType: s.Params["holder_type"], Mode: "test", Product: s.Params["product"], Status: status,
	}
}

type institutionRef struct {
	ID      string `json:"id"`
	Country string `json:"country"`
	Name    string `json:"name"`
}

// link is the documented object. Accounts is null in lists and after an update.
type link struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Active            bool           `json:"active"`
	Accounts          []account      `json:"accounts"`
	CreatedAt         string         `json:"created_at"`
	HolderID          string         `json:"holder_id"`
	HolderType        string         `json:"holder_type"`
	Institution       institutionRef `json:"institution"`
	LastTimeRefreshed *string        `json:"last_time_refreshed"`
	LinkToken         *string        `json:"link_token"`
	Mode              string         `json:"mode"`
	RefreshStatus     string         `json:"refresh_status"`
	Status            string         `json:"status"`
	Username          string         `json:"username"`
}

// newLink renders a connection, with its accounts where they are asked for.
func newLink(c engine.RenderContext, conn connect.Connection, withAccounts bool) (link, error) {
	refreshed := precise(conn.RefreshedAt)
	l := link{
		ID: conn.ID, Object: "link", Active: !conn.Paused, CreatedAt: precise(conn.CreatedAt),
		HolderID: conn.Holder.NationalID, HolderType: holderType(conn),
		Institution:       institutionRef{ID: conn.Institution, Country: "cl", Name: c.InstitutionOf(conn).Name},
		LastTimeRefreshed: &refreshed, Mode: "test", RefreshStatus: refreshStatus(c, conn), Status: status(c, conn),
		Username: conn.Username,
	}
	if !withAccounts {
		return l, nil
	}
	books, err := engine.Books(c, conn)
	l.Accounts = make([]account, 0, len(books))
	for _, b := range books {
		l.Accounts = append(l.Accounts, newAccount(c, conn, b))
	}
	return l, err
}

// holderType is what the link was asked for, or what its holder is.
func holderType(conn connect.Connection) string {
	if t := conn.Params["holder_type"]; t != "" {
		return t
	}
	if conn.Holder.Kind == bank.Business {
		return "business"
	}
	return "individual"
}

func status(c engine.RenderContext, conn connect.Connection) string {
	if conn.StateAt(c.Instant()) == connect.Active {
		return "active"
	}
	return "login_required"
}

// refreshStatus is interrupted when the credentials no longer work (documented).
func refreshStatus(c engine.RenderContext, conn connect.Connection) string {
	switch {
	case conn.StateAt(c.Instant()) != connect.Active:
		return "interrupted"
	case conn.Refreshing != "":
		return "refreshing"
	}
	return "idle"
}

// account is the documented object; balance has exactly three keys, because the Ruby
// client takes no other.
type account struct {
	ID              string  `json:"id"`
	Object          string  `json:"object"`
	Balance         balance `json:"balance"`
	Currency        string  `json:"currency"`
	HolderID        string  `json:"holder_id"`
	HolderName      string  `json:"holder_name"`
	Name            string  `json:"name"`
	NextRefresh     *string `json:"next_refresh"`
	Number          string  `json:"number"`
	OfficialName    string  `json:"official_name"`
	RefreshStatus   string  `json:"refresh_status"`
	RefreshedAt     *string `json:"refreshed_at"`
	RemovedFromLink bool    `json:"removed_from_link"`
	Type            string  `json:"type"`
}

type balance struct {
	Available int64 `json:"available"`
	Current   int64 `json:"current"`
	Limit     int64 `json:"limit"`
}

var accountTypes = map[bank.AccountType]string{
	bank.Checking: "checking_account", bank.Savings: "savings_account", bank.Sight: "sight_account",
	bank.CreditLine: "line_of_credit", bank.CreditCard: "credit_card", bank.Loan: "line_of_credit",
}

func newAccount(c engine.RenderContext, conn connect.Connection, b *bank.Book) account {
	a := b.Account()
	refreshed := precise(conn.RefreshedAt)
	out := account{
		ID: accountID(a.ID), Object: "account", Balance: newBalance(a, b.Balance(conn.AsOf(c.Instant()))), Currency: a.Currency,
		HolderID: a.Holder.NationalID, HolderName: a.Holder.Name, Name: a.Name, Number: a.Number,
		OfficialName: a.OfficialName, RefreshStatus: refreshStatus(c, conn), RefreshedAt: &refreshed,
		Type: accountTypes[a.Type],
	}
	if !conn.Paused && conn.StateAt(c.Instant()) == connect.Active {
		next := precise(conn.NextRefresh(refreshing, c.Instant()))
		out.NextRefresh = &next
	}
	return out
}

// newBalance gives limit its documented meaning: the approved amount of a credit line
// or card, and for other accounts what is available plus the credit line. What is
// available of a credit is what is left of it (inferred from integrators).
func newBalance(a bank.Account, b bank.Balance) balance {
	if a.Type == bank.CreditLine || a.Type == bank.CreditCard {
		return balance{Available: b.Limit + b.Available, Current: b.Current, Limit: b.Limit}
	}
	return balance{Available: b.Available, Current: b.Current, Limit: b.Available + b.Limit}
}

func accountID(id bank.ID) string { return "acc_" + id.Text() }

// movements appends the rows of a page with a comma behind each, in the key order that
// was recorded.
type movements func(dst []byte) []byte

// AppendJSON appends the page as a bare array.
func (m movements) AppendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	first := len(dst)
	if dst = m(dst); len(dst) > first {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ']')
}

// movementForm writes what is booked.
var movementForm = bank.NewForm(appendMovement)

// movement renders one row.
type movement bank.Transaction

// AppendJSON appends the row.
func (m movement) AppendJSON(dst []byte) []byte {
	t := bank.Transaction(m)
	return appendMovement(dst, &t)
}

func appendMovement(dst []byte, t *bank.Transaction) []byte {
	dst = append(dst, `{"id":"mov_`...)
	dst = t.ID.Append(dst)
	dst = append(dst, `","description":`...)
	dst = engine.AppendString(dst, t.Description)
	dst = append(dst, `,"amount":`...)
	dst = strconv.AppendInt(dst, t.Amount, 10)
	dst = append(dst, `,"currency":"`...)
	dst = append(dst, t.Currency...)
	dst = append(dst, `","post_date":"`...)
	dst = t.Posted.Append(dst)
	dst = append(dst, `T00:00:00Z","transaction_date":`...)
	dst = appendInstant(dst, t.At)
	dst = append(append(append(dst, `,"type":"`...), movementType(t.Kind)...), '"')
	recipient, sender := t.Counterparty, (*bank.Party)(nil)
	if t.Amount > 0 {
		recipient, sender = nil, t.Counterparty
	}
	dst = appendParty(append(dst, `,"recipient_account":`...), recipient)
	dst = appendParty(append(dst, `,"sender_account":`...), sender)
	dst = appendOptional(append(dst, `,"comment":`...), t.Comment)
	dst = appendOptional(append(dst, `,"reference_id":`...), t.Reference)
	dst = append(dst, `,"transfer_id":null,"document_number":null,"pending":`...)
	dst = strconv.AppendBool(dst, t.Pending && t.Kind == bank.KindCheck)
	dst = append(dst, `,"status":"`...)
	if t.Pending {
		dst = append(dst, "processing"...)
	} else {
		dst = append(dst, "confirmed"...)
	}
	return append(dst, `","object":"movement"}`...)
}

// appendInstant appends a time, or null where the bank does not tell one.
func appendInstant(dst []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(dst, "null"...)
	}
	day := bank.DayOf(at)
	sec := int(at.Unix() - day.Time().Unix())
	two := func(n int, before byte) { dst = append(dst, before, byte('0'+n/10), byte('0'+n%10)) }
	dst = day.Append(append(dst, '"'))
	two(sec/3600, 'T')
	two(sec/60%60, ':')
	two(sec%60, ':')
	return append(dst, 'Z', '"')
}

// movementType knows three words; all but transfers and checks are other.
func movementType(k bank.Kind) string {
	switch {
	case k.IsTransfer():
		return "transfer"
	case k == bank.KindCheck:
		return "check"
	}
	return "other"
}

func appendParty(dst []byte, p *bank.Party) []byte {
	if p == nil {
		return append(dst, "null"...)
	}
	dst = engine.AppendString(append(dst, `{"holder_id":`...), p.NationalID)
	dst = engine.AppendString(append(dst, `,"number":`...), p.Account)
	dst = engine.AppendString(append(dst, `,"institution":{"id":`...), p.Institution.ID)
	dst = engine.AppendString(append(dst, `,"name":`...), p.Institution.Name)
	dst = engine.AppendString(append(dst, `,"country":"cl"},"holder_name":`...), p.Name)
	return append(dst, '}')
}

func appendOptional(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return engine.AppendString(dst, s)
}
