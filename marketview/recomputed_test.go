package marketview_test

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// recomputed answers what bars, tickers and averages answer from all trades of a
// symbol, looking at each of them every time.
type recomputed struct {
	trades []marketview.Trade // from the first
	symbol msg.Symbol
	scale  uint8 // of the base asset
	limits marketview.Limits
}

// compare asks v and r about a symbol at a time.
func (r *recomputed) compare(v *marketview.Views, id msg.SymbolID, now int64) error {
	for i := range marketview.Interval(marketview.Intervals) {
		q := marketview.BarQuery{Symbol: id, Interval: i, Span: marketview.Span{Limit: 12}, Now: now}
		if err := r.compareBars(v, q); err != nil {
			return err
		}
	}
	for _, window := range []time.Duration{time.Minute, 17 * time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		if err := r.compareTicker(v, id, now-int64(window), now); err != nil {
			return err
		}
	}
	if got, ok := v.AvgPrice(id, now); !ok || got != r.average(now) {
		return fmt.Errorf("average price of symbol %d is %+v, want %+v", id, got, r.average(now))
	}
	return nil
}

func (r *recomputed) compareBars(v *marketview.Views, q marketview.BarQuery) error {
	got, want := v.Bars(q, nil), r.bars(q)
	if !slices.Equal(got, want) {
		return fmt.Errorf("bars of %v, %+v (-got +want):\n%s", q.Interval, q, cmp.Diff(got, want))
	}
	return nil
}

func (r *recomputed) compareTicker(v *marketview.Views, id msg.SymbolID, from, now int64) error {
	if got, ok := v.Ticker(id, from, now); !ok || got != r.ticker(from, now) {
		return fmt.Errorf("ticker of symbol %d from %d to %d (-got +want):\n%s", id, from, now, cmp.Diff(got, r.ticker(from, now)))
	}
	return nil
}

// bars answers a query of bars whose sources are all kept, or are not shifted.
func (r *recomputed) bars(q marketview.BarQuery) (rows []marketview.Bar) {
	if len(r.trades) == 0 {
		return nil
	}
	zone := time.FixedZone("", q.ShiftMinutes*60)
	at := func(t int64) time.Time { return startOf(q.Interval, time.Unix(0, t).In(zone)) }
	oldest, last := at(r.kept(q, at)), at(q.Now)
	if q.Span.End != 0 && q.Span.End < q.Now {
		last = at(q.Span.End)
	}
	first := oldest
	if q.Span.Start != 0 {
		start := at(q.Span.Start)
		if start.UnixNano() < q.Span.Start {
			start = nextOf(q.Interval, start)
		}
		if start.After(first) {
			first = start
		}
	} else {
		for first = last; first.After(oldest) && len(rows) < q.Span.Limit-1; first = at(first.UnixNano() - 1) {
			rows = append(rows, marketview.Bar{})
		}
		rows = rows[:0]
	}
	for !first.After(last) && len(rows) < q.Span.Limit {
		next := nextOf(q.Interval, first)
		rows = append(rows, r.bar(first.UnixNano(), next.UnixNano()))
		first = next
	}
	return rows
}

// kept returns a time in the oldest bar that the limits allow to keep.
func (r *recomputed) kept(q marketview.BarQuery, at func(t int64) time.Time) int64 {
	keep := r.limits.Bars[q.Interval]
	if keep == 0 {
		return r.trades[0].Time // no test trades in more intervals than are kept by default
	}
	oldest := r.trades[len(r.trades)-1].Time
	for _, t := range slices.Backward(r.trades) {
		if !at(t.Time).Equal(at(oldest)) {
			if keep--; keep <= 0 {
				break
			}
		}
		oldest = t.Time
	}
	return oldest
}

