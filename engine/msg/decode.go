package msg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The ways in which encoded transactions can be refused.
var (
	ErrShort   = errors.New("msg: transaction ends early")
	ErrUnknown = errors.New("msg: unknown kind or flag")
	ErrRange   = errors.New("msg: number out of range")
)

// Decoder reads the transactions of one frame. It never panics, whatever the
// bytes, and takes no more memory than they fill, and what it remembers of a frame.
type Decoder struct {
	prediction
	b   []byte
	err error
}

// Reset starts a frame with what its Encoder was reset with. The decoder keeps
// src until the frame is read.
func (d *Decoder) Reset(src []byte, first Seq, time int64) {
	d.start(first, time)
	d.b, d.err = src, nil
}

// More reports whether transactions are left.
func (d *Decoder) More() bool { return d.err == nil && len(d.b) > 0 }

// Next reads the next transaction into c and appends its events to events. An
// error is final.
func (d *Decoder) Next(c *Command, events []Event) ([]Event, error) {
	d.seq++
	*c = Command{Seq: d.seq}
	if asUsual := d.command(c); asUsual {
		events = d.usual(c, events)
	} else {
		events = d.events(c, events)
	}
	if d.err != nil {
		return events, fmt.Errorf("command %d: %w", d.seq, d.err)
	}
	return events, nil
}

// usual appends the events that are left out, which not every command has.
func (d *Decoder) usual(c *Command, events []Event) []Event {
	n := len(events)
	if events = c.appendUsual(events); len(events) == n {
		d.fail(ErrUnknown)
	}
	return events
}

// events appends the events that follow, through the last one of the transaction.
// They are not those that should have been left out.
func (d *Decoder) events(c *Command, events []Event) []Event {
	n := len(events)
	for last := false; !last && d.err == nil; {
		var v Event
		last = d.event(c, &v)
		events = append(events, v)
	}
	if c.isUsual(events[n:]) {
		d.fail(ErrUnknown)
	}
	return events
}

// command reads a command and reports whether its events are left out.
func (d *Decoder) command(c *Command) bool {
	head := d.byte()
	c.Kind = Kind(head & kindBits)
	if c.Kind == 0 || c.Kind > maxKind {
		d.fail(ErrUnknown)
	}
	extra := uint16(0)
	if head&extended != 0 {
		extra = d.extra()
	}
	if c.Time = d.time + d.duration(); c.Time < d.time {
		d.fail(ErrRange)
	}
	d.time = c.Time
	if c.Kind.uses(fieldSymbol) {
		if head&sameSymbol == 0 {
			d.symbol = SymbolID(d.uint32())
		}
		c.Symbol = d.symbol
	}
	if c.Kind.uses(fieldOrder) && extra&byName == 0 {
		c.Order = d.order(c)
	}
	if c.Kind.uses(fieldAccount) {
		if c.Account = d.accountOf(c); head&sameAccount == 0 {
			c.Account = AccountID(d.uint32())
		}
	}
	d.remember(c)
	d.body(c, extra)
	if c.extra() != extra || !c.Kind.uses(fieldSymbol) && head&sameSymbol != 0 || !c.Kind.uses(fieldAccount) && head&sameAccount != 0 {
		d.fail(ErrUnknown) // a flag that this kind does not have, or a field that should have been left out
	}
	return head&usual != 0
}

// extra reads the extra flags of a command that has some.
func (d *Decoder) extra() uint16 {
	x := uint16(d.byte())
	if x&further != 0 {
		x |= uint16(d.byte()) << 8
	}
	if x&^extraBits != 0 || x == 0 || x&furtherBits == 0 && x&further != 0 {
		d.fail(ErrUnknown)
	}
	return x
}

