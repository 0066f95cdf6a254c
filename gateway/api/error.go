package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// Error is a refusal as the wire format writes it: {"code":-1121,"msg":"…"}. It is
// never changed once it is made, so it may be shared.
type Error struct {
	Status int    // of HTTP
	Code   int    // of the wire format
	Text   string // verbatim: clients match on it
	Data   []byte // JSON of the field data, or nil
	Retry  int64  // over a limit: the time, in nanoseconds since the epoch, from which on it may be tried again
}

// Error returns code and text.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Text) }

// busySeconds is after how long who was told that the exchange is busy may try again:
// what waits in the exchange is done in much less.
const busySeconds = 1

// RetryAfter returns after how many seconds who was refused may try again, or zero
// where that is not told. Now is in nanoseconds since the epoch.
func (e *Error) RetryAfter(now int64) int64 {
	switch {
	case e.Retry != 0:
		return max((e.Retry-now+second-1)/second, 1)
	case e.Code == ErrOverloaded.Code:
		return busySeconds
	default:
		return 0
	}
}

// AppendJSON appends the error as a JSON object.
func (e *Error) AppendJSON(dst []byte) []byte {
	return append(e.appendFields(dst, e.Data), '}')
}

// AppendTimedJSON appends the error as a JSON object, in which one over a limit
// says when to try again: carriers that have no header for it do so. One with data of
// its own, what became of the cancel of a cancel-replace, keeps that.
func (e *Error) AppendTimedJSON(dst []byte, now int64, micro bool) []byte {
	if e.Retry == 0 || e.Data != nil {
		return e.AppendJSON(dst)
	}
	dst = e.appendFields(dst, nil)
	dst = append(dst, `,"data":{"serverTime":`...)
	dst = wire.AppendTime(dst, now, micro)
	dst = append(dst, `,"retryAfter":`...)
	dst = wire.AppendTime(dst, e.Retry, micro)
	return append(dst, "}}"...)
}

func (e *Error) appendFields(dst, data []byte) []byte {
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendInt(dst, int64(e.Code), 10)
	dst = append(dst, `,"msg":`...)
	dst = wire.AppendString(dst, e.Text)
	if data != nil {
		dst = append(dst, `,"data":`...)
		dst = append(dst, data...)
	}
	return dst
}

func bad(code int, text string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Text: text}
}

func failure(status, code int, text string) *Error {
	return &Error{Status: status, Code: code, Text: text}
}

