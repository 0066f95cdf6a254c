package condition

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// fair is a small market that is told command by command.
type fair struct {
	t      *testing.T
	engine *engine.Engine
	events []msg.Event
	last   msg.Command
}

func nameOf(s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

// newMarket has BTCUSDT with a tick of 0.01 and a lot of 0.001, and two accounts.
func newMarket(t *testing.T) *fair {
	m := &fair{t: t, engine: engine.New(engine.Capacity{})}
	spec := &msg.Symbol{Name: nameOf("BTCUSDT"), Base: 1, Quote: 2, Tick: 1_000_000, Lot: 100_000}
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: nameOf("BTC"), Scale: 8},
		{Kind: msg.AddAsset, Name: nameOf("USDT"), Scale: 8},
		{Kind: msg.AddSymbol, Spec: spec},
		{Kind: msg.CreateAccount},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 5_00000000, Transfer: 1},
		{Kind: msg.Credit, Account: 2, Asset: 2, Amount: 100_000_00000000, Transfer: 1},
	} {
		m.do(c)
	}
	return m
}

const noon = 12 * 60 * 60 * 1_000_000_000

// do executes a command, a second after the one before, from 11:59:50 on.
func (m *fair) do(c msg.Command) {
	c.Seq, c.Time = m.engine.Seq()+1, noon-10_000_000_000+int64(m.engine.Seq())*1_000_000_000
	m.last = c
	m.events = m.engine.Execute(&m.last, nil)
}

func (m *fair) moment() *Moment {
	return &Moment{Engine: m.engine, Command: &m.last, Events: m.events}
}

// story are the commands that the conditions of TestHolds are asked about, from 8 on.
func story() []msg.Command {
	place := func(account msg.AccountID, side msg.Side, price msg.Price, qty msg.Qty) msg.Command {
		return msg.Command{Kind: msg.Place, Account: account, Symbol: 1, Side: side, Price: price, Qty: qty}
	}
	return []msg.Command{
		place(1, msg.Sell, 60_000_00, 500), // 8, 11:59:57: 0.5 at 60,000
		place(1, msg.Sell, 60_000_00, 250),
		place(1, msg.Sell, 60_010_50, 1000), // 10, 11:59:59
		place(2, msg.Buy, 59_990_00, 100),
		place(2, msg.Buy, 60_000_00, 500), // 12 takes order 8
		{Kind: msg.Cancel, Account: 1, Symbol: 1, Order: 9},
		{Kind: msg.Cancel, Account: 1, Symbol: 1, Order: 9}, // 14 is refused
		place(2, msg.Buy, 60_010_50, 1000),                  // 15 takes order 10, the last ask; costs 60,010.5
		{Kind: msg.SetPhase, Symbol: 1, Phase: msg.Halt},
	}
}

