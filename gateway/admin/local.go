package admin

import (
	"net"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/pprofhandler"
)

// local reports whether a request comes from the machine itself, and was not
// handed on by somebody in front.
func local(ctx *fasthttp.RequestCtx) bool {
	for _, name := range [...]string{fasthttp.HeaderXForwardedFor, fasthttp.HeaderForwarded, "X-Real-Ip"} {
		if len(ctx.Request.Header.Peek(name)) > 0 {
			return false
		}
	}
	return loopback(ctx.RemoteAddr()) && loopback(ctx.LocalAddr())
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// ServeMetrics returns what answers scrapes of m: without the token only where the
// machine itself asks.
func (a *Admin) ServeMetrics(m *Metrics) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		switch {
		case !ctx.IsGet() && !ctx.IsHead():
			answer(ctx, 0, nil, notAllowed(ctx, reads()))
		case !local(ctx) && !a.authorized(ctx):
			answer(ctx, 0, nil, unauthorized(ctx))
		default:
			m.handler(ctx)
		}
	}
}

// profilesPath is where profiles are.
const profilesPath = "/debug/pprof"

// ServeProfiles answers requests for profiles of the process, where the machine
// itself asks.
func ServeProfiles(ctx *fasthttp.RequestCtx) {
	if !local(ctx) {
		answer(ctx, 0, nil, &problem{status: fasthttp.StatusForbidden, Code: "NOT_LOCAL", Message: "Profiles are for the machine itself."})
		return
	}
	if string(ctx.Path()) == profilesPath+"/" {
		ctx.URI().SetPath(profilesPath) // the library knows its list of profiles only so, and its links only work with the slash
	}
	pprofhandler.PprofHandler(ctx)
}
