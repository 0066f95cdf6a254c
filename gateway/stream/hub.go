package stream

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// Options are what a hub is started with.
type Options struct {
	Exchange gateway.Exchange
	Limits   gateway.Limits
	Wall     func() int64  // nanoseconds since the epoch; it paces what is sent
	Pace     time.Duration // least time between two rounds, for many messages in one write. 0: DefaultPace, negative: none
	Private  Private       // nil: there is market data only
}

// DefaultPace is the least time between two rounds where Options says zero. What
// comes after a while of quiet is sent at once.
const DefaultPace = 5 * time.Millisecond

const (
	maxRecords  = 1 << 16 // that wait for the hub, and what one batch adds to them
	readsAtOnce = 16      // symbols or streams that are read while the fold waits

	fastBeat  = int64(100 * time.Millisecond)
	slowBeat  = int64(time.Second)
	slowPhase = int64(100 * time.Millisecond) // behind the second, so that the trades of a bar that ended with it have been folded
	retryBeat = int64(20 * time.Millisecond)  // for connections that were behind
)

// Hub follows the exchange and sends what sessions have subscribed to. It is safe
// for use by many goroutines.
type Hub struct {
	exchange gateway.Exchange
	limits   gateway.Limits
	wall     func() int64
	pace     int64
	private  Private
	inbox    inbox

	mu       sync.Mutex // guards all that follows; it is never held by the publisher
	stopped  bool
	sessions map[*session]struct{}
	late     []*session      // with subscriptions that missed something
	ready    []*subscription // that missed something and get the latest at the next beat
	streams  map[string]*stream
	arrays   []*stream               // those of all symbols
	bars     []*stream               // those of bars
	turn     uint64                  // of sending: sessions are looked at once in each
	telling  int                     // streams that are not silent
	timed    int                     // streams that have to be looked at every second
	names    map[string]msg.SymbolID // in lower case
	markets  []*market               // by symbol id; nil where nobody asked
	spare    batch
	touched  []*stream // with frames in this round
	fast     []*market // with something to send at the next beat of 100 ms
	slow     []*market // with something to send at the next beat of 1 s

	// When beats and retries are due, zero when nobody waits for one.
	fastAt, slowAt, retryAt int64
	minute                  int64 // the last one for which tickers were computed

	counts Stats
	body   []byte // of the message under way; reused for each
	depth  marketview.Depth
	rows   []marketview.Bar
	bids   []levelChange
	asks   []levelChange
	custom []byte // frames for one connection
}

// Stats are counts of what the hub has done, and of what it holds now.
type Stats struct {
	Sessions      int
	Streams       int
	Subscriptions int

	Rounds   uint64 // in which something may have been sent
	Messages uint64 // encoded
	Missed   uint64 // times that a connection was behind and got the latest later
	Slow     uint64 // connections closed because they were behind with what is not left out
}

// New returns a hub without subscribers.
func New(o Options) *Hub {
	h := &Hub{
		exchange: o.Exchange, limits: o.Limits.WithDefaults(), wall: o.Wall, pace: int64(o.Pace), private: o.Private,
		sessions: make(map[*session]struct{}), streams: make(map[string]*stream), names: make(map[string]msg.SymbolID),
	}
	if h.pace == 0 {
		h.pace = int64(DefaultPace)
	}
	h.inbox.init(maxRecords)
	return h
}

// Fold takes a transaction. The views are held.
func (h *Hub) Fold(v *marketview.Views, c *msg.Command, events []msg.Event) {
	if h.inbox.on.Load() {
		h.inbox.fold(v, c, events)
	}
}

// Flush has what was folded sent. It waits only when the hub is too far behind.
func (h *Hub) Flush() {
	if h.inbox.on.Load() {
		h.inbox.flush()
	}
}

