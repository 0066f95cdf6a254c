package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline"
)

// debugging is the command of that name with its flags.
type debugging struct {
	*console
	exec   string
	symbol nameFlag
	memory countFlag
	asJSON bool
	in     io.Reader
}

const debugHelp = `debug stands in the past of a data directory: it goes to any command, steps forward and
back by command and by event, runs either way until a condition holds, and shows book,
queues, orders, balances, the command and its events there. Opening it folds the whole
journal once and compares every digest; from then on going anywhere takes a moment.

It takes no lock and changes nothing, so it may be used beside a running exchange, and
on a copy of its directory. A journal that is damaged, or whose events give another
digest than it holds, is shown up to the last frame that is sound; then the exit code
is 1, with the damage named.

On a terminal it draws the book as a ladder with the queue at each level. With --exec,
or when it is fed from a pipe, it carries out the same commands and prints what they
say; the first one that fails ends it with exit code 1. Commands are separated by ; or
by line ends, and # begins a comment.

Commands:
`

const debugConditions = `
Conditions are asked after each command. No comparison holds of what is not
there, such as the best bid of an empty side.
  best_bid(S) < 60000      also best_ask, spread, last (the last trade's price), bids and
                           asks (how many levels), bid_qty and ask_qty (at the best one)
  level(S, bid, 60000) > 5 the quantity at a price; depth(…): at it and at all better ones
  order 42 changes         also trades, rests, ends; order 42 open < 5
  account 7 free(USDT) < 0 also locked; account 7 acts: the command is its own
  trade qty > 100          also trade, trade price; of some trade of the command
  reject [REASON], event KIND, command KIND, symbol S, phase(S) PHASE
  time >= 12:00            of the day (UTC); or a time such as 2026-01-31T09:30:00Z,
                           or @NANOSECONDS
  seq > 1000, orders > 50  the command, and how many orders are open
  VALUE changes            also rises, falls, empty (none, or nothing), empties
  best_ask(S) empties      the orders at what was the best ask are all gone
  becomes CONDITION        it did not hold before; for what is about the state
  not, and, or, ( )
`

const debugExample = `  exchange debug day
  exchange debug day --exec "goto 1000; print book; until trade; print event"
  exchange debug day --exec "goto 0; until time >= 12:00 and best_ask(FLOWUSD) empties; back; print queue ask"
  exchange debug day --exec "until order 42 ends; print command" --json`

func newDebug(c *console) *cobra.Command {
	const mib = 1 << 20
	g := &debugging{console: c, memory: countFlag{timeline.DefaultMemory / mib, 1, 1 << 20}, in: os.Stdin}
	cmd := &cobra.Command{
		Use:     "debug DIR",
		Short:   "Step through the past of a data directory, forward and back",
		Long:    debugHelp + verbUsage() + debugConditions,
		Example: debugExample,
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("exec") && strings.TrimSpace(g.exec) == "" {
				return misused(cmd, errors.New("debug: --exec is empty"))
			}
			if g.asJSON && g.exec == "" && g.interactive() {
				return misused(cmd, errors.New("debug: --json needs --exec or commands from a pipe"))
			}
			return g.run(args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&g.exec, "exec", "", "carry out these `COMMANDS` instead of asking for some")
	f.Var(&g.symbol, "symbol", "the symbol of book, queue and orders (default: that of the command, or the first)")
	f.Var(&g.memory, "memory", "most memory for states that are kept, in MiB")
	f.BoolVar(&g.asJSON, "json", false, "print one JSON object for each command")
	return cmd
}

// interactive reports whether there is a terminal on both ends.
func (g *debugging) interactive() bool {
	in, ok := g.in.(io.Writer)
	return ok && isTerminal(in) && isTerminal(os.Stdout)
}

func (g *debugging) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	bar := g.progress("read the past")
	line, err := timeline.Open(context.Background(), dir, timeline.Options{Memory: int64(g.memory.value) << 20, Warn: g.warn, Progress: bar.of})
	bar.end()
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	d := &debugger{dir: dir, line: line}
	if g.symbol != "" {
		_, err = d.do(context.Background(), "symbol "+string(g.symbol))
	}
	switch {
	case err != nil:
	case g.exec != "":
		err = g.carryOut(d, strings.NewReader(g.exec))
	case g.interactive():
		err = showDebugger(d)
	default:
		err = g.carryOut(d, g.in)
	}
	return errors.Join(err, d.trouble(), line.Close())
}

// carryOut does what is asked for, line by line, until something fails.
func (g *debugging) carryOut(d *debugger, in io.Reader) error {
	lines, first := bufio.NewScanner(in), true
	for lines.Scan() {
		for _, text := range commandsOf(lines.Text()) {
			a, err := d.do(context.Background(), text)
			if errors.Is(err, errQuit) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			if g.asJSON {
				err = g.json(d.object(text, &a))
			} else {
				if !first {
					g.printf("\n")
				}
				g.printf("%s", a.text)
			}
			if err != nil {
				return err
			}
			first = false
		}
		if err := g.out.Flush(); err != nil { // whoever types into the pipe waits for it
			return fmt.Errorf("write the output: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read commands: %w", err)
	}
	return nil
}

// commandsOf returns the commands in a line.
func commandsOf(line string) []string {
	line, _, _ = strings.Cut(line, "#")
	var all []string
	for text := range strings.SplitSeq(line, ";") {
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			all = append(all, text)
		}
	}
	return all
}
