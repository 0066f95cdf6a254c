package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// watchedPicture is a market that was made up.
func watchedPicture() picture {
	p := picture{symbol: "BTCUSDT", base: "BTC"}
	p.decimals.price, p.decimals.quantity = 2, 5
	for i := range 20 {
		p.asks = append(p.asks, client.Level{Price: fmt.Sprintf("%d.50000000", 60_001+i), Quantity: fmt.Sprintf("0.%02d000000", 1+i)})
		p.bids = append(p.bids, client.Level{Price: fmt.Sprintf("%d.25000000", 60_000-i), Quantity: fmt.Sprintf("0.%02d000000", 2+i)})
	}
	const minute = 60_000
	for i := range int64(40) {
		level := 60_000 + i%7*3
		p.bars = append(p.bars, client.Bar{
			Open: i * minute, First: fmt.Sprintf("%d.0", level), High: fmt.Sprintf("%d.0", level+5), Low: fmt.Sprintf("%d.0", level-4),
			Latest: fmt.Sprintf("%d.0", level+2-i%3*2), Volume: fmt.Sprintf("%d.0", i%5),
		})
		p.trades = append(p.trades, client.Trade{
			ID: i, Price: fmt.Sprintf("%d.25000000", 60_000+i%3), Quantity: "0.12345000", Time: 34_200_000 + i*1000, BuyerMaker: i%3 == 0,
		})
	}
	p.ticker = client.Ticker{Percent: "-1.250", High: "61000.00000000", Low: "59000.00000000", Volume: "12345.60000000", Count: 4711}
	return p
}

// plainText returns a screen without its colours, and without spaces at the ends of
// lines.
func plainText(screen string) string {
	return regexp.MustCompile(`\x1b\[[0-9;]*m| +(\x1b\[[0-9;]*m)?(\n)`).ReplaceAllString(screen, "$2")
}

// compareScreen compares a screen with a file of testdata/watch.
func compareScreen(t *testing.T, name, screen string) {
	t.Helper()
	file := filepath.Join("testdata", "watch", name+".txt")
	if os.Getenv("EXCHANGE_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(screen+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), screen+"\n"); diff != "" {
		t.Errorf("the screen is not that of %s (-want +got):\n%s", file, diff)
	}
}

// TestWatchScreens draws screens of several sizes and states. None is larger than
// the terminal.
func TestWatchScreens(t *testing.T) {
	typing := func(m *watchModel) { m.typing, m.typed = true, "@34200" }
	recorded := func(m *watchModel) {
		m.player, m.state = &player{}, linkState{text: "day", good: true}
		m.seq, m.happens = "command 7 of 9  1970-01-01 09:30:00.000000001", "accepted, traded ◂ place account=1"
	}
	for _, c := range []struct {
		name          string
		width, height int
		change        []func(*watchModel)
	}{
		{"live", 80, 24, nil},
		{"wide", 132, 30, nil},
		{"least", leastWidth, leastHeight, nil},
		{"small", 40, 10, nil},
		{"lost", 80, 24, []func(*watchModel){func(m *watchModel) {
			m.state = linkState{text: "connecting to 127.0.0.1:8080: GET /api/v3/exchangeInfo: not sent: connection refused"}
		}}},
		{"empty", 80, 24, []func(*watchModel){func(m *watchModel) { m.picture = picture{symbol: "BTCUSDT", status: "HALT"} }}},
		{"recorded", 80, 24, []func(*watchModel){recorded, func(m *watchModel) { m.playing, m.speed = true, 3 }}},
		{"typing", 80, 24, []func(*watchModel){recorded, typing}},
		{"trouble", 80, 24, []func(*watchModel){recorded, func(m *watchModel) { m.show(frame{err: errors.New("10 is beyond the end")}) }}},
	} {
		m := &watchModel{picture: watchedPicture(), state: linkState{text: "live 127.0.0.1:8080", good: true}}
		m.Update(tea.WindowSizeMsg{Width: c.width, Height: c.height})
		for _, change := range c.change {
			change(m)
		}
		screen := plainText(m.draw())
		compareScreen(t, c.name, screen)
		lines := strings.Split(screen, "\n")
		if c.name != "small" && len(lines) != c.height {
			t.Errorf("%s: %d lines on %d", c.name, len(lines), c.height)
		}
		for _, line := range lines {
			if n := len([]rune(line)); n > c.width && c.name != "small" {
				t.Errorf("%s: a line of %d characters on %d: %s", c.name, n, c.width, line)
			}
		}
	}
}

