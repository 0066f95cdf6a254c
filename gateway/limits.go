package gateway

import "time"

// Limits bounds what the edge takes on. A zero means the default; of the fields
// that say so, a negative number means no bound.
type Limits struct {
	Connections      int // sockets in all, HTTP and websockets
	ConnectionsPerIP int // of them from one address; negative: no bound
	Websockets       int // of them that were upgraded

	HeaderBytes  int           // of a request, its first line included
	BodyBytes    int           // of a request
	ReadTimeout  time.Duration // for a whole request to arrive
	WriteTimeout time.Duration // for an answer to leave
	AnswerBytes  int           // of large answers that are made or wait to be sent, of all sockets together; more are refused as busy
	IdleTimeout  time.Duration // between two requests of a connection

	MessageBytes      int           // of a message that a websocket receives; a longer one closes it with 1009
	MessagesPerSecond int           // that a websocket receives, pings and pongs included; more close it with 1008. Negative: no bound
	QueueBytes        int           // that wait to be sent on a websocket; more close it with 1008
	SocketBytes       int           // asked of the operating system for what was sent on a websocket and not yet received
	StallTimeout      time.Duration // in which a websocket that has something to take must take some of it
	PingInterval      time.Duration // between the pings to a websocket
	PongWait          time.Duration // after the last matching pong a websocket is closed
	Life              time.Duration // of a websocket
	CloseWait         time.Duration // for the rest of the queue, and then for the peer's close, when a websocket ends

	Subscriptions     int // streams that one websocket may follow
	Streams           int // different streams that are followed at a time
	ControlsPerSecond int // control messages that a market stream receives; more close it with 1008. Negative: no bound
}

// DefaultLimits returns the limits that hold where Limits says zero: generous
// ones, for load tests and bots that poll.
func DefaultLimits() Limits {
	return Limits{
		Connections:      10_000,
		ConnectionsPerIP: 5_000,
		Websockets:       5_000,

		HeaderBytes:  8 << 10,
		BodyBytes:    8 << 10,
		AnswerBytes:  256 << 20,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: 5 * time.Second,
		IdleTimeout:  time.Minute,

		MessageBytes:      64 << 10,
		MessagesPerSecond: 100_000,
		QueueBytes:        1 << 20,
		SocketBytes:       64 << 10,
		StallTimeout:      10 * time.Second,
		PingInterval:      20 * time.Second,
		PongWait:          time.Minute,
		Life:              24 * time.Hour,
		CloseWait:         5 * time.Second,

		Subscriptions:     1_024,
		Streams:           65_536,
		ControlsPerSecond: 100,
	}
}

// WithDefaults returns l with the default for each zero.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	for _, f := range [...]struct{ field, value *int }{
		{&l.Connections, &d.Connections},
		{&l.ConnectionsPerIP, &d.ConnectionsPerIP},
		{&l.Websockets, &d.Websockets},
		{&l.HeaderBytes, &d.HeaderBytes},
		{&l.BodyBytes, &d.BodyBytes},
		{&l.AnswerBytes, &d.AnswerBytes},
		{&l.MessageBytes, &d.MessageBytes},
		{&l.MessagesPerSecond, &d.MessagesPerSecond},
		{&l.QueueBytes, &d.QueueBytes},
		{&l.SocketBytes, &d.SocketBytes},
		{&l.Subscriptions, &d.Subscriptions},
		{&l.Streams, &d.Streams},
		{&l.ControlsPerSecond, &d.ControlsPerSecond},
	} {
		if *f.field == 0 {
			*f.field = *f.value
		}
	}
	for _, f := range [...]struct{ field, value *time.Duration }{
		{&l.ReadTimeout, &d.ReadTimeout},
		{&l.WriteTimeout, &d.WriteTimeout},
		{&l.IdleTimeout, &d.IdleTimeout},
		{&l.StallTimeout, &d.StallTimeout},
		{&l.PingInterval, &d.PingInterval},
		{&l.PongWait, &d.PongWait},
		{&l.Life, &d.Life},
		{&l.CloseWait, &d.CloseWait},
	} {
		if *f.field == 0 {
			*f.field = *f.value
		}
	}
	return l
}
