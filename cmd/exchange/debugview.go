package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// View draws the screen, which is one of its own.
func (m *debugModel) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	return v
}

// draw returns the lines of the screen: where it stands, the ladder beside events,
// watches and the output of a command, and what can be done.
func (m *debugModel) draw() string {
	if m.width == 0 {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		return fmt.Sprintf("The terminal is %d x %d; the debugger needs %d x %d.", m.width, m.height, leastWidth, leastHeight)
	}
	c := newPalette()
	rule := c.faint.Render(strings.Repeat("─", m.width))
	const most = 2 // lines of a long command
	head := append([]string{m.placeLine(&c)}, firstOf(wrapped(m.scene.command, m.width), most)...)
	head = append(head, rule)
	foot := []string{m.messageLine(&c), m.keyLine(&c)}
	rows := m.height - len(head) - len(foot)
	left := m.width / 2
	ladder := m.scene.market.lines(&c, left, rows, m.scene.named)
	side := m.side(&c, m.width-left-3, rows)
	lines := head
	for i := range rows {
		lines = append(lines, pad(clip(ladder[i], left), left)+c.faint.Render(" │ ")+side[i])
	}
	lines = append(lines, foot...)
	for i := range lines {
		lines[i] = strings.TrimRight(clip(lines[i], m.width), " ")
	}
	return strings.Join(lines, "\n")
}

func (m *debugModel) placeLine(c *palette) string {
	state := ""
	switch {
	case m.busy:
		state = c.bad.Render("… esc stops it")
	case m.scene.trouble != "":
		state = c.bad.Render("damaged")
	}
	style := c.strong
	if m.scene.half {
		style = c.bad
	}
	return apart(style.Render(m.scene.place), state, m.width)
}

// messageLine draws what the last command said, or why the past ends early.
func (m *debugModel) messageLine(c *palette) string {
	switch {
	case m.bad:
		return c.bad.Render(m.message)
	case m.message != "":
		return m.message
	}
	return c.bad.Render(m.scene.trouble)
}

func (m *debugModel) keyLine(c *palette) string {
	if m.typing {
		return c.strong.Render("> ") + m.typed + "_"
	}
	const wide = 130
	if m.width < wide {
		return c.faint.Render("←→ ,. ↑↓ g go to  u until  r run  b break  w watch  tab  : command  ? help  q")
	}
	return c.faint.Render("←→ command  ,. event  ↑↓ 100  g go to  u/U until  r/R run  b break  w watch  p print  tab pane  : command  ? help  q quit")
}

// side draws the events of the command, what is watched, and the output of a command.
// What is too long goes on in the next line.
func (m *debugModel) side(c *palette, width, rows int) []string {
	lines := make([]string, 0, rows)
	show := func(title string, texts []string, most int, faded bool) {
		lines = append(lines, c.faint.Render(title))
		var all []string
		for _, text := range texts {
			style := lipgloss.NewStyle()
			if faded && (strings.HasPrefix(text, "…") || strings.HasPrefix(text, "half")) {
				style = c.bad
			}
			for _, part := range wrapped(text, width) {
				all = append(all, style.Render(part))
			}
		}
		if more := len(all) - most; more > 0 {
			all = append(all[:most-1], c.faint.Render(fmt.Sprintf("and %s more", countText(more+1, "line"))))
		}
		lines = append(lines, all...)
	}
	most := max(3, rows/3)
	show("events", m.scene.events, most, true)
	if len(m.scene.noticed) > 0 {
		show("watches and breakpoints", m.scene.noticed, most, false)
	}
	lines = append(lines, c.faint.Render(m.pane))
	for _, text := range m.scene.pane[min(m.scroll, len(m.scene.pane)):] {
		lines = append(lines, clip(text, width))
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	return lines[:rows]
}

// wrapped cuts a text into lines at its blanks. What follows the first one is
// indented.
func wrapped(text string, width int) []string {
	const indent = "  "
	var lines []string
	line := ""
	for i, word := range strings.Split(text, " ") {
		if i > 0 && lipgloss.Width(line)+1+lipgloss.Width(word) > width {
			lines = append(lines, line)
			line = indent + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	return append(lines, clip(line, width))
}

// lines draws a ladder: the asks above, the bids below, each level with its queue.
func (l *ladderJSON) lines(c *palette, width, rows int, named bool) []string {
	if !named {
		return append([]string{c.faint.Render("no symbol yet")}, make([]string, rows-1)...)
	}
	each := (rows - 2) / 2
	asks, bids := firstOf(l.Asks, each), firstOf(l.Bids, each)
	widths := [3]int{len("PRICE"), len("QTY"), 1}
	for _, v := range slices.Concat(asks, bids) {
		widths[0], widths[1] = max(widths[0], len(v.Price)), max(widths[1], len(v.Quantity))
		widths[2] = max(widths[2], len(strconv.Itoa(v.Orders)))
	}
	row := func(v *ladderLevel, up bool) string {
		return clip(c.way(up).Render(fmt.Sprintf("%*s", widths[0], v.Price))+
			fmt.Sprintf("  %*s  %*d  ", widths[1], v.Quantity, widths[2], v.Orders)+c.faint.Render(v.queueText()), width)
	}
	head := fmt.Sprintf("%*s  %*s  %*s  QUEUE: order, account, open, age", widths[0], "PRICE", widths[1], "QTY", widths[2], "N")
	lines := append([]string{c.faint.Render(head)}, make([]string, each-len(asks))...)
	for i := range slices.Backward(asks) {
		lines = append(lines, row(&asks[i], false))
	}
	lines = append(lines, c.faint.Render(fmt.Sprintf("─── %s, %s", l.Symbol, l.Phase)))
	for i := range bids {
		lines = append(lines, row(&bids[i], true))
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	return lines
}
