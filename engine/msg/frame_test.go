package msg

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// frame is a frame of ten transactions of three symbols and three accounts, both
// sides and trades, with the bytes of each: what stands in one is told against
// what stood in those before.
func frame() []struct {
	transaction
	hex string
} {
	const at = 1_700_000_000_000_000_000
	type g = struct {
		transaction
		hex string
	}
	return []g{
		{transaction{Command{Seq: 1000, Time: at, Kind: Place, Account: 7, Symbol: 3, Price: 100, Qty: 5}, []Event{
			{Kind: Accepted, Order: 1000},
		}}, "1101030700c80105"},
		{transaction{Command{Seq: 1001, Time: at + 1, Kind: Place, Account: 8, Symbol: 3, Side: Sell, Price: 102, Qty: 5}, []Event{
			{Kind: Accepted, Order: 1001},
		}}, "31020801cc0105"},
		{transaction{Command{Seq: 1002, Time: at + 1, Kind: Place, Account: 8, Symbol: 4, Price: 50, Qty: 9}, []Event{
			{Kind: Accepted, Order: 1002},
		}}, "510104006409"},
		{transaction{Command{Seq: 1003, Time: at + 3_000_001, Kind: Place, Account: 7, Symbol: 3, Price: 103, Qty: 2}, []Event{
			{Kind: Accepted, Order: 1003},
			{Kind: Traded, Order: 1001, Taker: 1003, Trade: 41, Price: 102, Qty: 2},
		}}, "0107030700060201" + "a3020050"},
		{transaction{Command{Seq: 1004, Time: at + 3_000_002, Kind: Place, Account: 7, Symbol: 4, Side: Sell, Price: 50, Qty: 3}, []Event{
			{Kind: Accepted, Order: 1004},
			{Kind: Traded, Order: 1002, Taker: 1004, Trade: 1, Price: 50, Qty: 3},
		}}, "410204016403" + "018302"},
		{transaction{Command{Seq: 1005, Time: at + 3_000_002, Kind: Place, Account: 8, Symbol: 3, Side: Sell, Price: 99, Qty: 4}, []Event{
			{Kind: Accepted, Order: 1005},
			{Kind: Traded, Order: 1000, Taker: 1005, Trade: 42, Price: 100, Qty: 4},
		}}, "010103080105" + "04018305"},
		{transaction{Command{Seq: 1006, Time: at + 4_000_000, Kind: CancelAll, Account: 8, Symbol: 3}, []Event{
			{Kind: Canceled, Order: 1001},
		}}, "65fc887aa405"},
		// Symbols whose ids agree in the low four bits share a lane.
		{transaction{Command{Seq: 1007, Time: at + 5_000_000, Kind: Place, Account: 8, Symbol: 19, Price: 105, Qty: 1}, []Event{
			{Kind: Accepted, Order: 1007},
			{Kind: Traded, Order: 1006, Taker: 1007, Trade: 43, Price: 101, Qty: 1},
		}}, "410313000401" + "01c301ca0101"},
		// The account is that of the order meant, or told.
		{transaction{Command{Seq: 1008, Time: at + 5_000_000, Kind: Cancel, Account: 7, Symbol: 3, Order: 1000}, []Event{
			{Kind: Canceled, Order: 1000},
		}}, "52010308"},
		{transaction{Command{Seq: 1009, Time: at + 5_000_000, Kind: Cancel, Account: 9, Symbol: 3, Order: 1002}, []Event{
			{Kind: Rejected, Reason: UnknownOrder},
		}}, "2201070982" + "05"},
	}
}

func TestGoldenFrame(t *testing.T) {
	const first, at = 1000, 1_700_000_000_000_000_000
	var e Encoder
	var d Decoder
	e.Reset(first, at)
	var all []byte
	for _, g := range frame() {
		before := len(all)
		all = e.Append(all, &g.Command, g.Events)
		if got := hex.EncodeToString(all[before:]); got != g.hex {
			t.Errorf("command %d:\n got %s\nwant %s", g.Command.Seq, got, g.hex)
		}
	}
	d.Reset(all, first, at)
	for _, g := range frame() {
		var back transaction
		var err error
		if back.Events, err = d.Next(&back.Command, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g.transaction, back); diff != "" {
			t.Error(diff)
		}
	}
	if d.More() {
		t.Error("something follows")
	}
}

