package flinks

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// object is a JSON object whose keys come in order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	dst := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(engine.AppendString(dst, m.name), ':')
		text, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		dst = append(dst, text...)
	}
	return append(dst, '}'), nil
}

// matchBody is what FieldMatch compares with the bank's data.
type matchBody struct {
	LoginID, FullName, FirstName, MiddleName, LastName word
	PostalCode, CivicAddress, City, Province           word
	Email, Phone, Threshold                            word
}

// matchFields says how far what the app knows of a person is what the bank knows. The
// provider's measure is not published; this one is the share of letters that stay.
func matchFields(c *engine.Call) (engine.Reply, error) {
	var body matchBody
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	if body.LoginID == "" {
		return engine.Reply{}, problem.Invalid("LoginId", problem.Missing, "LoginId is missing")
	}
	threshold, err := strconv.ParseFloat(string(body.Threshold), 64)
	if body.Threshold != "" && (err != nil || threshold < 0 || threshold > 1) {
		return engine.Reply{}, problem.Invalid("Threshold", problem.WrongType, "Threshold must be a number from 0 to 1")
	}
	var known holder
	err = c.View(func(tx engine.Tx) error {
		conn, err := cardByLogin(c, tx, string(body.LoginID))
		if err != nil {
			return err
		}
		if conn.RefreshedAt.IsZero() && conn.Failure != "" && conn.Refreshing == "" {
			return &problem.Error{Code: conn.Failure, Injected: true} // a refresh fails because a scenario lets it
		}
		if conn.RefreshedAt.IsZero() {
			return problem.New(problem.Pending, "GetAccountsDetail has not been completed for this LoginId")
		}
		world, err := tx.Bank(conn)
		if err == nil {
			known = holderOf(world.Identity(), conn.Institution)
		}
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	compared := body.compare(known)
	if len(compared) == 0 {
		return engine.Reply{}, problem.Invalid("FullName", problem.Missing, "send at least one field to compare, FullName for example")
	}
	return engine.JSON(http.StatusOK, matched(compared, threshold, body.Threshold != "")), nil
}

// comparison is one field: what was sent and what the bank has, ready to compare.
type comparison struct{ name, sent, known string }

func (b matchBody) compare(h holder) (out []comparison) {
	first, rest, _ := strings.Cut(h.Name, " ")
	last := rest
	if i := strings.LastIndexByte(rest, ' '); i >= 0 {
		last = rest[i+1:]
	}
	middle := strings.TrimSpace(strings.TrimSuffix(rest, last))
	for _, c := range []comparison{
		{"fullName", string(b.FullName), h.Name}, {"firstName", string(b.FirstName), first},
		{"middleName", string(b.MiddleName), middle}, {"lastName", string(b.LastName), last},
		{"phone", digitsOf(string(b.Phone)), h.PhoneNumber}, {"email", string(b.Email), h.Email},
		{"civicAddress", string(b.CivicAddress), h.Address.CivicAddress}, {"city", string(b.City), h.Address.City},
		{"province", string(b.Province), h.Address.Province}, {"postalCode", squeezed(string(b.PostalCode)), squeezed(h.Address.PostalCode)},
	} {
		if c.sent != "" {
			out = append(out, c)
		}
	}
	return out
}

func squeezed(s string) string { return strings.ReplaceAll(s, " ", "") }

// matched renders the comparison; the two matches only where there is a threshold.
func matched(fields []comparison, threshold float64, judge bool) object {
	var rates, matches object
	noData, sum, all := []string{}, 0.0, true
	for _, f := range fields {
		rate := 0.0
		var match any
		if f.known == "" {
			noData = append(noData, f.name)
		} else {
			rate = similarity(f.sent, f.known)
			match = rate >= threshold
		}
		sum += rate
		rates = append(rates, member{f.name, rate})
		matches = append(matches, member{f.name, match})
		all = all && (f.known == "" || rate >= threshold)
	}
	rates, matches = append(rates, member{"noData", noData}), append(matches, member{"noData", noData})
	overall := rounded(sum / float64(len(fields)))
	var out object
	if judge {
		out = object{{"overallMatch", all}, {"fieldLevelMatch", matches}}
	}
	return append(out, member{"overallMatchRate", overall}, member{"fieldLevelMatchRate", rates})
}

func rounded(x float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 8, 64), 64)
	return out
}

// similarity is the share of letters that two texts have in common, in order: 1 less the
// edit distance by the longer length. Case and outer spaces never count.
func similarity(a, b string) float64 {
	x, y := []rune(strings.ToLower(strings.TrimSpace(a))), []rune(strings.ToLower(strings.TrimSpace(b)))
	if len(x) > longestField {
		x = x[:longestField]
	}
	longest := max(len(x), len(y))
	if longest == 0 {
		return 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := 1
			if r == s {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return rounded(1 - float64(row[len(y)])/float64(longest))
}

// longestField bounds what is compared.
const longestField = 500
