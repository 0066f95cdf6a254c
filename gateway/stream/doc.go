// Package stream sends market data to websockets: trades, bars, tickers, best
// prices and books, as their names say which the client follows.
//
//	fold ──► inbox ──► round: records ──► frames ──► queues of connections
//	                     ▲    (the hub's goroutine)
//	                     └── beats of 100 ms and 1 s, while somebody waits for one
//
// The publisher only writes down what somebody listens to, and waits only when the
// hub is too far behind, which is a matter of its own speed and not of sockets. The
// hub encodes a message once for all who get it in the same form, and queues what
// there is of a stream at once.
//
// A connection that does not take what is sent gets less: of best prices, tickers,
// bars and partial books it gets the latest when it takes something again, and of
// a book one event about all that changed meanwhile. Trades are not left out: if
// they find no room the connection is closed, and told so.
//
// A name that is no market data may be private: whoever runs the hub says where it
// leads, and what comes from there is sent as it comes, and never left out.
//
// The order of one stream on one connection is that of the exchange. Nothing is
// said about the order of different streams.
package stream
