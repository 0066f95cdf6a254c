// Package loop is the command that bench/counted runs under callgrind: a flow in batches, through some
// parts of the exchange, one after the other, on one goroutine.
//
//	go run ./bench/counted/loop flow|engine|encoded|folded shaped|std COMMANDS
//
// Each word does what those before it do. Whatever it is, the market is set up with
// all parts, so that runs differ by what the commands after that cost.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/bench/workload"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("it needs a mode, a flow and a number of commands")
	}
	parts := slices.Index([]string{"flow", "engine", "encoded", "folded"}, args[0])
	if parts < 0 {
		return fmt.Errorf("there is no mode %q", args[0])
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return fmt.Errorf("read the number of commands: %w", err)
	}
	load, err := flow(args[1], n)
	if err != nil {
		return err
	}
	l := newLoop(load)
	l.run(load, load.Prefill, n, parts)
	_, err = fmt.Printf("digest %016x\n", l.engine.Digest())
	return err //nolint:wrapcheck // of the terminal
}

func flow(name string, n int) (*workload.Load, error) {
	market := workload.Market{Accounting: msg.Balances}
	switch name {
	case "shaped":
		return workload.Shaped(n, market), nil
	case "std":
		p := workload.Std()
		p.Timed = n
		return workload.Generate(p).Load(market), nil
	default:
		return nil, fmt.Errorf("there is no flow %q", name)
	}
}

// loop is the exchange without its goroutines and files.
type loop struct {
	engine *engine.Engine
	views  *marketview.Views
	batch  []msg.Command
	events []msg.Event
	ends   []int // of the events of each command of the batch
	codec  msg.Encoder
	frame  []byte
}

// The parts, each of which needs those before it.
const (
	executes = 1
	encodes  = 2
	folds    = 3
)

// newLoop sets the market up.
func newLoop(load *workload.Load) *loop {
	const batch = 256
	l := &loop{
		engine: engine.New(load.Room), views: marketview.New(marketview.Limits{}),
		batch: make([]msg.Command, batch), events: make([]msg.Event, 0, 64*batch), frame: make([]byte, 0, 256*batch),
	}
	for c := range load.Setup() {
		l.events = l.engine.Execute(c, l.events[:0])
		l.views.Apply(c, l.events)
	}
	l.run(load, 0, load.Prefill, folds)
	return l
}

// run runs so many commands through some parts.
func (l *loop) run(load *workload.Load, from, n, parts int) {
	for end := from + n; from < end; from += len(l.batch) {
		l.batch = l.batch[:min(cap(l.batch), end-from)]
		load.Fill(l.batch, from)
		if parts >= executes {
			l.execute()
		}
		if parts >= encodes {
			l.encode()
		}
		if parts >= folds {
			l.fold()
		}
	}
}

func (l *loop) execute() {
	l.events, l.ends = l.events[:0], l.ends[:0]
	for i := range l.batch {
		l.events = l.engine.Execute(&l.batch[i], l.events)
		l.ends = append(l.ends, len(l.events))
	}
	l.engine.Digest()
}

func (l *loop) encode() {
	l.codec.Reset(l.batch[0].Seq, l.batch[0].Time)
	l.frame = l.frame[:0]
	start := 0
	for i, end := range l.ends {
		l.frame = l.codec.Append(l.frame, &l.batch[i], l.events[start:end])
		start = end
	}
}

func (l *loop) fold() {
	start := 0
	for i, end := range l.ends {
		l.views.Apply(&l.batch[i], l.events[start:end])
		start = end
	}
}
