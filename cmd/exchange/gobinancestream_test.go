package main

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/adshao/go-binance/v2"
)

// lookAtStreams opens all streams that the library knows, trades in two
// symbols, and compares what the streams tell with what requests answer.
func lookAtStreams(t *testing.T) int {
	t.Helper()
	l := openLibrary(t)
	l.openStreams()
	maker := l.user(holding{"BTC", "1000"}, holding{"ETH", "1000"}, holding{"USDT", "1000000"})
	taker := l.user(holding{"BTC", "1000"}, holding{"ETH", "1000"}, holding{"USDT", "1000000"})
	depth := make(map[string]*binance.DepthResponse)
	for _, s := range streamSymbols() {
		for i := range int64(6) {
			maker.place(maker.limit("SELL", "20", decimal((1001+i)*1e8)).Symbol(s))
			maker.place(maker.limit("BUY", "20", decimal((999-i)*1e8)).Symbol(s))
		}
	}
	// Trading goes on until bars of a second have ended, with a book that is asked for
	// on the way.
	for i, end := 0, time.Now().Add(10*time.Second); l.closedBars() < 2 && time.Now().Before(end); i++ {
		for _, s := range streamSymbols() {
			side := binance.SideType("BUY")
			if i%3 == 0 {
				side = "SELL"
			}
			taker.place(taker.market(side, decimal(int64(1+i%7)*1e6)).Symbol(s))
			if depth[s] == nil && i == 5 {
				depth[s] = answer(l, taker.NewDepthService().Symbol(s).Limit(5000).Do)
			}
		}
		pause(l.ctx, 10*time.Millisecond)
	}
	l.tradeStreams(taker)
	l.bookStreams(taker, depth)
	l.statistics(taker)
	l.barStreams(taker)
	return l.checks
}

// streamSymbols are what is traded while streams are open.
func streamSymbols() []string { return []string{"BTCUSDT", "ETHUSDT"} }

// openStreams opens all streams.
func (l *library) openStreams() {
	l.t.Helper()
	one, two := "BTCUSDT", streamSymbols()
	levels := map[string]string{"BTCUSDT": "5", "ETHUSDT": "10"}
	hour := map[string]string{"BTCUSDT": "1m", "ETHUSDT": "1h"}
	several := map[string][]string{"BTCUSDT": {"1s", "1d"}, "ETHUSDT": {"1m"}}
	l.started(binance.WsDepthServe(one, telling[*binance.WsDepthEvent](l, "depth"), l.failed("depth")))
	l.started(binance.WsDepthServe100Ms(one, telling[*binance.WsDepthEvent](l, "depth100"), l.failed("depth100")))
	l.started(binance.WsCombinedDepthServe(two, telling[*binance.WsDepthEvent](l, "depths"), l.failed("depths")))
	l.started(binance.WsCombinedDepthServe100Ms(two, telling[*binance.WsDepthEvent](l, "depths100"), l.failed("depths100")))
	l.started(binance.WsPartialDepthServe(one, "5", telling[*binance.WsPartialDepthEvent](l, "top"), l.failed("top")))
	l.started(binance.WsPartialDepthServe100Ms(one, "10", telling[*binance.WsPartialDepthEvent](l, "top100"), l.failed("top100")))
	l.started(binance.WsCombinedPartialDepthServe(levels, telling[*binance.WsPartialDepthEvent](l, "tops"), l.failed("tops")))
	l.started(binance.WsTradeServe(one, telling[*binance.WsTradeEvent](l, "trade"), l.failed("trade")))
	l.started(binance.WsCombinedTradeServe(two, func(e *binance.WsCombinedTradeEvent) { l.told("trades", &e.Data) }, l.failed("trades")))
	l.started(binance.WsAggTradeServe(one, telling[*binance.WsAggTradeEvent](l, "agg"), l.failed("agg")))
	l.started(binance.WsCombinedAggTradeServe(two, telling[*binance.WsAggTradeEvent](l, "aggs"), l.failed("aggs")))
	l.started(binance.WsKlineServe(one, "1s", telling[*binance.WsKlineEvent](l, "bar"), l.failed("bar")))
	l.started(binance.WsCombinedKlineServe(hour, telling[*binance.WsKlineEvent](l, "bars"), l.failed("bars")))
	l.started(binance.WsCombinedKlineServeMultiInterval(several, telling[*binance.WsKlineEvent](l, "several"), l.failed("several")))
	l.started(binance.WsBookTickerServe(one, telling[*binance.WsBookTickerEvent](l, "best"), l.failed("best")))
	l.started(binance.WsCombinedBookTickerServe(two, telling[*binance.WsBookTickerEvent](l, "bests"), l.failed("bests")))
	l.started(binance.WsMarketStatServe(one, telling[*binance.WsMarketStatEvent](l, "day"), l.failed("day")))
	l.started(binance.WsCombinedMarketStatServe(two, telling[*binance.WsMarketStatEvent](l, "days"), l.failed("days")))
	l.started(binance.WsAllMarketsStatServe(func(e binance.WsAllMarketsStatEvent) {
		for _, v := range e {
			l.told("all days", v)
		}
	}, l.failed("all days")))
	l.started(binance.WsAllMiniMarketsStatServe(func(e binance.WsAllMiniMarketsStatEvent) {
		for _, v := range e {
			l.told("mini", v)
		}
	}, l.failed("mini")))
}

