// Package flinks imitates Flinks: a data API that logs in by itself, with the bank's
// questions inside it.
//
//	GenerateAuthorizeToken ─> Authorize ─┬─ 203 SecurityChallenges ─> Authorize (RequestId, answers) ─┐
//	   (connect.Session, Tx.LogIn)       ├─ 200 cached (Tx.Read) ────────────────────────────────────┤
//	                                     └─ 200 live ────────────────────────────────────────────────┤
//	                                                                                                 ▼
//	                    GetAccountsDetail ─> 202 (Tx.Collect) ─> GetAccountsDetailAsync (Tx.Poll) ─> 200
//	                                                  └─ the end of it: webhooks, KYC first
//
// A RequestId is a session, a LoginId a connection. What is fetched belongs to the
// connection, so that whoever asks again with another RequestId finds it.
package flinks
