package main

import (
	"fmt"
	"testing"

	"github.com/adshao/go-binance/v2"
	"github.com/adshao/go-binance/v2/common"
	"github.com/gorilla/websocket"
)

// lookAtUserData follows an account over a listen key and over a signed
// subscription, gives orders over REST and over the websocket API, and compares the
// events with the answers.
func lookAtUserData(t *testing.T) int {
	t.Helper()
	l := openLibrary(t)
	u, other := l.user(holding{"BTC", "10"}, holding{"USDT", "10000"}), l.user(holding{"BTC", "10"}, holding{"USDT", "10000"})
	key := answer(l, u.NewStartUserStreamService().Do)
	hear := func(name string) binance.WsUserDataHandler {
		return func(e *binance.WsUserDataEvent) {
			if !l.over.Load() {
				l.told(name, e)
			}
		}
	}
	done, stop, err := binance.WsUserDataServe(key, hear("key"), func(err error) { l.told("end of key", err) })
	l.started(done, stop, err)
	_, stop, err = binance.WsUserDataServeSignature(u.key.ID, u.key.Secret, common.KeyTypeHmac, 0, hear("signature"), l.failed("signature"))
	l.started(closed(), stop, err) // it ends only when the exchange has
	eth := 1e8 * l.awaitFirst(u)

	a := u.place(u.limit("BUY", "0.5", "1000").NewClientOrderID("a"))
	l.heard("accepted",
		report(a.OrderID, "a", "", "NEW", "NEW", "0.00000000", "0.00000000", "0.00000000", "0", "", -1, true, false, a.TransactTime, "LIMIT BUY GTC 0.50000000 1000.00000000"),
		position("BTC 10.00000000 0.00000000 USDT 9500.00000000 500.00000000"))
	taken := other.place(other.limit("SELL", "0.2", "1000"))
	l.heard("partly filled",
		report(a.OrderID, "a", "", "TRADE", "PARTIALLY_FILLED", "0.20000000", "1000.00000000", "0.20000000", "0.00020000", "BTC", taken.Fills[0].TradeID, true, true, taken.TransactTime, "LIMIT BUY GTC 0.50000000 1000.00000000"),
		position("BTC 10.19980000 0.00000000 USDT 9500.00000000 300.00000000"))
	c := answer(l, u.NewCancelOrderService().Symbol(symbol).OrderID(a.OrderID).NewClientOrderID("end").Do)
	l.equal("canceled", words(c.Status, c.ExecutedQuantity, c.CummulativeQuoteQuantity), words("CANCELED", "0.20000000", "200.00000000"))
	l.heard("canceled",
		report(a.OrderID, "end", "a", "CANCELED", "CANCELED", "0.00000000", "0.00000000", "0.20000000", "0", "", -1, false, false, c.TransactTime, "LIMIT BUY GTC 0.50000000 1000.00000000"),
		position("BTC 10.19980000 0.00000000 USDT 9800.00000000 0.00000000"))

	rest := other.place(other.limit("SELL", "0.3", "1100"))
	b := u.place(u.market("BUY", "0.4").NewClientOrderID("b"))
	l.equal("taken from whom waits", words(b.Status, len(b.Fills), rest.Status), words("EXPIRED", 1, "NEW"))
	market := "MARKET BUY GTC 0.40000000 0.00000000"
	l.heard("taken",
		report(b.OrderID, "b", "", "NEW", "NEW", "0.00000000", "0.00000000", "0.00000000", "0", "", -1, true, false, b.TransactTime, market),
		report(b.OrderID, "b", "", "TRADE", "PARTIALLY_FILLED", "0.30000000", "1100.00000000", "0.30000000", "0.00030000", "BTC", b.Fills[0].TradeID, false, false, b.TransactTime, market),
		report(b.OrderID, "b", "", "EXPIRED", "EXPIRED", "0.00000000", "0.00000000", "0.30000000", "0", "", -1, false, false, b.TransactTime, market),
		position("BTC 10.49950000 0.00000000 USDT 9470.00000000 0.00000000"))
	if err := l.operator.Credit(l.ctx, u.id, "ETH", "2.5", 1_000_000); err != nil {
		t.Fatal(err)
	}
	l.heard("credited", "balanceUpdate ETH 2.50000000", position("ETH "+decimal(eth+2.5e8)+" 0.00000000"))
	l.overWebsocket(u)

	if err := u.NewKeepaliveUserStreamService().ListenKey(key).Do(l.ctx); err != nil {
		t.Error(err)
	}
	for _, list := range [][]*binance.WsUserDataEvent{events[*binance.WsUserDataEvent](l, "key"), events[*binance.WsUserDataEvent](l, "signature")} {
		for _, e := range list {
			if e.Event == "outboundAccountPosition" && e.AccountUpdate.AccountUpdateTime != e.Time || e.Event == "executionReport" && (e.OrderUpdate.Symbol != symbol || e.OrderUpdate.RejectReason != "NONE") {
				t.Errorf("event %+v", e)
			}
		}
	}
	if err := u.NewCloseUserStreamService().ListenKey(key).Do(l.ctx); err != nil {
		t.Error(err)
	}
	if err := u.NewKeepaliveUserStreamService().ListenKey(key).Do(l.ctx); err == nil {
		t.Error("a listen key lives on after it was closed")
	}
	l.comes(func() error { return compareWords("end", events[error](l, "end of key"), []error{errListenKeyClosed}) })
	return l.checks
}

