package durable_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/durable"
	"github.com/stuntbank/stuntbank/mocks/engine/store/storetest"
)

func open(t testing.TB, path string) *durable.Store {
	t.Helper()
	s, err := durable.Open(path, slog.New(slog.DiscardHandler), append(storetest.Kinds(), things)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fresh(t *testing.T) *durable.Store { return open(t, filepath.Join(t.TempDir(), "state")) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return fresh(t) })
	storetest.RunConcurrent(t, func(t *testing.T) store.Store { return fresh(t) })
}

func TestEncodedValues(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return storetest.Encoding(fresh(t)) })
}

// The whole suite of a store, which restarts between any two calls.
func TestStoreThatAlwaysRestarts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		path := filepath.Join(t.TempDir(), "state")
		return &restarting{t: t, path: path, Store: open(t, path)}
	})
}

// restarting opens its file anew before every call, until something is leased: a lease ends with the process.
type restarting struct {
	*durable.Store
	t      *testing.T
	path   string
	leased bool
}

func (r *restarting) restart() {
	if r.leased {
		return
	}
	if err := r.Store.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.Store = open(r.t, r.path)
}

func (r *restarting) View(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	r.restart()
	return r.Store.View(ctx, sandbox, fn)
}

func (r *restarting) Do(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	r.restart()
	return r.Store.Do(ctx, sandbox, fn)
}

func (r *restarting) Lookup(ctx context.Context, hash store.Hash) (store.Ref, error) {
	r.restart()
	return r.Store.Lookup(ctx, hash)
}

func (r *restarting) Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) ([]store.Record, error) {
	r.restart()
	r.leased = true
	return r.Store.Claim(ctx, sandbox, kind, due, wall, lease, n)
}

func (r *restarting) Sweep(ctx context.Context, sandbox string, now time.Time) (int, error) {
	r.restart()
	return r.Store.Sweep(ctx, sandbox, now)
}

func (r *restarting) Sandboxes(ctx context.Context) ([]string, error) {
	r.restart()
	return r.Store.Sandboxes(ctx)
}

// thing is what the tests of the file store.
type thing struct {
	N    int
	Text string `json:",omitempty"`
}

func (t thing) Clone() thing { return t }

var things = store.Collection[thing]{Kind: "thing"}

