package journal

import "sync"

// Bell wakes whoever waits for something to change.
type Bell struct {
	mu sync.Mutex
	ch chan struct{} // nil while nobody waits
}

// Ring wakes all who wait.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Wait gives a channel that closes when the bell rings next. Take it before looking, so
// that no change falls between.
func (b *Bell) Wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}
