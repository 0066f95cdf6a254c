package api

import (
	"errors"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// Options are what an API is made of.
type Options struct {
	Exchange gateway.Exchange
	Auth     *auth.Authenticator
	Wall     func() int64 // nanoseconds since the epoch: the clock that clients are told and that signed calls are held against
	Limits   Limits

	ListenKeys ListenKeys // nil: there are none

	// Busy reports whether the exchange would refuse a command that is none of cancel
	// as busy; nil means never. It is asked before anything is spent on such a call.
	Busy func() bool

	Answers *gateway.Budget // bounds large answers; nil: there is no bound
}

// API answers calls. It may be used by many goroutines at once.
type API struct {
	exchange gateway.Exchange
	auth     *auth.Authenticator
	wall     func() int64
	methods  []Method
	markets  markets
	clients  clientMeter
	orders   orderMeter

	listenKeys ListenKeys
	busy       func() bool
	answers    *gateway.Budget
}

// New returns an API.
func New(o Options) *API {
	o.Limits.fill()
	a := &API{exchange: o.Exchange, auth: o.Auth, wall: o.Wall, methods: allMethods(), listenKeys: o.ListenKeys, busy: o.Busy, answers: o.Answers}
	a.clients.limits, a.orders.limits = o.Limits, o.Limits
	return a
}

// Wall returns the time that clients are told and signed calls are held against,
// in nanoseconds since the epoch.
func (a *API) Wall() int64 { return a.wall() }

// ParseTimeUnit reads in which unit a client wants times; empty is milliseconds.
func ParseTimeUnit(text []byte) (micro bool, err *Error) {
	switch string(text) {
	case "", "MILLISECOND", "millisecond":
		return false, nil
	case "MICROSECOND", "microsecond":
		return true, nil
	default:
		return false, ErrTimeUnit
	}
}

// The parameters of every signed call.
const (
	paramTimestamp = "timestamp"
	paramWindow    = "recvWindow"
	paramSignature = "signature"
	paramSymbol    = "symbol"
)

// scratch is what methods use again from call to call.
type scratch struct {
	scratchMarket
	scratchTrade
}

// Serve carries out a call: the checks in the order of the package comment, then
// the method. After an error Out is as it was before.
func (a *API) Serve(m *Method, c *Call) *Error {
	c.start = len(c.Out)
	err := a.check(m, c)
	if err == nil {
		err = a.run(m, c)
	}
	return a.settle(m, c, err)
}

// Begin is Serve for a carrier that does not wait for the exchange. Either it has
// ended when Begin returns, or answered is called once, perhaps before that, and the
// call ends with End. Answered is called by a goroutine for which everybody waits,
// which may make the answer but not wait itself.
func (a *API) Begin(m *Method, c *Call, answered func()) (ended bool, refused *Error) {
	c.start = len(c.Out)
	err := a.check(m, c)
	switch {
	case err != nil:
	case m.Ask == nil:
		err = a.run(m, c)
	default:
		if err = asError(m.Ask(a, c)); err == nil {
			err = a.hand(c, answered)
		}
		if err == nil {
			return false, nil
		}
	}
	return true, a.settle(m, c, err)
}

// End ends a call after its answer has come.
func (a *API) End(m *Method, c *Call) *Error {
	err := c.scratch.refusal()
	if err == nil {
		err = asError(m.Tell(a, c))
	}
	return a.settle(m, c, err)
}

// run carries out a call that was checked.
func (a *API) run(m *Method, c *Call) *Error {
	if m.Ask == nil {
		return asError(m.Run(a, c))
	}
	if err := asError(m.Ask(a, c)); err != nil {
		return err
	}
	if err := a.do(c); err != nil {
		return err
	}
	return asError(m.Tell(a, c))
}

// settle counts what a call has come to.
func (a *API) settle(m *Method, c *Call, err *Error) *Error {
	if c.reserved && !c.Placed {
		a.orders.giveBack(c.Account)
	}
	if c.Placed {
		c.Orders = a.orders.counts(c.Account, a.wall())
	}
	if c.Placed && err == nil {
		a.clients.giveBack(c, m.Weight(c)) // it is counted as an order
	}
	if err == nil {
		err = a.countAnswer(m, c)
	}
	if err != nil {
		c.Out = c.Out[:c.start]
		a.Release(c.Client, c.Held)
		c.Held = 0
	}
	return err
}

// check makes all checks of a call before its method is carried out.
func (a *API) check(m *Method, c *Call) *Error {
	over := a.clients.take(c, m.Weight(c), a.wall())
	switch {
	case m.Refused != nil:
		return m.Refused
	case over != nil:
		return over
	case m.Sheds && a.busy != nil && a.busy():
		return ErrOverloaded
	}
	if m.Security != Public {
		if err := a.identify(c); err != nil {
			return err
		}
	}
	if err := checkForm(m, c); err != nil {
		return err
	}
	if m.Security >= Signed {
		if err := a.authenticate(m, c); err != nil {
			return err
		}
	}
	if err := a.findSymbol(m, c); err != nil {
		return err
	}
	for i := range m.Params {
		if err := m.Params[i].allows(&c.Params); err != nil {
			return err
		}
	}
	return nil
}

// asError returns the refusal that err is.
func asError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return ErrInternal
}

