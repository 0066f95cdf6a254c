package msg

import "encoding/binary"

// Version of the encoding. It stands in every journal frame as part of the
// derivation version.
const Version = 1

// The head byte of a command: its kind and what follows.
const (
	kindBits    = 0x0f
	usual       = 0x10 // its events are the usual ones, and are left out
	sameSymbol  = 0x20 // the symbol is that of the command before
	sameAccount = 0x40 // the account is the predicted one
	extended    = 0x80 // a byte of extra flags follows
)

// The extra flags of a command. Those beyond the first byte are rare: they take a
// second one, which the last flag of the first announces.
const (
	byName        uint16 = 0x01 // no order id is given
	hasOrigName   uint16 = 0x02
	hasCancelName uint16 = 0x04
	hasName       uint16 = 0x08
	hasQuote      uint16 = 0x10
	allowFailure  uint16 = 0x20
	further       uint16 = 0x40 // a second byte follows

	onlyNew             uint16 = 0x0100
	onlyPartiallyFilled uint16 = 0x0200
	hasStrategyID       uint16 = 0x0400
	hasStrategyType     uint16 = 0x0800

	extraBits   uint16 = 0x0f7f
	furtherBits uint16 = 0x0f00
)

// The head byte of an event: its kind and what follows.
const (
	eventBits = 0x1f
	flagA     = 0x20 // something differs from what is predicted
	flagB     = 0x40 // something else does
	lastEvent = 0x80 // ends the transaction
)

// MaxEventBytes is the largest encoding of one event: a head byte and five
// numbers of ten bytes each, of a trade or a prevention.
const MaxEventBytes = 1 + 5*10

// millisecond is the unit in which recorded times are often whole.
const millisecond = 1_000_000

// Encoder appends transactions in the journal's encoding, which FORMAT.md
// describes. Reset it at the start of each frame.
type Encoder struct{ prediction }

// Reset starts a frame whose first command has this sequence and whose times
// count from this one. The decoder must be given the same.
func (e *Encoder) Reset(first Seq, time int64) { e.start(first, time) }

// Append appends the transaction of c and its events, at least one, to dst. The
// commands of a frame must follow each other in sequence and time, and c must
// pass Check: what a kind does not use is not encoded.
func (e *Encoder) Append(dst []byte, c *Command, events []Event) []byte {
	e.seq++
	head := len(dst)
	dst = e.appendCommand(dst, c)
	if c.isUsual(events) {
		dst[head] |= usual
		return dst
	}
	for i := range events {
		last := byte(0)
		if i == len(events)-1 {
			last = lastEvent
		}
		dst = e.appendEvent(dst, c, &events[i], last)
	}
	return dst
}

func (e *Encoder) appendCommand(dst []byte, c *Command) []byte {
	head, extra := byte(c.Kind), c.extra()
	symbol, account := c.Kind.uses(fieldSymbol), c.Kind.uses(fieldAccount)
	if symbol && c.Symbol == e.symbol {
		head |= sameSymbol
	}
	if account && c.Account == e.accountOf(c) {
		head |= sameAccount
	}
	if extra != 0 {
		head |= extended
	}
	dst = append(dst, head)
	if extra != 0 {
		dst = append(dst, byte(extra))
		if extra&further != 0 {
			dst = append(dst, byte(extra>>8))
		}
	}
	dst = appendTime(dst, c.Time-e.time)
	e.time = c.Time
	if symbol && head&sameSymbol == 0 {
		dst = appendUint(dst, uint64(c.Symbol))
		e.symbol = c.Symbol
	}
	if c.Kind.uses(fieldOrder) && extra&byName == 0 {
		dst = appendUint(dst, uint64(c.Seq)-uint64(c.Order))
	}
	if account && head&sameAccount == 0 {
		dst = appendUint(dst, uint64(c.Account))
	}
	e.remember(c)
	return e.appendBody(dst, c, extra)
}

// extra returns the extra flags of c; the frequent commands have none.
func (c *Command) extra() uint16 {
	used, x := c.Kind.used(), uint16(0)
	if used&fieldOrder != 0 {
		if c.Order == 0 {
			x |= byName
		}
		if !c.OrigName.IsZero() {
			x |= hasOrigName
		}
	}
	if used&fieldCancelName != 0 && !c.CancelName.IsZero() {
		x |= hasCancelName
	}
	if used&fieldName != 0 && !c.Name.IsZero() {
		x |= hasName
	}
	if used&fieldQuote != 0 && c.Quote != 0 {
		x |= hasQuote
	}
	if used&fieldMode != 0 && c.Mode == AllowFailure {
		x |= allowFailure
	}
	if c.Only != Unrestricted || c.Strategy.HasID || c.Strategy.Type != 0 {
		x |= c.furtherFlags(used)
	}
	return x
}

