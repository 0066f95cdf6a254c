package main

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// The measures of a plot, in points.
const (
	width  = 640
	height = 380
	margin = 14
	gap    = 16 // between the plot and its legend
)

func ink() color.Color  { return color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff} }
func pale() color.Color { return color.RGBA{R: 0xe4, G: 0xe7, B: 0xeb, A: 0xff} }

// colours are those of lines. They lie on white, which is drawn, so that they can be
// told apart on pages of any colour, and by those who do not see red and green as two.
func colours() []color.Color {
	return []color.Color{
		color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
		color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
		color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
		color.RGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff},
		color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff},
		color.RGBA{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
		color.RGBA{R: 0x5f, G: 0x5f, B: 0x5f, A: 0xff},
	}
}

// The plots are laid out by the widths of a typeface that comes with the library. It
// is not put into the files; these have the same widths.
const (
	family   = "font-family:Liberation Sans;"
	families = "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"
)

func face(points float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(points)}
}

// svg returns a curve as an SVG.
func svg(c *result.Curve) ([]byte, error) {
	p := frame(c)
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding, legend.ThumbnailWidth = true, true, vg.Points(5), vg.Points(18)
	legend.TextStyle.Font, legend.TextStyle.Color = face(10.5), ink()
	if err := add(p, &legend, c); err != nil {
		return nil, err
	}
	if err := scale(&p.X, c.LogX); err != nil {
		return nil, fmt.Errorf("lay out the horizontal axis: %w", err)
	}
	if err := scale(&p.Y, c.LogY); err != nil {
		return nil, fmt.Errorf("lay out the vertical axis: %w", err)
	}

	canvas := vgsvg.New(width, height)
	page := draw.New(canvas)
	page.SetColor(color.White)
	page.Fill(page.Path())
	inner := draw.Crop(page, margin, -margin, margin, -margin)
	if len(c.Lines) > 1 {
		beside := legend.Rectangle(inner).Size().X
		top := p.Title.TextStyle.Rectangle(c.Title).Size().Y + p.Title.Padding
		legend.Draw(draw.Crop(inner, inner.Size().X-beside, 0, 0, -top))
		inner = draw.Crop(inner, 0, -beside-gap, 0, 0)
	}
	p.Draw(inner)
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write the drawing: %w", err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(family), []byte(families)), nil
}

// frame returns a plot without lines.
func frame(c *result.Curve) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Title.Padding = c.Title, vg.Points(12)
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = face(14), ink()
	for _, a := range []struct {
		axis  *plot.Axis
		label string
	}{{&p.X, c.X}, {&p.Y, c.Y}} {
		a.axis.Label.Text, a.axis.Label.Padding = a.label, vg.Points(6)
		a.axis.Label.TextStyle.Font, a.axis.Label.TextStyle.Color = face(11), ink()
		a.axis.Tick.Label.Font, a.axis.Tick.Label.Color = face(10), ink()
		a.axis.Color, a.axis.Tick.Color = ink(), ink()
		a.axis.Width, a.axis.Tick.Width = vg.Points(0.8), vg.Points(0.8)
		a.axis.Tick.Length, a.axis.Padding = vg.Points(4), 0
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = pale(), pale()
	grid.Horizontal.Width, grid.Vertical.Width = vg.Points(0.8), vg.Points(0.8)
	p.Add(grid)
	return p
}

// add puts the lines of a curve into a plot and its legend.
func add(p *plot.Plot, legend *plot.Legend, c *result.Curve) error {
	palette := colours()
	if len(c.Lines) == 0 || len(c.Lines) > len(palette) {
		return fmt.Errorf("it has %d lines, from 1 to %d can be told apart", len(c.Lines), len(palette))
	}
	for i, l := range c.Lines {
		if len(l.Points) == 0 {
			return fmt.Errorf("the line %q has no points", l.Name)
		}
		points := make(plotter.XYs, len(l.Points))
		for j, at := range l.Points {
			points[j] = plotter.XY{X: at[0], Y: at[1]}
			if c.LogX && at[0] <= 0 || c.LogY && at[1] <= 0 {
				return fmt.Errorf("the line %q has a point at %v, %v, and a logarithmic axis", l.Name, at[0], at[1])
			}
			if j > 0 && at[0] < l.Points[j-1][0] {
				return errors.New("the points of the line " + l.Name + " do not ascend")
			}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("take the line %q: %w", l.Name, err)
		}
		line.Color, line.Width = palette[i], vg.Points(2)
		dots.GlyphStyle = draw.GlyphStyle{Color: palette[i], Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
		p.Add(line, dots)
		legend.Add(l.Name, line, dots)
	}
	return nil
}