// identify finds the key of a call, which is good only from where it may be used.
func (a *API) identify(c *Call) *Error {
	if len(c.Key) == 0 && c.Session != nil {
		c.Caller, c.Account = c.Session, c.Session.Account
		return nil
	}
	k, err := a.auth.Key(c.Key)
	if err != nil {
		return FromAuth(err)
	}
	if !k.AllowsFrom(c.Client) {
		return ErrKey
	}
	c.Caller, c.Account = k, k.Account
	return nil
}

// checkForm checks that no parameter comes twice, that those which must be sent
// were, and that each is of its form.
func checkForm(m *Method, c *Call) *Error {
	switch {
	case c.Malformed != nil:
		return c.Malformed
	case c.Params.repeats():
		return ErrDuplicateParam
	}
	for i := range m.Params {
		if err := m.Params[i].check(&c.Params); err != nil {
			return err
		}
	}
	if m.Security < Signed {
		return nil
	}
	timestamp := Spec{Name: paramTimestamp, Kind: Time, Must: true}
	if err := timestamp.check(&c.Params); err != nil {
		return err
	}
	window := Spec{Name: paramWindow, Kind: Decimal}
	if err := window.check(&c.Params); err != nil {
		return err
	}
	if len(c.Signature) == 0 && !c.ofSession() {
		return MandatoryError(paramSignature)
	}
	return nil
}

// ofSession reports whether the call goes by who logged on to its connection.
func (c *Call) ofSession() bool { return c.Session != nil && c.Caller == c.Session }

// authenticate checks time, signature and permission of a call.
func (a *API) authenticate(m *Method, c *Call) *Error {
	w, err := auth.ParseWindow(c.Params.Value(paramTimestamp), c.Params.Value(paramWindow))
	if err != nil {
		return FromAuth(err)
	}
	c.Window = w
	if err := a.auth.InTime(c.Caller, w); err != nil {
		return FromAuth(err)
	}
	switch {
	case len(c.Signature) == 0: // of a session
	case m.Security == Trade:
		err = a.auth.VerifyOnce(c.Caller, w, c.Payload, c.Signature)
	case m.Security == Signed: // it logs on
		err = a.auth.VerifyFrom(c.Caller, w, c.Payload, c.Signature, c.Client)
	default:
		err = a.auth.Verify(c.Caller, c.Payload, c.Signature)
	}
	if err != nil {
		return FromAuth(err)
	}
	if m.Security == Trade && !c.Caller.Trade || m.Security == Read && !c.Caller.Read {
		return ErrKey
	}
	return nil
}

// InTime checks a signed call against the clock once more, which is done just
// before it takes effect.
func (a *API) InTime(c *Call) *Error {
	if err := a.auth.InTime(c.Caller, c.Window); err != nil {
		return FromAuth(err)
	}
	return nil
}

// findSymbol finds the symbol of a call.
func (a *API) findSymbol(m *Method, c *Call) *Error {
	for i := range m.Params {
		s := &m.Params[i]
		if s.Kind != Symbol {
			continue
		}
		value, sent := c.Params.Find(s.Name)
		if !sent {
			continue
		}
		if !isName(value) {
			return ErrSymbol
		}
		var name msg.Name
		copy(name[:], value)
		v := a.exchange.BeginRead()
		found := a.markets.find(v, name, &c.Market)
		a.exchange.EndRead()
		if !found {
			return ErrSymbol
		}
	}
	return nil
}
