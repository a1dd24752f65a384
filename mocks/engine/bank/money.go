package bank

import (
	"fmt"
	"strconv"
	"strings"
)

// FormatAmount writes minor units the way tables do: -12.50, without a currency.
func FormatAmount(minor int64, currency string) string {
	return string(AppendAmount(nil, minor, currency))
}

// AppendAmount appends what FormatAmount writes, which is a JSON number, too.
func AppendAmount(dst []byte, minor int64, currency string) []byte {
	units := int64(1)
	for range Exponent(currency) {
		units *= 10
	}
	if minor < 0 {
		dst = append(dst, '-')
	}
	abs := uint64(magnitude(minor))
	dst = strconv.AppendUint(dst, abs/uint64(units), 10)
	if units == 1 {
		return dst
	}
	dst = append(dst, '.')
	for units /= 10; units > 0; units /= 10 {
		dst = append(dst, byte('0'+abs/uint64(units)%10))
	}
	return dst
}

// ParseAmount reads minor units from decimal text with at most as many places as the
// currency has: it never passes through a float.
func ParseAmount(text, currency string) (int64, error) {
	refuse := func(why string) (int64, error) {
		return 0, fmt.Errorf("%q is no amount of %s: %s", text, currency, why)
	}
	e := Exponent(currency)
	digits, negative := strings.CutPrefix(strings.TrimSpace(text), "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, places, point := strings.Cut(digits, ".")
	if point && (len(places) == 0 || len(places) > e) {
		return refuse(fmt.Sprintf("write %d places at most, as in %s", e, FormatAmount(12345, currency)))
	}
	if !digitsOnly(whole) || point && !digitsOnly(places) {
		return refuse("write digits with a point, as in " + FormatAmount(12345, currency))
	}
	n, err := strconv.ParseInt(whole+places+strings.Repeat("0", e-len(places)), 10, 64)
	if err != nil || n > 1<<53 {
		return refuse("it is too large")
	}
	if negative {
		n = -n
	}
	return n, nil
}

// ParseShare reads a percentage with at most one place, "3.1%", as thousandths.
func ParseShare(text string) (int64, error) {
	whole, place, point := strings.Cut(strings.TrimSuffix(text, "%"), ".")
	if !point {
		place = "0"
	}
	n, err := strconv.ParseInt(whole+place, 10, 32)
	if err != nil || whole == "" || len(place) != 1 || !digitsOnly(whole+place) || !strings.HasSuffix(text, "%") {
		return 0, fmt.Errorf("%q is no share: write it as 3%% or 3.1%%", text)
	}
	return n, nil
}
