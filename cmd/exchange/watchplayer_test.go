package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// recordedDay returns a data directory with a few orders a second, and one pause.
func recordedDay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	flow := `time,command,id,side,price,quantity,tif,expect
34200000000000,limit,b1,buy,99.50,100,GTC,
34200000000000,limit,b2,buy,99.00,300,GTC,
34201000000000,limit,s1,sell,101.00,150,GTC,
34202000000000,limit,s2,sell,99.50,40,GTC,b1@99.50:40
34262000000000,cancel,b2,,,,,
34262500000000,limit,b3,buy,101.00,150,IOC,s1@101.00:150
`
	file, data := filepath.Join(dir, "flow.csv"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(flow), 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	if code := run([]string{"ingest", file, "--data", data, "--accounts", "2"}, io.Discard, &complaints); code != exitOK {
		t.Fatalf("ingest: exit code %d, %s", code, complaints.String())
	}
	return data
}

// openPlayer opens a recorded day at its end.
func openPlayer(t *testing.T) *player {
	t.Helper()
	data := recordedDay(t)
	end, err := survey(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{dir: data, symbol: "FLOWUSD", end: end}
	if err := p.goToEnd(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// fromEnd returns where a player is, counted from the end.
func (p *player) fromEnd() int64 { return int64(p.past.Engine.Seq()) - int64(p.end.seq) }

// TestPlayer goes through a recorded day and looks at what it shows.
func TestPlayer(t *testing.T) {
	p := openPlayer(t)
	f := p.frame()
	if !f.atEnd || len(f.picture.bids) != 1 || len(f.picture.asks) != 0 || len(f.picture.trades) != 2 || len(f.picture.bars) != 2 ||
		f.picture.decimals.price != 1 || f.picture.latest() != "101.00000000" || f.picture.ticker.Count != 2 {
		t.Fatalf("at the end: %+v", f)
	}
	if !strings.HasPrefix(f.happens, "accepted, traded, expired ◂ place account=") && f.happens != "" {
		t.Errorf("the last command: %s", f.happens)
	}
	for _, c := range []struct {
		name       string
		do         func() error
		at         int64
		bids, asks int
		trades     int
	}{
		{"back", func() error { return p.step(-1) }, -1, 1, 1, 1},
		{"back", func() error { return p.step(-1) }, -2, 2, 1, 1},
		{"forward", func() error { return p.step(1) }, -1, 1, 1, 1},
		{"beyond", func() error { return p.step(100) }, 0, 1, 0, 2},
		{"time", func() error { return p.goTo(&moment{text: "@", byTime: true, nanos: 34_201_500_000_000}) }, -3, 2, 1, 0},
		{"beginning", func() error { return p.step(-10_000) }, -int64(p.end.seq), 0, 0, 0},
		{"sequence", func() error { return p.goTo(&moment{text: "x", seq: p.end.seq - 4}) }, -4, 2, 0, 0},
		{"end", p.goToEnd, 0, 1, 0, 2},
	} {
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		f := p.frame()
		if p.fromEnd() != c.at || len(f.picture.bids) != c.bids || len(f.picture.asks) != c.asks || len(f.picture.trades) != c.trades {
			t.Errorf("%s: at %d, want %d; %d bids, %d asks, %d trades", c.name, p.fromEnd(), c.at, len(f.picture.bids), len(f.picture.asks), len(f.picture.trades))
		}
	}
	if err := p.goTo(&moment{text: "9999", seq: 9999}); err == nil || p.fromEnd() != 0 {
		t.Errorf("beyond the end: %v, at %d", err, p.fromEnd())
	}
}

// TestPlayerPlays lets time pass: one command a second, and the pause of a minute
// is left out.
func TestPlayerPlays(t *testing.T) {
	p := openPlayer(t)
	if err := p.goTo(&moment{text: "x", seq: p.end.seq - 4}); err != nil { // both bids rest
		t.Fatal(err)
	}
	var steps []int64
	for range 40 {
		if err := p.play(tickEvery); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, p.fromEnd())
	}
	changes := map[int64]int{}
	for i, at := range steps {
		if _, seen := changes[at]; !seen {
			changes[at] = i
		}
	}
	if len(changes) < 4 || steps[39] != 0 {
		t.Errorf("it was played as %v", steps)
	}
	if changes[-3] < 8 || changes[-2]-changes[-3] < 9 || changes[-1]-changes[-2] > 3 {
		t.Errorf("commands came at %v, played as %v", changes, steps)
	}
	if err := p.playAgain(); err != nil || p.fromEnd() != -int64(p.end.seq) {
		t.Errorf("playing again begins at %d, %v", p.fromEnd(), err)
	}
}

// press gives a model a message and carries out what it asks for, but for waiting.
func press(m *watchModel, message tea.Msg) {
	_, cmd := m.Update(message)
	carryOut(m, cmd)
}

func carryOut(m *watchModel, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch v := cmd().(type) {
	case tea.BatchMsg:
		for _, one := range v {
			carryOut(m, one)
		}
	case frame:
		m.Update(v)
	}
}

func keyOf(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

// typeIn presses the keys of a text one after the other.
func typeIn(m *watchModel, text string) {
	for _, r := range text {
		press(m, keyOf(r))
	}
}

// TestWatchKeys drives the screen of a recorded day by keys.
func TestWatchKeys(t *testing.T) {
	p := openPlayer(t)
	m := &watchModel{player: p, state: linkState{text: "day", good: true}}
	m.show(p.frame())
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	at := func(name string, want int64) {
		t.Helper()
		if p.fromEnd() != want || m.busy {
			t.Errorf("%s: at %d, want %d, busy %v", name, p.fromEnd(), want, m.busy)
		}
	}
	press(m, tea.KeyPressMsg{Code: tea.KeyLeft})
	at("left", -1)
	screen := plainText(m.draw())
	for _, part := range []string{"FLOWUSD", "99.5  40", "▼", "canceled ◂ cancel", "stopped ×1"} {
		if !strings.Contains(screen, part) {
			t.Errorf("the screen does not have %q:\n%s", part, screen)
		}
	}
	press(m, tea.KeyPressMsg{Code: tea.KeyUp})
	at("up", 0)
	_, first := m.Update(keyOf('h'))
	_, second := m.Update(keyOf('h'))
	if carryOut(m, first); second != nil {
		t.Error("a key was heard while another was carried out")
	}
	at("h", -1)
	press(m, tea.KeyPressMsg{Code: tea.KeyHome})
	at("home", -int64(p.end.seq))
	typeIn(m, "++-")
	if m.speed != 1 {
		t.Errorf("the speed is %d", m.speed)
	}
	typeIn(m, "g")
	m.Update(tea.PasteMsg{Content: "@34201500000000\n"})
	press(m, tea.KeyPressMsg{Code: tea.KeyEnter})
	at("go to", -3)
	typeIn(m, "gx")
	press(m, tea.KeyPressMsg{Code: tea.KeyEnter})
	if !strings.Contains(m.trouble, "it is a sequence") || !strings.Contains(m.draw(), "it is a sequence") {
		t.Errorf("trouble %q", m.trouble)
	}
	typeIn(m, "g9")
	press(m, tea.KeyPressMsg{Code: tea.KeyBackspace})
	press(m, tea.KeyPressMsg{Code: tea.KeyEscape})
	at("escape", -3)
	press(m, tea.KeyPressMsg{Code: tea.KeyEnd})
	at("end", 0)
	if _, cmd := m.Update(keyOf('q')); cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Error("q does not quit")
	}
}

// TestWatchPlays plays a recorded day to its end, where it stops, and anew.
func TestWatchPlays(t *testing.T) {
	p := openPlayer(t)
	m := &watchModel{player: p, speed: len(speeds()) - 1}
	m.show(p.frame())
	_, cmd := m.Update(tea.KeyPressMsg{Code: tea.KeySpace, Text: " "})
	carryOut(m, cmd)
	if !m.playing || p.fromEnd() == 0 {
		t.Fatalf("playing %v at %d", m.playing, p.fromEnd())
	}
	for end := time.Now().Add(10 * time.Second); m.playing && time.Now().Before(end); {
		_, cmd := m.Update(tick{})
		carryOut(m, cmd)
	}
	if m.playing || p.fromEnd() != 0 {
		t.Errorf("playing %v at %d", m.playing, p.fromEnd())
	}
	if cmd := m.passTime(); cmd != nil {
		t.Error("time passes though nothing is played")
	}
}

// TestPlayerAgrees holds the picture of each moment against a state that is built
// from the first command.
func TestPlayerAgrees(t *testing.T) {
	p := openPlayer(t)
	for seq := msg.Seq(0); seq <= p.end.seq; seq++ {
		if err := p.goTo(&moment{text: "x", seq: seq}); err != nil {
			t.Fatal(err)
		}
		went := p.frame()
		if err := p.goTo(&moment{text: "0"}); err != nil {
			t.Fatal(err)
		}
		for range seq {
			if err := p.step(1); err != nil {
				t.Fatal(err)
			}
		}
		walked := p.frame()
		if diff := cmp.Diff(went.picture, walked.picture, cmp.AllowUnexported(picture{}), cmp.AllowUnexported(struct{ price, quantity int }{})); diff != "" {
			t.Errorf("command %d (-gone to +walked to): %s", seq, diff)
		}
	}
}

// TestPlayerUnknownSymbol says that there is no such symbol.
func TestPlayerUnknownSymbol(t *testing.T) {
	data := recordedDay(t)
	var complaints strings.Builder
	if code := run([]string{"watch", "NONE", "--data", data}, io.Discard, &complaints); code != exitFailed || !strings.Contains(complaints.String(), "no symbol NONE") {
		t.Errorf("exit code %d, %s", code, complaints.String())
	}
}
