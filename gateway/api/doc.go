// Package api is the public API of the exchange without what carries it: which
// methods there are, what parameters they take, what they do, and the JSON in
// which they answer. Packages rest and wsapi carry it.
//
// The wire format is that of Binance Spot, as far as it is written down here; the
// project is not affiliated with its owner. Names of fields, codes and texts of
// errors are exact, because client libraries match on them.
//
// A Call goes one way, the first failure ends it:
//
//	limits, room in the exchange → key → parameters (mandatory, form) →
//	time window → signature → permission → symbol → enumerations and
//	combinations → precision → filters that need no state →
//	Exchange.Hand: all that depends on state
package api