// TestHolds says after which commands of the story each condition holds.
func TestHolds(t *testing.T) {
	for text, want := range map[string]string{
		"best_ask(BTCUSDT) > 60000":                   "13 14",
		"best_ask(BTCUSDT) >= 60000":                  "8 9 10 11 12 13 14",
		"best_ask(BTCUSDT) = 60010.500":               "13 14",
		"best_ask(BTCUSDT) empties":                   "13 15",
		"best_ask(BTCUSDT) empty":                     "15 16",
		"best_ask(BTCUSDT) rises":                     "13",
		"best_ask(BTCUSDT) changes":                   "8 13 15",
		"becomes best_ask(BTCUSDT) > 60000":           "13",
		"becomes best_ask(BTCUSDT) empty":             "15",
		"best_bid(BTCUSDT) < 60000":                   "11 12 13 14 15 16",
		"60000 > best_bid(BTCUSDT)":                   "11 12 13 14 15 16",
		"best_bid(BTCUSDT) < best_ask(BTCUSDT)":       "11 12 13 14",
		"best_bid(BTCUSDT) != 1":                      "11 12 13 14 15 16",
		"spread(BTCUSDT) = 10":                        "11 12",
		"spread(BTCUSDT) rises":                       "13",
		"asks(BTCUSDT) = 2":                           "10 11 12",
		"asks(BTCUSDT) falls":                         "13 15",
		"asks(BTCUSDT) empties":                       "15",
		"bids(BTCUSDT) = 0":                           "8 9 10",
		"ask_qty(BTCUSDT) = 0.75":                     "9 10 11",
		"ask_qty(BTCUSDT) falls":                      "12 15",
		"level(BTCUSDT, ask, 60000) = 0.25":           "12",
		"level(BTCUSDT, ask, 60000.00) empties":       "13",
		"depth(BTCUSDT, ask, 60010.5) > 1.5":          "10 11",
		"depth(BTCUSDT, bid, 59000) = 0.1":            "11 12 13 14 15 16",
		"depth(BTCUSDT, bid, 59990.01) > 0":           "",
		"last(BTCUSDT) = 60000":                       "12 13 14",
		"last(BTCUSDT) empty":                         "8 9 10 11",
		"orders = 3":                                  "10 12",
		"orders = 4":                                  "11",
		"order 9 changes":                             "9 13",
		"order 8 changes":                             "8 12",
		"order 8 trades":                              "12",
		"order 12 trades":                             "12",
		"order 12 ends":                               "12",
		"order 8 ends":                                "12",
		"order 11 rests":                              "11 12 13 14 15 16",
		"order 9 open < 1":                            "9 10 11 12",
		"order 8 open empties":                        "12",
		"account 2 free(USDT) < 10000":                "15 16",
		"account 2 free(USDT) < 0":                    "",
		"account 1 locked(BTC) > 1.5":                 "10 11",
		"account 2 locked(USDT) changes":              "11",
		"account 2 acts":                              "11 12 15",
		"account 0 free(BTC) > 0":                     "",
		"trade":                                       "12 15",
		"trade qty > 0.5":                             "15",
		"trade qty >= 0.5":                            "12 15",
		"trade price < 60000.01":                      "12",
		"reject":                                      "14",
		"reject unknown-order":                        "14",
		"reject insufficient-balance":                 "",
		"event canceled":                              "13",
		"event traded and account 2 acts":             "12 15",
		"command cancel":                              "13 14",
		"command place and not trade":                 "8 9 10 11",
		"symbol BTCUSDT and command set-phase":        "16",
		"phase(BTCUSDT) halt":                         "16",
		"becomes phase(BTCUSDT) halt":                 "16",
		"time >= 12:00 and best_ask(BTCUSDT) empties": "13 15",
		"time < 12:00":                                "8 9 10",
		"time = 12:00:01":                             "12",
		"time >= 1970-01-01T12:00:05Z":                "16",
		"time <= @43197000000000":                     "8",
		"time >= 1970-01-01T13:00:02+01:00":           "13 14 15 16",
		"seq = 9 or seq = 11":                         "9 11",
		"seq = 9 or seq = 11 and trade":               "9",
		"(seq = 9 or seq = 12) and trade":             "12",
		"not seq < 16":                                "16",
		"not not trade":                               "12 15",
		"seq changes":                                 "8 9 10 11 12 13 14 15 16",
		"best_ask(NONE) < 5 or best_bid(NONE) > 0":    "",
		"best_ask(NONE) empty and seq=8":              "8",
		"account 77 free(USDT) >= 0":                  "",
		"account 1 free(NONE) >= 0":                   "",
		"order 999 open changes":                      "",
		"5<6 and seq=8":                               "8",
		"0.1 = 0.100 and seq = 8":                     "8",
		"-1 < 0 and seq = 8":                          "8",
	} {
		c, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		m := newMarket(t)
		c.Start(m.moment())
		var held []string
		for _, command := range story() {
			m.do(command)
			if c.Holds(m.moment()) {
				held = append(held, fmt.Sprint(m.engine.Seq()))
			}
		}
		if got := strings.Join(held, " "); got != want {
			t.Errorf("%s: holds after %q, want %q", text, got, want)
		}
		if c.String() != text {
			t.Errorf("%q is told as %q", text, c.String())
		}
	}
}

