package stream

import (
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// connection is what the hub needs of a *gateway.Conn.
type connection interface {
	Send(text []byte) bool
	SendFrames(frames []byte) bool
	OfferFrames(frames []byte, most int) bool
	Queued() int
	Close(code int, reason string)
	CloseSlow(reason string)
}

// session is a connection with what it has subscribed to. What is not marked
// otherwise is guarded by the hub.
type session struct {
	hub    *Hub          // fixed
	conn   connection    // fixed
	intake *rate.Limiter // used by Message alone; nil: no bound
	form   form
	subs   []*subscription // in the order in which they were made; those of silent streams too
	have   map[string]*subscription
	late   bool   // some of them missed something
	turn   uint64 // of the hub, in which it was looked at last
	busy   bool   // then more waited for it than may
}

const (
	policyViolation = 1008
	maxName         = 256 // bytes of the name of a stream

	codeTooMany  = -1101
	codeTimeUnit = -1194
	textTimeUnit = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
	textTooMany  = "Too many streams, or the name of one is too long."
)

// Open begins a session of market streams. Where it begins is at one of
//
//	/ws  /ws/NAME/NAME…  /stream/ws/NAME/NAME…  for plain messages
//	/stream  /stream?streams=NAME/NAME…         for messages with the stream's name
func (h *Hub) Open(k *gateway.Handshake, c *gateway.Conn) (gateway.Session, error) {
	s, err := h.open(k, c)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h *Hub) open(k *gateway.Handshake, c connection) (*session, error) {
	s := &session{hub: h, conn: c, have: make(map[string]*subscription)}
	if n := h.limits.ControlsPerSecond; n > 0 {
		s.intake = rate.NewLimiter(rate.Limit(n), 2*n)
	}
	list := s.begin(k)
	switch queryValue(k.Query, "timeUnit") {
	case "", "MILLISECOND", "millisecond":
	case "MICROSECOND", "microsecond":
		s.form |= inMicros
	default:
		return nil, &gateway.Refusal{Status: 400, Code: codeTimeUnit, Text: textTimeUnit}
	}
	names := strings.FieldsFunc(list, func(r rune) bool { return r == '/' })
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil, &gateway.Refusal{Status: 503, Code: -1016, Text: "This service is no longer available."}
	}
	if !h.admits(s, names) {
		return nil, &gateway.Refusal{Status: 400, Code: codeTooMany, Text: textTooMany}
	}
	h.sessions[s] = struct{}{}
	h.subscribe(s, names, nil)
	return s, nil
}

// begin sets the form that follows from where a session begins and returns the
// names of streams, with slashes between them.
func (s *session) begin(k *gateway.Handshake) (list string) {
	path := strings.TrimPrefix(k.Path, "/")
	head, rest, _ := strings.Cut(path, "/")
	if head != "stream" {
		return rest
	}
	if rest == "ws" {
		return ""
	}
	if names, ok := strings.CutPrefix(rest, "ws/"); ok {
		return names
	}
	s.form |= wrapped
	return queryValue(k.Query, "streams")
}

// queryValue returns the value of a parameter. A plus stands for itself: the name
// of a stream may have one.
func queryValue(query, name string) string {
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		if key != name {
			continue
		}
		if plain, err := url.PathUnescape(value); err == nil {
			return plain
		}
		return value
	}
	return ""
}

// Message takes a control message.
func (s *session) Message(text []byte) {
	if s.intake != nil && !s.intake.AllowN(time.Unix(0, s.hub.wall()), 1) {
		s.conn.Close(policyViolation, "too many control messages")
		return
	}
	r := parseRequest(text)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if answer := s.hub.handle(s, r); answer != nil {
		s.conn.Send(answer)
	}
	s.hub.inbox.call() // there may be beats to wait for
}

// Farewell returns the event that the server stops, in the session's form.
func (s *session) Farewell() []byte {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	event := wire.AppendTime([]byte(`{"e":"serverShutdown","E":`), s.hub.exchange.Now(), s.form&inMicros != 0)
	event = append(event, '}')
	if s.form&wrapped != 0 {
		event = wrap(event, []byte(`{"stream":"!serverShutdown","data":`))
	}
	return event
}

// Closed ends the session.
func (s *session) Closed() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(s.subs) > 0 {
		h.leave(s.subs[len(s.subs)-1])
	}
	s.late = false
	h.late = without(h.late, s)
	delete(h.sessions, s)
}
