// Package recovery measures how soon an exchange is back after it was killed: how
// many events a second are folded from a journal, how long a restart takes with many
// resting orders in the snapshot and many commands after it, and what its parts take.
//
// A restart is that of a process, from its start until it says that it is ready. The
// parts are measured one after the other in this process, whose memory is given back to
// the system before: pages are new to it, as they are to a process that has just been
// started, but unlike there the runtime has to clear them first. So they tell where the
// time goes, and their sum is more than a restart takes.
package recovery
