package wsapi

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// conn is what a session needs of a *gateway.Conn.
type conn interface {
	Send(text []byte) bool
	Close(code int, reason string)
}

// policyViolation is the code of websocket with which who asks for too much is
// closed.
const policyViolation = 1008

// Session is a connection of a client. Its requests are read by one goroutine and
// served by its lanes.
type Session struct {
	carrier    *Carrier
	conn       conn
	client     netip.Addr
	micro      bool // times in microseconds
	showLimits bool
	connected  int64

	queue    chan *request // of the lanes; has room for all requests under way
	entry    sync.Mutex    // held by the lane that takes the next request, until its command has entered
	entering atomic.Int32  // commands that went to the lanes and have not entered the exchange

	subs  []*subscription // in the order in which they began; under the lock of UserData
	begun int             // how many there have been; under the lock of UserData

	mu     sync.Mutex // taken after that of UserData
	key    *auth.Key  // who logged on, or nil
	since  int64
	outbox outbox
	spare  []*request
	under  int // requests under way
	lanes  int
	idle   chan struct{} // once the session is to end: closed when nothing is under way
}

func newSession(c *Carrier, to conn) *Session {
	return &Session{
		carrier: c, conn: to, showLimits: true, connected: c.o.API.Wall(),
		queue:  make(chan *request, c.o.Limits.Requests),
		outbox: newOutbox(to, c.o.Limits.HeldBytes),
	}
}

// Message takes a request.
func (s *Session) Message(text []byte) {
	r, key := s.take()
	if key != nil && !s.carrier.o.Keys.Holds(key) {
		s.carrier.KeysDeleted()
		key = nil
	}
	if refused := r.read(text); refused != nil {
		r.refuse(refused, s.carrier.o.API.Wall())
		r.call.Out = append(r.call.Out, '}')
		s.answer(r)
		return
	}
	to := s.carrier.find(r.method)
	r.prepare(s, to, key)
	if to.own != nil {
		to.own(s, r)
		return
	}
	s.serveNext(r)
}

// take returns a request to be filled in, and who is logged on.
func (s *Session) take() (*request, *auth.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spare); n > 0 {
		r := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return r, s.key
	}
	r := &request{session: s}
	r.enter, r.answered = r.giveWay, r.conclude
	return r, s.key
}

// answer sends the answer of a request that was not under way.
func (s *Session) answer(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn.Send(r.call.Out)
	s.give(r)
}

// give takes a request back.
func (s *Session) give(r *request) {
	s.carrier.o.API.Release(r.call.Client, r.call.Held) // the connection holds what waits on it
	r.call.Held = 0
	if len(s.spare) < spareRequests {
		r.trim()
		s.spare = append(s.spare, r)
	}
}

// serveNext has a request served: by a lane, or straight by the exchange where that
// is possible. Commands enter in the order in which they were asked for, so one does
// not pass those that are still in the lanes.
func (s *Session) serveNext(r *request) {
	straight := r.route.isAsked() && s.entering.Load() == 0
	refused := s.admit(r, straight)
	switch {
	case refused == nil && straight:
		s.pass(r)
		return
	case refused == nil:
		return
	}
	r.refuse(refused, s.carrier.o.API.Wall())
	r.call.Out = append(r.call.Out, '}')
	s.answer(r)
}

// admit takes a request on, and puts it into the queue unless it goes straight to
// the exchange; or it returns why not.
func (s *Session) admit(r *request, straight bool) *api.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.idle != nil:
		return api.ErrGone
	case s.under >= s.carrier.o.Limits.Requests:
		return api.ErrOverloaded
	}
	if r.route.isCommand() {
		ticket, ok := s.outbox.enter()
		if !ok {
			return api.ErrOverloaded
		}
		r.ticket = ticket
	}
	s.under++
	if straight {
		s.carrier.inside.Add(1)
		return nil
	}
	if r.route.isCommand() {
		s.entering.Add(1)
	}
	s.queue <- r // there is room for all that are under way
	if s.under > s.lanes && s.lanes < s.carrier.o.Limits.Lanes {
		s.lanes++
		s.carrier.inside.Add(1)
		go s.lane()
	}
	return nil
}

// finish sends the answer of a request that a lane has served. It returns false when
// the lane is one more than the session needs.
func (s *Session) finish(r *request) (needed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(r)
	if s.lanes <= s.under+idleLanes {
		return true
	}
	s.lanes--
	return false
}

// leave is finish for a request that went straight to the exchange.
func (s *Session) leave(r *request) {
	s.mu.Lock()
	s.send(r)
	s.mu.Unlock()
	s.carrier.inside.Done()
}

// send sends the answer of a request that was under way, and the events that have
// waited for it.
func (s *Session) send(r *request) {
	s.conn.Send(r.call.Out)
	if r.route.isCommand() {
		s.outbox.leave(r.ticket)
	}
	s.give(r)
	s.under--
	if s.under == 0 && s.idle != nil {
		close(s.idle)
	}
}

// Farewell waits for the answers of all requests under way, takes no further ones
// and returns the last message.
func (s *Session) Farewell() []byte {
	<-s.retire()
	text := append([]byte(nil), `{"event":{"e":"serverShutdown","E":`...)
	text = wire.AppendTime(text, s.carrier.o.Now(), s.micro)
	return append(text, "}}"...)
}

// retire has the session take no more requests. What it returns is closed when none
// is under way.
func (s *Session) retire() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle == nil {
		s.idle = make(chan struct{})
		if s.under == 0 {
			close(s.idle)
		}
	}
	return s.idle
}

// Closed ends the session. Requests under way are served; nobody hears of them.
func (s *Session) Closed() {
	s.stopListening()
	s.retire()
	close(s.queue)
	s.carrier.remove(s)
}
