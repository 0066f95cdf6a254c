package stream

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// kind is what a stream tells.
type kind uint8

const (
	silent    kind = iota // nothing: its name says nothing to us
	trades                // each trade
	aggTrades             // each aggregate trade
	tops                  // best bid and ask
	bars                  // the present bar, and each that closes
	day                   // ticker of 24 hours
	dayMini               // the short form of it
	window                // ticker of a window of 1 hour, 4 hours or a day
	average               // average price
	diffs                 // changes of the book
	book                  // best levels of the book
)

// topic is what the name of a stream says.
type topic struct {
	kind     kind
	all      bool   // of all symbols, in an array
	symbol   string // in lower case
	pace     pace   // diffs, book
	levels   int    // book
	window   windowSize
	interval marketview.Interval
	shift    int // minutes east of UTC
}

// windowSize is the length of a rolling ticker.
type windowSize uint8

const (
	window24h windowSize = 0 // that of the day ticker
	window1h  windowSize = 1
	window4h  windowSize = 2
	window1d  windowSize = 3

	windowSizes = 4
)

func (w windowSize) length() time.Duration {
	return [windowSizes]time.Duration{24 * time.Hour, time.Hour, 4 * time.Hour, 24 * time.Hour}[w]
}

func (w windowSize) String() string { return [windowSizes]string{"24h", "1h", "4h", "1d"}[w] }

// pace is how often a stream about the book tells.
type pace uint8

const (
	paceUnsaid pace = 0 // every second
	pace100ms  pace = 1
	pace1000ms pace = 2 // every second: a stream of its own, since its name is another

	paces = 3
)

func (p pace) fast() bool { return p == pace100ms }

// bookLevels are the numbers of levels that a stream of the best may have.
var bookLevels = [...]int{5, 10, 20} //nolint:gochecknoglobals // a table

// parseTopic reads the name of a stream. A name that says nothing to us is silent.
func parseTopic(name string) topic {
	if rest, ok := strings.CutPrefix(name, "!"); ok {
		t := topic{all: true}
		if rest, ok = strings.CutSuffix(rest, "@arr"); ok && t.parseTicker(rest) {
			return t
		}
		return topic{}
	}
	symbol, rest, _ := strings.Cut(name, "@")
	if symbol == "" || symbol != strings.ToLower(symbol) {
		return topic{}
	}
	t := topic{symbol: symbol}
	if t.parsePlain(rest) || t.parseTicker(rest) || t.parseBars(rest) || t.parseBook(rest) {
		return t
	}
	return topic{}
}

func (t *topic) parsePlain(s string) bool {
	switch s {
	case "trade":
		t.kind = trades
	case "aggTrade":
		t.kind = aggTrades
	case "bookTicker":
		t.kind = tops
	case "avgPrice":
		t.kind = average
	}
	return t.kind != silent
}

func (t *topic) parseTicker(s string) bool {
	switch s {
	case "ticker":
		t.kind = day
	case "miniTicker":
		t.kind = dayMini
	case "ticker_1h":
		t.kind, t.window = window, window1h
	case "ticker_4h":
		t.kind, t.window = window, window4h
	case "ticker_1d":
		t.kind, t.window = window, window1d
	}
	return t.kind != silent
}

// parseBars reads kline_INTERVAL, with @+HH:MM behind it where bars begin with the
// days of another place.
func (t *topic) parseBars(s string) bool {
	s, ok := strings.CutPrefix(s, "kline_")
	if !ok {
		return false
	}
	name, place, shifted := strings.Cut(s, "@")
	if t.interval, ok = marketview.ParseInterval(name); !ok {
		return false
	}
	if shifted {
		if t.shift, ok = parseShift(place); !ok {
			return false
		}
	}
	t.kind = bars
	return true
}

// parseShift reads +HH:MM or -HH:MM as minutes, from -12:00 to +14:00.
func parseShift(s string) (minutes int, ok bool) {
	const west, east = -12 * 60, 14 * 60
	if len(s) != len("+00:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	for _, i := range [...]int{1, 2, 4, 5} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	digits := func(i int) int { return 10*int(s[i]-'0') + int(s[i+1]-'0') }
	minutes = 60*digits(1) + digits(4)
	if s[0] == '-' {
		minutes = -minutes
	}
	return minutes, digits(4) < 60 && minutes >= west && minutes <= east
}

func (t *topic) parseBook(s string) bool {
	s, ok := strings.CutPrefix(s, "depth")
	if !ok {
		return false
	}
	s, often, ok := strings.Cut(s, "@")
	switch {
	case often == "100ms":
		t.pace = pace100ms
	case often == "1000ms":
		t.pace = pace1000ms
	case ok:
		return false
	}
	if s == "" {
		t.kind = diffs
		return true
	}
	for _, n := range bookLevels {
		if s == strconv.Itoa(n) {
			t.kind, t.levels = book, n
		}
	}
	return t.kind == book
}

// want says what of a symbol is written down for the hub.
type want uint8

const (
	wantTrades  want = 1 << iota // each fill
	wantAggs                     // each aggregate trade
	wantChanges                  // each change of a level
	wantTops                     // each change of the best bid or ask
	wantTraded                   // that something was traded
	wantMoved                    // that the best bid or ask changed
	wantTouched                  // that the book changed
)

// wants returns what a stream needs to be written down.
func (t *topic) wants() want {
	switch t.kind {
	case trades:
		return wantTrades
	case aggTrades:
		return wantAggs
	case tops:
		return wantTops
	case diffs:
		return wantChanges
	case book:
		return wantTouched
	case day:
		return wantTraded | wantMoved
	case bars, dayMini, window, average:
		return wantTraded
	default:
		return 0
	}
}

// fast reports whether a stream has a pace of 100 ms.
func (t *topic) fast() bool { return t.pace.fast() }

// conflates reports whether of a stream only the latest counts for a connection
// that is behind.
func (t *topic) conflates() bool { return t.kind != trades && t.kind != aggTrades }

// timed reports whether a stream has something to tell when only time passes.
func (t *topic) timed() bool {
	switch t.kind {
	case bars, day, dayMini, window, average:
		return true
	default:
		return false
	}
}

// record is the inbox's word on one symbol, by kind.
type (
	tradeRecord struct {
		symbol     msg.SymbolID
		buyerMaker bool
		id         msg.TradeID
		price      msg.Price
		qty        msg.Qty
		time       int64
	}
	aggRecord struct {
		symbol msg.SymbolID
		marketview.AggTrade
	}
	topRecord struct {
		symbol msg.SymbolID
		marketview.Top
	}
)
