package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// answerTimeout is when a command that has no answer is given up.
const answerTimeout = 10 * time.Second

// Keys is where API keys are kept.
type Keys interface {
	// Add makes a key durable, then known. The secret is that of an HMAC key.
	Add(d auth.Draft) (k *auth.Key, secret string, err error)
	// Delete removes a key for good; auth.ErrUnknownKey when there is none.
	Delete(id string) error
	// Of returns the keys of an account, in the order in which they were added.
	Of(account msg.AccountID) []*auth.Key
}

// Operations are what an operator may do beside giving commands. The errors that
// are told apart are those of this package.
type Operations interface {
	Ready() bool
	Storage() string // StorageOK, or how little there is: low, full
	Status() Status
	Snapshot() (msg.Seq, error)
	Reset(ctx context.Context) (Status, error) // ErrNotAllowed
	AdvanceClock(nanos int64) (int64, error)   // the new time; ErrNotSimulated
}

// StorageOK says that there is room on the disk.
const StorageOK = "ok"

// The ways in which an operation is refused.
var (
	ErrNotAllowed   = errors.New("admin: the exchange was started without leave to reset it")
	ErrNotSimulated = errors.New("admin: the clock is the real one")
	ErrBusy         = errors.New("admin: the same operation is under way")
)

// Status is where the exchange is. All of it is durable.
type Status struct {
	Seq        msg.Seq `json:"seq"`
	DurableSeq msg.Seq `json:"durable_seq"`
	PublishSeq msg.Seq `json:"publish_seq"`
	Digest     string  `json:"digest"`
	DigestSeq  msg.Seq `json:"digest_seq"`
	Time       int64   `json:"time"`
	Epoch      uint64  `json:"epoch"`
	Journal    string  `json:"journal"`
	Sync       string  `json:"sync"`
	Storage    string  `json:"storage"` // ok, low, full
	Symbols    int     `json:"symbols"`
}

// Options are what an Admin needs.
type Options struct {
	Exchange   gateway.Exchange
	Keys       Keys
	Operations Operations
	Token      string // not empty
}

// Admin answers requests under /x/v1 and the probes.
type Admin struct {
	exchange gateway.Exchange
	keys     Keys
	ops      Operations
	token    [sha256.Size]byte

	// patching is held from reading what a change starts from until it is done, so
	// that of two changes of different fields none is lost.
	patching sync.Mutex
}

// New returns the operator's side of an exchange.
func New(o Options) *Admin {
	if o.Token == "" {
		panic("admin: the token is empty")
	}
	return &Admin{exchange: o.Exchange, keys: o.Keys, ops: o.Operations, token: sha256.Sum256([]byte(o.Token))}
}

// authorized reports whether a request shows the token.
func (a *Admin) authorized(ctx *fasthttp.RequestCtx) bool {
	headers := ctx.Request.Header.PeekAll(fasthttp.HeaderAuthorization)
	if len(headers) != 1 {
		return false
	}
	scheme, token, ok := bytes.Cut(headers[0], []byte(" "))
	sum := sha256.Sum256(token)
	return ok && strings.EqualFold(string(scheme), "bearer") && subtle.ConstantTimeCompare(sum[:], a.token[:]) == 1
}

func unauthorized(ctx *fasthttp.RequestCtx) error {
	ctx.Response.Header.Set(fasthttp.HeaderWWWAuthenticate, "Bearer")
	return &problem{status: fasthttp.StatusUnauthorized, Code: "UNAUTHORIZED", Message: "The header Authorization must be: Bearer TOKEN."}
}

// Handle answers a request.
func (a *Admin) Handle(ctx *fasthttp.RequestCtx) {
	status, v, err := a.serve(ctx)
	answer(ctx, status, v, err)
}

// answer writes an answer, or why there is none.
func answer(ctx *fasthttp.RequestCtx, status int, v any, err error) {
	if err != nil {
		p, ok := errors.AsType[*problem](err)
		if !ok {
			panic("admin: an error is no problem: " + err.Error())
		}
		status, v = p.status, p
	}
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetStatusCode(status)
	if v == nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("admin: an answer is no JSON: " + err.Error()) // all of them are structs of text and numbers
	}
	ctx.SetContentType("application/json; charset=utf-8")
	ctx.SetBody(append(b, '\n'))
}

// serve finds who answers a request and has it answered.
func (a *Admin) serve(ctx *fasthttp.RequestCtx) (status int, answer any, err error) {
	path := string(ctx.URI().PathOriginal())
	if probe := a.probe(path); probe != nil {
		if !ctx.IsGet() && !ctx.IsHead() {
			return 0, nil, notAllowed(ctx, reads())
		}
		return probe()
	}
	if !a.authorized(ctx) {
		return 0, nil, unauthorized(ctx)
	}
	r, args, err := find(ctx, path)
	if err != nil {
		return 0, nil, err
	}
	if len(ctx.URI().QueryString()) > 0 {
		return 0, nil, bad("QUERY_NOT_TAKEN", "", "Nothing is given in the query.") // nor repeated: it may be the token
	}
	q := request{args: args}
	if r.bodiless && len(ctx.PostBody()) > 0 {
		return 0, nil, bad("BODY_NOT_TAKEN", "", "This request has no body.")
	}
	if q.body, err = body(ctx); err != nil {
		return 0, nil, err
	}
	return r.run(a, &q)
}

// do hands a command over, and returns its answer when it was not refused.
func (a *Admin) do(c *msg.Command, name string, seen gateway.Seer) (*gateway.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	var result gateway.Result
	if err := a.exchange.Do(ctx, c, &result, seen); err != nil {
		return nil, unanswered(err)
	}
	if v := &result.Events[0]; v.Kind == msg.Rejected {
		return nil, refused(v.Reason, name)
	}
	return &result, nil
}

// read calls f with the views.
func (a *Admin) read(f func(v *marketview.Views) error) error {
	v := a.exchange.BeginRead()
	defer a.exchange.EndRead()
	return f(v)
}

// done is the answer to a command of which nothing else is to tell.
type done struct {
	Seq msg.Seq `json:"seq"`
}