// The refusals whose text names no parameter.
var (
	ErrInternal     = failure(http.StatusInternalServerError, -1000, "An unknown error occurred while processing the request.")
	ErrDisconnected = failure(http.StatusInternalServerError, -1001, "Internal error; unable to process your request. Please try again.")
	ErrUnauthorized = failure(http.StatusUnauthorized, -1002, "You are not authorized to execute this request.")
	ErrUnexpected   = failure(http.StatusInternalServerError, -1006,
		"An unexpected response was received from the message bus. Execution status unknown.")
	ErrTimeout = failure(http.StatusGatewayTimeout, -1007,
		"Timeout waiting for response from backend server. Send status unknown; execution status unknown.")
	ErrOverloaded = failure(http.StatusServiceUnavailable, -1008,
		"Server is currently overloaded with other requests. Please try again in a few minutes.")
	ErrStorage         = failure(http.StatusServiceUnavailable, -1008, "Storage is low. Please try again in a few minutes.")
	ErrBarred          = bad(-1020, "This operation is not supported: it has made the exchange fail.")
	ErrPrevention      = bad(-1013, "This symbol does not allow the specified self-trade prevention mode.")
	ErrCombination     = bad(-1014, "Unsupported order combination.")
	ErrGone            = failure(http.StatusServiceUnavailable, -1016, "This service is no longer available.")
	ErrUnsupported     = bad(-1020, "This operation is not supported.")
	ErrLate            = bad(-1021, "Timestamp for this request is outside of the recvWindow.")
	ErrEarly           = bad(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
	ErrSignature       = bad(-1022, "Signature for this request is not valid.")
	ErrDuplicateParam  = bad(-1101, "Duplicate values for a parameter detected.")
	ErrNoOrdersOnBook  = bad(-1112, "No orders on book for symbol.")
	ErrTIFNotRequired  = bad(-1114, "TimeInForce parameter sent when not required.")
	ErrTimeInForce     = bad(-1115, "Invalid timeInForce.")
	ErrOrderType       = bad(-1116, "Invalid orderType.")
	ErrSide            = bad(-1117, "Invalid side.")
	ErrEmptyName       = bad(-1118, "New client order ID was empty.")
	ErrEmptyOrigName   = bad(-1119, "Original client order ID was empty.")
	ErrInterval        = bad(-1120, "Invalid interval.")
	ErrSymbol          = bad(-1121, "Invalid symbol.")
	ErrSymbolStatus    = bad(-1122, "Invalid symbolStatus.")
	ErrStatusMismatch  = bad(-1220, "The symbol's status does not match the requested symbolStatus.")
	ErrListenKey       = bad(-1125, "This listenKey does not exist.")
	ErrOptional        = bad(-1128, "Combination of optional parameters invalid.")
	ErrWindow          = bad(-1131, "recvWindow must be less than 60000")
	ErrStrategyType    = bad(-1134, "`strategyType` was less than 1000000.")
	ErrRequest         = bad(-1135, "Invalid JSON Request")
	ErrTickerType      = bad(-1139, "Invalid ticker type.")
	ErrRestrictions    = bad(-1145, "Invalid cancelRestrictions")
	ErrRepeatedSymbol  = bad(-1151, "Symbol is present multiple times in the list.")
	ErrSBE             = bad(-1155, "SBE is not enabled.")
	ErrTimeUnit        = bad(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
	ErrNoSuchOrder     = bad(-2013, "Order does not exist.")
	ErrKeyFormat       = failure(http.StatusUnauthorized, -2014, "API-key format invalid.")
	ErrKey             = failure(http.StatusUnauthorized, -2015, "Invalid API-key, IP, or permissions for action.")
	ErrSubscribed      = bad(-2035, "User Data Stream subscription already active.")
	ErrNotSubscribed   = bad(-2036, "User Data Stream subscription not active.")
	ErrNameMismatch    = bad(-2039, "Client order ID is not correct for this order ID.")
	ErrSubscriptionIDs = bad(-2042, "Maximum subscription ID reached for this connection.")
)

// FilterError returns the refusal by a filter, before the engine.
func FilterError(name string) *Error { return bad(-1013, "Filter failure: "+name) }

// OrderError returns the engine's refusal of a new order.
func OrderError(text string) *Error { return bad(-2010, text) }

// CancelError returns the engine's refusal of a cancel.
func CancelError(text string) *Error { return bad(-2011, text) }

// AmendError returns the engine's refusal of an amend.
func AmendError(text string) *Error { return bad(-2038, text) }

// PartlyReplacedError returns what became of a cancel-replace of which one leg
// succeeded. Data is that of the answer.
func PartlyReplacedError(data []byte) *Error {
	return &Error{Status: http.StatusConflict, Code: -2021, Text: "Order cancel-replace partially failed.", Data: data}
}

// NotReplacedError returns the refusal of a cancel-replace. Data is that of the
// answer.
func NotReplacedError(data []byte) *Error {
	return &Error{Status: http.StatusBadRequest, Code: -2022, Text: "Order cancel-replace failed.", Data: data}
}

// ConnectionsError returns the refusal of a connection more than limit.
func ConnectionsError(limit int) *Error {
	return failure(http.StatusTooManyRequests, -1034,
		fmt.Sprintf("Too many concurrent connections; current limit is '%d'.", limit))
}

// IllegalError returns the refusal of a value that is not of its parameter's form.
func IllegalError(name, form string) *Error {
	return bad(-1100, "Illegal characters found in parameter '"+name+"'; legal range is '"+form+"'.")
}

// MandatoryError returns the refusal of a call without one of its parameters.
func MandatoryError(name string) *Error {
	return bad(-1102, "Mandatory parameter '"+name+"' was not sent, was empty/null, or malformed.")
}

// EitherError returns the refusal of a call without either of two parameters.
func EitherError(name, other string) *Error {
	return bad(-1102, "Param '"+name+"' or '"+other+"' must be sent, but both were empty/null!")
}

// UnreadError returns the refusal of a call with more parameters than are read.
func UnreadError(read, sent int) *Error {
	return bad(-1104, fmt.Sprintf("Not all sent parameters were read; read '%d' parameter(s) but was sent '%d'.", read, sent))
}

// EmptyError returns the refusal of a parameter that was sent without a value.
func EmptyError(name string) *Error { return bad(-1105, "Parameter '"+name+"' was empty.") }

// NotRequiredError returns the refusal of a parameter that does not belong here.
func NotRequiredError(name string) *Error {
	return bad(-1106, "Parameter '"+name+"' sent when not required.")
}

// OverflowError returns the refusal of a number that is too large.
func OverflowError(name string) *Error { return bad(-1108, "Parameter '"+name+"' overflowed.") }

// PrecisionError returns the refusal of a decimal with more decimals than its
// asset has.
func PrecisionError(name string) *Error {
	return bad(-1111, "Parameter '"+name+"' has too much precision.")
}

// RangeError returns the refusal of a span of more than so many hours.
func RangeError(hours int) *Error {
	return bad(-1127, fmt.Sprintf("More than %d hours between startTime and endTime.", hours))
}

// InvalidError returns the refusal of a value that its parameter may not have.
func InvalidError(name string) *Error {
	return bad(-1130, "Data sent for parameter '"+name+"' is not valid.")
}

// FromExchange returns what a caller is told about a command that got no answer.
func FromExchange(err error) *Error {
	switch {
	case errors.Is(err, gateway.ErrBusy), errors.Is(err, gateway.ErrFull):
		return ErrOverloaded
	case errors.Is(err, gateway.ErrStorage):
		return ErrStorage
	case errors.Is(err, gateway.ErrBarred):
		return ErrBarred
	case errors.Is(err, gateway.ErrStopped):
		return ErrDisconnected
	case errors.Is(err, gateway.ErrUnknown):
		return ErrUnexpected
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ErrTimeout
	default:
		return ErrInternal
	}
}

// FromAuth returns what a caller is told whose key or signature was refused.
func FromAuth(err error) *Error {
	switch {
	case errors.Is(err, auth.ErrStampForm):
		return MandatoryError(paramTimestamp)
	case errors.Is(err, auth.ErrWindowForm):
		return InvalidError(paramWindow)
	case errors.Is(err, auth.ErrWindowRange):
		return ErrWindow
	case errors.Is(err, auth.ErrLate):
		return ErrLate
	case errors.Is(err, auth.ErrEarly):
		return ErrEarly
	case errors.Is(err, auth.ErrKeyForm):
		return ErrKeyFormat
	case errors.Is(err, auth.ErrUnknownKey):
		return ErrKey
	case errors.Is(err, auth.ErrCrowded):
		return ErrOverloaded
	case errors.Is(err, auth.ErrSignature), errors.Is(err, auth.ErrReplayed):
		return ErrSignature
	default:
		return ErrInternal
	}
}
