// Package auth says who a request comes from: API keys and the file they are kept
// in, signatures, the time window of a signed request, and the memory of recent
// signatures by which one that comes again is refused.
//
// The file of keys is JSON, of mode 0600, and is replaced as a whole:
//
//	{
//	 "format": 1,
//	 "keys": [
//	  {"key": "…", "account": 7, "secret": "…", "read": true, "trade": true},
//	  {"key": "…", "account": 8, "public_key": "base64 SPKI", "read": true, "trade": false, "ips": ["10.0.0.0/8"]}
//	 ]
//	}
//
// A key has a secret, of HMAC-SHA256, or a public key, of Ed25519. With a list of
// addresses it is good only from these. It is no part of the journal: what an exchange
// did does not depend on who was let in how. Whoever edits the file does so while no
// exchange runs on it; what is not of this form is refused when it is opened.
//
// A signature that changes something is good for one request, and nothing but the
// signed bytes tells requests apart. So of two orders of one key that are the same in
// every parameter, their timestamps included, the second is taken for the first come
// again and refused as a wrong signature. Who sends such within a millisecond gives
// each a client order id of its own, or stamps in microseconds. The memory of
// signatures is shared by all keys, each of which may hold no more of it than it
// leaves free: one that fills its share is told that the exchange is busy, and the
// others are not.
package auth
