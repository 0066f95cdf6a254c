package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// secondCursor walks over bytes. After the first error it gives zeros.
type secondCursor struct {
	b   []byte
	at  int
	err error
}

func (c *secondCursor) fail(format string, values ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("byte %d: %w", c.at, fmt.Errorf(format, values...))
	}
}

// bytes gives the next n bytes, zeros when there are less.
func (c *secondCursor) bytes(n int) []byte {
	if c.err == nil && n > len(c.b)-c.at {
		c.fail("%d bytes wanted, %d left", n, len(c.b)-c.at)
	}
	if c.err != nil {
		return make([]byte, n)
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

// little gives a little endian number of n bytes.
func (c *secondCursor) little(n int) uint64 {
	v := uint64(0)
	for i, b := range c.bytes(n) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (c *secondCursor) u8() byte           { return c.bytes(1)[0] }
func (c *secondCursor) u16() uint16        { return uint16(c.little(2)) }
func (c *secondCursor) u32() uint32        { return uint32(c.little(4)) }
func (c *secondCursor) u64() uint64        { return c.little(8) }
func (c *secondCursor) hash() (h [16]byte) { copy(h[:], c.bytes(16)); return h }
func (c *secondCursor) more() bool         { return c.err == nil && c.at < len(c.b) }

// uint gives seven bits of each byte, the lowest first.
func (c *secondCursor) uint() uint64 {
	v := uint64(0)
	for shift := 0; ; shift += 7 {
		b := c.u8()
		if shift == 63 && b > 1 {
			c.fail("a number of more than 64 bits")
		}
		if c.err != nil {
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

// int gives 0, -1, 1, -2, 2 for 0, 1, 2, 3, 4.
func (c *secondCursor) int() uint64 {
	v := c.uint()
	if v%2 == 1 {
		return -(v/2 + 1)
	}
	return v / 2
}

// most gives a number that has to fit.
func (c *secondCursor) most(limit uint64) uint64 {
	v := c.uint()
	if v > limit {
		c.fail("%d is more than %d", v, limit)
		return 0
	}
	return v
}

func (c *secondCursor) id() uint32 { return uint32(c.most(1<<32 - 1)) }

func (c *secondCursor) name() msg.Name {
	n := c.u8()
	if n < 1 || n > 36 {
		c.fail("a name of %d characters", n)
		return msg.Name{}
	}
	name, err := msg.ParseName(string(c.bytes(int(n))))
	if err != nil {
		c.fail("%w", err)
	}
	return name
}

// secondLane is what is remembered of the symbols that share it.
type secondLane struct {
	order        [2]uint64 // prices of the last orders
	price, trade uint64    // of the last trade
}

// secondKept is what is remembered of a command.
type secondKept struct {
	account     uint32
	price, open uint64
}

// secondPayload reads the transactions of one frame.
type secondPayload struct {
	secondCursor
	first, seq, time uint64
	symbol, account  uint32
	lanes            [16]secondLane
	kept             []secondKept // of each command of the frame

	extra, further byte // of the command at hand
}

func newSecondPayload(raw []byte, firstSeq uint64, firstTime int64) *secondPayload {
	return &secondPayload{secondCursor: secondCursor{b: raw}, first: firstSeq, seq: firstSeq - 1, time: uint64(firstTime)}
}

// next reads a command and its events.
func (p *secondPayload) next() (*msg.Command, []msg.Event, error) {
	p.seq++
	p.kept = append(p.kept, secondKept{})
	c := &msg.Command{Seq: msg.Seq(p.seq)}
	head := p.u8()
	c.Kind = msg.Kind(head & 0x0f)
	p.flags(head, c.Kind)
	c.Time = p.when()
	if has, same := secondHasSymbol(c.Kind), head&0x20 != 0; has {
		if !same {
			p.symbol = p.id()
		}
		c.Symbol = msg.SymbolID(p.symbol)
	} else if same {
		p.fail("a %v has no symbol", c.Kind)
	}
	if secondMeansOrder(c.Kind) && p.extra&0x01 == 0 {
		if c.Order = msg.OrderID(p.order()); c.Order == 0 {
			p.fail("order 0 that is not by name")
		}
	}
	if has, same := secondHasAccount(c.Kind), head&0x40 != 0; has {
		p.whose(c, same)
	} else if same {
		p.fail("a %v has no account", c.Kind)
	}
	p.body(c)
	p.names(c)
	if p.err != nil {
		return nil, nil, p.err
	}
	if head&0x10 != 0 {
		usual := secondUsual(c)
		if usual == nil {
			p.fail("nothing is usual for %v", c.Kind)
		}
		return c, usual, p.err
	}
	events := p.events(c)
	if p.err == nil && slices.Equal(events, secondUsual(c)) {
		p.fail("the usual events are written")
	}
	return c, events, p.err
}

func secondHasSymbol(k msg.Kind) bool {
	return k >= 1 && k <= 5 || k >= 13 && k <= 15
}

func secondHasAccount(k msg.Kind) bool {
	return k >= 1 && k <= 7 || k == 9 || k == 10
}

func secondMeansOrder(k msg.Kind) bool { return k >= 2 && k <= 4 }

// flags reads the bytes of flags, and refuses what the kind does not have.
func (p *secondPayload) flags(head byte, k msg.Kind) {
	p.extra, p.further = 0, 0
	if k == 0 {
		p.fail("kind 0")
	}
	if head&0x80 == 0 {
		return
	}
	if p.extra = p.u8(); p.extra == 0 {
		p.fail("no flags in a byte of flags")
	}
	if p.extra&0x40 != 0 {
		if p.further = p.u8(); p.further == 0 {
			p.fail("no flags in a second byte of flags")
		}
	}
	var extra, further byte
	switch k {
	case 1:
		extra, further = 0x08|0x10, 0x04|0x08
	case 2:
		extra, further = 0x01|0x02|0x04, 0x01|0x02
	case 3:
		extra, further = 0x01|0x02|0x04|0x08|0x10|0x20, 0x01|0x02|0x04|0x08
	case 4:
		extra = 0x01 | 0x02 | 0x08
	case 5:
		extra = 0x04
	case 8, 11:
		extra = 0x08
	default:
	}
	if p.extra&^0x40&^extra != 0 || p.further&^further != 0 {
		p.fail("a %v with flags %02x %02x", k, p.extra, p.further)
	}
}

func (p *secondPayload) when() int64 {
	v := p.uint()
	d := v / 2
	if v%2 == 1 {
		if d > math.MaxInt64/1_000_000 {
			p.fail("%d milliseconds", d)
		}
		d *= 1_000_000
	}
	before := int64(p.time)
	if p.time += d; int64(p.time) < before {
		p.fail("time goes back")
	}
	return int64(p.time)
}

func (p *secondPayload) order() uint64 { return p.seq - p.uint() }

// memory gives what is remembered of the command that brought an order, nil when
// nothing is.
func (p *secondPayload) memory(order uint64) *secondKept {
	if order > p.seq || p.seq-order > 4095 || order < p.first {
		return nil
	}
	return &p.kept[order-p.first]
}

func (p *secondPayload) lane(c *msg.Command) *secondLane { return &p.lanes[c.Symbol%16] }

func (p *secondPayload) whose(c *msg.Command, same bool) {
	if !same {
		p.account = p.id()
	} else if secondMeansOrder(c.Kind) && p.extra&0x01 == 0 && uint64(c.Order) != p.seq {
		if m := p.memory(uint64(c.Order)); m != nil {
			p.account = m.account
		}
	}
	c.Account = msg.AccountID(p.account)
	p.kept[p.seq-p.first].account = p.account
}

func (p *secondPayload) body(c *msg.Command) {
	switch c.Kind {
	case 1, 3:
		p.terms(c)
	case 4:
		c.Qty = msg.Qty(p.uint())
	case 6, 7:
		c.Asset = msg.AssetID(p.id())
		c.Amount = msg.Amount(p.uint())
		c.Transfer = int64(p.uint())
	case 9:
		c.Status = msg.Status(p.u8())
	case 10:
		c.Maker, c.Taker = msg.Rate(p.int()), msg.Rate(p.int())
	case 11:
		c.Scale = p.u8()
	case 12, 13:
		c.Spec = p.spec()
	case 14:
		c.Phase = msg.Phase(p.u8())
	default:
	}
}

func (p *secondPayload) terms(c *msg.Command) {
	b := p.u8()
	c.Side, c.Type = msg.Side(b&1), msg.OrderType(b>>1&3)
	c.TIF, c.STP = msg.TimeInForce(b>>3&3), msg.Prevention(b>>5)
	if c.Type == 3 || c.TIF == 3 || c.STP > 4 {
		p.fail("terms %02x", b)
	}
	if c.Type != 1 {
		last := &p.lane(c).order[c.Side]
		*last += p.int()
		c.Price = msg.Price(*last)
	}
	if p.extra&0x10 != 0 {
		if c.Quote = msg.Amount(p.uint()); c.Quote == 0 {
			p.fail("a quote amount of 0")
		}
	}
	c.Qty = msg.Qty(p.uint())
	m := &p.kept[p.seq-p.first]
	m.price, m.open = uint64(c.Price), uint64(c.Qty)
}

func (p *secondPayload) names(c *msg.Command) {
	if p.extra&0x02 != 0 {
		c.OrigName = p.name()
	}
	if p.extra&0x04 != 0 {
		c.CancelName = p.name()
	}
	if p.extra&0x08 != 0 {
		c.Name = p.name()
	}
	if p.extra&0x20 != 0 {
		c.Mode = msg.AllowFailure
	}
	switch p.further & 3 {
	case 1:
		c.Only = msg.OnlyNew
	case 2:
		c.Only = msg.OnlyPartiallyFilled
	case 3:
		p.fail("both restrictions")
	}
	if p.further&4 != 0 {
		c.Strategy.ID, c.Strategy.HasID = int64(p.int()), true
	}
	if p.further&8 != 0 {
		if c.Strategy.Type = int32(p.most(1<<31 - 1)); c.Strategy.Type < 1_000_000 {
			p.fail("a strategy type of %d", c.Strategy.Type)
		}
	}
}

func (p *secondPayload) spec() *msg.Symbol {
	s := &msg.Symbol{Name: p.name(), Accounting: msg.Accounting(p.u8())}
	flags := p.u8()
	if flags > 0x0f {
		p.fail("flags %02x of a symbol", flags)
	}
	if s.Accounting > 1 {
		p.fail("accounting %d", s.Accounting)
	}
	f := &s.Filters
	f.AvgMins = p.u8()
	s.Base, s.Quote = msg.AssetID(p.id()), msg.AssetID(p.id())
	s.Tick, s.Lot = msg.Amount(p.uint()), msg.Amount(p.uint())
	s.Maker, s.Taker = msg.Rate(p.uint()), msg.Rate(p.uint())
	f.MinPrice, f.MaxPrice = msg.Price(p.uint()), msg.Price(p.uint())
	f.MinQty, f.MaxQty, f.StepQty = msg.Qty(p.uint()), msg.Qty(p.uint()), msg.Qty(p.uint())
	f.MarketMinQty, f.MarketMaxQty, f.MarketStep = msg.Qty(p.uint()), msg.Qty(p.uint()), msg.Qty(p.uint())
	f.MinNotional, f.MaxNotional = msg.Amount(p.uint()), msg.Amount(p.uint())
	f.MaxOrders = p.id()
	f.MaxAmends = uint16(p.most(65_535))
	f.MinToMarket, f.MaxToMarket = flags&1 != 0, flags&2 != 0
	if flags&4 != 0 {
		f.BidMultiplierUp, f.BidMultiplierDown = msg.Multiplier(p.uint()), msg.Multiplier(p.uint())
		f.AskMultiplierUp, f.AskMultiplierDown = msg.Multiplier(p.uint()), msg.Multiplier(p.uint())
		if f.BidMultiplierUp|f.BidMultiplierDown|f.AskMultiplierUp|f.AskMultiplierDown == 0 {
			p.fail("multipliers that are all 0")
		}
	}
	if flags&8 != 0 {
		if f.MaxPosition = msg.Amount(p.uint()); f.MaxPosition == 0 {
			p.fail("a largest position of 0")
		}
	}
	return s
}

// secondUsual gives the events that are not written, nil for none.
func secondUsual(c *msg.Command) []msg.Event {
	if secondMeansOrder(c.Kind) && c.Order == 0 {
		return nil
	}
	switch c.Kind {
	case 1:
		return []msg.Event{{Kind: 1, Order: msg.OrderID(c.Seq)}}
	case 2:
		return []msg.Event{{Kind: 4, Order: c.Order}}
	case 3:
		return []msg.Event{{Kind: 4, Order: c.Order}, {Kind: 1, Order: msg.OrderID(c.Seq)}}
	case 4:
		return []msg.Event{{Kind: 7, Order: c.Order}}
	case 6, 7:
		return []msg.Event{{Kind: 9}}
	case 9, 10:
		return []msg.Event{{Kind: 11}}
	case 13:
		return []msg.Event{{Kind: 14}}
	case 14:
		return []msg.Event{{Kind: 15}}
	default:
		return nil
	}
}

func (p *secondPayload) events(c *msg.Command) (events []msg.Event) {
	for p.err == nil {
		head := p.u8()
		e := msg.Event{Kind: msg.EventKind(head & 0x1f)}
		p.event(c, &e, head&0x20 != 0, head&0x40 != 0)
		events = append(events, e)
		if head&0x80 != 0 {
			break
		}
	}
	return events
}

// event reads what stands behind the head of an event.
func (p *secondPayload) event(c *msg.Command, e *msg.Event, a, b bool) {
	if a && !slices.Contains([]msg.EventKind{1, 3, 4, 6, 7, 8}, e.Kind) || b && e.Kind != 1 && e.Kind != 3 {
		p.fail("an event %v with flags %v %v", e.Kind, a, b)
	}
	either := func(otherwise uint64) msg.OrderID {
		if a {
			return msg.OrderID(p.order())
		}
		return msg.OrderID(otherwise)
	}
	switch e.Kind {
	case 1:
		e.Order = either(p.seq)
		if b {
			e.Qty = msg.Qty(p.uint())
			p.memory(p.seq).open = uint64(e.Qty)
		}
	case 2, 5:
		e.Reason = p.reason()
	case 3:
		p.trade(p.lane(c), e, a, b)
	case 4, 7:
		e.Order = either(uint64(c.Order))
	case 6:
		e.Order = either(p.seq)
		e.Reason = p.reason()
	case 8:
		e.Taker = either(p.seq)
		e.Order = msg.OrderID(p.order())
		e.Price = msg.Price(p.lane(c).price + p.int())
		e.Qty, e.TakerQty = msg.Qty(p.uint()), msg.Qty(p.uint())
	case 9, 11, 14, 15:
	case 10, 12, 13:
		e.ID = p.id()
	case 16:
		e.Price, e.Qty = msg.Price(p.uint()), msg.Qty(p.uint())
	default:
		p.fail("an event of kind %d", e.Kind)
	}
}

func (p *secondPayload) reason() msg.Reason {
	r := p.u8()
	if r >= 1 && r <= 9 || r >= 20 && r <= 41 || r >= 60 && r <= 67 || r >= 80 && r <= 85 || r >= 120 && r <= 122 {
		return msg.Reason(r)
	}
	p.fail("reason %d", r)
	return 0
}

func (p *secondPayload) trade(lane *secondLane, e *msg.Event, a, b bool) {
	maker, taker, trade := p.order(), p.seq, lane.trade+1
	if a {
		taker = p.order()
		trade += p.int()
	}
	m, t := p.memory(maker), p.memory(taker)
	price, qty := lane.price, uint64(0)
	if m != nil {
		price = m.price
	}
	switch {
	case m != nil && t != nil:
		qty = uint64(min(int64(m.open), int64(t.open)))
	case m != nil:
		qty = m.open
	case t != nil:
		qty = t.open
	}
	if b {
		price += p.int()
		qty = p.uint()
	}
	lane.price, lane.trade = price, trade
	for _, of := range []*secondKept{m, t} {
		if of != nil {
			of.open -= qty
		}
	}
	e.Order, e.Taker, e.Trade = msg.OrderID(maker), msg.OrderID(taker), msg.TradeID(trade)
	e.Price, e.Qty = msg.Price(price), msg.Qty(qty)
}
