package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// deaf asks for much and does not read it.
func (v *venue) deaf(t *testing.T, times int) *socketPeer {
	t.Helper()
	p := v.websocket(t, "/ws-api/v3")
	ask := textFrame(`{"id":1,"method":"exchangeInfo"}`)
	for range times {
		if err := p.say(ask); err != nil {
			break
		}
	}
	return p
}

// hearsWhole reads what a deaf one has been sent: whole answers, some of which may say
// that too many requests were under way, and then the reason for the end.
func (p *socketPeer) hearsWhole(t *testing.T, reason string) (answers int) {
	t.Helper()
	_ = p.SetDeadline(time.Now().Add(peerPatience))
	for ; ; answers++ {
		got, err := p.next()
		switch {
		case err != nil:
			t.Errorf("after %d answers: %v, want %s", answers, err, reason)
			return answers
		case got == reason:
			return answers
		case !strings.HasPrefix(got, "text:{\"id\":1,\"status\":") || !strings.HasSuffix(got, "}"):
			t.Errorf("heard %.100q", got)
			return answers
		}
	}
}

func showQueueBytes(t *testing.T, v *venue) {
	p := v.deaf(t, 4_000)
	fit(t, "the slow one is open", func() bool { return v.metric("exchange_slow_consumer_closes_total") == 1 })
	p.hearsWhole(t, "close:1008 slow consumer: too much waits to be sent")
}

func showStallTimeout(t *testing.T, v *venue) {
	began := time.Now()
	p := v.deaf(t, 2_000)
	fit(t, "the slow one is open", func() bool { return v.metric("exchange_slow_consumer_closes_total") == 1 })
	if took := time.Since(began); took < brief {
		t.Errorf("closed after %v", took)
	}
	p.hearsWhole(t, "close:1008 slow consumer: took nothing for 300ms")
}

// showSocketBytes reads from the operating system how much it holds for a client that
// does not read, which is about what it was asked for.
func showSocketBytes(t *testing.T, v *venue) {
	p := v.deaf(t, 2_000)
	const most = 2*8192 + 64<<10 // the system doubles what it is asked for, and may hold one piece more
	var held int64
	for range 20 {
		held = max(held, sentAndHeld(t, p))
		time.Sleep(10 * time.Millisecond) // for more to be sent
	}
	if held == 0 || held > most {
		t.Errorf("the system holds %d bytes, want 1 to %d", held, most)
	}
	other := openVenue(t, t.TempDir(), "--socket-bytes", "1048576", "--stall-timeout", "1m", "--queue-bytes", "67108864", "--close-wait", "100ms")
	q := other.deaf(t, 2_000)
	fit(t, "the system never holds more for who asks for more", func() bool { return sentAndHeld(t, q) > most })
	_, _ = p.Close(), q.Close()
	other.end()
}

// sentAndHeld returns how many bytes the exchange has sent to a client that the
// client's system has not taken.
func sentAndHeld(t *testing.T, p *socketPeer) int64 {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Skipf("the system does not tell what it holds: %v", err)
	}
	port := func(a net.Addr) string {
		_, text, _ := net.SplitHostPort(a.String())
		n, _ := strconv.Atoi(text)
		return fmt.Sprintf(":%04X", n)
	}
	here, there := port(p.LocalAddr()), port(p.RemoteAddr())
	for line := range bytes.Lines(table) {
		// The columns: a number, the address there, the address here, a state, bytes to send and to read.
		f := strings.Fields(string(line))
		if len(f) < 5 || !strings.HasSuffix(f[1], there) || !strings.HasSuffix(f[2], here) {
			continue
		}
		held, _, _ := strings.Cut(f[4], ":")
		n, err := strconv.ParseInt(held, 16, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return n
	}
	t.Fatalf("there is no connection from %s to %s", there, here)
	return 0
}

func showPingInterval(t *testing.T, v *venue) {
	for i := range framePlaces {
		p := v.websocket(t, framePlaces[i].path)
		began := time.Now()
		for n := range 3 {
			got, err := p.next()
			text, _ := strings.CutPrefix(got, "ping:")
			ms, notTime := strconv.ParseInt(text, 10, 64)
			if err != nil || notTime != nil || time.Since(time.UnixMilli(ms)).Abs() > 5*time.Second {
				t.Errorf("%s: ping %d: %q, %v", framePlaces[i].path, n, got, err)
			}
		}
		if took := time.Since(began); took < 250*time.Millisecond || took > 2*time.Second {
			t.Errorf("%s: three pings in %v", framePlaces[i].path, took)
		}
	}
}

func showPongWait(t *testing.T, v *venue) {
	for i := range framePlaces {
		silent, wrong, good := v.websocket(t, framePlaces[i].path), v.websocket(t, framePlaces[i].path), v.websocket(t, framePlaces[i].path)
		began := time.Now()
		for n := 0; time.Since(began) < 2*brief; {
			got, err := good.next()
			if err != nil || !strings.HasPrefix(got, "ping:") {
				t.Fatalf("who answers all pings heard %q, %v", got, err)
			}
			n++
			_ = good.say(frameOf(frameFinal|framePong, strings.TrimPrefix(got, "ping:")))
			_ = wrong.say(frameOf(frameFinal|framePong, strconv.Itoa(n))) // a pong to no ping; it may be over
		}
		// It says goodbye, or its silence from here on might count too.
		if err := good.say(frameOf(frameFinal|frameClose, "\x03\xe8")); err != nil {
			t.Fatal(err)
		}
		if got, err := good.untilClosed(); !strings.HasPrefix(got, "close:1000") {
			t.Errorf("%s: who said goodbye heard %q, %v", framePlaces[i].path, got, err)
		}
		for what, p := range map[string]*socketPeer{"who is silent": silent, "who answers what was not asked": wrong} {
			if got, err := p.untilClosed(); got != "close:1008 no pong for 300ms" {
				t.Errorf("%s: %s heard %q, %v", framePlaces[i].path, what, got, err)
			}
		}
	}
	if got, want := v.metric("exchange_silent_closes_total"), float64(2*len(framePlaces)); got != want {
		t.Errorf("%v silent closes are counted, want %v", got, want)
	}
}