// Bytes that no encoder writes are refused for what is wrong with them.
func TestBadBytes(t *testing.T) {
	spec := "0161" + "000000" + "0102" + "0101" // name a, balances, base 1, quote 2, tick 1, lot 1
	zeros := "000000000000000000000000"         // the rates and ten of the filters
	for what, c := range map[string]struct {
		hex  string
		want error
	}{
		"milliseconds overflow":      {"02" + "ffffffffffffffffff01" + "030a07", ErrRange},
		"milliseconds just too many": {"02" + "afdd9fc6edf54d" + "030a07", ErrRange},
		"time falls":                 {"12" + "feffffffffffffffff01" + "030a07", ErrRange},
		"name of a blank":            {"8203010307" + "0120" + "a40a", ErrUnknown},
		"name of nothing":            {"8203010307" + "00" + "a40a", ErrUnknown},
		"name with a zero":           {"8203010307" + "026100" + "a40a", ErrUnknown},
		"name too long":              {"8203010307" + "25" + "61616161616161616161616161616161616161616161616161616161616161616161616161" + "a40a", ErrShort},
		"symbol name of a blank":     {"0c01" + "0120" + spec[4:] + zeros + "00" + "00" + "8d01", ErrUnknown},
		"symbol accounting 2":        {"0c01" + "0161" + "020000" + spec[10:] + zeros + "00" + "00" + "8d01", ErrUnknown},
		"symbol flags 16":            {"0c01" + "0161" + "001000" + spec[10:] + zeros + "00" + "00" + "8d01", ErrUnknown},
		"multipliers of zero":        {"0c01" + "0161" + "000400" + spec[10:] + zeros + "00" + "00" + "00000000" + "8d01", ErrUnknown},
		"position of zero":           {"0c01" + "0161" + "000800" + spec[10:] + zeros + "00" + "00" + "00" + "8d01", ErrUnknown},
		"multipliers that end early": {"0c01" + "0161" + "000400" + spec[10:] + zeros + "00" + "00" + "010101", ErrShort},
		"amends 65536":               {"0c01" + spec + zeros + "00" + "808004" + "8d01", ErrRange},
		"open orders 2^32":           {"0c01" + spec + zeros + "8080808010" + "00" + "8d01", ErrRange},
		"symbol 2^32":                {"1201" + "8080808010" + "0a07", ErrRange},
		"account 2^32":               {"1201030a" + "8080808010", ErrRange},
		"asset 2^32":                 {"160107" + "8080808010" + "e80705", ErrRange},
		"id 2^32":                    {"88080103626f62" + "8a" + "8080808010", ErrRange},
		"same symbol of a credit":    {"36010702e80705", ErrUnknown},
		"same account of an uncross": {"4f0103" + "90", ErrUnknown},
		"original name of a place":   {"9102010307" + "00c801" + "64" + "0161", ErrUnknown},
		"order named but none":       {"120103" + "e807" + "07", ErrUnknown},
		"type 3":                     {"110103ac02" + "06" + "f2e08e0664", ErrUnknown},
		"time in force 3":            {"110103ac02" + "18" + "f2e08e0664", ErrUnknown},
		"prevention 5":               {"110103ac02" + "a0" + "f2e08e0664", ErrUnknown},
		"reason 0":                   {"0201030a07" + "8200", ErrUnknown},
		"reason 10":                  {"0201030a07" + "820a", ErrUnknown},
		"reason 123":                 {"0201030a07" + "827b", ErrUnknown},
		"quote amount of zero":       {"9110010307" + "02" + "00" + "00", ErrUnknown},
		"varint without an end":      {"12" + "ffffffffffffffffffff01" + "030a07", ErrShort},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		d.Reset(b, 1000, 1_700_000_000_000_000_000)
		var back Command
		if v, err := d.Next(&back, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v: %+v %+v", what, err, c.want, back, v)
		}
	}
	// The good neighbours of the bytes above.
	for what, text := range map[string]string{
		"a symbol":           "0c01" + spec + zeros + "00" + "00" + "8d01",
		"amends 65535":       "0c01" + spec + zeros + "00" + "ffff03" + "8d01",
		"open orders 2^32-1": "0c01" + spec + zeros + "ffffffff0f" + "00" + "8d01",
		"one multiplier":     "0c01" + "0161" + "000400" + spec[10:] + zeros + "00" + "00" + "00000001" + "8d01",
		"a position":         "0c01" + "0161" + "000800" + spec[10:] + zeros + "00" + "00" + "01" + "8d01",
		"a cancel by name":   "8203010307" + "0161" + "a40a",
		"reason 9":           "0201030a07" + "8209",
		"reason 122":         "0201030a07" + "827a",
	} {
		b, _ := hex.DecodeString(text)
		var d Decoder
		d.Reset(b, 1000, 0)
		var back Command
		if _, err := d.Next(&back, nil); err != nil || d.More() {
			t.Errorf("%s: %v, more %t", what, err, d.More())
		}
	}
}

