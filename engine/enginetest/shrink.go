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
// finds to still show one.
func shrink(commands []msg.Command, start func() Engine) []msg.Command {
	return Shortest(commands, shrinkBudget, func(try []msg.Command) int {
		if at, err := play(try, start); err != nil {
			return at
		}
		return -1
	})
}

// Shortest returns the fewest of the commands, which show something, that it finds
// to still show it. shows returns the index of the command that does, or -1; no more
// than budget commands are given to it in all. An order is named by the number of its
// command, so a command that goes is first replaced by one that does nothing; at the
// end these are left out with the assets, symbols and accounts that nothing is about,
// and all is numbered anew.
func Shortest(commands []msg.Command, budget int, shows func([]msg.Command) int) []msg.Command {
	s := &shrinking{left: slices.Clone(commands), budget: budget, shows: shows}
	s.try(s.left)
	for size := len(s.left) / 2; size > 0; size /= 2 {
		s.pass(size)
	}
	s.try(atOnce(s.left))
	if s.try(renumber(s.left)) && s.try(renumber(compact(s.left))) {
		for n := len(s.left) + 1; len(s.left) < n; { // what only the others needed
			n = len(s.left)
			s.pass(1)
			s.try(renumber(s.left))
		}
	}
	return s.left
}

// shrinking is a search for the fewest commands.
type shrinking struct {
	left   []msg.Command
	budget int
	shows  func([]msg.Command) int
}

// try takes commands that still show it in place of those that are left.
func (s *shrinking) try(commands []msg.Command) bool {
	s.budget -= len(commands)
	at := s.shows(commands)
	if at >= 0 {
		s.left = commands[:at+1]
	}
	return at >= 0
}

// pass tries to do without each run of so many commands.
func (s *shrinking) pass(size int) {
	for i := 0; i < len(s.left) && s.budget > 0; i += size {
		if rest, changed := without(s.left, i, min(i+size, len(s.left))); changed {
			s.try(rest)
		}
	}
}

// atOnce returns the commands with all of them at the begin of the first one's minute.
func atOnce(commands []msg.Command) []msg.Command {
	const minute = 60_000_000_000
	rest := slices.Clone(commands)
	for i := range rest {
		rest[i].Time = commands[0].Time / minute * minute
	}
	return rest
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
