// Package memory measures what one more of each thing takes of the memory: a resting
// order, an account, a balance, a symbol, in the engine and in the views; and a
// connection and a subscription in the exchange as it is served.
//
// State is counted by what is live on the heap after a collection, before and after
// very many were made, so that one measurement is exact. Connections are counted from
// outside, in a process of their own.
package memory
