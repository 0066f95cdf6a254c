package rest

import (
	"io"
	"net/netip"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// largeAnswer is the body of an answer that holds a part of the budget of large ones
// until the HTTP server closes it, when it was sent or cannot be.
type largeAnswer struct {
	body   []byte // what of it is left
	api    *api.API
	client netip.Addr
	held   int
}

// sendLarge has the answer of q sent without a copy of it. Its buffers go with it.
func (r *REST) sendLarge(ctx *fasthttp.RequestCtx, q *request) {
	c := &q.call
	ctx.Response.SetBodyStream(&largeAnswer{body: c.Out, api: r.api, client: c.Client, held: c.Held}, len(c.Out))
	c.Out, c.Held = nil, 0
	c.Trim()
}

// Read implements io.Reader.
func (l *largeAnswer) Read(p []byte) (int, error) {
	if len(l.body) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.body)
	l.body = l.body[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (l *largeAnswer) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(l.body)
	l.body = l.body[n:]
	return int64(n), err //nolint:wrapcheck // it is what the HTTP server makes of it
}

// Close gives back what is held.
func (l *largeAnswer) Close() error {
	l.api.Release(l.client, l.held)
	l.body, l.held = nil, 0
	return nil
}
