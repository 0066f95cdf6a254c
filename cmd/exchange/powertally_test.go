package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// intent is a request of a trader: what must stand in the journal if it stands
// there, and what was answered.
type intent struct {
	command msg.Command // without sequence, time and prevention
	answer  answered
	told    client.Order // by an answer that granted it
}

// answered says what is known of a request.
type answered uint8

const (
	unanswered answered = iota // it may have happened or not
	granted                    // it has happened
	declined                   // nothing of it has happened
)

// outside is what is known of an exchange outside of it, where no power cut and no
// kill reaches: what was asked of it and what it said. Many write into it at once.
type outside struct {
	mu      sync.Mutex
	setup   uint64 // the last command that is none of a trader's
	intents map[string]*intent
	trades  map[msg.TradeID]toldTrade // told by the stream
	digests map[uint64]string         // told by the status, by sequence
	granted int
	deaf    bool // what is heard from now on is not noted
}

// toldTrade is what the stream told of a trade.
type toldTrade struct{ price, quantity string }

func newOutside() *outside {
	return &outside{intents: make(map[string]*intent), trades: make(map[msg.TradeID]toldTrade), digests: make(map[uint64]string)}
}

// ask notes a request before it is sent.
func (y *outside) ask(name string, c *msg.Command) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.intents[name] = &intent{command: *c}
}

// hear notes the answer to a request.
func (y *outside) hear(name string, a answered, told *client.Order) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.deaf {
		return
	}
	i := y.intents[name]
	i.answer = a
	if a == granted {
		i.told = *told
		y.granted++
	}
}

// await waits until so many more requests were granted, but not for long.
func (y *outside) await(more int) {
	acks := func() int {
		y.mu.Lock()
		defer y.mu.Unlock()
		return y.granted
	}
	enough, end := acks()+more, time.Now().Add(talliedPatience/10)
	for acks() < enough && time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
}

// hears has what is heard noted or not.
func (y *outside) hears(on bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.deaf = !on
}

func (y *outside) hearTrade(id msg.TradeID, told toldTrade) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if !y.deaf {
		y.trades[id] = told
	}
}

func (y *outside) hearDigest(seq uint64, digest string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if !y.deaf {
		y.digests[seq] = digest
	}
}

// kept is what a journal holds, as far as traders know of it.
type kept struct {
	seq      msg.Seq
	digest   string
	orders   map[msg.OrderID]*keptOrder
	happened int // requests without an answer that are in it

	problems []string
}

// keptOrder is an order as the journal tells its life.
type keptOrder struct {
	account   msg.AccountID
	name      msg.Name
	qty, done msg.Qty
	end       string // status, if it did not trade to its end
}

// status returns what a query for the order must say.
func (o *keptOrder) status() string {
	switch {
	case o.end != "":
		return o.end
	case o.done == o.qty:
		return "FILLED"
	case o.done > 0:
		return "PARTIALLY_FILLED"
	}
	return "NEW"
}

func (k *kept) problem(format string, args ...any) {
	k.problems = append(k.problems, fmt.Sprintf(format, args...))
}

// tallyWalk is a walk through a journal from its first command on, executing all.
type tallyWalk struct {
	*kept

	tally  *outside
	events map[string][]msg.Event // of requests that were found, by name
	trades map[msg.TradeID]toldTrade
}

// check executes the journal of a data directory from its first command on, and
// holds it against what is known outside. Whatever is in it somebody has sent, just
// so and once; whatever was granted or shown is in it, just so; and every event and
// digest follows again.
func (y *outside) check(dir string) (*kept, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Genesis: true})
	if err != nil {
		return nil, err
	}
	defer past.Close() //nolint:errcheck // it was only read
	w := &tallyWalk{
		kept: &kept{orders: make(map[msg.OrderID]*keptOrder)}, tally: y,
		events: make(map[string][]msg.Event), trades: make(map[msg.TradeID]toldTrade),
	}
	var again []msg.Event
	for {
		c, events, err := past.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if again, err = past.Execute(again[:0]); err != nil {
			return nil, err
		}
		if !slices.Equal(again, events) {
			w.problem("command %d: %v is recorded, %v follows", c.Seq, events, again)
		}
		w.command(c, events)
		if told, ok := y.digests[uint64(c.Seq)]; ok && told != hexDigest(past.Engine.Digest()) {
			w.problem("the digest after command %d is %s, %s was told", c.Seq, hexDigest(past.Engine.Digest()), told)
		}
	}
	w.seq, w.digest = past.Engine.Seq(), hexDigest(past.Engine.Digest())
	w.missing()
	return w.kept, nil
}

