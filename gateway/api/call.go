package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// Security says what a method asks of its caller.
type Security uint8

// The kinds of security.
const (
	Public  Security = iota // anybody, no key
	KeyOnly                 // a known key, no signature
	Read                    // signed, a key that may read
	Trade                   // signed, a key that may trade
)

// Call is one request on its way through the API. Who carries it fills in the
// first part, Serve does the rest. A Call and its buffers are used again and
// again; nothing of it may be kept.
type Call struct {
	Params    Params
	Key       []byte    // of the API, as sent; empty when there is none
	Signature []byte    // as sent, still encoded as hex or base64
	Payload   []byte    // the bytes that were signed
	Session   *auth.Key // who logged on to this connection, else nil: then Key and Signature may be left out
	Client    string    // the address of the peer, for its limits
	Micro     bool      // times of the answer in microseconds

	Account msg.AccountID // whose call it is, once it is known
	Caller  *auth.Key     // nil for Public
	Out     []byte        // the answer: appended to
	Placed  bool          // an order was taken: the answer carries the order counts

	scratch scratch
}
