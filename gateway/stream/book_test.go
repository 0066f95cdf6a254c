package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// diffEvent is an event of a diffs stream.
type diffEvent struct {
	Event  string      `json:"e"`
	Time   int64       `json:"E"`
	Symbol string      `json:"s"`
	First  uint64      `json:"U"`
	Last   uint64      `json:"u"`
	Bids   [][2]string `json:"b"`
	Asks   [][2]string `json:"a"`
}

// bookEvent is an event of a stream of best levels.
type bookEvent struct {
	Last uint64      `json:"lastUpdateId"`
	Bids [][2]string `json:"bids"`
	Asks [][2]string `json:"asks"`
}

// levels are what is left at a price, by side and price.
type levels map[string]string

// follower is a client that holds a book by the rule of the wire format: open the
// stream, keep events, ask for the depth, drop what it contains, apply the rest.
type follower struct {
	*client
	symbol msg.SymbolID
	early  []diffEvent
	joined bool
	last   uint64 // of the last event or of the depth
	told   uint64 // of the last event
	events int
	book   levels
}

// depth returns the whole book as the REST interface would give it.
func (b *bench) depth(id msg.SymbolID) (u uint64, book levels) {
	var d marketview.Depth
	v := b.BeginRead()
	defer b.EndRead()
	s, _ := v.SymbolByID(id)
	m := wire.NewMarket(v, s)
	v.Depth(id, 0, &d)
	book = make(levels)
	for _, l := range d.Bids {
		book["b"+string(m.AppendPrice(nil, l.Price))] = string(m.AppendQty(nil, l.Qty))
	}
	for _, l := range d.Asks {
		book["a"+string(m.AppendPrice(nil, l.Price))] = string(m.AppendQty(nil, l.Qty))
	}
	return d.UpdateID, book
}

// step takes what came, and joins the depth when it is told to.
func (f *follower) step(t *testing.T, join bool) {
	t.Helper()
	news := f.read()
	for _, text := range news {
		e := read[diffEvent](t, text)
		f.events++
		if !f.joined {
			f.early = append(f.early, e)
			continue
		}
		f.take(t, &e)
	}
	if f.joined && len(news) > 0 {
		f.check(t)
	}
	if f.joined || !join {
		return
	}
	u, book := f.b.depth(f.symbol)
	if len(f.early) > 0 && u < f.early[0].First {
		t.Fatalf("the depth of id %d is older than an event that begins with %d", u, f.early[0].First)
	}
	f.book, f.last, f.joined = book, u, true
	for i := range f.early {
		f.take(t, &f.early[i])
	}
}

// take applies an event. All of those before the depth, and one that goes on behind
// it, may begin where they like.
func (f *follower) take(t *testing.T, e *diffEvent) {
	t.Helper()
	if e.First != f.told+1 && f.told != 0 || e.Last < e.First {
		t.Fatalf("symbol %d: an event from %d to %d follows one to %d", f.symbol, e.First, e.Last, f.told)
	}
	f.told = e.Last
	if e.Last <= f.last {
		return
	}
	if e.First > f.last+1 {
		t.Fatalf("symbol %d: an event from %d to %d follows %d", f.symbol, e.First, e.Last, f.last)
	}
	f.last = e.Last
	f.apply(t, "b", e.Bids)
	f.apply(t, "a", e.Asks)
}

func (f *follower) apply(t *testing.T, side string, changes [][2]string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, c := range changes {
		if seen[c[0]] {
			t.Fatalf("symbol %d: an event has the price %s twice", f.symbol, c[0])
		}
		seen[c[0]] = true
		if strings.Trim(c[1], "0.") == "" {
			delete(f.book, side+c[0])
		} else {
			f.book[side+c[0]] = c[1]
		}
	}
}

