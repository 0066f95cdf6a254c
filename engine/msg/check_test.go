package msg

import (
	"slices"
	"strings"
	"testing"
)

// setters sets each field of a command to something that is legal where the
// field may be used.
var setters = [...]func(c *Command){
	func(c *Command) { c.Side = Sell },
	func(c *Command) { c.Type = LimitMaker },
	func(c *Command) { c.TIF = FOK },
	func(c *Command) { c.STP = Decrement },
	func(c *Command) { c.Mode = AllowFailure },
	func(c *Command) { c.Only = OnlyPartiallyFilled },
	func(c *Command) { c.Status = Disabled },
	func(c *Command) { c.Phase = Halt },
	func(c *Command) { c.Scale = 255 },
	func(c *Command) { c.Account = 1 << 31 },
	func(c *Command) { c.Symbol = 1 << 31 },
	func(c *Command) { c.Asset = 1 << 31 },
	func(c *Command) { c.Price = -1 << 63 },
	func(c *Command) { c.Qty = -1 << 63 },
	func(c *Command) { c.Quote = -1 << 63 },
	func(c *Command) { c.Order = 1 << 63 },
	func(c *Command) { c.Amount = -1 << 63 },
	func(c *Command) { c.Transfer = -1 << 63 },
	func(c *Command) { c.Maker = -1 << 63 },
	func(c *Command) { c.Taker = -1 << 63 },
	func(c *Command) { c.Strategy = Strategy{HasID: true} },
	func(c *Command) { c.Name[0] = 'x' },
	func(c *Command) { c.OrigName[0] = 'x' },
	func(c *Command) { c.CancelName[0] = 'x' },
	func(c *Command) { c.Spec = &Symbol{Name: Name{'x'}} },
}

// usedWith says which kinds use a field, once more and by the kind's number, in
// the order of fieldNames.
var usedWith = [...][]Kind{
	{1, 3},
	{1, 3},
	{1, 3},
	{1, 3},
	{3},
	{2, 3},
	{9},
	{14},
	{11},
	{1, 2, 3, 4, 5, 6, 7, 9, 10},
	{1, 2, 3, 4, 5, 13, 14, 15},
	{6, 7},
	{1, 3},
	{1, 3, 4},
	{1, 3},
	{2, 3, 4},
	{6, 7},
	{6, 7},
	{10},
	{10},
	{1, 3},
	{1, 3, 4, 8, 11},
	{2, 3, 4},
	{2, 3, 5},
	{12, 13},
}

// Each kind takes the fields that it uses and no other, whatever they hold.
func TestCheckRefusesUnusedFields(t *testing.T) {
	for k := Kind(1); k <= maxKind; k++ {
		for i, set := range setters {
			c := Command{Kind: k}
			if k == AddSymbol || k == AlterSymbol {
				c.Spec = &Symbol{Name: Name{'x'}}
			}
			set(&c)
			used := slices.Contains(usedWith[i], k)
			err := c.Check()
			if used && err != nil {
				t.Errorf("%v with %s: %v", k, fieldNames[i], err)
			}
			if !used && (err == nil || !strings.HasPrefix(err.Error(), fieldNames[i]+":")) {
				t.Errorf("%v with %s: %v", k, fieldNames[i], err)
			}
		}
	}
}

// Check refuses each thing that the journal could not tell again.
func TestCheckRefuses(t *testing.T) {
	long := Name{0: 'x', 2: 'y'}
	for want, c := range map[string]Command{
		"kind: 0":                       {},
		"kind: 16":                      {Kind: maxKind + 1},
		"kind: 255":                     {Kind: 255},
		"side: 2":                       {Kind: Place, Side: 2},
		"type: 3":                       {Kind: Place, Type: 3},
		"time in force: 3":              {Kind: Place, TIF: 3},
		"self-trade prevention: 5":      {Kind: CancelReplace, STP: 5},
		"cancel-replace mode: 2":        {Kind: CancelReplace, Mode: 2},
		"cancel restriction: 3":         {Kind: Cancel, Only: 3},
		"cancel restriction: place doe": {Kind: Place, Only: 3},
		"strategy: type 999999":         {Kind: Place, Strategy: Strategy{Type: MinStrategyType - 1, HasID: true}},
		"strategy: type -1":             {Kind: CancelReplace, Strategy: Strategy{Type: -1}},
		"strategy: type 0 is below 1000000, or 7 is": {Kind: Place, Strategy: Strategy{ID: 7}},
		"strategy: amend":               {Kind: Amend, Strategy: Strategy{Type: -1}},
		"price: a market order":         {Kind: Place, Type: Market, Price: 1},
		"name: a name has":              {Kind: Place, Name: long},
		"name: a name has 1 to":         {Kind: Place, Name: Name{' '}},
		"name: a name":                  {Kind: Amend, Name: Name{0, 'x'}},
		"name: a":                       {Kind: CreateAccount, Name: Name{35: 'x'}},
		"original name: a name has":     {Kind: Cancel, OrigName: Name{0, 'x'}},
		"original name: a name":         {Kind: Amend, OrigName: long},
		"cancel name: a name has":       {Kind: CancelAll, CancelName: Name{'?'}},
		"cancel name: a name":           {Kind: CancelReplace, CancelName: Name{8: 1}},
		"symbol: add-symbol must":       {Kind: AddSymbol},
		"symbol: alter-symbol must":     {Kind: AlterSymbol, Symbol: 1},
		"symbol name: a name has":       {Kind: AddSymbol, Spec: &Symbol{}},
		"symbol name: a name":           {Kind: AlterSymbol, Spec: &Symbol{Name: long}},
		"symbol accounting: 2":          {Kind: AddSymbol, Spec: &Symbol{Name: Name{'x'}, Accounting: 2}},
		"symbol accounting: 255":        {Kind: AlterSymbol, Spec: &Symbol{Name: Name{'x'}, Accounting: 255}},
		"symbol description: place doe": {Kind: Place, Spec: &Symbol{Name: Name{'x'}}},
	} {
		if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	c := Command{Kind: Place, Account: 7, Symbol: 3, Price: 6_412_345, Qty: 100, Name: Name{'n'}}
	if n := testing.AllocsPerRun(100, func() {
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A place or a cancel is checked in a few nanoseconds.

func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct {
		name    string
		command Command
	}{
		{"place", Command{Seq: 9, Time: 9, Kind: Place, Account: 7, Symbol: 3, Side: Sell, Price: 6_412_345, Qty: 100, TIF: IOC, STP: ExpireMaker}},
		{"place-named", Command{Seq: 9, Time: 9, Kind: Place, Account: 7, Symbol: 3, Price: 6_412_345, Qty: 100, Name: mustName(b, "client-order-id-12345")}},
		{"cancel", Command{Seq: 9, Time: 9, Kind: Cancel, Account: 7, Symbol: 3, Order: 5}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.command.Check(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
