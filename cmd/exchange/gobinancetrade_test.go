package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/adshao/go-binance/v2"
	"github.com/adshao/go-binance/v2/common"
)

// lookAtTrading gives orders through the library in all ways it knows, and
// compares what comes of them with own sums.
func lookAtTrading(t *testing.T) int {
	t.Helper()
	l := openLibrary(t)
	maker, taker := l.user(holding{"BTC", "10"}, holding{"USDT", "20000"}), l.user(holding{"BTC", "10"}, holding{"USDT", "20000"})

	if err := maker.limit("SELL", "1", "1000").Test(l.ctx); err != nil {
		t.Error(err)
	}
	l.equal("open orders after a test", len(answer(l, maker.NewListOpenOrdersService().Do)), 0)
	l.resting(maker)

	var trades tape
	high := maker.place(maker.limit("SELL", "0.4", "1001.5"))
	low := maker.place(maker.limit("SELL", "0.3", "1001").NewClientOrderID("low"))
	bid := maker.place(maker.NewCreateOrderService().Symbol(symbol).Side("BUY").Type("LIMIT_MAKER").Quantity("2").Price("999").NewOrderRespType("FULL"))
	l.equal("LIMIT_MAKER", words(bid.Status, bid.Type, bid.TimeInForce, len(bid.Fills)), words("NEW", "LIMIT_MAKER", "GTC", 0))
	takes := []struct {
		order  *binance.CreateOrderService
		status binance.OrderStatusType
		fills  []string // quantity and price
	}{
		{taker.market("BUY", "0.5"), "FILLED", []string{"0.30000000 1001.00000000", "0.20000000 1001.50000000"}},
		{taker.NewCreateOrderService().Symbol(symbol).Side("SELL").Type("MARKET").QuoteOrderQty("499.5"), "FILLED", []string{"0.50000000 999.00000000"}},
		{taker.limit("BUY", "0.9", "1001.5").TimeInForce("IOC"), "EXPIRED", []string{"0.20000000 1001.50000000"}},
		{taker.limit("SELL", "5", "999").TimeInForce("FOK"), "EXPIRED", nil},
		{taker.limit("SELL", "1.25", "998").TimeInForce("FOK"), "FILLED", []string{"1.25000000 999.00000000"}},
		{taker.limit("SELL", "0.5", "999"), "PARTIALLY_FILLED", []string{"0.25000000 999.00000000"}},
	}
	var orders []string
	for i, take := range takes {
		o := taker.place(take.order)
		var fills []string
		for _, f := range o.Fills {
			fills = append(fills, words(f.Quantity, f.Price))
		}
		l.equal(words("taker", i), words(o.Status, fills), words(take.status, take.fills))
		trades.note(l, o)
		orders = append(orders, words(o.OrderID, o.ClientOrderID, take.status, o.ExecutedQuantity, o.CummulativeQuoteQuantity, o.TransactTime))
	}
	var listed []string
	for _, o := range answer(l, taker.NewListOrdersService().Symbol(symbol).Do) {
		listed = append(listed, words(o.OrderID, o.ClientOrderID, o.Status, o.ExecutedQuantity, o.CummulativeQuoteQuantity, o.Time))
	}
	l.equal("all orders", listed, orders)
	for _, o := range []*binance.CreateOrderResponse{high, low, bid} {
		v := answer(l, maker.NewGetOrderService().Symbol(symbol).OrderID(o.OrderID).Do)
		l.equal("filled while it waited", words(v.Status, v.ExecutedQuantity, v.Time), words("FILLED", o.OrigQuantity, o.TransactTime))
	}

	l.equal("trades", len(trades), 6)
	l.ledger(trades, maker, taker)
	l.equal("trades of an order", tradeIDs(answer(l, taker.NewListTradesService().Symbol(symbol).OrderId(trades[0].order).Do)), words(trades[0].id, trades[1].id))
	l.equal("trades from one on", tradeIDs(answer(l, taker.NewListTradesService().Symbol(symbol).FromID(trades[3].id).Limit(2).Do)), words(trades[3].id, trades[4].id))
	l.charges(taker)
	return l.checks
}

