package finx

import (
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// accountVerification is the documented object.
type accountVerification struct {
	ID       string `json:"id"`
	Provided struct {
		Name string `json:"name"`
		IBAN string `json:"iban,omitempty"`
	} `json:"provided"`
	Matched match `json:"matched"`
	Account struct {
		Name     string   `json:"name"`
		Type     string   `json:"type"`
		Owners   []string `json:"owners"`
		IBAN     string   `json:"iban,omitempty"`
		Currency string   `json:"currency"`
	} `json:"account"`
}

// match is the owner's name that comes nearest to the one that was given, and how near.
type match struct {
	Name     string `json:"name"`
	Affinity string `json:"affinity"`
}

// verification is the part of a risk report that says the same.
type verification struct {
	Provided struct {
		Name string `json:"name"`
	} `json:"provided"`
	Matched match `json:"matched"`
}

func newVerification(c *engine.Call, s shared, name string) (v verification) {
	v.Provided.Name = name
	v.Matched = nearest(ownersOf(c, s), name)
	return v
}

// ownersOf are the holders of an account.
func ownersOf(c *engine.Call, s shared) []string {
	out := []string{s.book.Account().Holder.Name}
	if world, err := c.Bank(s.conn); err == nil {
		if second := world.Identity().Second; second != "" && s.book.Account().Key == "main" {
			out = append(out, second)
		}
	}
	return out
}

func getAccountVerification(c *engine.Call) (engine.Reply, error) {
	of, err := reportOf(c, flowVerification)
	if err != nil {
		return engine.Reply{}, err
	}
	conn := of[0].conn
	iban := compact(conn.Params["account"])
	s := of[0]
	if at := slices.IndexFunc(of, func(s shared) bool { return s.book.Account().IBAN == iban }); at >= 0 {
		s = of[at]
	}
	a := s.book.Account()
	out := accountVerification{ID: conn.Session}
	out.Provided.Name, out.Provided.IBAN = conn.Params["name"], iban
	out.Account.Name, out.Account.Type, out.Account.Owners = a.Name, accountTypes[a.Type], ownersOf(c, s)
	out.Account.IBAN, out.Account.Currency = a.IBAN, a.Currency
	out.Matched = nearest(out.Account.Owners, out.Provided.Name)
	return engine.JSON(http.StatusOK, out), nil
}

// nearest finds the owner that a name means. How near is said in four words (documented); what
// each means is invented: the same name in any order; all names of the one in the other; one
// long name in common; none.
func nearest(owners []string, name string) match {
	best, score := "", -1
	for _, owner := range owners {
		if n := likeness(owner, name); n > score {
			best, score = owner, n
		}
	}
	return match{best, [...]string{"LOW", "MEDIUM", "HIGH", "VERY_HIGH"}[max(score, 0)]}
}

func likeness(a, b string) int {
	x, y := parts(a), parts(b)
	common := 0
	for _, p := range x {
		if slices.Contains(y, p) {
			common++
		}
	}
	switch {
	case common == 0:
		return 0
	case common == len(x) && common == len(y):
		return 3
	case common == min(len(x), len(y)) && common > 1:
		return 2
	}
	return 1
}

var umlauts = strings.NewReplacer("ß", "ss", "ä", "ae", "ö", "oe", "ü", "ue", "ı", "i")

// parts are the names in a name, without case, accents and titles.
func parts(name string) []string {
	name = umlauts.Replace(strings.ToLower(name))
	out := strings.FieldsFunc(connect.Plain(name), func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '.' })
	return slices.DeleteFunc(out, func(p string) bool { return p == "dr" || p == "prof" || p == "herr" || p == "frau" })
}

// compact is an account's name without the blanks that people write.
func compact(text string) string { return strings.ToUpper(strings.ReplaceAll(text, " ", "")) }
