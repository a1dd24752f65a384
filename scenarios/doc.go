// Package scenarios holds the scenario language: files that script the bank
// and the user, never the HTTP. It reads them strictly, layers them and
// decides which rule a call meets. It is a leaf: it knows no provider and
// imports none, so the names it checks are handed in as a Vocabulary.
//
//	*.yaml ──► Parse(file, data, Vocabulary) ──► *Scenario   or an ErrorList, never half of each
//	             │ one document, no anchors, no tags            (file:line:column, found, expected, nearest name)
//	             │ grammar: which keys each block has, has yet to get; Schema says it to editors
//	             └ names:   operations, problems, challenges, tokens, institutions, options
//
//	Bundled(v) ──► *Library ──► Load(user's files) ──► *Library (a new one: a failed load changes nothing)
//	                  ├ mix:    `use` takes over sections, a clash is an error
//	                  ├ people: persona files
//	                  └ lint:   Warnings, of what is allowed and hardly meant
//
//	call > username > sandbox > provider > default           Layers, nearest first
//	   ├─ Persona, Login, Ready, Tokens, Institutions        the nearest layer that has the section gives all of it
//	   ├─ Options                                            merged by key, nearest wins
//	   ├─ Timeline                                           concatenated; the engine keeps the appointments
//	   └─ Compile ──► Compiled.Decide(Fact) ──► Decision     rules concatenated, first match wins, pure
//
// Counting calls is the caller's work, because counters live in the store: ask Counts
// first, and touch the store only when it says so. Chance is a function of the fact's
// seed, the rule and the number of the call, and every draw is told in the Decision.
// Expect is played elsewhere, against a running server.
package scenarios