// command takes the next command of the journal.
func (w *tallyWalk) command(c *msg.Command, events []msg.Event) {
	w.fold(c, events)
	name, ok := requestName(c)
	if !ok || uint64(c.Seq) <= w.tally.setup {
		if uint64(c.Seq) > w.tally.setup {
			w.problem("command %d, %v, was sent by nobody", c.Seq, c.Kind)
		}
		return
	}
	i := w.tally.intents[name]
	if i == nil {
		w.problem("command %d, %v %s, was sent by nobody", c.Seq, c.Kind, name)
		return
	}
	if w.events[name] != nil {
		w.problem("command %d, %v %s, was sent once and is there twice", c.Seq, c.Kind, name)
	}
	w.events[name] = slices.Clone(events)
	got := *c
	got.Seq, got.Time, got.STP = 0, 0, 0
	if got != i.command {
		w.problem("command %d is %+v, it was sent as %+v", c.Seq, got, i.command)
	}
}

// requestName returns the id that a trader gave a request.
func requestName(c *msg.Command) (string, bool) {
	switch c.Kind {
	case msg.Place, msg.Amend, msg.CancelReplace:
		return c.Name.String(), true
	case msg.Cancel:
		return c.CancelName.String(), true
	default:
		return "", false
	}
}

// fold takes what happens to orders.
func (w *tallyWalk) fold(c *msg.Command, events []msg.Event) {
	for i := range events {
		e := &events[i]
		o := w.orders[e.Order]
		switch e.Kind {
		case msg.Accepted:
			qty := c.Qty
			if e.Qty > 0 {
				qty = e.Qty
			}
			w.orders[e.Order] = &keptOrder{account: c.Account, name: c.Name, qty: qty}
		case msg.Traded:
			o.done += e.Qty
			w.orders[e.Taker].done += e.Qty
			w.trades[e.Trade] = toldTrade{tickText(e.Price), lotText(e.Qty)}
		case msg.Canceled:
			o.end = "CANCELED"
		case msg.Expired:
			o.end = "EXPIRED"
		case msg.Amended:
			o.qty, o.name = c.Qty, c.Name
		default:
		}
	}
}

// missing looks for what was told and is not in the journal.
func (w *tallyWalk) missing() {
	for name, i := range w.tally.intents {
		events, found := w.events[name]
		switch {
		case i.answer == granted && !found:
			w.problem("%v %s was granted and is not there", i.command.Kind, name)
		case i.answer == granted:
			if why := disagrees(i, events); why != "" {
				w.problem("%v %s was granted as %+v, it is there with %v: %s", i.command.Kind, name, i.told, events, why)
			}
		case i.answer == declined && found:
			if slices.ContainsFunc(events, func(e msg.Event) bool {
				return e.Kind == msg.Accepted || e.Kind == msg.Amended || e.Kind == msg.Canceled && i.command.Kind != msg.CancelReplace
			}) {
				w.problem("%v %s was declined and is there with %v", i.command.Kind, name, events)
			}
		case i.answer == unanswered && found:
			w.happened++
		}
	}
	for id, told := range w.tally.trades {
		if got, ok := w.trades[id]; !ok || got != told {
			w.problem("trade %d was shown as %v, it is there as %v", id, told, got)
		}
	}
	for seq := range w.tally.digests {
		if seq > uint64(w.seq) {
			w.problem("command %d was told to be durable, the journal ends with %d", seq, w.seq)
		}
	}
}

// disagrees says what an answer that granted a request said otherwise than the
// events that are recorded.
func disagrees(i *intent, events []msg.Event) string {
	of := func(kind msg.EventKind, id msg.OrderID) bool {
		return slices.ContainsFunc(events, func(e msg.Event) bool { return e.Kind == kind && e.Order == id })
	}
	id, c := msg.OrderID(i.told.ID), &i.command
	switch c.Kind {
	case msg.Cancel:
		if !of(msg.Canceled, c.Order) {
			return "no such cancel"
		}
		return ""
	case msg.Amend:
		if !of(msg.Amended, c.Order) {
			return "no such amendment"
		}
		return ""
	case msg.CancelReplace:
		if !of(msg.Canceled, c.Order) {
			return "no such cancel"
		}
	default:
	}
	if !of(msg.Accepted, id) {
		return "no such order"
	}
	return fillsDisagree(&i.told, events)
}

// fillsDisagree compares the fills of an answer to a new order.
func fillsDisagree(told *client.Order, events []msg.Event) string {
	var fills []client.Fill
	var done msg.Qty
	for _, e := range events {
		if e.Kind == msg.Traded {
			fills = append(fills, client.Fill{Price: tickText(e.Price), Quantity: lotText(e.Qty), TradeID: int64(e.Trade)})
			done += e.Qty
		}
	}
	switch {
	case !slices.Equal(fills, told.Fills):
		return fmt.Sprintf("fills %v", fills)
	case told.Executed != lotText(done):
		return "executed " + lotText(done)
	}
	return ""
}

// The units of the market that is traded, in hundred-millionths.
const (
	tallyTick = 1_000_000 // 0.01
	tallyLot  = 1_000     // 0.00001
)

func tickText(p msg.Price) string { return decimal(int64(p) * tallyTick) }

func lotText(q msg.Qty) string { return decimal(int64(q) * tallyLot) }
