package api

import (
	"net/http"

	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// ListenKeys are names under which accounts can be listened to: whoever knows one
// needs no key and no signature. An account has one at a time. They end by
// themselves after a while, unless they are extended.
type ListenKeys interface {
	// Open returns the name of the key's account, made if there is none, and extends
	// it; ok is false when there are as many as may be.
	Open(by *auth.Key) (name string, ok bool)
	// Extend extends a name of the key's account; ok is false when there is none such.
	Extend(by *auth.Key, name []byte) (ok bool)
	// Close ends a name of the key's account, and the connections that listen with
	// it; ok is false when there is none such.
	Close(by *auth.Key, name []byte) (ok bool)
}

const paramListenKey = "listenKey"

// listenMethods are the methods about listen keys. They ask for a key and for no
// signature.
func listenMethods() []Method {
	method := func(verb string, run func(*API, *Call) error, params ...Spec) Method {
		return Method{Verb: verb, Path: "/api/v3/userDataStream", Security: KeyOnly, Weight: weighs(2), Params: params, Run: run}
	}
	name := Spec{Name: paramListenKey, Kind: Text, Must: true}
	return []Method{
		method(http.MethodPost, (*API).openListenKey),
		method(http.MethodPut, (*API).extendListenKey, name),
		method(http.MethodDelete, (*API).closeListenKey, name),
	}
}

// openListenKey answers with the listen key of the account.
func (a *API) openListenKey(c *Call) error {
	switch {
	case a.listenKeys == nil:
		return ErrUnsupported
	case !c.Caller.Read:
		return ErrKey
	}
	name, ok := a.listenKeys.Open(c.Caller)
	if !ok {
		return ErrOverloaded
	}
	c.Out = append(c.Out, `{"listenKey":`...)
	c.Out = wire.AppendString(c.Out, name)
	c.Out = append(c.Out, '}')
	return nil
}

// extendListenKey has the listen key of the account last for longer.
func (a *API) extendListenKey(c *Call) error {
	switch {
	case !c.Caller.Read:
		return ErrKey
	case a.listenKeys == nil || !a.listenKeys.Extend(c.Caller, c.Params.Value(paramListenKey)):
		return ErrListenKey
	}
	c.Out = append(c.Out, "{}"...)
	return nil
}

// closeListenKey ends the listen key of the account.
func (a *API) closeListenKey(c *Call) error {
	switch {
	case !c.Caller.Read:
		return ErrKey
	case a.listenKeys == nil || !a.listenKeys.Close(c.Caller, c.Params.Value(paramListenKey)):
		return ErrListenKey
	}
	c.Out = append(c.Out, "{}"...)
	return nil
}