// TestErrors says what is told about conditions that are none, and where.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "condition, at its end: here a value or a condition is needed",
		"   ":                                 "condition, at its end: here a value",
		"best_bid(":                           "condition, at its end: here the name of a symbol is needed",
		"best_bid(BTCUSDT":                    "condition, at its end: here ) is needed",
		"best_bid(BTCUSDT)":                   "condition, at its end: here one of < <= = != >= > is needed, or changes",
		"best_bid(BTCUSDT) < ":                "condition, at its end: here a value",
		"best_bid(BTCUSDT) < x":               `condition, character 21, at "x": here a value`,
		"best_bid(BTCUSDT) ~ 5":               `condition, character 19, at "~ 5": nothing begins so`,
		"best_bid BTCUSDT < 5":                `condition, character 10, at "BTCUSDT < 5": here ( is needed`,
		"best_bid(BTCUSDT) < 1.2.3":           `at "1.2.3": here a decimal is needed`,
		"trade qty > 99999999999999999999":    `the decimal is too large`,
		"trade qty > 0.0000000000000000001":   `here a decimal is needed`,
		"trade qty":                           "at its end: here one of < <= = != >= > is needed",
		"trade of":                            `character 7, at "of": this is one too many; conditions are joined by and, or`,
		"trade trade":                         `character 7, at "trade": this is one too many`,
		"order x changes":                     `character 7, at "x changes": here the number of an order is needed`,
		"order 0 changes":                     "here the number of an order is needed",
		"order 5":                             "at its end: here one of changes, trades, rests, ends, open is needed",
		"order 5 jumps":                       `at "jumps": here one of changes`,
		"account 7":                           "here one of free(ASSET), locked(ASSET), acts is needed",
		"account 99999999 acts":               "here the number of an account is needed",
		"account 7 free USDT":                 `at "USDT": here ( is needed`,
		"event flies":                         `at "flies": here a kind of event is needed: accepted, rejected, traded`,
		"command fly":                         `here a kind of command is needed: place, cancel`,
		"phase(BTCUSDT) night":                "here a phase is needed: trading, auction, halt, cancel-only",
		"reject nonsense":                     `at "nonsense": this is no reason of a refusal`,
		"level(BTCUSDT, up, 5) = 1":           "here a side is needed: bid, ask",
		"level(BTCUSDT) = 1":                  "here , is needed",
		"time > noon":                         `at "noon": here a time is needed: 12:00, 2026-01-31T09:30:00Z or @NANOSECONDS`,
		"time > 25:00":                        "here a time is needed",
		"time > @x":                           "here a time is needed",
		"time > 3000-01-01T00:00:00Z":         "here a time is needed",
		"time 12:00":                          `at "12:00": here one of < <= = != >= > is needed`,
		"(trade":                              "at its end: here ) is needed",
		"trade)":                              `at ")": this is one too many`,
		"trade and":                           "at its end: here a value or a condition",
		"becomes trade":                       "becomes needs a condition about the state",
		"becomes best_bid(BTCUSDT) rises":     "becomes needs a condition about the state",
		"becomes becomes seq > 1":             "becomes needs a condition about the state",
		"symbol a.b":                          "here the name of a symbol is needed",
		strings.Repeat("(", 200) + "trade":    "it is nested deeper than 100",
		strings.Repeat("not ", 200) + "trade": "it is nested deeper than 100",
	} {
		c, err := Parse(text)
		if of := (*Error)(nil); !errors.As(err, &of) || !strings.Contains(err.Error(), want) || c != nil {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// TestCheck finds names that nothing has.
func TestCheck(t *testing.T) {
	e := newMarket(t).engine
	for text, want := range map[string]string{
		"best_bid(BTCUSDT) > 1 and account 1 free(BTC) > 0": "",
		"trade and best_bid(BTCUSTD) > 1":                   `condition, character 20, at "BTCUSTD) > 1": there is no symbol BTCUSTD`,
		"becomes level(X, bid, 1) > 0":                      "there is no symbol X",
		"account 1 locked(BTX) > 0":                         "there is no asset BTX",
		"symbol Y or phase(Z) halt":                         "there is no symbol Y",
	} {
		c, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check(e)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestExpressions tells values and conditions after command 13 of the story.
func TestExpressions(t *testing.T) {
	m := newMarket(t)
	for _, c := range story()[:6] {
		m.do(c)
	}
	for text, want := range map[string]string{
		"best_ask(BTCUSDT)":         "60010.5",
		"best_bid(BTCUSDT)":         "59990",
		"spread(BTCUSDT)":           "20.5",
		"order 9 open":              "none",
		"order 10 open":             "1",
		"account 2 free(USDT)":      "64001",
		"account 2 locked(USDT)":    "5999",
		"orders":                    "2",
		"seq":                       "13",
		"-0.50":                     "-0.5",
		"event canceled":            "true",
		"trade":                     "false",
		"best_ask(BTCUSDT) > 60000": "true",
	} {
		x, err := ParseExpression(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := x.Tell(m.moment()); got != want || x.String() != text || x.Check(m.engine) != nil {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"best_ask(BTCUSDT) rises": "this one compares two",
		"best_ask(BTCUSDT) 5":     "here one of",
		"nothing":                 "here a value or a condition",
	} {
		if _, err := ParseExpression(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestCompareLarge compares numbers whose units do not fit into 63 bits.
func TestCompareLarge(t *testing.T) {
	large := number{true, 1<<53 - 1, 1 << 40, 18}
	for _, c := range []struct {
		a, b number
		want int
	}{
		{large, number{true, 1<<53 - 1, 1 << 40, 18}, 0},
		{large, number{true, 9903520314283041, 1, 6}, 1},
		{large, number{true, 9903520314283042, 1, 6}, -1},
		{large, number{true, 9_903_520_314, 1, 0}, 1},
		{large, number{true, 9_903_520_315, 1, 0}, -1},
		{number{true, -5, 3, 2}, number{true, -15, 1, 2}, 0},
		{number{true, -5, 3, 2}, number{true, -14, 1, 2}, -1},
	} {
		if got, back := c.a.compare(c.b), c.b.compare(c.a); got != c.want || back != -c.want {
			t.Errorf("%+v with %+v: %d and back %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
	if got, want := large.text(), "9903520314.283041099681366016"; got != want {
		t.Errorf("it is told as %s, want %s", got, want)
	}
}

// FuzzParse holds that nothing that is typed makes the parser panic, and that what is
// read is told again as it was.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"time >= 12:00 and best_ask(FLOWUSD) empties", "becomes (order 5 open < 3 or not phase(X) halt)", "level(A,bid,1)=2", "reject would-take",
		"account 7 free(USDT) < -0.5", "trade price != @1",
	} {
		f.Add(text)
	}
	e := engine.New(engine.Capacity{})
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if of := (*Error)(nil); err != nil && (!errors.As(err, &of) || of.At > len(of.Text)) {
			t.Fatalf("%q: %v", text, err)
		}
		if err == nil {
			if c.String() != strings.TrimSpace(text) {
				t.Fatalf("%q is told as %q", text, c)
			}
			c.Start(&Moment{Engine: e})
			c.Holds(&Moment{Engine: e})
		}
		if x, err := ParseExpression(text); err == nil {
			x.Tell(&Moment{Engine: e})
		}
	})
}
