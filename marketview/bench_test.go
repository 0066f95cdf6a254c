package marketview_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// recording is what a consumer of the journal folds: commands and their events.
type recording struct {
	commands []msg.Command
	events   []msg.Event
	ends     []int // of each command's events
	warm     int   // commands of which the setup and a filled book consist
	trades   int
}

func (r *recording) reset() {
	r.commands, r.events, r.ends = r.commands[:0], r.events[:0], r.ends[:0]
}

func (r *recording) add(c *msg.Command, events []msg.Event) {
	r.commands, r.events = append(r.commands, *c), append(r.events, events...)
	r.ends = append(r.ends, len(r.events))
	for i := range events {
		if events[i].Kind == msg.Traded {
			r.trades++
		}
	}
}

func (r *recording) apply(v *marketview.Views, i int) {
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	v.Apply(&r.commands[i], r.events[from:r.ends[i]])
}

// trading records orders of many accounts around a price that wanders: near half of
// the commands cancel, most often a recent order; one order in five crosses.
type trading struct {
	engine *engine.Engine
	rng    *rand.Rand
	flow   recording
	events []msg.Event
	live   []msg.Command // placed, perhaps no longer open
	mid    msg.Price
	named  bool
	quiet  bool // no order crosses
}

const (
	benchAccounts = 1_000
	benchWarm     = 150_000
)

func record(warm, commands int, named, quiet bool) *recording {
	t := &trading{
		engine: engine.New(engine.Capacity{Orders: 1 << 17, Accounts: benchAccounts, Balances: 4 * benchAccounts}),
		rng:    rand.New(rand.NewPCG(1, 2)), mid: 50_000, named: named, quiet: quiet,
	}
	t.setup()
	for range warm {
		t.step()
	}
	t.flow.warm = len(t.flow.commands)
	t.flow.trades = 0
	for range commands {
		t.step()
	}
	return &t.flow
}

func (t *trading) do(c msg.Command) {
	c.Seq, c.Time = msg.Seq(len(t.flow.commands)+1), int64(len(t.flow.commands))*1_000
	t.events = t.engine.Execute(&c, t.events[:0])
	t.flow.add(&c, t.events)
}

func (t *trading) setup() {
	t.do(msg.Command{Kind: msg.AddAsset, Name: name("BASE"), Scale: 8})
	t.do(msg.Command{Kind: msg.AddAsset, Name: name("QUOTE"), Scale: 8})
	t.do(msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{
		Name: name("FLOWUSD"), Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1_000_000, Maker: 100_000, Taker: 200_000,
	}})
	for a := msg.AccountID(1); a <= benchAccounts; a++ {
		t.do(msg.Command{Kind: msg.CreateAccount})
		t.do(msg.Command{Kind: msg.Credit, Account: a, Asset: 1, Amount: 1 << 52, Transfer: 1})
		t.do(msg.Command{Kind: msg.Credit, Account: a, Asset: 2, Amount: 1 << 52, Transfer: 2})
	}
}

func (t *trading) step() {
	if t.rng.IntN(100) < 45 && len(t.live) > 0 {
		t.cancel()
		return
	}
	c := msg.Command{
		Kind: msg.Place, Symbol: 1, Account: msg.AccountID(t.rng.IntN(benchAccounts) + 1),
		Side: msg.Side(t.rng.IntN(2)), Qty: msg.Qty(t.rng.IntN(100) + 1),
	}
	distance := msg.Price(t.rng.ExpFloat64()*20) + 1
	if t.rng.IntN(5) == 0 && !t.quiet {
		distance = -distance / 4 // reaches over the middle
	}
	c.Price = t.mid - distance
	if c.Side == msg.Sell {
		c.Price = t.mid + distance
	}
	if t.named {
		c.Name = name(fmt.Sprintf("x-TKT5PX2F%012d", len(t.flow.commands)))
	}
	t.do(c)
	t.live = append(t.live, t.flow.commands[len(t.flow.commands)-1])
	if t.rng.IntN(200) == 0 && !t.quiet {
		t.mid += msg.Price(t.rng.IntN(3) - 1)
	}
}

// cancel cancels one of the last orders, or now and then any.
func (t *trading) cancel() {
	n := len(t.live)
	i := n - 1 - t.rng.IntN(min(n, 500))
	if t.rng.IntN(10) == 0 {
		i = t.rng.IntN(n)
	}
	o := t.live[i]
	t.live[i] = t.live[n-1]
	t.live = t.live[:n-1]
	t.do(msg.Command{Kind: msg.Cancel, Symbol: 1, Account: o.Account, Order: msg.OrderID(o.Seq)})
}

func name(s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

const benchCommands = 400_000

var (
	plainFlow = sync.OnceValue(func() *recording { return record(benchWarm, benchCommands, false, false) })
	namedFlow = sync.OnceValue(func() *recording { return record(benchWarm, benchCommands, true, false) })
	quietFlow = sync.OnceValue(func() *recording { return record(benchWarm, benchCommands, false, true) })
)

func warmed(f *recording, l marketview.Limits) *marketview.Views {
	v := marketview.New(l)
	for i := range f.warm {
		f.apply(v, i)
	}
	return v
}

// All views together, one core.
//
//	go test -run '^$' -bench Apply ./marketview
func BenchmarkApply(b *testing.B) {
	for _, kind := range []struct {
		name    string
		flow    func() *recording
		reports bool
	}{{"plain", plainFlow, false}, {"named", namedFlow, false}, {"quiet", quietFlow, false}, {"reported", plainFlow, true}} {
		b.Run(kind.name, func(b *testing.B) {
			f := kind.flow()
			v, i := warmed(f, marketview.Limits{}), f.warm
			v.Report(kind.reports)
			b.ReportAllocs()
			for b.Loop() {
				if i == len(f.commands) {
					b.StopTimer()
					v, i = warmed(f, marketview.Limits{}), f.warm
					v.Report(kind.reports)
					b.StartTimer()
				}
				f.apply(v, i)
				i++
			}
			b.ReportMetric(float64(f.trades)/benchCommands, "trades/op")
		})
	}
}

// Folding allocates nothing once everything has grown as far as its limits let it.
func TestApplyAllocates(t *testing.T) {
	limits := marketview.Limits{Trades: 1_000, AggTrades: 1_000, ClosedOrders: 8, Fills: 8}
	for _, named := range []bool{false, true} {
		f := record(80_000, 20_001, named, false)
		v, i := warmed(f, limits), f.warm
		v.Report(named)
		got := testing.AllocsPerRun(20, func() {
			for range 1_000 - 50 {
				f.apply(v, i)
				i++
			}
		})
		if got > 0 {
			t.Errorf("named %v: %v allocations in 950 commands", named, got)
		}
	}
}