// TestWatchScreenSizes draws on terminals of all sizes.
func TestWatchScreenSizes(t *testing.T) {
	m := &watchModel{picture: watchedPicture(), player: &player{}}
	for width := 0; width < 160; width += 7 {
		for height := range 60 {
			m.Update(tea.WindowSizeMsg{Width: width, Height: height})
			if screen := m.draw(); width >= leastWidth && height >= leastHeight && strings.Count(screen, "\n") != height-1 {
				t.Fatalf("%d x %d: %d lines", width, height, strings.Count(screen, "\n")+1)
			}
		}
	}
}

func TestWatchBar(t *testing.T) {
	for share, want := range map[float64]string{0: "", 0.5: "██", 1: "████", 0.53: "██▏", 2: "████", -1: "", 0.24: "▉"} {
		if share == 0.24 {
			want = "█" // of 32 parts 7.68, rounded
		}
		if got := bar(share, 4); got != want {
			t.Errorf("%v of 4: got %q, want %q", share, got, want)
		}
	}
}

func TestCutDecimal(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     string
	}{{"1.23000000", 2, "1.23"}, {"1.00000000", 0, "1"}, {"1", 2, "1.00"}, {"-0.5", 3, "-0.500"}, {"", 2, ".00"}} {
		if got := cutDecimal(c.text, c.decimals); got != c.want {
			t.Errorf("%s with %d: got %s, want %s", c.text, c.decimals, got, c.want)
		}
	}
}

// TestWatchGathering puts a picture together from events.
func TestWatchGathering(t *testing.T) {
	g := newGathering("BTCUSDT")
	take := func(stream, data string, want bool) {
		t.Helper()
		ok, err := g.take(&client.Message{Stream: stream, Data: []byte(data)})
		if err != nil || ok != want {
			t.Errorf("%s %s: %v, %v", stream, data, ok, err)
		}
	}
	take("btcusdt@depth@100ms", `{"e":"depthUpdate","U":1,"u":2,"b":[["1.0","2.0"]],"a":[]}`, false)
	if p := g.look(); len(p.bids) != 0 {
		t.Errorf("before a depth there are bids %v", p.bids)
	}
	if !g.book.Join(&client.Depth{UpdateID: 1}) {
		t.Fatal("the depth was not taken")
	}
	take("btcusdt@depth@100ms", `{"U":3,"u":3,"b":[],"a":[["3.0","1.0"]]}`, true)
	take("btcusdt@trade", `{"e":"trade","E":1,"t":5,"p":"2.0","q":"1.0","T":7,"m":true,"M":true}`, true)
	take("btcusdt@trade", `{"e":"trade","E":1,"t":5,"p":"2.0","q":"1.0","T":7,"m":true,"M":true}`, true)
	take("btcusdt@kline_1m", `{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":0,"T":59999,"o":"1","c":"2","h":"3","l":"0.5","v":"4","V":"1","L":5}}`, true)
	take("btcusdt@kline_1m", `{"k":{"t":0,"o":"1","c":"2.5","h":"3","l":"0.5","v":"5"}}`, true)
	take("btcusdt@kline_1m", `{"k":{"t":60000,"o":"2.5","c":"2.5","h":"2.5","l":"2.5","v":"0"}}`, true)
	take("btcusdt@ticker", `{"e":"24hrTicker","E":1,"p":"1","P":"2.5","c":"2","C":9,"h":"3","l":"1","v":"4","q":"8","Q":"1","n":6,"o":"1","O":2}`, true)
	take("other@trade", `{}`, true)
	p := g.look()
	if !slices.Equal(p.bids, []client.Level{{Price: "1.0", Quantity: "2.0"}}) || !slices.Equal(p.asks, []client.Level{{Price: "3.0", Quantity: "1.0"}}) {
		t.Errorf("the book is %v %v", p.bids, p.asks)
	}
	if !slices.Equal(p.trades, []client.Trade{{ID: 5, Price: "2.0", Quantity: "1.0", Time: 7, BuyerMaker: true}}) || p.latest() != "2.0" {
		t.Errorf("the trades are %v", p.trades)
	}
	if len(p.bars) != 2 || p.bars[0].Latest != "2.5" || p.bars[0].Volume != "5" {
		t.Errorf("the bars are %v", p.bars)
	}
	if p.ticker != (client.Ticker{Change: "1", Percent: "2.5", Last: "2", High: "3", Low: "1", Volume: "4", QuoteVolume: "8", Count: 6}) {
		t.Errorf("the ticker is %+v", p.ticker)
	}
	if _, err := g.take(&client.Message{Stream: "btcusdt@trade", Data: []byte(`[]`)}); err == nil {
		t.Error("an event that is none was taken")
	}
	take("btcusdt@depth@100ms", `{"U":9,"u":9,"b":[],"a":[]}`, false) // a gap
}

