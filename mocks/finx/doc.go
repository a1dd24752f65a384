// Package finx imitates the Access and Income Report products of finX (finleap connect, later
// Qwist).
//
//	POST /onetime/access ──> {location, id} ──> widget ──> redirect_uri?code&state&success
//	                                                            │
//	GET /rest/accounts, /rest/transactions, reports  <── POST /auth/token
//
// The same user can log in by calls (logins.go, challenges.go), and is told of new data where the
// app registers notifications (notifications.go).
//
// The two implementation guides win for the edition finleap, which is the default; the edition
// qwist has what came later.
package finx
