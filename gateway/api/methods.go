package api

import (
	"net/http"
	"slices"
)

// Security says what a method asks of its caller.
type Security uint8

// The kinds of security.
const (
	Public  Security = iota // anybody, no key
	KeyOnly                 // a known key, no signature
	Signed                  // signed, any key: a logon, after which no signature is needed
	Read                    // signed, a key that may read
	Trade                   // signed, a key that may trade
)

// Method is something that can be asked.
type Method struct {
	Name     string // of the websocket API, e.g. order.place; empty when it has none
	Verb     string // of HTTP
	Path     string // of HTTP, e.g. /api/v3/order; empty when it has none
	Security Security
	Weight   func(*Call) int         // what a call counts; it is asked before the parameters are checked
	Params   []Spec                  // besides timestamp, recvWindow and signature
	Run      func(*API, *Call) error // appends the JSON of the result to Call.Out; an error is an *Error
	Ask      func(*API, *Call) error // in place of Run, with Tell: makes the one command that the method is
	Tell     func(*API, *Call) error // and appends the JSON of what became of it
	Sheds    bool                    // refused at once while the exchange is busy; cancels are not, of which there is room for more
	Refused  *Error                  // if set, every call is refused so, over its limits too: there is no such method
}

// Methods returns all methods. It is the same slice each time, not to be changed.
func (a *API) Methods() []Method { return a.methods }

// weighs is the weight of a method whose calls all count the same.
func weighs(n int) func(*Call) int { return func(*Call) int { return n } }

// allMethods is the table of methods.
func allMethods() []Method {
	list := marketMethods()
	list = append(list, aliases(list)...)
	return slices.Concat(list, tradingMethods(), accountMethods(), listMethods(), listenMethods(), walletMethods())
}

// aliases returns methods under paths of the version before, which clients still
// ask for.
func aliases(list []Method) []Method {
	const current, former = "/api/v3/", "/api/v1/"
	var out []Method
	for _, name := range []string{"ping", "time", "exchangeInfo", "depth", "trades", "historicalTrades", "aggTrades", "klines"} {
		for _, m := range list {
			if m.Verb == http.MethodGet && m.Path == current+name {
				m.Name, m.Path = "", former+name
				out = append(out, m)
			}
		}
	}
	return out
}
