package marketview_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// eventful returns a small set with something of everything.
func eventful() *feed {
	f := newFeed(marketview.Limits{Trades: 3, ClosedOrders: 2})
	f.do(msg.Command{Kind: msg.SetFees, Account: bob, Maker: 5, Taker: 6}, msg.Event{Kind: msg.AccountChanged})
	f.do(msg.Command{Kind: msg.SetStatus, Account: bob, Status: msg.StatusCancelOnly}, msg.Event{Kind: msg.AccountChanged})
	ask := f.place(sell(bob, 30, 10))
	c := buy(ann, 29, 5)
	c.Name = name("bid-1")
	c.Strategy = msg.Strategy{ID: -2, Type: msg.MinStrategyType, HasID: true}
	bid := f.place(c)
	for i := range msg.TradeID(4) {
		c := msg.Command{Account: ann, Side: msg.Buy, Type: msg.Market, Qty: 1, Name: name("m"), Strategy: msg.Strategy{HasID: true}}
		f.place(c, f.trade(ask, i+1, 30, 1))
	}
	c = sell(ann, 29, 2)
	c.STP = msg.ExpireTaker
	f.place(c, msg.Event{Kind: msg.Prevented, Order: bid, Taker: f.next(), Price: 29, TakerQty: 2})
	c = sell(9, 28, 3)
	c.Symbol = free
	ask = f.place(c)
	f.do(msg.Command{Kind: msg.Amend, Account: 9, Symbol: free, Order: ask, Qty: 2, Name: name("less")}, msg.Event{Kind: msg.Amended, Order: ask})
	f.do(msg.Command{Kind: msg.SetPhase, Symbol: free, Phase: msg.Halt}, msg.Event{Kind: msg.PhaseChanged})
	return f
}

