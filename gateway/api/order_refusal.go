package api

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Texts of refusals that have no code of their own: they come with that of what was
// asked.
const (
	textUnknownOrder = "Unknown order sent."
	textNoChange     = "The requested action would change no state; rejecting"
	textIncrease     = "Order amend (quantity increase) is not supported."
	textShortBook    = "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."
	textEmptyBook    = "Order book liquidity is less than symbol minimum quantity."
)

// refusal is how a reason of the engine reads in the wire format: a refusal of its
// own, a filter's name, or a text that comes with the code of what was asked.
type refusal struct {
	err    *Error
	filter string
	text   string
}

// refusals are the reasons for which the engine refuses what is asked here. Those
// that it has for other commands, and those that the checks before it leave nothing
// to, are told as the internal failure that they would be.
var refusals = [...]refusal{
	msg.UnknownSymbol:      {err: ErrSymbol},
	msg.UnknownAccount:     {err: ErrKey}, // the key is older than the exchange
	msg.UnknownOrder:       {text: textUnknownOrder},
	msg.NameMismatch:       {err: ErrNameMismatch},
	msg.AccountDisabled:    {text: "This action is disabled on this account."},
	msg.AccountNoOrders:    {text: "This account may not place or cancel orders."},
	msg.MarketClosed:       {text: "Market is closed."},
	msg.InvalidSide:        {err: ErrSide},
	msg.InvalidType:        {err: ErrOrderType},
	msg.InvalidTimeInForce: {err: ErrTimeInForce},
	msg.InvalidPrevention:  {err: ErrPrevention},
	msg.InvalidMode:        {err: InvalidError(paramReplaceMode)},
	msg.InvalidName:        {err: IllegalError(paramName, clientIDForm)},
	msg.InvalidPrice:       {filter: priceFilter},
	msg.InvalidQty:         {filter: lotSize},
	msg.AmountOverflow:     {err: OverflowError(paramQuantity)},
	msg.NoChange:           {text: textNoChange},
	msg.InvalidRestriction: {err: ErrRestrictions},

	msg.PriceFilter:       {filter: priceFilter},
	msg.LotSize:           {filter: lotSize},
	msg.MarketLotSize:     {filter: marketLotSize},
	msg.Notional:          {filter: notional},
	msg.MaxNumOrders:      {filter: "MAX_NUM_ORDERS"},
	msg.MaxNumOrderAmends: {filter: "MAX_NUM_ORDER_AMENDS"},
	msg.PercentPrice:      {filter: "PERCENT_PRICE_BY_SIDE"},
	msg.MaxPosition:       {filter: "MAX_POSITION"},

	msg.NoLiquidity:         {text: textShortBook},
	msg.InsufficientBalance: {text: "Account has insufficient balance for requested action."},
	msg.DuplicateName:       {text: "Duplicate order sent."},
	msg.WouldTake:           {text: "Order would immediately match and take."},
	msg.QtyIncrease:         {text: textIncrease},
	msg.CancelRestricted:    {text: "Order was not canceled due to cancel restrictions."},
}

func refusalOf(why msg.Reason) refusal {
	if int(why) < len(refusals) {
		if r := refusals[why]; r != (refusal{}) {
			return r
		}
	}
	return refusal{err: ErrInternal}
}

// RefusedOrder returns how a new order is refused for a reason of the engine.
func RefusedOrder(why msg.Reason) *Error {
	switch r := refusalOf(why); {
	case r.err != nil:
		return r.err
	case r.filter != "":
		return FilterError(r.filter)
	default:
		return OrderError(r.text)
	}
}

// RefusedCancel returns how a cancel is refused for a reason of the engine.
func RefusedCancel(why msg.Reason) *Error {
	r := refusalOf(why)
	if r.text == "" {
		return RefusedOrder(why)
	}
	return CancelError(r.text)
}

// RefusedAmend returns how an amend is refused for a reason of the engine.
func RefusedAmend(why msg.Reason) *Error {
	switch r := refusalOf(why); {
	case r.err != nil:
		return r.err
	case r.filter != "":
		return AmendError("Filter failure: " + r.filter)
	default:
		return AmendError(r.text)
	}
}
