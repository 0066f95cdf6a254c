package wsapi

import (
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// UserData follows the exchange and tells accounts what happens to them. It is a
// gateway.Feed: a transaction becomes events while the views are as of it, and
// those of a batch leave together. Its lock is taken before that of a session.
type UserData struct {
	listening atomic.Int32 // subscriptions: without any, Fold has nothing to do

	mu       sync.Mutex
	accounts map[msg.AccountID]*listener
	touched  []*listener   // that have events of this batch
	markets  []wire.Market // by id

	// The transaction being folded.
	teller teller
	told   []*listener // of something that happened to an order
}

// NewUserData returns a UserData to which nobody listens.
func NewUserData() *UserData { return &UserData{accounts: make(map[msg.AccountID]*listener)} }

// Subscriptions returns how many there are.
func (u *UserData) Subscriptions() int { return int(u.listening.Load()) }

// inMicro is the unit of times of a connection that wants microseconds.
const inMicro = 1

// listener is an account that somebody listens to.
type listener struct {
	account msg.AccountID
	subs    []*subscription
	events  [2]events // of this batch: times in milliseconds, in microseconds
	wanted  [2]int    // subscriptions, by unit of time
	touched bool      // it stands in UserData.touched
	told    bool      // it stands in UserData.told
}

// events are one after the other.
type events struct {
	text []byte
	ends []int
}

func (e *events) reset() {
	if cap(e.text) > keptBytes {
		e.text = nil
	}
	e.text, e.ends = e.text[:0], e.ends[:0]
}

// subscription is somebody who listens to an account.
type subscription struct {
	id       int
	key      *auth.Key
	logon    bool   // it goes by who logged on, and ends with that
	unit     int    // of times: index into listener.events
	skip     int    // events of the batch that were there before it
	envelope []byte // what stands before an event
	by       hearer
}

// hearer is who has a subscription: a session, or a connection with a listen key.
// It is called under the lock of UserData.
type hearer interface {
	keys() *auth.Store
	// hear takes the events of a batch that come after the subscription began.
	hear(s *subscription, e *events)
	// dropDeleted ends the hearer's subscriptions whose API key was deleted.
	dropDeleted()
}

// Fold turns a transaction into the events of those accounts that somebody listens
// to.
func (u *UserData) Fold(v *marketview.Views, c *msg.Command, transaction []msg.Event) {
	if u.listening.Load() == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	t := &u.teller
	t.views, t.command, t.market = v, c, nil
	switch c.Kind {
	case msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll, msg.Uncross:
		u.foldOrders()
	case msg.Credit, msg.Debit:
		if l := u.accounts[c.Account]; l != nil && transaction[0].Kind == msg.Adjusted {
			u.tell(l, (*teller).appendUpdate)
			u.tellPosition(l, c.Asset)
		}
	default: // it is about no account's orders or balances
	}
	t.views, t.command, t.report = nil, nil, nil
}

// foldOrders tells of each order what happened to it, and then of each account
// what it has.
func (u *UserData) foldOrders() {
	t := &u.teller
	reports := t.views.Resolved().Reports
	for i := range reports {
		u.tellReport(&reports[i])
	}
	for i, l := range u.told {
		if t.market.Spec.Accounting == msg.Balances {
			u.tellPosition(l, t.market.Spec.Base, t.market.Spec.Quote)
		}
		l.told = false
		u.told[i] = nil
	}
	u.told = u.told[:0]
}

func (u *UserData) tellReport(r *marketview.Report) {
	l := u.accounts[r.Order.Account]
	if l == nil {
		return
	}
	if u.teller.market == nil {
		u.teller.market = u.market(r.Order.Symbol)
	}
	u.teller.report = r
	u.tell(l, (*teller).appendReport)
	if !l.told {
		l.told = true
		u.told = append(u.told, l)
	}
}

func (u *UserData) tellPosition(l *listener, assets ...msg.AssetID) {
	u.teller.account = l.account
	u.teller.assets = append(u.teller.assets[:0], assets...)
	u.tell(l, (*teller).appendPosition)
}

// tell adds an event to those of an account, in each unit of time that somebody
// wants.
func (u *UserData) tell(l *listener, appendEvent func(t *teller, dst []byte) []byte) {
	for unit := range l.events {
		if l.wanted[unit] == 0 {
			continue
		}
		u.teller.micro = unit == inMicro
		e := &l.events[unit]
		e.text = appendEvent(&u.teller, e.text)
		e.ends = append(e.ends, len(e.text))
	}
	if !l.touched {
		l.touched = true
		u.touched = append(u.touched, l)
	}
}

// market returns the market of a symbol. Symbols are never removed, but after a
// reset the views are those of another exchange.
func (u *UserData) market(id msg.SymbolID) *wire.Market {
	v := u.teller.views
	symbol, _ := v.SymbolByID(id)
	for len(u.markets) <= int(id) {
		u.markets = append(u.markets, wire.Market{})
	}
	m := &u.markets[id]
	base, _ := v.Asset(symbol.Spec.Base)
	quote, _ := v.Asset(symbol.Spec.Quote)
	if !m.Spec.FixedEqual(&symbol.Spec) || m.Base != base || m.Quote != quote {
		*m = wire.NewMarket(v, symbol)
	}
	return m
}

// Flush sends the events of the batch.
func (u *UserData) Flush() {
	if u.listening.Load() == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, l := range u.touched {
		u.flush(l)
		u.touched[i] = nil
	}
	u.touched = u.touched[:0]
}

func (u *UserData) flush(l *listener) {
	l.touched = false
	// Who goes by a key that was deleted is gone before anybody hears: more than one
	// subscription may go with it, and of those that stay none is passed over.
	for i := 0; i < len(l.subs); i++ {
		if s := l.subs[i]; !s.by.keys().Holds(s.key) {
			s.by.dropDeleted()
			i = -1
		}
	}
	for _, s := range l.subs {
		s.by.hear(s, &l.events[s.unit])
		s.skip = 0
	}
	for unit := range l.events {
		l.events[unit].reset()
	}
}

// each calls f with each of the events behind the first skip.
func (e *events) each(skip int, f func(text []byte)) {
	from := 0
	if skip > 0 {
		from = e.ends[skip-1]
	}
	for _, end := range e.ends[skip:] {
		f(e.text[from:end])
		from = end
	}
}