// Run sends until ctx ends. Nothing is sent before, and nothing runs while nothing
// is to be sent.
func (h *Hub) Run(ctx context.Context) error {
	defer h.stop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var last int64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.inbox.wake:
		case <-timer.C:
		}
		now := h.wall()
		if rest := last + h.pace - now; rest > 0 && rest <= h.pace && !h.inbox.crowded() {
			timer.Reset(time.Duration(rest))
			continue
		}
		last = now
		if next := h.round(now); next > 0 {
			timer.Reset(time.Duration(max(next-now, 0)))
		} else {
			timer.Stop()
		}
	}
}

// stop has the publisher go on alone.
func (h *Hub) stop() {
	h.inbox.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
}

// Stats returns the counts as of now.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.counts
	s.Sessions, s.Streams = len(h.sessions), len(h.streams)
	return s
}

// round sends what there is at a time of the wall, and returns when to come again,
// zero when only for news.
func (h *Hub) round(now int64) (next int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return 0
	}
	h.counts.Rounds++
	h.turn++
	h.inbox.take(&h.spare)
	h.process()
	if due(&h.retryAt, now, retryBeat) {
		h.retry()
	}
	fast, slow := due(&h.fastAt, now, fastBeat), due(&h.slowAt, now, slowBeat)
	if fast {
		h.beatFast()
	}
	if slow {
		h.beatSlow(now)
	}
	h.deliver()
	h.catchUpAfter(fast, slow)
	h.arm(now)
	for _, at := range [...]int64{h.retryAt, h.fastAt, h.slowAt} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next
}

// due reports whether a beat is due, and then takes it off. One that is further
// away than beats are is due as well: the clock was set back.
func due(at *int64, now, length int64) bool {
	if *at == 0 || now < *at && *at-now <= length {
		return false
	}
	*at = 0
	return true
}

// arm sets the beats for which something waits.
func (h *Hub) arm(now int64) {
	if h.fastAt == 0 && len(h.fast) > 0 {
		h.fastAt = now - now%fastBeat + fastBeat
	}
	if h.slowAt == 0 && (len(h.slow) > 0 || h.timed > 0) {
		h.slowAt = now - (now-slowPhase)%slowBeat + slowBeat
	}
	if h.retryAt == 0 && len(h.late) > 0 {
		h.retryAt = now + retryBeat
	}
}

// learn makes known all symbols that there are.
func (h *Hub) learn(v *marketview.Views) {
	for id := msg.SymbolID(len(h.names)) + 1; int(id) <= v.SymbolCount(); id++ {
		s, _ := v.SymbolByID(id)
		name := strings.ToLower(s.Spec.Name.String())
		if _, taken := h.names[name]; taken {
			name = "!" + s.Spec.Name.String() // it differs from another only in case, and has no stream
		}
		h.names[name] = id
	}
}

// market returns the market of a symbol, which exists.
func (h *Hub) market(v *marketview.Views, id msg.SymbolID) *market {
	for int(id) >= len(h.markets) {
		h.markets = append(h.markets, nil)
	}
	if h.markets[id] == nil {
		s, _ := v.SymbolByID(id)
		h.markets[id] = &market{Market: wire.NewMarket(v, s)}
	}
	return h.markets[id]
}

// reading calls f with the views held.
func (h *Hub) reading(f func(v *marketview.Views)) {
	v := h.exchange.BeginRead()
	defer h.exchange.EndRead()
	f(v)
}

// readEach calls f for each of n things with the views held, and lets the fold go on
// now and then.
func (h *Hub) readEach(n int, f func(v *marketview.Views, i int)) {
	for from := 0; from < n; from += readsAtOnce {
		h.reading(func(v *marketview.Views) {
			for i := from; i < min(from+readsAtOnce, n); i++ {
				f(v, i)
			}
		})
	}
}

