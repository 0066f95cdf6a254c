package marketview

// The limits that hold where Limits says zero.
const (
	DefaultTrades       = 10_000
	DefaultAggTrades    = 10_000
	DefaultBars         = 2_000
	DefaultClosedOrders = 500
	DefaultFills        = 500
	DefaultAmendments   = 500
	DefaultPreventions  = 500
)

// Limits bounds the history that the views keep; older rows are gone from them,
// though not from the journal. Zero means the default, a negative number none.
// Two sets are only comparable under the same limits.
type Limits struct {
	// Rows of accounts are held in logs of up to twice as many as are kept. A closed order
	// takes 76 bytes there, 112 with its name, a fill 68.

	Trades       int // trades kept of each symbol
	AggTrades    int // aggregate trades kept of each symbol
	ClosedOrders int // closed orders kept of each account, all symbols together
	Fills        int // fills kept of each account, all symbols together
	Amendments   int // amendments kept of each account, all symbols together
	Preventions  int // preventions kept of each account, all symbols together

	// Bars kept of each symbol, by interval; those in which nothing was traded do
	// not count. There is always one, and tickers need all minutes and hours of
	// MaxTickerWindow: of these no fewer are kept. A bar takes 88 bytes of memory,
	// those of all intervals take 3.5 MB by default when a symbol has them all.
	Bars [Intervals]int
}

func (l *Limits) trades() int { return limit(l.Trades, DefaultTrades) }

func (l *Limits) aggTrades() int { return limit(l.AggTrades, DefaultAggTrades) }

func (l *Limits) closedOrders() int { return limit(l.ClosedOrders, DefaultClosedOrders) }

func (l *Limits) fills() int { return limit(l.Fills, DefaultFills) }

func (l *Limits) amendments() int { return limit(l.Amendments, DefaultAmendments) }

func (l *Limits) preventions() int { return limit(l.Preventions, DefaultPreventions) }

func (l *Limits) bars() (keep [Intervals]int) {
	least := [Intervals]int{Interval1m: tickerMinutes, Interval1h: tickerHours}
	for i := range keep {
		keep[i] = max(limit(l.Bars[i], DefaultBars), least[i], 1)
	}
	return keep
}

func limit(n, standard int) int {
	if n == 0 {
		return standard
	}
	return min(max(n, 0), 1<<30)
}
