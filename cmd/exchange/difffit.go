package main

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// shrinkRecorded keeps what a journal and this program answer differently at one
// command. The program that wrote the journal is not here to be asked, so every command
// that stays must have the events that it had: up to the last one those of the journal,
// which this program gives as well, and at the last one those of each side. The recorded
// ones must also fit the state that is left.
func (e *evidence) shrinkRecorded(wrong [][]msg.Event, at int) []msg.Command {
	f := &fitting{wrong: wrong, at: at, right: enginetest.Answers(e.commands[:at+1])[at], start: e.start}
	// No rule asks for strategies, so they can carry where a command stood.
	marked := slices.Clone(e.commands[:at+1])
	for i := range marked {
		marked[i].Strategy = msg.Strategy{ID: int64(i), HasID: true}
	}
	left := enginetest.Shortest(marked, shrinkBudget, f.shows)
	for i := range left {
		left[i].Strategy = msg.Strategy{}
	}
	return left
}

// fitting decides which commands may be left out.
type fitting struct {
	wrong [][]msg.Event // by the place of a command in the journal
	at    int           // the place of the last one
	right []msg.Event   // of that one
	start func() enginetest.Engine
}

// fittingRun is one attempt.
type fittingRun struct {
	orders map[msg.OrderID]msg.OrderID // numbers in the journal to those of now
	trades map[msg.SymbolID]msg.TradeID
	events []msg.Event
}

// shows returns the index of the last command if all of them have the events that
// they had, else -1.
func (f *fitting) shows(try []msg.Command) (index int) {
	here, folded := f.start(), engine.New(engine.Capacity{})
	r := &fittingRun{orders: make(map[msg.OrderID]msg.OrderID), trades: make(map[msg.SymbolID]msg.TradeID)}
	defer func() {
		if recover() != nil {
			index = -1 // the recorded events do not fit
		}
	}()
	for i := range try {
		c := &try[i]
		got := here.Execute(c, nil)
		if !c.Strategy.HasID { // it stands for one that was left out
			folded.Apply(c, got)
			continue
		}
		place := int(c.Strategy.ID)
		r.orders[msg.OrderID(place+1)] = msg.OrderID(c.Seq)
		want, ok := r.renumber(f.wrong[place], got, c.Symbol)
		if !ok {
			return -1
		}
		folded.Apply(c, want)
		if place == f.at {
			if right, ok := r.renumber(f.right, got, 0); ok && sameAnswers(got, right) {
				return i
			}
			return -1
		}
		if !sameAnswers(got, want) {
			return -1
		}
	}
	return -1
}

// renumber returns recorded events with the numbers that orders, trades of a symbol
// and things that were made have now; false when an order of them was left out.
func (r *fittingRun) renumber(recorded, got []msg.Event, symbol msg.SymbolID) ([]msg.Event, bool) {
	r.events = append([]msg.Event(nil), recorded...)
	for i := range r.events {
		v := &r.events[i]
		for _, id := range []*msg.OrderID{&v.Order, &v.Taker} {
			now, ok := r.orders[*id]
			if *id != 0 && !ok {
				return nil, false
			}
			*id = now
		}
		if v.Kind == msg.Traded && symbol != 0 {
			r.trades[symbol]++
			v.Trade = r.trades[symbol]
		}
		if v.ID != 0 && len(got) == len(r.events) {
			v.ID = got[i].ID
		}
	}
	return r.events, true
}

// sameAnswers compares events; trades are numbered by how many there were.
func sameAnswers(a, b []msg.Event) bool {
	return slices.EqualFunc(a, b, func(x, y msg.Event) bool {
		x.Trade, y.Trade = 0, 0
		return x == y
	})
}