// check compares the book held with that of the exchange, of which the follower has
// been told everything.
func (f *follower) check(t *testing.T) {
	t.Helper()
	u, book := f.b.depth(f.symbol)
	if u != f.last {
		return // something came after the beat
	}
	if diff := cmp.Diff(book, f.book); diff != "" {
		t.Fatalf("symbol %d at %d (-exchange +follower):\n%s", f.symbol, u, diff)
	}
}

// Random flow, followers at both paces that come, stall and go on at random: every
// event begins where the one before ended, and every book is that of the exchange.
func TestDiffsFollowTheBook(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { followRandom(t, seed, 1_500) })
	}
}

func followRandom(t *testing.T, seed uint64, commands int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := newTestExchange()
	b := &bench{testExchange: x, t: t}
	b.hub = New(Options{Exchange: x, Limits: gateway.Limits{}, Wall: x.Now})
	x.feeds = append(x.feeds, b.hub)
	naive := enginetest.NewNaive()
	flow := enginetest.NewStream(seed, naive)
	var all []*follower
	told := 0
	for range commands {
		c := flow.Next()
		naive.Execute(&c)
		x.advance(max(c.Time-x.Now(), 0)) // commands are stamped by the same clock
		x.mu.Lock()
		x.apply(&c, x.engine.Execute(&c, nil))
		x.mu.Unlock()
		if rng.IntN(3) == 0 {
			x.flush()
		}
		if rng.IntN(4) == 0 {
			x.advance(rng.Int64N(150e6))
			b.round()
		}
		if n := x.views.SymbolCount(); n > 0 && len(all) < 24 && rng.IntN(20) == 0 {
			all = append(all, b.follow(msg.SymbolID(1+rng.IntN(n)), rng))
		}
		for _, f := range all {
			f.full = f.full != (rng.IntN(40) == 0)
			f.step(t, rng.IntN(5) == 0)
		}
		if n := len(all); n > 0 && rng.IntN(30) == 0 {
			i := rng.IntN(n)
			told += all[i].events
			all[i].session.Closed()
			all = slices.Delete(all, i, i+1)
		}
	}
	x.flush()
	for _, f := range all {
		f.full = false
	}
	b.pass(2 * second)
	for _, f := range all {
		f.step(t, true)
		f.check(t)
		if u, _ := b.depth(f.symbol); f.last != u {
			t.Errorf("symbol %d: told up to %d of %d", f.symbol, f.last, u)
		}
		told += f.events
	}
	if told == 0 {
		t.Error("nobody was told anything")
	}
	if n := b.hub.Stats(); n.Missed == 0 {
		t.Error("nobody missed anything")
	}
}

// follow opens a follower of a symbol.
func (b *bench) follow(id msg.SymbolID, rng *rand.Rand) *follower {
	s, _ := b.views.SymbolByID(id)
	stream := strings.ToLower(s.Spec.Name.String()) + "@depth" + []string{"", "@100ms", "@1000ms"}[rng.IntN(3)]
	f := &follower{client: b.open("/ws/" + stream), symbol: id}
	if got := f.unread; len(got) > 0 {
		b.t.Fatalf("a first event: %s", got)
	}
	return f
}

// A batch that nets to nothing is told with its ids.
func TestDiffOfNothing(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/btcusdt@depth@100ms")
	events := b.place(1, b.btc, msg.Buy, 100, 5)
	b.do(msg.Command{Kind: msg.Cancel, Account: 1, Symbol: b.btc, Order: events[0].Order})
	b.pass(second)
	c.want(`{"e":"depthUpdate","E":1700438400100,"s":"BTCUSDT","U":1,"u":2,"b":[["1.00000000","0.00000000"]],"a":[]}`)
	b.pass(second)
	c.want()
}

// Who unsubscribes and comes back is told what happens from there on, whatever was
// written down meanwhile.
func TestDiffsAgain(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/btcusdt@depth@100ms/btcusdt@aggTrade")
	b.place(1, b.btc, msg.Buy, 100, 5)
	c.ask(`{"method":"UNSUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}`)
	b.place(1, b.btc, msg.Buy, 101, 5)
	c.ask(`{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":2}`)
	b.pass(second)
	c.want()
	b.place(1, b.btc, msg.Buy, 102, 5)
	b.pass(100e6)
	c.want(`{"e":"depthUpdate","E":1700438401100,"s":"BTCUSDT","U":3,"u":3,"b":[["1.02000000","0.00500000"]],"a":[]}`)
}

