// Package msg is the language that all packages of the exchange speak: what can
// be asked (Command), what happened because of it (Event), the quantities both
// are made of, and the one binary encoding of a transaction.
//
// Everything is an integer. A Price counts ticks of its symbol, a Qty counts
// lots, an Amount counts the smallest units of an asset; a Symbol says how many
// units a lot is and what one lot at a price of one tick is worth. A product
// that does not fit into 63 bits is refused where it would arise, never wrapped.
//
// A command and its events form one transaction. Its number is the command's
// Seq: gap-free, from 1. Events do not repeat what their command says, so an
// event is read together with its command.
//
// The numbers of kinds, reasons and enumerations are part of the journal format
// and of the state digest: they are explicit and only ever appended to.
package msg
