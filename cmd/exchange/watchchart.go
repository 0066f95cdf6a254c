package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// chart draws bars as candles, a column each, with their volumes below and the
// highest, last and lowest price beside.
func (p *picture) chart(c *palette, width, rows int) []string {
	lines := make([]string, 0, rows)
	title := "bars of a minute"
	if len(p.bars) == 0 {
		title = "no bars yet"
	}
	lines = append(lines, c.faint.Render(clip(title, width)))
	label := 0
	for i := range p.bars {
		label = max(label, len(cutDecimal(p.bars[i].High, p.decimals.price)))
	}
	bars := lastOf(p.bars, max(0, width-label-1))
	if len(bars) == 0 {
		for len(lines) < rows {
			lines = append(lines, "")
		}
		return lines
	}
	high, low := extremes(bars)
	height := rows - 2
	place := func(price float64) int { return rowOf(price, high, low, height) }
	candles := make([]candle, len(bars))
	for i := range bars {
		candles[i] = newCandle(&bars[i], place)
	}
	last := place(asFloat(bars[len(bars)-1].Latest))
	labels := map[int]string{0: p.axis(high), height - 1: p.axis(low), last: c.strong.Render(p.axis(asFloat(bars[len(bars)-1].Latest)))}
	for row := range height {
		lines = append(lines, pad(candleRow(c, candles, row), width-label-1)+" "+labels[row])
	}
	return append(lines, c.faint.Render(volumes(bars)))
}

// candleRow draws one row of the candles. Neighbours of one colour share its marks.
func candleRow(c *palette, candles []candle, row int) string {
	var b strings.Builder
	for i := 0; i < len(candles); {
		up := candles[i].up
		var run strings.Builder
		for ; i < len(candles) && (candles[i].up == up || candles[i].at(row) == " "); i++ {
			run.WriteString(candles[i].at(row))
		}
		b.WriteString(c.way(up).Render(run.String()))
	}
	return b.String()
}

// axis writes a price beside the chart.
func (p *picture) axis(price float64) string { return fmt.Sprintf("%.*f", p.decimals.price, price) }

func extremes(bars []client.Bar) (high, low float64) {
	high, low = 0, math.Inf(1)
	for i := range bars {
		high, low = max(high, asFloat(bars[i].High)), min(low, asFloat(bars[i].Low))
	}
	return high, low
}

// rowOf returns the row of a price, 0 for the highest.
func rowOf(price, high, low float64, rows int) int {
	if high <= low {
		return rows / 2
	}
	return min(rows-1, int((high-price)/(high-low)*float64(rows)))
}

// candle are the rows that a bar covers.
type candle struct {
	top, bottom         int // of the wick
	bodyTop, bodyBottom int
	up                  bool
}

func newCandle(b *client.Bar, place func(float64) int) candle {
	first, latest := asFloat(b.First), asFloat(b.Latest)
	return candle{
		top: place(asFloat(b.High)), bottom: place(asFloat(b.Low)),
		bodyTop: place(max(first, latest)), bodyBottom: place(min(first, latest)), up: latest >= first,
	}
}

// at returns what a row shows of the candle.
func (k *candle) at(row int) string {
	switch {
	case row < k.top || row > k.bottom:
		return " "
	case row < k.bodyTop || row > k.bodyBottom:
		return "│"
	case k.top == k.bottom:
		return "━"
	}
	return "┃"
}

// volumes draws the volumes of bars as a line of blocks.
func volumes(bars []client.Bar) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	most := 0.
	for i := range bars {
		most = max(most, asFloat(bars[i].Volume))
	}
	var b strings.Builder
	for i := range bars {
		v := asFloat(bars[i].Volume)
		if v == 0 || most == 0 {
			b.WriteRune(' ')
			continue
		}
		b.WriteRune(blocks[int(v/most*float64(len(blocks)-1)+0.5)])
	}
	return b.String()
}
