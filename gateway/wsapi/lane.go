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
		r.session.entry.Unlock()
	}
}

// serve serves a request. A panic is one of the method that was called and takes
// nothing else down.
func (s *Session) serve(r *request) (refused *api.Error) {
	defer func() {
		if p := recover(); p != nil {
			s.carrier.o.Log.Error("panic contained", "method", string(r.method), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			refused = api.ErrInternal
		}
	}()
	return s.carrier.o.API.Serve(r.route.method, &r.call)
}
