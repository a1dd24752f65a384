// Package openapi holds one OpenAPI document per imitated API and answers three questions about each:
// which routes exist, what one operation means, and whether a call keeps to it.
//
//	fintoc.yaml ──go generate──► routes_gen.go ──► Routes(name)     at start: no YAML is read
//	     │
//	     └──embed──► Load(name), once, at first use ──► Spec ──► Operation
//	                                                               ├─ Example        how to call it
//	                                                               ├─ CheckRequest ──► nil or *Violation
//	                                                               └─ CheckResponse ─► nil or *Violation
//
// The documents are the only route table: a route exists because a document lists it. Each operation carries
// `x-stuntbank: {op, fidelity, source, example}`: its canonical name, how sure we are of its shape, where that
// shape comes from, and one complete call. Where one call does what canonically are several, `also` names the
// others, `examples` has the call of those that are called in another way, and `lists` says where the answer has the
// items of each.
//
// This is the only package that imports kin-openapi, so its habits stay here: it would write defaults into the
// request, accept an undocumented status, and look routes up by walking every path.
package openapi

import "embed"

//go:generate go run ./gen

//go:embed *.yaml
var files embed.FS
