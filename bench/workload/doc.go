// Package workload draws order flow for measuring, and holds it as commands that
// the engine can be fed.
//
// # The common workload
//
// [Generate] draws a flow that was made for comparing engines in whatever language:
// integers only, from a seed, so that it comes out the same to the bit everywhere.
// With it comes what it must lead to, worked out by a book of its own that is slow
// and plain, so that the flow is a judge of engines as well as a load.
//
// Randomness is splitmix64. n(k) draws from 0 to k-1; a distance is 1 more than how
// often n(den) was not 0 before it was, drawn again when that is as much as the
// largest distance. Each symbol has a mid price and a book of price and time
// priority. One list has the resting orders of all symbols: who comes to rest is
// appended, who leaves is replaced by the last.
//
// Until as many orders rest as are the target, an order is added: n(symbols),
// side n(2), its distance from mid, quantity 1+n(100). The timed commands follow,
// each drawn so:
//
//   - symbol n(symbols). If n(step) is 0, its mid moves: up if n(2) is 0, else down.
//   - n(1000) below 80: an immediate order. Side n(2), quantity 1+n(100), n(3) ticks
//     beyond the best price of the other side, at mid when that is empty.
//   - n(1000) below 90, when two commands are left: a replace, of two commands. A
//     cancel of one of the resting orders, n of their number, then an order of the
//     same symbol, side and open quantity with a new id, its price drawn anew.
//   - else n(1000) decides between adding, as before, and a cancel of one of the
//     resting orders. The chance of adding is 500 + 400×t/1000 in a thousand, t being
//     5000×(target-resting)/target cut to ±1000.
//
// Orders that are added trade with what they cross. Ids count orders from 1 as they
// come. Cancels hit all orders alike, which no cache likes; in recorded flow it is
// mostly young orders that go.
//
// What this leaves open is settled by the digests of the trades and the SHA-256 of
// the files that are known of four parameter sets: the numbers of a draw are drawn
// in the order in which they are named here, and a cancel's record carries price,
// side and open quantity of the order. A test holds the flows against them.
//
// # Loads
//
// A [Load] is a flow as commands: the common workload, [Shaped] with the shape of
// the public benchmark's, or a recorded day, over and over. It is kept in 32 bytes a
// command and becomes commands a batch at a time, as they come out of the
// pipeline's ring, so that what is measured is the engine and not the memory that a
// long list of commands would be read from.
package workload
