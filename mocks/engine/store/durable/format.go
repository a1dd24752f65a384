package durable

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

const (
	magic    = "stuntbank state "
	version  = "1"
	headSize = 3*8 + 2 + 1 // of a batch: three numbers, what parts them, a line end
)

// entry is one commit as a line of the file.
type entry struct {
	Key       []byte           `json:"key,omitempty"`   // of the file, in its first line only
	Whole     bool             `json:"whole,omitempty"` // the state ends here, and what happened since begins
	Sandbox   string           `json:"in,omitempty"`
	Dropped   bool             `json:"dropped,omitempty"`
	Put       []row            `json:"put,omitempty"`
	Gone      []name           `json:"gone,omitempty"`
	Sequences map[string]int64 `json:"seq,omitempty"`
}

type name struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type row struct {
	Kind    string          `json:"kind"`
	ID      string          `json:"id"`
	Group   string          `json:"group,omitempty"`
	Lookup  hash            `json:"lookup,omitzero"`
	Rev     int64           `json:"rev"`
	Place   int64           `json:"place"`
	Due     time.Time       `json:"due,omitzero"`
	Expires time.Time       `json:"expires,omitzero"`
	Value   json.RawMessage `json:"value"`
}

// hash is a lookup in hexadecimal digits.
type hash store.Hash

func (h hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

func (h *hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("a lookup of %d digits", len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// world is the state that a file comes to.
type world struct {
	key   []byte
	whole bool // the file has all of its state
	boxes map[string]*box
	cut   int // bytes behind the last whole batch
}

type box struct {
	rows      map[name]row
	sequences map[string]int64
}

func (w *world) apply(e entry) {
	if e.Sandbox == "" {
		w.whole = w.whole || e.Whole
		if e.Key != nil {
			w.key = e.Key
		}
		return
	}
	b := w.boxes[e.Sandbox]
	if b == nil || e.Dropped {
		b = &box{rows: map[name]row{}, sequences: map[string]int64{}}
		w.boxes[e.Sandbox] = b
	}
	for _, r := range e.Put {
		b.rows[name{r.Kind, r.ID}] = r
	}
	for _, n := range e.Gone {
		delete(b.rows, n)
	}
	maps.Copy(b.sequences, e.Sequences)
	if len(b.rows) == 0 && len(b.sequences) == 0 {
		delete(w.boxes, e.Sandbox)
	}
}

// batch frames lines that become durable together.
func batch(lines []byte) []byte {
	return append(appendHead(make([]byte, 0, headSize+len(lines)), uint32(len(lines)), checksum(lines)), lines...)
}

func appendHead(dst []byte, size, sum uint32) []byte {
	head := fmt.Appendf(nil, "%08x %08x", size, sum)
	return fmt.Appendf(append(dst, head...), " %08x\n", checksum(head))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// errTorn is of a batch that the end of the file cuts off.
var errTorn = errors.New("torn")

// next takes the batch that data begins with. A batch can only be torn where the file ends: each is in the file before
// the next one is written.
func next(data []byte) (lines, rest []byte, err error) {
	if len(data) < headSize {
		return nil, nil, errTorn
	}
	head := data[:headSize]
	var size, sum uint32
	if _, err := fmt.Sscanf(string(head), "%08x %08x", &size, &sum); err != nil || !bytes.Equal(head, appendHead(nil, size, sum)) {
		if len(bytes.Trim(data, "\x00")) == 0 { // the file grew and its new part was never written
			return nil, nil, errTorn
		}
		return nil, nil, errors.New("the head of a batch is damaged")
	}
	data = data[headSize:]
	if len(data) < int(size) {
		return nil, nil, errTorn
	}
	lines, rest = data[:size], data[size:]
	switch {
	case checksum(lines) == sum:
		return lines, rest, nil
	case len(rest) == 0:
		return nil, nil, errTorn
	}
	return nil, nil, errors.New("a batch is damaged")
}

// read makes the state of a file. A torn end is left out; anything else that is wrong is an error.
func read(data []byte) (*world, error) {
	w := &world{boxes: map[string]*box{}}
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	switch v, ok := bytes.CutPrefix(first, []byte(magic)); {
	case !ok:
		return nil, errors.New("it is no state file of Stuntbank: name another file")
	case string(v) != version:
		return nil, fmt.Errorf("its format is %.20q and this version of Stuntbank reads %q: start the version that wrote it, or name another file", v, version)
	}
	for len(rest) > 0 {
		at := len(data) - len(rest)
		lines, after, err := next(rest)
		if errors.Is(err, errTorn) && w.whole {
			w.cut = len(rest)
			return w, nil
		}
		if err == nil {
			err = w.applyAll(lines)
		}
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w at byte %d: restore a copy, cut it there (truncate -s %d) to go on with what came before, or name another file", err, at, at)
		}
		rest = after
	}
	if !w.whole {
		return nil, errors.New("it is damaged: it ends before its state does: restore a copy, or name another file")
	}
	return w, nil
}

func (w *world) applyAll(lines []byte) error {
	for line := range bytes.Lines(lines) {
		var e entry
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			return err
		}
		w.apply(e)
	}
	return nil
}

// batchSize is about how much of a state goes into one batch.
const batchSize = 1 << 20

// write is the file of a state: read(write(w)) is w.
func (w *world) write() ([]byte, error) {
	out := []byte(magic + version + "\n")
	var lines []byte
	add := func(e entry) error {
		line, err := json.Marshal(e)
		lines = append(append(lines, line...), '\n')
		return err
	}
	if err := add(entry{Key: w.key}); err != nil {
		return nil, err
	}
	for _, sandbox := range slices.Sorted(maps.Keys(w.boxes)) {
		b := w.boxes[sandbox]
		rows := slices.SortedFunc(maps.Values(b.rows), func(x, y row) int { return cmp.Compare(x.Place, y.Place) })
		if err := add(entry{Sandbox: sandbox, Put: rows, Sequences: b.sequences}); err != nil {
			return nil, err
		}
		if len(lines) > batchSize {
			out, lines = append(out, batch(lines)...), nil
		}
	}
	if err := add(entry{Whole: true}); err != nil {
		return nil, err
	}
	return append(out, batch(lines)...), nil
}
