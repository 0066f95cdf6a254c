package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The smallest screen that is drawn on, and the widest book.
const (
	leastWidth  = 60
	leastHeight = 14
	bookWidest  = 60
	clockFormat = "15:04:05"
)

// palette are the colours, by what they mean.
type palette struct{ up, down, faint, strong, bad lipgloss.Style }

func newPalette() palette {
	plain := lipgloss.NewStyle()
	return palette{
		up: plain.Foreground(lipgloss.Color("2")), down: plain.Foreground(lipgloss.Color("1")),
		faint: plain.Foreground(lipgloss.Color("8")), strong: plain.Bold(true), bad: plain.Foreground(lipgloss.Color("3")),
	}
}

// way returns the colour of a direction.
func (c *palette) way(up bool) lipgloss.Style {
	if up {
		return c.up
	}
	return c.down
}

// View draws the screen, which is one of its own.
func (m *watchModel) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	return v
}

// draw returns the lines of the screen.
func (m *watchModel) draw() string {
	if m.width == 0 {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		return fmt.Sprintf("The terminal is %d x %d; a market needs %d x %d.", m.width, m.height, leastWidth, leastHeight)
	}
	c := newPalette()
	head := m.head(&c)
	foot := m.foot(&c)
	rows := m.height - len(head) - len(foot)
	left := min(m.width*9/20, bookWidest)
	right := m.width - left - 3
	book := m.picture.book(&c, left, rows)
	chartRows := max(rows*11/20, 5)
	side := append(m.picture.chart(&c, right, chartRows), m.picture.tape(&c, right, rows-chartRows)...)
	lines := make([]string, 0, m.height)
	lines = append(lines, head...)
	for i := range rows {
		lines = append(lines, pad(book[i], left)+c.faint.Render(" │ ")+side[i])
	}
	lines = append(lines, foot...)
	for i := range lines {
		lines[i] = strings.TrimRight(clip(lines[i], m.width), " ")
	}
	return strings.Join(lines, "\n")
}

// clip cuts a line that is too wide.
func clip(line string, width int) string {
	if lipgloss.Width(line) <= width {
		return line
	}
	return lipgloss.NewStyle().MaxWidth(width).Render(line)
}

// pad fills a line with spaces.
func pad(line string, width int) string {
	return line + strings.Repeat(" ", max(0, width-lipgloss.Width(line)))
}

// apart puts two texts at the ends of a line. The first gives way.
func apart(left, right string, width int) string {
	room := width - lipgloss.Width(right) - 1
	if room <= 0 {
		return clip(right, width)
	}
	return pad(clip(left, room), room) + " " + right
}

// head draws the symbol with its last price, the connection, and the last 24 hours.
func (m *watchModel) head(c *palette) []string {
	p, t := &m.picture, &m.picture.ticker
	first := c.strong.Render(p.symbol)
	if last := p.latest(); last != "" {
		up := !strings.HasPrefix(t.Percent, "-")
		sign := "▲ +"
		if !up {
			sign = "▼ "
		}
		first += "  " + c.strong.Render(cutDecimal(last, p.decimals.price))
		if t.Percent != "" {
			first += " " + c.way(up).Render(sign+cutDecimal(t.Percent, 2)+" %")
		}
	}
	if p.status != "" {
		first += "  " + c.bad.Render(p.status)
	}
	state := c.up.Render("● ") + m.state.text
	if !m.state.good {
		state = c.bad.Render("○ ") + clip(m.state.text, m.width/2)
	}
	second := c.faint.Render("24h") + "  no trades"
	if t.Count > 0 {
		second = fmt.Sprintf("%s  high %s  low %s  volume %s %s  trades %d", c.faint.Render("24h"),
			cutDecimal(t.High, p.decimals.price), cutDecimal(t.Low, p.decimals.price), shortNumber(asFloat(t.Volume)), p.base, t.Count)
	}
	return []string{apart(first, state, m.width), second, c.faint.Render(strings.Repeat("─", m.width))}
}

// foot draws the keys, and where a player is.
func (m *watchModel) foot(c *palette) []string {
	if m.player == nil {
		return []string{c.faint.Render("q quit")}
	}
	mode := "stopped"
	if m.playing {
		mode = "playing"
	}
	at := fmt.Sprintf("%s  %s ×%d", m.seq, mode, speeds()[m.speed])
	if m.busy {
		at += " …"
	}
	what := m.happens
	if m.trouble != "" {
		what = c.bad.Render(m.trouble)
	}
	keys := c.faint.Render("space play  ←→ 1  ↑↓ 100  pgup/pgdn 10000  home end  +- speed  g go to  q quit")
	if m.typing {
		keys = "go to " + m.typed + "_" + c.faint.Render("  a sequence, @NANOSECONDS or a time; enter, esc")
	}
	return []string{c.strong.Render(at), what, keys}
}

