// Package scenarios holds the scenario language: files that script the bank
// and the user, never the HTTP. It reads them strictly, layers them and
// decides which rule a call meets. It is a leaf: it knows no provider and
// imports none, so the names it checks are handed in as a Vocabulary.
//
//	*.yaml ──► Parse(file, data, Vocabulary) ──► *Scenario   or an ErrorList, never half of each
//	             │ one document, no anchors, no tags            (file:line:column, found, expected, nearest name)
//	             │ grammar: which keys each block has, has yet to get
//	             └ names:   operations, problems, challenges, tokens, institutions, options
//
//	Bundled(v) ──► *Library ──► LoadDir(user's files) ──► *Library (a new one: a failed load changes nothing)
//
//	call > username > sandbox > provider > default           Layers, nearest first
//	   ├─ Login, Ready, Tokens, Institutions                 the nearest layer that has the section gives all of it
//	   ├─ Options                                            merged by key, nearest wins
//	   └─ Compile ──► Compiled.Decide(Fact) ──► Decision     rules concatenated, first match wins, pure
//
// Counting calls is the caller's work, because counters live in the store:
// ask Counts first, and touch the store only when it says so.
package scenarios