// tradeIDs returns the ids of trades.
func tradeIDs(trades []*binance.TradeV3) string {
	var ids []any
	for _, v := range trades {
		ids = append(ids, v.ID)
	}
	return words(ids...)
}

// resting looks at orders that wait: they are seen, replaced and canceled.
func (l *library) resting(u *user) {
	l.t.Helper()
	o := u.place(u.limit("BUY", "0.5", "900").NewClientOrderID("first").SelfTradePreventionMode("EXPIRE_BOTH"))
	l.equal("answer", words(o.Symbol, o.ClientOrderID, o.Price, o.OrigQuantity, o.ExecutedQuantity, o.Status, o.TimeInForce, o.Type, o.Side, o.SelfTradePreventionMode),
		words(symbol, "first", "900.00000000", "0.50000000", "0.00000000", "NEW", "GTC", "LIMIT", "BUY", "EXPIRE_BOTH"))
	l.locked(u, "USDT", "450.00000000")
	byID := answer(l, u.NewGetOrderService().Symbol(symbol).OrderID(o.OrderID).Do)
	l.equal("order", words(byID.OrderID, byID.OrderListId, byID.ClientOrderID, byID.Price, byID.OrigQuantity, byID.Status, byID.IsWorking, byID.Time, byID.UpdateTime),
		words(o.OrderID, -1, "first", o.Price, o.OrigQuantity, "NEW", true, o.TransactTime, o.TransactTime))
	l.equal("order by its name", *answer(l, u.NewGetOrderService().Symbol(symbol).OrigClientOrderID("first").Do), *byID)
	for _, open := range [][]*binance.Order{
		answer(l, u.NewListOpenOrdersService().Symbol(symbol).Do), answer(l, u.NewListOpenOrdersService().Do),
	} {
		if len(open) != 1 || *open[0] != *byID {
			l.t.Errorf("open orders: %+v, want only %+v", open, byID)
		}
	}
	l.equal("open orders of another symbol", len(answer(l, u.NewListOpenOrdersService().Symbol("ETHUSDT").Do)), 0)

	r := answer(l, u.NewCancelReplaceOrderService().Symbol(symbol).Side("BUY").Type("LIMIT").TimeInForce("GTC").Quantity("0.6").Price("901").
		CancelReplaceMode(binance.CancelReplaceModeStopOnFailure).CancelOrderID(o.OrderID).NewClientOrderID("second").Do)
	l.equal("replaced", words(r.CancelResult, r.NewOrderResult, r.CancelResponse.OrderID, r.CancelResponse.OrigClientOrderID, r.CancelResponse.Status,
		r.NewOrderResponse.ClientOrderID, r.NewOrderResponse.Price, r.NewOrderResponse.OrigQuantity, r.NewOrderResponse.Status),
		words("SUCCESS", "SUCCESS", o.OrderID, "first", "CANCELED", "second", "901.00000000", "0.60000000", "NEW"))
	l.locked(u, "USDT", "540.60000000")

	second := r.NewOrderResponse.OrderID
	c := answer(l, u.NewCancelOrderService().Symbol(symbol).OrderID(second).NewClientOrderID("end").Do) // parameters in the body of a DELETE
	l.equal("canceled", words(c.OrderID, c.OrderListID, c.OrigClientOrderID, c.ClientOrderID, c.Status, c.OrigQuantity), words(second, -1, "second", "end", "CANCELED", "0.60000000"))
	third := u.place(u.limit("SELL", "0.1", "2000").NewClientOrderID("third"))
	l.locked(u, "BTC", "0.10000000")
	c = answer(l, u.NewCancelOrderService().Symbol(symbol).OrigClientOrderID("third").Do)
	l.equal("canceled by its name", words(c.OrderID, c.Status), words(third.OrderID, "CANCELED"))

	var want, got []string
	for _, price := range []string{"800", "801", "802"} {
		o := u.place(u.limit("BUY", "0.1", price))
		want = append(want, words(o.OrderID, o.ClientOrderID, o.Price, "CANCELED"))
	}
	for _, o := range answer(l, u.NewCancelOpenOrdersService().Symbol(symbol).Do).Orders {
		got = append(got, words(o.OrderID, o.OrigClientOrderID, o.Price, o.Status))
	}
	l.equal("all canceled", got, want)
	l.locked(u, "USDT", "0.00000000")
	l.locked(u, "BTC", "0.00000000")
}

