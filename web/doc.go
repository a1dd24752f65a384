// Package web renders the hosted pages as plain HTML. It knows no provider
// and no domain type: a [Page] is strings, and what it looks like is a skin.
//
//	*.templ ──go generate──> *_templ.go ─┐
//	skins/*/text.<lang>.yaml ────────────┤ a skin's over the base's, complete in every language
//	                            Page ────┴──> Renderer.Page ──> bytes (whole, or an error)
//	skins/*/skin.css, static/* ─────────────> Renderer.Asset ──> bytes, type, ETag
//
// A page is the [templ] component of its state (see steps) inside layout.templ. They are
// compiled because a page is rendered at every step of every test; html/template took five
// times as long. A test compares the keys of the texts with those that the pages ask for.
//
// A skin is a folder with a few CSS variables (skin.css) and the texts that
// differ from the base (text.<lang>.yaml); which of those files exist says
// which languages it speaks. It cannot change the pages, so that behaviour
// and the selectors of docs/testing-contract.md are the same in every skin.
//
// Pages work without script, cookies, inline style and any other host. With
// script (static/widget.js) the same pages are fetched and what is new in
// them is taken over; only script can tell the app around a frame what
// happens, see [Page.Messages]. A skin may have a loader.js: what an app's own
// page loads to open the widget, see [Renderer.Loader]. A page
// has at most one form; it posts to [Page.Action] with these names:
//
//	rev          revision that the page was rendered for
//	action       accept deny choose request back submit resend poll approve accounts
//	             finish cancel leave stay retry other; the first value counts
//	institution  the chosen institution's ID
//	answer       one per field or cell, in page order; option IDs likewise
//	account      one per chosen account
//	terms        yes: agreed to [Page.TermsURL], which whoever sets it checks
//	<field>      credentials under their plain names
//
// Links do the rest: ?exit=1 asks to leave, ?lang= changes the language,
// ?q= filters the institutions.
//
// [templ]: https://templ.guide
package web

//go:generate go run ./gen