func (d *Decoder) body(c *Command, extra uint16) {
	switch c.Kind {
	case Place, CancelReplace:
		d.terms(c, extra)
	case Amend:
		c.Qty = Qty(d.uint())
	case Credit, Debit:
		c.Asset = AssetID(d.uint32())
		c.Amount = Amount(d.uint())
		c.Transfer = int64(d.uint())
	case SetStatus:
		c.Status = Status(d.byte())
	case SetFees:
		c.Maker = Rate(d.int())
		c.Taker = Rate(d.int())
	case AddAsset:
		c.Scale = d.byte()
	case AddSymbol, AlterSymbol:
		c.Spec = new(Symbol)
		d.spec(c.Spec)
	case SetPhase:
		c.Phase = Phase(d.byte())
	default: // cancel, cancel-all, create-account, uncross: all is said
	}
	if extra&hasOrigName != 0 {
		d.name(&c.OrigName)
	}
	if extra&hasCancelName != 0 {
		d.name(&c.CancelName)
	}
	if extra&hasName != 0 {
		d.name(&c.Name)
	}
	if extra&furtherBits != 0 {
		d.further(c, extra)
	}
}

// further reads what the flags of the second byte say.
func (d *Decoder) further(c *Command, extra uint16) {
	if c.Kind.uses(fieldOnly) {
		c.Only = Restriction(extra / onlyNew & 3)
	}
	if extra&hasStrategyID != 0 {
		c.Strategy.ID, c.Strategy.HasID = d.int(), true
	}
	if extra&hasStrategyType != 0 {
		v := d.uint()
		if v < MinStrategyType || v > math.MaxInt32 {
			d.fail(ErrRange)
		}
		c.Strategy.Type = int32(v)
	}
}

func (d *Decoder) terms(c *Command, extra uint16) {
	o := d.byte()
	c.Side, c.Type, c.TIF, c.STP = Side(o&1), OrderType(o>>1&3), TimeInForce(o>>3&3), Prevention(o>>5)
	if c.Type > maxOrderType || c.TIF > maxTimeInForce || c.STP > maxPrevention {
		d.fail(ErrUnknown)
	}
	if c.Kind == CancelReplace && extra&allowFailure != 0 {
		c.Mode = AllowFailure
	}
	if c.Type != Market {
		last := &d.lane(c.Symbol).price[c.Side]
		c.Price = *last + Price(d.int())
		*last = c.Price
	}
	if extra&hasQuote != 0 {
		c.Quote = Amount(d.uint())
	}
	c.Qty = Qty(d.uint())
	d.placed(c)
}

// event reads one event and reports whether it is its transaction's last.
func (d *Decoder) event(c *Command, v *Event) bool {
	head := d.byte()
	v.Kind = EventKind(head & eventBits)
	if v.Kind == 0 || v.Kind > maxEventKind || head&(flagA|flagB)&^v.Kind.flags() != 0 {
		d.fail(ErrUnknown)
		return true
	}
	switch v.Kind {
	case Accepted:
		v.Order = d.ref(c, head, OrderID(c.Seq))
		if head&flagB != 0 {
			v.Qty = Qty(d.uint())
			d.determined(v.Qty)
		}
	case Traded:
		d.trade(c, v, head)
	case Canceled, Amended:
		v.Order = d.ref(c, head, c.meantOrder())
	case Expired:
		v.Order = d.ref(c, head, OrderID(c.Seq))
		v.Reason = d.reason()
	case Rejected, CancelRejected:
		v.Reason = d.reason()
	case Prevented:
		v.Taker = d.ref(c, head, OrderID(c.Seq))
		v.Order = d.order(c)
		v.Price = d.lane(c.Symbol).last + Price(d.int())
		v.Qty = Qty(d.uint())
		v.TakerQty = Qty(d.uint())
	case AccountCreated, AssetAdded, SymbolAdded:
		v.ID = d.uint32()
	case Uncrossed:
		v.Price = Price(d.uint())
		v.Qty = Qty(d.uint())
	default: // the others say nothing but their kind
	}
	return head&lastEvent != 0
}

// flags returns the flag bits that events of this kind can have.
func (k EventKind) flags() byte {
	switch k {
	case Accepted, Traded:
		return flagA | flagB
	case Canceled, Amended, Expired, Prevented:
		return flagA
	default:
		return 0
	}
}

