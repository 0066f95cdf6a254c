package stream

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The messages, as the wire format has them: names and order of the fields, prices
// and quantities as strings, ids and times as numbers.

// appendHead appends the fields with which most messages begin.
func appendHead(dst []byte, event string, m *market, time int64, micro bool) []byte {
	dst = append(dst, `{"e":"`...)
	dst = append(dst, event...)
	dst = append(dst, `","E":`...)
	dst = wire.AppendTime(dst, time, micro)
	dst = append(dst, `,"s":"`...)
	dst = append(dst, m.Name()...)
	return append(dst, '"')
}

func appendID[T ~uint64](dst []byte, key string, id T) []byte {
	return strconv.AppendUint(append(dst, key...), uint64(id), 10)
}

// appendTradeID appends the id of a trade, -1 where there is none.
func appendTradeID(dst []byte, key string, id msg.TradeID) []byte {
	if id == 0 {
		return append(append(dst, key...), "-1"...)
	}
	return appendID(dst, key, id)
}

func appendPrice(dst []byte, key string, m *market, p msg.Price) []byte {
	return append(m.AppendPrice(append(append(dst, key...), '"'), p), '"')
}

func appendQty(dst []byte, key string, m *market, q msg.Qty) []byte {
	return append(m.AppendQty(append(append(dst, key...), '"'), q), '"')
}

func appendBase(dst []byte, key string, m *market, a msg.Amount) []byte {
	return append(m.AppendBase(append(append(dst, key...), '"'), a), '"')
}

func appendQuote(dst []byte, key string, m *market, a msg.Amount) []byte {
	return append(m.AppendQuote(append(append(dst, key...), '"'), a), '"')
}

func appendTime(dst []byte, key string, ns int64, micro bool) []byte {
	return wire.AppendTime(append(dst, key...), ns, micro)
}

// appendMaker appends the last fields of a trade.
func appendMaker(dst []byte, buyer bool) []byte {
	dst = strconv.AppendBool(append(dst, `,"m":`...), buyer)
	return append(dst, `,"M":true}`...)
}

func appendTrade(dst []byte, m *market, r *tradeRecord, micro bool) []byte {
	dst = appendHead(dst, "trade", m, r.time, micro)
	dst = appendID(dst, `,"t":`, r.id)
	dst = appendPrice(dst, `,"p":`, m, r.price)
	dst = appendQty(dst, `,"q":`, m, r.qty)
	dst = appendTime(dst, `,"T":`, r.time, micro)
	return appendMaker(dst, r.buyerMaker)
}

func appendAggTrade(dst []byte, m *market, r *marketview.AggTrade, micro bool) []byte {
	dst = appendHead(dst, "aggTrade", m, r.Time, micro)
	dst = appendID(dst, `,"a":`, r.ID)
	dst = appendPrice(dst, `,"p":`, m, r.Price)
	dst = appendQty(dst, `,"q":`, m, r.Qty)
	dst = appendID(dst, `,"f":`, r.First)
	dst = appendID(dst, `,"l":`, r.Last)
	dst = appendTime(dst, `,"T":`, r.Time, micro)
	return appendMaker(dst, r.BuyerMaker)
}

func appendTop(dst []byte, m *market, t *marketview.Top) []byte {
	dst = appendID(dst, `{"u":`, t.UpdateID)
	dst = append(dst, `,"s":"`...)
	dst = append(dst, m.Name()...)
	dst = appendPrice(dst, `","b":`, m, t.BidPrice)
	dst = appendQty(dst, `,"B":`, m, t.BidQty)
	dst = appendPrice(dst, `,"a":`, m, t.AskPrice)
	dst = appendQty(dst, `,"A":`, m, t.AskQty)
	return append(dst, '}')
}

