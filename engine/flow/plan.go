package flow

import (
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The defaults of a Config.
const (
	DefaultSymbol   = "FLOWUSD"
	DefaultAccounts = 1000
	DefaultRate     = msg.Rate(100_000) // 0.1 %
)

// Config says how a flow becomes commands. Zero values stand for the defaults.
type Config struct {
	Symbol     string // default DefaultSymbol
	Accounts   int    // over which the orders are spread by a hash of their ids; default DefaultAccounts
	STP        msg.Prevention
	Tick, Lot  string // decimals; default from the decimals of the flow's orders
	Accounting msg.Accounting

	// The symbol's fee rates: zero stands for DefaultRate, msg.NoRate for none.
	Maker, Taker msg.Rate
}

// Plan is a flow as commands, for an exchange that holds nothing yet: first
// Setup, then one command for each row.
type Plan struct {
	Config   Config        // with defaults filled in
	Setup    []msg.Command // sequences 1 to FirstSeq-1, at the time of the first row
	FirstSeq msg.Seq       // of the first row
	Symbol   msg.SymbolID

	flow       *Flow
	price, qty grid
	steps      []step
}

// step is what the command of a row needs beyond the row.
type step struct {
	price   msg.Price
	qty     msg.Qty
	target  uint32 // the row, from 1, whose order is meant; 0 = there is none
	account msg.AccountID
	kind    msg.Kind
	side    msg.Side
}

// unknownOrder is the sequence of the first setup command, and so no order.
const unknownOrder msg.OrderID = 1

// Plan makes the commands of a flow. It returns an error if rows and
// configuration do not go together, with the row's line in the file.
func (f *Flow) Plan(config Config) (*Plan, error) {
	if err := config.complete(f); err != nil {
		return nil, err
	}
	p := &Plan{Config: config, Symbol: 1, flow: f}
	var err error
	if p.price, err = newGrid(f.PriceScale, config.Tick); err != nil {
		return nil, fmt.Errorf("tick: %w", err)
	}
	if p.qty, err = newGrid(f.QtyScale, config.Lot); err != nil {
		return nil, fmt.Errorf("lot: %w", err)
	}
	if err := p.plan(); err != nil {
		return nil, err
	}
	if err := p.setup(); err != nil {
		return nil, err
	}
	p.FirstSeq = msg.Seq(len(p.Setup)) + 1
	return p, nil
}

// complete fills in the defaults and checks the rest.
func (c *Config) complete(f *Flow) error {
	if c.Symbol == "" {
		c.Symbol = DefaultSymbol
	}
	if c.Accounts == 0 {
		c.Accounts = DefaultAccounts
	}
	if c.Accounts < 1 || c.Accounts >= msg.MaxAccounts {
		return fmt.Errorf("accounts: %d is not in 1..%d", c.Accounts, msg.MaxAccounts-1)
	}
	if c.Tick == "" {
		c.Tick = msg.FormatDecimal(1, f.PriceDecimals)
	}
	if c.Lot == "" {
		c.Lot = msg.FormatDecimal(1, f.QtyDecimals)
	}
	for _, r := range []*msg.Rate{&c.Maker, &c.Taker} {
		if *r < msg.NoRate || *r > msg.RateUnit {
			return fmt.Errorf("fee rate: %d is not in 0..%d", *r, msg.RateUnit)
		}
		*r = rate(*r)
	}
	return nil
}

// rate returns the rate that a Config asks for.
func rate(r msg.Rate) msg.Rate {
	if r == 0 {
		return DefaultRate
	}
	return max(r, 0) // NoRate is below
}

// Len returns the number of rows.
func (p *Plan) Len() int { return len(p.steps) }

// Command sets c to the command of a row, counted from 0, with its time and
// without its sequence, which is FirstSeq + row.
func (p *Plan) Command(row int, c *msg.Command) {
	r, s := &p.flow.Rows[row], &p.steps[row]
	*c = msg.Command{Kind: s.kind, Time: r.Time, Symbol: p.Symbol, Account: s.account, Qty: s.qty}
	switch s.kind {
	case msg.Place:
		c.Side, c.TIF, c.STP, c.Price = s.side, r.TIF, p.Config.STP, s.price
	case msg.CancelReplace:
		c.Side, c.STP, c.Price, c.Order = s.side, p.Config.STP, s.price, p.target(s)
	case msg.Cancel, msg.Amend:
		c.Order = p.target(s)
	case msg.SetPhase:
		c.Phase = r.Phase
	default: // an uncross says all by its kind
	}
}

// target returns the id of the order that a step means.
func (p *Plan) target(s *step) msg.OrderID {
	if s.target == 0 {
		return unknownOrder
	}
	return p.order(int(s.target) - 1)
}

// order returns the id of the order that a row places.
func (p *Plan) order(row int) msg.OrderID { return msg.OrderID(p.FirstSeq) + msg.OrderID(row) }

// row returns the row, counted from 0, that has placed an order.
func (p *Plan) row(id msg.OrderID) int { return int(id) - int(p.FirstSeq) }

// The ways in which rows and configuration do not go together.
var (
	errOffTick  = errors.New("price: no whole number of ticks up to 2^53-1")
	errOffLot   = errors.New("quantity: no whole number of lots up to 2^53-1")
	errNoReduce = errors.New("quantity: no whole number of lots")
)

// latest is what is known of the newest order of an id.
type latest struct {
	qty  msg.Qty // as sent, less its reductions
	row  uint32  // that placed it, from 1; 0 = none did
	side msg.Side
}

// plan makes the steps.
func (p *Plan) plan() error {
	p.steps = make([]step, len(p.flow.Rows))
	orders := make([]latest, len(p.flow.ids.ends)+1)
	for i := range p.flow.Rows {
		r, s := &p.flow.Rows[i], &p.steps[i]
		if err := p.step(r, s, uint32(i)+1, &orders[r.ID]); err != nil {
			return fmt.Errorf("line %d, %w", i+2, err) // line 1 is the header
		}
	}
	return nil
}

// step makes the step of a row, counted from 1. o is the newest order of its id.
func (p *Plan) step(r *Row, s *step, number uint32, o *latest) error {
	if r.ID != 0 {
		s.account = p.account(r.ID)
	}
	s.target, s.side = o.row, o.side
	switch r.Op {
	case OpLimit:
		s.kind, s.side, s.target = msg.Place, r.Side, 0
	case OpReplace:
		s.kind = msg.CancelReplace
	case OpCancel:
		s.kind = msg.Cancel
		return nil
	case OpReduce:
		return p.reduce(r, s, o)
	case OpPhase:
		s.kind = msg.SetPhase
		return nil
	case OpUncross:
		s.kind = msg.Uncross
		return nil
	}
	price, ok := p.price.count(r.Price)
	if !ok || price > int64(msg.MaxPrice) {
		return errOffTick
	}
	qty, ok := p.qty.count(r.Quantity)
	if !ok || qty > int64(msg.MaxQty) {
		return errOffLot
	}
	s.price, s.qty = msg.Price(price), msg.Qty(qty)
	if r.Op == OpLimit || o.row != 0 {
		*o = latest{qty: s.qty, row: number, side: s.side}
	}
	return nil
}

func (p *Plan) reduce(r *Row, s *step, o *latest) error {
	qty, ok := p.qty.count(r.Quantity)
	if !ok {
		return errNoReduce
	}
	s.kind = msg.Cancel
	if o.row == 0 || msg.Qty(qty) >= o.qty {
		return nil
	}
	o.qty -= msg.Qty(qty)
	s.kind, s.qty = msg.Amend, o.qty
	return nil
}

// account returns the account of an id. It needs the id's text, not its number,
// so that it is the same in every file.
func (p *Plan) account(id uint32) msg.AccountID {
	return msg.AccountID(nameHash(p.flow.ids.text(id))%uint64(p.Config.Accounts)) + 1
}
