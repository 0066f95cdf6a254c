// Package wsapi carries the public API over a websocket: requests and answers as
// JSON messages, sessions that log on once, and the user data of accounts, told as
// it happens.
//
//	message ─► request ─► api.Begin ─► exchange ─► api.End ─► answer ─┐
//	              │─► queue ─► lane ─► api.Serve ─► answer ───────────┼─► connection
//	              │            (a few for each session)               │
//	              └─► logon, subscribe … ────────────────────────────►│
//	transactions ─► UserData ─► events of an account ─► held ─────────┘
//
// The goroutine that reads a connection parses its messages and answers at once
// what is about the session itself. What is one command, an order or a cancel, it
// checks and hands over, and reads on; whoever folds the command makes the answer.
// All else waits in a queue of the session for one of its lanes: goroutines that
// serve one call each. A call of a lane that changes something gives way to the next
// one as soon as its command stands in its place, and none is handed over by the
// reader before all those have. So commands enter the exchange in the order in which
// they were sent, and yet many of them are on their way to the disk at once. Answers
// may come in another order than requests.
//
// # The order of answers and events
//
// On the connection that sent a command, its answer comes before the events that
// it caused. Whoever folds a transaction cannot tell which connection its command
// came from. But it came from one that had asked for it before, and not yet been
// answered. So events are held as long as a command is unanswered that was asked
// for before them; as every command is answered some day, and later ones do not
// count, no event is held for ever. Events never pass each other.
//
// Events of an account are those of all its orders, wherever these came from. They
// are never dropped: a connection that has too many of them waiting is closed.
//
// # Listen keys
//
// ListenKeys are the way of older clients to the same events: an account gets a
// name, and whoever knows the name listens to the account without a session, in
// the plain form, over a connection of market streams. That one asks here for
// what it has no stream for.
//
// # What goes beyond the methods of the API
//
// A method that is not known is refused with -1020, as is one that is known and not
// supported. A message that is no JSON, or not of the form of a request, is refused
// with -1135 and an id of null. With too many requests under way the next one is
// refused with -1008.
package wsapi
