// Package specimen is the provider of the engine's own tests: Specimen Bank Data, which no
// company offers. It has what real providers have between them, and nothing else, so that
// enginetest.Run meets all of it and the guide to adding a provider has a true example.
//
//	specimen.yaml   the API: routes, schemas, and how to call each operation
//	skins/specimen  the words and colours of its pages
//	manifest.go     every value: credentials, tokens, flows, second factors
//	users.go        who can log in · institutions.go: where
//	errors.go       canonical problems in the API's words
//	links.go        the start of a connection, its page and its end
//	redirects.go    addresses to which links lead back: records of its own
//	tokens.go       the code of a finished link, and the tokens that it is swapped for
//	connections.go  what came of a link
//	accounts.go     the data
//
// Nothing outside of tests imports it.
package specimen
