package main

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/adshao/go-binance/v2"
)

// lookAtMarket asks for all public data through the library, and compares it
// with what those who traded were told.
func lookAtMarket(t *testing.T) int {
	t.Helper()
	l := openLibrary(t)
	u, trades := l.busyMarket()
	l.clock(u)
	l.information(u)

	total := trades.total()
	last := trades[len(trades)-1]
	depth := answer(l, u.NewDepthService().Symbol(symbol).Limit(10).Do)
	bids, asks := l.waiting(u)
	l.equal("bids", depth.Bids, bids)
	l.equal("asks", depth.Asks, asks)
	l.equal("best of both sides", answer(l, u.NewDepthService().Symbol(symbol).Limit(1).Do), &binance.DepthResponse{LastUpdateID: depth.LastUpdateID, Bids: bids[:1], Asks: asks[:1]})
	best := words(symbol, bids[0].Price, bids[0].Quantity, asks[0].Price, asks[0].Quantity)
	for _, v := range [][]*binance.BookTicker{answer(l, u.NewListBookTickersService().Symbol(symbol).Do), answer(l, u.NewListBookTickersService().Do)} {
		l.equal("best prices", words(v[0].Symbol, v[0].BidPrice, v[0].BidQuantity, v[0].AskPrice, v[0].AskQuantity), best)
	}
	l.pastTrades(u, trades)
	l.bars(u, trades)

	price := fmt.Sprintf("[%s %s]", symbol, decimal(last.price))
	l.equal("price", prices(answer(l, u.NewListPricesService().Symbol(symbol).Do)), price)
	l.equal("prices", prices(answer(l, u.NewListPricesService().Symbols([]string{symbol}).Do)), price)
	l.equal("all prices", len(answer(l, u.NewListPricesService().Do)), 3)
	mean := answer(l, u.NewAveragePriceService().Symbol(symbol).Do)
	l.equal("mean price", words(mean.Mins, l.near(mean.Price, &total)), words(5, true))

	change := words(decimal(total.last-total.open), decimal(total.open), decimal(total.high), decimal(total.low), decimal(total.last),
		decimal(total.qty), decimal(total.quote), total.first, last.id, total.count)
	days := [][]*binance.PriceChangeStats{
		answer(l, u.NewListPriceChangeStatsService().Symbol(symbol).Do), answer(l, u.NewListPriceChangeStatsService().Symbols([]string{symbol, "ETHBTC"}).Do),
		answer(l, u.NewListPriceChangeStatsService().Do),
	}
	for i, v := range days {
		l.equal("symbols", len(v), i+1)
		d := v[0]
		l.equal("day", words(d.PriceChange, d.OpenPrice, d.HighPrice, d.LowPrice, d.LastPrice, d.Volume, d.QuoteVolume, d.FirstID, d.LastID, d.Count), change)
		l.equal("best prices of the day", words(d.Symbol, d.BidPrice, d.BidQty, d.AskPrice, d.AskQty), best)
		l.equal("rest of the day", words(d.LastQty, d.CloseTime-d.OpenTime, l.near(d.WeightedAvgPrice, &total), d.PriceChangePercent),
			words(decimal(last.qty), 24*time.Hour.Milliseconds(), true, percent(&total)))
	}
	for _, service := range []*binance.ListSymbolTickerService{
		u.NewListSymbolTickerService().Symbol(symbol).WindowSize("1h"), u.NewListSymbolTickerService().Symbols([]string{symbol, "ETHUSDT"}).WindowSize("2d"),
	} {
		d := answer(l, service.Do)[0]
		l.equal("window", words(d.PriceChange, d.OpenPrice, d.HighPrice, d.LowPrice, d.LastPrice, d.Volume, d.QuoteVolume, d.FirstId, d.LastId, d.Count), change)
		l.equal("rest of the window", words(d.Symbol, l.near(d.WeightedAvgPrice, &total), d.PriceChangePercent), words(symbol, true, percent(&total)))
	}
	zone := strconv.Itoa(12 - time.UnixMilli(last.time).UTC().Hour()) // where it is about noon
	d := answer(l, u.NewTradingDayTickerService().Symbol(symbol).TimeZone(zone).Do)[0]
	l.equal("trading day", words(d.PriceChange, d.OpenPrice, d.HighPrice, d.LowPrice, d.LastPrice, d.Volume, d.QuoteVolume, d.FirstId, d.LastId, d.Count), change)
	l.equal("order lists", len(answer(l, u.NewListOpenOcoService().Do)), 0)
	return l.checks
}