func (d *Decoder) trade(c *Command, v *Event, head byte) {
	v.Order, v.Taker = d.order(c), OrderID(c.Seq)
	told := int64(0)
	if head&flagA != 0 {
		v.Taker, told = d.order(c), d.int()
	}
	v.Price, v.Qty, v.Trade = d.expected(c.Symbol, v)
	v.Trade += TradeID(told)
	if head&flagB != 0 {
		v.Price, v.Qty = v.Price+Price(d.int()), Qty(d.uint())
	}
	d.traded(c.Symbol, v)
}

func (d *Decoder) ref(c *Command, head byte, predicted OrderID) OrderID {
	if head&flagA == 0 {
		return predicted
	}
	return d.order(c)
}

func (d *Decoder) order(c *Command) OrderID { return OrderID(uint64(c.Seq) - d.uint()) }

func (d *Decoder) reason() Reason {
	r := Reason(d.byte())
	if !r.known() {
		d.fail(ErrUnknown)
	}
	return r
}

func (d *Decoder) duration() int64 {
	v := d.uint()
	if v&1 == 0 {
		return int64(v >> 1)
	}
	if v>>1 > uint64(MaxAmount)/millisecond {
		d.fail(ErrRange)
		return 0
	}
	return int64(v>>1) * millisecond
}

func (d *Decoder) spec(s *Symbol) {
	f := &s.Filters
	d.name(&s.Name)
	s.Accounting = Accounting(d.byte())
	flags := d.byte()
	if s.Accounting > maxAccounting || flags&^symbolBits != 0 {
		d.fail(ErrUnknown)
	}
	f.MinToMarket, f.MaxToMarket, f.AvgMins = flags&minToMarket != 0, flags&maxToMarket != 0, d.byte()
	s.Base, s.Quote = AssetID(d.uint32()), AssetID(d.uint32())
	s.Tick, s.Lot = Amount(d.uint()), Amount(d.uint())
	s.Maker, s.Taker = Rate(d.uint()), Rate(d.uint())
	f.MinPrice, f.MaxPrice = Price(d.uint()), Price(d.uint())
	f.MinQty, f.MaxQty, f.StepQty = Qty(d.uint()), Qty(d.uint()), Qty(d.uint())
	f.MarketMinQty, f.MarketMaxQty, f.MarketStep = Qty(d.uint()), Qty(d.uint()), Qty(d.uint())
	f.MinNotional, f.MaxNotional = Amount(d.uint()), Amount(d.uint())
	f.MaxOrders = d.uint32()
	amends := d.uint32()
	if amends > 1<<16-1 {
		d.fail(ErrRange)
	}
	f.MaxAmends = uint16(amends)
	if flags&hasMultipliers != 0 {
		f.BidMultiplierUp, f.BidMultiplierDown = Multiplier(d.uint()), Multiplier(d.uint())
		f.AskMultiplierUp, f.AskMultiplierDown = Multiplier(d.uint()), Multiplier(d.uint())
	}
	if flags&hasMaxPosition != 0 {
		f.MaxPosition = Amount(d.uint())
	}
	if f.flags() != flags {
		d.fail(ErrUnknown) // what follows should have been left out
	}
}

// DecodeSymbol reads what AppendSymbol wrote and returns what follows it.
func DecodeSymbol(src []byte) (Symbol, []byte, error) {
	d := Decoder{b: src}
	var s Symbol
	d.spec(&s)
	return s, d.b, d.err
}

func (d *Decoder) name(n *Name) {
	l := int(d.byte())
	if l > NameLen || l > len(d.b) {
		d.fail(ErrShort)
		return
	}
	copy(n[:], d.b[:l])
	d.b = d.b[l:]
	if !n.Valid() || n.Len() != l {
		d.fail(ErrUnknown)
	}
}

func (d *Decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail(ErrShort)
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *Decoder) uint() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 {
		v := d.b[0]
		d.b = d.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail(ErrShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *Decoder) uint32() uint32 {
	v := d.uint()
	if v > 1<<32-1 {
		d.fail(ErrRange)
	}
	return uint32(v)
}

func (d *Decoder) int() int64 {
	v := d.uint()
	return int64(v>>1) ^ -int64(v&1)
}

// fail keeps the first error and drops what is left.
func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}
