// Package rehearsal plays what scenarios expect against a running server: over real HTTP,
// under virtual time, without a browser.
//
//	Cases ── scenario x provider ──► Play ─┬─ connect  on pages: the control API's drive, input, approve, cancel
//	                                       │           without them: the calls of an app that logs its user in
//	                                       ├─ call     the provider's own API, by the example of its document
//	                                       ├─ advance  the clock of the case's own sandbox
//	                                       └─ sees, fails, items …  ──► Result: all held, or the first Miss and why
//
// What an answer meant is read from the journal, so that one expectation holds for every
// provider. Coverage adds up what the cases have exercised.
package rehearsal