// furtherFlags returns the extra flags of the second byte, with the one that
// announces it if there are any.
func (c *Command) furtherFlags(used fields) uint16 {
	x := uint16(0)
	if used&fieldOnly != 0 {
		x |= flag(c.Only == OnlyNew, onlyNew) | flag(c.Only == OnlyPartiallyFilled, onlyPartiallyFilled)
	}
	if used&fieldStrategy != 0 {
		x |= flag(c.Strategy.HasID, hasStrategyID) | flag(c.Strategy.Type != 0, hasStrategyType)
	}
	return x | flag(x != 0, further)
}

func (e *Encoder) appendBody(dst []byte, c *Command, extra uint16) []byte {
	switch c.Kind {
	case Place, CancelReplace:
		dst = e.appendTerms(dst, c, extra)
	case Amend:
		dst = appendUint(dst, uint64(c.Qty))
	case Credit, Debit:
		dst = appendUint(dst, uint64(c.Asset))
		dst = appendUint(dst, uint64(c.Amount))
		dst = appendUint(dst, uint64(c.Transfer))
	case SetStatus:
		dst = append(dst, byte(c.Status))
	case SetFees:
		dst = appendInt(dst, int64(c.Maker))
		dst = appendInt(dst, int64(c.Taker))
	case AddAsset:
		dst = append(dst, c.Scale)
	case AddSymbol, AlterSymbol:
		dst = AppendSymbol(dst, c.Spec)
	case SetPhase:
		dst = append(dst, byte(c.Phase))
	default: // cancel, cancel-all, create-account, uncross: all is said
	}
	if extra&hasOrigName != 0 {
		dst = appendName(dst, &c.OrigName)
	}
	if extra&hasCancelName != 0 {
		dst = appendName(dst, &c.CancelName)
	}
	if extra&hasName != 0 {
		dst = appendName(dst, &c.Name)
	}
	if extra&(hasStrategyID|hasStrategyType) != 0 {
		dst = appendStrategy(dst, &c.Strategy)
	}
	return dst
}

func appendStrategy(dst []byte, s *Strategy) []byte {
	if s.HasID {
		dst = appendInt(dst, s.ID)
	}
	if s.Type != 0 {
		dst = appendUint(dst, uint64(s.Type))
	}
	return dst
}

// appendTerms appends what an order asks for: side, type, time in force and
// prevention in one byte, price against the last one on that side, quantity.
func (e *Encoder) appendTerms(dst []byte, c *Command, extra uint16) []byte {
	dst = append(dst, byte(c.Side)|byte(c.Type)<<1|byte(c.TIF)<<3|byte(c.STP)<<5)
	if c.Type != Market {
		last := &e.lane(c.Symbol).price[c.Side&1]
		dst = appendInt(dst, int64(c.Price-*last))
		*last = c.Price
	}
	if extra&hasQuote != 0 {
		dst = appendUint(dst, uint64(c.Quote))
	}
	e.placed(c)
	return appendUint(dst, uint64(c.Qty))
}

func (e *Encoder) appendEvent(dst []byte, c *Command, v *Event, head byte) []byte {
	head |= byte(v.Kind)
	switch v.Kind {
	case Accepted:
		return e.appendAccepted(dst, c, v, head)
	case Traded:
		return e.appendTraded(dst, c, v, head)
	case Canceled, Amended:
		return appendRef(dst, c, head, v.Order, c.meantOrder())
	case Expired:
		return append(appendRef(dst, c, head, v.Order, OrderID(c.Seq)), byte(v.Reason))
	case Rejected, CancelRejected:
		return append(dst, head, byte(v.Reason))
	case Prevented:
		dst = appendRef(dst, c, head, v.Taker, OrderID(c.Seq))
		dst = appendUint(dst, uint64(c.Seq)-uint64(v.Order))
		dst = appendInt(dst, int64(v.Price-e.lane(c.Symbol).last))
		dst = appendUint(dst, uint64(v.Qty))
		return appendUint(dst, uint64(v.TakerQty))
	case AccountCreated, AssetAdded, SymbolAdded:
		return appendUint(append(dst, head), uint64(v.ID))
	case Uncrossed:
		dst = appendUint(append(dst, head), uint64(v.Price))
		return appendUint(dst, uint64(v.Qty))
	default: // the others say nothing but their kind
		return append(dst, head)
	}
}

// meantOrder is the order that an event about an order is taken to be of: the
// command's, where that is encoded.
func (c *Command) meantOrder() OrderID {
	if c.Kind.uses(fieldOrder) {
		return c.Order
	}
	return 0
}

