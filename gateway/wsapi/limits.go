package wsapi

// Limits bound what one connection may take. Zero means the default.
type Limits struct {
	Requests      int // under way: waiting, or served and not yet answered
	Lanes         int // served at a time, but for those that are one command, which need no lane
	HeldBytes     int // of events that wait for the answer of a command
	Subscriptions int // active at a time
}

// The limits that hold where Limits says zero.
const (
	DefaultRequests      = 512
	DefaultLanes         = 32
	DefaultHeldBytes     = 4 << 20
	DefaultSubscriptions = 1000
)

// maxSubscriptionID is the last id of a subscription: a connection that has used
// it gets no further one.
const maxSubscriptionID = 65_535

// idleLanes bounds the lanes of a session that wait for requests to come.
const idleLanes = 8

// keptBytes bounds the buffers that a session keeps for the next events.
const keptBytes = 64 << 10

// keptMessage bounds the buffers that a request keeps for the next one: some messages
// are a thousand times as long as most.
const keptMessage = 8 << 10

// spareRequests bounds the requests that a session keeps for the next ones, each with
// its buffers. Who has more under way than that has new ones made.
const spareRequests = 128

func (l *Limits) fill() {
	for _, d := range []struct {
		limit *int
		value int
	}{
		{&l.Requests, DefaultRequests},
		{&l.Lanes, DefaultLanes},
		{&l.HeldBytes, DefaultHeldBytes},
		{&l.Subscriptions, DefaultSubscriptions},
	} {
		if *d.limit == 0 {
			*d.limit = d.value
		}
	}
}