// busyMarket has two accounts trade in two seconds with another one in between.
func (l *library) busyMarket() (taker *user, trades tape) {
	l.t.Helper()
	maker := l.user(holding{"BTC", "100"}, holding{"USDT", "100000"})
	taker = l.user(holding{"BTC", "100"}, holding{"USDT", "100000"})
	for i := range int64(8) {
		maker.place(maker.limit("SELL", "1.5", decimal((1001+i)*1e8)))
		maker.place(maker.limit("BUY", "1.25", decimal((999-i)*1e8)))
	}
	for i, quantities := range [][]string{{"0.1", "-0.2", "0.5", "1.2", "0.3"}, {"-2.4", "0.25", "-0.35", "0.5"}} {
		for _, q := range quantities {
			side := binance.SideType("BUY")
			if q[0] == '-' {
				side, q = "SELL", q[1:]
			}
			trades.note(l, taker.place(taker.market(side, q)))
		}
		if i > 0 {
			continue
		}
		begin := trades[len(trades)-1].time / 1000
		eventually(l.t, func() error {
			if now := answer(l, taker.NewServerTimeService().Do) / 1000; now < begin+2 {
				return fmt.Errorf("it is second %d, and was %d", now, begin)
			}
			return nil
		})
	}
	return taker, trades
}

// waiting returns the sides of the book, from the orders that are open. All of them
// are of the first account.
func (l *library) waiting(taker *user) (bids []binance.Bid, asks []binance.Ask) {
	l.t.Helper()
	if open := answer(l, taker.NewListOpenOrdersService().Do); len(open) > 0 {
		l.t.Fatalf("the taker has orders: %+v", open)
	}
	// 2.95 of the bids and 2.85 of the asks are taken, from the best on.
	for i := range int64(8) {
		if left := min(1.25e8, max(0, (i+1)*1.25e8-2.95e8)); left > 0 {
			bids = append(bids, binance.Bid{Price: decimal((999 - i) * 1e8), Quantity: decimal(left)})
		}
		if left := min(1.5e8, max(0, (i+1)*1.5e8-2.85e8)); left > 0 {
			asks = append(asks, binance.Ask{Price: decimal((1001 + i) * 1e8), Quantity: decimal(left)})
		}
	}
	return bids, asks
}

// clock looks at what time it is.
func (l *library) clock(u *user) {
	l.t.Helper()
	if err := u.NewPingService().Do(l.ctx); err != nil {
		l.t.Error(err)
	}
	before := time.Now().UnixMilli()
	now := answer(l, u.NewServerTimeService().Do)
	offset := answer(l, u.NewSetServerTimeService().Do)
	if after := time.Now().UnixMilli(); now < before || now > after || offset != u.TimeOffset || max(offset, -offset) > after-before {
		l.t.Errorf("time %d, offset %d, between %d and %d", now, offset, before, after)
	}
}

// information looks at the rules of symbols.
func (l *library) information(u *user) {
	l.t.Helper()
	service := u.NewExchangeInfoService
	for _, test := range []struct {
		info *binance.ExchangeInfo
		want []string
	}{
		{answer(l, service().Do), []string{"BTCUSDT", "ETHUSDT", "ETHBTC"}},
		{answer(l, service().Permissions("SPOT").Do), []string{"BTCUSDT", "ETHUSDT", "ETHBTC"}},
		{answer(l, service().Symbols("BTCUSDT", "ETHBTC").Do), []string{"BTCUSDT", "ETHBTC"}},
		{answer(l, service().Symbol("BTCUSDT").Do), []string{"BTCUSDT"}},
	} {
		var names []string
		for i := range test.info.Symbols {
			names = append(names, test.info.Symbols[i].Symbol)
		}
		l.equal("symbols", names, test.want)
		s := &test.info.Symbols[0]
		l.equal("symbol", words(s.Status, s.BaseAsset, s.QuoteAsset, s.BaseAssetPrecision, s.QuotePrecision, s.IsSpotTradingAllowed, s.OrderTypes),
			words("TRADING", "BTC", "USDT", 8, 8, true, []string{"LIMIT", "LIMIT_MAKER", "MARKET"}))
		price, lot, market, notional := s.PriceFilter(), s.LotSizeFilter(), s.MarketLotSizeFilter(), s.NotionalFilter()
		l.equal("filters", words(price.MinPrice, price.MaxPrice, price.TickSize, lot.MinQuantity, lot.MaxQuantity, lot.StepSize, market.MaxQuantity, notional.MinNotional, notional.MaxNotional),
			"0.01000000 1000000.00000000 0.01000000 0.00001000 9000.00000000 0.00001000 100.00000000 5.00000000 9000000.00000000")
	}
}

