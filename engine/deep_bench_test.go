package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// deepBook returns an engine with so many open orders of 1000 accounts, at 8192 prices,
// of which every second one has been canceled and placed anew, in random order.
func deepBook(b *testing.B, open int) *engine.Engine {
	b.Helper()
	e := engine.New(engine.Capacity{})
	setup := enginetest.NewShaped(1, 1000).Setup(msg.Balances)
	execute(e, setup)
	r := rand.New(rand.NewPCG(uint64(open), 1))
	ids := make([]msg.OrderID, 0, open)
	accounts := make([]msg.AccountID, 0, open)
	var events []msg.Event
	for n := range open + open/2 {
		i := n
		c := msg.Command{Seq: e.Seq() + 1, Time: int64(n), Symbol: 1}
		if n >= open {
			i = r.IntN(open)
			c.Kind, c.Account, c.Order = msg.Cancel, accounts[i], ids[i]
			events = e.Execute(&c, events[:0])
			c = msg.Command{Seq: e.Seq() + 1, Time: int64(n), Symbol: 1}
		} else {
			ids, accounts = append(ids, 0), append(accounts, 0)
		}
		c.Kind, c.Account, c.Side, c.Qty = msg.Place, 1+msg.AccountID(r.IntN(1000)), msg.Side(r.IntN(2)), 1+msg.Qty(r.IntN(100))
		c.Price = 33_504 - 1 - msg.Price(r.IntN(4096))
		if c.Side == msg.Sell {
			c.Price = 33_504 + msg.Price(r.IntN(4096))
		}
		events = e.Execute(&c, events[:0])
		ids[i], accounts[i] = msg.OrderID(c.Seq), c.Account
	}
	if e.OpenOrders() != open {
		b.Fatalf("%d orders are open, want %d", e.OpenOrders(), open)
	}
	return e
}

// BenchmarkStandAgain compares the ways back to a state: an engine that is copied, one
// that was packed, and an image that is restored.
func BenchmarkStandAgain(b *testing.B) {
	for _, open := range []int{1000, 100_000, 1_000_000} {
		e := deepBook(b, open)
		into := engine.New(engine.Capacity{})
		b.Run(fmt.Sprintf("copy/%d", open), func(b *testing.B) {
			into.CopyFrom(e)
			b.ReportAllocs()
			for b.Loop() {
				into.CopyFrom(e)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(open), "ns/order")
		})
		b.Run(fmt.Sprintf("pack/%d", open), func(b *testing.B) {
			for b.Loop() {
				e.Pack(nil)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(open), "ns/order")
			b.ReportMetric(float64(e.Pack(nil).Bytes(nil))/float64(open), "bytes/order")
		})
		b.Run(fmt.Sprintf("unpack/%d", open), func(b *testing.B) {
			packed := e.Pack(nil)
			into.Unpack(packed)
			b.ReportAllocs()
			for b.Loop() {
				into.Unpack(packed)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(open), "ns/order")
		})
		b.Run(fmt.Sprintf("restore/%d", open), func(b *testing.B) {
			image := e.AppendState(nil)
			b.ReportMetric(float64(len(image))/float64(open), "bytes/order")
			for b.Loop() {
				if _, err := engine.Restore(image, engine.Capacity{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(open), "ns/order")
		})
	}
}
