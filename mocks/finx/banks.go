package finx

import "github.com/stuntbank/stuntbank/mocks/engine"

// bankInfo is a test bank with its German codes.
type bankInfo struct{ id, name, blz, bic string }

// testbank is the bank of the account that both guides name, DE82 9009 4815 …. Its name is
// invented.
const testbank = "1b2f40b8-77a6-4f3e-9a53-0f3d8a2f6a15"

// banks are the published test banks and some that exist nowhere.
var banks = []bankInfo{
	{testbank, "Testbank", "90094815", "TESTDE01XXX"},
	{"0c5f3c1e-6a3a-4b57-9a0c-5d0a4c8b9e11", "Demobank", "90090042", "DEMOBANKXXX"},
	{"4f8e6a52-9f0d-4f0b-8a44-2f6e2a6c1d20", "Demo Puppeteer 2", "90090078", "DEMODE78XXX"},
}

func institutions() []engine.Institution {
	var out []engine.Institution
	for _, b := range banks {
		out = append(out, engine.Institution{ID: b.id, Name: b.name, Country: "de", Kind: "bank"})
	}
	return out
}

func bankOf(id string) bankInfo {
	for _, b := range banks {
		if b.id == id {
			return b
		}
	}
	return bankInfo{id: id, name: id}
}
