package web

import (
	"crypto/sha256"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	colours = 8 // .tone-0 to .tone-7 in the style sheet
	shapes  = 8 // .shape-0 to .shape-7
)

// markOf draws a sign in place of a logo: the initials of the first two words that begin with
// a capital letter or a digit, so that "Banco de Chile" gives BC, failing that, the first
// letter; and a colour.
func markOf(name string) (letters string, colour int) {
	words := strings.Fields(name)
	for _, word := range words {
		first, _ := utf8.DecodeRuneInString(word)
		if unicode.IsUpper(first) || unicode.IsDigit(first) {
			letters += string(first)
		}
		if utf8.RuneCountInString(letters) == 2 {
			break
		}
	}
	if letters == "" && len(words) > 0 {
		first, _ := utf8.DecodeRuneInString(words[0])
		letters = string(unicode.ToUpper(first))
	}
	return letters, pick(name, colours)
}

// pick chooses one of n by name, always the same.
func pick(name string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % uint32(n))
}

var unaccent = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ï", "i", "î", "i",
	"ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u", "ñ", "n", "ç", "c", "ß", "ss",
)

// fold makes names comparable as people type them: without case and accents.
func fold(s string) string { return unaccent.Replace(strings.ToLower(strings.TrimSpace(s))) }

// codeSize is the width of a drawn code in modules.
const codeSize = 21

// codePath draws a square code that looks like a QR code and depends on its
// content, as an SVG path of unit squares. It does not scan: the page always
// offers the content as text and the simulated phone beside it.
func codePath(content string) string {
	bits := sha256.Sum256([]byte(content))
	var path strings.Builder
	for y := range codeSize {
		for x := range codeSize {
			n := y*codeSize + x
			dark := bits[n/8%len(bits)]>>(n%8)&1 == 1
			if ring, inside := finder(x, y); inside {
				dark = ring
			}
			if dark {
				path.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h1v1h-1z")
			}
		}
	}
	return path.String()
}

// finder tells whether a module belongs to one of the three corner squares
// with their quiet zone, and whether it is dark there.
func finder(x, y int) (dark, inside bool) {
	const last = codeSize - 1
	for _, corner := range [3][2]int{{3, 3}, {last - 3, 3}, {3, last - 3}} {
		d := max(abs(x-corner[0]), abs(y-corner[1]))
		if d <= 4 {
			return d == 3 || d <= 1, true
		}
	}
	return false, false
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
