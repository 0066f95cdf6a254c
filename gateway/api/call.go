package api

import (
	"net/netip"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// Call is one request on its way through the API. Who carries it fills in the
// first part, Serve does the rest. A Call and its buffers are used again and
// again; nothing of it may be kept.
type Call struct {
	Params    Params
	Key       []byte     // of the API, as sent; empty when there is none
	Signature []byte     // as sent, still encoded as hex or base64
	Payload   []byte     // the bytes that were signed
	Session   *auth.Key  // who logged on to this connection, else nil: then Key and Signature may be left out
	Client    netip.Addr // the address of the peer, for its limits
	Micro     bool       // times of the answer in microseconds
	Malformed *Error     // what the carrier found wrong with the parameters, refused where these are checked
	Entered   func()     // if set, it is called once a command of the call stands in its place among all others
	Out       []byte     // the answer: appended to

	Account msg.AccountID // whose call it is, once it is known
	Caller  *auth.Key     // nil for Public
	Window  auth.Window   // of a signed call: when it is taken
	Market  wire.Market   // of the parameter of kind Symbol, if there is one and it was sent: as of the check
	Placed  bool          // set by a method: an order was taken, or counts as one

	Held int // bytes of the budget of large answers, until the answer has left: then Release gives them back

	Weight int    // used by Client in this minute, this call included
	Orders [2]int // Placed: what Account has placed in these 10 seconds and on this day

	counted  netip.Addr // the address whose limits it counts for
	reserved bool       // an order was counted before it was known whether it is taken
	start    int        // of the answer in Out
	scratch  scratch
}

// Reset makes c ready for another call. The buffers stay.
func (c *Call) Reset() {
	*c = Call{Params: c.Params, Out: c.Out[:0], scratch: c.scratch}
	c.Params.Reset()
}
