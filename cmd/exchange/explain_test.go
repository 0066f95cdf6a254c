package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// recordStream has a pipeline decide a random stream, whose commands keep their
// times, and returns its commands and the naive exchange after each of them, which
// visit sees.
func recordStream(t *testing.T, seed uint64, n int, visit func(*enginetest.Naive, *msg.Command, []msg.Event)) (dir string, commands []msg.Command) {
	t.Helper()
	naive := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, naive)
	for range n {
		c := stream.Next()
		if c.Check() != nil {
			continue // the pipeline does not take it
		}
		events := naive.Execute(&c)
		if visit != nil {
			visit(naive, &c, events)
		}
		commands = append(commands, c)
	}
	return record(t, commands), commands
}

// record writes the journal of commands into a new data directory.
func record(t *testing.T, commands []msg.Command) (dir string) {
	t.Helper()
	dir = t.TempDir()
	p, err := pipeline.Start(pipeline.Options{Dir: dir, Clock: func() int64 { return 0 }, MaxOrders: -1, Sync: pipeline.Sync{Mode: pipeline.SyncNever}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range commands {
		var r pipeline.Result
		if err := p.Do(context.Background(), &commands[i], &r); err != nil {
			t.Fatalf("command %d: %v", i+1, err)
		}
		if r.Seq != commands[i].Seq {
			t.Fatalf("command %d has sequence %d", i+1, r.Seq)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// watchedOrder is what the naive exchange shows of one order, counted in another way: by
// comparing the books before and after each command.
type watchedOrder struct {
	Rests         bool
	Ahead, Better int // when it came to rest
	AheadQty      msg.Qty
	Traded, Open  msg.Qty
	Ended         bool
	Fills         []msg.TradeID
	StillAhead    int
	StillQty      msg.Qty
	NumberNow     int // of an order that is open at the end
	symbol        msg.SymbolID
	side          msg.Side
	price         msg.Price
	accepted      bool
}

// watchAll returns what the naive exchange shows of every order that was accepted.
func watchAll(all map[msg.OrderID]*watchedOrder) func(*enginetest.Naive, *msg.Command, []msg.Event) {
	return func(n *enginetest.Naive, c *msg.Command, events []msg.Event) {
		for _, v := range events {
			if v.Kind == msg.Accepted {
				all[v.Order] = &watchedOrder{accepted: true, symbol: c.Symbol, side: c.Side, price: c.Price}
			}
			if v.Kind == msg.Traded {
				for _, id := range []msg.OrderID{v.Order, v.Taker} {
					all[id].Traded += v.Qty
					all[id].Fills = append(all[id].Fills, v.Trade)
				}
			}
		}
		if c.Symbol == 0 || int(c.Symbol) > n.Symbols() {
			return
		}
		books := [2][]enginetest.Order{n.Orders(c.Symbol, msg.Buy), n.Orders(c.Symbol, msg.Sell)}
		for id, w := range all {
			if w.symbol == c.Symbol && !w.Ended {
				w.look(id, books[w.side])
			}
		}
	}
}

// look finds the order in the book of its side.
func (w *watchedOrder) look(id msg.OrderID, book []enginetest.Order) {
	at := slices.IndexFunc(book, func(o enginetest.Order) bool { return o.ID == id })
	if at < 0 {
		w.Ended, w.Open, w.NumberNow = true, 0, 0
		return
	}
	w.Open, w.NumberNow = book[at].Open, at+1
	w.StillAhead, w.StillQty = 0, 0
	if !w.Rests {
		w.Rests = true
		for _, o := range book[:at] {
			if o.Price == w.price {
				w.Ahead++
				w.AheadQty += o.Open
			} else {
				w.Better++
			}
		}
	}
	for _, o := range book[:at] {
		if o.Price == w.price {
			w.StillAhead++
			w.StillQty += o.Open
		}
	}
}

// TestExplain holds the life of every order of random streams against what the books
// of the naive exchange show from command to command. It shows that the numbers are
// right on flows of all kinds of commands; the words are the scripts' matter.
func TestExplain(t *testing.T) {
	explained, queued, shrunk := 0, 0, 0
	for seed := range uint64(4) {
		all := make(map[msg.OrderID]*watchedOrder)
		dir, commands := recordStream(t, seed, 500, watchAll(all))
		for i := range commands {
			id := msg.OrderID(i + 1)
			past, err := openAfter(dir, commands[i].Seq-1, nil)
			if err != nil {
				t.Fatal(err)
			}
			l, err := follow(past, id, func(msg.Seq) {})
			if err := past.Close(); err != nil {
				t.Fatal(err)
			}
			want := all[id]
			if places := commands[i].Kind == msg.Place || commands[i].Kind == msg.CancelReplace; !places {
				if err == nil {
					t.Fatalf("seed %d: command %d (%v) has the life of an order", seed, id, commands[i].Kind)
				}
				continue
			}
			if err != nil {
				t.Fatalf("seed %d, order %d: %v", seed, id, err)
			}
			if want == nil {
				if l.refused == msg.NoReason {
					t.Errorf("seed %d: order %d was refused, and is told as %s", seed, id, l.status())
				}
				continue
			}
			got := lifeAs(l, want)
			if diff := cmp.Diff(*want, got, cmp.AllowUnexported(watchedOrder{})); diff != "" {
				t.Fatalf("seed %d, order %d (want -, got +):\n%s", seed, id, diff)
			}
			explained++
			if l.queue.orders > 0 {
				queued++
				if l.queue.filled > 0 && l.queue.gone > 0 {
					shrunk++
				}
				if _, left := l.queue.left(); left != l.queue.qty-l.queue.filled-l.queue.gone {
					t.Errorf("seed %d, order %d: of %d in front %d was traded and %d taken off, and %d is left", seed, id, l.queue.qty, l.queue.filled, l.queue.gone, left)
				}
			}
		}
	}
	if explained < 300 || queued < 30 || shrunk < 3 {
		t.Errorf("%d orders explained, %d of them in a queue that both traded and was taken off in %d: too few to show anything", explained, queued, shrunk)
	}
	t.Log(fmt.Sprint(explained, " orders explained"))
}

// lifeAs returns what a life says, as a watchedOrder.
func lifeAs(l *life, like *watchedOrder) watchedOrder {
	w := watchedOrder{
		Rests: l.rests, Ahead: l.queue.orders, Better: l.queue.better, AheadQty: l.queue.qty, Traded: l.traded, Open: l.stillOpen(), Ended: l.ended,
		symbol: like.symbol, side: like.side, price: like.price, accepted: l.refused == msg.NoReason,
	}
	for i := range l.steps {
		if l.steps[i].what == msg.Traded {
			w.Fills = append(w.Fills, l.steps[i].trade)
		}
	}
	w.StillAhead, w.StillQty = l.queue.left()
	if l.ended { // the last look at it was before the command that ended it
		w.StillAhead, w.StillQty = like.StillAhead, like.StillQty
	} else {
		w.NumberNow = w.StillAhead + l.queue.betterLeft.orders + 1
	}
	return w
}