// telling returns a handler that remembers the events of a stream.
func telling[T any](l *library, name string) func(T) {
	return func(e T) { l.told(name, e) }
}

// closedBars returns how many bars have ended in which something has happened.
func (l *library) closedBars() (n int) {
	for _, e := range events[*binance.WsKlineEvent](l, "bar") {
		if e.Kline.IsFinal && e.Kline.TradeNum > 0 {
			n++
		}
	}
	return n
}

// tradeStreams compares all trades.
func (l *library) tradeStreams(u *user) {
	l.t.Helper()
	for name, symbols := range map[string][]string{"trade": {"BTCUSDT"}, "trades": streamSymbols()} {
		for _, s := range symbols {
			want := rows(answer(l, u.NewHistoricalTradesService().Symbol(s).FromID(1).Limit(1000).Do))
			l.comes(func() error {
				var got []string
				for _, e := range events[*binance.WsTradeEvent](l, name) {
					if e.Symbol == s && e.Event == "trade" && e.Time >= e.TradeTime {
						quote := worth(units(l.t, e.Price), units(l.t, e.Quantity))
						got = append(got, words(e.TradeID, e.Price, e.Quantity, decimal(quote), e.TradeTime, e.IsBuyerMaker, e.Placeholder))
					}
				}
				return compareWords(name+" of "+s, got, want)
			})
		}
	}
	for name, symbols := range map[string][]string{"agg": {"BTCUSDT"}, "aggs": streamSymbols()} {
		for _, s := range symbols {
			var want []string
			for _, v := range answer(l, u.NewAggTradesService().Symbol(s).FromID(1).Limit(1000).Do) {
				want = append(want, words(v.AggTradeID, v.Price, v.Quantity, v.FirstTradeID, v.LastTradeID, v.Timestamp, v.IsBuyerMaker))
			}
			l.comes(func() error {
				var got []string
				for _, e := range events[*binance.WsAggTradeEvent](l, name) {
					if e.Symbol == s && e.Event == "aggTrade" {
						got = append(got, words(e.AggTradeID, e.Price, e.Quantity, e.FirstBreakdownTradeID, e.LastBreakdownTradeID, e.TradeTime, e.IsBuyerMaker))
					}
				}
				return compareWords(name+" of "+s, got, want)
			})
		}
	}
}

// bookStreams compares the books that are kept with the streams' changes, from one
// that was asked for meanwhile, and those that are told as a whole.
func (l *library) bookStreams(u *user, from map[string]*binance.DepthResponse) {
	l.t.Helper()
	for name, symbols := range map[string][]string{"depth": {"BTCUSDT"}, "depth100": {"BTCUSDT"}, "depths": streamSymbols(), "depths100": streamSymbols()} {
		for _, s := range symbols {
			want := answer(l, u.NewDepthService().Symbol(s).Limit(5000).Do)
			l.comes(func() error {
				got, err := l.keepBook(name, s, from[s])
				if err != nil {
					return err
				}
				return compareWords(name+" of "+s, got, newKeptBook(want))
			})
		}
	}
	for name, levels := range map[string]map[string]int{"top": {"BTCUSDT": 5}, "top100": {"BTCUSDT": 10}, "tops": {"BTCUSDT": 5, "ETHUSDT": 10}} {
		for s, n := range levels {
			want := answer(l, u.NewDepthService().Symbol(s).Limit(n).Do)
			l.lastOf(name, s, words(want.LastUpdateID, want.Bids, want.Asks))
		}
	}
	for name, symbols := range map[string][]string{"best": {"BTCUSDT"}, "bests": streamSymbols()} {
		for _, s := range symbols {
			want := answer(l, u.NewDepthService().Symbol(s).Limit(1).Do)
			l.lastOf(name, s, words(want.LastUpdateID, want.Bids[0].Price, want.Bids[0].Quantity, want.Asks[0].Price, want.Asks[0].Quantity))
		}
	}
}

// keptBook is a book that a client keeps.
type keptBook struct {
	Update     int64
	Bids, Asks map[string]string // quantity, by price
}

func newKeptBook(d *binance.DepthResponse) *keptBook {
	b := &keptBook{d.LastUpdateID, make(map[string]string), make(map[string]string)}
	b.change(d.Bids, d.Asks)
	return b
}

// change changes levels, of which those without a quantity go.
func (b *keptBook) change(bids []binance.Bid, asks []binance.Ask) {
	for _, v := range bids {
		b.Bids[v.Price] = v.Quantity
	}
	for _, v := range asks {
		b.Asks[v.Price] = v.Quantity
	}
	for _, side := range []map[string]string{b.Bids, b.Asks} {
		maps.DeleteFunc(side, func(_, quantity string) bool { return quantity == "0.00000000" })
	}
}

