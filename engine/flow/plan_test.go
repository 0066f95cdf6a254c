package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// show writes what matters of a row's command, orders by the row (from 1) that
// placed them.
func show(p *flow.Plan, c *msg.Command) string {
	s := fmt.Sprintf("%d %v", c.Time, c.Kind)
	switch c.Order {
	case 0:
	case 1:
		s += " of nothing"
	default:
		s += fmt.Sprintf(" of row %d", int(c.Order)-int(p.FirstSeq)+1)
	}
	switch c.Kind {
	case msg.Place, msg.CancelReplace:
		s += fmt.Sprintf(" %v %v %d x %d %v", c.Side, c.Type, c.Price, c.Qty, c.TIF)
	case msg.Amend:
		s += fmt.Sprintf(" to %d", c.Qty)
	case msg.SetPhase:
		s += " " + c.Phase.String()
	default:
	}
	return s
}

// commands returns the commands of all rows.
func commands(p *flow.Plan) []string {
	var all []string
	for row := range p.Len() {
		var c msg.Command
		p.Command(row, &c)
		all = append(all, show(p, &c))
	}
	return all
}

func TestPlanCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []string // row, then its command
	}{
		{"each command", []string{
			"1,phase,,,,,auction,", "1 set-phase auction",
			"2,limit,a,buy,10.02,300,GTC,", "2 place buy limit 1002 x 300 gtc",
			"3,limit,b,sell,10,200,IOC,", "3 place sell limit 1000 x 200 ioc",
			"4,uncross,,,10.02,,,", "4 uncross",
			"5,phase,,,,,trading,", "5 set-phase trading",
			"6,cancel,b,,,,,", "6 cancel of row 3",
			"7,reduce,a,,,20,,", "7 amend of row 2 to 280",
			"8,replace,a,,10.03,100,,", "8 cancel-replace of row 2 buy limit 1003 x 100 gtc",
		}},
		{"a replaced order is the one of the replace, with its own quantity", []string{
			"1,limit,a,sell,10,5,GTC,", "1 place sell limit 10 x 5 gtc",
			"1,reduce,a,,,1,,", "1 amend of row 1 to 4",
			"1,replace,a,,11,9,,", "1 cancel-replace of row 1 sell limit 11 x 9 gtc",
			"1,reduce,a,,,2,,", "1 amend of row 3 to 7",
			"1,reduce,a,,,3,,", "1 amend of row 3 to 4",
			"1,replace,a,,12,8,,", "1 cancel-replace of row 3 sell limit 12 x 8 gtc",
			"1,cancel,a,,,,,", "1 cancel of row 6",
		}},
		{"an id that comes again names the newest order", []string{
			"1,limit,a,sell,10,5,GTC,", "1 place sell limit 10 x 5 gtc",
			"1,cancel,a,,,,,", "1 cancel of row 1",
			"1,cancel,a,,,,,", "1 cancel of row 1",
			"1,limit,a,buy,9,7,GTC,", "1 place buy limit 9 x 7 gtc",
			"1,replace,a,,8,6,,", "1 cancel-replace of row 4 buy limit 8 x 6 gtc",
			"1,limit,a,sell,10,3,GTC,", "1 place sell limit 10 x 3 gtc",
			"1,reduce,a,,,1,,", "1 amend of row 6 to 2",
		}},
		{"a reduce that leaves nothing is a cancel", []string{
			"1,limit,a,sell,10,5,GTC,", "1 place sell limit 10 x 5 gtc",
			"1,reduce,a,,,4,,", "1 amend of row 1 to 1",
			"1,reduce,a,,,1,,", "1 cancel of row 1",
			"1,limit,a,sell,10,5,GTC,", "1 place sell limit 10 x 5 gtc",
			"1,reduce,a,,,6,,", "1 cancel of row 4",
		}},
		{"an id without an order", []string{
			"1,cancel,a,,,,,", "1 cancel of nothing",
			"1,reduce,a,,,1,,", "1 cancel of nothing",
			"1,replace,a,,8,6,,", "1 cancel-replace of nothing buy limit 8 x 6 gtc",
			"1,cancel,a,,,,,", "1 cancel of nothing",
		}},
	} {
		var rows, want []string
		for i := 0; i < len(c.rows); i += 2 {
			rows, want = append(rows, c.rows[i]), append(want, c.rows[i+1])
		}
		p := mustPlan(t, mustRead(t, header+strings.Join(rows, "\n")), flow.Config{})
		if diff := cmp.Diff(want, commands(p)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Rows of one id have one account, whatever the file around them, and the ids
// spread over all accounts.
func TestPlanAccounts(t *testing.T) {
	const accounts = 10
	var rows strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rows, "0,limit,%d,buy,1,1,GTC,\n0,replace,%d,,1,2,,\n0,reduce,%d,,,1,,\n0,cancel,%d,,,,,\n", i, i, i, i)
	}
	p := mustPlan(t, mustRead(t, header+rows.String()), flow.Config{Accounts: accounts})
	other := mustPlan(t, mustRead(t, header+"0,cancel,stranger,,,,,\n"+rows.String()), flow.Config{Accounts: accounts})
	var orders [accounts + 1]int
	for i := range 1000 {
		var want, c msg.Command
		p.Command(4*i, &want)
		orders[want.Account]++
		for row := 4 * i; row < 4*i+4; row++ {
			p.Command(row, &c)
			if c.Account != want.Account {
				t.Fatalf("row %d has account %d, want %d", row+1, c.Account, want.Account)
			}
			other.Command(row+1, &c)
			if c.Account != want.Account {
				t.Fatalf("row %d has account %d in another file, want %d", row+1, c.Account, want.Account)
			}
		}
	}
	for a, n := range orders[1:] {
		if n < 60 || n > 140 {
			t.Errorf("account %d has %d of 1000 orders, want about 100", a+1, n)
		}
	}
	if orders[0] != 0 {
		t.Errorf("the fee account has %d orders", orders[0])
	}
}