// locked checks how much of an asset an account has in its orders.
func (l *library) locked(u *user, asset, want string) {
	l.t.Helper()
	for _, b := range answer(l, u.NewGetAccountService().Do).Balances {
		if b.Asset == asset {
			l.equal(asset+" in orders", b.Locked, want)
			return
		}
	}
	l.t.Errorf("the account has no %s, not even none", asset)
}

// ledger compares the trades of a maker and a taker, and what each of them has, with
// the public trades. Both began with 10 BTC and 20,000 USDT.
func (l *library) ledger(trades tape, maker, taker *user) {
	l.t.Helper()
	for _, u := range []*user{maker, taker} {
		btc, usdt := int64(10e8), int64(20_000e8)
		var want, got []string
		for _, v := range trades {
			buys, quote := v.sold == (u == maker), worth(v.price, v.qty)
			fee, asset := v.qty/1000, "BTC"
			if buys {
				btc, usdt = btc+v.qty-fee, usdt-quote
			} else {
				fee, asset = quote/1000, "USDT"
				btc, usdt = btc-v.qty, usdt+quote-fee
			}
			want = append(want, words(v.id, decimal(v.price), decimal(v.qty), decimal(quote), decimal(fee), asset, v.time, buys, u == maker))
		}
		for _, v := range answer(l, u.NewListTradesService().Symbol(symbol).Do) {
			got = append(got, words(v.ID, v.Price, v.Quantity, v.QuoteQuantity, v.Commission, v.CommissionAsset, v.Time, v.IsBuyer, v.IsMaker))
		}
		l.equal("own trades", got, want)
		a := answer(l, u.NewGetAccountService().Do)
		l.equal("account", words(a.UID, a.MakerCommission, a.TakerCommission, a.CommissionRates.Taker, a.CanTrade, a.AccountType),
			words(u.id, 10, 10, "0.00100000", true, "SPOT"))
		for _, b := range a.Balances {
			own := map[string]int64{"BTC": btc, "USDT": usdt}[b.Asset]
			l.equal(b.Asset, decimal(units(l.t, b.Free)+units(l.t, b.Locked)), decimal(own))
		}
	}
}

// charges looks at what trading costs, in fees and in limits.
func (l *library) charges(u *user) {
	l.t.Helper()
	fees, err := u.NewTradeFeeService().Symbol(symbol).Do(l.ctx)
	if err != nil || len(fees) != 1 {
		l.t.Fatalf("fees: %v, %v", fees, err)
	}
	l.equal("fees", words(fees[0].Symbol, units(l.t, fees[0].MakerCommission), units(l.t, fees[0].TakerCommission)), words(symbol, 100_000, 100_000))
	rates := answer(l, u.NewGetCommissionRatesService().Symbol(symbol).Do)
	l.equal("rates", words(rates.Symbol, rates.StandardCommission, rates.TaxCommission.Maker), words(symbol, binance.CommissionGroup{
		Maker: "0.00100000", Taker: "0.00100000", Buyer: "0.00000000", Seller: "0.00000000",
	}, "0.00000000"))
	u.place(u.limit("BUY", "0.1", "800"))
	var limits []string
	for _, v := range answer(l, u.NewRateLimitService().Do) {
		limits = append(limits, words(v.RateLimitType, v.IntervalNum, v.Interval, v.Limit))
		if v.Interval == "DAY" {
			l.equal("orders of the day", v.Count, u.OrderCount.Count1d)
		}
	}
	l.equal("limits", limits, []string{"ORDERS 10 SECOND 100", "ORDERS 1 DAY 200000"})
}

