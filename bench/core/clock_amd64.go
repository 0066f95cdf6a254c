package core

// ticks reads the processor's time stamp counter, which costs a fifth of what the
// system's clock does. It may be read a few instructions early or late.
func ticks() int64
