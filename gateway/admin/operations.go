package admin

import (
	"context"
	"errors"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/gateway"
)

// probe returns who answers a probe, which needs no token, or nil.
func (a *Admin) probe(path string) func() (int, any, error) {
	switch path {
	case "/health", prefix + "/health":
		return a.health
	case "/ready", prefix + "/ready":
		return a.ready
	default:
		return nil
	}
}

// wellbeing is the answer to a probe.
type wellbeing struct {
	Status  string `json:"status"`
	Storage string `json:"storage,omitzero"` // only when there is too little of it
}

func (a *Admin) health() (int, any, error) {
	return fasthttp.StatusOK, wellbeing{Status: "alive"}, nil
}

func (a *Admin) ready() (int, any, error) {
	if !a.ops.Ready() {
		return 0, nil, notReady()
	}
	w := wellbeing{Status: "ready"} // for cancels and for all who ask, also when storage is low
	if s := a.ops.Storage(); s != StorageOK {
		w.Storage = s
	}
	return fasthttp.StatusOK, w, nil
}

func (a *Admin) status(*request) (int, any, error) {
	s := a.ops.Status()
	return fasthttp.StatusOK, &s, nil
}

func (a *Admin) snapshot(q *request) (int, any, error) {
	if err := decode(q.body, &struct{}{}); err != nil {
		return 0, nil, err
	}
	seq, err := a.ops.Snapshot()
	if err != nil {
		return 0, nil, operationFailed(err, "NO_SNAPSHOT", "No snapshot was taken: ")
	}
	return fasthttp.StatusOK, done{seq}, nil
}

func (a *Admin) reset(q *request) (int, any, error) {
	if err := decode(q.body, &struct{}{}); err != nil {
		return 0, nil, err
	}
	s, err := a.ops.Reset(context.Background())
	if err != nil {
		return 0, nil, operationFailed(err, "NOT_RESET", "The exchange was not reset: ")
	}
	return fasthttp.StatusOK, &s, nil
}

func (a *Admin) advanceClock(q *request) (int, any, error) {
	var b struct {
		AdvanceNS *int64 `json:"advance_ns"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	if err := missing(sent("advance_ns", b.AdvanceNS)); err != nil {
		return 0, nil, err
	}
	if *b.AdvanceNS < 0 {
		return 0, nil, bad("OUT_OF_RANGE", "advance_ns", "Time goes forward only.").because(strconv.FormatInt(*b.AdvanceNS, 10), "0 or more")
	}
	now, err := a.ops.AdvanceClock(*b.AdvanceNS)
	switch {
	case errors.Is(err, ErrNotSimulated):
		return 0, nil, operationFailed(err, "", "")
	case err != nil:
		return 0, nil, bad("OUT_OF_RANGE", "advance_ns", "Time would not fit into 63 bits.").because(strconv.FormatInt(*b.AdvanceNS, 10), "")
	}
	return fasthttp.StatusOK, struct {
		Time int64 `json:"time"`
	}{now}, nil
}

// operationFailed says why an operation was not carried out.
func operationFailed(err error, code, message string) error {
	switch {
	case errors.Is(err, ErrNotAllowed):
		return &problem{status: fasthttp.StatusForbidden, Code: "RESET_NOT_ALLOWED", Message: "The exchange was started without --allow-reset."}
	case errors.Is(err, ErrNotSimulated):
		return &problem{status: fasthttp.StatusConflict, Code: "CLOCK_NOT_SIMULATED", Message: "The exchange was started without --clock sim."}
	case errors.Is(err, ErrBusy):
		return &problem{status: fasthttp.StatusConflict, Code: "UNDER_WAY", Message: "The same is under way."}
	case errors.Is(err, gateway.ErrStopped), errors.Is(err, gateway.ErrStorage):
		return unanswered(err)
	default:
		return &problem{status: fasthttp.StatusServiceUnavailable, Code: code, Message: message + err.Error()}
	}
}

// Starting answers a request to an exchange whose state is not recovered yet: it is
// alive and no more.
func Starting(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/health", prefix + "/health":
		answer(ctx, fasthttp.StatusOK, wellbeing{Status: "alive"}, nil)
	default:
		answer(ctx, 0, nil, notReady())
	}
}

func notReady() error {
	return &problem{status: fasthttp.StatusServiceUnavailable, Code: "NOT_READY", Message: "The exchange starts, stops or has failed."}
}