func (e *Encoder) appendAccepted(dst []byte, c *Command, v *Event, head byte) []byte {
	if v.Qty != 0 {
		head |= flagB
	}
	dst = appendRef(dst, c, head, v.Order, OrderID(c.Seq))
	if v.Qty != 0 {
		dst = appendUint(dst, uint64(v.Qty))
		e.determined(v.Qty)
	}
	return dst
}

func (e *Encoder) appendTraded(dst []byte, c *Command, v *Event, head byte) []byte {
	price, qty, trade := e.expected(c.Symbol, v)
	if v.Taker != OrderID(c.Seq) || v.Trade != trade {
		head |= flagA
	}
	if v.Price != price || v.Qty != qty {
		head |= flagB
	}
	dst = appendUint(append(dst, head), uint64(c.Seq)-uint64(v.Order))
	if head&flagA != 0 {
		dst = appendUint(dst, uint64(c.Seq)-uint64(v.Taker))
		dst = appendInt(dst, int64(v.Trade-trade))
	}
	if head&flagB != 0 {
		dst = appendInt(dst, int64(v.Price-price))
		dst = appendUint(dst, uint64(v.Qty))
	}
	e.traded(c.Symbol, v)
	return dst
}

// appendRef appends a head byte and, where it is not the predicted one, an
// order id as its distance from the command.
func appendRef(dst []byte, c *Command, head byte, id, predicted OrderID) []byte {
	if id == predicted {
		return append(dst, head)
	}
	return appendUint(append(dst, head|flagA), uint64(c.Seq)-uint64(id))
}

// appendTime appends a difference of times, with one bit that says whether it
// counts milliseconds or nanoseconds.
func appendTime(dst []byte, d int64) []byte {
	if d%millisecond == 0 {
		return appendUint(dst, uint64(d/millisecond)<<1|1)
	}
	return appendUint(dst, uint64(d)<<1)
}

// The flags of a symbol: what binds market orders, and what follows at its end.
const (
	minToMarket    byte = 0x01
	maxToMarket    byte = 0x02
	hasMultipliers byte = 0x04
	hasMaxPosition byte = 0x08
	symbolBits     byte = 0x0f
)

// flags returns the flags of f. The filters that few symbols have take no bytes
// where they are off.
func (f *Filters) flags() byte {
	x := flag(f.MinToMarket, minToMarket) | flag(f.MaxToMarket, maxToMarket) | flag(f.MaxPosition != 0, hasMaxPosition)
	return x | flag(f.BidMultiplierUp|f.BidMultiplierDown|f.AskMultiplierUp|f.AskMultiplierDown != 0, hasMultipliers)
}

func flag[T byte | uint16](set bool, bit T) T {
	if set {
		return bit
	}
	return 0
}

// AppendSymbol appends the encoding of s.
func AppendSymbol(dst []byte, s *Symbol) []byte {
	f := &s.Filters
	flags := f.flags()
	dst = appendName(dst, &s.Name)
	dst = append(dst, byte(s.Accounting), flags, f.AvgMins)
	for _, v := range [...]uint64{
		uint64(s.Base), uint64(s.Quote), uint64(s.Tick), uint64(s.Lot), uint64(s.Maker), uint64(s.Taker),
		uint64(f.MinPrice), uint64(f.MaxPrice), uint64(f.MinQty), uint64(f.MaxQty), uint64(f.StepQty),
		uint64(f.MarketMinQty), uint64(f.MarketMaxQty), uint64(f.MarketStep),
		uint64(f.MinNotional), uint64(f.MaxNotional), uint64(f.MaxOrders), uint64(f.MaxAmends),
	} {
		dst = appendUint(dst, v)
	}
	if flags&hasMultipliers != 0 {
		for _, m := range [...]Multiplier{f.BidMultiplierUp, f.BidMultiplierDown, f.AskMultiplierUp, f.AskMultiplierDown} {
			dst = appendUint(dst, uint64(m))
		}
	}
	if flags&hasMaxPosition != 0 {
		dst = appendUint(dst, uint64(f.MaxPosition))
	}
	return dst
}

func appendName(dst []byte, n *Name) []byte {
	l := n.Len()
	return append(append(dst, byte(l)), n[:l]...)
}

// appendUint appends v as a varint. The short form, by far the most frequent,
// is small enough to be inlined.
func appendUint(dst []byte, v uint64) []byte {
	if v < 0x80 {
		return append(dst, byte(v))
	}
	return binary.AppendUvarint(dst, v)
}

// appendInt appends v as a zigzag varint.
func appendInt(dst []byte, v int64) []byte {
	return appendUint(dst, uint64(v)<<1^uint64(v>>63))
}
