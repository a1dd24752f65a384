// Package bank is a ledger that stores nothing: every account, transaction and
// balance is a pure function of who asks (seed, persona, institution, holder)
// and of the civil day.
//
//	Source ─ Open ─► World ─► Book (one per account)
//	                   │        ▲
//	persona + locale   │        │ Page · Before · After · ByID · Balance · Pending
//	   = plan          ▼        │
//	  (shared)       ledger ────┘   per day: rows so far, balance, rules due
//
// Two layers make the rows of a day. Rules are scheduled (salary, rent, bills,
// own transfers, settlements) and book before dawn; the stream is variable
// (purchases, cash, transfers between people) and books between 07:00 and 22:00.
// Stream amounts come from blocks of 256 with a constant sum, so the sum of the
// first n rows of a day costs at most 256 evaluations whatever n is, and a page
// costs the same at the end of ten million rows as in a history of ten.
//
// Drift is stopped by one mechanism: a settlement rule moves, once a month, the
// exact opposite of what the account's other rows added up to last month. It is
// the card bill paid in full, the top-up of a small account and the surplus sent
// to savings alike, and it makes the balance of such an account a function of
// the day alone.
//
// Draws are named and counted, never taken from a stream of numbers; now is a
// filter, never an input of a draw: a row exists once its instant has come.
// Money is integer minor units. There is no float in this package.
package bank

// Version is part of every key. A change of the bytes served is a new version.
const Version = 1
