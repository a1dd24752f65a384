package bank

import (
	"fmt"
	"strconv"
	"strings"
)

// CheckDigit returns the verifier of a RUT body: 0 to 9 or K (modulus 11,
// weights 2 to 7 from the right).
func CheckDigit(body uint64) byte {
	sum, weight := uint64(0), uint64(2)
	for ; body > 0; body /= 10 {
		sum += body % 10 * weight
		if weight++; weight > 7 {
			weight = 2
		}
	}
	return "0K987654321"[sum%11]
}

// rut returns the canonical form of a body.
func rut(body uint64) string { return strconv.FormatUint(body, 10) + string(CheckDigit(body)) }

var rutPunctuation = strings.NewReplacer(".", "", "-", "")

// ParseRUT returns the canonical form of a RUT, digits and upper-case verifier
// without separators ("416148503"). Dots, a hyphen, blanks around it, leading
// zeros and a lower-case k are accepted. The error of a wrong verifier names the
// right one.
func ParseRUT(s string) (string, error) {
	plain := strings.ToUpper(rutPunctuation.Replace(strings.TrimSpace(s)))
	plain = strings.TrimLeft(plain, "0")
	if len(plain) < 7 || len(plain) > 9 {
		return "", fmt.Errorf("rut %q has %d digits, want 7 to 9 with the verifier", s, len(plain))
	}
	last := len(plain) - 1
	body, err := strconv.ParseUint(plain[:last], 10, 32)
	if err != nil {
		return "", fmt.Errorf("rut %q has a character that is no digit", s)
	}
	if want := CheckDigit(body); plain[last] != want {
		return "", fmt.Errorf("rut %q ends in %q, its verifier must be %q", s, plain[last], want)
	}
	return plain, nil
}

// FormatRUT writes a canonical RUT as people do: "41.614.850-3". What is too
// short to be one comes back unchanged.
func FormatRUT(canonical string) string {
	n := len(canonical) - 1
	if n < 1 {
		return canonical
	}
	var b strings.Builder
	for i, c := range canonical[:n] {
		if i > 0 && (n-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(c)
	}
	return b.String() + "-" + canonical[n:]
}