// restored returns a feed on a set restored from the sections of v.
func restored(t *testing.T, v *marketview.Views, l marketview.Limits) *feed {
	t.Helper()
	again := marketview.New(l)
	to := again.Sections()
	for i, s := range v.Sections() {
		if err := to[i].Restore(s.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
	}
	return &feed{views: again, seq: again.Seq()}
}

// The sections' bytes are a format: they change with a version and not else.
func TestSectionsGolden(t *testing.T) {
	all := eventful().views.Sections()
	datadriven.RunTest(t, "testdata/sections.txt", func(t *testing.T, d *datadriven.TestData) string {
		for i := range all {
			if s := &all[i]; d.Cmd == s.Name() {
				return fmt.Sprintf("version %d\n%s", s.Version(), hex.Dump(s.AppendState(nil)))
			}
		}
		t.Fatalf("no section %s", d.Cmd)
		return ""
	})
}

func TestRestoredGoesOn(t *testing.T) {
	f := eventful()
	again := restored(t, f.views, marketview.Limits{Trades: 3, ClosedOrders: 2})
	again.check(t)
	if f.views.Seq() != again.views.Seq() || f.views.Time() != again.views.Time() {
		t.Errorf("at %d and %d, want %d and %d", again.views.Seq(), again.views.Time(), f.views.Seq(), f.views.Time())
	}
	bid, _ := f.views.OrderByName(ann, name("bid-1"))
	for _, f := range []*feed{f, again} {
		f.place(sell(bob, 29, 7), f.trade(bid.ID, 5, 29, 5))
		f.check(t)
	}
	if diff := cmp.Diff(sections(f.views), sections(again.views)); diff != "" {
		t.Errorf("sections (-folded +restored):\n%s", diff)
	}
}

// A set that keeps less drops the oldest, as if it had never kept more.
func TestRestoreUnderSmallerLimits(t *testing.T) {
	less := marketview.Limits{Trades: 2, AggTrades: 1, ClosedOrders: 1, Fills: 3}
	f := eventful()
	small := restored(t, f.views, less)
	small.check(t)
	if rows := small.views.Trades(market, 0, 9, nil); len(rows) != 2 || rows[0].ID != 3 {
		t.Errorf("trades %+v", rows)
	}
	if rows := small.views.AggTrades(market, 0, marketview.Span{Limit: 9}, nil); len(rows) != 1 || rows[0].ID != 4 {
		t.Errorf("aggregate trades %+v", rows)
	}
	if rows := small.views.Fills(ann, marketview.FillQuery{Span: marketview.Span{Limit: 9}}, nil); len(rows) != 3 || rows[0].Trade != 2 {
		t.Errorf("fills %+v", rows)
	}
	rows := small.views.OrderHistory(ann, market, marketview.Range{Limit: 9}, nil)
	if len(rows) != 2 || rows[1].Status != marketview.StatusExpiredInMatch {
		t.Errorf("orders %+v", rows)
	}
	twice := restored(t, small.views, less)
	if diff := cmp.Diff(sections(small.views), sections(twice.views)); diff != "" {
		t.Errorf("sections differ after another restore:\n%s", diff)
	}
}

func TestEmptySections(t *testing.T) {
	v := marketview.New(marketview.Limits{})
	again := restored(t, v, marketview.Limits{})
	again.check(t)
	if diff := cmp.Diff(sections(v), sections(again.views)); diff != "" {
		t.Errorf("sections:\n%s", diff)
	}
}

// Whatever is cut off, added or put to a set that is not new is refused, by the
// name of its section.
func TestRestoreRefuses(t *testing.T) {
	whole := eventful().views.Sections()
	for i := range whole {
		src := whole[i].AppendState(nil)
		try := func(what string, src []byte, want error) {
			t.Helper()
			s := before(t, whole, i)
			err := s.Restore(src)
			if err == nil || !strings.Contains(err.Error(), s.Name()) || want != nil && !errors.Is(err, want) {
				t.Errorf("%s, %s: %v, want %v", s.Name(), what, err, want)
			}
		}
		for n := range src {
			try("cut", src[:n], nil)
		}
		try("longer", append(bytes.Clone(src), 0), marketview.ErrTrailing)
		s := before(t, whole, i)
		if err := s.Restore(src); err != nil {
			t.Error(err)
		}
		if err := s.Restore(src); !errors.Is(err, marketview.ErrUsed) {
			t.Errorf("%s restored twice: %v", s.Name(), err)
		}
	}
}

// What is read must make sense by itself.
func TestRestoreRefusesNonsense(t *testing.T) {
	whole := eventful().views.Sections()
	for _, c := range []struct {
		section string
		at      int // of the byte that is replaced, see testdata/sections.txt
		with    byte
		want    error
	}{
		{"orders", 0x15, 0x86, marketview.ErrRange},  // status, with a strategy
		{"orders", 0x26, 0, marketview.ErrRange},     // a strategy of which nothing is said
		{"orders", 0x26, 4, marketview.ErrRange},     // flags
		{"orders", 0x2a, 0x3c, marketview.ErrRange},  // type of a strategy
		{"balances", 8, 3, marketview.ErrRange},      // account
		{"aggtrades", 1, 9, marketview.ErrUnknown},   // symbol
		{"aggtrades", 2, 2, marketview.ErrRange},     // fewer in all than kept
		{"aggtrades", 4, 0, marketview.ErrRange},     // trade 0
		{"aggtrades", 7, 0x3b, marketview.ErrRange},  // price -30
		{"aggtrades", 8, 0, marketview.ErrRange},     // no lots
		{"aggtrades", 10, 0x13, marketview.ErrOrder}, // back in time
		{"bars", 1, 9, marketview.ErrUnknown},        // symbol
		{"bars", 2, 0x81, marketview.ErrRange},       // last trade before the epoch
		{"bars", 4, 0, marketview.ErrRange},          // no lots in the last trade
		{"bars", 6, 0, marketview.ErrRange},          // trade 0
		{"bars", 7, 2, marketview.ErrOrder},          // a second after the last trade
		{"bars", 8, 0x3b, marketview.ErrRange},       // price -30
		{"bars", 10, 1, marketview.ErrRange},         // open above high
		{"bars", 16, 0x79, marketview.ErrRange},      // more units than all taken
		{"bars", 20, 0, marketview.ErrRange},         // no trades
		{"fills", 1, 0, marketview.ErrUnknown},       // the fee account
		{"fills", 2, 0, marketview.ErrRange},         // an account without fills
		{"fills", 3, 4, marketview.ErrRange},         // flags
		{"fills", 4, 9, marketview.ErrUnknown},       // symbol
		{"fills", 4, 2, marketview.ErrRange},         // a fee without balances
		{"fills", 5, 0, marketview.ErrRange},         // trade 0
		{"fills", 6, 0, marketview.ErrRange},         // order 0
		{"fills", 9, 0x3b, marketview.ErrRange},      // price -30
		{"fills", 10, 0, marketview.ErrRange},        // no lots
		{"amendments", 1, 0, nil},                    // the fee account, where there are no balances
		{"amendments", 3, 1, marketview.ErrUnknown},  // an account that there is not, where there are
		{"amendments", 3, 9, marketview.ErrUnknown},  // symbol
		{"amendments", 4, 0, marketview.ErrRange},    // execution id 0
		{"amendments", 5, 0, marketview.ErrRange},    // order 0
		{"amendments", 6, 0xa3, marketview.ErrOrder}, // back in time
		{"amendments", 8, 2, marketview.ErrRange},    // no fewer lots
		{"amendments", 9, 0, marketview.ErrRange},    // no lots
		{"preventions", 1, 0, marketview.ErrUnknown}, // the fee account
		{"preventions", 3, 0, marketview.ErrRange},   // not prevented
		{"preventions", 3, 5, marketview.ErrRange},   // mode
		{"preventions", 4, 9, marketview.ErrUnknown}, // symbol
		{"preventions", 5, 0, marketview.ErrRange},   // id 0
		{"preventions", 6, 0, marketview.ErrRange},   // taker 0
		{"preventions", 7, 0, marketview.ErrRange},   // taker and maker are one
		{"preventions", 10, 0, marketview.ErrRange},  // price 0
		{"preventions", 11, 0, marketview.ErrRange},  // nothing was prevented
	} {
		i := slices.IndexFunc(whole, func(s marketview.Section) bool { return s.Name() == c.section })
		src := whole[i].AppendState(nil)
		src[c.at] = c.with
		if err := before(t, whole, i).Restore(src); !errors.Is(err, c.want) {
			t.Errorf("%s with %#x at %d: %v, want %v", c.section, c.with, c.at, err, c.want)
		}
	}
}

// An account of which there is nothing to say is not in the section.
func TestRestoreRefusesIdleHolder(t *testing.T) {
	const balances, bob = 4, 17 // the section, and the bytes of its last account
	whole := eventful().views.Sections()
	src := whole[balances].AppendState(nil)
	for with, want := range map[[3]byte]error{{2, 0, 0}: marketview.ErrRange, {2, 9, 0}: nil} {
		if err := before(t, whole, balances).Restore(append(src[:len(src)-bob:len(src)-bob], with[:]...)); !errors.Is(err, want) {
			t.Errorf("% x: %v, want %v", with, err, want)
		}
	}
}

// before returns section i of a set in which those before it are restored.
func before(t testing.TB, whole []marketview.Section, i int) *marketview.Section {
	t.Helper()
	to := marketview.New(marketview.Limits{Trades: 3, ClosedOrders: 2}).Sections()
	for j := range i {
		if err := to[j].Restore(whole[j].AppendState(nil)); err != nil {
			t.Fatal(err)
		}
	}
	return &to[i]
}

// Check finds sections that do not belong together.
func TestCheckFindsStrangers(t *testing.T) {
	f := eventful()
	old := f.views.Sections()
	var images [][]byte
	for i := range old {
		images = append(images, old[i].AppendState(nil))
	}
	bid, _ := f.views.OrderByName(ann, name("bid-1"))
	f.cancel(ann, bid.ID)
	f.place(sell(ann, 40, 1))
	for i, s := range f.views.Sections() {
		v := marketview.New(marketview.Limits{Trades: 3, ClosedOrders: 2})
		for j, to := range v.Sections() {
			image := s.AppendState(nil)
			if i != j {
				image = images[j]
			}
			if err := to.Restore(image); err != nil {
				t.Fatal(err)
			}
		}
		strange := i == 1 || i == 2 || i == 4 // orders, depth, balances
		if err := v.Check(); (err != nil) != strange {
			t.Errorf("section %s of another sequence: %v", s.Name(), err)
		}
	}
}

// FuzzRestore gives foreign bytes to each section of a set whose other sections
// are good. They are refused, or give a set that has a stable image.
func FuzzRestore(f *testing.F) {
	whole := eventful().views.Sections()
	for i := range whole {
		f.Add(uint8(i), whole[i].AppendState(nil))
	}
	f.Fuzz(func(t *testing.T, section uint8, src []byte) {
		at := int(section) % len(whole)
		v := marketview.New(marketview.Limits{Trades: 3, ClosedOrders: 2})
		to := v.Sections()
		for i := range to {
			image := src
			if i != at {
				image = whole[i].AppendState(nil)
			}
			if err := to[i].Restore(image); err != nil {
				return // of the one, or of one that builds on it
			}
		}
		if v.Check() != nil {
			return // a set that makes no sense, but one that can be looked at
		}
		again := restored(t, v, marketview.Limits{Trades: 3, ClosedOrders: 2})
		if diff := cmp.Diff(sections(v), sections(again.views)); diff != "" {
			t.Errorf("sections differ after another restore:\n%s", diff)
		}
	})
}