// Levels come best first, each once.
func TestDiffOrder(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	c := b.open("/ws/btcusdt@depth")
	for _, p := range []msg.Price{100, 102, 101, 102} {
		b.place(1, b.btc, msg.Buy, p, 1)
		b.place(1, b.btc, msg.Sell, 300-p, 2)
	}
	b.pass(second)
	c.want(`{"e":"depthUpdate","E":1700438400100,"s":"BTCUSDT","U":1,"u":8,` +
		`"b":[["1.02000000","0.00200000"],["1.01000000","0.00100000"],["1.00000000","0.00100000"]],` +
		`"a":[["1.98000000","0.00400000"],["1.99000000","0.00200000"],["2.00000000","0.00200000"]]}`)
}

// The best levels are those of the book, by both paces.
func TestBooks(t *testing.T) {
	b := newBench(t, gateway.Limits{})
	for i := range msg.Price(30) {
		b.place(1, b.btc, msg.Buy, 1_000-i, 1)
		b.place(1, b.btc, msg.Sell, 1_001+i, 1)
	}
	fast, slow := b.open("/ws/btcusdt@depth10@100ms"), b.open("/ws/btcusdt@depth20")
	for c, n := range map[*client]int{fast: 10, slow: 20} {
		e := read[bookEvent](t, c.read()[0])
		if e.Last != 60 || len(e.Bids) != n || len(e.Asks) != n || e.Bids[0][0] != "10.00000000" || e.Asks[n-1][0] != fmt.Sprintf("10.%02d000000", n) {
			t.Errorf("%d levels at first: %+v", n, e)
		}
	}
	b.pass(2*second + 300e6)
	fast.want()
	b.place(1, b.btc, msg.Buy, 1_000, 1)
	b.pass(100e6)
	if e := read[bookEvent](t, strings.Join(fast.read(), "")); e.Last != 61 || e.Bids[0][1] != "0.00200000" {
		t.Errorf("after a change: %+v", e)
	}
	slow.want()
	b.pass(second)
	if e := read[bookEvent](t, strings.Join(slow.read(), "")); e.Last != 61 || len(e.Bids) != 20 {
		t.Errorf("after a change: %+v", e)
	}
	fast.want()
}

// A log forgets levels that nobody asks about, and never more than it may hold.
func TestChangeLogBounds(t *testing.T) {
	var l changeLog
	l.begin(7)
	for i := range uint64(maxTouched + 10) {
		l.add(&marketview.Change{Side: msg.Side(i % 2), Price: msg.Price(i), Qty: 1, UpdateID: 8 + i})
	}
	if len(l.at) != maxTouched || len(l.nodes) > maxTouched+2 {
		t.Errorf("%d levels in %d nodes", len(l.at), len(l.nodes))
	}
	if l.floor != 7+10 {
		t.Errorf("floor %d after ten levels were forgotten", l.floor)
	}
	bids, asks := l.since(l.u-3, nil, nil)
	if len(bids)+len(asks) != 3 {
		t.Errorf("%v %v since three changes ago", bids, asks)
	}
	l.trim(l.u - 1)
	if len(l.at) != 1 || l.floor != l.u-1 {
		t.Errorf("%d levels left, floor %d of %d", len(l.at), l.floor, l.u)
	}
	l.add(&marketview.Change{Price: 1, Qty: 2, UpdateID: l.u + 1})
	l.add(&marketview.Change{Price: 1, Qty: 3, UpdateID: l.u + 1})
	if bids, _ := l.since(l.u-2, nil, nil); len(bids) != 1 || bids[0].qty != 3 {
		t.Errorf("a level touched twice: %v", bids)
	}
}
