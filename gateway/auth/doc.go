// Package auth says who a request comes from: API keys and the file they are kept
// in, signatures, the time window of a signed request, and the memory of recent
// signatures by which one that comes again is refused.
package auth
