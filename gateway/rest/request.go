package rest

import (
	"bytes"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// The headers of a request.
const (
	headerKey      = "X-MBX-APIKEY"
	headerTimeUnit = "X-MBX-TIME-UNIT"
)

// The media type that is not spoken here, and the one that is.
const (
	mediaSBE  = "application/sbe"
	mediaJSON = "application/json"
)

// request is a request on its way, with the buffers that it uses. They are used
// again for another one.
type request struct {
	call   api.Call
	params parser
	digits []byte
}

func (q *request) reset() {
	q.call.Reset()
	q.params.reset()
}

// read takes the call out of a request. What is wrong with it is refused where
// parameters are checked, so that it counts, and is counted, like any other call.
func (q *request) read(ctx *fasthttp.RequestCtx) {
	body, bodyErr := bodyOf(ctx)
	h := &ctx.Request.Header
	c := &q.call
	c.Key = h.Peek(headerKey)
	c.Malformed = q.params.read(ctx.URI().QueryString(), body, &c.Params)
	c.Signature = q.params.signature
	c.Payload = q.params.payload()
	micro, err := api.ParseTimeUnit(h.Peek(headerTimeUnit))
	c.Micro = micro
	if err != nil {
		c.Malformed = err
	}
	if bodyErr != nil {
		c.Malformed = bodyErr
	}
	if refusesJSON(h.Peek(fasthttp.HeaderAccept)) {
		c.Malformed = &api.Error{Status: fasthttp.StatusNotAcceptable, Code: api.ErrSBE.Code, Text: api.ErrSBE.Text}
	}
}

// bodyOf returns the body of a request. That of a GET would not be read by anybody
// else, nor would one that is not as it seems.
func bodyOf(ctx *fasthttp.RequestCtx) (body []byte, err *api.Error) {
	body = ctx.Request.Body()
	switch {
	case len(body) == 0:
		return nil, nil
	case ctx.IsGet():
		return nil, &api.Error{Status: fasthttp.StatusBadRequest, Code: api.ErrInternal.Code, Text: "A GET has no body."}
	case len(ctx.Request.Header.ContentEncoding()) > 0:
		return nil, &api.Error{
			Status: fasthttp.StatusUnsupportedMediaType, Code: api.ErrInternal.Code, Text: "A body is sent as it is, with no content encoding.",
		}
	}
	return body, nil
}

// refusesJSON reports whether an Accept header asks for the binary format and does
// not take JSON instead.
func refusesJSON(accept []byte) bool {
	return bytes.Contains(accept, []byte(mediaSBE)) && !bytes.Contains(accept, []byte(mediaJSON))
}
