package core

import (
	"context"
	"fmt"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// long is commands that each meet many orders, after others that are not measured.
type long struct {
	name     string
	before   []msg.Command
	commands []msg.Command
	meets    int // orders
	kind     msg.EventKind
}

// The market of the long commands: who comes first rests, who comes second takes.
const (
	first, second msg.AccountID = 1, 2
	longSymbol    msg.SymbolID  = 1
	longMid       msg.Price     = 50_000
	many                        = 5_000 // orders that a long command meets

	fewest = 5 // samples of a long command, which takes no time
)

// longs returns the long commands, of which those of one moment go through expiring
// orders.
func longs(expiring int) []long {
	sweep := msg.Command{Kind: msg.Place, Account: second, Side: msg.Sell, Price: 1, Qty: many}
	auction := msg.Command{Kind: msg.SetPhase, Phase: msg.Auction}
	return []long{
		{"cancel-all of 5,000 orders", rest(many, msg.Buy, 1_000), cancelAll(many), many, msg.Canceled},
		{"a taker through 5,000 makers of one price", rest(many, msg.Buy, 1), []msg.Command{sweep}, many, msg.Traded},
		{"a taker through 5,000 makers of 5,000 prices", rest(many, msg.Buy, many), []msg.Command{sweep}, many, msg.Traded},
		{
			"an uncross of 5,000 pairs", append(append([]msg.Command{auction}, rest(many, msg.Buy, 1_000)...), rest(many, msg.Sell, 1_000)...),
			[]msg.Command{{Kind: msg.Uncross}},
			many, msg.Traded,
		},
		{fmt.Sprintf("%d orders that expire at one moment", expiring), rest(expiring, msg.Buy, 1_000), cancelAll(expiring), expiring, msg.Canceled},
	}
}

// rest returns orders of one lot over so many prices, in turns: buys from mid down,
// sells of the other account from there up, so that in an auction all can trade.
func rest(n int, side msg.Side, prices int) []msg.Command {
	commands := make([]msg.Command, n)
	for i := range commands {
		// Neighbors in time are not neighbors in price.
		at := msg.Price(i * 7919 % prices)
		c := msg.Command{Kind: msg.Place, Account: first, Side: side, Price: longMid - at, Qty: 1}
		if side == msg.Sell {
			c.Account, c.Price = second, longMid-many-at
		}
		commands[i] = c
	}
	return commands
}

// cancelAll returns the cancel-alls that take n orders: each takes so many at most.
func cancelAll(n int) []msg.Command {
	commands := make([]msg.Command, (n+msg.MaxCancels-1)/msg.MaxCancels)
	for i := range commands {
		commands[i] = msg.Command{Kind: msg.CancelAll, Account: first}
	}
	return commands
}

// longCommands adds what the longest commands take, for each order that they meet
// and altogether.
func (m *measuring) longCommands(ctx context.Context) error {
	s := newStand()
	for _, l := range longs(m.expiring) {
		from, err := l.prepare()
		if err != nil {
			return err
		}
		var perOrder, longest []float64
		for range max(m.samples, fewest) + 1 {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			took, most, err := s.long(&l, from)
			if err != nil {
				return err
			}
			perOrder = append(perOrder, m.clock.nanoseconds(took)/float64(l.meets))
			longest = append(longest, m.clock.nanoseconds(most)/1000)
		}
		// The first round meets memory that was never touched.
		m.Time(sectionLong, l.name+", for each", "ns", perOrder[1:], nil).Note = fmt.Sprintf("%d commands", len(l.commands))
		m.Time(sectionLong, l.name+", the longest command", "µs", longest[1:], nil)
	}
	return nil
}

// prepare returns an engine before the long commands, and numbers them.
func (l *long) prepare() (*engine.Engine, error) {
	load := workload.Shaped(0, workload.Market{Accounts: 2})
	e := prepared(load)
	number(l.before, load.First())
	number(l.commands, load.First()+msg.Seq(len(l.before)))
	var events []msg.Event
	for i := range l.before {
		if events = e.Execute(&l.before[i], events[:0]); events[0].Kind == msg.Rejected {
			return nil, fmt.Errorf("%s: command %d before it is refused: %v", l.name, i, events[0].Reason)
		}
	}
	return e, nil
}

func number(commands []msg.Command, from msg.Seq) {
	for i := range commands {
		c := &commands[i]
		c.Seq, c.Symbol = from+msg.Seq(i), longSymbol
	}
}

// long executes the long commands and returns the ticks of all and of the longest.
func (s *stand) long(l *long, from *engine.Engine) (all, longest uint32, err error) {
	s.engine.CopyFrom(from)
	met := 0
	for i := range l.commands {
		start := ticks()
		events := s.engine.Execute(&l.commands[i], s.events[:0])
		took := short(ticks() - start)
		all, longest = all+took, max(longest, took)
		for j := range events {
			if events[j].Kind == l.kind {
				met++
			}
		}
	}
	if met != l.meets {
		return 0, 0, fmt.Errorf("%s: %d orders were met, want %d", l.name, met, l.meets)
	}
	return all, longest, nil
}
