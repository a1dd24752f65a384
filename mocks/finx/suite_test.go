package finx_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/finx"
)

// mayAll gives the client every scope: the guides' own do not reach as far as the user.
func mayAll(c *engine.Config) { c.Options = map[string]string{"finx.scopes": allScopes} }

// The provider keeps what the engine promises of every provider, on every kind of store.
func TestProvider(t *testing.T) { enginetest.Run(t, finx.New(), mayAll) }

func TestProviderOnStrictStore(t *testing.T) {
	enginetest.RunOn(t, finx.New(), enginetest.StrictStore, mayAll)
}
