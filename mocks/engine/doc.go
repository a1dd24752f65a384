// Package engine is the contract of a provider and the HTTP pipeline that every call
// goes through. It names no provider.
//
//	app under test ──REST──┐                             ┌── /_stunt control API
//	user's browser ─forms──┤                             │   (a provider like the others)
//	                       ▼                             ▼
//	        Host or /<provider>/ ─> one gin engine per provider, routes from its document
//	                       │
//	   recover → body limit → credentials and ids → sandbox → now → authenticate
//	     → limits → idempotency → scenario → openapi request check → HANDLER → render
//	     → openapi response check (mode full) → write → journal
//	                       │
//	     connect.Advance · grant.Use · bank.Page · scenarios.Decide   (pure)
//	                       │
//	                    store.Tx   (one transaction of one sandbox)
//
// A provider package gives values (Manifest), shapes (handlers, RenderProblem) and
// nothing else; sandboxes, clocks, grants, sessions and the journal are here.
package engine
