// Package gateway is the edge of the exchange: one listener for HTTP and
// websockets, and the words in which its parts speak of the exchange behind it.
//
//	            ┌─► rest  ──┐
//	listener ───┼─► wsapi ──┼─► api ──► Exchange.Hand ► durable and folded ──► answer
//	  (Server)  ├─► stream  │    ▲
//	            └─► admin   └── auth
//
//	transactions, as they are folded ──► Feed: stream (market data), wsapi (user data)
//
// A connection of market data may ask for user data too, by a name that wsapi knows:
// whoever wires both lets stream ask.
//
// Bytes become a msg.Command here and nowhere else, and what leaves has been
// made durable before. Package api knows what can be asked and answered, whatever
// carries it; rest and wsapi carry it; stream and admin stand for themselves.
// None of them imports the engine, the journal or the pipeline: an Exchange is
// what they need of these, and whoever runs the exchange wires it.
package gateway
