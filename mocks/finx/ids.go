package finx

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// Ids have the documented shape A12345.6: the bank's id, which is a number, and a check digit.
// The bank gives each connection ids of its own.
func appendID(dst []byte, letter byte, id bank.ID) []byte {
	v := uint64(id)
	dst = strconv.AppendUint(append(dst, letter), v, 10)
	return append(dst, '.', checkDigit(v))
}

// idOf is an id of the bank behind a letter.
func idOf(letter byte, id bank.ID) string { return string(appendID(nil, letter, id)) }

// parseID reads what idOf wrote.
func parseID(letter byte, text string) (bank.ID, bool) {
	before, check, ok := strings.Cut(text, ".")
	if !ok || before == "" || before[0] != letter || len(check) != 1 {
		return 0, false
	}
	v, err := strconv.ParseUint(before[1:], 10, 64)
	return bank.ID(v), err == nil && check[0] == checkDigit(v)
}

func checkDigit(v uint64) byte { return byte('0' + v*0x9e3779b97f4a7c15>>32%10) }

// number is a stable number for a text, for what has to look drawn.
func number(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// uuid is a stable UUID for a text.
func uuid(text string) string {
	const layout = "########-####-4###-8###-############"
	out := []byte(layout)
	h := number(text)
	for i := range out {
		if out[i] == '#' {
			out[i] = "0123456789abcdef"[h>>60]
			h = h*0xbf58476d1ce4e5b9 + 0x9e3779b97f4a7c15
		}
	}
	return string(out)
}
