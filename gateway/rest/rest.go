package rest

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// REST answers HTTP requests. It may be used by many goroutines at once.
type REST struct {
	api    *api.API
	routes map[string]*route
	pool   sync.Pool // of *request

	unknown *api.Method // whatever has no path
	names   headerNames
}

// route is what can be done at a path.
type route struct {
	methods []*api.Method // one per verb
	allow   string        // the verbs, as a header lists them
	refused *api.Method   // any other verb
}

// headerNames are the names of headers that are sent as they stand here: clients
// find them whatever their case, people do not.
type headerNames struct {
	weight, weightMinute, ordersShort, ordersDay []byte
}

// New returns a REST that carries a's methods.
func New(a *api.API) *REST {
	r := &REST{
		api: a, routes: make(map[string]*route),
		unknown: refusal(&api.Error{Status: http.StatusNotFound, Code: api.ErrUnsupported.Code, Text: api.ErrUnsupported.Text}),
		names: headerNames{
			weight: []byte("X-MBX-USED-WEIGHT"), weightMinute: []byte("X-MBX-USED-WEIGHT-1M"),
			ordersShort: []byte("X-MBX-ORDER-COUNT-10S"), ordersDay: []byte("X-MBX-ORDER-COUNT-1D"),
		},
	}
	r.pool.New = func() any { return new(request) }
	list := a.Methods()
	for i := range list {
		if list[i].Path != "" {
			r.add(&list[i])
		}
	}
	return r
}

func (r *REST) add(m *api.Method) {
	at := r.routes[m.Path]
	if at == nil {
		at = &route{
			refused: refusal(&api.Error{Status: http.StatusMethodNotAllowed, Code: api.ErrUnsupported.Code, Text: api.ErrUnsupported.Text}),
		}
		r.routes[m.Path] = at
	}
	at.methods = append(at.methods, m)
	verbs := make([]string, len(at.methods))
	for i, m := range at.methods {
		verbs[i] = m.Verb
	}
	at.allow = strings.Join(verbs, ", ")
}

// refusal is a method that refuses every call, so that one without a method counts
// as any other does.
func refusal(err *api.Error) *api.Method {
	return &api.Method{Weight: func(*api.Call) int { return 1 }, Refused: err}
}

// method returns the method of a verb, or nil.
func (r *route) method(verb []byte) *api.Method {
	for _, m := range r.methods {
		if string(verb) == m.Verb {
			return m
		}
	}
	return nil
}

// contentType is that of every answer.
const contentType = "application/json;charset=UTF-8"

// Handle answers a request.
func (r *REST) Handle(ctx *fasthttp.RequestCtx) {
	q := r.pool.Get().(*request)
	q.reset()
	m := r.find(ctx)
	q.read(ctx)
	q.call.Client = client(ctx)
	ctx.Response.Header.SetContentType(contentType)
	if err := r.api.Serve(m, &q.call); err != nil {
		q.call.Out = err.AppendJSON(q.call.Out)
		ctx.SetStatusCode(err.Status)
		if after := err.RetryAfter(r.api.Wall()); after > 0 {
			ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.FormatInt(after, 10))
		}
	}
	r.count(ctx, q)
	if q.call.Held > 0 {
		r.sendLarge(ctx, q)
	} else {
		ctx.Response.SetBody(q.call.Out)
	}
	r.pool.Put(q)
}

// find returns the method of a request, or one that refuses it.
func (r *REST) find(ctx *fasthttp.RequestCtx) *api.Method {
	at := r.routes[string(ctx.Path())]
	if at == nil {
		return r.unknown
	}
	m := at.method(ctx.Method())
	if m == nil {
		ctx.Response.Header.Set(fasthttp.HeaderAllow, at.allow)
		return at.refused
	}
	if m.Security == api.Public && m.Verb == http.MethodGet {
		ctx.Response.Header.Set(fasthttp.HeaderAccessControlAllowOrigin, "*")
	}
	return m
}

// count says in headers what the client has used.
func (r *REST) count(ctx *fasthttp.RequestCtx, q *request) {
	h := &ctx.Response.Header
	q.digits = strconv.AppendInt(q.digits[:0], int64(q.call.Weight), 10)
	h.SetCanonical(r.names.weight, q.digits)
	h.SetCanonical(r.names.weightMinute, q.digits)
	if !q.call.Placed {
		return
	}
	q.digits = strconv.AppendInt(q.digits[:0], int64(q.call.Orders[0]), 10)
	h.SetCanonical(r.names.ordersShort, q.digits)
	q.digits = strconv.AppendInt(q.digits[:0], int64(q.call.Orders[1]), 10)
	h.SetCanonical(r.names.ordersDay, q.digits)
}

// client returns the address of the peer.
func client(ctx *fasthttp.RequestCtx) netip.Addr {
	if tcp, ok := ctx.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
