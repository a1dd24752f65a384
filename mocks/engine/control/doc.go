// Package control is the API through which tests, people and tools look at a running
// simulator and move it. It is mounted like a provider, with a document of its own
// (openapi/control.yaml), under /_stunt.
//
//	Playwright, CI, console ──JSON──> Guard: Host, Origin, token
//	                                    │
//	           the pipeline of every call (sandbox, request check, handler, journal)
//	                                    │
//	     sandboxes · scenario · options ──> engine.Server: Found, Change, Reset, Delete
//	     clock ──────────────────────────> engine.Server.MoveClock: due rows run on the way
//	     sessions: drive, approve, cancel > connect.Run, connect.Advance (as the widget's forms)
//	     sessions?wait= ─────────────────> engine.Server.Changed: woken by whoever writes
//	     inbox · journal · providers ────> read, masked; the journal also live, and as HAR
//
// A call is about the sandbox that it names by path prefix, header or session handle.
// Looking at a sandbox does not make it; writing to one does. Nothing scripts this API.
package control
