package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// openDebugger stands at the end of a data directory.
func openDebugger(t *testing.T, dir string) *debugger {
	t.Helper()
	line, err := timeline.Open(t.Context(), dir, timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	return &debugger{dir: "day", line: line}
}

// pressed gives a model a message and carries out what it asks for.
func pressed(m *debugModel, message tea.Msg) {
	_, cmd := m.Update(message)
	if cmd == nil {
		return
	}
	if v, ok := cmd().(done); ok {
		m.Update(v)
	}
}

// typeOn presses the keys of a text one after the other; a tilde is the enter key.
func typeOn(m *debugModel, text string) {
	for _, r := range text {
		if r == '~' {
			pressed(m, tea.KeyPressMsg{Code: tea.KeyEnter})
			continue
		}
		pressed(m, keyOf(r))
	}
}

// TestDebugScreens drives the screen by keys and compares what is drawn, on terminals
// of several sizes.
func TestDebugScreens(t *testing.T) {
	data := recordedDay(t)
	for _, c := range []struct {
		name          string
		width, height int
		keys          string
	}{
		{"end", 80, 24, ""},
		{"wide", 140, 30, "hw best_ask(FLOWUSD)~ubest_ask(FLOWUSD) empties~,"},
		{"half", 100, 24, "gfirst~utrade~,w spread(FLOWUSD)~b trade price > 100~"},
		{"watching", 100, 24, "w best_bid(FLOWUSD)~w trade~b trade price > 100~gfirst~r"},
		{"back", 100, 24, "Uevent traded~porder 11~"},
		{"trouble", 80, 24, "utrade~"},
		{"typing", 80, 24, ":print ord"},
		{"beginning", 80, 24, "jjj"},
		{"help", 120, 30, "?]"},
		{"least", leastWidth, leastHeight, "hh"},
		{"small", 40, 10, ""},
	} {
		m := newDebugModel(openDebugger(t, data))
		m.Update(tea.WindowSizeMsg{Width: c.width, Height: c.height})
		typeOn(m, c.keys)
		screen := plainText(m.draw())
		compareScreen(t, "../debug/"+c.name, screen)
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

// TestDebugScreenSizes draws on terminals of all sizes.
func TestDebugScreenSizes(t *testing.T) {
	m := newDebugModel(openDebugger(t, recordedDay(t)))
	typeOn(m, "w orders~b trade~hhh,?")
	for width := 0; width < 160; width += 7 {
		for height := range 60 {
			m.Update(tea.WindowSizeMsg{Width: width, Height: height})
			if screen := m.draw(); width >= leastWidth && height >= leastHeight && strings.Count(screen, "\n") != height-1 {
				t.Fatalf("%d x %d: %d lines", width, height, strings.Count(screen, "\n")+1)
			}
		}
	}
}

// TestDebugKeys holds each key to what it does, and the prompt with its history.
func TestDebugKeys(t *testing.T) {
	d := openDebugger(t, recordedDay(t))
	m := newDebugModel(d)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	last, _ := d.line.Last()
	at := func(what string, fromEnd int64, event int) {
		t.Helper()
		if p := d.line.Position(); int64(p.Seq)-int64(last) != fromEnd || p.Event != event || m.busy {
			t.Errorf("%s: at %+v of %d, want %d from the end, event %d; busy %v", what, p, last, fromEnd, event, m.busy)
		}
	}
	at("opened", 0, 2)
	for _, k := range []struct {
		code    rune
		fromEnd int64
		event   int
	}{
		{tea.KeyLeft, -1, 1},
		{tea.KeyLeft, -2, 2},
		{tea.KeyRight, -1, 1},
		{tea.KeyUp, 0, 2},
		{tea.KeyHome, -int64(last), 0},
		{tea.KeyPgUp, 0, 2},
		{tea.KeyDown, -int64(last), 0},
		{tea.KeyEnd, 0, 2},
		{tea.KeyPgDown, -int64(last), 0},
		{tea.KeyEnd, 0, 2},
	} {
		pressed(m, tea.KeyPressMsg{Code: k.code})
		at(tea.KeyPressMsg{Code: k.code}.String(), k.fromEnd, k.event)
	}
	typeOn(m, ",")
	at("event back", 0, 1)
	if screen := plainText(m.draw()); !strings.Contains(screen, "half done: event 1 of 2") || !strings.Contains(screen, "… traded") {
		t.Errorf("half done, the screen is\n%s", screen)
	}
	typeOn(m, ",")
	at("event back", -1, 1)
	typeOn(m, "..")
	at("events forward", 0, 2)
	typeOn(m, "r")
	if !m.bad || !strings.Contains(m.message, "there are no breakpoints") {
		t.Errorf("run without breakpoints: %q", m.message)
	}
	typeOn(m, "b trade~R")
	at("run back", -2, 2)
	if m.bad || !strings.HasPrefix(m.message, "breakpoint 1: trade") {
		t.Errorf("at a breakpoint: %q", m.message)
	}
	typeOn(m, "r")
	at("run", 0, 2)

	// The prompt: history, editing, escape, one command at a time.
	pressed(m, tea.KeyPressMsg{Code: tea.KeyEnter})
	pressed(m, tea.KeyPressMsg{Code: tea.KeyUp})
	if m.typed != "break add trade" {
		t.Errorf("the last command was %q", m.typed)
	}
	pressed(m, tea.KeyPressMsg{Code: tea.KeyUp})
	pressed(m, tea.KeyPressMsg{Code: tea.KeyDown})
	pressed(m, tea.KeyPressMsg{Code: tea.KeyDown})
	if m.typed != "" {
		t.Errorf("after the newest comes %q", m.typed)
	}
	m.Update(tea.PasteMsg{Content: "print\x07 statsé"})
	pressed(m, tea.KeyPressMsg{Code: tea.KeyBackspace})
	if m.typed != "print stat" {
		t.Errorf("typed %q", m.typed)
	}
	typeOn(m, "s~")
	if m.pane != "print stats" || !strings.Contains(plainText(m.draw()), "open orders  1") {
		t.Errorf("the pane is %q", m.pane)
	}
	typeOn(m, ":goto 3; step~")
	if !m.bad || m.message != "one command at a time, not 2" {
		t.Errorf("two commands: %q", m.message)
	}
	typeOn(m, "g")
	pressed(m, tea.KeyPressMsg{Code: tea.KeyEscape})
	if m.typing || m.busy {
		t.Error("escape does not end typing")
	}
	for _, want := range []string{firstPane, "print queue bid", "print orders"} {
		pressed(m, tea.KeyPressMsg{Code: tea.KeyTab})
		if m.pane != want {
			t.Errorf("the next pane is %q, want %q", m.pane, want)
		}
	}
	if _, cmd := m.Update(keyOf('q')); cmd == nil {
		t.Error("q does nothing")
	} else if _, quit := m.Update(cmd()); quit == nil || quit() != (tea.QuitMsg{}) {
		t.Error("q does not quit")
	}
}

// TestDebugStops ends a search that is under way: it stays where it was.
func TestDebugStops(t *testing.T) {
	d := openDebugger(t, recordedDay(t))
	m := newDebugModel(d)
	before := d.line.Position()
	_, search := m.Update(tea.KeyPressMsg{Code: 'U', Text: "U"})
	if search != nil || !m.typing {
		t.Fatal("U does not ask for a condition")
	}
	typeOn(m, "seq < 0")
	_, search = m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	if search == nil || !m.busy {
		t.Fatal("nothing is searched")
	}
	if _, other := m.Update(keyOf('h')); other != nil {
		t.Error("a key was heard while a search was under way")
	}
	m.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	m.Update(search())
	if m.busy || !m.bad || m.message != "interrupted" || d.line.Position() != before {
		t.Errorf("busy %v, %q, at %+v", m.busy, m.message, d.line.Position())
	}
}

// TestDebugDamaged shows what is sound of a journal that is not, on the screen too.
func TestDebugDamaged(t *testing.T) {
	data, lied := recordedDay(t), filepath.Join(t.TempDir(), "lied")
	if err := forge(data, lied, "digest"); err != nil {
		t.Fatal(err)
	}
	d := openDebugger(t, lied)
	m := newDebugModel(d)
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 24})
	if screen := plainText(m.draw()); !strings.Contains(screen, "damaged") || !strings.Contains(screen, "the past can be shown up to command") {
		t.Errorf("the screen is\n%s", screen)
	}
	if _, err := d.do(t.Context(), "refresh"); err == nil {
		t.Error("what is damaged was read on")
	}
}

// TestDebugLive stands in the past of a running exchange, and takes in what it adds.
func TestDebugLive(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--demo")
	d := openDebugger(t, dir)
	eventually(t, func() error {
		said, err := d.do(t.Context(), "refresh")
		if err != nil {
			return err
		}
		if strings.HasPrefix(said.text, "0 commands") {
			return errors.New("nothing was added")
		}
		_, err = d.do(t.Context(), "until trade and symbol BTCUSDT")
		return err
	})
	said, err := d.do(t.Context(), "print event")
	if err != nil || !strings.Contains(said.text, "+ traded order=") {
		t.Errorf("%v: %s", err, said.text)
	}
	if code := s.stop(syscall.SIGTERM); code != exitOK {
		t.Errorf("serve ended with exit code %d", code)
	}
	if _, err := d.do(t.Context(), "refresh"); err != nil {
		t.Error(err)
	}
	if _, err := d.do(t.Context(), "goto end"); err != nil {
		t.Error(err)
	}
}

// TestDebugNasdaqDay finds, in a recorded day, the command that empties the best ask
// for the first time after noon, steps back from it, and shows the queue that stood
// there. The books that the exchange published say the same: the test reads them, and
// the day without the debugger.
func TestDebugNasdaqDay(t *testing.T) {
	file, books := recorded(t, "nasdaq_goog/orders.csv.zst"), recorded(t, "nasdaq_goog/books.csv.zst")
	data := filepath.Join(t.TempDir(), "data")
	r := ingestJSON(t, file, "--data", data)
	want := firstGap(t, file, books)
	out := must(t, "debug", data, "--json", "--exec",
		"goto first; until time >= 12:00 and best_ask(FLOWUSD) empties; back; print queue ask; step; until time >= 12:00 and best_ask(FLOWUSD) empties; back until time >= 12:00 and best_ask(FLOWUSD) empties")
	type step struct {
		At     placeJSON
		Result struct {
			Price, Quantity string
			Queue           []queuedJSON
		}
	}
	var all []step
	for line := range strings.Lines(out) {
		var one step
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	seq := r.FirstSeq + msg.Seq(want.row) - 1
	if got := all[1].At; got.Seq != seq || got.Time != want.time {
		t.Errorf("it is command %d at %d, want %d at %d", got.Seq, got.Time, seq, want.time)
	}
	if got := all[3]; got.At.Seq != seq-1 || !samePrice(got.Result.Price, want.price) || got.Result.Quantity != want.quantity || len(got.Result.Queue) == 0 {
		t.Errorf("before it the queue is %+v, want %s at %s", got.Result, want.quantity, want.price)
	}
	if again := all[6].At; again.Seq != seq || all[5].At.Seq <= all[1].At.Seq {
		t.Errorf("the next one is command %d, and back from there command %d, want %d", all[5].At.Seq, again.Seq, seq)
	}
}

// gap is a row after which the best ask before it is no longer there.
type gap struct {
	row             int
	time            int64
	price, quantity string // of what stood there
}

// firstGap finds the first row of a day after noon after which the exchange published
// another, worse best ask, and the level that stood there before.
func firstGap(t *testing.T, orders, books string) gap {
	t.Helper()
	rows, levels := unpack(t, orders), unpack(t, books)
	column := func(name string) int {
		for i, cell := range levels[0] {
			if cell == name {
				return i
			}
		}
		t.Fatalf("the books have no column %s", name)
		return 0
	}
	price, quantity := column("a1p"), column("a1q")
	const noon = int64(12 * time.Hour)
	for i := 2; i < len(levels); i++ {
		row, before := wholeOf(t, levels[i][0]), wholeOf(t, levels[i-1][0])
		at := int64(wholeOf(t, rows[row][0]))
		if at < noon || levels[i][price] == levels[i-1][price] {
			continue
		}
		if row != before+1 {
			t.Fatalf("the books say nothing of the rows between %d and %d", before, row)
		}
		if inHundredths(t, levels[i][price]) < inHundredths(t, levels[i-1][price]) {
			continue // a better one came
		}
		return gap{row, at, levels[i-1][price], levels[i-1][quantity]}
	}
	t.Fatal("the best ask is never emptied after noon")
	return gap{}
}

func wholeOf(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inHundredths reads a price of up to two decimals, in hundredths.
func inHundredths(t *testing.T, text string) int64 {
	t.Helper()
	n, err := msg.ParseDecimal(text, 2)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkDebugGoto goes to random commands of the public benchmark's 2 million, and a
// step back from each. The slowest is reported too: it may take 100 ms.
func BenchmarkDebugGoto(b *testing.B) {
	data := filepath.Join(b.TempDir(), "data")
	r := ingestJSON(b, recorded(b, "flash1_normal/orders.csv.zst"), "--data", data)
	line, err := timeline.Open(context.Background(), data, timeline.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer line.Close() //nolint:errcheck // it only read
	random := rand.New(rand.NewPCG(1, 2))
	var there, back time.Duration
	for b.Loop() {
		began := time.Now()
		if err := line.Goto(1 + msg.Seq(random.Uint64N(uint64(r.Seq)))); err != nil {
			b.Fatal(err)
		}
		there = max(there, time.Since(began))
		began = time.Now()
		if err := line.Step(-1); err != nil {
			b.Fatal(err)
		}
		back = max(back, time.Since(began))
	}
	b.ReportMetric(float64(there)/float64(time.Millisecond), "max-ms")
	b.ReportMetric(float64(back)/float64(time.Millisecond), "max-back-ms")
}

// BenchmarkDebugScene measures what the screen needs after each move.
func BenchmarkDebugScene(b *testing.B) {
	data := filepath.Join(b.TempDir(), "data")
	ingestJSON(b, recorded(b, "nasdaq_goog/orders.csv.zst"), "--data", data)
	line, err := timeline.Open(context.Background(), data, timeline.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer line.Close() //nolint:errcheck // it only read
	d := &debugger{line: line}
	for b.Loop() {
		if s := d.scene(firstPane); !s.named {
			b.Fatal("nothing is drawn")
		}
	}
}
