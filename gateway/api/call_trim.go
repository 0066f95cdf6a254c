package api

// The bounds of the buffers that a call keeps for the next one: there are many
// calls at a time, and some answers are a thousand times as long as most.
const (
	keptBytes = 8 << 10
	keptRows  = 16 // orders, trades, levels, …
)

// Trim gives up the buffers that are larger than most calls need. Who keeps a call
// for others calls it once the answer has left.
func (c *Call) Trim() {
	c.Out = kept(c.Out, keptBytes)
	c.scratch.scratchMarket.trim()
	c.scratch.scratchTrade.trim()
}

func (s *scratchMarket) trim() {
	s.names, s.symbols, s.markets = kept(s.names, keptRows), kept(s.symbols, keptRows), kept(s.markets, keptRows)
	s.rows, s.trades = kept(s.rows, keptRows), kept(s.trades, keptRows)
	s.aggs, s.bars = kept(s.aggs, keptRows), kept(s.bars, keptRows)
	s.depth.Bids, s.depth.Asks = kept(s.depth.Bids, keptRows), kept(s.depth.Asks, keptRows)
	s.fields = fields{} // it points into an answer
}

func (s *scratchTrade) trim() {
	s.result.Events = kept(s.result.Events, keptRows)
	o := &s.outcome
	o.fills, o.prevents, o.canceled = kept(o.fills, keptRows), kept(o.prevents, keptRows), kept(o.canceled, keptRows)
	s.orders, s.fills, s.balances = kept(s.orders, keptRows), kept(s.fills, keptRows), kept(s.balances, keptRows)
	s.amendments, s.preventions = kept(s.amendments, keptRows), kept(s.preventions, keptRows)
}

// kept returns a buffer, or nil when it is larger than most.
func kept[T any](s []T, most int) []T {
	if cap(s) > most {
		return nil
	}
	return s
}
