// Package mocks lists the providers that are imitated. Each is a folder beside this
// file; engine is what they share.
package mocks

import (
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
	"github.com/stuntbank/stuntbank/mocks/finx"
	"github.com/stuntbank/stuntbank/mocks/flinks"
)

// All is the one explicit list of providers.
func All() []engine.Provider {
	return []engine.Provider{fintoc.New(), flinks.New(), finx.New()}
}