// The hash that spreads ids over accounts is part of every digest.
func TestPlanAccountGolden(t *testing.T) {
	p := mustPlan(t, mustRead(t, header+"0,cancel,1,,,,,\n0,cancel,15284094,,,,,\n0,cancel,a-long-order-name,,,,,\n"), flow.Config{})
	var got []msg.AccountID
	for row := range p.Len() {
		var c msg.Command
		p.Command(row, &c)
		got = append(got, c.Account)
	}
	if diff := cmp.Diff([]msg.AccountID{774, 153, 268}, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestPlanConfig(t *testing.T) {
	f := mustRead(t, header+"7,limit,a,buy,10.50,1.5,GTC,\n")
	p := mustPlan(t, f, flow.Config{})
	want := flow.Config{
		Symbol: "FLOWUSD", Accounts: 1000, Tick: "0.1", Lot: "0.1", Maker: flow.DefaultRate, Taker: flow.DefaultRate,
	}
	if diff := cmp.Diff(want, p.Config); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if n := msg.Seq(len(p.Setup)) + 1; p.FirstSeq != n || p.Len() != 1 {
		t.Errorf("first sequence %d and %d rows, want %d and 1", p.FirstSeq, p.Len(), n)
	}
	p = mustPlan(t, f, flow.Config{
		Symbol: "X", Accounts: 2, Tick: "0.25", Lot: "0.05", STP: msg.ExpireMaker, Maker: msg.NoRate, Taker: 5,
	})
	var c msg.Command
	p.Command(0, &c)
	if c.Price != 42 || c.Qty != 30 || c.STP != msg.ExpireMaker {
		t.Errorf("price %d, quantity %d and prevention %v, want 42, 30 and expire-maker", c.Price, c.Qty, c.STP)
	}
	for i, s := range p.Setup {
		if s.Time != 7 {
			t.Errorf("setup command %d has time %d, want that of the first row, 7", i+1, s.Time)
		}
	}
	spec := p.Setup[2].Spec
	if spec.Name.String() != "X" || spec.Maker != 0 || spec.Taker != 5 {
		t.Errorf("symbol %v with rates %d and %d, want X, 0 and 5", spec.Name, spec.Maker, spec.Taker)
	}
}

func TestPlanRefuses(t *testing.T) {
	const good = "0,limit,a,buy,10.5,3,GTC,\n"
	for _, c := range []struct {
		rows   string
		config flow.Config
		want   string
	}{
		{good, flow.Config{Tick: "0.2"}, "line 2, price: no whole number of ticks up to 2^53-1"},
		{good, flow.Config{Lot: "2"}, "line 2, quantity: no whole number of lots up to 2^53-1"},
		{good + "0,reduce,a,,,1,,\n", flow.Config{Lot: "3"}, "line 3, quantity: no whole number of lots"},
		{good + "0,limit,a,buy,9007199254740992,1,GTC,\n", flow.Config{}, "line 3, price: no whole number of ticks up to 2^53-1"},
		{good + "0,limit,a,buy,1,9007199254740992,GTC,\n", flow.Config{}, "line 3, quantity: no whole number of lots up to 2^53-1"},
		{good + "0,limit,a,buy,1,9000000000000000,GTC,\n", flow.Config{Tick: "0.0000000000000000001"}, `tick: decimal "0.0000000000000000001": too many decimals`},
		{good, flow.Config{Tick: "0"}, "tick: not positive"},
		{good, flow.Config{Lot: "x"}, `lot: decimal "x": not of the form digits[.digits]`},
		{good, flow.Config{Tick: "99999999999999999999"}, `tick: "99999999999999999999": too large`},
		{good, flow.Config{Tick: "0.0000000001", Lot: "0.000000001"}, "tick and lot have more than 18 decimals together"},
		{good, flow.Config{Accounts: -1}, "accounts: -1 is not in 1..16777215"},
		{good, flow.Config{Accounts: msg.MaxAccounts}, "accounts: 16777216 is not in 1..16777215"},
		{good, flow.Config{Maker: -2}, "fee rate: -2 is not in 0..100000000"},
		{good, flow.Config{Taker: msg.RateUnit + 1}, "fee rate: 100000001 is not in 0..100000000"},
		{good, flow.Config{Symbol: "A/B"}, `symbol: name "A/B": a name has 1 to 36 characters of A-Z a-z 0-9 - _`},
		{
			strings.Repeat("0,limit,a,buy,1000000000,4000000000,GTC,\n", 3),
			flow.Config{},
			"what the orders cost in total does not fit into 63 bits; try a coarser tick or lot, or no accounting",
		},
		{
			"0,limit,a,sell,9000000000000000,9000000000000000,GTC,\n",
			flow.Config{Accounting: msg.NoAccounting},
			"what the orders cost in total does not fit into 63 bits; try a coarser tick or lot, or no accounting",
		},
		{
			strings.Repeat("0,limit,a,sell,1,9000000000000000,GTC,\n", 1100),
			flow.Config{Accounting: msg.NoAccounting},
			"the quantities of all orders do not fit into 63 bits; try a coarser lot",
		},
	} {
		_, err := mustRead(t, header+c.rows).Plan(c.config)
		if err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v\nwant %s", c.config, err, c.want)
		}
	}
}

// The setup must be taken by an engine, leave all filters open, and give every
// account enough for all of its orders, while no asset exceeds what it can hold.
// The orders here use up everything that their accounts need them to have.
func TestPlanFunds(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		config     flow.Config
	}{
		{"no rows", "", flow.Config{}},
		{"small numbers", "0,limit,a,buy,10.5,3,GTC,\n0,limit,b,sell,11,0.25,GTC,\n", flow.Config{}},
		{"one account", "0,limit,a,buy,10.5,3,GTC,\n0,limit,b,sell,11,0.25,GTC,\n", flow.Config{Accounts: 1}},
		{"one buy takes all the money", "0,limit,a,buy,3000000000,3000000000,GTC,\n", flow.Config{}},
		{"one sell takes all the stock", "0,limit,a,sell,1,9000000000000000,GTC,\n", flow.Config{}},
		{"a sell worth more than all buys", "0,limit,a,sell,3000000000,3000000000,GTC,\n0,limit,b,buy,1,1,GTC,\n", flow.Config{}},
		{"the largest price and quantity", "0,limit,a,buy,9007199254740991,1,GTC,\n0,limit,b,sell,1,9007199254740991,GTC,\n", flow.Config{}},
		{"many decimals", "0,limit,a,buy,0.000000001,0.000000001,GTC,\n0,limit,b,sell,1,1,GTC,\n", flow.Config{}},
		{"replaces", "0,limit,a,buy,3,1000,GTC,\n0,replace,a,,2,1500,,\n0,replace,a,,1,3000,,\n", flow.Config{}},
		{"odd tick and lot", "0,limit,a,buy,0.75,75,GTC,\n0,limit,b,sell,1,25,GTC,\n", flow.Config{Tick: "0.25", Lot: "25"}},
		{"more accounts than orders", "0,limit,a,buy,3000000000,3000000000,GTC,\n", flow.Config{Accounts: 100_000}},
		{"no accounting", "0,limit,a,buy,3,1000,GTC,\n0,limit,b,sell,4,1000,GTC,\n", flow.Config{Accounting: msg.NoAccounting}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, mustRead(t, header+c.rows), c.config, nil, false)
			got := r.all()
			if got.FirstMismatch != nil || got.Rejects != 0 {
				t.Errorf("%d refused commands, first mismatch %v", got.Rejects, got.FirstMismatch)
			}
			if c.config.Accounting == msg.NoAccounting {
				if n := r.engine.Accounts(); n != 1 {
					t.Errorf("%d accounts, want only that for fees", n)
				}
				return
			}
			if n := r.engine.Accounts(); n != r.plan.Config.Accounts+1 {
				t.Errorf("%d accounts, want %d and that for fees", n, r.plan.Config.Accounts)
			}
			for id := msg.AssetID(1); id <= 2; id++ {
				name, _, total := r.engine.Asset(id)
				if total < msg.MaxAmount-msg.Amount(r.plan.Config.Accounts) {
					t.Errorf("%v has a total of %d, want next to all that fits", name, total)
				}
			}
		})
	}
}

// Refused commands change nothing and are as many as the flow has in error.
func TestPlanRefusedByEngine(t *testing.T) {
	r := newRun(t, mustRead(t, header+
		"1,cancel,nobody,,,,,\n"+ // refused
		"1,reduce,nobody,,,1,,\n"+ // refused
		"1,replace,nobody,,10,1,,\n"+ // refused
		"1,cancel,nobody,,,,,\n"+ // refused: the replace placed nothing
		"1,limit,a,buy,10,5,GTC,\n"+
		"1,limit,b,sell,10,5,IOC,\n"+
		"1,replace,a,,9,5,,\n"+ // refused: a is filled
		"1,reduce,a,,,1,,\n"+ // refused: the replace placed nothing
		"1,cancel,a,,,,,\n"+ // refused
		"1,cancel,b,,,,,\n"+ // refused: b never rested
		"1,limit,a,buy,10,5,GTC,\n"+
		"1,cancel,a,,,,,\n",
	), flow.Config{}, nil, false)
	got := r.all()
	if got.Rejects != 8 || r.engine.OpenOrders() != 0 {
		t.Errorf("%d refused commands and %d open orders, want 8 and 0", got.Rejects, r.engine.OpenOrders())
	}
}
