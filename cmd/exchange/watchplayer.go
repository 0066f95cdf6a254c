package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const (
	// skipAfter is how long a pause may be, as it is played, before it is left out.
	skipAfter = 2 * time.Second
	// playSlice bounds the work between two pictures.
	playSlice = 60 * time.Millisecond
	// sliceCheck is after how many commands the time is looked at.
	sliceCheck = 500
)

// player holds the state of a recorded market at some moment. One goroutine at a
// time uses it.
type player struct {
	dir    string
	symbol string
	end    extent

	past    *pipeline.Past
	now     int64 // where time has come to while playing
	waiting bool  // a command was read and not folded:
	next    *msg.Command
	follows []msg.Event

	last       msg.Command // that was folded, zero if none was
	lastEvents []msg.Event // reused by every command
}

// reopen begins at the newest snapshot at or before a sequence.
func (p *player) reopen(o pipeline.PastOptions) error {
	o.Dir, o.Views = p.dir, newViews
	past, err := pipeline.OpenPast(o)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	p.close()
	p.past, p.waiting, p.last = past, false, msg.Command{}
	return nil
}

// close lets go of the journal.
func (p *player) close() {
	if p.past != nil {
		_ = p.past.Close() // it was only read
	}
}

func (p *player) views() *marketview.Views { return p.past.Views.(views).Views }

// known reports whether the symbol is there yet.
func (p *player) known() bool {
	_, ok := p.market()
	return ok
}

func (p *player) market() (wire.Market, bool) {
	name, err := msg.ParseName(p.symbol)
	if err != nil {
		return wire.Market{}, false
	}
	s, ok := p.views().Symbol(name)
	if !ok {
		return wire.Market{}, false
	}
	return wire.NewMarket(p.views(), s), true
}

// read reads the command after the state, unless it was read already. It returns
// false at the end.
func (p *player) read() (bool, error) {
	if p.waiting {
		return true, nil
	}
	c, events, err := p.past.Next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err //nolint:wrapcheck // it names file and sequence
	}
	p.waiting, p.next, p.follows = true, c, events
	return true, nil
}

// fold folds the command that was read.
func (p *player) fold() error {
	p.waiting = false
	p.last, p.lastEvents = *p.next, append(p.lastEvents[:0], p.follows...)
	return foldOne(p.past, p.next)
}

// advance folds commands until enough says so, or to the end.
func (p *player) advance(enough func(next int64) bool) error {
	for {
		ok, err := p.read()
		if err != nil || !ok || enough(p.next.Time) {
			return err
		}
		if err := p.fold(); err != nil {
			return err
		}
	}
}

// goTo shows a moment. An empty one is the end.
func (p *player) goTo(to *moment) error {
	target := *to
	if err := target.within(&p.end); err != nil {
		return err
	}
	o, err := target.past(p.dir)
	if err != nil {
		return err
	}
	if err := p.reopen(o); err != nil {
		return err
	}
	err = p.advance(func(next int64) bool {
		return target.reached(p.past.Engine.Seq()) || target.byTime && next > target.nanos
	})
	p.now = p.views().Time()
	return err
}

func (p *player) goToEnd() error { return p.goTo(&moment{}) }

// step goes so many commands forward, or back.
func (p *player) step(n int) error {
	seq := int64(p.past.Engine.Seq()) + int64(n)
	if n < 0 {
		seq = max(0, seq)
		return p.goTo(&moment{text: strconv.FormatInt(seq, 10), seq: msg.Seq(seq)})
	}
	err := p.advance(func(int64) bool { return int64(p.past.Engine.Seq()) >= seq })
	p.now = p.views().Time()
	return err
}

// atEnd reports whether nothing follows.
func (p *player) atEnd() bool {
	ok, err := p.read()
	return err == nil && !ok
}

// playAgain begins anew when nothing follows.
func (p *player) playAgain() error {
	if p.atEnd() {
		return p.goTo(&moment{text: "0"})
	}
	p.now = max(p.now, p.views().Time())
	return nil
}

// play lets so much of the recorded time pass. A long pause is left out.
func (p *player) play(d time.Duration) error {
	ok, err := p.read()
	if err != nil || !ok {
		return err
	}
	factor := max(1, int64(d/tickEvery))
	if p.next.Time-p.now > int64(skipAfter)*factor {
		p.now = p.next.Time - 1
	}
	until, began, folded := p.now+int64(d), time.Now(), 0
	late := false
	err = p.advance(func(next int64) bool {
		if folded++; folded%sliceCheck == 0 && time.Since(began) > playSlice {
			late = true
		}
		return late || next > until
	})
	p.now = until
	if late { // time waits for the work
		p.now = p.views().Time()
	}
	return err
}

