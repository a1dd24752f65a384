package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

type thing struct{ N int }

func (t thing) Clone() thing { return t }

var things = store.Collection[thing]{Kind: "thing"}

// disk is a file that counts what it was asked for, and fails when it is told to.
type disk struct {
	file
	mu    sync.Mutex
	syncs int
	write error
	sync  error
	gate  chan struct{} // holds each Sync until something comes
}

func (d *disk) WriteAt(b []byte, at int64) (int, error) {
	if d.write != nil {
		n, _ := d.file.WriteAt(b[:len(b)/2], at) // as much as there was room for
		return n, d.write
	}
	return d.file.WriteAt(b, at)
}

func (d *disk) Sync() error {
	d.mu.Lock()
	d.syncs++
	d.mu.Unlock()
	if d.gate != nil {
		<-d.gate
	}
	return d.sync
}

func onDisk(t *testing.T) (*Store, *disk, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	s, err := Open(path, slog.New(slog.DiscardHandler), things)
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{file: s.log.file}
	s.log.file = d
	return s, d, path
}

func put(s *Store, sandbox string, n int) error {
	return s.Do(context.Background(), sandbox, func(tx store.Tx) error {
		return things.Create(tx, fmt.Sprint(n), thing{n})
	})
}

func look(s *Store, sandbox string) error {
	return s.View(context.Background(), sandbox, func(store.Tx) error { return nil })
}

// Neither the writer nor anybody who has seen what it wrote gets an answer before it is in the file; who has seen
// nothing of it does not wait.
func TestNothingIsToldBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	s, d, _ := onDisk(t)
	if err := put(s, "quiet", 1); err != nil {
		t.Fatal(err)
	}
	d.gate = make(chan struct{})
	var told atomic.Int32
	var wg sync.WaitGroup
	seen := make(chan struct{})
	wg.Go(func() {
		if err := put(s, "busy", 1); err != nil {
			t.Error(err)
		}
		told.Add(1)
	})
	wg.Go(func() {
		for found := false; !found; {
			err := s.memory.View(context.Background(), "busy", func(tx store.Tx) error {
				n, err := tx.Count("thing", "")
				found = n > 0
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		close(seen)
		if err := look(s, "busy"); err != nil {
			t.Error(err)
		}
		told.Add(1)
	})
	<-seen
	if err := look(s, "quiet"); err != nil { // returns although the disk is at work
		t.Error(err)
	}
	if told.Load() != 0 {
		t.Error("somebody was told of what is not in the file")
	}
	d.gate <- struct{}{}
	wg.Wait()
	d.gate = nil
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Commits that come while the disk is at work share the next write.
func TestCommitsShareAWrite(t *testing.T) {
	t.Parallel()
	s, d, _ := onDisk(t)
	d.gate = make(chan struct{})
	const writers = 50
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			if err := put(s, fmt.Sprint("box", n), n); err != nil {
				t.Error(err)
			}
		})
	}
	all := func() bool {
		s.log.mu.Lock()
		defer s.log.mu.Unlock()
		return s.log.appended == writers
	}
	for !all() {
		runtime.Gosched()
	}
	close(d.gate)
	wg.Wait()
	if d.syncs > 2 {
		t.Errorf("%d commits took %d syncs", writers, d.syncs)
	}
}

// After a write has failed nothing more is accepted or shown that is not in the file, and the file is whole.
func TestFailedWrites(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for name, fail := range map[string]func(*disk){
		"write": func(d *disk) { d.write = full },
		"sync":  func(d *disk) { d.sync = full },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d, path := onDisk(t)
			for _, box := range []string{"kept", "lost"} {
				if err := put(s, box, 1); err != nil {
					t.Fatal(err)
				}
			}
			fail(d)
			for what, err := range map[string]error{
				"the write":       put(s, "lost", 2),
				"a look at it":    look(s, "lost"),
				"another write":   put(s, "other", 1),
				"a write in time": put(s, "kept", 2),
			} {
				if !errors.Is(err, full) || !strings.Contains(err.Error(), "start the server again") {
					t.Errorf("%s: error is %v", what, err)
				}
			}
			if err := look(s, "kept"); err != nil {
				t.Errorf("a look at what is in the file: %v", err)
			}
			if err := s.Close(); err == nil {
				t.Error("Close says that all is well")
			}
			s, err := Open(path, slog.New(slog.DiscardHandler), things)
			if err != nil {
				t.Fatal(err)
			}
			if s.Loaded != (Loaded{Sandboxes: 2, Records: 2}) {
				t.Errorf("the next start finds %+v", s.Loaded)
			}
			if err := errors.Join(put(s, "lost", 2), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}
