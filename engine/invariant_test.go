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
		{func(e *Engine) {
			e.symbols[0].feeBase = e.symbols[0].feeQuote
			e.symbols[0].Taker = msg.RateUnit
			trade(e)
		}, []string{"asset 1", "asset 2"}},
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
	e.place(&c)
}

// What begin and end do not let pass.
func TestBrokenTransactionsPanic(t *testing.T) {
	e := market(t)
	panics(t, func() { e.begin(&msg.Command{Seq: e.seq + 1, Time: e.time - 1}) }, "command 15", "follows 14")
	panics(t, func() { e.begin(&msg.Command{Seq: e.seq + 2, Time: e.time}) }, "command 16", "follows 14")
	panics(t, func() { e.begin(&msg.Command{Seq: e.seq, Time: e.time}) }, "command 14", "follows 14")

	s := e.symbols[0]
	setBid(e, e.pool.levels[s.sides[msg.Sell].best].price)
	e.begin(&msg.Command{Seq: e.seq + 1, Time: e.time})
	e.touch(s)
	panics(t, e.end, "symbol 1", "best bid 100 at or above best ask 100")

	e = market(t)
	s = e.symbols[0]
	s.phase = msg.Auction
	setBid(e, e.pool.levels[s.sides[msg.Sell].best].price)
	e.begin(&msg.Command{Seq: e.seq + 1, Time: e.time})
	e.touch(s)
	e.end() // bids and asks may overlap in an auction
}

// setBid gives the best bid of the first symbol another price, where it stands.
func setBid(e *Engine, p msg.Price) {
	bids := &e.symbols[0].sides[msg.Buy]
	e.pool.levels[bids.best].price = p
	bids.front = bids.rank(p)
}

