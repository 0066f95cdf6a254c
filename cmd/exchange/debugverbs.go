package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// verb is a command of the debugger.
type verb struct {
	name, short string
	uses        []string // how it is written, with what that does behind a tab
	do          func(d *debugger, ctx context.Context, rest string) (finding, error)
}

// verbs lists the commands of the debugger.
func verbs() []verb {
	return []verb{
		{"goto", "g", []string{
			"goto SEQ\tto the state after a command; first: before the first one, end: the last",
			"goto SEQ.EVENT\tto the state after an event of a command, which is then half done",
			"goto TIME\tto the last command at or before 2026-01-31T09:30:00Z, @NANOSECONDS, or 12:00 of the day",
		}, (*debugger).goTo},
		{"step", "s", []string{"step [N]\tN commands forward", "step event [N]\tN events forward"}, (*debugger).step},
		{"back", "b", []string{
			"back [N]\tN commands back", "back event [N]\tN events back",
			"back until COND\tto the last command before this one after which it holds", "back run\tto the last command before this one that a breakpoint stops at",
		}, (*debugger).back},
		{"until", "u", []string{"until COND\tto the next command after which it holds"}, (*debugger).until},
		{"run", "r", []string{"run\tto the next command that a breakpoint stops at"}, (*debugger).run},
		{"break", "", []string{"break add COND\tstop run there", "break ls\tthe breakpoints", "break rm N\ttake one away, or all"}, (*debugger).breakpoints},
		{"watch", "w", []string{"watch add EXPR\ttell a value or a condition after each move", "watch ls\twhat is watched, and what it is here", "watch rm N\ttake one away, or all"}, (*debugger).watch},
		{"symbol", "", []string{"symbol [NAME]\tthe symbol of book, queue and orders; without a name that of the command"}, (*debugger).choose},
		{"print", "p", printUses(), (*debugger).print},
		{"info", "", []string{"info\twhat is shown, and how far it reaches"}, (*debugger).info},
		{"refresh", "", []string{"refresh\ttake in what a running exchange has added"}, (*debugger).refresh},
		{"help", "h", []string{"help [COMMAND]\tthis list, or about one command; help conditions"}, (*debugger).help},
		{"quit", "q", []string{"quit\tend it"}, func(*debugger, context.Context, string) (finding, error) { return finding{}, errQuit }},
	}
}

// verbUsage returns the list of commands, as help prints it.
func verbUsage() string {
	var rows []string
	for _, v := range verbs() {
		rows = append(rows, v.usage()...)
	}
	return columns(rows)
}

func (v *verb) usage() []string {
	rows := make([]string, len(v.uses))
	for i, use := range v.uses {
		rows[i] = "  " + use
		if i == 0 && v.short != "" {
			left, right, _ := strings.Cut(use, "\t")
			rows[i] = fmt.Sprintf("  %s (%s)\t%s", left, v.short, right)
		}
	}
	return rows
}

func (d *debugger) help(_ context.Context, rest string) (finding, error) {
	text := verbUsage()
	switch rest {
	case "":
	case "conditions":
		text = strings.TrimPrefix(debugConditions, "\n")
	default:
		text = ""
		for _, v := range verbs() {
			if rest == v.name || rest == v.short {
				text = columns(v.usage())
			}
		}
		if text == "" {
			return finding{}, fmt.Errorf("there is no command %q", rest)
		}
	}
	return finding{text: text}, nil
}

// nothingMore returns an error when something follows a command that takes nothing.
func nothingMore(rest string) error {
	if rest != "" {
		return fmt.Errorf("%q is too much: nothing follows here", rest)
	}
	return nil
}

func (d *debugger) choose(_ context.Context, rest string) (finding, error) {
	d.symbol = msg.Name{}
	if rest != "" {
		name, err := msg.ParseName(rest)
		if err != nil {
			return finding{}, err //nolint:wrapcheck // it says what a name is
		}
		if d.line.End().SymbolNamed(name) == 0 {
			return finding{}, fmt.Errorf("there is no symbol %s", rest)
		}
		d.symbol = name
		return finding{"symbol " + rest + "\n", map[string]string{"symbol": rest}}, nil
	}
	return finding{text: "the symbol is that of the command\n"}, nil
}

func (d *debugger) info(_ context.Context, rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	last, at := d.line.Last()
	images, bytes := d.line.Kept()
	data := struct {
		Dir       string  `json:"dir"`
		First     msg.Seq `json:"first"`
		Last      msg.Seq `json:"last"`
		LastTime  int64   `json:"last_time"`
		Images    int     `json:"images"`
		Bytes     int64   `json:"image_bytes"`
		Trouble   string  `json:"trouble,omitempty"`
		Breaks    int     `json:"breakpoints"`
		Watches   int     `json:"watches"`
		OpenAtEnd bool    `json:"open"`
	}{d.dir, d.line.First(), last, at, images, bytes, "", len(d.breaks), len(d.watches), d.line.Trouble() == nil}
	text := fmt.Sprintf("%s\n%s after command %d, the last one @%d (%s)\n%s of the state kept, %s bytes\n",
		d.dir, countText(int(last-data.First), "command"), data.First, at, clock(at), countText(images, "image"), grouped(bytes))
	if err := d.line.Trouble(); err != nil {
		data.Trouble = err.Error()
		text += "not shown further: " + oneLine(err) + "\n"
	}
	return finding{text, data}, nil
}

func (d *debugger) refresh(ctx context.Context, rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	if d.line.Trouble() != nil {
		return finding{}, errors.New("what is damaged is not read on")
	}
	n, err := d.line.Extend(ctx)
	if err != nil {
		return finding{}, err //nolint:wrapcheck // it says what it did
	}
	last, _ := d.line.Last()
	return finding{fmt.Sprintf("%s more, up to command %d\n", countText(n, "command"), last), map[string]any{"added": n, "last": last}}, nil
}

// countText writes how many there are of something.
func countText(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}
