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
	m  map[worldKey]*bank.World
}

// worldKey is a source and the connection whose ids are shown, empty for the bank's own.
type worldKey struct {
	source     bank.SourceKey
	connection string
}

// open opens a world. Those of the connections of one user share what that has computed.
func (c *worldCache) open(src bank.Source, connection string) (*bank.World, error) {
	key := worldKey{src.Key(), connection}
	c.mu.RLock()
	w := c.m[key]
	c.mu.RUnlock()
	if w != nil {
		return w, nil
	}
	var err error
	if connection == "" {
		w, err = bank.Open(src)
	} else if w, err = c.open(src, ""); err == nil {
		w = w.For(connection)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := c.m[key]; kept != nil {
		return kept, nil
	}
	if c.m == nil {
		c.m = map[worldKey]*bank.World{}
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
