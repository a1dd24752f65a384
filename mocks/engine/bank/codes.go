package bank

import "cmp"

// Codes are by what payments find a bank: Bank is the Bankleitzahl in Germany, the entity
// in Spain, the institution number in Canada; Branch is the office in Spain and the transit
// number in Canada. What a country does not have is empty.
type Codes struct{ Bank, Branch, BIC string }

// or fills in what is missing.
func (c Codes) or(other Codes) Codes {
	return Codes{cmp.Or(c.Bank, other.Bank), cmp.Or(c.Branch, other.Branch), cmp.Or(c.BIC, other.BIC)}
}

// CodesOf are the codes of a bank: those that it has, and for those that it lacks numbers
// that no bank of its country has, drawn from its id. Where branches have a code and the
// bank names none, each customer has one, which is left empty here. A country without bank
// data has no codes.
func CodesOf(i Institution) Codes {
	if l, ok := localeOf(i.Country); ok {
		return l.codesOf(i)
	}
	return i.Codes
}

func (l *locale) codesOf(i Institution) Codes {
	if l.codes == nil {
		return i.Codes
	}
	return i.Codes.or(l.codes(rootKey(0).sub("bank/" + i.ID)))
}

// testBIC is a code of a bank in a country: a 0 in the eighth place marks one for tests.
func testBIC(k key, country string) string {
	letters := []byte("SB??")
	for i := 2; i < len(letters); i++ {
		letters[i] = 'A' + byte(below(k.word(uint64(i)), 26))
	}
	return string(letters) + country + "M0XXX"
}

// at is a bank with all its codes, and the branch of a customer.
func (l *locale) at(i Institution, customer key) Institution {
	i.Country = cmp.Or(i.Country, l.country)
	i.Codes = l.codesOf(i)
	if l.branch != nil && i.Codes.Branch == "" {
		i.Codes.Branch = l.branch(customer)
	}
	return i
}

// LocalNumber is the number of the account at its bank, without the bank's codes.
func (a Account) LocalNumber() string {
	if from := map[string]int{"DE": 12, "ES": 14}[a.IBAN[:min(len(a.IBAN), 2)]]; from > 0 {
		return a.IBAN[from:]
	}
	return a.Number
}

// IBANCodes are the codes that an IBAN holds by position: the Bankleitzahl, or entity and
// office. It has none for a country that is not known here, and looks at nothing else.
func IBANCodes(iban string) (country string, c Codes) {
	if len(iban) < 12 {
		return "", c
	}
	switch country = iban[:2]; country {
	case "DE":
		c.Bank = iban[4:12]
	case "ES":
		c.Bank, c.Branch = iban[4:8], iban[8:12]
	default:
		country = ""
	}
	return country, c
}
