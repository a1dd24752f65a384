package bank

// ID names an account or a transaction. It is a reversible code of (account,
// day, layer, number) under the World's key, so a row is found without an index
// and its id never depends on its neighbours. It looks random but is no secret.
type ID uint64

const (
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	codeWidth = 11
	textWidth = 16
	// tagKey is the same in every World, so that ParseID needs none.
	tagKey key = 0x7c3f9a51e60db284
)

// Text returns the 16 base62 characters of the id: 11 of the code, 5 of a tag
// that tells a made-up id from a minted one.
func (id ID) Text() string { return string(id.Append(make([]byte, 0, textWidth))) }

// Append appends Text to dst without allocating.
func (id ID) Append(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, textWidth)...)
	digits(dst[n:n+codeWidth], uint64(id))
	digits(dst[n+codeWidth:], tagKey.word(uint64(id)))
	return dst
}

// digits fills dst with the lowest base62 digits of v.
func digits(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = base62[v%62]
		v /= 62
	}
}

// ParseID reads what Text wrote. It refuses everything else; whether the id
// belongs to a World is only known there.
func ParseID(text string) (ID, bool) {
	if len(text) != textWidth {
		return 0, false
	}
	var v uint64
	for _, c := range []byte(text[:codeWidth]) {
		switch {
		case c >= '0' && c <= '9':
			v = v*62 + uint64(c-'0')
		case c >= 'A' && c <= 'Z':
			v = v*62 + uint64(c-'A') + 10
		default:
			v = v*62 + uint64(c-'a') + 36 // nonsense and overflow fail the comparison
		}
	}
	var again [textWidth]byte
	return ID(v), string(ID(v).Append(again[:0])) == text
}

// layer is the part of a day that a row belongs to.
type layer uint8

const (
	layerRule    layer = iota // number: hash of the rule's name
	layerStream               // number: position in the day
	layerExtra                // number: what the state of the account caused, see extra
	layerHold                 // number: position among the day's holds that never book
	layerRow                  // number: hash of the row's name; of a fixture or a change
	layerTrade                // number: how many trades the depot had before
	layerAccount layer = 7    // the account itself; day and number are zero
)

// For is the World as one connection shows it: the same accounts and rows, under ids that
// no other connection has. The ids are a permutation of the World's own, keyed by the
// name of the connection, so that no list of them is kept; what the World has computed is
// shared. An id of another connection names nothing here.
func (w *World) For(connection string) *World {
	v := *w
	v.shown = w.ids.sub(connection)
	v.seal = newSeal(v.shown)
	v.books = make([]*Book, len(w.books))
	for i, b := range w.books {
		book := *b
		book.world, v.books[i] = &v, &book
		book.account.ID = v.seal.encode(code{account: book.number, layer: layerAccount})
	}
	return &v
}

// code is what an ID holds: account 20 bits, day 17, layer 3, number 24.
type code struct {
	account uint32
	day     Day
	layer   layer
	number  uint32
}

// depotNumber stands for the depot where ids have the number of an account.
const depotNumber = 0xfffff

// seal is a six-round Feistel network: a bijection on 64 bits for every key.
type seal [6]uint64

func newSeal(k key) (s seal) {
	for i := range s {
		s[i] = k.word(uint64(i))
	}
	return s
}

func (s *seal) encode(c code) ID {
	v := uint64(c.account)<<44 | uint64(c.day)&0x1ffff<<27 | uint64(c.layer)<<24 | uint64(c.number)
	l, r := uint32(v>>32), uint32(v)
	for _, k := range s {
		l, r = r, l^uint32(mix(uint64(r)+k)>>32)
	}
	return ID(uint64(l)<<32 | uint64(r))
}

func (s *seal) decode(id ID) code {
	l, r := uint32(id>>32), uint32(id)
	for i := len(s) - 1; i >= 0; i-- {
		l, r = r^uint32(mix(uint64(l)+s[i])>>32), l
	}
	v := uint64(l)<<32 | uint64(r)
	return code{uint32(v >> 44), Day(v >> 27 & 0x1ffff), layer(v >> 24 & 7), uint32(v & 0xffffff)}
}
