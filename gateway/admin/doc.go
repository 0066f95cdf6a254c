// Package admin is the operator's side of the exchange: accounts, keys, balances,
// assets, symbols, auctions, snapshots and status under /x/v1, the probes /health
// and /ready, and the metrics.
//
// Who asks shows a token. Bodies are JSON objects, read strictly: what is not
// known is refused and not ignored. Decimals are strings, times are nanoseconds.
// A write is answered once it is durable, with the sequence of its command; a
// read sees all that was answered before. An error is an object
//
//	{"code":"PRICE_NOT_ON_TICK","field":"filters.0.minPrice","message":"…","got":"0.015","want":"a multiple of 0.01"}
//
// whose code is for programs and stays, and whose message is for people. Status
// 503 says by its code whether nothing has happened, or whether it is not known.
//
// Everything that changes the market is a command in the journal like any other.
// Only the keys are kept beside it.
package admin
