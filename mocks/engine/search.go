package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// CodesOf are the codes of an institution, with those that are drawn for it.
func (i Institution) CodesOf() bank.Codes {
	return bank.CodesOf(bank.Institution{ID: i.ID, Name: i.Name, Country: i.Country, Codes: i.Codes})
}

// How well an institution answers a query, the best last.
const (
	noMatch = iota
	matchesPart
	matchesBeginning
	matchesExactly
)

// SearchInstitutions finds banks by what a person types: a part of the name, without
// regard to case and accents; the code of the bank (Bankleitzahl, entity, institution number) or
// the beginning of it; a BIC; or an IBAN, which says the bank by position, whatever the
// country of the catalogue. The best come first, otherwise the order stays. An IBAN whose
// check digits are wrong finds nothing, and an empty query everything.
func SearchInstitutions(list []InstitutionState, query string) []InstitutionState {
	type ranked struct {
		InstitutionState
		rank int
	}
	var found []ranked
	q := newBankQuery(query)
	for _, i := range list {
		if rank := q.rank(i.Institution); rank > noMatch {
			found = append(found, ranked{i, rank})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(b.rank, a.rank) })
	out := make([]InstitutionState, len(found))
	for i := range found {
		out[i] = found[i].InstitutionState
	}
	return out
}

// bankQuery is a query as it is compared.
type bankQuery struct {
	name    string // plain
	code    string // upper case, closed up
	country string // of an IBAN
	bank    string // that an IBAN says
	broken  bool   // an IBAN that does not check
}

func newBankQuery(text string) bankQuery {
	q := bankQuery{name: connect.Plain(text), code: closedUp(text)}
	if looksLikeIBAN(q.code) {
		country, codes := bank.IBANCodes(q.code)
		q.country, q.bank, q.broken = country, codes.Bank, bank.CheckIBAN(q.code) != nil
	}
	return q
}

// closedUp is a code as it is compared: without blanks, dots and hyphens, in upper case.
func closedUp(text string) string { return strings.ToUpper(unpunctuated(text)) }

// looksLikeIBAN tells an IBAN from a BIC and a name: two letters and digits behind them, more
// than a code of a bank has.
func looksLikeIBAN(code string) bool {
	return len(code) >= 15 && strings.Trim(code[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.Trim(code[2:4], "0123456789") == ""
}

func (q bankQuery) rank(i Institution) int {
	codes := i.CodesOf()
	switch {
	case q.broken:
		return noMatch
	case q.bank != "":
		if codes.Bank == q.bank && strings.EqualFold(i.Country, q.country) {
			return matchesExactly
		}
		return noMatch
	case q.name == "":
		return matchesExactly
	}
	return max(rankName(q.name, connect.Plain(i.Name)), rankCode(q.code, codes.Bank, routing(codes), codes.BIC, strings.TrimSuffix(codes.BIC, "XXX")))
}

// routing is the number of nine digits that a Canadian branch has in transfers.
func routing(c bank.Codes) string {
	if len(c.Bank) == 3 && len(c.Branch) == 5 {
		return "0" + c.Bank + c.Branch
	}
	return ""
}

// shortestCode is how much of a code a query must have: less finds half the catalogue.
const shortestCode = 3

func rankName(query, name string) int {
	switch {
	case name == query:
		return matchesExactly
	case strings.HasPrefix(name, query):
		return matchesBeginning
	case strings.Contains(name, query):
		return matchesPart
	}
	return noMatch
}

func rankCode(query string, codes ...string) (rank int) {
	for _, code := range codes {
		switch {
		case code == "" || len(query) < shortestCode:
		case code == query:
			return matchesExactly
		case strings.HasPrefix(code, query):
			rank = matchesBeginning
		}
	}
	return rank
}

// FoundAccount is an account of somebody who can log in, and the bank that has it.
type FoundAccount struct {
	Institution Institution
	Username    string
	Account     bank.Account
}

// FindAccounts finds the accounts that an IBAN, an account number or the number of a card
// names, among the users that the provider's pages hint at and the one whom the session's
// scenario describes, at each bank that the session may use. A card is found by the digits
// that a bank shows of it, if the number checks.
func (t Tx) FindAccounts(s connect.Session, text string) ([]FoundAccount, error) {
	number := closedUp(text)
	if len(number) < shortestNumber {
		return nil, nil
	}
	q := newBankQuery(text)
	var out []FoundAccount
	for _, i := range t.m.catalogue(t.s.scripts(t.sb, t.m, chainOf(s))) {
		if q.bank != "" && q.rank(i.Institution) == noMatch || t.m.withholds(s, i) != nil {
			continue
		}
		s.Institution = i.ID
		for _, name := range t.usernames(s) {
			user, err := t.user(s, map[string]string{"username": name})
			if err != nil {
				continue // the form would refuse the name
			}
			conn := t.connection(s, user)
			source, err := t.s.source(t.sb, t.m, t.s.scripts(t.sb, t.m, chainOfConnection(conn)), conn)
			if err != nil {
				return nil, err
			}
			w, err := bank.Open(source) // not kept: most of them hold nothing that is asked for
			if err != nil {
				return nil, err
			}
			for _, a := range w.AccountsAt(t.Now) {
				if isNumberOf(a, number) {
					out = append(out, FoundAccount{i.Institution, user.Username, a})
				}
			}
		}
	}
	return out, nil
}

// shortestNumber is how many characters the number of an account has at least.
const shortestNumber = 4

// usernames are those who can log in: of the scenario, and of the hints.
func (t Tx) usernames(s connect.Session) (names []string) {
	if p, _ := t.s.scripts(t.sb, t.m, chainOf(s)).layers.Persona(); p != nil && p.Login != nil {
		names = append(names, p.Login.Username)
	}
	for _, h := range t.m.man.Hints {
		if !slices.Contains(names, h.Username) {
			names = append(names, h.Username)
		}
	}
	return names
}

// isNumberOf says whether a number, closed up, is that of an account.
func isNumberOf(a bank.Account, number string) bool {
	if a.Type == bank.CreditCard {
		return len(number) >= 12 && bank.CheckPAN(number) == nil && number[len(number)-4:] == a.Number[len(a.Number)-4:]
	}
	return number == closedUp(a.Number) || number == closedUp(a.LocalNumber()) ||
		strings.TrimLeft(number, "0") == strings.TrimLeft(closedUp(a.LocalNumber()), "0")
}