// TestWatchUsage holds the command line to its rules. There is no terminal.
func TestWatchUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"watch", exitUsage, "SYMBOL is missing"},
		{"watch ,", exitUsage, "the symbol"},
		{"watch BTCUSDT --at 5", exitUsage, "--at needs --data"},
		{"watch BTCUSDT --url http://127.0.0.1:1 --data x", exitUsage, "do not go together"},
		{"watch BTCUSDT --url ftp://x", exitFailed, "http://HOST:PORT"},
		{"watch BTCUSDT", exitFailed, "needs a terminal"},
		{"watch BTCUSDT --data " + filepath.Join(t.TempDir(), "none"), exitFailed, "does not exist"},
	} {
		var out, complaints strings.Builder
		if code := run(strings.Fields(c.args), &out, &complaints); code != c.code || !strings.Contains(complaints.String(), c.says) {
			t.Errorf("%s: exit code %d, %q, want %d with %q", c.args, code, complaints.String(), c.code, c.says)
		}
	}
}

// TestWatchLive follows an exchange with a demonstration, through a kill. When the
// market has come to rest the book is that of the exchange.
func TestWatchLive(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--demo")
	address := strings.TrimPrefix(s.url, "http://")
	ctx, stop := context.WithCancel(t.Context())
	c, err := client.New(ctx, s.url, client.Options{Timeout: liveTimeout})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var shown picture
	var state linkState
	var follower sync.WaitGroup
	follower.Go(func() {
		followLive(ctx, c, "BTCUSDT", func(m tea.Msg) {
			mu.Lock()
			defer mu.Unlock()
			switch v := m.(type) {
			case picture:
				shown = v
			case linkState:
				state = v
			}
		})
	})
	defer follower.Wait()
	defer stop()
	complete := func() error {
		mu.Lock()
		defer mu.Unlock()
		if !state.good || len(shown.bids) < 10 || len(shown.asks) < 10 || len(shown.trades) == 0 || len(shown.bars) == 0 || shown.ticker.Count == 0 {
			return fmt.Errorf("%+v, picture %+v", state, shown)
		}
		return nil
	}
	eventually(t, complete)
	_ = s.stop(syscall.SIGKILL)
	eventually(t, func() error {
		mu.Lock()
		defer mu.Unlock()
		if state.good || !strings.Contains(state.text, "connecting to "+address) {
			return fmt.Errorf("%+v", state)
		}
		return nil
	})
	serve(t, dir, "--listen", address) // without traders
	eventually(t, complete)
	eventually(t, func() error {
		depth, err := c.Depth(ctx, "BTCUSDT", pictureLevels)
		mu.Lock()
		defer mu.Unlock()
		return errors.Join(err, differs("bids", depth.Bids, shown.bids), differs("asks", depth.Asks, shown.asks))
	})
}

func differs(what string, want, got []client.Level) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("%s (-exchange +shown):\n%s", what, diff)
	}
	return nil
}
