package msg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustName(t testing.TB, s string) Name {
	n, err := ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func goldenSpec(t testing.TB) *Symbol {
	return &Symbol{
		Name: mustName(t, "BTCUSDT"), Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1000, Maker: 100_000, Taker: 200_000,
		Filters: Filters{
			MinPrice: 1, MaxPrice: 100_000_000, MinQty: 1, MaxQty: 900_000, StepQty: 1, MarketMaxQty: 10_000,
			MinNotional: 500_000_000, MaxNotional: 900_000_000_000, MinToMarket: true, AvgMins: 5, MaxOrders: 200, MaxAmends: 10,
		},
	}
}

// fencedSpec has the filters that few symbols have, too.
func fencedSpec(t testing.TB) *Symbol {
	s := goldenSpec(t)
	s.Filters.BidMultiplierUp, s.Filters.BidMultiplierDown = 500_000_000, 20_000_000
	s.Filters.AskMultiplierUp, s.Filters.AskMultiplierDown = 500_000_001, 0
	s.Filters.MaxToMarket, s.Filters.MaxPosition = true, 10_000_000_000
	return s
}

// transaction is a command with its events.
type transaction struct {
	Command Command
	Events  []Event
}

// golden holds one transaction of each kind of command, and each kind of event
// in one of them, with the bytes that stand for it in a frame of its own that
// starts at sequence 1000 and time 1,700,000,000,000,000,000.
func golden(t testing.TB) []struct {
	transaction
	hex string
} {
	at := int64(1_700_000_000_000_000_000)
	full := Command{
		Seq: 1000, Time: at + 5_000_000, Kind: CancelReplace, Side: Sell, TIF: FOK, STP: Decrement, Mode: AllowFailure,
		Account: 7, Symbol: 3, Price: 6_412_345, Qty: 250, Order: 990,
		Name: mustName(t, "new-1"), OrigName: mustName(t, "old-1"), CancelName: mustName(t, "c_1"),
	}
	place := Command{Seq: 1000, Time: at, Kind: Place, Account: 300, Symbol: 3, Price: 6_412_345, Qty: 100, STP: ExpireMaker}
	quote := Command{Seq: 1000, Time: at + 1, Kind: Place, Type: Market, Account: 300, Symbol: 3, Quote: 5_000}
	planned := full
	planned.Only, planned.Strategy = OnlyPartiallyFilled, Strategy{ID: -3, Type: MinStrategyType, HasID: true}
	named := place
	named.Strategy, named.Name = Strategy{HasID: true}, mustName(t, "n")
	type g = struct {
		transaction
		hex string
	}
	one := func(c Command, hex string, v ...Event) g {
		c.Seq, c.Time = 1000, at
		return g{transaction{c, v}, hex}
	}
	return []g{
		{transaction{place, []Event{{Kind: Accepted, Order: 1000}}}, "110103ac0240f2e08e0664"},
		{transaction{quote, []Event{
			{Kind: Accepted, Order: 1000, Qty: 12},
			{Kind: Traded, Order: 900, Taker: 1000, Trade: 1, Price: 400, Qty: 10},
			{Kind: Traded, Order: 901, Taker: 1000, Trade: 9, Price: 401, Qty: 1},
			{Kind: Prevented, Order: 902, Taker: 1000, Price: 402, Qty: 5, TakerQty: 1},
		}}, "8110020" + "3ac0202882700" + "410c" + "4364a0060a" + "63630" + "00e" + "0201" + "8862020501"},
		{transaction{full, []Event{
			{Kind: Canceled, Order: 990},
			{Kind: Accepted, Order: 1000},
			{Kind: Expired, Order: 1000, Reason: UnfilledFOK},
		}}, "832e0b030a0791f2e08e06fa01056f6c642d3103635f31056e65772d31" + "04" + "01" + "8679"},
		{transaction{planned, []Event{
			{Kind: CancelRejected, Reason: CancelRestricted},
			{Kind: Accepted, Order: 1000},
		}}, "836e0e" + "0b030a0791f2e08e06fa01056f6c642d3103635f31056e65772d31" + "05c0843d" + "0555" + "81"},
		{transaction{named, []Event{{Kind: Accepted, Order: 1000}}}, "91480401" + "03ac0240f2e08e0664" + "016e" + "00"},
		one(Command{Kind: Place, Account: 7, Symbol: 3, Price: 2, Qty: 1, Strategy: Strategy{Type: 1<<31 - 1}}, "814008010307000401"+"ffffffff07"+"8251",
			Event{Kind: Rejected, Reason: InsufficientBalance}),
		one(Command{Kind: Cancel, Account: 7, Symbol: 3, Order: 990, Only: OnlyNew}, "824001"+"01030a07"+"8255", Event{Kind: Rejected, Reason: CancelRestricted}),
		one(Command{Kind: Cancel, Account: 7, Symbol: 3, Order: 990}, "1201030a07", Event{Kind: Canceled, Order: 990}),
		one(Command{Kind: Cancel, Account: 7, Symbol: 3, OrigName: mustName(t, "a")}, "8203010307"+"0161"+"a40a",
			Event{Kind: Canceled, Order: 990}),
		one(Command{Kind: CancelReplace, Account: 7, Symbol: 3, Order: 990, Price: 2, Qty: 1}, "0301030a07000401"+"0505"+"8251",
			Event{Kind: CancelRejected, Reason: UnknownOrder}, Event{Kind: Rejected, Reason: InsufficientBalance}),
		one(Command{Kind: Amend, Account: 7, Symbol: 3, Order: 990, Qty: 5}, "1401030a0705", Event{Kind: Amended, Order: 990}),
		one(Command{Kind: CancelAll, Account: 7, Symbol: 3}, "05010307"+"240a"+"a409",
			Event{Kind: Canceled, Order: 990}, Event{Kind: Canceled, Order: 991}),
		one(Command{Kind: Credit, Account: 7, Asset: 2, Amount: 1000, Transfer: 5}, "16010702e80705", Event{Kind: Adjusted}),
		one(Command{Kind: Debit, Account: 7, Asset: 2, Amount: 1000, Transfer: 5}, "07010702e80705"+"8251",
			Event{Kind: Rejected, Reason: InsufficientBalance}),
		one(Command{Kind: CreateAccount, Name: mustName(t, "bob")}, "88080103626f62"+"8a07", Event{Kind: AccountCreated, ID: 7}),
		one(Command{Kind: SetStatus, Account: 7, Status: Disabled}, "19010702", Event{Kind: AccountChanged}),
		one(Command{Kind: SetFees, Account: 7, Maker: NoRate, Taker: 100}, "1a010701c801", Event{Kind: AccountChanged}),
		one(Command{Kind: AddAsset, Name: mustName(t, "BTC"), Scale: 8}, "8b080108"+"03425443"+"8c01", Event{Kind: AssetAdded, ID: 1}),
		one(Command{Kind: AddSymbol, Spec: goldenSpec(t)},
			"0c01"+"0742544355534454"+"000105"+"0102c0843de807a08d06c09a0c0180c2d72f01a0f7360100904e0080cab5ee0180d0b8e1981ac8010a"+"8d01",
			Event{Kind: SymbolAdded, ID: 1}),
		one(Command{Kind: AlterSymbol, Symbol: 3, Spec: fencedSpec(t)},
			"1d0103"+"0742544355534454"+"000f05"+"0102c0843de807a08d06c09a0c0180c2d72f01a0f7360100904e0080cab5ee0180d0b8e1981ac8010a"+
				"80cab5ee0180dac40981cab5ee0100"+"80c8afa025",
			Event{Kind: SymbolChanged}),
		one(Command{Kind: SetPhase, Symbol: 3, Phase: Auction}, "1e010301", Event{Kind: PhaseChanged}),
		one(Command{Kind: Uncross, Symbol: 3}, "0f0103"+"63640a00c80164"+"90"+"6464",
			Event{Kind: Traded, Order: 900, Taker: 990, Trade: 1, Price: 100, Qty: 100},
			Event{Kind: Uncrossed, Price: 100, Qty: 100}),
	}
}

func TestGolden(t *testing.T) {
	const first, at = 1000, 1_700_000_000_000_000_000
	seen := map[EventKind]bool{}
	commands := map[Kind]bool{}
	for _, g := range golden(t) {
		if err := g.Command.Check(); err != nil {
			t.Errorf("%v: %v", g.Command.Kind, err)
		}
		commands[g.Command.Kind] = true
		for _, v := range g.Events {
			seen[v.Kind] = true
		}
		var e Encoder
		e.Reset(first, at)
		got := e.Append(nil, &g.Command, g.Events)
		if hex.EncodeToString(got) != g.hex {
			t.Errorf("%v:\n got %x\nwant %s", g.Command.Kind, got, g.hex)
		}
		var d Decoder
		d.Reset(got, first, at)
		var back transaction
		var err error
		if back.Events, err = d.Next(&back.Command, nil); err != nil || d.More() {
			t.Errorf("%v: decode: %v, more %t", g.Command.Kind, err, d.More())
		}
		if diff := cmp.Diff(g.transaction, back); diff != "" {
			t.Errorf("%v: %s", g.Command.Kind, diff)
		}
	}
	for k := Kind(1); k <= maxKind; k++ {
		if !commands[k] {
			t.Errorf("no golden bytes for %v", k)
		}
	}
	for k := EventKind(1); k <= maxEventKind; k++ {
		if !seen[k] {
			t.Errorf("no golden bytes for %v", k)
		}
	}
}

// randomTransaction draws a transaction that passes Check, extreme numbers
// included.
func randomTransaction(r *rand.Rand, seq Seq, time int64) transaction {
	num := func() int64 {
		switch r.IntN(4) {
		case 0:
			return int64(r.IntN(200))
		case 1:
			return r.Int64()
		default:
			return int64(r.IntN(1 << 20))
		}
	}
	name := func() (n Name) {
		if r.IntN(2) == 0 {
			for i := range 1 + r.IntN(NameLen) {
				n[i] = "abcXYZ019-_"[r.IntN(11)]
			}
		}
		return n
	}
	c := Command{Seq: seq, Time: time, Kind: 1 + Kind(r.IntN(int(maxKind)))}
	if c.Kind.uses(fieldSymbol) {
		c.Symbol = SymbolID(r.IntN(40))
	}
	if c.Kind.uses(fieldAccount) {
		c.Account = AccountID(r.Uint32() >> r.IntN(32))
	}
	if c.Kind.uses(fieldOrder) {
		c.Order, c.OrigName = OrderID(num()), name()
	}
	if c.Kind.uses(fieldName) {
		c.Name = name()
	}
	if c.Kind.uses(fieldCancelName) {
		c.CancelName = name()
	}
	switch c.Kind {
	case Place, CancelReplace:
		c.Side, c.Type, c.TIF, c.STP = Side(r.IntN(2)), OrderType(r.IntN(3)), TimeInForce(r.IntN(3)), Prevention(r.IntN(5))
		c.Qty, c.Quote = Qty(num()), Amount(num())
		if c.Type != Market {
			c.Price = Price(num() - 5)
		}
		if c.Kind == CancelReplace {
			c.Mode, c.Only = ReplaceMode(r.IntN(2)), Restriction(r.IntN(3))
		}
		c.Strategy = randomStrategy(r, num)
	case Cancel:
		c.Only = Restriction(r.IntN(3))
	case Amend:
		c.Qty = Qty(-num())
	case Credit, Debit:
		c.Asset, c.Amount, c.Transfer = AssetID(r.Uint32()), Amount(num()), num()
	case SetStatus:
		c.Status = Status(r.IntN(3))
	case SetFees:
		c.Maker, c.Taker = Rate(num()-1), Rate(-1)
	case AddAsset:
		c.Scale = uint8(r.IntN(256))
	case AddSymbol, AlterSymbol:
		c.Spec = &Symbol{Name: Name{'x'}, Tick: Amount(num()), Lot: Amount(num()), Accounting: NoAccounting}
		c.Spec.Filters.MaxToMarket, c.Spec.Filters.MaxAmends = true, uint16(num())
		if r.IntN(2) == 0 {
			c.Spec.Filters.BidMultiplierDown, c.Spec.Filters.AskMultiplierUp = Multiplier(num()), Multiplier(-num())
		}
		if r.IntN(2) == 0 {
			c.Spec.Filters.MaxPosition = Amount(-num())
		}
	case SetPhase:
		c.Phase = Phase(r.IntN(4))
	default:
	}
	tx := transaction{Command: c}
	for range 1 + r.IntN(4) {
		tx.Events = append(tx.Events, randomEvent(r, num))
	}
	return tx
}

func randomStrategy(r *rand.Rand, num func() int64) (s Strategy) {
	if r.IntN(2) == 0 {
		s.ID, s.HasID = num()-5, true
	}
	if r.IntN(2) == 0 {
		s.Type = MinStrategyType + r.Int32N(1<<31-1-MinStrategyType)>>r.IntN(31)
	}
	return s
}

func randomEvent(r *rand.Rand, num func() int64) Event {
	v := Event{Kind: 1 + EventKind(r.IntN(int(maxEventKind)))}
	switch v.Kind {
	case Accepted:
		v.Order, v.Qty = OrderID(num()), Qty(num())
	case Rejected, CancelRejected:
		for !v.Reason.known() {
			v.Reason = Reason(r.IntN(256))
		}
	case Traded:
		v.Order, v.Taker, v.Trade, v.Price, v.Qty = OrderID(num()), OrderID(num()), TradeID(num()), Price(num()), Qty(num())
	case Canceled, Amended:
		v.Order = OrderID(num())
	case Expired:
		v.Order, v.Reason = OrderID(num()), RestOfIOC
	case Prevented:
		v.Order, v.Taker, v.Price, v.Qty, v.TakerQty = OrderID(num()), OrderID(num()), Price(num()), Qty(num()), Qty(num())
	case AccountCreated, AssetAdded, SymbolAdded:
		v.ID = r.Uint32()
	case Uncrossed:
		v.Price, v.Qty = Price(num()), Qty(num())
	default:
	}
	return v
}

// Whatever passes Check comes back as it was, many transactions to a frame.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		first, at := Seq(1+r.Uint64N(1<<40)), int64(r.Uint64N(1<<62))
		var want []transaction
		for i := range 40 {
			at += int64(r.IntN(3)) * int64(r.IntN(3_000_000))
			tx := randomTransaction(r, first+Seq(i), at)
			if err := tx.Command.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			want = append(want, tx)
		}
		var e Encoder
		e.Reset(first, want[0].Command.Time)
		var buf []byte
		for i := range want {
			buf = e.Append(buf, &want[i].Command, want[i].Events)
		}
		var d Decoder
		d.Reset(buf, first, want[0].Command.Time)
		var got []transaction
		for d.More() {
			var tx transaction
			var err error
			if tx.Events, err = d.Next(&tx.Command, nil); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			got = append(got, tx)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

// Events are told against what is encoded of the command and nothing else: a
// cancel-all has no order, whatever stands in its field.
func TestPredictionsAreOfEncodedFields(t *testing.T) {
	for k := Kind(1); k <= maxKind; k++ {
		c := Command{Seq: 1000, Time: 5, Kind: k, Spec: goldenSpec(t), Order: 990}
		want := []Event{{Kind: Canceled, Order: 990}, {Kind: Amended, Order: 990}, {Kind: Canceled, Order: 991}}
		var e Encoder
		var d Decoder
		e.Reset(1000, 5)
		d.Reset(e.Append(nil, &c, want), 1000, 5)
		var back Command
		if got, err := d.Next(&back, nil); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %+v, %v, want %+v", k, got, err, want)
		}
	}
}

// FuzzDecode feeds foreign bytes: no panic, an error or transactions, and what
// was read is written and read again the same.
func FuzzDecode(f *testing.F) {
	for _, g := range golden(f) {
		b, _ := hex.DecodeString(g.hex)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const first, at = 1000, 1_700_000_000_000_000_000
		var d, again Decoder
		var e Encoder
		d.Reset(b, first, at)
		e.Reset(first, at)
		var buf []byte
		var want []transaction
		for d.More() {
			var tx transaction
			var err error
			if tx.Events, err = d.Next(&tx.Command, nil); err != nil {
				break
			}
			if err := tx.Command.Check(); err != nil {
				t.Fatalf("%x gives a command that could not have been written: %v", b, err)
			}
			want = append(want, tx)
			buf = e.Append(buf, &tx.Command, tx.Events)
		}
		again.Reset(buf, first, at)
		for i := range want {
			var tx transaction
			var err error
			if tx.Events, err = again.Next(&tx.Command, nil); err != nil {
				t.Fatalf("transaction %d of %x: %v", i, buf, err)
			}
			if diff := cmp.Diff(want[i], tx); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// No event is longer than MaxEventBytes, and one is as long.
func TestMaxEventBytes(t *testing.T) {
	size := func(v *Event) int {
		c := Command{Seq: 1, Kind: Place}
		var e Encoder
		e.Reset(1, 0)
		bare := len(e.Append(nil, &c, nil))
		e.Reset(1, 0)
		return len(e.Append(nil, &c, []Event{*v})) - bare
	}
	longest := 0
	for k := EventKind(1); k <= maxEventKind; k++ {
		n := size(&Event{
			Kind: k, Reason: 255, ID: 1<<32 - 1, Order: 2, Taker: 2, Trade: 1<<64 - 1, Price: -1 << 63, Qty: -1, TakerQty: -1,
		})
		longest = max(longest, n)
		if n > MaxEventBytes {
			t.Errorf("%v takes %d bytes", k, n)
		}
	}
	if longest != MaxEventBytes {
		t.Errorf("the longest takes %d bytes, MaxEventBytes is %d", longest, MaxEventBytes)
	}
}

// FuzzEncode drives random transactions from a fuzzed seed through both ways.
func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		want := randomTransaction(r, 5, 6)
		var e Encoder
		e.Reset(5, 0)
		buf := e.Append(nil, &want.Command, want.Events)
		var d Decoder
		d.Reset(buf, 5, 0)
		var got transaction
		var err error
		got.Events, err = d.Next(&got.Command, nil)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || d.More() {
			t.Fatalf("%v %t %s", err, d.More(), diff)
		}
	})
}

// Every truncation of a transaction is an error by name.
func TestTruncated(t *testing.T) {
	for _, g := range golden(t) {
		b, _ := hex.DecodeString(g.hex)
		for n := range b {
			var d Decoder
			d.Reset(b[:n], 1000, 0)
			var c Command
			if _, err := d.Next(&c, nil); !errors.Is(err, ErrShort) {
				t.Errorf("%v cut to %d bytes: %v", g.Command.Kind, n, err)
			}
		}
	}
}

func TestUnknownIsNamed(t *testing.T) {
	for _, b := range [][]byte{
		{0},
		{0x10, 1},
		{0x0f, 1, 3, 0x80 | 31},
		{0x81, 0},
		{0x82, 0x80},
		{2, 1, 3, 7, 10, 0x80 | 31},
		{2, 1, 3, 7, 10, 0x80 | 0x20 | 2, 1},
		{2, 1, 3, 7, 10, 0x82, 255},

		{0x82, 0x40, 0},
		{0x82, 0x40, 0x10},
		{0x82, 0x40, 3, 1, 3, 7, 10, 0x84},
		{0x82, 0x40, 4, 1, 3, 7, 10, 2, 0x84},
		{0x81, 0x40, 1, 1, 3, 7, 0, 4, 1, 0x81},

		// The usual events, of commands that have none.
		{0x15, 1, 3, 7},
		{0x18 | 0x80, 8, 1, 1, 'a'},
		{0x1f, 1, 3},
		{0x92, 3, 1, 3, 7, 1, 'a'},
		{0x93, 1, 1, 3, 7, 0, 4, 1},
		// The usual events, told.
		{1, 1, 3, 7, 0, 4, 1, 0x81},
		{2, 1, 3, 10, 7, 0x84},
		{3, 1, 3, 10, 7, 0, 4, 1, 4, 0x81},
		{4, 1, 3, 10, 7, 5, 0x87},
		{6, 1, 7, 2, 10, 5, 0x89},
		{9, 1, 7, 2, 0x8b},
		{14, 1, 3, 1, 0x8f},
	} {
		var d Decoder
		d.Reset(bytes.Clone(b), 1000, 0)
		var c Command
		if _, err := d.Next(&c, nil); !errors.Is(err, ErrUnknown) {
			t.Errorf("% x: %v", b, err)
		}
	}
}

// The type of a strategy is one that Check lets pass.
func TestStrategyTypeOutOfRange(t *testing.T) {
	for _, number := range []string{"bf843d", "8080808008", "00"} { // 999,999, 2^31, 0
		b, err := hex.DecodeString("8140080103070004" + "01" + number + "8251")
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		d.Reset(b, 1000, 0)
		var c Command
		if _, err := d.Next(&c, nil); !errors.Is(err, ErrRange) {
			t.Errorf("type %s: %v", number, err)
		}
	}
}

func TestCodecDoesNotAllocate(t *testing.T) {
	c := Command{
		Seq: 1000, Time: 1, Kind: Place, Account: 300, Symbol: 3, Price: 6_412_345, Qty: 100, Name: mustName(t, "n"),
		Strategy: Strategy{ID: 7, Type: MinStrategyType, HasID: true},
	}
	events := []Event{{Kind: Accepted, Order: 1000}, {Kind: Traded, Order: 900, Taker: 1000, Trade: 1, Price: 400, Qty: 10}}
	buf := make([]byte, 0, 256)
	var e Encoder
	var d Decoder
	back := make([]Event, 0, 4)
	if n := testing.AllocsPerRun(100, func() {
		e.Reset(1000, 0)
		buf = e.Append(buf[:0], &c, events)
		d.Reset(buf, 1000, 0)
		var got Command
		back, _ = d.Next(&got, back[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
