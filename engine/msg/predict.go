package msg

// prediction holds what a record is encoded against; encoder and decoder keep it
// in step. It starts anew with each frame, so that a frame stands alone.
type prediction struct {
	first   Seq // of the frame
	seq     Seq // of the command at hand
	time    int64
	symbol  SymbolID
	account AccountID
	lanes   [16]lane // by the symbol's low bits
	recent  []party  // the last commands of the frame; command first+i is at i, modulo recentCommands
}

// recentCommands is how many commands a frame remembers, the one at hand among
// them. It is part of the format, and bounds what a decoder takes.
const recentCommands = 4096

// lane holds the last values of one symbol, or of those that share its low bits.
type lane struct {
	price [2]Price // of the last order, by side
	last  Price    // of the last trade
	trade TradeID
}

// party is what is remembered of a command, because what comes after it may be
// about the order that it placed.
type party struct {
	account AccountID
	price   Price
	open    Qty // its quantity less what traded since; nothing else lowers it
}

// start begins a frame, in the memory of the frame before.
func (p *prediction) start(first Seq, time int64) {
	*p = prediction{first: first, seq: first - 1, time: time, recent: p.recent[:0]}
}

func (p *prediction) lane(s SymbolID) *lane { return &p.lanes[s%16] }

// party returns what is remembered of the command that placed an order, or nil.
func (p *prediction) party(id OrderID) *party {
	back, here := uint64(p.seq)-uint64(id), uint64(p.seq-p.first)
	if back >= recentCommands || back > here {
		return nil
	}
	return &p.recent[(here-back)%recentCommands]
}

// accountOf returns the account that c is predicted to be of, before c is
// remembered: that of the command which placed the order that c means, or, when
// it is not remembered or c means none, that of the command before.
func (p *prediction) accountOf(c *Command) AccountID {
	if c.Kind.uses(fieldOrder) && c.Order != 0 && uint64(c.Order) != uint64(p.seq) {
		if r := p.party(c.Order); r != nil {
			return r.account
		}
	}
	return p.account
}

// remember keeps what is known of a command when its head has been told. Price and
// quantity are those of an order.
func (p *prediction) remember(c *Command) {
	if c.Kind.uses(fieldAccount) {
		p.account = c.Account
	}
	r := party{account: c.Account}
	if len(p.recent) < recentCommands {
		p.recent = append(p.recent, r)
		return
	}
	p.recent[uint64(p.seq-p.first)%recentCommands] = r
}

// placed keeps the terms of the order that the command at hand places.
func (p *prediction) placed(c *Command) {
	r := &p.recent[uint64(p.seq-p.first)%recentCommands]
	r.price, r.open = c.Price, c.Qty
}

// determined keeps the quantity of the order that the command at hand places, when
// it was the engine that determined it.
func (p *prediction) determined(q Qty) { p.recent[uint64(p.seq-p.first)%recentCommands].open = q }

// expected returns what a trade between the orders in v is predicted to have: the
// maker's price, or else that of the last trade; the smaller of the quantities that
// are open as far as they are remembered, or else none; the next trade's id.
func (p *prediction) expected(s SymbolID, v *Event) (Price, Qty, TradeID) {
	l := p.lane(s)
	maker, taker := p.party(v.Order), p.party(v.Taker)
	switch {
	case maker == nil && taker == nil:
		return l.last, 0, l.trade + 1
	case maker == nil:
		return l.last, taker.open, l.trade + 1
	case taker == nil:
		return maker.price, maker.open, l.trade + 1
	default:
		return maker.price, min(maker.open, taker.open), l.trade + 1
	}
}

// traded takes a trade off what is remembered of its orders.
func (p *prediction) traded(s SymbolID, v *Event) {
	l := p.lane(s)
	l.last, l.trade = v.Price, v.Trade
	for _, id := range [...]OrderID{v.Order, v.Taker} {
		if r := p.party(id); r != nil {
			r.open -= v.Qty
		}
	}
}

// isUsual reports whether these are the events of a command that did what it says
// and nothing else. They are not encoded.
func (c *Command) isUsual(events []Event) bool {
	if len(events) != 1 {
		return c.Kind == CancelReplace && len(events) == 2 && c.Order != 0 &&
			events[0] == Event{Kind: Canceled, Order: c.Order} && events[1] == Event{Kind: Accepted, Order: OrderID(c.Seq)}
	}
	v := &events[0]
	switch c.Kind {
	case Place:
		return *v == Event{Kind: Accepted, Order: OrderID(c.Seq)}
	case Cancel:
		return c.Order != 0 && *v == Event{Kind: Canceled, Order: c.Order}
	case Amend:
		return c.Order != 0 && *v == Event{Kind: Amended, Order: c.Order}
	case Credit, Debit:
		return *v == Event{Kind: Adjusted}
	case SetStatus, SetFees:
		return *v == Event{Kind: AccountChanged}
	case AlterSymbol:
		return *v == Event{Kind: SymbolChanged}
	case SetPhase:
		return *v == Event{Kind: PhaseChanged}
	default: // those that make something say which, and some have no usual end
		return false
	}
}

// appendUsual appends the events that isUsual knows. For a command that has none it
// appends nothing.
func (c *Command) appendUsual(events []Event) []Event {
	switch {
	case c.Kind == Place:
		return append(events, Event{Kind: Accepted, Order: OrderID(c.Seq)})
	case c.Kind == Cancel && c.Order != 0:
		return append(events, Event{Kind: Canceled, Order: c.Order})
	case c.Kind == CancelReplace && c.Order != 0:
		return append(events, Event{Kind: Canceled, Order: c.Order}, Event{Kind: Accepted, Order: OrderID(c.Seq)})
	case c.Kind == Amend && c.Order != 0:
		return append(events, Event{Kind: Amended, Order: c.Order})
	case c.Kind == Credit, c.Kind == Debit:
		return append(events, Event{Kind: Adjusted})
	case c.Kind == SetStatus, c.Kind == SetFees:
		return append(events, Event{Kind: AccountChanged})
	case c.Kind == AlterSymbol:
		return append(events, Event{Kind: SymbolChanged})
	case c.Kind == SetPhase:
		return append(events, Event{Kind: PhaseChanged})
	default:
		return events
	}
}
