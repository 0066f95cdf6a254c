// Package condition is the small language in which somebody who steps through the
// past says what to look for: "time >= 12:00 and best_ask(FLOWUSD) empties".
//
// A condition is asked after each command, in order, about the state then, the
// command, and its events. Values are decimals and compared exactly; a value that is
// not there, such as the best ask of an empty side, compares with nothing.
//
// The grammar:
//
//	condition  = both { "or" both }
//	both       = single { "and" single }
//	single     = "not" single | "becomes" single | "(" condition ")" | test
//	test       = value op value | value change | "time" op TIME
//	           | "trade" | "trade" ("qty" | "price") op DECIMAL
//	           | "reject" [REASON] | "event" KIND | "command" KIND | "symbol" NAME
//	           | "order" ID ("changes" | "trades" | "rests" | "ends")
//	           | "account" ID "acts" | "phase" "(" SYMBOL ")" PHASE
//	value      = DECIMAL | "seq" | "orders"
//	           | ("best_bid" | "best_ask" | "spread" | "last" | "bids" | "asks" | "bid_qty" | "ask_qty") "(" SYMBOL ")"
//	           | ("level" | "depth") "(" SYMBOL "," ("bid" | "ask") "," DECIMAL ")"
//	           | "order" ID "open" | "account" ID ("free" | "locked") "(" ASSET ")"
//	op         = "<" | "<=" | "=" | "==" | "!=" | ">" | ">="
//	change     = "changes" | "rises" | "falls" | "empty" | "empties"
//	TIME       = a time of the day such as 12:00 or 12:00:00.5, a time such as
//	             2026-01-31T09:30:00Z, or @NANOSECONDS
package condition
