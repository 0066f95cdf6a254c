package msg

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// frame is a frame of eight transactions of three symbols and two accounts, both
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
		}}, "0101030700c8010581"},
		{transaction{Command{Seq: 1001, Time: at + 1, Kind: Place, Account: 8, Symbol: 3, Side: Sell, Price: 102, Qty: 5}, []Event{
			{Kind: Accepted, Order: 1001},
		}}, "21020801cc010581"},
		{transaction{Command{Seq: 1002, Time: at + 1, Kind: Place, Account: 8, Symbol: 4, Price: 50, Qty: 9}, []Event{
			{Kind: Accepted, Order: 1002},
		}}, "41010400640981"},
		{transaction{Command{Seq: 1003, Time: at + 3_000_001, Kind: Place, Account: 7, Symbol: 3, Price: 103, Qty: 2}, []Event{
			{Kind: Accepted, Order: 1003},
			{Kind: Traded, Order: 1001, Taker: 1003, Trade: 41, Price: 102, Qty: 2},
		}}, "0107030700060201c32902cc0102"},
		{transaction{Command{Seq: 1004, Time: at + 3_000_002, Kind: Place, Account: 7, Symbol: 4, Side: Sell, Price: 50, Qty: 3}, []Event{
			{Kind: Accepted, Order: 1004},
			{Kind: Traded, Order: 1002, Taker: 1004, Trade: 1, Price: 50, Qty: 3},
		}}, "4102040164030183026403"},
		{transaction{Command{Seq: 1005, Time: at + 3_000_002, Kind: Place, Account: 8, Symbol: 3, Side: Sell, Price: 99, Qty: 4}, []Event{
			{Kind: Accepted, Order: 1005},
			{Kind: Traded, Order: 1000, Taker: 1005, Trade: 42, Price: 100, Qty: 4},
		}}, "010103080105040183050304"},
		{transaction{Command{Seq: 1006, Time: at + 4_000_000, Kind: CancelAll, Account: 8, Symbol: 3}, []Event{
			{Kind: Canceled, Order: 1001},
		}}, "65fc887aa405"},
		// Symbols whose ids agree in the low four bits share a lane.
		{transaction{Command{Seq: 1007, Time: at + 5_000_000, Kind: Place, Account: 8, Symbol: 19, Price: 105, Qty: 1}, []Event{
			{Kind: Accepted, Order: 1007},
			{Kind: Traded, Order: 1006, Taker: 1007, Trade: 43, Price: 101, Qty: 1},
		}}, "4103130004010183010201"},
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
		"milliseconds overflow":      {"02" + "ffffffffffffffffff01" + "03070a84", ErrRange},
		"milliseconds just too many": {"02" + "afdd9fc6edf54d" + "03070a84", ErrRange},
		"time falls":                 {"02" + "feffffffffffffffff01" + "03070a84", ErrRange},
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
		"symbol 2^32":                {"0201" + "8080808010" + "070a84", ErrRange},
		"account 2^32":               {"020103" + "8080808010" + "0a84", ErrRange},
		"asset 2^32":                 {"060107" + "8080808010" + "e80705" + "89", ErrRange},
		"id 2^32":                    {"88080103626f62" + "8a" + "8080808010", ErrRange},
		"same symbol of a credit":    {"26010702e80705" + "89", ErrUnknown},
		"same account of an uncross": {"4f0103" + "90", ErrUnknown},
		"original name of a place":   {"8102010307" + "00c801" + "64" + "0161" + "81", ErrUnknown},
		"order named but none":       {"020103" + "07" + "e807" + "84", ErrUnknown},
		"type 3":                     {"010103ac02" + "06" + "f2e08e0664" + "81", ErrUnknown},
		"time in force 3":            {"010103ac02" + "18" + "f2e08e0664" + "81", ErrUnknown},
		"prevention 5":               {"010103ac02" + "a0" + "f2e08e0664" + "81", ErrUnknown},
		"quote amount of zero":       {"8110010307" + "02" + "00" + "00" + "81", ErrUnknown},
		"varint without an end":      {"02" + "ffffffffffffffffffff01" + "03070a84", ErrShort},
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
