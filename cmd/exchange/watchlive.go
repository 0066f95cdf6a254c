package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

const (
	// liveTimeout bounds a request.
	liveTimeout = 5 * time.Second
	// liveEvery is how often the picture changes, at most.
	liveEvery = 100 * time.Millisecond
	// liveDepth is how many levels of each side the local book begins with.
	liveDepth = 1000
	// connectFirst and connectMost are how long to wait before connecting again.
	connectFirst = 250 * time.Millisecond
	connectMost  = 4 * time.Second
)

// gathering puts a picture together from a stream and what was asked for beside it.
type gathering struct {
	picture
	book    client.Book
	names   streamNames
	changed bool
}

// streamNames are the streams that a picture needs.
type streamNames struct{ depth, trade, bar, ticker string }

func newGathering(symbol string) *gathering {
	s := strings.ToLower(symbol)
	g := &gathering{names: streamNames{s + "@depth@100ms", s + "@trade", s + "@kline_1m", s + "@ticker"}}
	g.symbol = symbol
	return g
}

// take takes an event. It returns false when the book needs a depth.
func (g *gathering) take(m *client.Message) (ok bool, err error) {
	g.changed = true
	switch m.Stream {
	case g.names.depth:
		var u client.Update
		if err := m.Read(&u); err != nil {
			return true, err //nolint:wrapcheck // it names the stream
		}
		return g.book.Update(&u), nil
	case g.names.trade:
		var t client.TradeEvent
		if err := m.Read(&t); err != nil {
			return true, err //nolint:wrapcheck // it names the stream
		}
		g.addTrade(client.Trade(t))
	case g.names.bar:
		var b client.BarEvent
		if err := m.Read(&b); err != nil {
			return true, err //nolint:wrapcheck // it names the stream
		}
		g.addBar(client.Bar{Open: b.Bar.Open, First: b.Bar.First, High: b.Bar.High, Low: b.Bar.Low, Latest: b.Bar.Latest, Volume: b.Bar.Volume})
	case g.names.ticker:
		var t client.TickerEvent
		if err := m.Read(&t); err != nil {
			return true, err //nolint:wrapcheck // it names the stream
		}
		g.ticker = client.Ticker(t)
	}
	return true, nil
}

// addTrade adds a trade that is newer than those there are.
func (g *gathering) addTrade(t client.Trade) {
	if n := len(g.trades); n > 0 && g.trades[n-1].ID >= t.ID {
		return
	}
	g.trades = lastOf(append(g.trades, t), pictureTrades)
}

// addBar adds a bar, or what has become of the last one.
func (g *gathering) addBar(b client.Bar) {
	switch n := len(g.bars); {
	case n > 0 && g.bars[n-1].Open == b.Open:
		g.bars[n-1] = b
	case n == 0 || g.bars[n-1].Open < b.Open:
		g.bars = lastOf(append(g.bars, b), pictureBars)
	}
}

// look returns the picture of the moment, which shares nothing with later ones.
func (g *gathering) look() picture {
	p := g.picture
	p.trades, p.bars = slices.Clone(p.trades), slices.Clone(p.bars)
	p.bids, p.asks = nil, nil
	if g.book.Synced {
		p.bids = slices.Clone(firstOf(g.book.Bids, pictureLevels))
		p.asks = slices.Clone(firstOf(g.book.Asks, pictureLevels))
	}
	g.changed = false
	return p
}

// followLive shows a running exchange until ctx ends. A connection that is lost is
// opened again.
func followLive(ctx context.Context, c *client.Client, symbol string, show func(tea.Msg)) {
	for wait := connectFirst; ctx.Err() == nil; {
		err := followOnce(ctx, c, symbol, show, func() { wait = connectFirst })
		if ctx.Err() != nil {
			return
		}
		show(linkState{text: fmt.Sprintf("connecting to %s: %v", c.Host(), err)})
		pauseUntil(ctx, time.Now().Add(wait))
		wait = min(2*wait, connectMost)
	}
}

// followOnce follows one connection until it is lost.
func followOnce(ctx context.Context, c *client.Client, symbol string, show func(tea.Msg), joined func()) error {
	g := newGathering(symbol)
	if err := g.describe(ctx, c); err != nil {
		return err
	}
	stream, err := c.Subscribe(ctx, g.names.depth, g.names.trade, g.names.bar, g.names.ticker)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	messages, broken := make(chan client.Message), make(chan error, 1)
	over, end := context.WithCancel(ctx)
	go func() {
		defer close(messages)
		for {
			m, err := stream.Next()
			if err != nil {
				broken <- err
				return
			}
			select {
			case messages <- m:
			case <-over.Done():
				return
			}
		}
	}()
	defer func() { // the reader ends with the connection, and is awaited
		end()
		stream.Close()
		for range messages {
			continue
		}
	}()
	if err := g.fetch(ctx, c); err != nil {
		return err
	}
	if err := g.join(ctx, c); err != nil {
		return err
	}
	joined()
	show(linkState{text: "live " + c.Host(), good: true})
	return g.follow(ctx, c, show, messages, broken)
}

// follow shows what the stream tells.
func (g *gathering) follow(ctx context.Context, c *client.Client, show func(tea.Msg), messages <-chan client.Message, broken <-chan error) error {
	beat := time.NewTicker(liveEvery)
	defer beat.Stop()
	show(g.look())
	for {
		select {
		case m, open := <-messages:
			if !open {
				return <-broken
			}
			ok, err := g.take(&m)
			if err == nil && !ok {
				err = g.join(ctx, c)
			}
			if err != nil {
				return err
			}
		case <-beat.C:
			if g.changed {
				show(g.look())
			}
		}
	}
}

// describe asks what the symbol is.
func (g *gathering) describe(ctx context.Context, c *client.Client) error {
	symbols, err := c.Symbols(ctx)
	if err != nil {
		return err //nolint:wrapcheck // it names the host
	}
	i := slices.IndexFunc(symbols, func(s client.Symbol) bool { return s.Name == g.symbol })
	if i < 0 {
		return fmt.Errorf("there is no symbol %s", g.symbol)
	}
	s := &symbols[i]
	price, quantity, err := s.Grids()
	if err != nil {
		return err //nolint:wrapcheck // it names the symbol
	}
	g.base, g.decimals.price, g.decimals.quantity = s.Base, price.Decimals(), quantity.Decimals()
	if s.Status != "TRADING" {
		g.status = s.Status
	}
	return nil
}

// fetch asks for what came before the stream.
func (g *gathering) fetch(ctx context.Context, c *client.Client) error {
	var err error
	if g.trades, err = c.RecentTrades(ctx, g.symbol, pictureTrades); err != nil {
		return err //nolint:wrapcheck // it names the host
	}
	if g.bars, err = c.Bars(ctx, g.symbol, "1m", pictureBars); err != nil {
		return err //nolint:wrapcheck // it names the host
	}
	g.ticker, err = c.Ticker24h(ctx, g.symbol)
	return err //nolint:wrapcheck // it names the host
}

// join asks for depths until one joins the updates.
func (g *gathering) join(ctx context.Context, c *client.Client) error {
	const tries = 20
	for range tries {
		d, err := c.Depth(ctx, g.symbol, liveDepth)
		if err != nil {
			return err //nolint:wrapcheck // it names the host
		}
		if g.book.Join(&d) {
			return nil
		}
		pauseUntil(ctx, time.Now().Add(liveEvery))
	}
	return fmt.Errorf("no depth of %s joins its updates", g.symbol)
}
