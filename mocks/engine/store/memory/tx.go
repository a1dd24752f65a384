package memory

import (
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// tx is one View or Do on a locked box.
type tx struct {
	names    *names
	sandbox  string
	box      *box
	writable bool
	undo     []step                   // what each write did, in order
	renamed  map[store.Hash]store.Ref // lookups bound, or freed (zero Ref), since the Do began
	dropped  bool                     // the commit empties the box

	record    Recorder            // nil: nobody is told
	touched   map[key]struct{}    // records written, for the recorder
	sequenced map[string]struct{} // sequences moved, for the recorder
}

// step is one write: a row in another's stead, or else the number that a sequence had.
type step struct {
	old, new *row
	sequence string
	last     int64
}

// commit makes the writes final, or fails and leaves them to end.
func (t *tx) commit() error {
	write, err := t.recorded()
	if err != nil {
		return err
	}
	if err := t.names.commit(t.sandbox, t.renamed, write); err != nil {
		return err
	}
	if t.dropped {
		t.box.clear()
	}
	t.undo = nil
	return nil
}

// end takes back whatever was not committed.
func (t *tx) end() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		if s := &t.undo[i]; s.old != nil || s.new != nil {
			t.box.swap(s.new, s.old)
		} else {
			t.box.setSequence(s.sequence, s.last)
		}
	}
	t.undo, t.writable = nil, false
}

// Get implements store.Tx.
func (t *tx) Get(kind, id string) (store.Record, error) {
	r := t.box.rows[key{kind, id}]
	if r == nil {
		return store.Record{}, store.ErrNotFound
	}
	return r.Record, nil
}

// List implements store.Tx.
func (t *tx) List(query store.Query) ([]store.Record, error) { return t.box.list(query) }

// Count implements store.Tx.
func (t *tx) Count(kind, group string) (int, error) {
	return t.box.lists[listKey{kind, group}].len(), nil
}

// Create implements store.Tx.
func (t *tx) Create(rec store.Record) error {
	rec, err := t.accept(rec)
	if err != nil {
		return err
	}
	if t.box.rows[key{rec.Kind, rec.ID}] != nil {
		return store.ErrExists
	}
	if err := t.rename(store.Hash{}, rec); err != nil {
		return err
	}
	t.box.created++
	rec.Rev = 1
	t.swap(nil, &row{Record: rec, seq: t.box.created})
	return nil
}

// Update implements store.Tx.
func (t *tx) Update(rec store.Record) error {
	rec, err := t.accept(rec)
	if err != nil {
		return err
	}
	old := t.box.rows[key{rec.Kind, rec.ID}]
	if old == nil {
		return store.ErrNotFound
	}
	if old.Rev != rec.Rev {
		return store.ErrConflict
	}
	if err := t.rename(old.Lookup, rec); err != nil {
		return err
	}
	rec.Rev++
	t.swap(old, &row{Record: rec, seq: old.seq})
	return nil
}

// Delete implements store.Tx.
func (t *tx) Delete(kind, id string) error {
	if !t.writable {
		return store.ErrReadOnly
	}
	old := t.box.rows[key{kind, id}]
	if old == nil {
		return store.ErrNotFound
	}
	t.remove(old)
	return nil
}

// Next implements store.Tx.
func (t *tx) Next(sequence string) (int64, error) {
	if !t.writable {
		return 0, store.ErrReadOnly
	}
	last := t.box.sequences[sequence]
	t.box.setSequence(sequence, last+1)
	t.undo = append(t.undo, step{sequence: sequence, last: last})
	if t.record != nil {
		note(&t.sequenced, sequence)
	}
	return last + 1, nil
}

func (t *tx) accept(rec store.Record) (store.Record, error) {
	if !t.writable {
		return store.Record{}, store.ErrReadOnly
	}
	return rec.Normal()
}

func (t *tx) remove(old *row) {
	t.free(old.Lookup)
	t.swap(old, nil)
}

func (t *tx) swap(old, new *row) {
	t.box.swap(old, new)
	t.undo = append(t.undo, step{old: old, new: new})
	for _, r := range [...]*row{old, new} {
		if t.record != nil && r != nil {
			note(&t.touched, key{r.Kind, r.ID})
		}
	}
}

// note adds to a set that is made at its first use.
func note[K comparable](set *map[K]struct{}, k K) {
	if *set == nil {
		*set = map[K]struct{}{}
	}
	(*set)[k] = struct{}{}
}

// drop lets the commit empty the box.
func (t *tx) drop() {
	for _, r := range t.box.rows {
		t.free(r.Lookup)
	}
	t.dropped = !t.box.empty()
}

// rename moves a record from its old lookup to the one it now carries.
func (t *tx) rename(old store.Hash, rec store.Record) error {
	if rec.Lookup == old {
		return nil
	}
	if rec.Lookup != (store.Hash{}) {
		if t.taken(rec.Lookup) {
			return store.ErrExists
		}
		t.bind(rec.Lookup, store.Ref{Sandbox: t.sandbox, Kind: rec.Kind, ID: rec.ID})
	}
	t.free(old)
	return nil
}

func (t *tx) free(hash store.Hash) {
	if hash != (store.Hash{}) {
		t.bind(hash, store.Ref{})
	}
}

func (t *tx) bind(hash store.Hash, ref store.Ref) {
	if t.renamed == nil {
		t.renamed = map[store.Hash]store.Ref{}
	}
	t.renamed[hash] = ref
}

// taken reports whether the hash is bound, as this Do left it or else as the store has it.
func (t *tx) taken(hash store.Hash) bool {
	ref, changed := t.renamed[hash]
	if !changed {
		ref, _ = t.names.get(hash)
	}
	return ref != (store.Ref{})
}