// bar returns the bar of what was traded from start on and before end.
func (r *recomputed) bar(start, end int64) marketview.Bar {
	b := marketview.Bar{Start: start, End: end}
	for _, t := range r.trades {
		switch {
		case t.Time < start:
			b.Open, b.High, b.Low, b.Close = t.Price, t.Price, t.Price, t.Price
		case t.Time < end:
			if b.Trades == 0 {
				b.Open, b.High, b.Low, b.First = t.Price, t.Price, t.Price, t.ID
			}
			b.Trades++
			b.High, b.Low, b.Close = max(b.High, t.Price), min(b.Low, t.Price), t.Price
			base := msg.Amount(t.Qty) * r.symbol.Lot
			b.Volume, b.Quote = capped(b.Volume, base), capped(b.Quote, t.Quote)
			if !t.BuyerMaker {
				b.TakerVolume, b.TakerQuote = capped(b.TakerVolume, base), capped(b.TakerQuote, t.Quote)
			}
		}
	}
	return b
}

func (r *recomputed) ticker(from, now int64) marketview.Ticker {
	start := startOf(marketview.Interval1m, time.Unix(0, from).UTC()).UnixNano()
	w := marketview.Ticker{Start: start, End: now}
	for _, t := range r.trades {
		if t.Time < start {
			w.Prev = t.Price
		}
	}
	b := r.bar(start, now+1)
	if b.Trades == 0 {
		return w
	}
	w.Open, w.High, w.Low, w.Last, w.LastQty = b.Open, b.High, b.Low, b.Close, r.trades[len(r.trades)-1].Qty
	w.Volume, w.Quote, w.First, w.Trades = b.Volume, b.Quote, b.First, b.Trades
	w.Average = r.per(b.Quote, b.Volume)
	return w
}

func (r *recomputed) average(now int64) (a marketview.AvgPrice) {
	if len(r.trades) == 0 {
		return a
	}
	last := r.trades[len(r.trades)-1]
	a.Time = last.Time
	b := r.bar((now/int64(time.Minute)-4)*int64(time.Minute), now+1)
	if b.Trades == 0 {
		a.Price = clip(new(big.Int).Mul(big.NewInt(int64(last.Price)), big.NewInt(int64(r.symbol.Tick))))
		return a
	}
	a.Price = r.per(b.Quote, b.Volume)
	return a
}

// per returns the price at which a volume was traded.
func (r *recomputed) per(quote, volume msg.Amount) msg.Amount {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.scale)), nil)
	n.Mul(n, big.NewInt(int64(quote)))
	return clip(n.Div(n, big.NewInt(int64(volume))))
}

func clip(n *big.Int) msg.Amount {
	if n.IsInt64() {
		return msg.Amount(n.Int64())
	}
	return msg.MaxAmount
}

func capped(a, b msg.Amount) msg.Amount {
	return clip(new(big.Int).Add(big.NewInt(int64(a)), big.NewInt(int64(b))))
}

// startOf returns when the interval starts that holds t, in the zone of t.
func startOf(i marketview.Interval, t time.Time) time.Time {
	y, m, d := t.Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	days := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
	switch i {
	case marketview.Interval1Month:
		return time.Date(y, m, 1, 0, 0, 0, 0, t.Location())
	case marketview.Interval1w:
		return date.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case marketview.Interval3d:
		return date.AddDate(0, 0, -days%3)
	case marketview.Interval1d:
		return date
	default:
		of := t.Sub(date)
		return date.Add(of - of%lengthOf(i))
	}
}

func nextOf(i marketview.Interval, start time.Time) time.Time {
	switch i {
	case marketview.Interval1Month:
		return start.AddDate(0, 1, 0)
	case marketview.Interval1w:
		return start.AddDate(0, 0, 7)
	case marketview.Interval3d:
		return start.AddDate(0, 0, 3)
	case marketview.Interval1d:
		return start.AddDate(0, 0, 1)
	default:
		return start.Add(lengthOf(i))
	}
}

// lengthOf returns how long an interval below a day is.
func lengthOf(i marketview.Interval) time.Duration {
	d, err := time.ParseDuration(i.String())
	if err != nil {
		panic(err)
	}
	return d
}
