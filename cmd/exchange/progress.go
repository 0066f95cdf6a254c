package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	// progressAfter is how long work has to take before a bar is drawn.
	progressAfter = 300 * time.Millisecond
	// progressEvery is how often it is drawn, at most.
	progressEvery = 100 * time.Millisecond
	// progressWidth is its width in characters.
	progressWidth = 30
)

// isTerminal reports whether w is a terminal, on which bars can be drawn.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress shows how far long work has come: as a bar on a terminal, and not at
// all without one or while the work is short.
type progress struct {
	out   io.Writer // nil: nothing is shown
	what  string
	bar   *progressbar.ProgressBar // nil until there is one
	began time.Time
}

// progress begins to show how far some work has come.
func (c *console) progress(what string) *progress {
	p := &progress{what: what, began: time.Now()}
	if isTerminal(c.err) {
		p.out = c.err
	}
	return p
}

// of says that so much is done. An error of the terminal spoils only the picture.
func (p *progress) of(done, total int64) {
	if p.out == nil {
		return
	}
	if p.bar == nil {
		if time.Since(p.began) < progressAfter {
			return
		}
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetDescription(p.what),
			progressbar.OptionSetWidth(progressWidth),
			progressbar.OptionThrottle(progressEvery),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = p.bar.Set64(min(done, total-1)) // at the total it would end and be gone for good
}

// end takes the bar off the terminal.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
