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
//	  {"key": "…", "account": 8, "public_key": "base64 SPKI", "read": true, "trade": false}
//	 ]
//	}
//
// A key has a secret, of HMAC-SHA256, or a public key, of Ed25519. It is no part of
// the journal: what an exchange did does not depend on who was let in how. Whoever
// edits the file does so while no exchange runs on it; what is not of this form is
// refused when it is opened.
package auth
