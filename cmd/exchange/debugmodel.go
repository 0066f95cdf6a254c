package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline"
)

// debugModel is the state of the debugger's screen. It gives commands to a debugger,
// one at a time, and draws what that says.
type debugModel struct {
	d      *debugger
	scene  scene
	width  int
	height int

	message string // what the last command said, or why it failed
	bad     bool   // it failed
	pane    string // the command whose output is shown beside the book
	scroll  int    // lines of it that are passed over
	busy    bool
	stop    context.CancelFunc // ends the command under way

	typing   bool
	typed    string
	history  []string
	recalled int // steps back in history
}

// scene is what there is to draw at a place.
type scene struct {
	place   string
	half    bool
	command string
	events  []string
	market  ladderJSON
	named   bool     // there is a market
	noticed []string // watches and breakpoints
	pane    []string
	trouble string // why it is not shown further
}

// done is what has come of a command.
type done struct {
	scene scene
	text  string // what it said
	pane  string // that is shown from now on
	err   error
}

// sceneLevels is how many levels of a side are read for the screen.
const sceneLevels = 50

// scene reads what there is to draw, with the output of a command beside it.
func (d *debugger) scene(pane string) scene {
	s := scene{place: d.place(), half: d.line.Position().HalfDone()}
	if all, err := d.tellCommand(len(d.line.Events())); err == nil {
		lines := strings.Split(strings.TrimRight(all.text, "\n"), "\n")
		s.command, s.events = lines[0], lines[1:]
	}
	if m, err := d.market(); err == nil {
		s.market, s.named = d.ladder(&m, sceneLevels, ladderQueue), true
	}
	if len(d.watches) > 0 {
		s.noticed = strings.Split(strings.TrimRight(d.watchList().text, "\n"), "\n")
	}
	if len(d.breaks) > 0 {
		s.noticed = append(s.noticed, strings.Split(strings.TrimRight(d.breakList().text, "\n"), "\n")...)
	}
	if pane != "" {
		said, err := d.do(context.Background(), pane)
		if err != nil {
			said.text = err.Error()
		}
		s.pane = strings.Split(strings.TrimRight(said.text, "\n"), "\n")
	}
	if err := d.trouble(); err != nil {
		s.trouble = oneLine(err)
	}
	return s
}

// firstPane is what is shown beside the book before something is asked for.
const firstPane = "print queue ask"

// showDebugger draws until it is told to quit.
func showDebugger(d *debugger) error {
	m := newDebugModel(d)
	_, err := newProgram(m).Run()
	if m.stop != nil {
		m.stop()
	}
	return ended(err)
}

func newDebugModel(d *debugger) *debugModel {
	return &debugModel{d: d, pane: firstPane, scene: d.scene(firstPane)}
}

// Init has nothing to begin with.
func (m *debugModel) Init() tea.Cmd { return nil }

// Update takes what has happened.
func (m *debugModel) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch v := message.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = v.Width, v.Height
	case done:
		return m, m.take(&v)
	case tea.KeyPressMsg:
		return m, m.key(v)
	case tea.PasteMsg:
		m.write(v.Content)
	}
	return m, nil
}

// take takes what has come of a command.
func (m *debugModel) take(v *done) tea.Cmd {
	m.busy, m.stop = false, nil
	if errors.Is(v.err, errQuit) {
		return tea.Quit
	}
	m.scene, m.bad = v.scene, v.err != nil
	m.message = v.text
	if m.bad {
		m.message = oneLine(v.err)
		return nil
	}
	if v.pane != m.pane {
		m.pane, m.scroll = v.pane, 0
	}
	return nil
}

// ask has the debugger do something, beside the screen. While it works no other
// command is taken: there is one place to stand. Where a command would go too far
// another one may be carried out instead.
func (m *debugModel) ask(text, instead string) tea.Cmd {
	d, pane := m.d, m.pane
	return m.work(func(ctx context.Context) done {
		said, err := d.do(ctx, text)
		if out := (*timeline.RangeError)(nil); errors.As(err, &out) && instead != "" {
			said, err = d.do(ctx, instead)
		}
		v := done{err: err, pane: pane}
		word, _, _ := strings.Cut(text, " ")
		switch {
		case err != nil:
		case word == "print" || word == "p" || word == "help" || word == "h" || word == "info":
			v.pane = text
		case word == "symbol" || word == "refresh":
			v.text = strings.TrimRight(said.text, "\n")
		case strings.HasPrefix(said.text, "breakpoint ") && word != "break":
			v.text, _, _ = strings.Cut(said.text, "\n")
		}
		v.scene = d.scene(v.pane)
		return v
	})
}

// look shows the output of a command beside the book.
func (m *debugModel) look(pane string) tea.Cmd {
	d := m.d
	return m.work(func(context.Context) done { return done{scene: d.scene(pane), pane: pane} })
}

