package specimen_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// The provider keeps what the engine promises of every provider.
func TestProvider(t *testing.T) { enginetest.Run(t, specimen.New()) }
