// Package bank is a ledger that stores nothing: every account, transaction and
// balance is a pure function of who asks (seed, persona, institution, holder)
// and of the civil day.
//
//	Source ─ Open ─► World ─► Book (one per account)
//	                   │        ▲
//	persona + locale   │        │ Page · Before · After · ByID · Balance · Pending · News
//	   = plan          ▼        │
//	  (shared)   era ─ ledger ──┘   per day: rows so far, balance, rules due
//
// A day of an account has three layers, in this order. Rules are scheduled (salary,
// rent, bills, own transfers, settlements) and book before dawn. The stream is variable
// (purchases, cash, transfers between people) and books between 07:00 and 22:00. Extras
// are what the state of the account causes at the end of the day: returned debits, fees,
// interest, the last row of an account that closes.
//
// Stream amounts come from blocks of 256 with a constant sum, so the sum of the
// first n rows of a day costs at most 256 evaluations whatever n is, and a page
// costs the same at the end of ten million rows as in a history of ten. Extras depend on
// balances, so the ledger is folded over days, all accounts together; it is a cache of
// day totals that can be thrown away and extended.
//
// A row is generated for the day on which it books, and the purchase behind it dated
// back. Booked rows therefore never move, what is pending is a look ahead of a few days,
// and a pending row has its id before it books.
//
// Drift is stopped by one mechanism: a settlement rule moves, once a month, the
// exact opposite of what the account's other rows added up to from closing to closing. It
// is the card bill paid in full, the top-up of a small account and the surplus sent
// to savings alike, and it makes the balance of such an account a function of
// the day alone, but for what its state caused.
//
// What a scenario does to an account is a Change. Changes are few; the days that they
// touch list their rows, all others stay as they are. Between two instants at which one
// becomes visible lies an era, with a ledger of its own: within it, now is a filter, never
// an input of a draw, and a row exists once its instant has come. Rows of a fixture are
// changes of all eras.
//
// A Depot is what a holder has invested: trades folded from its first day, prices and rates
// that are functions of the day.
//
// Draws are named and counted, never taken from a stream of numbers, so that editing one
// rule moves no other row. Money is integer minor units. There is no float in this
// package. Countries are locales: personas are told in shares of an income and in names
// of pools, habits and pay days, which a locale turns into money and words.
package bank

// Version names the bytes that are served: a change of any is a new version. 2 has the
// codes and numbers of each bank, and creditors and mandates; amounts are those of 1.
const Version = 2
