package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// logFile is the file that grows by batches. Commits are appended to a buffer; the first caller that has to wait for
// one writes the whole buffer for all who wait, so that no goroutine works behind their backs.
type logFile struct {
	path string
	log  *slog.Logger

	mu       sync.Mutex
	written  *sync.Cond
	buffer   []byte           // lines of the commits that are not written yet
	spare    []byte           // memory of the buffer before
	appended int64            // number of the last commit
	durable  int64            // number of the last commit that is in the file
	pending  map[string]int64 // last commit of each sandbox that is not
	writing  bool             // somebody writes, without holding mu
	err      error            // why nothing more can be written

	// Whoever writes has these to themselves.
	file file
	size int64 // of the file up to its last whole batch
	base int64 // of the file when it was last written anew
}

// file is what the log needs of an *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Truncate(size int64) error
	Close() error
}

// compactAt is how much a file may grow, at the least, before it is written anew.
const compactAt = 8 << 20

// open reads the file of a path, if there is one, and locks it.
func open(path string, log *slog.Logger) (*logFile, *world, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the rename must replace the file and not the link to it
	}
	l := &logFile{path: path, log: log, pending: map[string]int64{}}
	l.written = sync.NewCond(&l.mu)
	f, data, err := readLocked(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(data) == 0:
		w := &world{boxes: map[string]*box{}, key: make([]byte, 32)}
		rand.Read(w.key)
		if f != nil {
			l.file = f
		}
		return l, w, nil
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	w, err := read(data)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	l.file = f
	return l, w, nil
}

// readLocked locks a file and reads it. A server that wrote it anew meanwhile has locked another one under its name.
func readLocked(path string) (*os.File, []byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	data, err := func() ([]byte, error) {
		if err := lock(f); err != nil {
			return nil, err
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if its, err := os.Stat(path); err != nil || !os.SameFile(mine, its) {
			return nil, errInUse
		}
		return io.ReadAll(f)
	}()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, data, nil
}

var errInUse = errors.New("another server uses it: stop that one, or name another file")

// rewrite puts a state in the place of the file, at once or not at all.
func (l *logFile) rewrite(w *world) error {
	data, err := w.write()
	if err != nil {
		return err
	}
	f, err := replace(l.path, data)
	if f != nil {
		if l.file != nil {
			l.file.Close()
		}
		l.file, l.size, l.base = f, int64(len(data)), int64(len(data))
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w: its folder must exist and be writable (in a container, mount the folder and not the file)", l.path, err)
	}
	return nil
}

// errFolder is of a rename that the machine may forget: what is written from then on could be lost with it.
var errFolder = errors.New("the folder cannot be synced")

// replace writes a locked file beside the path and renames it to it. With errFolder it gives the file too.
func replace(path string, data []byte) (*os.File, error) {
	beside := path + ".new"
	f, err := os.OpenFile(beside, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = func() error {
		if err := lock(f); err != nil {
			return err
		}
		if err := errors.Join(f.Chmod(0o600), f.Truncate(0)); err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		return os.Rename(beside, path)
	}()
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return f, fmt.Errorf("%w: %w", errFolder, err)
	}
	return f, nil
}

// append takes the line of a commit; settle makes it durable.
func (l *logFile) append(sandbox string, line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	l.buffer = append(append(l.buffer, line...), '\n')
	l.appended++
	l.pending[sandbox] = l.appended
	return nil
}

// settle waits until every commit of a sandbox so far is in the file.
func (l *logFile) settle(sandbox string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok := l.pending[sandbox]
	if !ok {
		return nil
	}
	return l.await(last)
}

// await waits for a commit, or writes it; the caller holds mu.
func (l *logFile) await(last int64) error {
	for l.durable < last {
		switch {
		case l.err != nil:
			return l.err
		case l.writing:
			l.written.Wait()
		default:
			l.flush()
		}
	}
	return nil
}

// flush writes the buffer; the caller holds mu, which is open while it writes.
func (l *logFile) flush() {
	lines, last := l.buffer, l.appended
	l.buffer, l.spare, l.writing = l.spare[:0], nil, true
	l.mu.Unlock()
	err := l.write(lines)
	l.mu.Lock()
	l.writing = false
	if cap(lines) <= batchSize {
		l.spare = lines
	}
	if err != nil {
		l.err = fmt.Errorf("the state file %s cannot be written, so nothing more is accepted: %w: mend that and start the server again; all that was answered is in the file", l.path, err)
		l.log.Error("state", "error", l.err)
	} else {
		l.durable = last
		for sandbox, n := range l.pending {
			if n <= last {
				delete(l.pending, sandbox)
			}
		}
	}
	l.written.Broadcast()
}

// write makes a batch durable, and the file small again where it has grown too far.
func (l *logFile) write(lines []byte) error {
	b := batch(lines)
	_, err := l.file.WriteAt(b, l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.size += int64(len(b))
	if grown := l.size - l.base; grown > max(compactAt, l.base) {
		if err := l.compact(); errors.Is(err, errFolder) {
			return err
		} else if err != nil { // the file is whole as it is
			l.log.Warn("the state file could not be made smaller", "file", l.path, "error", err)
			l.base = l.size
		}
	}
	return nil
}

// compact writes the state that the file comes to anew.
func (l *logFile) compact() error {
	data := make([]byte, l.size)
	if _, err := l.file.ReadAt(data, 0); err != nil {
		return err
	}
	w, err := read(data)
	if err != nil {
		return err
	}
	return l.rewrite(w)
}

// close writes what is left and lets go of the file.
func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.await(l.appended)
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	return err
}
