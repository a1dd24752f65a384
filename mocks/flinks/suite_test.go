package flinks_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/flinks"
)

// The provider keeps what the engine promises of every provider, on every kind of store.
func TestProvider(t *testing.T) { enginetest.Run(t, flinks.New()) }

func TestProviderOnStrictStore(t *testing.T) {
	enginetest.RunOn(t, flinks.New(), enginetest.StrictStore)
}
