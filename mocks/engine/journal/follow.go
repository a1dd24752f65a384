package journal

import (
	"fmt"
	"strconv"
	"strings"
)

// Cursor is a place in the journal of a sandbox: behind the entry with the number. The
// zero Cursor is where any journal begins.
type Cursor struct {
	Ring string // tells a journal from one of the same sandbox before a reset or a restart; empty: whichever there is
	Seq  int64
}

// String is the cursor as a text, for ParseCursor.
func (c Cursor) String() string { return c.Ring + "." + strconv.FormatInt(c.Seq, 10) }

// ParseCursor reads what String wrote.
func ParseCursor(text string) (Cursor, error) {
	ring, number, ok := strings.Cut(text, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || seq < 0 {
		return Cursor{}, fmt.Errorf("%.40q is no place in a journal: use the id of an event, unchanged", text)
	}
	return Cursor{Ring: ring, Seq: seq}, nil
}

// Batch is what stands behind a cursor.
type Batch struct {
	Entries   []Entry // those chosen, oldest first
	Restarted bool    // the cursor is of another journal: the sandbox was reset, or the server restarted
	Missed    bool    // entries behind the cursor have made room meanwhile
	Next      Cursor  // behind the last entry that was looked at, chosen or not
	Dropped   Dropped
}

// Follow gives the chosen entries behind a cursor, without making a ring. The filter's
// After counts for nothing. Calls end in another order than they are numbered in; who
// follows by Next misses none of them.
func (j *Journal) Follow(sandbox string, from Cursor, f Filter) Batch {
	if r := j.look(sandbox); r != nil {
		return r.follow(from, f)
	}
	return Batch{Next: from}
}

// End is the place behind the last entry of a sandbox so far.
func (j *Journal) End(sandbox string) Cursor {
	r := j.look(sandbox)
	if r == nil {
		return Cursor{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.born == 0 {
		return Cursor{}
	}
	if n := len(r.entries); n > 0 {
		return Cursor{r.name(), r.at(n - 1).Seq}
	}
	return Cursor{r.name(), r.dropSeq}
}

func (r *Ring) follow(from Cursor, f Filter) Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.born == 0 { // no entry yet, and so no name: there is nothing to be behind of
		return Batch{Next: from}
	}
	b := Batch{Dropped: Dropped{Entries: r.dropped, Bodies: r.stripped}}
	if from.Ring != "" && from.Ring != r.name() {
		b.Restarted, from.Seq = true, 0
	}
	seen := r.position(from.Seq)
	b.Missed = seen < 0 && r.dropSeq > from.Seq
	b.Next = Cursor{r.name(), from.Seq}
	for i := seen + 1; i < len(r.entries) && (f.Limit == 0 || len(b.Entries) < f.Limit); i++ {
		e := r.at(i)
		if seen < 0 && e.Seq <= from.Seq {
			continue
		}
		if f.chooses(e) {
			b.Entries = append(b.Entries, e.clone())
		}
		b.Next.Seq = e.Seq
	}
	return b
}

// name tells the ring from every other one, of an earlier process too.
func (r *Ring) name() string {
	return strconv.FormatInt(r.number, 36) + "-" + strconv.FormatInt(r.born, 36)
}

// Changed gives a channel that closes when the sandbox gets an entry or its journal is
// forgotten. Take it before looking, so that no entry falls between.
func (j *Journal) Changed(sandbox string) <-chan struct{} {
	j.mu.RLock()
	r := j.rings[sandbox]
	made := j.changed.Wait() // before the lock opens: a ring could be made then
	j.mu.RUnlock()
	if r == nil {
		return made
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		var rung Bell
		defer rung.Ring()
		return rung.Wait()
	}
	return r.changed.Wait()
}
