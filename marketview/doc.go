// Package marketview holds the read models of the exchange: what a client may
// ask about symbols, books, trades, orders and balances. Each is a pure fold of
// transactions, a command with its events: no socket, no clock, no goroutine.
// The same transactions always give the same views, so a view is as good after
// a restart as before it, and a new one can be built from the first event on.
//
// Events are compact, they do not repeat what their command or an earlier event
// said. So one base fold, the order table, looks up the orders of each event
// once, changes what an order by itself changes, price levels and locked
// balances, and resolves the transaction into what all other views need: these
// changes, and fills with both parties and their fees. The other views fold these
// and look up nothing of the kind again; a new view does the same.
//
//	command, events ─► market    assets, symbols, phases, accounts
//	                   orders ─► depth, with each Change
//	                          ─► balances, what is locked and freed
//	                          ─► Fill   ─► trades, balances, bars, fills
//	                                    ─► aggregate trades ─► AggTrade
//	                          ─► Amendment, Prevention ─► their histories
//	                          ─► Report: what its owner is told, while it is asked for
//
// Tickers and average prices are reads of the bars. The time that a read means
// by now is its argument: a window goes on when nothing happens.
//
// Records live in pools of pages and are linked by 32-bit slots, and histories of
// accounts in logs of pages: there is nothing for the garbage collector to scan and
// nothing is allocated per command, growth apart. No slot and no position in a log
// ever reaches an answer or a section. What folding costs, and what was tried to make
// it cheaper, is in NOTES.md.
//
// Reads may run side by side, but not together with Apply or Restore: whoever
// owns the set sees to that.
package marketview
