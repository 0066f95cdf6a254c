package main

import (
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest/judged"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// termed is an engine to which commands come as terms make them.
type termed struct {
	judged.Engine
	terms terms
}

// Execute decides what the terms make of a command. Those that a script can say leave
// numbers as they are.
func (t *termed) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	other := *c
	if err := t.terms.turn(&side{engine: t.Engine.Engine}, &other); err != nil {
		panic(err)
	}
	return t.Engine.Execute(&other, events)
}

// fresh returns the same terms for another engine.
func (s *terms) fresh() terms {
	again := terms{accounts: s.accounts, stp: s.stp, texts: s.texts, symbols: make(map[string]*otherSymbol)}
	for name, x := range s.symbols {
		again.symbols[name] = &otherSymbol{words: x.words, passive: x.passive}
	}
	return again
}

// scriptable reports whether a script can say these terms.
func (s *terms) scriptable() bool {
	for _, x := range s.symbols {
		for _, w := range x.words {
			if w.key == "tick" || w.key == "lot" {
				return false
			}
		}
	}
	for _, a := range s.accounts {
		if a.maker != nil || a.taker != nil {
			return false
		}
	}
	return true
}

// turnAll returns what the terms make of commands.
func (s *terms) turnAll(commands []msg.Command) []msg.Command {
	t := &termed{judged.Engine{Engine: engine.New(engine.Capacity{})}, s.fresh()}
	all := make([]msg.Command, len(commands))
	for i := range commands {
		all[i] = commands[i]
		if err := t.terms.turn(&side{engine: t.Engine.Engine}, &all[i]); err != nil {
			panic(err)
		}
		t.Engine.Execute(&all[i], nil)
	}
	return all
}