// Check finds a violation of each of its invariants.
func TestCheckFinds(t *testing.T) {
	bid := func(e *Engine) *level { return &e.pool.levels[e.symbols[0].sides[msg.Buy].best] }
	ask := func(e *Engine) *level { return &e.pool.levels[e.symbols[0].sides[msg.Sell].best] }
	for what, c := range map[string]struct {
		spoil func(e *Engine)
		want  string
	}{
		"1 crossed":          {func(e *Engine) { setBid(e, 99+64) }, "meets best ask"},
		"1 locked":           {func(e *Engine) { setBid(e, 100) }, "best bid 100 meets best ask 100"},
		"3 another front":    {func(e *Engine) { e.symbols[0].sides[msg.Buy].front++ }, "buy level 99 is the best one, not that of rank"},
		"3 front of nothing": {func(e *Engine) { e.symbols[1].sides[msg.Sell].front-- }, "sell side has no level"},
		"2 no order":         {func(e *Engine) { bid(e).head = 0 }, "is not the first one"},
		"2 another head":     {func(e *Engine) { bid(e).head = e.orders.slot(13) }, "order 13 in slot 4 is not the first one"},
		"2 another tail":     {func(e *Engine) { bid(e).tail = e.orders.slot(12) }, "where 3 is the tail"},
		"2 no way back":      {func(e *Engine) { e.orderOf(13).prev = 0 }, "stands before order 12"},
		"2 nobody behind":    {func(e *Engine) { e.orderOf(12).next = 0 }, "is the last at 99"},
		"2 not one behind":   {func(e *Engine) { e.orderOf(12).next = e.orders.slot(9) }, "stands before order 12"},
		"2 quantity":         {func(e *Engine) { bid(e).qty++ }, "and 12 lots, counted 1 and 13"},
		"2 quantity, total":  {func(e *Engine) { bid(e).qty++; e.symbols[0].sides[msg.Buy].total++ }, "with 13 lots, counted 2 with 12"},
		"3 a level of two":   {func(e *Engine) { e.symbols[1].sides[msg.Buy] = e.symbols[0].sides[msg.Buy] }, "is one of symbol 1 too"},
		"4 no way back":      {func(e *Engine) { e.orderOf(13).older = 0 }, "order 13 stands behind"},
		"4 another newest":   {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].newest = e.orders.slot(12) }, "and 3 is the newest"},
		"4 no newest":        {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].newest = 0 }, "and 0 is the newest"},
		"2 count":            {func(e *Engine) { bid(e).count++ }, "3 orders"},
		"2 queue falls":      {func(e *Engine) { e.orderOf(13).queue = e.orderOf(12).queue }, "has queue number 3 behind 3, of 4"},
		"2 queue beyond":     {func(e *Engine) { e.orderOf(13).queue = 99 }, "queue number 99"},
		"2 total":            {func(e *Engine) { e.symbols[0].sides[msg.Sell].total++ }, "counted"},
		"3 levels":           {func(e *Engine) { e.symbols[0].sides[msg.Sell].levels++ }, "3 levels"},
		"3 not found":        {func(e *Engine) { ask(e).price = 164 }, "level"},
		"3 a node's level":   {func(e *Engine) { l := e.symbols[0].sides[msg.Buy]; e.pool.nodes[l.root].mask |= 1 << 5 }, "ladder holds 2 levels, 1 are linked"},
		"3 not best first": {func(e *Engine) {
			s := &e.symbols[0].sides[msg.Sell]
			s.best, s.front = s.worse(&e.pool, s.best), s.rank(101)
		}, "levels"},
		"4 another level":     {func(e *Engine) { e.orderOf(12).level = 1 }, "level slot"},
		"4 another side":      {func(e *Engine) { e.orderOf(12).side = msg.Sell }, "side sell"},
		"4 another symbol":    {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].symbol = 2 }, "symbol 2"},
		"4 another id":        {func(e *Engine) { e.orderOf(12).id = 77 }, "order 77 is in slot"},
		"4 another name":      {func(e *Engine) { e.orders.names[e.orders.slot(9)][0] = 'z' }, "not found by its name"},
		"4 a name too many":   {func(e *Engine) { e.orderOf(12).named = true; e.orders.named.used++ }, "not found by its name"},
		"4 names counted":     {func(e *Engine) { e.orders.named.used++ }, "4 named"},
		"4 list":              {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].oldest = e.orders.slot(13) }, "order 13 in slot 4 is not the oldest"},
		"4 list order":        {func(e *Engine) { e.orderOf(13).pos = e.orderOf(9).pos }, "stands behind"},
		"4 list count":        {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].open++ }, "3 open orders, counted 2"},
		"4 list bids":         {func(e *Engine) { e.positions.pool[e.orderOf(12).pos].bids-- }, "11 lots to buy, counted 12"},
		"4 open":              {func(e *Engine) { e.orders.open++ }, "are open"},
		"5 nothing open":      {func(e *Engine) { e.orderOf(12).open = 0 }, "0 open of 5"},
		"5 more than all":     {func(e *Engine) { e.orderOf(12).open = 6 }, "6 open of 5"},
		"5 nothing traded":    {func(e *Engine) { e.orderOf(12).traded = 1 }, "5 open of 5, traded: 1"},
		"6 free":              {func(e *Engine) { e.balanceOf(1, 1).free = -1 }, "free -1"},
		"6 locked":            {func(e *Engine) { e.balanceOf(0, 1).locked = -1 }, "locked -1"},
		"6 locked too much":   {func(e *Engine) { b := e.balanceOf(1, 1); b.free, b.locked = b.free-1, b.locked+1 }, "orders can cost"},
		"7 total":             {func(e *Engine) { e.assets[0].total++ }, "balances sum to 1000, total is 1001"},
		"7 balance":           {func(e *Engine) { e.balanceOf(2, 1).free++ }, "balances sum to 1001, total is 1000"},
		"7 total of the last": {func(e *Engine) { e.assets[1].total-- }, "balances sum to 100000"},
		"8 digest":            {func(e *Engine) { e.digest++ }, "digest"},
		"8 account":           {func(e *Engine) { e.accounts[2].transfer++ }, "digest"},
		"8 symbol":            {func(e *Engine) { e.symbols[1].reports++ }, "digest"},
		"8 bucket":            {func(e *Engine) { e.traded().lo++ }, "digest"},
		"8 order":             {func(e *Engine) { e.orderOf(12).qty++ }, "digest"},
		"8 asset":             {func(e *Engine) { e.assets[1].scale++ }, "digest"},
	} {
		e := market(t)
		c.spoil(e)
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

// The limits of symbols and accounts, which no stream reaches.
func TestTooMany(t *testing.T) {
	e := market(t)
	spec := e.symbols[0].Symbol
	spec.Name = name("ANOTHER")
	for limit, c := range map[int]struct {
		reach func(n int)
		c     msg.Command
	}{
		msg.MaxAccounts: {func(n int) { e.accounts = make([]account, n+1) }, msg.Command{Kind: msg.CreateAccount}},
		msg.MaxSymbols:  {func(n int) { e.symbols = make([]*symbol, n) }, msg.Command{Kind: msg.AddSymbol, Spec: &spec}},
	} {
		c.reach(limit)
		if v := e.decideOnly(&c.c); v != msg.TooMany {
			t.Errorf("%v beyond %d: %v", c.c.Kind, limit, v)
		}
		c.reach(limit - 1)
		if v := e.decideOnly(&c.c); v != msg.NoReason {
			t.Errorf("%v up to %d: %v", c.c.Kind, limit, v)
		}
	}
}

// decideOnly asks the rule of a command that adds something.
func (e *Engine) decideOnly(c *msg.Command) msg.Reason {
	if c.Kind == msg.CreateAccount {
		return e.createAccountRule(c)
	}
	return e.addSymbolRule(c.Spec)
}
