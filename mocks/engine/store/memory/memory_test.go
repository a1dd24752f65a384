package memory_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) store.Store{
		"plain":    func(*testing.T) store.Store { return memory.New() },
		"encoding": func(*testing.T) store.Store { return storetest.Encoding(memory.New()) },
		"rerun":    func(*testing.T) store.Store { return storetest.Rerun(memory.New()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, open)
			storetest.RunConcurrent(t, open)
		})
	}
}
