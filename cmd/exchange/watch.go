package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// watching is the command of that name with its flags.
type watching struct {
	*console
	url  string
	ca   pathFlag
	data pathFlag
	at   moment
}

const watchHelp = `watch shows a market in the terminal: the book with what has gathered up to each level,
the bars of the last minutes, the trades as they come, and the last 24 hours. It holds
the book by the rule of the public API, and connects again when the connection is lost.
q ends it.

With --data it shows the market as a data directory has it recorded, at any moment:

  space         play, or stop; at the end it begins anew
  right, left   one command forward, back
  up, down      100 commands forward, back
  pgup, pgdn    10,000 commands forward, back
  home, end     the beginning, the end
  +, -          play faster, slower
  g             go to a sequence, to @NANOSECONDS or to a time such as
                2026-01-31T09:30:00Z

Time passes as it did, but for pauses of more than two seconds, which are left out. A
step back rebuilds the state from the snapshot before it. Nothing is locked or changed,
so this may be used beside a running exchange.`

const watchExample = `  exchange watch BTCUSDT
  exchange watch ETHUSDT --url http://127.0.0.1:8080
  exchange watch FLOWUSD --data day
  exchange watch FLOWUSD --data day --at 5000`

func newWatch(c *console) *cobra.Command {
	w := &watching{console: c}
	cmd := &cobra.Command{
		Use:     "watch SYMBOL",
		Short:   "Show a market live in the terminal, or any moment of a recorded one",
		Long:    watchHelp,
		Example: watchExample,
		Args:    takes("SYMBOL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if w.at.text != "" && w.data == "" {
				return misused(cmd, errors.New("watch: --at needs --data"))
			}
			if w.data != "" && cmd.Flags().Changed("url") {
				return misused(cmd, errors.New("watch: --url and --data do not go together"))
			}
			var symbol nameFlag
			if err := symbol.Set(args[0]); err != nil {
				return misused(cmd, fmt.Errorf("watch: the symbol: %w", err))
			}
			if w.data != "" {
				return w.recorded(string(symbol))
			}
			return w.live(string(symbol))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&w.url, "url", defaultTarget, "`URL` of the exchange")
	f.Var(&w.ca, "tls-ca", "trust the certificates in `FILE` of an https URL (default: those of the system)")
	f.Var(&w.data, "data", "show what this data directory has recorded instead")
	f.Var(&w.at, "at", "the moment to begin with, with --data (default: the end)")
	return cmd
}

// live shows a running exchange.
func (w *watching) live(symbol string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	trust, err := w.ca.trust()
	if err != nil {
		return err
	}
	c, err := client.New(ctx, w.url, client.Options{Timeout: liveTimeout, TLS: trust})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	defer c.Close()
	if err := needTerminal(symbol); err != nil {
		return err
	}
	program := newProgram(&watchModel{picture: picture{symbol: symbol}, state: linkState{text: "connecting to " + c.Host()}})
	var follower sync.WaitGroup
	follower.Go(func() { followLive(ctx, c, symbol, program.Send) })
	_, err = program.Run()
	stop()
	c.Close()
	follower.Wait()
	return ended(err)
}

// recorded shows a data directory.
func (w *watching) recorded(symbol string) error {
	dir := string(w.data)
	if err := checkDataDir(dir); err != nil {
		return err
	}
	end, err := survey(dir, w.warn)
	if err != nil {
		return err
	}
	if err := w.at.within(&end); err != nil {
		return err
	}
	p := &player{dir: dir, symbol: symbol, end: end}
	if err := p.goTo(&w.at); err != nil {
		return err
	}
	defer p.close()
	if w.at.text == "" && !p.known() {
		return fmt.Errorf("there is no symbol %s in %s", symbol, dir)
	}
	if err := needTerminal(symbol); err != nil {
		return err
	}
	m := &watchModel{player: p, state: linkState{text: dir, good: true}}
	m.show(p.frame())
	_, err = newProgram(m).Run()
	return ended(err)
}

func newProgram(m tea.Model) *tea.Program { return tea.NewProgram(m) }

// ended returns what a program that has ended says of it. Being interrupted is a
// way to end.
func ended(err error) error {
	if err == nil || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return fmt.Errorf("show the market: %w", err)
}

// needTerminal returns an error when there is no terminal to draw on and to be
// told by.
func needTerminal(symbol string) error {
	if isTerminal(os.Stdout) && isTerminal(io.Writer(os.Stdin)) {
		return nil
	}
	return fmt.Errorf("watch needs a terminal; 'exchange ws /ws/%s@trade' prints the trades as lines, 'exchange replay' what is recorded", strings.ToLower(symbol))
}
