//go:build !amd64

package ahead

// Own does nothing where it is not known how to ask.
func Own(*uint8) {}