func appendLevels(dst []byte, m *market, levels []levelChange) []byte {
	dst = append(dst, '[')
	for i := range levels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPrice(dst, "[", m, levels[i].price)
		dst = appendQty(dst, ",", m, levels[i].qty)
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

func appendBook(dst []byte, m *market, d *marketview.Depth, most int) []byte {
	dst = appendID(dst, `{"lastUpdateId":`, d.UpdateID)
	dst = append(dst, `,"bids":`...)
	dst = appendBest(dst, m, d.Bids, most)
	dst = append(dst, `,"asks":`...)
	dst = appendBest(dst, m, d.Asks, most)
	return append(dst, '}')
}

func appendBest(dst []byte, m *market, levels []marketview.Level, most int) []byte {
	dst = append(dst, '[')
	for i := range levels[:min(len(levels), most)] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPrice(dst, "[", m, levels[i].Price)
		dst = appendQty(dst, ",", m, levels[i].Qty)
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// appendBar appends a bar. The last moment of one is the last unit of time before
// the next begins.
func appendBar(dst []byte, m *market, t *topic, b *marketview.Bar, closed bool, now int64, micro bool) []byte {
	dst = appendHead(dst, "kline", m, now, micro)
	dst = appendTime(dst, `,"k":{"t":`, b.Start, micro)
	dst = appendTime(dst, `,"T":`, b.End-1, micro)
	dst = append(dst, `,"s":"`...)
	dst = append(dst, m.Name()...)
	dst = append(dst, `","i":"`...)
	dst = append(dst, t.interval.String()...)
	dst = appendTradeID(dst, `","f":`, b.First)
	dst = appendTradeID(dst, `,"L":`, b.Last())
	dst = appendPrice(dst, `,"o":`, m, b.Open)
	dst = appendPrice(dst, `,"c":`, m, b.Close)
	dst = appendPrice(dst, `,"h":`, m, b.High)
	dst = appendPrice(dst, `,"l":`, m, b.Low)
	dst = appendBase(dst, `,"v":`, m, b.Volume)
	dst = strconv.AppendInt(append(dst, `,"n":`...), b.Trades, 10)
	dst = strconv.AppendBool(append(dst, `,"x":`...), closed)
	dst = appendQuote(dst, `,"q":`, m, b.Quote)
	dst = appendBase(dst, `,"V":`, m, b.TakerVolume)
	dst = appendQuote(dst, `,"Q":`, m, b.TakerQuote)
	return append(dst, `,"B":"0"}}`...)
}

func appendAverage(dst []byte, m *market, a *marketview.AvgPrice, now int64, micro bool) []byte {
	dst = appendHead(dst, "avgPrice", m, now, micro)
	dst = append(dst, `,"i":"5m"`...)
	dst = appendQuote(dst, `,"w":`, m, a.Price)
	dst = appendTime(dst, `,"T":`, a.Time, micro)
	return append(dst, '}')
}

// appendTicker appends the ticker of a topic as last read of the market.
func appendTicker(dst []byte, m *market, t *topic, now int64, micro bool) []byte {
	k := &m.fresh[t.window]
	switch t.kind {
	case dayMini:
		return appendMini(dst, m, k, now, micro)
	case day:
		return appendDay(dst, m, k, now, micro)
	default:
		return appendWindow(dst, m, t.window, k, now, micro)
	}
}

func appendMini(dst []byte, m *market, k *marketview.Ticker, now int64, micro bool) []byte {
	dst = appendHead(dst, "24hrMiniTicker", m, now, micro)
	dst = appendPrice(dst, `,"c":`, m, k.Last)
	dst = appendPrice(dst, `,"o":`, m, k.Open)
	dst = appendPrice(dst, `,"h":`, m, k.High)
	dst = appendPrice(dst, `,"l":`, m, k.Low)
	dst = appendBase(dst, `,"v":`, m, k.Volume)
	dst = appendQuote(dst, `,"q":`, m, k.Quote)
	return append(dst, '}')
}

func appendDay(dst []byte, m *market, k *marketview.Ticker, now int64, micro bool) []byte {
	dst = appendHead(dst, "24hrTicker", m, now, micro)
	dst = appendChange(dst, m, k)
	dst = appendQuote(dst, `,"w":`, m, k.Average)
	dst = appendPrice(dst, `,"x":`, m, k.Prev)
	dst = appendPrice(dst, `,"c":`, m, k.Last)
	dst = appendQty(dst, `,"Q":`, m, k.LastQty)
	dst = appendPrice(dst, `,"b":`, m, m.top.BidPrice)
	dst = appendQty(dst, `,"B":`, m, m.top.BidQty)
	dst = appendPrice(dst, `,"a":`, m, m.top.AskPrice)
	dst = appendQty(dst, `,"A":`, m, m.top.AskQty)
	dst = appendPrice(dst, `,"o":`, m, k.Open)
	dst = appendPrice(dst, `,"h":`, m, k.High)
	dst = appendPrice(dst, `,"l":`, m, k.Low)
	return appendTraded(dst, m, k, micro)
}

func appendWindow(dst []byte, m *market, w windowSize, k *marketview.Ticker, now int64, micro bool) []byte {
	dst = appendHead(dst, w.String()+"Ticker", m, now, micro)
	dst = appendChange(dst, m, k)
	dst = appendPrice(dst, `,"o":`, m, k.Open)
	dst = appendPrice(dst, `,"h":`, m, k.High)
	dst = appendPrice(dst, `,"l":`, m, k.Low)
	dst = appendPrice(dst, `,"c":`, m, k.Last)
	dst = appendQuote(dst, `,"w":`, m, k.Average)
	return appendTraded(dst, m, k, micro)
}

func appendChange(dst []byte, m *market, k *marketview.Ticker) []byte {
	const percentDecimals = 3
	dst = appendPrice(dst, `,"p":`, m, k.Change())
	dst = msg.AppendDecimal(append(dst, `,"P":"`...), k.ChangePercent(), percentDecimals)
	return append(dst, '"')
}

// appendTraded appends the last fields of a ticker.
func appendTraded(dst []byte, m *market, k *marketview.Ticker, micro bool) []byte {
	dst = appendBase(dst, `,"v":`, m, k.Volume)
	dst = appendQuote(dst, `,"q":`, m, k.Quote)
	dst = appendTime(dst, `,"O":`, k.Start, micro)
	dst = appendTime(dst, `,"C":`, k.End, micro)
	dst = appendTradeID(dst, `,"F":`, k.First)
	dst = appendTradeID(dst, `,"L":`, k.LastTrade())
	dst = strconv.AppendInt(append(dst, `,"n":`...), k.Trades, 10)
	return append(dst, '}')
}

// appendTickerArray appends the tickers of markets, or of those that have something
// to tell.
func appendTickerArray(dst []byte, list []*market, t *topic, told bool, now int64, micro bool) []byte {
	dst = append(dst, '[')
	first := true
	for _, m := range list {
		if told && !m.tells(t) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendTicker(dst, m, t, now, micro)
	}
	return append(dst, ']')
}
