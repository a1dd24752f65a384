package flinks

import (
	"hash/fnv"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// Ids of accounts and transactions are GUIDs that hold the bank's id: sixteen digits of
// it and fourteen of a check, around the version and the variant of a random GUID.
const (
	guidSize = 36
	hexits   = "0123456789abcdef"
)

// nibbles are the places of a GUID that are free, in order.
var nibbles = func() (at []int) {
	const layout = "########-####-4###-8###-############"
	for i, c := range layout {
		if c == '#' {
			at = append(at, i)
		}
	}
	return at
}()

// guidOf is an id of the bank as a GUID.
func guidOf(id bank.ID) string { return string(appendGUID(make([]byte, 0, guidSize), id)) }

func appendGUID(dst []byte, id bank.ID) []byte {
	n := len(dst)
	dst = append(dst, "00000000-0000-4000-8000-000000000000"...)
	value, check := uint64(id), checkOf(id)
	for i, at := range nibbles {
		if i < 16 {
			dst[n+at] = hexits[value>>(60-4*i)&15]
		} else {
			dst[n+at] = hexits[check>>(4*(i-16))&15]
		}
	}
	return dst
}

// checkOf tells a GUID that was minted here from a made-up one.
func checkOf(id bank.ID) uint64 {
	v := uint64(id) * 0x9e3779b97f4a7c15
	v ^= v >> 29
	v *= 0xbf58476d1ce4e5b9
	return v ^ v>>32
}

// parseGUID reads what appendGUID wrote, in any case.
func parseGUID(text string) (bank.ID, bool) {
	if len(text) != guidSize {
		return 0, false
	}
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'F' {
			lower[i] = c + 'a' - 'A'
		}
	}
	var value uint64
	for _, at := range nibbles[:16] {
		switch c := lower[at]; {
		case c >= '0' && c <= '9':
			value = value<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			value = value<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	id := bank.ID(value)
	var again [guidSize]byte
	return id, string(appendGUID(again[:0], id)) == string(lower)
}

// number is a stable number for a text, for what has to look drawn.
func number(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
