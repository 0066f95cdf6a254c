// Command flash1 is the engine as a shared library for the public matching-engine
// benchmark: it translates the messages of that benchmark into commands, executes
// them one by one, and writes a report for every event into a ring that a thread of
// the benchmark empties.
//
// The engine is the one that ships: engine.New, one symbol with accounting none,
// Execute for every message. What is translated needs no C and is tested without;
// the functions that the benchmark calls are in export.go, its end of the ring in
// transport.c.
package main

func main() {} // a shared library has none; the build mode wants one