// errListenKeyClosed is how a stream ends whose key was closed.
var errListenKeyClosed = &websocket.CloseError{Code: websocket.CloseNormalClosure, Text: "the listenKey was closed"}

// closed returns what a stream closes when it has ended.
func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// overWebsocket gives orders with the library's service for that.
func (l *library) overWebsocket(u *user) {
	l.t.Helper()
	s, err := binance.NewOrderCreateWsService(u.key.ID, u.key.Secret)
	if err != nil {
		l.t.Fatal(err)
	}
	l.services = append(l.services, s)
	request := func() *binance.OrderCreateWsRequest {
		return binance.NewOrderCreateWsRequest().Symbol(symbol).Side("SELL").Type("LIMIT").TimeInForce("GTC").Quantity("0.1").Price("1200").
			NewClientOrderID("socket").NewOrderRespType("FULL")
	}
	r, err := s.SyncDo("first", request())
	if err != nil || r.Error != nil {
		l.t.Fatalf("order: %v, %+v", err, r)
	}
	l.equal("answer", words(r.Id, r.Status, r.Result.Symbol, r.Result.ClientOrderID, r.Result.Status, r.Result.Price, r.Result.OrigQuantity),
		words("first", 200, symbol, "socket", "NEW", "1200.00000000", "0.10000000"))
	o := answer(l, u.NewGetOrderService().Symbol(symbol).OrigClientOrderID("socket").Do)
	l.equal("order", words(o.OrderID, o.Time, o.Side, o.Status), words(r.Result.OrderID, r.Result.TransactTime, "SELL", "NEW"))
	l.heard("accepted over a websocket",
		report(o.OrderID, "socket", "", "NEW", "NEW", "0.00000000", "0.00000000", "0.00000000", "0", "", -1, true, false, o.Time, "LIMIT SELL GTC 0.10000000 1200.00000000"),
		position("BTC 10.39950000 0.10000000 USDT 9470.00000000 0.00000000"))
	r, err = s.SyncDo("second", request())
	if err != nil || r.Error == nil {
		l.t.Fatalf("order twice: %v, %+v", err, r)
	}
	l.equal("refusal", words(r.Id, r.Status, r.Error.Code, r.Error.Message), words("second", 400, -2010, "Duplicate order sent."))
}

// awaitFirst credits whole ETH until both streams tell of that, and returns how many
// it were.
func (l *library) awaitFirst(u *user) (credits int64) {
	l.t.Helper()
	names := []string{"key", "signature"}
	l.comes(func() error {
		credits++
		if err := l.operator.Credit(l.ctx, u.id, "ETH", "1", 1_000+credits); err != nil {
			return err
		}
		for _, name := range names {
			if len(events[*binance.WsUserDataEvent](l, name)) == 0 {
				return fmt.Errorf("nothing over the %s", name)
			}
		}
		return nil
	})
	for _, name := range names {
		l.comes(func() error {
			list := events[*binance.WsUserDataEvent](l, name)
			l.heardOf[name] = len(list)
			return compareWords(name, userWords(list[len(list)-1]), position("ETH "+decimal(credits*1e8)+" 0.00000000"))
		})
	}
	return credits
}

// report puts an executionReport into words.
func report(id int64, of, original, kind, status, qty, price, total, fee, asset string, trade int64, waits, maker bool, millis int64, order string) string {
	return words("executionReport", id, of, original, kind, status, qty, price, total, fee, asset, trade, waits, maker, millis, order)
}

// position puts an outboundAccountPosition into words.
func position(balances string) string { return words("outboundAccountPosition", balances) }

// heard waits for the next events of both streams, and compares them.
func (l *library) heard(what string, want ...string) {
	l.t.Helper()
	for _, name := range []string{"key", "signature"} {
		l.comes(func() error {
			var got []string
			for _, e := range events[*binance.WsUserDataEvent](l, name)[l.heardOf[name]:] {
				got = append(got, userWords(e))
			}
			return compareWords(what+" over the "+name, got, want)
		})
		l.heardOf[name] += len(want)
	}
}

// userWords puts an event of an account into words.
func userWords(e *binance.WsUserDataEvent) string {
	switch o := &e.OrderUpdate; e.Event {
	case "executionReport":
		return report(o.Id, o.ClientOrderId, o.OrigCustomOrderId, o.ExecutionType, o.Status, o.LatestVolume, o.LatestPrice, o.FilledVolume, o.FeeCost, o.FeeAsset,
			o.TradeId, o.IsInOrderBook, o.IsMaker, o.TransactionTime, words(o.Type, o.Side, o.TimeInForce, o.Volume, o.Price))
	case "balanceUpdate":
		return words(e.Event, e.BalanceUpdate.Asset, e.BalanceUpdate.Change)
	default:
		list := []any{e.Event}
		for _, b := range e.AccountUpdate.WsAccountUpdates {
			list = append(list, b.Asset, b.Free, b.Locked)
		}
		return words(list...)
	}
}
