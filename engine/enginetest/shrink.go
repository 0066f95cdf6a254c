package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// shrinkBudget bounds the commands that shrinking executes.
const shrinkBudget = 20_000_000

// nobody is an account that never exists.
const nobody msg.AccountID = 1<<32 - 1

// shrink returns the fewest of the commands, which show a difference, that it
// finds to still show one. An order is named by the number of its command, so a
// command that goes is first replaced by one that does nothing; at the end
// these are left out and the others numbered anew.
func shrink(commands []msg.Command, start func() Engine) []msg.Command {
	spent := 0
	fails := func(try []msg.Command) []msg.Command {
		spent += len(try)
		if at, err := play(try, start); err != nil {
			return try[:at+1]
		}
		return nil
	}
	left := slices.Clone(commands)
	if shorter := fails(left); shorter != nil {
		left = shorter
	}
	for size := len(left) / 2; size > 0; size /= 2 {
		for i := 0; i < len(left) && spent < shrinkBudget; i += size {
			try, changed := without(left, i, min(i+size, len(left)))
			if !changed {
				continue
			}
			if shorter := fails(try); shorter != nil {
				left = shorter
			}
		}
	}
	if shorter := fails(renumber(left)); shorter != nil {
		return shorter
	}
	return left
}

// without returns the commands with those from i to j replaced.
func without(commands []msg.Command, i, j int) (rest []msg.Command, changed bool) {
	rest = slices.Clone(commands)
	for k := i; k < j; k++ {
		if !idle(&rest[k]) {
			rest[k] = msg.Command{Seq: rest[k].Seq, Time: rest[k].Time, Kind: msg.Credit, Account: nobody}
			changed = true
		}
	}
	return rest, changed
}

// idle reports whether c stands for a command that was left out.
func idle(c *msg.Command) bool { return c.Kind == msg.Credit && c.Account == nobody }

// renumber leaves out the idle commands and closes the gaps.
func renumber(commands []msg.Command) []msg.Command {
	numbers := make(map[msg.OrderID]msg.OrderID)
	var rest []msg.Command
	for _, c := range commands {
		if idle(&c) {
			continue
		}
		id := msg.OrderID(len(rest) + 1)
		numbers[msg.OrderID(c.Seq)] = id
		c.Seq = msg.Seq(id)
		if c.Order != 0 {
			if now, kept := numbers[c.Order]; kept {
				c.Order = now
			} else {
				c.Order = 1 << 40 // an order that never was, as before
			}
		}
		rest = append(rest, c)
	}
	return rest
}

// report lists commands with the naive exchange's events, and where the engine
// differs with both.
func report(commands []msg.Command, start func() Engine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "shrunk to %d commands:\n", len(commands))
	d := &duel{naive: NewNaive(), engine: start()}
	for i := range commands {
		c := &commands[i]
		err := d.step(c, true)
		if idle(c) && err == nil {
			continue
		}
		fmt.Fprintf(&b, "%6d  %s\n", c.Seq, commandText(c))
		if err == nil {
			fmt.Fprintf(&b, "            %s\n", eventsText(d.want))
			continue
		}
		fmt.Fprintf(&b, "    naive:  %s\n    engine: %s\n    %v\n", eventsText(d.want), eventsText(d.got), err)
		break
	}
	return b.String()
}
