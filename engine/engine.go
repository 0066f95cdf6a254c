package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// Derivation is the version of what apply derives from events: notional, fee,
// release, resting, what was traded of an order, which reports are counted. It is
// journalled beside the format: a journal of another derivation version cannot be
// folded by this package.
const Derivation = 1

// Capacity says for how much to make room at the start. Nothing is refused
// beyond it; the pools then grow, with a pause. The zero value is a small
// engine.
type Capacity struct {
	Orders   int // open orders
	Accounts int
	Balances int // accounts × the assets they hold
}

// Engine is the state of an exchange after some command. It has one caller.
type Engine struct {
	seq    msg.Seq
	time   int64
	digest uint64 // but for what is out of it

	assets      []asset
	assetNames  map[msg.Name]msg.AssetID
	symbols     []*symbol
	symbolNames map[msg.Name]msg.SymbolID
	accounts    []account // by id; 0 is the fee account

	balances  balances
	positions positions
	orders    orders
	pool      levelPool // the levels and nodes of all ladders

	cmd      *msg.Command // of the transaction under way
	touched  *symbol      // its symbol, if it changes it
	events   []msg.Event  // the caller's, and room for more
	emitted  int          // of them
	arriving arriving     // its order, until it rests or is done
	tally    tally        // what it moved
	scratch  []uint32     // reused by cancel-all and AppendState
	looking  *ahead       // reused by Ahead

	outOrders, outBalances, outSymbols outs // by slot, and by id
}

// New returns an engine before its first command: no assets, no symbols, and
// the fee account.
func New(c Capacity) *Engine {
	e := &Engine{
		assetNames:  map[msg.Name]msg.AssetID{},
		symbolNames: map[msg.Name]msg.SymbolID{},
		accounts:    make([]account, 0, c.Accounts+1),
	}
	e.balances.init(c.Balances)
	e.positions.init()
	e.orders.init(c.Orders)
	e.pool.init()
	e.addAccount()
	return e
}

// Seq returns the sequence of the last command.
func (e *Engine) Seq() msg.Seq { return e.seq }

// Time returns the time of the last command.
func (e *Engine) Time() int64 { return e.time }

// OpenOrders returns the number of resting orders.
func (e *Engine) OpenOrders() int { return e.orders.open }

// Execute decides c, which must be the command after the last one, and appends
// the events that follow from it, at least one. Each has been applied. c is not
// kept.
func (e *Engine) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	if !e.follows(c) {
		e.cannotBegin(c)
	}
	e.seq, e.time, e.cmd, e.events, e.emitted = c.Seq, c.Time, c, events[:cap(events)], len(events)
	if planted.Bug == planted.WallClock {
		e.time = planted.Now()
	}
	var why msg.Reason
	switch c.Kind {
	case msg.Place:
		why = e.place(c)
	case msg.Cancel:
		why = e.cancel(c)
	default:
		why = e.decide(c)
	}
	if why != msg.NoReason {
		e.next(msg.Rejected).Reason = why
	}
	n, m := len(events), e.emitted
	events = e.events[:m]
	if n == m {
		silent(c)
	}
	if e.arriving.active {
		e.rest()
	}
	if e.tally[0].asset != 0 || e.touched != nil && e.touched.crossed() {
		e.audit()
	}
	e.cmd, e.touched, e.events, e.emitted = nil, nil, nil, 0
	return events
}

func silent(c *msg.Command) {
	panic(fmt.Sprintf("engine: command %d (%v) had no event", c.Seq, c.Kind))
}

// Apply folds a recorded transaction: it changes the state as Execute did when
// it emitted these events. Events that do not fit the state are a broken
// invariant and panic.
func (e *Engine) Apply(c *msg.Command, events []msg.Event) {
	e.begin(c)
	for i := range events {
		e.apply(&events[i])
	}
	e.end()
}

// begin advances sequence and time, as Execute does.
func (e *Engine) begin(c *msg.Command) {
	if !e.follows(c) {
		e.cannotBegin(c)
	}
	e.seq, e.time, e.cmd = c.Seq, c.Time, c
}

