package wsapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"

	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// Options are what a Carrier is made of.
type Options struct {
	API    *api.API
	Keys   *auth.Store
	Users  *UserData
	Now    func() int64 // of the exchange, in nanoseconds since the epoch: the clock of events
	Log    *slog.Logger
	Limits Limits
}

// Carrier carries the API over websockets. It may be used by many goroutines at
// once.
type Carrier struct {
	o       Options
	routes  map[string]*route
	unknown *route

	mu       sync.Mutex
	sessions map[*Session]struct{}
	ending   bool
	inside   sync.WaitGroup // sessions, and their lanes
}

// route is where requests with the name of a method go.
type route struct {
	method *api.Method
	own    func(s *Session, r *request) // about the session itself; nil for methods of the API
}

// isCommand reports whether what comes this way may reach the exchange as a command.
func (t *route) isCommand() bool { return t.own == nil && t.method.Security == api.Trade }

// isAsked reports whether what comes this way is one command that somebody else can
// answer than who has handed it over.
func (t *route) isAsked() bool { return t.own == nil && t.method.Ask != nil }

// New returns a Carrier.
func New(o Options) *Carrier {
	o.Limits.fill()
	c := &Carrier{o: o, routes: make(map[string]*route), sessions: make(map[*Session]struct{})}
	methods := o.API.Methods()
	for i := range methods {
		if m := &methods[i]; m.Name != "" {
			c.routes[m.Name] = &route{method: m}
		}
	}
	for _, r := range ownRoutes() {
		c.routes[r.method.Name] = &r
	}
	c.unknown = &route{method: &api.Method{Weight: func(*api.Call) int { return 1 }, Refused: api.ErrUnsupported}}
	return c
}

// find returns the route of a method's name.
func (c *Carrier) find(name []byte) *route {
	if r := c.routes[string(name)]; r != nil {
		return r
	}
	return c.unknown
}

// Open begins the session of a websocket.
func (c *Carrier) Open(h *gateway.Handshake, to *gateway.Conn) (gateway.Session, error) {
	s, refused := c.open(h, to)
	if refused != nil {
		return nil, &gateway.Refusal{Status: refused.Status, Code: refused.Code, Text: refused.Text, Retry: refused.RetryAfter(c.o.API.Wall())}
	}
	return s, nil
}

func (c *Carrier) open(h *gateway.Handshake, to conn) (*Session, *api.Error) {
	s := newSession(c, to)
	if at, err := netip.ParseAddrPort(h.Remote); err == nil {
		s.client = at.Addr().Unmap()
	}
	if refused := s.readQuery(h.Query); refused != nil {
		return nil, refused
	}
	if refused := c.o.API.Serve(weighs("", api.Public), &api.Call{Client: s.client}); refused != nil {
		return nil, refused
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return nil, api.ErrGone
	}
	c.sessions[s] = struct{}{}
	c.inside.Add(1)
	return s, nil
}

// readQuery reads the settings of a connection.
func (s *Session) readQuery(query string) *api.Error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return &api.Error{Status: http.StatusBadRequest, Code: api.ErrInternal.Code, Text: "The query is malformed."}
	}
	micro, refused := api.ParseTimeUnit([]byte(values.Get("timeUnit")))
	if refused != nil {
		return refused
	}
	s.micro = micro
	switch values.Get(paramLimits) {
	case "", "true", "TRUE":
	case "false", "FALSE":
		s.showLimits = false
	default:
		return api.InvalidError(paramLimits)
	}
	switch values.Get("responseFormat") {
	case "", "json":
		return nil
	case "sbe":
		return api.ErrSBE
	default:
		return api.InvalidError("responseFormat")
	}
}

// KeysDeleted is told after keys were deleted. Whoever logged on with one of them is
// logged out, and listens no more. Without being told that is noticed with the next
// request, or before the next event.
func (c *Carrier) KeysDeleted() {
	c.mu.Lock()
	all := make([]*Session, 0, len(c.sessions))
	for s := range c.sessions {
		all = append(all, s)
	}
	c.mu.Unlock()
	c.o.Users.mu.Lock()
	defer c.o.Users.mu.Unlock()
	for _, s := range all {
		s.dropDeleted()
	}
}

// Wait opens no more sessions, and waits until all have ended and nothing of them is
// under way any more. Whoever serves the connections closes them.
func (c *Carrier) Wait() {
	c.mu.Lock()
	c.ending = true
	c.mu.Unlock()
	c.inside.Wait()
}

func (c *Carrier) remove(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, s)
	c.inside.Done()
}
