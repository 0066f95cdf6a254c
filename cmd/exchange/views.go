package main

import (
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// views are all read models as the pipeline takes them.
type views struct{ *marketview.Views }

func newViews() pipeline.Views { return views{marketview.New(marketview.Limits{})} }

// Sections returns one section per view.
func (v views) Sections() []pipeline.Section { return pipeline.Sections(v.Views.Sections()) }

// firstThese returns what makes the views of a pipeline that is started on an
// empty directory: the first that are asked for are those of the live exchange,
// the others are folded for snapshots.
func firstThese(live pipeline.Views) func() pipeline.Views {
	var made atomic.Bool
	return func() pipeline.Views {
		if made.Swap(true) {
			return newViews()
		}
		return live
	}
}

// checked are views whose every transaction a checker sees right after they have
// folded it, when they read as it left them.
type checked struct {
	views
	checker *flow.Checker
}

// Apply folds a transaction and has it checked.
func (k *checked) Apply(c *msg.Command, events []msg.Event) {
	k.views.Apply(c, events)
	k.checker.Transaction(c, events)
}

// levels returns the source of depth that a checker compares books with.
func (v views) levels() flow.Depth {
	var depth marketview.Depth // reused by every book
	return func(symbol msg.SymbolID, n int, bids, asks []flow.Level) ([]flow.Level, []flow.Level) {
		v.Depth(symbol, n, &depth)
		return appendLevels(bids, depth.Bids), appendLevels(asks, depth.Asks)
	}
}

func appendLevels(dst []flow.Level, levels []marketview.Level) []flow.Level {
	for i := range levels {
		dst = append(dst, flow.Level{Price: levels[i].Price, Qty: levels[i].Qty})
	}
	return dst
}
