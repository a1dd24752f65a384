package engine

import (
	"sync"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// worldCacheSize bounds the ledgers kept warm; a dropped one is computed again.
const worldCacheSize = 512

// worldCache keeps opened worlds. A world is a function of its source, so that
// dropping one loses nothing but time.
type worldCache struct {
	mu sync.RWMutex
	m  map[bank.SourceKey]*bank.World
}

func (c *worldCache) open(src bank.Source) (*bank.World, error) {
	key := src.Key()
	c.mu.RLock()
	w := c.m[key]
	c.mu.RUnlock()
	if w != nil {
		return w, nil
	}
	w, err := bank.Open(src)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := c.m[key]; kept != nil {
		return kept, nil
	}
	if c.m == nil {
		c.m = map[bank.SourceKey]*bank.World{}
	}
	for old := range c.m {
		if len(c.m) < worldCacheSize {
			break
		}
		delete(c.m, old)
	}
	c.m[key] = w
	return w, nil
}
