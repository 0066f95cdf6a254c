package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gorilla/websocket"
)

// Shutdown takes no more connections, lets requests under way end, tells every
// websocket farewell and closes it with 1001, and waits until all are gone. What is
// not when ctx ends is cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	s.farewell(ctx)
	err := s.http.ShutdownWithContext(ctx)
	if err != nil && errors.Is(err, ctx.Err()) && s.http.GetOpenConnectionsCount() == 0 {
		err = nil // it looks every 100 ms only whether they are gone, and ctx may end before
	}
	if s.listener != nil {
		_ = s.listener.Close() // again, in case it never served
	}
	gone := make(chan struct{})
	go func() {
		s.sessions.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		s.sockets.closeAll()
		return fmt.Errorf("end all connections: %w", err)
	}
	return nil
}

// farewell tells every websocket farewell and closes it, as far as its session has
// something to say before ctx ends: one that waits for what will never come, since
// the exchange behind it has failed, keeps nobody.
func (s *Server) farewell(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range s.all() {
		all.Go(func() {
			c.contain(func() {
				if text := c.session.Farewell(); text != nil {
					c.Send(text)
				}
			})
			c.Close(websocket.CloseGoingAway, "the server stops")
		})
	}
	told := make(chan struct{})
	go func() {
		all.Wait()
		close(told)
	}()
	select {
	case <-told:
	case <-ctx.Done():
	}
}

// CloseSessions closes every websocket that has a session with a code and a reason;
// new ones may come.
func (s *Server) CloseSessions(code int, reason string) {
	for _, c := range s.all() {
		c.Close(code, reason)
	}
}

// stop has no websocket register from now on.
func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
}

// all returns the websockets that have a session.
func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		if c.session != nil {
			all = append(all, c)
		}
	}
	return all
}

func (s *Server) websockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// register counts c in, or says why not. Who registered calls unregister.
func (s *Server) register(c *Conn) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return stopping()
	case len(s.conns) >= s.limits.Websockets:
		s.counters.refused.Add(1)
		return tooManyClients(s.limits.Websockets)
	}
	s.conns[c] = struct{}{}
	s.sessions.Add(1)
	return nil
}

func (s *Server) unregister(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.sessions.Done()
}
