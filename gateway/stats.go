package gateway

import "sync/atomic"

// Stats are counts of what the edge has done, and of what it holds now.
type Stats struct {
	Connections int // open sockets, websockets included
	Websockets  int // open

	Accepted     uint64 // sockets
	Refused      uint64 // sockets and upgrades beyond a limit
	Requests     uint64 // of HTTP, upgrades included
	BadRequests  uint64 // that could not be read: malformed, too large, too slow
	Upgrades     uint64
	MessagesIn   uint64 // of websockets, control frames included
	MessagesOut  uint64
	WritesOut    uint64 // of websockets: each takes along all messages that wait
	BytesIn      uint64 // of all sockets
	BytesOut     uint64
	SlowCloses   uint64 // websockets that did not take what was sent
	SilentCloses uint64 // websockets without a pong
	FloodCloses  uint64 // websockets that sent more messages than they may
	AnswerBytes  int64  // of large answers that are made or wait to be sent
	NoRoom       uint64 // large answers that were refused for it
	Panics       uint64 // contained, of handlers and sessions
}

// counters are the sums of Stats as they are counted.
type counters struct {
	accepted, refused, requests, badRequests, upgrades  atomic.Uint64
	messagesIn, messagesOut, writesOut                  atomic.Uint64
	bytesIn, bytesOut                                   atomic.Uint64
	slowCloses, silentCloses, floodCloses, panicsCaught atomic.Uint64
}

// Stats returns the counts as of now.
func (s *Server) Stats() Stats {
	k := &s.counters
	held, noRoom := s.answers.Held()
	return Stats{
		AnswerBytes:  held,
		NoRoom:       noRoom,
		Connections:  s.sockets.len(),
		Websockets:   s.websockets(),
		Accepted:     k.accepted.Load(),
		Refused:      k.refused.Load(),
		Requests:     k.requests.Load(),
		BadRequests:  k.badRequests.Load(),
		Upgrades:     k.upgrades.Load(),
		MessagesIn:   k.messagesIn.Load(),
		MessagesOut:  k.messagesOut.Load(),
		WritesOut:    k.writesOut.Load(),
		BytesIn:      k.bytesIn.Load(),
		BytesOut:     k.bytesOut.Load(),
		SlowCloses:   k.slowCloses.Load(),
		SilentCloses: k.silentCloses.Load(),
		FloodCloses:  k.floodCloses.Load(),
		Panics:       k.panicsCaught.Load(),
	}
}
