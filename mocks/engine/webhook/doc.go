// Package webhook is how something leaves the process: rows that say what to send, when
// to try again, and where a server on this machine may send at all.
//
//	engine.Tx.Emit ──> provider: RenderEvent ──> Draft ──> Notice ──> Delivery, one per endpoint that listens
//	   (in the transaction of the state behind it)             │ a due row: Due is virtual
//	                                                           ▼
//	                       Sender.Send ──> one POST: pinned address, no redirect, bounded time and answer
//	                                                           │
//	                       Delivery.Tried ──> delivered, given up, or due again by the provider's Schedule
//
// All but Sender is pure.
package webhook
