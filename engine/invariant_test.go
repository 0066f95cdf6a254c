package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// panics expects f to panic with all of these words.
func panics(t *testing.T, f func(), words ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		text := fmt.Sprint(recover())
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("want %q in the panic: %s", w, text)
			}
		}
	}()
	f()
}

// A command that makes, loses or exchanges an amount does not end.
func TestConservation(t *testing.T) {
	for _, c := range []struct {
		move  func(e *Engine)
		words []string
	}{
		{func(e *Engine) { e.pay(e.balances.of(1, 1), 7, 0) }, []string{"command 15", "makes 7 of asset 1", "and 0 of"}},
		{func(e *Engine) { e.pay(e.balances.of(1, 1), -3, 1) }, []string{"makes -2 of asset 1"}},
		{func(e *Engine) { e.pay(e.balances.of(1, 1), -5, 0); e.pay(e.balances.of(2, 2), 5, 0) }, []string{"-5 of asset 1", "5 of asset 2"}},
		{func(e *Engine) {
			e.pay(e.balances.of(1, 1), -5, 0)
			e.pay(e.balances.of(2, 2), 5, 0)
			e.pay(e.balances.of(2, 3), 5, 0)
		}, []string{"moves asset 3 beside assets 1 and 2"}},
		{func(e *Engine) { e.symbols[0].feeBase = e.symbols[0].feeQuote; e.symbols[0].Taker = msg.RateUnit; trade(e) }, []string{"asset 1", "asset 2"}},
		{func(e *Engine) { e.orderOf(9).pos = e.orderOf(14).pos; trade(e) }, []string{"engine:"}},
		{func(e *Engine) { e.pay(e.balances.of(1, 1), -5000, 5000) }, []string{"account 1 with free -", "of asset 1"}},
	} {
		e := market(t)
		e.begin(&msg.Command{Seq: e.seq + 1, Time: e.time})
		panics(t, func() { c.move(e); e.end() }, c.words...)
	}
	e := market(t)
	e.begin(&msg.Command{Seq: e.seq + 1, Time: e.time})
	e.pay(e.balances.of(1, 1), -5, 2)
	e.pay(e.balances.of(2, 1), 2, 1)
	e.end()
}

// trade lets account 2 buy a lot, within a command that began.
func trade(e *Engine) {
	c := msg.Command{Seq: e.seq, Time: e.time, Kind: msg.Place, Account: 2, Symbol: 1, Price: 100, Qty: 1}
	e.cmd = &c
	e.place(&c, nil)
}
