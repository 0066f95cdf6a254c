// Package latency measures how long a command waits until it is durable and
// answered, in process, in an open loop: commands come on a fixed schedule, whatever
// becomes of those before, and a latency counts from the moment for which the
// schedule had the command.
//
// Four are fed by the same schedules, in turns:
//
//	nothing       a loop that only reads the clock: what the machine itself takes
//	alone         a bare group commit: one goroutine that takes all that is due by the
//	              clock, appends as many bytes as the exchange's journal has for as
//	              many commands, and syncs them
//	group commit  the same, but told of what is due by the driver, as the exchange is
//	exchange      ring, engine, journal, all views: until a batch is published
//
// The driver is a goroutine that a timer of the kernel wakes through the network
// poller, as input from outside would. It takes a processor from whoever has it, and
// commands reach those it drives as late as it wakes, so both that are compared have
// it. A driver that spins would leave one of two processors to everything else, the
// kernel's threads included; one that only yields to other goroutines keeps the
// scheduler of Go waking threads; one that sleeps in a system call keeps a processor of
// that scheduler from them.
//
// Percentiles are of all commands of a round; a figure is the median of its rounds.
package latency
