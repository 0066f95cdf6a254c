package wsapi

import (
	"fmt"
	"runtime/debug"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// lane serves requests of a session, one at a time, until the session ends or has
// more lanes than it needs. The one lane that holds the entry waits for the next
// request; when that has entered the exchange, or needs not to, the next lane takes
// over.
func (s *Session) lane() {
	defer s.carrier.inside.Done()
	for {
		s.entry.Lock()
		r, ok := <-s.queue
		if !ok {
			s.entry.Unlock()
			return
		}
		r.turn = true
		if !r.route.isCommand() {
			r.giveWay()
		}
		refused := s.serve(r)
		r.giveWay() // a command that was refused before it could enter
		r.complete(s.carrier.o.API, refused)
		if !s.finish(r) {
			return
		}
	}
}

// giveWay leaves the entry to the next lane. It is called by the goroutine that
// serves r.
func (r *request) giveWay() {
	if r.turn {
		r.turn = false
		if r.route.isCommand() {
			r.session.entering.Add(-1)
		}
		r.session.entry.Unlock()
	}
}

// pass has a request go straight to the exchange: the reader of the session makes
// the checks and reads on, and the exchange's own goroutine makes the answer. No lane
// has to be woken, twice, for it.
func (s *Session) pass(r *request) {
	if ended, refused := s.begin(r); ended {
		r.complete(s.carrier.o.API, refused)
		s.leave(r)
	}
}

// begin begins a request that goes straight to the exchange. After a panic it has
// ended: nothing that can panic comes after its command was handed over.
func (s *Session) begin(r *request) (ended bool, refused *api.Error) {
	defer s.contain(r, func() { ended, refused = true, api.ErrInternal })
	return s.carrier.o.API.Begin(r.route.method, &r.call, r.answered)
}

// conclude ends a request that went straight to the exchange. It is called by a goroutine
// of the exchange, which a panic must not reach.
func (r *request) conclude() {
	s := r.session
	var refused *api.Error
	func() {
		defer s.contain(r, func() { refused = api.ErrInternal })
		refused = s.carrier.o.API.End(r.route.method, &r.call)
	}()
	r.complete(s.carrier.o.API, refused)
	s.leave(r)
}

// contain keeps a panic of the method that r calls from taking anything else down.
func (s *Session) contain(r *request, failed func()) {
	if p := recover(); p != nil {
		s.carrier.o.Log.Error("panic contained", "method", string(r.method), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		failed()
	}
}

// serve serves a request.
func (s *Session) serve(r *request) (refused *api.Error) {
	defer s.contain(r, func() { refused = api.ErrInternal })
	return s.carrier.o.API.Serve(r.route.method, &r.call)
}
