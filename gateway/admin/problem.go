package admin

import (
	"context"
	"errors"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// problem is why a request was not carried out, as it is told to the caller.
type problem struct {
	status int

	Code    string `json:"code"`
	Field   string `json:"field"` // empty when no field is to blame
	Message string `json:"message"`
	Got     string `json:"got,omitempty"`
	Want    string `json:"want,omitempty"`
}

// Error returns code and message.
func (p *problem) Error() string { return p.Code + ": " + p.Message }

// maxEcho bounds how much of a wrong value is shown to whoever sent it.
const maxEcho = 64

func bad(code, field, message string) *problem {
	return &problem{status: fasthttp.StatusBadRequest, Code: code, Field: field, Message: message}
}

// because says what was sent and what would have been right.
func (p *problem) because(got, want string) *problem {
	if len(got) > maxEcho {
		got = got[:maxEcho] + "…"
	}
	p.Got, p.Want = strings.ToValidUTF8(got, "\uFFFD"), want // the bytes of a path may be anything, and a cut one ends anywhere
	return p
}

// Refuse answers a request that could not be read, or in which something went wrong,
// in the error shape of this package.
func Refuse(ctx *fasthttp.RequestCtx, status int, text string) {
	p := &problem{status: status, Code: "MALFORMED", Message: text}
	switch status {
	case fasthttp.StatusRequestEntityTooLarge:
		p.Code = "BODY_TOO_LARGE"
	case fasthttp.StatusRequestHeaderFieldsTooLarge:
		p.Code = "HEAD_TOO_LARGE"
	case fasthttp.StatusRequestTimeout:
		p.Code = "TOO_SLOW"
	case fasthttp.StatusInternalServerError:
		p.Code, p.Message = "INTERNAL", "Something went wrong; ask for the state, it may or may not have happened."
	}
	answer(ctx, 0, nil, p)
}

func unknown(code, field, got string) *problem {
	p := &problem{status: fasthttp.StatusNotFound, Code: code, Field: field, Message: "There is no such " + field + "."}
	return p.because(got, "")
}

// unanswered says why a command got no answer, and what that means.
func unanswered(err error) *problem {
	p := &problem{status: fasthttp.StatusServiceUnavailable}
	switch {
	case errors.Is(err, gateway.ErrBusy):
		p.Code, p.Message = "BUSY", "As many commands wait as may; nothing has happened. Try again."
	case errors.Is(err, gateway.ErrFull):
		p.Code, p.Message = "FULL", "As many orders are open as may; nothing has happened."
	case errors.Is(err, gateway.ErrStorage):
		p.Code, p.Message = "STORAGE_LOW", "There is too little room on the disk; nothing has happened."
	case errors.Is(err, gateway.ErrBarred):
		p.status, p.Code, p.Message = fasthttp.StatusConflict, "COMMAND_BARRED", "The exchange was told to refuse this very command, which has made it fail."
	case errors.Is(err, gateway.ErrStopped):
		p.Code, p.Message = "STOPPING", "The exchange stops; nothing has happened."
	case errors.Is(err, gateway.ErrUnknown), errors.Is(err, context.DeadlineExceeded):
		p.Code, p.Message = "OUTCOME_UNKNOWN", "It may or may not have happened: ask for the state once the exchange is ready again. A transfer may be sent again, with the same number."
	default: // the command was wrong in itself, which the checks before should have found
		return bad("INVALID_COMMAND", "", err.Error())
	}
	return p
}

// refusal is how a reason of the engine is told.
type refusal struct {
	status  int
	code    string
	field   string // empty: whatever the request calls its name
	message string
}

// refusals are the reasons for which commands of this package can be refused.
func refusals(reason msg.Reason) refusal {
	switch reason {
	case msg.UnknownSymbol:
		return refusal{fasthttp.StatusNotFound, "UNKNOWN_SYMBOL", "symbol", "There is no such symbol."}
	case msg.UnknownAccount:
		return refusal{fasthttp.StatusNotFound, "UNKNOWN_ACCOUNT", "account", "There is no such account, or it is the fee account, which cannot be changed."}
	case msg.UnknownAsset:
		return refusal{fasthttp.StatusNotFound, "UNKNOWN_ASSET", "asset", "There is no such asset, or base and quote are the same."}
	case msg.InvalidName:
		return refusal{fasthttp.StatusBadRequest, "INVALID_NAME", "", "A name has 1 to 36 characters A-Z a-z 0-9 - _."}
	case msg.InvalidAmount:
		return refusal{fasthttp.StatusBadRequest, "INVALID_AMOUNT", "amount", "The amount must be above zero."}
	case msg.InvalidStatus:
		return refusal{fasthttp.StatusBadRequest, "INVALID_STATUS", "status", "There is no such status."}
	case msg.InvalidRate:
		return refusal{fasthttp.StatusBadRequest, "INVALID_RATE", "maker", "A rate is from 0 to 1."}
	case msg.InvalidScale:
		return refusal{fasthttp.StatusBadRequest, "INVALID_SCALE", "scale", "An asset has up to 18 decimals."}
	case msg.InvalidSymbol:
		return refusal{fasthttp.StatusBadRequest, "INVALID_SYMBOL", "filters", "Tick, lot or a filter makes no sense."}
	case msg.InvalidPhase:
		return refusal{fasthttp.StatusConflict, "INVALID_PHASE", "phase", "The book is crossed: trading begins with an uncross."}
	case msg.TransferNotNew:
		return refusal{fasthttp.StatusConflict, "DUPLICATE_TRANSFER", "transfer", "The transfer must exceed the account's last one."}
	case msg.NameTaken:
		return refusal{fasthttp.StatusConflict, "NAME_TAKEN", "", "There is one of this name."}
	case msg.TooMany:
		return refusal{fasthttp.StatusConflict, "TOO_MANY", "", "There are as many as there can be."}
	case msg.AmountOverflow:
		return refusal{fasthttp.StatusConflict, "AMOUNT_OVERFLOW", "amount", "The asset's total would not fit into 63 bits."}
	case msg.InsufficientBalance:
		return refusal{fasthttp.StatusConflict, "INSUFFICIENT_BALANCE", "amount", "The account has less than that free."}
	case msg.NotInAuction:
		return refusal{fasthttp.StatusConflict, "NOT_IN_AUCTION", "symbol", "The symbol is in no auction."}
	default:
		return refusal{fasthttp.StatusConflict, "REFUSED", "", "The exchange refused: " + reason.String() + "."}
	}
}

// refused returns the problem for a reason. Name is what the request calls the
// name of what it adds.
func refused(reason msg.Reason, name string) *problem {
	r := refusals(reason)
	if r.field == "" {
		r.field = name
	}
	return &problem{status: r.status, Code: r.code, Field: r.field, Message: r.message}
}
