package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Server is the one listener of the edge: HTTP, and websockets on the same port.
// Routes are added before it serves.
type Server struct {
	limits   Limits
	clock    func() time.Time
	log      *quietLog
	counters counters
	sockets  *socketSet
	answers  *Budget
	http     *fasthttp.Server
	routes   []route // the longest prefix first

	listener net.Listener

	mu       sync.Mutex
	conns    map[*Conn]struct{}
	stopping bool
	sessions sync.WaitGroup // the goroutines of the websockets
}

// route is what answers below a prefix: one of both.
type route struct {
	prefix string // without a slash at its end
	http   fasthttp.RequestHandler
	open   Open
	refuse Refuse // nil: in the public error shape
}

// Refuse answers a request that did not get where it was going: a status, and a
// text for people.
type Refuse func(ctx *fasthttp.RequestCtx, status int, text string)

// Open begins the session of a websocket that is about to be upgraded. An error
// refuses the upgrade; a *Refusal says how. What it sends is sent right after the
// upgrade.
type Open func(*Handshake, *Conn) (Session, error)

// Handshake is the request with which a websocket begins.
type Handshake struct {
	Path   string // decoded
	Query  string // as sent
	Remote string // address of the peer
}

// Session is what a websocket is to whoever opened it. Message and Closed are
// called by one goroutine, one after the other; Farewell by any.
type Session interface {
	// Message takes a text message, which is valid until it returns. It may take its
	// time: the next one waits.
	Message(text []byte)
	// Farewell returns the last text message before a planned stop, or nil.
	Farewell() []byte
	// Closed is told once, last of all, that the connection is gone.
	Closed()
}

// NewServer returns a server without routes. The clock is that of the wall.
func NewServer(l Limits, log *slog.Logger, clock func() time.Time) *Server {
	s := &Server{limits: l.WithDefaults(), clock: clock, conns: make(map[*Conn]struct{})}
	s.log = newQuietLog(log, clock)
	s.sockets = newSocketSet(s.limits, &s.counters, clock)
	s.answers = NewBudget(s.limits.AnswerBytes)
	s.http = &fasthttp.Server{
		Handler:                      s.handle,
		ErrorHandler:                 s.badRequest,
		Concurrency:                  s.limits.Connections, // never reached: the sockets are bounded before
		ReadBufferSize:               s.limits.HeaderBytes,
		MaxRequestBodySize:           s.limits.BodyBytes,
		ReadTimeout:                  s.limits.ReadTimeout,
		WriteTimeout:                 s.limits.WriteTimeout,
		IdleTimeout:                  s.limits.IdleTimeout,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		CloseOnShutdown:              true,
		SecureErrorLogMessage:        true, // else it logs heads, keys included
		Logger:                       s.log,
		KeepHijackedConns:            true, // else closing one would not end its reader
	}
	return s
}

// HTTP has h answer what lies at or below a prefix; of several the longest.
func (s *Server) HTTP(prefix string, h fasthttp.RequestHandler) {
	s.add(route{prefix: prefix, http: h})
}

// HTTPRefusing is HTTP for what answers in another error shape than the public one:
// requests that cannot be read, and those in which h panics, are refused by refuse.
func (s *Server) HTTPRefusing(prefix string, h fasthttp.RequestHandler, refuse Refuse) {
	s.add(route{prefix: prefix, http: h, refuse: refuse})
}

// Websocket has open begin the sessions of websockets at or below a prefix; of
// several the longest.
func (s *Server) Websocket(prefix string, open Open) {
	s.add(route{prefix: prefix, open: open})
}

func (s *Server) add(r route) {
	r.prefix = strings.TrimSuffix(r.prefix, "/")
	s.routes = append(s.routes, r)
	slices.SortStableFunc(s.routes, func(a, b route) int { return len(b.prefix) - len(a.prefix) })
}

// Answers returns the bound of large answers, for whoever makes them: websockets count
// what waits on them by themselves.
func (s *Server) Answers() *Budget { return s.answers }

// find returns the route of a path, or nil.
func (s *Server) find(path []byte) *route {
	for i := range s.routes {
		p := s.routes[i].prefix
		if len(path) >= len(p) && string(path[:len(p)]) == p && (len(path) == len(p) || path[len(p)] == '/') {
			return &s.routes[i]
		}
	}
	return nil
}

// Listen takes the address and returns it as bound.
func (s *Server) Listen(ctx context.Context, addr string) (net.Addr, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.listener = &listener{Listener: l, set: s.sockets}
	return l.Addr(), nil
}

// Serve accepts connections until Shutdown.
func (s *Server) Serve() error {
	if s.listener == nil {
		return errors.New("gateway: Serve without Listen")
	}
	if err := s.http.Serve(s.listener); err != nil {
		return fmt.Errorf("accept connections: %w", err)
	}
	return nil
}

// handle answers one request. Nothing that it calls takes the process down.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	s.counters.requests.Add(1)
	defer func() {
		if r := recover(); r != nil {
			s.panicked(r, "path", string(ctx.Path()))
			s.refuse(ctx, unknownError())
		}
	}()
	if refusal := checkHead(&ctx.Request.Header); refusal != nil {
		s.counters.badRequests.Add(1)
		s.refuse(ctx, refusal)
		ctx.SetConnectionClose()
		return
	}
	switch r := s.find(ctx.Path()); {
	case r == nil:
		(&Refusal{Status: fasthttp.StatusNotFound, Code: codeNotSupported, Text: textNotSupported}).answer(ctx)
	case r.http != nil:
		r.http(ctx)
	default:
		s.upgrade(ctx, r.open)
	}
}

// refuse answers with r in the error shape of where the request was going.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, r *Refusal) {
	if to := s.find(ctx.Path()); to != nil && to.refuse != nil {
		ctx.Response.Reset()
		to.refuse(ctx, r.Status, r.Text)
		return
	}
	r.answer(ctx)
}

// panicked logs a panic that was caught.
func (s *Server) panicked(r any, args ...any) {
	s.counters.panicsCaught.Add(1)
	s.log.warn("panic contained", append(args, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))...)
}

// badRequest answers what could not be read as a request.
func (s *Server) badRequest(ctx *fasthttp.RequestCtx, err error) {
	s.counters.badRequests.Add(1)
	r := Refusal{Status: fasthttp.StatusBadRequest, Code: codeUnknown, Text: "The request is malformed."}
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case errors.As(err, &small):
		r.Status = fasthttp.StatusRequestHeaderFieldsTooLarge
		r.Text = fmt.Sprintf("The head of the request is longer than %d bytes.", s.limits.HeaderBytes)
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		r.Status = fasthttp.StatusRequestEntityTooLarge
		r.Text = fmt.Sprintf("The body of the request is longer than %d bytes.", s.limits.BodyBytes)
	case errors.As(err, &timeout) && timeout.Timeout():
		r.Status = fasthttp.StatusRequestTimeout
		r.Text = fmt.Sprintf("The request did not arrive within %v.", s.limits.ReadTimeout)
	}
	s.refuse(ctx, &r)
}
