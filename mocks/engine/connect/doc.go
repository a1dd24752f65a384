// Package connect is the machine behind every connection: one attempt of a user to
// connect a bank, as a pure function.
//
//	consent → institution → credentials → challenge* → waiting? → accounts → succeeded
//	              any step → cancelled (user) | failed (attempts, institution) | expired (ttl)
//
// Which steps exist is the session's Flow; how each attempt ends is the Behaviour,
// which a scenario and the provider's test users give. Advance takes one input; Run
// takes several and stops where the session waits for the user. The hosted page is
// one driver of it, an API with the second factor inside is another.
//
// Nothing here reads a clock, a store or a random source: the caller passes now, and
// a sent code is a function of the session (Code). What has to happen outside comes
// back as effects, which the caller carries out in the transaction that stores the
// session.
package connect
