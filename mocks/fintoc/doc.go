// Package fintoc says what the engine does in Fintoc's words: the data aggregation
// side (link intents, links, accounts, movements), and the hosted widget.
//
//	POST /v1/link_intents ──> widget_token ──> /webview/widget.html ──> /w/{handle}
//	                                 └─> Fintoc.create (/js/v1) ──> /widget.html in a frame ──┘
//	                                                                      │ RUT, password, MFA
//	GET /v1/links/exchange <── exchange_token <── fintocwidget://succeeded?…
//	    └─> link_token ──> accounts, movements
//
// Shapes and words come from the public documentation, the official clients and
// recorded answers; openapi/fintoc.yaml says of each operation which and how sure we
// are.
package fintoc