// follows reports whether c can come now.
func (e *Engine) follows(c *msg.Command) bool {
	return c.Seq == e.seq+1 && c.Time >= e.time && e.cmd == nil
}

// cannotBegin panics. What panics with words stands apart from the steps of every
// command: it would keep them from being compiled into their callers.
func (e *Engine) cannotBegin(c *msg.Command) {
	if e.cmd != nil {
		panic(fmt.Sprintf("engine: command %d begins while command %d is half done", c.Seq, e.seq))
	}
	panic(fmt.Sprintf("engine: command %d at %d follows %d at %d", c.Seq, c.Time, e.seq, e.time))
}

// end rests what is left of the arriving order, as Execute does.
func (e *Engine) end() {
	if e.arriving.active {
		e.rest()
	}
	e.audit()
	e.cmd, e.touched = nil, nil
}

// audit looks at what a transaction leaves. A book that is crossed in trading, and an
// amount that was made or lost, are broken invariants.
func (e *Engine) audit() {
	if s := e.touched; s != nil && s.phase == msg.Trading && s.crossed() {
		panic(fmt.Sprintf("engine: command %d leaves symbol %d with best bid %d at or above best ask %d", e.seq, s.id,
			e.pool.levels[s.sides[msg.Buy].best].price, e.pool.levels[s.sides[msg.Sell].best].price))
	}
	if e.tally[0].asset != 0 {
		e.settled()
	}
}

// decide sends c, which neither places nor cancels an order, to its rule. A rule
// returns why it refuses the command, or changes the state and appends events.
func (e *Engine) decide(c *msg.Command) msg.Reason {
	switch c.Kind {
	case msg.CancelReplace:
		return e.cancelReplace(c)
	case msg.Amend:
		return e.amend(c)
	case msg.CancelAll:
		return e.cancelAll(c)
	case msg.Uncross:
		return e.uncross(c)
	default:
		return e.decideAdmin(c)
	}
}

// emit applies v and appends it.
func (e *Engine) emit(v msg.Event) {
	e.apply(&v)
	*e.next(v.Kind) = v
}

// next appends an event to be filled where it lies. One that is built elsewhere and
// copied waits for its own parts to be stored.
func (e *Engine) next(k msg.EventKind) *msg.Event {
	if e.emitted >= len(e.events) {
		e.growEvents()
	}
	v := &e.events[e.emitted]
	e.emitted++
	*v = msg.Event{}
	v.Kind = k
	return v
}

func (e *Engine) growEvents() {
	e.events = append(e.events, msg.Event{})
	e.events = e.events[:cap(e.events)]
}

// apply changes the state by one event of the transaction under way.
func (e *Engine) apply(v *msg.Event) {
	switch v.Kind {
	case msg.Accepted:
		e.applyAccepted(v)
	case msg.Traded:
		e.applyTraded(v, e.orders.slotOf(v.Order))
	case msg.Canceled:
		e.applyCanceled(e.orders.slotOf(v.Order))
	case msg.Expired:
		e.applyExpired(v)
	case msg.Amended:
		e.applyAmended(e.orders.slotOf(v.Order))
	case msg.Prevented:
		e.applyPrevented(v, e.orders.slotOf(v.Order))
	case msg.Rejected:
		e.applyRejected()
	case msg.CancelRejected:
	default:
		e.applyAdmin(v)
	}
}

// symbol returns the symbol of an id, or nil.
func (e *Engine) symbol(id msg.SymbolID) *symbol {
	if id == 0 || int64(id) > int64(len(e.symbols)) {
		return nil
	}
	return e.symbols[id-1]
}

// touch notes that the transaction under way changes a symbol. It changes one.
func (e *Engine) touch(s *symbol) {
	if !s.out || e.touched != nil && e.touched != s {
		e.touchRare(s)
	}
	e.touched = s
}

func (e *Engine) touchRare(s *symbol) {
	if e.touched != nil && e.touched != s {
		panic(fmt.Sprintf("engine: command %d touches symbols %d and %d", e.seq, e.touched.id, s.id))
	}
	e.takeSymbol(s)
}