// shortNumber writes a number with few digits.
func shortNumber(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.2fG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.1fk", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// book draws the levels around the spread: the asks above it, the bids below, each
// with what has gathered up to there as a bar.
func (p *picture) book(c *palette, width, rows int) []string {
	lines := make([]string, 0, rows)
	each := (rows - 2) / 2
	asks, bids := firstOf(p.asks, each), firstOf(p.bids, each)
	t := newLadderText(p, asks, bids, width)
	lines = append(lines, c.faint.Render(t.header()))
	for range each - len(asks) {
		lines = append(lines, "")
	}
	for i, ask := range slices.Backward(asks) {
		lines = append(lines, t.row(c, ask, t.askSums[i], false))
	}
	lines = append(lines, c.faint.Render(p.spread()))
	for i := range bids {
		lines = append(lines, t.row(c, bids[i], t.bidSums[i], true))
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	return lines
}

// spread says how far apart the best prices are.
func (p *picture) spread() string {
	if len(p.bids) == 0 || len(p.asks) == 0 {
		return "no spread"
	}
	bid, ask := asFloat(p.bids[0].Price), asFloat(p.asks[0].Price)
	return fmt.Sprintf("spread %.*f", p.decimals.price, ask-bid)
}

// ladderText holds what the rows of a book have in common.
type ladderText struct {
	picture          *picture
	askSums, bidSums []float64
	most             float64 // of the sums
	price, quantity  int     // widths
	sum, bar         int
}

func newLadderText(p *picture, asks, bids []client.Level, width int) *ladderText {
	t := &ladderText{picture: p, price: len("price"), quantity: len("quantity"), sum: len("total")}
	measure := func(levels []client.Level) []float64 {
		sums, sum := make([]float64, len(levels)), 0.
		for i, l := range levels {
			sum += asFloat(l.Quantity)
			sums[i] = sum
			t.most = max(t.most, sum)
			t.price = max(t.price, len(cutDecimal(l.Price, p.decimals.price)))
			t.quantity = max(t.quantity, len(cutDecimal(l.Quantity, p.decimals.quantity)))
		}
		return sums
	}
	t.askSums, t.bidSums = measure(asks), measure(bids)
	t.sum = max(t.sum, len(t.total(t.most)))
	t.bar = max(0, width-t.price-t.quantity-t.sum-3)
	return t
}

func (t *ladderText) header() string {
	return fmt.Sprintf("%*s %*s %*s", t.price, "price", t.quantity, "quantity", t.sum, "total")
}

// total writes a sum with as many digits as the largest one can have.
func (t *ladderText) total(sum float64) string {
	const digits = 4
	switch {
	case t.most >= 10_000:
		return shortNumber(sum)
	case t.most < 1:
		return fmt.Sprintf("%.*f", digits, sum)
	}
	return fmt.Sprintf("%.*f", digits-len(strconv.Itoa(int(t.most)))+1, sum)
}

func (t *ladderText) row(c *palette, l client.Level, sum float64, bid bool) string {
	d := &t.picture.decimals
	return fmt.Sprintf("%s %*s %*s %s", c.way(bid).Render(fmt.Sprintf("%*s", t.price, cutDecimal(l.Price, d.price))),
		t.quantity, cutDecimal(l.Quantity, d.quantity), t.sum, t.total(sum), c.way(bid).Render(bar(sum/t.most, t.bar)))
}

// bar draws a share of a width in eighths of a character.
func bar(share float64, width int) string {
	const parts = 8
	eighths := []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}
	n := int(share*float64(width)*parts + 0.5)
	n = min(max(n, 0), width*parts)
	return strings.Repeat("█", n/parts) + eighths[n%parts]
}

// tape draws the newest trades, the last one first.
func (p *picture) tape(c *palette, width, rows int) []string {
	lines := make([]string, 0, rows)
	lines = append(lines, c.faint.Render(clip("time      price and quantity of trades", width)))
	wide := 0
	for _, t := range p.trades {
		wide = max(wide, len(cutDecimal(t.Price, p.decimals.price)))
	}
	for i := len(p.trades) - 1; i >= 0 && len(lines) < rows; i-- {
		t := &p.trades[i]
		up, sign := !t.BuyerMaker, "▲"
		if !up {
			sign = "▼"
		}
		lines = append(lines, fmt.Sprintf("%s  %s  %s", time.UnixMilli(t.Time).UTC().Format(clockFormat),
			c.way(up).Render(fmt.Sprintf("%s %*s", sign, wide, cutDecimal(t.Price, p.decimals.price))), cutDecimal(t.Quantity, p.decimals.quantity)))
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	return lines[:rows]
}
