package grant

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Alphabets for the random part of an id or a secret.
const (
	Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	Hex    = "0123456789abcdef"
	Digits = "0123456789"
)

// Format is the shape of an id or secret: Prefix, then Length characters of
// Alphabet (Base62 when empty). "{parent}" in Prefix stands for the parent's id.
// With a Layout the shape is that text, each "#" of which is one character of Alphabet;
// Prefix and Length do not count then. With JWT it is a JSON Web Token of at least Length
// characters, which says what its grant does (see Secret), and nothing else counts.
type Format struct {
	Prefix   string
	Length   int
	Vary     int // up to so many characters more, another number for each
	Alphabet string
	Layout   string
	JWT      bool
}

// GUID is the layout of a random GUID, which is written in Hex.
const GUID = "########-####-4###-8###-############"

// Mint gives the nth text of a kind below a parent in a sandbox. It is a function of
// its arguments: equal calls in a sandbox of the same name give equal ids, and
// parallel calls with different parents never change each other's.
func (f Format) Mint(key *Key, sandbox, parent, kind string, n int) string {
	alphabet := f.Alphabet
	if alphabet == "" {
		alphabet = Base62
	}
	if f.Layout != "" {
		drawn := Format{Length: strings.Count(f.Layout, "#"), Alphabet: alphabet}.Mint(key, sandbox, parent, kind, n)
		return fill(f.Layout, drawn)
	}
	name := make([]byte, 0, len(sandbox)+len(parent)+len(kind)+16)
	name = append(append(append(append(append(append(name, sandbox...), 0), parent...), 0), kind...), 0)
	name = strconv.AppendInt(name, int64(n), 10)
	length := f.Length
	if f.Vary > 0 {
		sum := key.Sum(append(name, "/length"...))
		length += int(binary.BigEndian.Uint32(sum) % uint32(f.Vary+1))
	}
	var b strings.Builder
	prefix := strings.ReplaceAll(f.Prefix, "{parent}", parent)
	b.Grow(len(prefix) + length)
	b.WriteString(prefix)
	for block := uint32(0); b.Len() < len(prefix)+length; block++ {
		sum := key.Sum(binary.BigEndian.AppendUint32(name, block))
		// Two bytes a character: the bias of the remainder is below 0.1 %.
		for i := 0; i+1 < len(sum) && b.Len() < len(prefix)+length; i += 2 {
			b.WriteByte(alphabet[int(binary.BigEndian.Uint16(sum[i:]))%len(alphabet)])
		}
	}
	return b.String()
}

// fill puts characters into the places of a layout.
func fill(layout, drawn string) string {
	out := []byte(layout)
	for i, next := 0, 0; i < len(out); i++ {
		if out[i] == '#' {
			out[i] = drawn[next]
			next++
		}
	}
	return string(out)
}

// Match says whether text has this shape; the parent's part may be anything.
func (f Format) Match(text string) bool {
	alphabet := f.Alphabet
	if alphabet == "" {
		alphabet = Base62
	}
	if f.JWT {
		return len(text) >= f.Length && strings.Count(text, ".") == 2 && strings.Trim(text, base64URL+".") == ""
	}
	if f.Layout != "" {
		ok := len(text) == len(f.Layout)
		for i := 0; ok && i < len(text); i++ {
			ok = text[i] == f.Layout[i] || f.Layout[i] == '#' && strings.IndexByte(alphabet, text[i]) >= 0
		}
		return ok
	}
	for drawn := f.Length; drawn <= min(f.Length+f.Vary, len(text)); drawn++ {
		head, tail := text[:len(text)-drawn], text[len(text)-drawn:]
		if strings.Trim(tail, alphabet) == "" && f.begins(head) {
			return true
		}
	}
	return false
}

// begins says whether a text is the prefix, whatever the parent.
func (f Format) begins(head string) bool {
	before, after, has := strings.Cut(f.Prefix, "{parent}")
	if !has {
		return head == before
	}
	return len(head) > len(before)+len(after) && strings.HasPrefix(head, before) && strings.HasSuffix(head, after)
}