// lookAtErrors looks at what the library makes of refusals.
func lookAtErrors(t *testing.T) int {
	t.Helper()
	l := openLibrary(t)
	u, other := l.user(holding{"BTC", "1"}, holding{"USDT", "10000"}), l.user(holding{"BTC", "1"})
	other.place(other.limit("SELL", "1", "1000"))
	open := u.place(u.limit("BUY", "0.1", "900").NewClientOrderID("taken"))
	late := l.access(u.key.ID, u.key.Secret)
	late.TimeOffset = time.Minute.Milliseconds()

	get := func(c *binance.Client) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.NewGetAccountService().Do(ctx)
			return err
		}
	}
	place := func(s *binance.CreateOrderService) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Do(ctx)
			return err
		}
	}
	for name, test := range map[string]struct {
		call func(context.Context) error
		code int64
		text string
	}{
		"funds": {place(u.limit("SELL", "2", "2000")), -2010, "Account has insufficient balance for requested action."},
		// Not quite the same order: the same one of the same millisecond would be a replay.
		"duplicate": {place(u.limit("BUY", "0.1", "901").NewClientOrderID("taken")), -2010, "Duplicate order sent."},
		"maker": {
			place(u.NewCreateOrderService().Symbol(symbol).Side("BUY").Type("LIMIT_MAKER").Quantity("0.1").Price("1000")),
			-2010, "Order would immediately match and take.",
		},
		"lot":      {place(u.limit("BUY", "0.0000001", "900")), -1013, "Filter failure: LOT_SIZE"},
		"tick":     {place(u.limit("BUY", "0.1", "900.001")), -1013, "Filter failure: PRICE_FILTER"},
		"notional": {place(u.limit("BUY", "0.001", "900")), -1013, "Filter failure: NOTIONAL"},
		"digits":   {place(u.limit("BUY", "0.1000000001", "900")), -1111, "Parameter 'quantity' has too much precision."},
		"side":     {place(u.limit("NEITHER", "0.1", "900")), -1117, "Invalid side."},
		"stray":    {place(u.market("BUY", "0.1").TimeInForce("GTC")), -1106, "Parameter 'timeInForce' sent when not required."},
		"missing":  {place(u.market("BUY", "0.1").Symbol("")), -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
		"symbol": {func(ctx context.Context) error {
			_, err := u.NewDepthService().Symbol("NOSUCH").Do(ctx)
			return err
		}, -1121, "Invalid symbol."},
		"interval": {func(ctx context.Context) error {
			_, err := u.NewKlinesService().Symbol(symbol).Interval("7m").Do(ctx)
			return err
		}, -1120, "Invalid interval."},
		"cancel": {func(ctx context.Context) error {
			_, err := u.NewCancelOrderService().Symbol(symbol).OrderID(1 << 40).Do(ctx)
			return err
		}, -2011, "Unknown order sent."},
		"cancel another's": {func(ctx context.Context) error {
			_, err := other.NewCancelOrderService().Symbol(symbol).OrderID(open.OrderID).Do(ctx)
			return err
		}, -2011, "Unknown order sent."},
		"query": {func(ctx context.Context) error {
			_, err := u.NewGetOrderService().Symbol(symbol).OrigClientOrderID("unknown").Do(ctx)
			return err
		}, -2013, "Order does not exist."},
		"listen key": {func(ctx context.Context) error {
			return u.NewKeepaliveUserStreamService().ListenKey("unknown").Do(ctx)
		}, -1125, "This listenKey does not exist."},
		"late":    {get(late), -1021, "Timestamp for this request is outside of the recvWindow."},
		"secret":  {get(l.access(u.key.ID, "wrong")), -1022, "Signature for this request is not valid."},
		"unknown": {get(l.access(u.key.ID[1:]+"x", u.key.Secret)), -2015, "Invalid API-key, IP, or permissions for action."},
		"key":     {get(l.access("", "")), -2014, "API-key format invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call(t.Context())
			l.checks++
			refused, ok := errors.AsType[*common.APIError](err)
			if !ok || refused.Code != test.code || refused.Message != test.text {
				t.Errorf("got %v, want %d %s", err, test.code, test.text)
			}
		})
	}
	// Nothing of it has left a trace.
	if orders := answer(l, u.NewListOrdersService().Symbol(symbol).Do); len(orders) != 1 || orders[0].OrderID != open.OrderID {
		t.Errorf("orders: %+v, want only %d", orders, open.OrderID)
	}
	l.locked(u, "USDT", "90.00000000")
	return l.checks
}
