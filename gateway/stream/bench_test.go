package stream

import (
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// benchPeers is to how many connections a message goes.
const benchPeers = 100

// BenchmarkFanOut sends trades to 100 connections of this process, which take all
// they get: through a hub that joins what waits, and one write for each message and
// connection. An iteration is one trade.
//
//	go test -run '^$' -bench FanOut ./gateway/stream
func BenchmarkFanOut(b *testing.B) {
	b.Run("joined", func(b *testing.B) {
		s := serve(b, gateway.Limits{QueueBytes: 64 << 20})
		total := int64(0)
		for range benchPeers {
			c := s.dial("/ws/btcusdt@trade").NetConn()
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
		s.place(1, s.btc, msg.Sell, 100, msg.Qty(b.N))
		b.ResetTimer()
		for range b.N {
			s.place(2, s.btc, msg.Buy, 100, 1)
			total += benchPeers
		}
		for s.server.Stats().MessagesOut < uint64(total) {
			runtime.Gosched()
		}
		b.StopTimer()
		b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "deliveries/s")
	})
	b.Run("one by one", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		var peers [benchPeers]net.Conn
		for i := range peers {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if peers[i], err = l.Accept(); err != nil {
				b.Fatal(err)
			}
			defer func() { _ = peers[i].Close() }()
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
		x := newBench(b, gateway.Limits{})
		m := x.hub.market(x.views, x.btc)
		frame := gateway.AppendFrame(nil, appendTrade(nil, m, &tradeRecord{symbol: x.btc, id: 1, price: 100, qty: 1, time: start}, false))
		b.ResetTimer()
		for range b.N {
			for _, p := range peers {
				if _, err := p.Write(frame); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)*benchPeers/b.Elapsed().Seconds(), "deliveries/s")
	})
}

// BenchmarkFold is what a subscriber costs the publisher: a trade that changes the
// best price, with nobody listening and with everybody.
func BenchmarkFold(b *testing.B) {
	for _, target := range []string{"/ws", "/ws/btcusdt@trade/btcusdt@aggTrade/btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@kline_1m/btcusdt@ticker"} {
		b.Run(target, func(b *testing.B) {
			x := newBench(b, gateway.Limits{})
			x.open(target)
			x.place(1, x.btc, msg.Sell, 100, 1_000)
			c := msg.Command{Kind: msg.Place, Account: 2, Symbol: x.btc, Side: msg.Buy, Price: 100, Qty: 1}
			events := x.do(c)
			x.round()
			b.ReportAllocs()
			for b.Loop() {
				x.hub.Fold(x.views, &c, events)
				if x.hub.inbox.batch.len() > 1_000 {
					x.hub.inbox.batch.reset()
				}
			}
		})
	}
}
