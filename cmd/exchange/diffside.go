package main

import (
	"fmt"
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// side is one of the two courses of events that are compared: a state, and what has
// happened since the comparison began.
type side struct {
	engine *engine.Engine
	views  views
	numbers
	reckoning

	began map[purse]msg.Amount // what accounts had when the comparison began
	paid  map[purse]msg.Amount // what was credited to them since then, less what was debited
}

// purse is an account's part of an asset.
type purse struct {
	account msg.AccountID
	asset   msg.AssetID
}

// reckoning counts what has happened.
type reckoning struct {
	commands, rejects, trades uint64
	markets                   map[msg.SymbolID]*turnover
	fees                      map[msg.AssetID]*big.Int
}

// turnover is what was traded in a symbol.
type turnover struct {
	trades      uint64
	base, quote big.Int // in smallest units
}

// happened is a transaction and what the views make of it, valid until the next one.
type happened struct {
	command  *msg.Command
	events   []msg.Event
	resolved *marketview.Resolved
	held     locks // by the account of the command: how much more than before
}

// locks are the locked parts of what an account has of a symbol's base and quote.
type locks struct{ base, quote msg.Amount }

// newSide returns the side that begins at a state.
func newSide(e *engine.Engine, v views) *side {
	s := &side{
		engine: e, views: v, began: make(map[purse]msg.Amount), paid: make(map[purse]msg.Amount),
		reckoning: reckoning{markets: make(map[msg.SymbolID]*turnover), fees: make(map[msg.AssetID]*big.Int)},
	}
	for a := range e.Accounts() {
		for id := msg.AssetID(1); int(id) <= e.Assets(); id++ {
			if n := s.has(purse{msg.AccountID(a), id}); n != 0 {
				s.began[purse{msg.AccountID(a), id}] = n
			}
		}
	}
	return s
}

// fork returns another side that begins where s stands.
func (s *side) fork() (*side, error) {
	e, err := engine.Restore(s.engine.AppendState(nil), engine.Capacity{})
	if err != nil {
		return nil, fmt.Errorf("copy the state after command %d: %w", s.engine.Seq(), err)
	}
	v, ok := newViews().(views)
	if !ok {
		return nil, errNotViews
	}
	copies := v.Views.Sections()
	for i, section := range s.views.Views.Sections() {
		if err := copies[i].Restore(section.AppendState(nil)); err != nil {
			return nil, fmt.Errorf("copy the view %s after command %d: %w", section.Name(), s.engine.Seq(), err)
		}
	}
	return newSide(e, v), nil
}

// has returns what an account has of an asset, free and locked.
func (s *side) has(h purse) msg.Amount {
	free, locked := s.engine.Balance(h.account, h.asset)
	return free + locked
}

// recorded folds the transaction that past has read last.
func (s *side) recorded(past *pipeline.Past, c *msg.Command, events []msg.Event) (happened, error) {
	before := s.locks(c)
	err := foldOne(past, c)
	return s.note(c, events, before), err
}

// execute decides a command that has its number already. A panic of the engine is an
// error that says so.
func (s *side) execute(c *msg.Command) (h happened, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{c.Seq, c.Kind, fmt.Sprint(v)}
		}
	}()
	before := s.locks(c)
	events := s.engine.Execute(c, nil)
	s.views.Apply(c, events)
	return s.note(c, events, before), nil
}

// panicError says that a command makes the engine panic.
type panicError struct {
	seq  msg.Seq
	kind msg.Kind
	what string
}

func (e *panicError) Error() string {
	return fmt.Sprintf("command %d (%v) makes the engine panic: %s", e.seq, e.kind, e.what)
}

// locks returns what is locked of the account of a command, in the assets of its
// symbol.
func (s *side) locks(c *msg.Command) (l locks) {
	if symbol, ok := s.engine.Symbol(c.Symbol); ok {
		_, l.base = s.engine.Balance(c.Account, symbol.Spec.Base)
		_, l.quote = s.engine.Balance(c.Account, symbol.Spec.Quote)
	}
	return l
}

// note counts a transaction that was folded. Before it, its account had this locked.
func (s *side) note(c *msg.Command, events []msg.Event, before locks) happened {
	s.commands++
	for i := range events {
		switch events[i].Kind {
		case msg.Rejected, msg.CancelRejected:
			s.rejects++
		case msg.Adjusted:
			if c.Kind == msg.Debit {
				s.paid[purse{c.Account, c.Asset}] -= c.Amount
			} else {
				s.paid[purse{c.Account, c.Asset}] += c.Amount
			}
		default: // orders are the engine's, trades come resolved
		}
	}
	r := s.views.Resolved()
	for i := range r.Fills {
		s.traded(&r.Fills[i])
	}
	after := s.locks(c)
	return happened{c, events, r, locks{after.base - before.base, after.quote - before.quote}}
}

// traded counts a fill.
func (s *side) traded(f *marketview.Fill) {
	s.trades++
	m := s.markets[f.Symbol]
	if m == nil {
		m = &turnover{}
		s.markets[f.Symbol] = m
	}
	m.trades++
	spec, _ := s.engine.Symbol(f.Symbol)
	m.base.Add(&m.base, new(big.Int).Mul(big.NewInt(int64(f.Qty)), big.NewInt(int64(spec.Spec.Lot))))
	m.quote.Add(&m.quote, new(big.Int).Mul(big.NewInt(int64(f.Price)), new(big.Int).Mul(big.NewInt(int64(f.Qty)), big.NewInt(int64(spec.Unit)))))
	for party, asset := range []msg.AssetID{msg.Buy: spec.Spec.Base, msg.Sell: spec.Spec.Quote} {
		if fee := f.Parties[party].Fee; fee != 0 {
			if s.fees[asset] == nil {
				s.fees[asset] = new(big.Int)
			}
			s.fees[asset].Add(s.fees[asset], big.NewInt(int64(fee)))
		}
	}
}
