package main

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// transactionLine writes transactions, a line for the command and one for each
// event, as text or as JSON objects. Fields that are zero are left out.
type transactionLine struct {
	json bool
	buf  []byte // reused by every transaction
}

// transaction returns the lines of a transaction, valid until the next call.
func (l *transactionLine) transaction(c *msg.Command, events []msg.Event) []byte {
	l.buf = l.buf[:0]
	l.command(c)
	for i := range events {
		l.event(c, &events[i])
	}
	return l.buf
}

func (l *transactionLine) command(c *msg.Command) {
	l.begin(c, "command", "", c.Kind.String())
	l.number("account", int64(c.Account))
	l.number("symbol", int64(c.Symbol))
	l.number("order", int64(c.Order))
	if c.Kind == msg.Place || c.Kind == msg.CancelReplace {
		l.word("side", c.Side.String())
		l.word("type", c.Type.String())
		l.word("tif", c.TIF.String())
	}
	l.number("price", int64(c.Price))
	l.number("qty", int64(c.Qty))
	l.number("quote", int64(c.Quote))
	if c.STP != msg.NoPrevention {
		l.word("stp", c.STP.String())
	}
	if c.Kind == msg.CancelReplace {
		l.word("mode", c.Mode.String())
	}
	if c.Only != msg.Unrestricted {
		l.word("only", c.Only.String())
	}
	if c.Strategy.HasID {
		l.always("strategy", c.Strategy.ID)
	}
	l.number("strategy_type", int64(c.Strategy.Type))
	l.number("asset", int64(c.Asset))
	l.number("amount", int64(c.Amount))
	l.number("transfer", c.Transfer)
	l.name("name", &c.Name)
	l.name("orig_name", &c.OrigName)
	l.name("cancel_name", &c.CancelName)
	l.admin(c)
	l.end()
}

// admin writes the fields of commands that are not about orders or money.
func (l *transactionLine) admin(c *msg.Command) {
	switch c.Kind {
	case msg.SetStatus:
		l.word("status", c.Status.String())
	case msg.SetPhase:
		l.word("phase", c.Phase.String())
	case msg.SetFees:
		l.always("maker", int64(c.Maker))
		l.always("taker", int64(c.Taker))
	case msg.AddAsset:
		l.always("scale", int64(c.Scale))
	case msg.AddSymbol, msg.AlterSymbol:
		if c.Spec != nil {
			l.spec(c.Spec)
		}
	default: // all its fields were written
	}
}

func (l *transactionLine) spec(s *msg.Symbol) {
	l.name("symbol_name", &s.Name)
	l.number("base", int64(s.Base))
	l.number("quote_asset", int64(s.Quote))
	l.number("tick", int64(s.Tick))
	l.number("lot", int64(s.Lot))
	l.word("accounting", s.Accounting.String())
	l.always("maker", int64(s.Maker))
	l.always("taker", int64(s.Taker))
	f := &s.Filters
	l.number("min_price", int64(f.MinPrice))
	l.number("max_price", int64(f.MaxPrice))
	l.number("min_qty", int64(f.MinQty))
	l.number("max_qty", int64(f.MaxQty))
	l.number("step_qty", int64(f.StepQty))
	l.number("market_min_qty", int64(f.MarketMinQty))
	l.number("market_max_qty", int64(f.MarketMaxQty))
	l.number("market_step", int64(f.MarketStep))
	l.number("min_notional", int64(f.MinNotional))
	l.number("max_notional", int64(f.MaxNotional))
	l.flag("min_to_market", f.MinToMarket)
	l.flag("max_to_market", f.MaxToMarket)
	l.number("avg_mins", int64(f.AvgMins))
	l.number("max_orders", int64(f.MaxOrders))
	l.number("max_amends", int64(f.MaxAmends))
	l.number("max_position", int64(f.MaxPosition))
	l.number("bid_multiplier_up", int64(f.BidMultiplierUp))
	l.number("bid_multiplier_down", int64(f.BidMultiplierDown))
	l.number("ask_multiplier_up", int64(f.AskMultiplierUp))
	l.number("ask_multiplier_down", int64(f.AskMultiplierDown))
}

func (l *transactionLine) event(c *msg.Command, v *msg.Event) {
	l.begin(c, "event", "+ ", v.Kind.String())
	l.number("id", int64(v.ID))
	l.number("order", int64(v.Order))
	l.number("taker", int64(v.Taker))
	l.number("trade", int64(v.Trade))
	l.number("price", int64(v.Price))
	l.number("qty", int64(v.Qty))
	l.number("taker_qty", int64(v.TakerQty))
	if v.Reason != msg.NoReason {
		l.word("reason", v.Reason.String())
	}
	l.end()
}

// begin starts a line about something that is what, and in text is marked so.
func (l *transactionLine) begin(c *msg.Command, what, mark, kind string) {
	if l.json {
		l.buf = append(l.buf, `{"seq":`...)
		l.buf = strconv.AppendUint(l.buf, uint64(c.Seq), 10)
		l.buf = append(l.buf, `,"time":`...)
		l.buf = strconv.AppendInt(l.buf, c.Time, 10)
		l.word(what, kind)
		return
	}
	l.buf = strconv.AppendUint(l.buf, uint64(c.Seq), 10)
	l.buf = append(l.buf, ' ')
	l.buf = strconv.AppendInt(l.buf, c.Time, 10)
	l.buf = append(l.buf, ' ')
	l.buf = append(l.buf, mark...)
	l.buf = append(l.buf, kind...)
}

func (l *transactionLine) end() {
	if l.json {
		l.buf = append(l.buf, '}')
	}
	l.buf = append(l.buf, '\n')
}

func (l *transactionLine) field(name string) {
	if l.json {
		l.buf = append(l.buf, ',', '"')
		l.buf = append(l.buf, name...)
		l.buf = append(l.buf, '"', ':')
		return
	}
	l.buf = append(l.buf, ' ')
	l.buf = append(l.buf, name...)
	l.buf = append(l.buf, '=')
}

// number writes a field, unless it is zero.
func (l *transactionLine) number(name string, v int64) {
	if v != 0 {
		l.always(name, v)
	}
}

// always writes a field whose zero says something.
func (l *transactionLine) always(name string, v int64) {
	l.field(name)
	l.buf = strconv.AppendInt(l.buf, v, 10)
}

// word writes a field of letters that JSON and a reader take as they are.
func (l *transactionLine) word(name, v string) {
	l.field(name)
	if l.json {
		l.buf = append(append(append(l.buf, '"'), v...), '"')
		return
	}
	l.buf = append(l.buf, v...)
}

func (l *transactionLine) name(name string, v *msg.Name) {
	if !v.IsZero() {
		l.word(name, v.String())
	}
}

func (l *transactionLine) flag(name string, set bool) {
	if set {
		l.field(name)
		l.buf = strconv.AppendBool(l.buf, true)
	}
}