// frame returns what is to be shown.
func (p *player) frame() frame {
	f := frame{picture: picture{symbol: p.symbol}, atEnd: p.atEnd()}
	v := p.views()
	f.seq = fmt.Sprintf("command %d of %d", v.Seq(), max(p.end.seq, v.Seq())) // it may have grown
	if v.Time() != 0 {
		f.seq += "  " + time.Unix(0, v.Time()).UTC().Format("2006-01-02 15:04:05.000000000")
	}
	f.happens = p.happened()
	m, ok := p.market()
	if !ok {
		f.picture.status = "not there yet"
		return f
	}
	p.fill(&f.picture, &m)
	return f
}

// happened returns the last command with the kinds of its events, without its
// sequence and time, which are shown beside it.
func (p *player) happened() string {
	if p.last.Seq == 0 {
		return ""
	}
	var line transactionLine
	line.command(&p.last)
	text := strings.TrimSpace(string(line.buf))
	for range 2 {
		_, text, _ = strings.Cut(text, " ")
	}
	kinds := make([]string, len(p.lastEvents))
	for i := range p.lastEvents {
		kinds[i] = p.lastEvents[i].Kind.String()
	}
	const most = 4
	if n := len(kinds); n > most {
		kinds = append(kinds[:most], fmt.Sprintf("and %d more", n-most))
	}
	return strings.Join(kinds, ", ") + " ◂ " + text
}

// fill draws the picture of a market.
func (p *player) fill(to *picture, m *wire.Market) {
	v := p.views()
	to.base = m.Base.Name.String()
	to.decimals.price = decimalsOf(m.Spec.Tick, m.Quote.Scale)
	to.decimals.quantity = decimalsOf(m.Spec.Lot, m.Base.Scale)
	if m.Phase != msg.Trading {
		to.status = m.Phase.String()
	}
	var depth marketview.Depth
	v.Depth(m.ID, pictureLevels, &depth)
	to.bids, to.asks = levelTexts(m, depth.Bids), levelTexts(m, depth.Asks)
	for _, t := range v.Trades(m.ID, 0, pictureTrades, nil) {
		to.trades = append(to.trades, client.Trade{
			ID: int64(t.ID), Price: priceText(m, t.Price), Quantity: string(m.AppendQty(nil, t.Qty)),
			Time: t.Time / int64(time.Millisecond), BuyerMaker: t.BuyerMaker,
		})
	}
	bars := v.Bars(marketview.BarQuery{
		Symbol: m.ID, Interval: marketview.Interval1m, Span: marketview.Span{Limit: pictureBars}, Now: v.Time(),
	}, nil)
	for i := range bars {
		b := &bars[i]
		to.bars = append(to.bars, client.Bar{
			Open: b.Start / int64(time.Millisecond), First: priceText(m, b.Open), High: priceText(m, b.High),
			Low: priceText(m, b.Low), Latest: priceText(m, b.Close), Volume: string(m.AppendBase(nil, b.Volume)),
		})
	}
	day, _ := v.Ticker(m.ID, v.Time()-int64(24*time.Hour), v.Time())
	to.ticker = client.Ticker{
		Change: priceText(m, day.Change()), Percent: msg.FormatDecimal(day.ChangePercent(), 3), Last: priceText(m, day.Last),
		High: priceText(m, day.High), Low: priceText(m, day.Low),
		Volume: string(m.AppendBase(nil, day.Volume)), QuoteVolume: string(m.AppendQuote(nil, day.Quote)), Count: day.Trades,
	}
}

func priceText(m *wire.Market, p msg.Price) string { return string(m.AppendPrice(nil, p)) }

func levelTexts(m *wire.Market, levels []marketview.Level) []client.Level {
	texts := make([]client.Level, len(levels))
	for i, l := range levels {
		texts[i] = client.Level{Price: priceText(m, l.Price), Quantity: string(m.AppendQty(nil, l.Qty))}
	}
	return texts
}

// decimalsOf returns how many decimals multiples of a step have.
func decimalsOf(units msg.Amount, scale uint8) int {
	text := msg.FormatDecimal(int64(units), scale)
	if _, fraction, ok := strings.Cut(text, "."); ok {
		return len(fraction)
	}
	return 0
}
