// Package core measures the engine alone: how many commands a second it executes,
// how long one takes, what each feature costs, how long the longest commands are,
// and how all this grows.
//
// Commands come out of memory in batches of 256, as the pipeline takes them from its
// ring, and only their execution is timed. As there, the engine may look ahead at the
// commands of a batch, which it does when there are many orders and positions, within
// that time; in service times and with long commands it has one command at a time.
// "Everything on" is accounts with fees,
// events kept for the batch and copied out of it once, and the digest asked for
// after each batch, as every frame of the journal carries it. "Matching only" is a
// symbol without accounting, its events counted and overwritten, the digest never
// asked for: what no setting can switch off. What went into the state is then still
// mixed for the digest, though in fewer pieces, so that asking for it may seem to cost
// nothing.
//
// Of sym1k there are two kinds: each account trades in all of 1,000 symbols, with a
// balance in each, so that every command goes to memory that no cache has; and each
// trades in ten.
//
// What is compared is run alternately, from copies of one engine, and every run has
// to come to the same digest and number of events as the ones before.
//
//	go test ./bench/core -run '^$' -bench Execute -cpuprofile cpu.out
//
// runs one load for profiles.
package core
