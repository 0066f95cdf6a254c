package main

import (
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// linkState says how it stands with where the picture comes from.
type linkState struct {
	text string
	good bool
}

// watchModel is the state of the screen. A picture comes from a live exchange, or
// from a player that is told by keys what to show.
type watchModel struct {
	picture picture
	state   linkState
	width   int
	height  int

	// With a recorded market:
	player  *player
	seq     string // where the player is, as text
	happens string // the last command and what followed
	trouble string // why the last wish could not be met
	playing bool
	speed   int  // an index of speeds
	busy    bool // the player works
	typing  bool // where to go
	typed   string
}

// frame is a picture from a player, with what is said beside it.
type frame struct {
	picture picture
	seq     string
	happens string
	atEnd   bool
	err     error
}

// tick says that time passes for a player that plays.
type tick struct{}

// tickEvery is how often a player's picture changes.
const tickEvery = 100 * time.Millisecond

// speeds are how many times as fast as it was time can pass.
func speeds() []int { return []int{1, 2, 5, 10, 30, 100, 300, 1000, 3000, 10_000} }

// Init has nothing to begin with.
func (m *watchModel) Init() tea.Cmd { return nil }

// Update takes what has happened.
func (m *watchModel) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch v := message.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = v.Width, v.Height
	case picture:
		m.picture = v
	case linkState:
		m.state = v
	case frame:
		m.busy = false
		m.show(v)
	case tick:
		return m, m.passTime()
	case tea.KeyPressMsg:
		return m, m.key(v)
	case tea.PasteMsg:
		m.paste(v.Content)
	}
	return m, nil
}

func (m *watchModel) show(f frame) {
	m.trouble = ""
	if f.err != nil {
		m.trouble, m.playing = f.err.Error(), false
		return
	}
	m.picture, m.seq, m.happens = f.picture, f.seq, f.happens
	if f.atEnd {
		m.playing = false
	}
}

func (m *watchModel) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case m.typing:
		return m.typeKey(k)
	case name == "q":
		return tea.Quit
	case m.player == nil:
		return nil
	}
	return m.playerKey(name)
}

// playerKey does what a key means for a recorded market.
func (m *watchModel) playerKey(name string) tea.Cmd {
	const few, many = 100, 10_000
	switch name {
	case "space":
		if m.playing {
			m.playing = false
			return nil
		}
		m.playing = true
		again := m.work((*player).playAgain)
		return tea.Batch(again, nextTick())
	case "right", "l":
		return m.step(1)
	case "left", "h":
		return m.step(-1)
	case "up", "k":
		return m.step(few)
	case "down", "j":
		return m.step(-few)
	case "pgup":
		return m.step(many)
	case "pgdown":
		return m.step(-many)
	case "home":
		return m.work(func(p *player) error { return p.goTo(&moment{text: "0"}) })
	case "end":
		return m.work(func(p *player) error { return p.goToEnd() })
	case "+", "=":
		m.speed = min(m.speed+1, len(speeds())-1)
	case "-":
		m.speed = max(m.speed-1, 0)
	case "g":
		m.typing, m.typed, m.playing = true, "", false
	}
	return nil
}

// typeKey takes a key while it is typed where to go.
func (m *watchModel) typeKey(k tea.KeyPressMsg) tea.Cmd {
	switch k.Code {
	case tea.KeyEnter:
		m.typing = false
		var to moment
		if err := to.Set(m.typed); err != nil {
			m.trouble = err.Error()
			return nil
		}
		return m.work(func(p *player) error { return p.goTo(&to) })
	case tea.KeyEscape:
		m.typing = false
	case tea.KeyBackspace:
		m.typed = m.typed[:max(0, len(m.typed)-1)]
	default:
		m.paste(k.Text)
	}
	return nil
}

// paste adds to what is typed.
func (m *watchModel) paste(text string) {
	const most = 40
	for _, r := range text {
		if m.typing && r > ' ' && r < utf8.RuneSelf && len(m.typed) < most {
			m.typed += string(r)
		}
	}
}

func (m *watchModel) step(n int) tea.Cmd {
	m.playing = false
	return m.work(func(p *player) error { return p.step(n) })
}

// work has the player do something, beside the screen. While it works other wishes
// are not heard: it is one player, and whoever holds a key down has enough of them.
func (m *watchModel) work(do func(*player) error) tea.Cmd {
	if m.busy {
		return nil
	}
	m.busy = true
	p := m.player
	return func() tea.Msg {
		if err := do(p); err != nil {
			return frame{err: err}
		}
		return p.frame()
	}
}

// passTime lets a player play on.
func (m *watchModel) passTime() tea.Cmd {
	if !m.playing {
		return nil
	}
	d := time.Duration(speeds()[m.speed]) * tickEvery
	return tea.Batch(m.work(func(p *player) error { return p.play(d) }), nextTick())
}

func nextTick() tea.Cmd {
	return tea.Tick(tickEvery, func(time.Time) tea.Msg { return tick{} })
}
