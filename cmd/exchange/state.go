package main

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// printFlag is the value of --print.
type printFlag struct{ book, orders, balances, events, digest bool }

func (f *printFlag) Type() string   { return "LIST" }
func (f *printFlag) String() string { return "" }

func (f *printFlag) Set(s string) error {
	known := map[string]*bool{"book": &f.book, "orders": &f.orders, "balances": &f.balances, "events": &f.events, "digest": &f.digest}
	for part := range strings.SplitSeq(s, ",") {
		wanted, ok := known[strings.TrimSpace(part)]
		if !ok {
			return fmt.Errorf("%q is none of book, orders, balances, events, digest", part)
		}
		*wanted = true
	}
	return nil
}

// state is a rebuilt state with what is to be told of it.
type state struct {
	*engine.Engine
	only        string // the one symbol that is told, or empty
	levels      int    // most levels of a side, 0 = all
	symbols     []market
	transaction []byte // lines of the last one
	asJSON      []byte // its JSON objects, separated by newlines
}

// market is a symbol with the steps of its decimals.
type market struct {
	engine.Symbol
	id         msg.SymbolID
	price, qty step
}

// step writes counts of ticks or lots as decimals.
type step struct {
	size  int64 // in units of the asset
	scale uint8 // decimals of the asset
}

// text writes n steps without trailing zeros.
func (s step) text(n int64) string {
	if units, ok := msg.Mul(n, s.size); ok {
		return msg.FormatDecimal(units, s.scale)
	}
	// Without accounting a price or quantity need not fit the asset.
	return s.bigText(new(big.Int).Mul(big.NewInt(n), big.NewInt(s.size)))
}

// bigText writes units of the asset without trailing zeros.
func (s step) bigText(units *big.Int) string {
	if units.Sign() < 0 { // of a command that was refused
		return "-" + s.bigText(new(big.Int).Neg(units))
	}
	digits := fmt.Sprintf("%0*s", int(s.scale)+1, units)
	text := digits[:len(digits)-int(s.scale)] + "." + digits[len(digits)-int(s.scale):]
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// find collects the symbols that are to be told.
func (s *state) find() error {
	for id := msg.SymbolID(1); int(id) <= s.Symbols(); id++ {
		symbol, _ := s.Symbol(id)
		if s.only != "" && s.only != symbol.Spec.Name.String() {
			continue
		}
		_, base, _ := s.Asset(symbol.Spec.Base)
		_, quote, _ := s.Asset(symbol.Spec.Quote)
		s.symbols = append(s.symbols, market{
			Symbol: symbol, id: id, price: step{int64(symbol.Spec.Tick), quote}, qty: step{int64(symbol.Spec.Lot), base},
		})
	}
	if s.only != "" && len(s.symbols) == 0 {
		return fmt.Errorf("there is no symbol %s after command %d", s.only, s.Seq())
	}
	return nil
}

var errGone = errors.New("the transaction is no longer kept")

// readTransaction reads the last transaction that the state holds.
func (s *state) readTransaction(dir string) error {
	text, object := transactionLine{}, transactionLine{json: true}
	err := eachTransaction(dir, span{s.Seq(), s.Seq()}, nil, func(c *msg.Command, events []msg.Event) error {
		s.transaction, s.asJSON = text.transaction(c, events), object.transaction(c, events)
		return nil
	})
	if err == nil && s.transaction == nil {
		err = errGone
	}
	return err
}

// wants reports whether the balances of an asset are to be told.
func (s *state) wants(asset msg.AssetID) bool {
	if s.only == "" {
		return true
	}
	spec := &s.symbols[0].Spec
	return asset == spec.Base || asset == spec.Quote
}

// eachBalance calls visit with every balance that is not nothing.
func (s *state) eachBalance(visit func(account msg.AccountID, asset, free, locked string)) {
	for a := range s.Accounts() {
		for id := msg.AssetID(1); int(id) <= s.Assets(); id++ {
			free, locked := s.Balance(msg.AccountID(a), id)
			if free == 0 && locked == 0 || !s.wants(id) {
				continue
			}
			name, scale, _ := s.Asset(id)
			visit(msg.AccountID(a), name.String(), msg.FormatDecimal(int64(free), scale), msg.FormatDecimal(int64(locked), scale))
		}
	}
}

// eachLevel calls visit with the levels of one side, best first.
func (s *state) eachLevel(m *market, side msg.Side, visit func(price, qty string, orders int)) {
	n := 0
	s.EachLevel(m.id, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		visit(m.price.text(int64(p)), m.qty.text(int64(qty)), orders)
		n++
		return n != s.levels
	})
}

// text prints the state.
func (s *state) text(c *console, what *printFlag) {
	c.printf("sequence  %d\ntime      @%d (%s)\ndigest    %s\n", s.Seq(), s.Time(), clock(s.Time()), hexDigest(s.Digest()))
	if (what.book || what.orders) && len(s.symbols) == 0 {
		c.printf("\nno symbols\n")
	}
	for i := range s.symbols {
		if what.book {
			s.bookText(c, &s.symbols[i])
		}
		if what.orders {
			s.ordersText(c, &s.symbols[i])
		}
	}
	if what.balances {
		s.balancesText(c)
	}
	switch {
	case what.events && s.Seq() == 0:
		c.printf("\nno command\n")
	case what.events:
		c.printf("\n%s", s.transaction)
	}
}

func (s *state) balancesText(c *console) {
	c.printf("\n")
	t, none := c.table("ACCOUNT\tASSET\tFREE\tLOCKED"), true
	s.eachBalance(func(account msg.AccountID, asset, free, locked string) {
		none = false
		t.row("%s\t%s\t%s\t%s", accountName(account), asset, free, locked)
	})
	if none {
		c.printf("no balances\n")
		return
	}
	t.end()
}

// accountName writes an account's number, and what it is for.
func accountName(a msg.AccountID) string {
	if a == msg.FeeAccount {
		return "0 (fees)"
	}
	return fmt.Sprint(a)
}

// bookText prints the asks from the highest down, then the bids, so that the
// best of both meet in the middle.
func (s *state) bookText(c *console, m *market) {
	c.printf("\nbook of %v, %v, update %d\n", m.Spec.Name, m.Phase, m.Updates)
	t := c.table("SIDE\tPRICE\tQUANTITY\tORDERS")
	var asks []string // rows
	s.eachLevel(m, msg.Sell, func(price, qty string, orders int) {
		asks = append(asks, fmt.Sprintf("ask\t%s\t%s\t%d", price, qty, orders))
	})
	for _, row := range slices.Backward(asks) {
		t.row("%s", row)
	}
	s.eachLevel(m, msg.Buy, func(price, qty string, orders int) {
		t.row("bid\t%s\t%s\t%d", price, qty, orders)
	})
	t.end()
}

func (s *state) ordersText(c *console, m *market) {
	c.printf("\nopen orders in %v\n", m.Spec.Name)
	t := c.table("ORDER\tACCOUNT\tSIDE\tPRICE\tQUANTITY\tOPEN\tNAME")
	for _, side := range []msg.Side{msg.Buy, msg.Sell} {
		s.EachOrder(m.id, side, func(o engine.Order) bool {
			t.row("%d\t%d\t%v\t%s\t%s\t%s\t%v", o.ID, o.Account, o.Side,
				m.price.text(int64(o.Price)), m.qty.text(int64(o.Qty)), m.qty.text(int64(o.Open)), o.Name)
			return true
		})
	}
	t.end()
}
