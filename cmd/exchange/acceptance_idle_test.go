package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// TestAcceptIdle looks at what the exchange computes while nothing happens, with
// three sockets open: one that follows all of a symbol, one that follows the events
// of an account, and one that rests between two requests.
func TestAcceptIdle(t *testing.T) {
	settle, span, most := time.Second, 2*time.Second, 10.0
	if isLong() {
		settle, span, most = 5*time.Second, 10*time.Second, 2.0
	}
	v := openVenue(t, t.TempDir())
	stream, err := v.client.Subscribe(
		t.Context(), "btcusdt@depth@100ms", "btcusdt@depth20@100ms", "btcusdt@trade", "btcusdt@bookTicker",
		"btcusdt@kline_1s", "btcusdt@ticker", "!miniTicker@arr",
	)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	go func() { // pings are answered by whoever reads
		for _, err := stream.Next(); err == nil; {
			_, err = stream.Next()
		}
	}()
	_, key := v.customer()
	subscribe := client.Method{Name: "userDataStream.subscribe.signature"}
	if _, err := v.connect(v.client).Call(t.Context(), &subscribe, &key, nil); err != nil {
		t.Fatal(err)
	}
	kept, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close() //nolint:errcheck // it is of no more use
	if _, err := kept.Write([]byte("GET /api/v3/ping HTTP/1.1\r\nHost: exchange\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := kept.Read(make([]byte, 4<<10)); err != nil || n == 0 {
		t.Fatalf("ping: %d bytes, %v", n, err)
	}
	time.Sleep(settle)

	pid := v.cmd.Process.Pid
	before, began := cpuTime(t, pid), time.Now()
	time.Sleep(span)
	used, took := cpuTime(t, pid)-before, time.Since(began)
	share := 100 * used.Seconds() / took.Seconds()
	t.Logf("idle with three sockets: %v of processor time in %v, %.2f %% of a core", used, took.Round(time.Millisecond), share)
	if share >= most {
		t.Errorf("idle takes %.2f %% of a core, want less than %v %%", share, most)
	}
	if n := v.metric("exchange_connections"); n < 3 {
		t.Errorf("%v connections are open, want the three", n)
	}
}
