package ahead

// Own asks for the cache line that holds a byte, to be written soon, and waits for
// nothing. Where the byte is does not matter, not even whether it is there.
//
//go:noescape
func Own(line *uint8)
