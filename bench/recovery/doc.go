// Package recovery measures how soon an exchange is back after it was killed: how
// many events a second are folded from a journal, how long a restart takes with many
// resting orders in the snapshot and many commands after it, and what its parts take.
//
// A restart is measured in one process, whose memory is given back to the system
// before each: pages are new to it, as they are to a process that has just been
// started. TestPromiseRestart of cmd/exchange does the same with whole processes.
package recovery