func showLife(t *testing.T, v *venue) {
	for i := range framePlaces {
		began := time.Now()
		p := v.websocket(t, framePlaces[i].path)
		got, err := p.untilClosed()
		if took := time.Since(began); got != "close:1001 connected for 300ms" || took < brief || took > afterBrief {
			t.Errorf("%s: heard %q, %v after %v", framePlaces[i].path, got, err, took)
		}
	}
}

// showCloseWait has a client not answer a close: it is over when its time is.
func showCloseWait(t *testing.T, v *venue) {
	for i := range framePlaces {
		p := v.websocket(t, framePlaces[i].path)
		if err := p.say(frameOf(frameFinal|frameBinary, "x")); err != nil {
			t.Fatal(err)
		}
		p.hearsOf(t, heardBinary)
		_ = p.say(pingFrame("no answer")) // which is not one to the close
		p.endsAfter(t, brief-50*time.Millisecond, afterBrief)
	}
}

func showSubscriptions(t *testing.T, v *venue) {
	for i := range 2 {
		place := &framePlaces[i]
		p := v.websocket(t, place.path)
		p.tell(t, `{"id":1,"method":"SUBSCRIBE","params":["a@trade","b@trade"]}`)
		p.hearsOf(t, `text:{"result":null,"id":1}`)
		p.tell(t, `{"id":2,"method":"SUBSCRIBE","params":["c@trade","d@trade"]}`)
		p.hearsOf(t, `text:{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":2}`)
		p.tell(t, `{"id":3,"method":"SUBSCRIBE","params":["a@trade","c@trade"]}`)
		p.hearsOf(t, `text:{"result":null,"id":3}`)
		p.tell(t, `{"id":4,"method":"SUBSCRIBE","params":["d@trade"]}`)
		p.hearsOf(t, `text:{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":4}`)
		p.tell(t, `{"id":5,"method":"UNSUBSCRIBE","params":["a@trade"]}`)
		p.hearsOf(t, `text:{"result":null,"id":5}`)
		p.tell(t, `{"id":6,"method":"SUBSCRIBE","params":["d@trade"]}`)
		p.hearsOf(t, `text:{"result":null,"id":6}`)
		p.tell(t, `{"id":7,"method":"LIST_SUBSCRIPTIONS"}`)
		p.hearsOf(t, `text:{"result":["b@trade","c@trade","d@trade"],"id":7}`)
	}
	v.websocket(t, "/ws/a@trade/b@trade/c@trade")
	v.websocket(t, "/stream?streams=a@trade/b@trade/c@trade")
	for _, path := range []string{"/ws/a@trade/b@trade/c@trade/d@trade", "/stream?streams=a@trade/b@trade/c@trade/d@trade"} {
		p := v.peer(t)
		if err := p.say([]byte(handshakeAt(path))); err != nil {
			t.Fatal(err)
		}
		p.answers(t, path, 400, `{"code":-1101,"msg":"Too many streams, or the name of one is too long."}`)
	}
}

func showStreams(t *testing.T, v *venue) {
	first := v.websocket(t, "/ws/btcusdt@trade/btcusdt@depth")
	second := v.websocket(t, "/ws/btcusdt@trade/btcusdt@depth") // which are no new ones
	second.tell(t, `{"id":1,"method":"SUBSCRIBE","params":["ethusdt@trade"]}`)
	second.hearsOf(t, `text:{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":1}`)
	p := v.peer(t)
	if err := p.say([]byte(handshakeAt("/ws/ethusdt@trade"))); err != nil {
		t.Fatal(err)
	}
	p.answers(t, "a third stream", 400, `{"code":-1101,"msg":"Too many streams, or the name of one is too long."}`)
	second.tell(t, `{"id":2,"method":"UNSUBSCRIBE","params":["btcusdt@trade"]}`)
	second.hearsOf(t, `text:{"result":null,"id":2}`)
	second.tell(t, `{"id":3,"method":"SUBSCRIBE","params":["ethusdt@trade"]}`) // the first one has both still
	second.hearsOf(t, `text:{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":3}`)
	first.tell(t, `{"id":4,"method":"UNSUBSCRIBE","params":["btcusdt@trade"]}`)
	first.hearsOf(t, `text:{"result":null,"id":4}`)
	second.tell(t, `{"id":5,"method":"SUBSCRIBE","params":["ethusdt@trade"]}`)
	second.hearsOf(t, `text:{"result":null,"id":5}`)
}

// tellsTimes waits for as many messages that begin so, in any order.
func (p *socketPeer) tellsTimes(t *testing.T, n int) (list []string) {
	t.Helper()
	for len(list) < n {
		got, err := p.next()
		if err != nil {
			t.Fatalf("after %d messages: %v", len(list), err)
		}
		if text, ok := strings.CutPrefix(got, "text:"); ok {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list
}
