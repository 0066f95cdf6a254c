// Package engine is the exchange as a deterministic state machine: assets,
// symbols, accounts, and one order book per symbol. RULES.md says what it
// decides; this package says how.
//
// The whole interface is an append: Execute takes the next command and appends
// the events that follow from it. It has no clock, no randomness, no goroutine
// and no I/O; time and sequence come with the command.
//
// # Decide, emit, apply
//
// Execute reads the state and emits events, and each emitted event goes through
// apply, the only code that changes state. Apply, which a restart uses, sends
// recorded events through the same code. So folding the events of a journal
// gives the state that executing its commands gave, by construction. apply may
// take a hint, such as a slot that is already at hand, and never a decision.
//
// A transaction is begin, the events, end. An accepted order lives in a
// register, the arriving order, until end rests what is left of it.
//
// # Layout
//
// The state is flat pools of fixed-size records linked by 32-bit slots; slot 0
// is none. The garbage collector finds nothing to scan in them, and after
// warm-up commands about orders and money do not allocate, but for an account's
// first order in a symbol; those that add or alter something do. No output
// depends on which slot a record has.
//
//	order     64 bytes, in the queue of its level and in the list of its position
//	level     32 bytes, the orders at one price
//	node      a 64-way branch of a ladder, with a bitmap of what is there
//	ladder    one side of a book: levels by price
//	position  what an account has in a symbol: its open orders, where its balances are
package engine
