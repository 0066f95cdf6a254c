//go:build race

package main

// raceDetector says that the race detector slows everything down tenfold, so
// that the long tests have to be shorter.
const raceDetector = true
