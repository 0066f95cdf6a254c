package api

import (
	"net/http"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// scratchTrade is what the methods of accounts and their orders use again.
type scratchTrade struct {
	command  msg.Command
	result   gateway.Result
	outcome  outcome
	answer   chan struct{}    // of who waits: holds one token when it has come
	wake     func()           // puts it there, made once
	answered func()           // who is to be told of the answer
	told     func(error)      // hears of the answer for it, made once
	failed   error            // why there is no answer
	exchange gateway.Exchange // to whom the rest of a long command is handed
	ids      idSource

	orders   []marketview.Order
	fills    []marketview.OwnFill
	balances []balanceRow

	amendments  []marketview.Amendment
	preventions []marketview.Prevention
}

// The names of parameters of methods about orders.
const (
	paramSide         = "side"
	paramTimeInForce  = "timeInForce"
	paramQuantity     = "quantity"
	paramQuoteQty     = "quoteOrderQty"
	paramPrice        = "price"
	paramName         = "newClientOrderId"
	paramOrderID      = "orderId"
	paramOrigName     = "origClientOrderId"
	paramStrategyID   = "strategyId"
	paramStrategyType = "strategyType"
	paramStopPrice    = "stopPrice"
	paramTrailing     = "trailingDelta"
	paramIceberg      = "icebergQty"
	paramPeg          = "pegPriceType"
	paramRespType     = "newOrderRespType"
	paramPrevention   = "selfTradePreventionMode"
	paramRestrictions = "cancelRestrictions"
	paramNewQty       = "newQty"
	paramRates        = "computeCommissionRates"
	paramOmitZero     = "omitZeroBalances"

	paramFromAllocation = "fromAllocationId"

	paramReplaceMode      = "cancelReplaceMode"
	paramReplacedID       = "cancelOrderId"
	paramReplacedName     = "cancelOrigClientOrderId"
	paramReplaceCancel    = "cancelNewClientOrderId"
	paramRateExceededMode = "orderRateLimitExceededMode"
)

// tradingMethods are the methods of orders.
func tradingMethods() []Method {
	const order = "/api/v3/order"
	return []Method{
		{
			Name: "order.place", Verb: http.MethodPost, Path: order, Security: Trade, Weight: weighs(1), Sheds: true,
			Params: orderSpecs(), Ask: (*API).askOrder, Tell: (*API).tellOrder,
		},
		{
			Name: "order.test", Verb: http.MethodPost, Path: order + "/test", Security: Trade, Weight: testWeight,
			Params: append(orderSpecs(), Spec{Name: paramRates, Kind: Bool}), Run: (*API).testOrder,
		},
		{
			Name: "order.cancel", Verb: http.MethodDelete, Path: order, Security: Trade, Weight: weighs(1),
			Params: cancelSpecs(), Ask: (*API).askCancel, Tell: (*API).tellCanceled,
		},
		{
			Name: "order.cancelReplace", Verb: http.MethodPost, Path: order + "/cancelReplace", Security: Trade, Weight: weighs(1), Sheds: true,
			Params: append(orderSpecs(), replaceSpecs()...), Run: (*API).cancelReplace,
		},
		{
			Name: "order.amend.keepPriority", Verb: http.MethodPut, Path: order + "/amend/keepPriority", Security: Trade, Weight: weighs(4), Sheds: true,
			Params: amendSpecs(), Ask: (*API).askAmend, Tell: (*API).tellAmended,
		},
		{
			Name: "openOrders.cancelAll", Verb: http.MethodDelete, Path: "/api/v3/openOrders", Security: Trade, Weight: weighs(1),
			Params: []Spec{oneSymbol()}, Ask: (*API).askCancelAll, Tell: (*API).tellCanceledAll,
		},
		{
			Name: "order.status", Verb: http.MethodGet, Path: order, Security: Read, Weight: weighs(4),
			Params: []Spec{oneSymbol(), orderID(), origName()}, Run: (*API).queryOrder,
		},
		{
			Name: "openOrders.status", Verb: http.MethodGet, Path: "/api/v3/openOrders", Security: Read, Weight: openOrdersWeight,
			Params: []Spec{anySymbol()}, Run: (*API).openOrders,
		},
		{
			Name: "allOrders", Verb: http.MethodGet, Path: "/api/v3/allOrders", Security: Read, Weight: weighs(20),
			Params: append([]Spec{oneSymbol(), orderID()}, spanSpecs()...), Run: (*API).allOrders,
		},
	}
}

// accountMethods are the methods of accounts, and of what happened to them.
func accountMethods() []Method {
	return []Method{
		{
			Name: "account.status", Verb: http.MethodGet, Path: "/api/v3/account", Security: Read, Weight: weighs(20),
			Params: []Spec{{Name: paramOmitZero, Kind: Bool}}, Run: (*API).account,
		},
		{
			Name: "myTrades", Verb: http.MethodGet, Path: "/api/v3/myTrades", Security: Read, Weight: myTradesWeight,
			Params: append([]Spec{oneSymbol(), orderID(), {Name: paramFromID, Kind: ID}}, spanSpecs()...), Run: (*API).myTrades,
		},
		{
			Name: "account.commission", Verb: http.MethodGet, Path: "/api/v3/account/commission", Security: Read, Weight: weighs(20),
			Params: []Spec{oneSymbol()}, Run: (*API).commission,
		},
		{
			Name: "account.rateLimits.orders", Verb: http.MethodGet, Path: "/api/v3/rateLimit/order", Security: Read, Weight: weighs(40),
			Run: (*API).orderCounts,
		},
		{
			Name: "order.amendments", Verb: http.MethodGet, Path: "/api/v3/order/amendments", Security: Read, Weight: weighs(4),
			Params: []Spec{oneSymbol(), mustOrderID(), {Name: paramFromExecution, Kind: ID}, rowLimit()}, Run: (*API).amendments,
		},
		{
			Name: "myPreventedMatches", Verb: http.MethodGet, Path: "/api/v3/myPreventedMatches", Security: Read, Weight: myPreventedWeight,
			Params: []Spec{oneSymbol(), {Name: paramMatch, Kind: ID}, orderID(), {Name: paramFromMatch, Kind: ID}, rowLimit()}, Run: (*API).myPrevented,
		},
		{
			Name: "myFilters", Verb: http.MethodGet, Path: "/api/v3/myFilters", Security: Read, Weight: weighs(40),
			Params: []Spec{oneSymbol()}, Run: (*API).myFilters,
		},
		{
			Name: "myAllocations", Verb: http.MethodGet, Path: "/api/v3/myAllocations", Security: Read, Weight: weighs(20),
			Params: append([]Spec{oneSymbol(), orderID(), {Name: paramFromAllocation, Kind: ID}}, spanSpecs()...), Run: (*API).nothing,
		},
	}
}

// The specs of parameters that several methods have.
func orderID() Spec     { return Spec{Name: paramOrderID, Kind: ID} }
func mustOrderID() Spec { return Spec{Name: paramOrderID, Kind: ID, Must: true} }
func origName() Spec    { return Spec{Name: paramOrigName, Kind: ClientID, Empty: ErrEmptyOrigName} }
func newName() Spec     { return Spec{Name: paramName, Kind: ClientID, Empty: ErrEmptyName} }

func restrictions() Spec {
	return Spec{Name: paramRestrictions, Kind: Enum, Values: []string{onlyNew, onlyPartiallyFilled}, Invalid: ErrRestrictions}
}

func spanSpecs() []Spec {
	return []Spec{{Name: paramStartTime, Kind: Time}, {Name: paramEndTime, Kind: Time}, rowLimit()}
}

// orderSpecs are the parameters of a new order.
func orderSpecs() []Spec {
	var types []string
	for i := range orderForms {
		types = append(types, orderForms[i].name)
	}
	return []Spec{
		oneSymbol(),
		{Name: paramSide, Kind: Enum, Must: true, Values: sideNames[:], Invalid: ErrSide},
		{Name: paramType, Kind: Enum, Must: true, Values: types, Invalid: ErrOrderType},
		{Name: paramTimeInForce, Kind: Enum, Values: tifNames[:], Invalid: ErrTimeInForce},
		{Name: paramQuantity, Kind: Decimal},
		{Name: paramQuoteQty, Kind: Decimal},
		{Name: paramPrice, Kind: Decimal},
		newName(),
		{Name: paramStrategyID, Kind: Int},
		{Name: paramStrategyType, Kind: Int},
		{Name: paramStopPrice, Kind: Decimal},
		{Name: paramTrailing, Kind: Int},
		{Name: paramIceberg, Kind: Decimal},
		{Name: paramRespType, Kind: Enum, Values: []string{respACK, respResult, respFull}, Void: true},
		{Name: paramPrevention, Kind: Enum, Values: append(preventionNames[:], transferMode)},
	}
}

func cancelSpecs() []Spec {
	return []Spec{oneSymbol(), orderID(), origName(), newName(), restrictions()}
}

func replaceSpecs() []Spec {
	return []Spec{
		{Name: paramReplaceMode, Kind: Enum, Must: true, Values: []string{stopOnFailure, allowFailure}},
		{Name: paramReplacedID, Kind: ID},
		{Name: paramReplacedName, Kind: ClientID, Empty: ErrEmptyOrigName},
		{Name: paramReplaceCancel, Kind: ClientID, Empty: ErrEmptyName},
		restrictions(),
		{Name: paramRateExceededMode, Kind: Enum, Values: []string{doNothing, cancelOnly}},
	}
}

func amendSpecs() []Spec {
	return []Spec{oneSymbol(), orderID(), origName(), newName(), {Name: paramNewQty, Kind: Decimal, Must: true}}
}
