package api

import (
	"net/http"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The modes of a cancel-replace.
const (
	stopOnFailure = "STOP_ON_FAILURE" // no new order when the cancel is refused
	allowFailure  = "ALLOW_FAILURE"   // the new order is tried all the same
	doNothing     = "DO_NOTHING"      // over the limit of orders: no cancel either
	cancelOnly    = "CANCEL_ONLY"     // over the limit of orders: the cancel is done
)

// The results of the legs of a cancel-replace.
const (
	legSuccess      = "SUCCESS"
	legFailure      = "FAILURE"
	legNotAttempted = "NOT_ATTEMPTED"
)

// cancelReplace cancels an order and places another one, in one step.
func (a *API) cancelReplace(c *Call) error {
	cmd := c.command(msg.CancelReplace)
	if err := c.findBy(cmd, paramReplacedID, paramReplacedName); err != nil {
		return err
	}
	if err := c.newOrder(cmd); err != nil {
		return err
	}
	cmd.CancelName = c.clientIDOr(paramReplaceCancel)
	cmd.Only = c.restriction()
	if c.Params.Is(paramReplaceMode, allowFailure) {
		cmd.Mode = msg.AllowFailure
	}
	if err := a.countOrder(c); err != nil {
		if c.Params.Is(paramRateExceededMode, cancelOnly) {
			return a.cancelUncounted(c, err)
		}
		return err
	}
	if err := a.do(c); err != nil {
		return err
	}
	return c.answerReplaced()
}

// legs is what became of the legs of a cancel-replace: nil for success.
type legs struct {
	cancel      *Error
	order       *Error
	unattempted bool // there is no new order since the cancel was refused
}

// answerReplaced answers a cancel-replace that the engine has decided.
func (c *Call) answerReplaced() error {
	out := &c.scratch.outcome
	var l legs
	switch {
	case out.unmatched == msg.NoReason && len(out.canceled) == 0:
		return out.refusedOrder() // before anything was canceled
	case out.unmatched != msg.NoReason:
		l.cancel = RefusedCancel(out.unmatched)
	}
	switch {
	case out.placed:
	case out.refused != msg.NoReason:
		l.order = out.refusedOrder()
	default:
		l.unattempted = true
	}
	return c.answerLegs(l)
}

// answerLegs writes the answer to a cancel-replace. What was not refused outright
// counts as an order, also one that was not attempted.
func (c *Call) answerLegs(l legs) error {
	c.Placed = l.order == nil
	if l.cancel == nil && l.order == nil {
		c.Out = c.appendLegs(c.Out, &l)
		return nil
	}
	data := c.appendLegs(nil, &l)
	if l.cancel != nil && (l.unattempted || l.order != nil) {
		return NotReplacedError(data)
	}
	return PartlyReplacedError(data)
}

func (c *Call) appendLegs(dst []byte, l *legs) []byte {
	f := fields{dst: append(dst, '{'), market: &c.Market, micro: c.Micro}
	f.word("cancelResult", result(l.cancel))
	if l.unattempted {
		f.word("newOrderResult", legNotAttempted)
	} else {
		f.word("newOrderResult", result(l.order))
	}
	f.key("cancelResponse")
	if l.cancel != nil {
		f.dst = l.cancel.AppendJSON(f.dst)
	} else {
		f.dst = c.appendCanceled(f.dst, &c.scratch.outcome.canceled[0])
	}
	f.key("newOrderResponse")
	switch {
	case l.unattempted:
		f.raw("null")
	case l.order != nil:
		f.dst = l.order.AppendJSON(f.dst)
	default:
		f.dst = c.appendPlaced(f.dst)
	}
	return f.end("}")
}

func result(err *Error) string {
	if err != nil {
		return legFailure
	}
	return legSuccess
}

// cancelUncounted does the cancel of a cancel-replace whose new order is one more
// than its account may place.
func (a *API) cancelUncounted(c *Call, over *Error) error {
	l := legs{order: over}
	cmd := &c.scratch.command
	*cmd = msg.Command{
		Kind: msg.Cancel, Account: cmd.Account, Symbol: cmd.Symbol, Only: cmd.Only,
		Order: cmd.Order, OrigName: cmd.OrigName, CancelName: cmd.CancelName,
	}
	if err := a.do(c); err != nil {
		return err
	}
	if why := c.scratch.outcome.refused; why != msg.NoReason {
		l.cancel = RefusedCancel(why)
	}
	data := c.appendLegs(nil, &l)
	e := *PartlyReplacedError(data)
	if l.cancel != nil {
		e = *NotReplacedError(data)
	}
	e.Status, e.Retry = http.StatusTooManyRequests, over.Retry
	return &e
}