// pastTrades compares the trades, one by one and by order and price.
func (l *library) pastTrades(u *user, trades tape) {
	l.t.Helper()
	var single, grouped []string
	aggregates := 0
	for i, v := range trades {
		single = append(single, words(v.id, decimal(v.price), decimal(v.qty), decimal(worth(v.price, v.qty)), v.time, v.sold, true))
		if i == 0 || trades[i-1].order != v.order || trades[i-1].price != v.price {
			aggregates++
			grouped = append(grouped, words(aggregates, decimal(v.price), decimal(v.qty), v.id, v.id, v.time, v.sold))
		}
	}
	l.equal("each trade is of another order or price", len(grouped), len(trades))
	recent := answer(l, u.NewRecentTradesService().Symbol(symbol).Limit(4).Do)
	l.equal("recent trades", rows(recent), single[len(single)-4:])
	l.equal("past trades", rows(answer(l, u.NewHistoricalTradesService().Symbol(symbol).FromID(trades[2].id).Limit(3).Do)), single[2:5])
	l.equal("all trades", rows(answer(l, u.NewHistoricalTradesService().Symbol(symbol).FromID(trades[0].id).Limit(1000).Do)), single)
	var got []string
	for _, v := range answer(l, u.NewAggTradesService().Symbol(symbol).FromID(1).Limit(1000).Do) {
		got = append(got, words(v.AggTradeID, v.Price, v.Quantity, v.FirstTradeID, v.LastTradeID, v.Timestamp, v.IsBuyerMaker))
	}
	l.equal("aggregate trades", got, grouped)
}

func rows(trades []*binance.Trade) (list []string) {
	for _, v := range trades {
		list = append(list, words(v.ID, v.Price, v.Quantity, v.QuoteQuantity, v.Time, v.IsBuyerMaker, v.IsBestMatch))
	}
	return list
}

// bars compares bars of several lengths with those of the trades.
func (l *library) bars(u *user, trades tape) {
	l.t.Helper()
	for _, interval := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		name := map[time.Duration]string{time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 24 * time.Hour: "1d"}[interval]
		length := interval.Milliseconds()
		of := make(map[int64]*session)
		for i := range trades {
			open := trades[i].time - trades[i].time%length
			if of[open] == nil {
				of[open] = new(session)
			}
			of[open].add(&trades[i])
		}
		var want, got []string
		before := &session{}
		for open := trades[0].time - trades[0].time%length; open <= trades[len(trades)-1].time; open += length {
			b := of[open]
			if b == nil { // nothing has happened
				b = &session{open: before.last, high: before.last, low: before.last, last: before.last}
			}
			want = append(want, words(open, open+length-1, b.words()))
			before = b
		}
		end := trades[len(trades)-1].time
		list := answer(l, u.NewKlinesService().Symbol(symbol).Interval(name).EndTime(end).Do)
		for _, k := range list {
			got = append(got, words(k.OpenTime, k.CloseTime, k.Open, k.High, k.Low, k.Close, k.Volume, k.QuoteAssetVolume, k.TradeNum, k.TakerBuyBaseAssetVolume, k.TakerBuyQuoteAssetVolume))
		}
		l.equal("bars of "+name, got, want)
		l.equal("bars for pictures", len(answer(l, u.NewUiKlinesService().Symbol(symbol).Interval(name).EndTime(uint64(end)).Do)), len(list))
	}
}

func prices(list []*binance.SymbolPrice) (text []string) {
	for _, v := range list {
		text = append(text, words(v.Symbol, v.Price))
	}
	return text
}

// near reports whether a price is the mean price of trades, but for its last digit.
func (l *library) near(price string, b *session) bool {
	l.t.Helper()
	got, want := units(l.t, price), int64(float64(b.quote)/float64(b.qty)*1e8)
	return got-want <= 1 && want-got <= 1
}

// percent returns by how much a price has changed.
func percent(b *session) string {
	return strconv.FormatFloat(float64(b.last-b.open)/float64(b.open)*100, 'f', 3, 64)
}
