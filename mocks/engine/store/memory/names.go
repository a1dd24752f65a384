package memory

import (
	"sync"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// names is the store-wide index of lookups. Entries of a sandbox change only under the lock of its box.
type names struct {
	mu   sync.RWMutex
	refs map[store.Hash]store.Ref
}

func (n *names) get(hash store.Hash) (store.Ref, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	ref, ok := n.refs[hash]
	return ref, ok
}

// commit applies what one sandbox bound and, as zero Refs, what it freed. If another sandbox has one of the bound hashes,
// or write fails, it applies nothing. write runs under the lock where hashes change hands, so that who frees one is
// written before who binds it next.
func (n *names) commit(sandbox string, changes map[store.Hash]store.Ref, write func() error) error {
	if len(changes) == 0 {
		return write()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for hash, ref := range changes {
		holder, taken := n.refs[hash]
		if ref != (store.Ref{}) && taken && holder.Sandbox != sandbox {
			return store.ErrExists
		}
	}
	if err := write(); err != nil {
		return err
	}
	for hash, ref := range changes {
		if ref != (store.Ref{}) {
			n.refs[hash] = ref
		} else if n.refs[hash].Sandbox == sandbox {
			delete(n.refs, hash)
		}
	}
	return nil
}
