package main

import (
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// route says who answers what. It is the house that stands at that moment.
func (s *server) route() {
	operator := s.inHouse(admin.Starting, func(h *house) fasthttp.RequestHandler { return h.admin.Handle })
	for _, prefix := range []string{"/x", "/health", "/ready"} {
		s.gateway.HTTPRefusing(prefix, operator, admin.Refuse)
	}
	s.gateway.HTTP("/metrics", s.inHouse(admin.Starting, func(h *house) fasthttp.RequestHandler { return h.admin.ServeMetrics(s.metrics) }))
	public := s.inHouse(refuseStarting, func(h *house) fasthttp.RequestHandler { return h.rest.Handle })
	for _, prefix := range []string{"/api", "/sapi", "/fapi", "/dapi"} {
		s.gateway.HTTP(prefix, public)
	}
	if s.settings.pprof {
		s.gateway.HTTP("/debug/pprof", admin.ServeProfiles)
	}
	s.gateway.Websocket("/ws-api/v3", s.openSession(func(h *house) gateway.Open { return h.sockets.Open }))
	for _, prefix := range []string{"/ws", "/stream"} {
		s.gateway.Websocket(prefix, s.openSession(func(h *house) gateway.Open { return h.hub.Open }))
	}
}

// inHouse has a part of the house answer, and another one as long as there is none.
func (s *server) inHouse(otherwise fasthttp.RequestHandler, part func(h *house) fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if h := s.house.Load(); h != nil {
			part(h)(ctx)
			return
		}
		otherwise(ctx)
	}
}

// openSession has a part of the house begin the session of a websocket.
func (s *server) openSession(part func(h *house) gateway.Open) gateway.Open {
	return func(shake *gateway.Handshake, c *gateway.Conn) (gateway.Session, error) {
		if h := s.house.Load(); h != nil {
			return part(h)(shake, c)
		}
		return nil, starting()
	}
}

// starting says that the exchange is not ready yet, in the public error shape.
func starting() *gateway.Refusal {
	e := api.ErrOverloaded
	return &gateway.Refusal{Status: e.Status, Code: e.Code, Text: e.Text, Retry: e.RetryAfter(wall())}
}

// refuseStarting says the same to whoever asks over HTTP.
func refuseStarting(ctx *fasthttp.RequestCtx) {
	ctx.SetStatusCode(api.ErrOverloaded.Status)
	ctx.SetContentType(gateway.JSONType)
	ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.FormatInt(api.ErrOverloaded.RetryAfter(wall()), 10))
	ctx.SetBody(api.ErrOverloaded.AppendJSON(nil))
}
