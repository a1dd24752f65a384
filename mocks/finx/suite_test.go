package finx_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/store/storetest"
	"github.com/stuntbank/stuntbank/mocks/finx"
)

// The provider keeps what the engine promises of every provider, on every kind of store.
func TestProvider(t *testing.T) { enginetest.Run(t, finx.New()) }

func TestProviderOnOtherStores(t *testing.T) {
	t.Run("Encoding", func(t *testing.T) {
		enginetest.Run(t, finx.New(), func(c *engine.Config) { c.Store = storetest.Encoding(memory.New()) })
	})
	t.Run("Rerun", func(t *testing.T) {
		enginetest.Run(t, finx.New(), func(c *engine.Config) { c.Store = storetest.Rerun(memory.New()) })
	})
}
