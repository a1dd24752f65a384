package engine

import "sync"

// bell wakes whoever waits for something in a sandbox to change.
type bell struct {
	mu sync.Mutex
	ch chan struct{} // nil while nobody waits
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Changed gives a channel that closes when a call or a move of the clock has written to
// the sandbox, or the sandbox has ended; for one that does not exist it is closed. Take
// it before looking, so that no change falls between.
func (s *Server) Changed(name string) <-chan struct{} {
	l := s.pop.get(name)
	if l == nil {
		l = &live{}
		defer l.changed.ring()
	}
	b := &l.changed
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}