// keepBook applies all changes to a book that was asked for.
func (l *library) keepBook(name, symbol string, from *binance.DepthResponse) (*keptBook, error) {
	b := newKeptBook(from)
	before := int64(-1)
	for _, e := range events[*binance.WsDepthEvent](l, name) {
		if e.Symbol != symbol {
			continue
		}
		if before >= 0 && e.FirstUpdateID != before+1 || before < 0 && e.FirstUpdateID > b.Update+1 {
			return nil, fmt.Errorf("%s of %s: changes from %d on, after %d", name, symbol, e.FirstUpdateID, before)
		}
		if before = e.LastUpdateID; before > b.Update {
			b.Update = before
			b.change(e.Bids, e.Asks)
		}
	}
	return b, nil
}

// lastOf waits until the newest event of a stream of a symbol is as it has to be.
func (l *library) lastOf(name, symbol, want string) {
	l.t.Helper()
	l.comes(func() error {
		got := "nothing"
		for _, e := range events[any](l, name) {
			if of, text := streamWords(e); of == symbol {
				got = text
			}
		}
		return compareWords(name+" of "+symbol, got, want)
	})
}

// streamWords returns which symbol an event is of, and what of it is compared.
func streamWords(e any) (symbol, text string) {
	switch e := e.(type) {
	case *binance.WsPartialDepthEvent:
		return e.Symbol, words(e.LastUpdateID, e.Bids, e.Asks)
	case *binance.WsBookTickerEvent:
		return e.Symbol, words(e.UpdateID, e.BestBidPrice, e.BestBidQty, e.BestAskPrice, e.BestAskQty)
	case *binance.WsMiniMarketsStatEvent:
		return e.Symbol, words(e.OpenPrice, e.HighPrice, e.LowPrice, e.LastPrice, e.BaseVolume, e.QuoteVolume)
	case *binance.WsMarketStatEvent:
		return e.Symbol, words(e.OpenPrice, e.HighPrice, e.LowPrice, e.LastPrice, e.BaseVolume, e.QuoteVolume, e.PriceChange, e.PriceChangePercent,
			e.WeightedAvgPrice, e.CloseQty, e.BidPrice, e.BidQty, e.AskPrice, e.AskQty, e.FirstID, e.LastID, e.Count)
	default:
		return "", ""
	}
}

// statistics compares what is told of the last day.
func (l *library) statistics(u *user) {
	l.t.Helper()
	for _, s := range streamSymbols() {
		d := answer(l, u.NewListPriceChangeStatsService().Symbol(s).Do)[0]
		mini := words(d.OpenPrice, d.HighPrice, d.LowPrice, d.LastPrice, d.Volume, d.QuoteVolume)
		full := words(mini, d.PriceChange, d.PriceChangePercent, d.WeightedAvgPrice, d.LastQty, d.BidPrice, d.BidQty, d.AskPrice, d.AskQty, d.FirstID, d.LastID, d.Count)
		l.lastOf("mini", s, mini)
		l.lastOf("days", s, full)
		l.lastOf("all days", s, full)
		if s == "BTCUSDT" {
			l.lastOf("day", s, full)
		}
	}
}

// barStreams compares each bar that has ended, and the newest event of the others.
func (l *library) barStreams(u *user) {
	l.t.Helper()
	for name, intervals := range map[string][][2]string{
		"bar": {{"BTCUSDT", "1s"}}, "bars": {{"BTCUSDT", "1m"}, {"ETHUSDT", "1h"}}, "several": {{"BTCUSDT", "1s"}, {"BTCUSDT", "1d"}, {"ETHUSDT", "1m"}},
	} {
		for _, of := range intervals {
			l.comes(func() error { return l.barStream(u, name, of[0], of[1]) })
		}
	}
}

func (l *library) barStream(u *user, name, symbol, interval string) error {
	told := make(map[int64]string)
	ends := 0
	for _, e := range events[*binance.WsKlineEvent](l, name) {
		k := &e.Kline
		if e.Symbol != symbol || k.Interval != interval || k.TradeNum == 0 {
			continue
		}
		if k.IsFinal {
			ends++
		}
		told[k.StartTime] = words(k.EndTime, k.Open, k.High, k.Low, k.Close, k.Volume, k.QuoteVolume, k.TradeNum, k.ActiveBuyVolume, k.ActiveBuyQuoteVolume)
	}
	asked := make(map[int64]string)
	for _, k := range answer(l, u.NewKlinesService().Symbol(symbol).Interval(interval).Do) {
		if k.TradeNum > 0 {
			asked[k.OpenTime] = words(k.CloseTime, k.Open, k.High, k.Low, k.Close, k.Volume, k.QuoteAssetVolume, k.TradeNum, k.TakerBuyBaseAssetVolume, k.TakerBuyQuoteAssetVolume)
		}
	}
	if interval == "1s" && ends != len(asked) {
		return fmt.Errorf("%s: %d ends of %d bars", name, ends, len(asked))
	}
	return compareWords(name+" of "+symbol+" in "+interval, told, asked)
}
