package api

import (
	"net/netip"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// Large answers are counted from when they are made until they have left, of all
// calls together. Lists that may be of any length are counted before they are made,
// so that not even the making of them is without a bound.

// hold counts an answer of about n bytes before it is made, and reports whether there
// is room for it.
func (a *API) hold(c *Call, n int) bool {
	if n < gateway.LargeAnswer {
		return true
	}
	if !a.answers.Take(c.Client, n) {
		return false
	}
	c.Held = n
	return true
}

// countAnswer counts an answer that was made, if it is large and was not counted before.
// One that tells what has happened is sent whether there is room for it or not.
func (a *API) countAnswer(m *Method, c *Call) *Error {
	n := len(c.Out) - c.start
	switch {
	case n < gateway.LargeAnswer || c.Held > 0:
	case m.Security == Trade:
		a.answers.Force(c.Client, n)
		c.Held = n
	case !a.hold(c, n):
		return ErrOverloaded
	}
	return nil
}

// Release gives back what the answer to a call of an address has held. The carrier
// does so once the answer has left.
func (a *API) Release(client netip.Addr, held int) { a.answers.Give(client, held) }