func add(t *testing.T, s store.Store, sandbox string, n int) {
	t.Helper()
	err := s.Do(context.Background(), sandbox, func(tx store.Tx) error {
		if _, err := tx.Next("n"); err != nil {
			return err
		}
		id := fmt.Sprint(n)
		return things.Create(tx, id, thing{N: n}, store.WithLookup(store.HashOf(sandbox+id)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func numbers(t *testing.T, s store.Store, sandbox string) (out []int) {
	t.Helper()
	err := s.View(context.Background(), sandbox, func(tx store.Tx) error {
		all, err := things.List(tx, store.Query{})
		for _, v := range all {
			out = append(out, v.N)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func closed(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// written is a file with n things, and its size behind each of them.
func written(t *testing.T, n int) (data []byte, sizes []int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path)
	for i := range n {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(data))
		add(t, s, "box", i)
	}
	closed(t, s)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, append(sizes, len(data))
}

// Wherever a crash cuts the file, all is there that was acknowledged before, and no half of anything.
func TestEveryTornTail(t *testing.T) {
	t.Parallel()
	data, sizes := written(t, 4)
	path := filepath.Join(t.TempDir(), "state")
	for cut := sizes[0]; cut <= len(data); cut++ {
		for _, tail := range [][]byte{nil, make([]byte, 40)} { // a file that only grew ends in zeros
			if err := os.WriteFile(path, append(bytes.Clone(data[:cut]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			if tail != nil && !slices.Contains(sizes, cut) {
				continue
			}
			s := open(t, path)
			want := 0
			for want+1 < len(sizes) && sizes[want+1] <= cut {
				want++
			}
			if got := numbers(t, s, "box"); len(got) != want {
				t.Fatalf("cut at %d of %d: %v, want %d things", cut, len(data), got, want)
			}
			if torn := cut - sizes[want] + len(tail); s.Loaded.Cut != torn || s.Loaded.Records != want {
				t.Fatalf("cut at %d: it says %+v, want %d bytes cut", cut, s.Loaded, torn)
			}
			add(t, s, "box", want) // the lookup and the id of what was cut off are free
			closed(t, s)
		}
	}
}

// A file that is cut inside its state, or changed anywhere but at its end, is refused and left as it is.
func TestDamageIsRefused(t *testing.T) {
	t.Parallel()
	data, sizes := written(t, 4)
	last := sizes[len(sizes)-2]
	path := filepath.Join(t.TempDir(), "state")
	refused := func(what string, file []byte) {
		t.Helper()
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := durable.Open(path, slog.New(slog.DiscardHandler), things)
		if err == nil {
			t.Fatalf("%s is accepted", what)
		}
		if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "name another file") {
			t.Fatalf("%s: the error names no fix: %v", what, err)
		}
		if left, _ := os.ReadFile(path); !bytes.Equal(left, file) {
			t.Fatalf("%s: the refused file was changed", what)
		}
	}
	for cut := 1; cut < sizes[0]; cut++ {
		refused(fmt.Sprint("a state cut at ", cut), data[:cut])
	}
	for i := range last {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x10
		refused(fmt.Sprint("a file with a wrong byte ", i), damaged)
	}
	for i := last + 27; i < len(data); i++ { // nobody was told that the last batch is done: it may be torn anyhow
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x10
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, path)
		if got := numbers(t, s, "box"); len(got) != 3 {
			t.Fatalf("a wrong byte %d in the last batch leaves %v", i, got)
		}
		closed(t, s)
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	data, _ := written(t, 1)
	for name, tt := range map[string]struct {
		file string
		want string
	}{
		"another program's": {"hello, world\n", "no state file of Stuntbank"},
		"a later format":    {"stuntbank state 2\nwhatever", `its format is "2"`},
	} {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := durable.Open(path, slog.New(slog.DiscardHandler), things); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "state")
	for name, kind := range map[string]store.Kind{
		"a kind that is not known":  store.Collection[thing]{Kind: "other"},
		"a field that is not known": store.Collection[lesser]{Kind: "thing"},
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := durable.Open(path, slog.New(slog.DiscardHandler), kind); err == nil || !strings.Contains(err.Error(), "another version of Stuntbank") {
			t.Errorf("%s: error is %v", name, err)
		}
		if left, _ := os.ReadFile(path); !bytes.Equal(left, data) {
			t.Errorf("%s: the refused file was changed", name)
		}
	}
	if _, err := durable.Open(filepath.Join(t.TempDir(), "no", "state"), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder that is missing: error is %v", err)
	}
}

// lesser is a thing that has lost its number.
type lesser struct{ Text string }

func (l lesser) Clone() lesser { return l }

func TestUnknownKindsAreNotWritten(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	others := store.Collection[thing]{Kind: "other"}
	err := s.Do(context.Background(), "box", func(tx store.Tx) error {
		if err := things.Create(tx, "1", thing{}); err != nil {
			return err
		}
		return others.Create(tx, "1", thing{})
	})
	if err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("error is %v", err)
	}
	if got := numbers(t, s, "box"); len(got) != 0 {
		t.Errorf("half of the commit is there: %v", got)
	}
	closed(t, s)
}

func TestTwoServersCannotShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path)
	if _, err := durable.Open(path, slog.New(slog.DiscardHandler), things); err == nil || !strings.Contains(err.Error(), "another server uses it") {
		t.Errorf("error is %v", err)
	}
	add(t, s, "box", 1)
	closed(t, s)
	s = open(t, path)
	if got := numbers(t, s, "box"); len(got) != 1 {
		t.Errorf("after the refusal: %v", got)
	}
	closed(t, s)
}

func TestFileIsPrivateAndKeepsItsKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "state"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, nil, 0o644); err != nil { // as mktemp leaves one
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s := open(t, link)
	key := s.Key()
	closed(t, s)
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	s = open(t, path)
	if len(key) != 32 || !bytes.Equal(s.Key(), key) {
		t.Errorf("the key was %x and is %x", key, s.Key())
	}
	closed(t, s)
	other := fresh(t)
	if bytes.Equal(other.Key(), key) {
		t.Error("two files have one key")
	}
	closed(t, other)
}

// A file that is written to for long stays in proportion to what it holds, while writers go on.
func TestFileIsWrittenAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, path)
	const writers, rounds = 4, 30
	text := strings.Repeat("x", 200<<10)
	var wg sync.WaitGroup
	for w := range writers {
		sandbox := fmt.Sprint("box", w)
		add(t, s, sandbox, 0)
		wg.Go(func() {
			for i := range rounds {
				err := s.Do(context.Background(), sandbox, func(tx store.Tx) error {
					return things.Update(tx, "0", func(v thing) (thing, error) { return thing{N: i + 1, Text: text}, nil })
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Size() > 12<<20 {
		t.Errorf("%d MiB were written and the file has %d: %v", writers*rounds*len(text)>>20, info.Size()>>20, err)
	}
	closed(t, s)
	s = open(t, path)
	for w := range writers {
		if got := numbers(t, s, fmt.Sprint("box", w)); !slices.Equal(got, []int{rounds}) {
			t.Errorf("sandbox %d holds %v", w, got)
		}
	}
	closed(t, s)
}