// work has something done beside the screen, if nothing is being done.
func (m *debugModel) work(do func(ctx context.Context) done) tea.Cmd {
	if m.busy {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	m.busy, m.stop = true, stop
	return func() tea.Msg {
		defer stop()
		return do(ctx)
	}
}

// key does what a key means.
func (m *debugModel) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	switch {
	case m.busy && (name == "esc" || name == "ctrl+c"):
		m.stop()
		return nil
	case name == "ctrl+c":
		return tea.Quit
	case m.typing:
		return m.typeKey(k)
	}
	const page = 5
	switch name {
	case "q":
		return m.ask("quit", "")
	case "]":
		m.scroll = max(0, min(m.scroll+page, len(m.scene.pane)-1))
	case "[":
		m.scroll = max(0, m.scroll-page)
	case "tab":
		return m.look(m.nextPane())
	case ":", "enter":
		m.prompt("")
	default:
		return m.shortcut(name)
	}
	return nil
}

// shortcut carries out the command that a key stands for, or begins to write it.
func (m *debugModel) shortcut(name string) tea.Cmd {
	for _, s := range shortcuts() {
		for key := range strings.SplitSeq(s.keys, " ") {
			if key != name {
				continue
			}
			if strings.HasSuffix(s.command, " ") {
				m.prompt(s.command)
				return nil
			}
			return m.ask(s.command, s.instead)
		}
	}
	return nil
}

// shortcut is a key of the screen. A command that ends with a blank is only begun.
// instead is what is done when it would go too far.
type shortcut struct{ keys, command, instead string }

func shortcuts() []shortcut {
	return []shortcut{
		{keys: "right l", command: "step"},
		{keys: "left h", command: "back"},
		{keys: ".", command: "step event"},
		{keys: ",", command: "back event"},
		{"up k", "step 100", "goto end"},
		{"down j", "back 100", "goto first"},
		{"pgup", "step 10000", "goto end"},
		{"pgdown", "back 10000", "goto first"},
		{keys: "home", command: "goto first"},
		{keys: "end", command: "goto end"},
		{keys: "r", command: "run"},
		{keys: "R", command: "back run"},
		{keys: "f", command: "refresh"},
		{keys: "?", command: "help"},
		{keys: "g", command: "goto "},
		{keys: "u", command: "until "},
		{keys: "U", command: "back until "},
		{keys: "b", command: "break add "},
		{keys: "w", command: "watch add "},
		{keys: "p", command: "print "},
	}
}

// nextPane returns the next of what is usually shown beside the book.
func (m *debugModel) nextPane() string {
	panes := []string{firstPane, "print queue bid", "print orders", "print balances", "print command", "print stats"}
	for i, pane := range panes {
		if pane == m.pane {
			return panes[(i+1)%len(panes)]
		}
	}
	return panes[0]
}

func (m *debugModel) prompt(text string) { m.typing, m.typed, m.recalled = true, text, 0 }

// typeKey takes a key while a command is typed.
func (m *debugModel) typeKey(k tea.KeyPressMsg) tea.Cmd {
	switch k.Code {
	case tea.KeyEnter:
		return m.enter()
	case tea.KeyEscape:
		m.typing = false
	case tea.KeyBackspace:
		_, n := utf8.DecodeLastRuneInString(m.typed)
		m.typed = m.typed[:len(m.typed)-n]
	case tea.KeyUp:
		m.recall(1)
	case tea.KeyDown:
		m.recall(-1)
	default:
		m.write(k.Text)
	}
	return nil
}

// enter carries out what was typed. One line is one command here.
func (m *debugModel) enter() tea.Cmd {
	if m.busy {
		return nil
	}
	m.typing = false
	all := commandsOf(m.typed)
	if len(all) == 0 {
		return nil
	}
	if len(all) > 1 {
		m.message, m.bad = fmt.Sprintf("one command at a time, not %d", len(all)), true
		return nil
	}
	if n := len(m.history); n == 0 || m.history[n-1] != all[0] {
		m.history = append(m.history, all[0])
	}
	const most = 200
	m.history = lastOf(m.history, most)
	return m.ask(all[0], "")
}

// recall goes through what was typed before.
func (m *debugModel) recall(way int) {
	m.recalled = max(0, min(m.recalled+way, len(m.history)))
	m.typed = ""
	if m.recalled > 0 {
		m.typed = m.history[len(m.history)-m.recalled]
	}
}

// write adds to what is typed.
func (m *debugModel) write(text string) {
	const most = 500
	for _, r := range text {
		if m.typing && r >= ' ' && r < utf8.RuneSelf && len(m.typed) < most {
			m.typed += string(r)
		}
	}
}