// An order id that no command can have had is one that is not remembered.
func TestOrdersOfNoCommand(t *testing.T) {
	for _, first := range []Seq{1, 2, 1000, 1<<63 + 5} {
		for _, id := range []OrderID{0, 1, OrderID(first) - 1, OrderID(first) + 2, 1<<64 - 1, 1<<64 - 4, 1<<64 - 4096, 1 << 63} {
			var e Encoder
			var d Decoder
			e.Reset(first, 0)
			want := []transaction{
				{Command{Seq: first, Kind: Amend, Order: id, Account: 5, Symbol: 1, Qty: 3}, []Event{{Kind: Amended, Order: id}}},
				{Command{Seq: first + 1, Kind: Uncross, Symbol: 1}, []Event{
					{Kind: Traded, Order: id, Taker: id + 1, Trade: 9, Price: 3, Qty: 4},
					{Kind: Uncrossed, Price: 3, Qty: 4},
				}},
			}
			var all []byte
			for i := range want {
				all = e.Append(all, &want[i].Command, want[i].Events)
			}
			d.Reset(all, first, 0)
			for i := range want {
				var got transaction
				var err error
				if got.Events, err = d.Next(&got.Command, nil); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Errorf("first %d, order %d: %s", first, id, diff)
				}
			}
		}
	}
}

// A frame remembers 4,096 commands, the one at hand among them, and no command of
// the frame before.
func TestRecentCommands(t *testing.T) {
	const first, last = 10, 10 + 3*recentCommands
	var e Encoder
	var d Decoder
	e.Reset(1, 0)
	e.Append(nil, &Command{Seq: 1, Kind: Place, Account: 77, Symbol: 1, Qty: 1}, []Event{{Kind: Accepted, Order: 1}})
	e.Reset(first, 0)
	var all []byte
	commands := 0
	told := map[uint64]bool{} // by how far back the order lies
	for seq := Seq(first); seq < last; seq++ {
		c := Command{Seq: seq, Kind: Place, Account: AccountID(seq), Symbol: 1, Qty: 1}
		events := []Event{{Kind: Accepted, Order: OrderID(seq)}}
		back := uint64(0)
		if seq%3 == 2 {
			back = []uint64{1, 2, 4094, 4095, 4096, 4097, 8192}[seq%7]
		}
		if back > 0 && uint64(seq) > back {
			c = Command{Seq: seq, Kind: Cancel, Symbol: 1, Order: OrderID(uint64(seq) - back)}
			c.Account = AccountID(c.Order)
			events[0] = Event{Kind: Canceled, Order: c.Order}
		}
		before := len(all)
		all = e.Append(all, &c, events)
		commands++
		if c.Kind == Cancel && uint64(c.Order) >= first && uint64(c.Order)%3 != 2 && all[before]&sameAccount == 0 {
			told[back] = true
		}
	}
	if diff := cmp.Diff(map[uint64]bool{4096: true, 4097: true, 8192: true}, told); diff != "" {
		t.Error(diff)
	}
	if len(e.recent) != recentCommands {
		t.Errorf("%d commands are remembered, want %d", len(e.recent), recentCommands)
	}
	d.Reset(all, first, 0)
	for seq := Seq(first); d.More(); seq++ {
		var c Command
		events, err := d.Next(&c, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := OrderID(seq)
		if c.Kind == Cancel {
			want = c.Order
		}
		if c.Account != AccountID(want) || len(events) != 1 || events[0].Order != want {
			t.Fatalf("command %d: %+v %+v", seq, c, events)
		}
		commands--
	}
	if commands != 0 || len(d.recent) != recentCommands {
		t.Errorf("%d commands are missing, %d are remembered", commands, len(d.recent))
	}
}
