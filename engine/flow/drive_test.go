package flow_test

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// run drives a flow through an engine and a checker that looks at its book.
type run struct {
	t      *testing.T
	plan   *flow.Plan
	engine *engine.Engine
	check  *flow.Checker
	c      msg.Command
	events []msg.Event
}

func newRun(t *testing.T, f *flow.Flow, config flow.Config, books *flow.Books, report bool) *run {
	t.Helper()
	plan, err := f.Plan(config)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	r := &run{t: t, plan: plan, engine: engine.New(engine.Capacity{})}
	r.check, err = flow.NewChecker(plan, flow.CheckOptions{Books: books, Depth: r.depth, Report: report})
	if err != nil {
		t.Fatalf("checker: %v", err)
	}
	return r
}

// execute gives the engine a command and the checker its transaction.
func (r *run) execute(seq msg.Seq) {
	r.c.Seq = seq
	if err := r.c.Check(); err != nil {
		r.t.Fatalf("command %d: %v", seq, err)
	}
	r.events = r.engine.Execute(&r.c, r.events[:0])
	r.check.Transaction(&r.c, r.events)
}

// all executes setup and rows.
func (r *run) all() flow.Result {
	r.t.Helper()
	for i := range r.plan.Setup {
		r.c = r.plan.Setup[i]
		r.execute(msg.Seq(i) + 1)
	}
	for row := range r.plan.Len() {
		r.plan.Command(row, &r.c)
		r.execute(r.plan.FirstSeq + msg.Seq(row))
	}
	if err := r.engine.Check(); err != nil {
		r.t.Errorf("engine: %v", err)
	}
	return r.check.Result()
}

// depth reads the best levels from the engine.
func (r *run) depth(symbol msg.SymbolID, n int, bids, asks []flow.Level) ([]flow.Level, []flow.Level) {
	return r.side(symbol, msg.Buy, n, bids), r.side(symbol, msg.Sell, n, asks)
}

func (r *run) side(symbol msg.SymbolID, side msg.Side, n int, levels []flow.Level) []flow.Level {
	r.engine.EachLevel(symbol, side, func(p msg.Price, qty msg.Qty, _ int) bool {
		levels = append(levels, flow.Level{Price: p, Qty: qty})
		return len(levels) < n
	})
	return levels
}

const header = "time,command,id,side,price,quantity,tif,expect\n"

// mustRead reads a flow that must be right.
func mustRead(t testing.TB, text string) *flow.Flow {
	t.Helper()
	f, err := flow.Read(strings.NewReader(text), nil)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return f
}

// mustPlan plans a flow that can be planned.
func mustPlan(t testing.TB, f *flow.Flow, config flow.Config) *flow.Plan {
	t.Helper()
	p, err := f.Plan(config)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return p
}