// process turns the batch taken into frames and into marks for the beats.
func (h *Hub) process() {
	b := &h.spare
	if b.added {
		h.reading(h.discover)
	}
	for i := range b.trades {
		r := &b.trades[i]
		if m := h.known(r.symbol); m != nil && m.trades != nil {
			h.emit(m.trades, func(dst []byte, micro bool) []byte { return appendTrade(dst, m, r, micro) })
		}
	}
	for i := range b.aggs {
		r := &b.aggs[i]
		if m := h.known(r.symbol); m != nil && m.aggs != nil {
			h.emit(m.aggs, func(dst []byte, micro bool) []byte { return appendAggTrade(dst, m, &r.AggTrade, micro) })
		}
	}
	h.processTops(b.tops)
	for i := range b.changes {
		if m := h.known(b.changes[i].Symbol); m != nil && m.log.on {
			h.change(m, &b.changes[i])
		}
	}
	for _, id := range b.marked {
		if m := h.known(id); m != nil {
			h.mark(m, b.marks[id])
		} else if h.inbox.every != 0 {
			h.reading(func(v *marketview.Views) { h.mark(h.market(v, id), b.marks[id]) })
		}
	}
	b.reset()
}

// topsTold is how many changes of a best price a round tells of a symbol: the
// newest. There are more only in a burst.
const topsTold = 8

func (h *Hub) processTops(records []topRecord) {
	for i := range records {
		if m := h.known(records[i].symbol); m != nil {
			m.topsLeft++
		}
	}
	for i := range records {
		r := &records[i]
		m := h.known(r.symbol)
		if m == nil {
			continue
		}
		if m.topsLeft <= topsTold && m.tops != nil {
			h.emit(m.tops, func(dst []byte, _ bool) []byte { return appendTop(dst, m, &r.Top) })
		}
		m.topsLeft--
	}
}

// known returns the market of a symbol that somebody has asked for, or nil.
func (h *Hub) known(id msg.SymbolID) *market {
	if int(id) < len(h.markets) {
		return h.markets[id]
	}
	return nil
}

// mark notes what happened to a market for the beats that somebody waits for.
func (h *Hub) mark(m *market, w want) {
	m.marks |= w
	if m.waits(true, w) {
		h.holdFast(m)
	}
	if m.waits(false, w) || w&(wantTraded|wantMoved) != 0 {
		h.holdSlow(m)
	}
}

// holdFast has the next beat of 100 ms look at a market.
func (h *Hub) holdFast(m *market) {
	if !m.inFast {
		m.inFast = true
		h.fast = append(h.fast, m)
	}
}

// holdSlow has the next beat of 1 s look at a market.
func (h *Hub) holdSlow(m *market) {
	if !m.inSlow {
		m.inSlow = true
		h.slow = append(h.slow, m)
	}
}

// beatFast sends what has a pace of 100 ms.
func (h *Hub) beatFast() {
	now := h.exchange.Now()
	for _, m := range h.fast {
		m.inFast = false
		h.sendDiffs(m, true, now)
		h.sendBooks(m, true)
	}
	h.fast = h.fast[:0]
}

// beatSlow sends what has a pace of 1 s.
func (h *Hub) beatSlow(wall int64) {
	now := h.exchange.Now()
	for _, m := range h.slow {
		m.inSlow = false
		h.sendDiffs(m, false, now)
		h.sendBooks(m, false)
	}
	h.sendTickers(now)
	for _, m := range h.slow {
		if m.marks&wantTraded != 0 {
			for _, st := range m.bars {
				st.dirty = true
			}
		}
		m.marks = 0
	}
	h.slow = h.slow[:0]
	h.sendBars(now, wall/slowBeat%2 == 0)
}

// deliver queues the frames of this round.
func (h *Hub) deliver() {
	for i, st := range h.touched {
		h.deliverStream(st)
		st.clear()
		h.touched[i] = nil
	}
	h.touched = h.touched[:0]
}

func (h *Hub) deliverStream(st *stream) {
	for _, sub := range st.subs {
		frames := st.out[sub.session.form]
		switch {
		case len(frames) == 0:
		case !st.topic.conflates():
			if !sub.session.conn.OfferFrames(frames, h.limits.QueueBytes) {
				h.tooSlow(sub)
			}
		case sub.missed || !h.offer(sub.session, frames):
			h.miss(sub)
		}
	}
}
