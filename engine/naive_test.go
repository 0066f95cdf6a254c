package engine_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/enginetest/judged"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestAgainstNaive compares the engine with the naive exchange over random
// streams: 1,000,000 commands, or 100,000,000 with EXCHANGE_LONG=1.
func TestAgainstNaive(t *testing.T) {
	commands, length := 1_000_000, 5_000
	if os.Getenv("EXCHANGE_LONG") != "" {
		commands, length = 100_000_000, 20_000
	}
	seeds, parts := uint64(commands/length), uint64(runtime.GOMAXPROCS(0))
	for part := range parts {
		t.Run(fmt.Sprint("part", part), func(t *testing.T) {
			t.Parallel()
			for seed := part; seed < seeds; seed += parts {
				if err := enginetest.Run(seed, length, judged.New); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestManyAssets reaches the limit of assets, which no random stream does.
func TestManyAssets(t *testing.T) {
	commands := make([]msg.Command, msg.MaxAssets+3)
	for i := range commands {
		commands[i] = msg.Command{Seq: msg.Seq(i + 1), Kind: msg.AddAsset}
		copy(commands[i].Name[:], fmt.Sprint("A", i))
	}
	if err := enginetest.Compare(commands, judged.New); err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Capacity{})
	var events []msg.Event
	for i := range commands {
		events = e.Execute(&commands[i], events[:0])
	}
	if want := (msg.Event{Kind: msg.Rejected, Reason: msg.TooMany}); events[0] != want {
		t.Errorf("got %+v, want %+v", events[0], want)
	}
}

// TestFiveThousandFills lets one order sweep 5,000 makers, at one price and
// over as many prices.
func TestFiveThousandFills(t *testing.T) {
	const makers = 5000
	for _, prices := range []int{1, makers} {
		commands := []msg.Command{
			{Kind: msg.AddAsset, Name: named("B")},
			{Kind: msg.AddAsset, Name: named("Q")},
			{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Maker: 100_000, Taker: 200_000}},
			{Kind: msg.CreateAccount},
			{Kind: msg.CreateAccount},
			{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1 << 40, Transfer: 1},
			{Kind: msg.Credit, Account: 2, Asset: 2, Amount: 1 << 40, Transfer: 1},
		}
		for i := range makers {
			commands = append(commands, msg.Command{
				Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: msg.Price(1000 + i%prices), Qty: msg.Qty(1 + i%7),
			})
		}
		commands = append(commands, msg.Command{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Buy, Price: 1000 + makers, Qty: 4 * makers})
		for i := range commands {
			commands[i].Seq = msg.Seq(i + 1)
		}
		if err := enginetest.Compare(commands, judged.New); err != nil {
			t.Fatal(err)
		}
		e := engine.New(engine.Capacity{})
		var events []msg.Event
		for i := range commands {
			events = e.Execute(&commands[i], events[:0])
		}
		if got := len(events); got != makers+1 {
			t.Errorf("%d prices: %d events, want %d: accepted and the trades", prices, got, makers+1)
		}
	}
}

// TestAmendsDoNotWrap amends an order more often than its counter holds.
func TestAmendsDoNotWrap(t *testing.T) {
	const amends = 1<<16 + 2
	spec := msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
	limited := spec
	limited.Filters.MaxAmends = 3
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: named("B")},
		{Kind: msg.AddAsset, Name: named("Q")},
		{Kind: msg.AddSymbol, Spec: &spec},
		{Kind: msg.Place, Account: 1, Symbol: 1, Price: 1, Qty: 2 * amends},
	}
	for i := range amends {
		commands = append(commands, msg.Command{Kind: msg.Amend, Account: 1, Symbol: 1, Order: 4, Qty: msg.Qty(2*amends - 1 - i)})
	}
	commands = append(commands, msg.Command{Kind: msg.AlterSymbol, Symbol: 1, Spec: &limited},
		msg.Command{Kind: msg.Amend, Account: 1, Symbol: 1, Order: 4, Qty: 1})
	for i := range commands {
		commands[i].Seq = msg.Seq(i + 1)
	}
	if err := enginetest.Compare(commands, judged.New); err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Capacity{})
	var events []msg.Event
	for i := range commands {
		events = e.Execute(&commands[i], events[:0])
	}
	if want := (msg.Event{Kind: msg.Rejected, Reason: msg.MaxNumOrderAmends}); events[0] != want {
		t.Errorf("got %+v, want %+v", events[0], want)
	}
}

// TestAccountNumbersEnd uses, without accounting, the highest number that an
// account can have, and the one above it.
func TestAccountNumbersEnd(t *testing.T) {
	spec := msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: named("B")},
		{Kind: msg.AddAsset, Name: named("Q")},
		{Kind: msg.AddSymbol, Spec: &spec},
	}
	for _, a := range []msg.AccountID{msg.MaxAccounts, msg.MaxAccounts + 1} {
		commands = append(commands,
			msg.Command{Kind: msg.Place, Account: a, Symbol: 1, Price: 1, Qty: 2, Name: named("x")},
			msg.Command{Kind: msg.Amend, Account: a, Symbol: 1, OrigName: named("x"), Qty: 1},
			msg.Command{Kind: msg.CancelReplace, Account: a, Symbol: 1, OrigName: named("x"), Price: 1, Qty: 2, Name: named("x")},
			msg.Command{Kind: msg.Cancel, Account: a, Symbol: 1, OrigName: named("x")},
			msg.Command{Kind: msg.CancelAll, Account: a, Symbol: 1})
	}
	for i := range commands {
		commands[i].Seq = msg.Seq(i + 1)
	}
	if err := enginetest.Compare(commands, judged.New); err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Capacity{})
	for i := range commands {
		got := e.Execute(&commands[i], nil)[0].Reason
		if want := commands[i].Account > msg.MaxAccounts; want != (got == msg.UnknownAccount) {
			t.Errorf("%v of account %d: %v", commands[i].Kind, commands[i].Account, got)
		}
	}
}

// TestAverageOfALargeMinute trades so much in a minute that the sums are halved
// while Σ price × qty has more than 64 bits, and asks for the average by way of
// the smallest notional that a market order may have.
func TestAverageOfALargeMinute(t *testing.T) {
	const price = 800
	spec := msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Accounting: msg.NoAccounting}
	spec.Filters = msg.Filters{AvgMins: 1, MinNotional: price, MinToMarket: true}
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: named("B")},
		{Kind: msg.AddAsset, Name: named("Q")},
		{Kind: msg.AddSymbol, Spec: &spec},
	}
	both := func(p msg.Price, q msg.Qty) {
		commands = append(commands, msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: p, Qty: q},
			msg.Command{Kind: msg.Place, Account: 2, Symbol: 1, Price: p, Qty: q})
	}
	for range 9 {
		both(price, msg.MaxQty)
	}
	commands = append(commands, msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: price, Qty: 5},
		msg.Command{Kind: msg.Place, Type: msg.Market, Account: 2, Symbol: 1, Qty: 1})
	for i := range commands {
		commands[i].Seq = msg.Seq(i + 1)
	}
	if err := enginetest.Compare(commands, judged.New); err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Capacity{})
	var events []msg.Event
	for i := range commands {
		events = e.Execute(&commands[i], events[:0])
	}
	if events[0].Kind != msg.Accepted {
		t.Errorf("the average is below the only price: %+v", events[0])
	}
}

func named(s string) msg.Name {
	n, err := msg.ParseName(s)
	if err != nil {
		panic(err)
	}
	return n
}

// TestReplayEqualsExecution is the first law: after every command, the state
// after execution, the state after folding the events, and the state after
// restoring an image and folding the rest have one digest and one image.
func TestReplayEqualsExecution(t *testing.T) {
	for seed := range uint64(40) {
		commands, events, digests := record(t, seed, 250)
		folded := engine.New(engine.Capacity{})
		for i := range commands {
			// From here on: a copy of the state, and the rest of the stream.
			image := folded.AppendState(nil)
			restored, err := engine.Restore(image, engine.Capacity{})
			if err != nil {
				t.Fatalf("seed %d: restore after command %d: %v", seed, i, err)
			}
			if got, want := restored.Digest(), folded.Digest(); got != want {
				t.Fatalf("seed %d: restored digest %x after command %d, want %x", seed, got, i, want)
			}
			if i%2 == 0 {
				foldTail(t, restored, commands[i:], events[i:], digests[i:])
			} else {
				executeTail(t, restored, commands[i:], events[i:], digests[i:])
			}
			folded.Apply(&commands[i], events[i])
			if got := folded.Digest(); got != digests[i] {
				t.Fatalf("seed %d: folded digest %x after command %d, executed %x:\n%+v", seed, got, i+1, digests[i], commands[i])
			}
			if err := folded.Check(); err != nil {
				t.Fatalf("seed %d: folded state after command %d: %v", seed, i+1, err)
			}
		}
	}
}

// TestRestoreChain executes each command of longer streams on an engine that
// was restored from the image before it: nothing may live outside the image.
func TestRestoreChain(t *testing.T) {
	for seed := uint64(100); seed < 120; seed++ {
		commands, events, digests := record(t, seed, 1500)
		e := engine.New(engine.Capacity{})
		for i := range commands {
			if i%3 == 0 {
				var err error
				if e, err = engine.Restore(e.AppendState(nil), engine.Capacity{}); err != nil {
					t.Fatalf("seed %d: restore after command %d: %v", seed, i, err)
				}
			}
			executeTail(t, e, commands[i:i+1], events[i:i+1], digests[i:i+1])
		}
	}
}

// record executes a stream and returns it with the events and the digest of
// each command.
func record(t *testing.T, seed uint64, n int) (commands []msg.Command, events [][]msg.Event, digests []uint64) {
	t.Helper()
	naive, e := enginetest.NewNaive(), engine.New(engine.Capacity{})
	stream := enginetest.NewStream(seed, naive)
	for range n {
		c := stream.Next()
		naive.Execute(&c)
		before := e.Digest()
		v := e.Execute(&c, nil)
		if err := e.Check(); err != nil {
			t.Fatalf("seed %d command %d: %v", seed, c.Seq, err)
		}
		if v[0].Kind == msg.Rejected && e.Digest() != before {
			t.Fatalf("seed %d command %d was refused (%v) and changed the digest", seed, c.Seq, v[0].Reason)
		}
		commands, events, digests = append(commands, c), append(events, v), append(digests, e.Digest())
	}
	return commands, events, digests
}

func foldTail(t *testing.T, e *engine.Engine, commands []msg.Command, events [][]msg.Event, digests []uint64) {
	t.Helper()
	for i := range commands {
		e.Apply(&commands[i], events[i])
		if e.Digest() != digests[i] {
			t.Fatalf("digest %x after folding command %d, want %x:\n%+v", e.Digest(), commands[i].Seq, digests[i], commands[i])
		}
	}
}

func executeTail(t *testing.T, e *engine.Engine, commands []msg.Command, events [][]msg.Event, digests []uint64) {
	t.Helper()
	for i := range commands {
		got := e.Execute(&commands[i], nil)
		if text := fmt.Sprint(got); text != fmt.Sprint(events[i]) {
			t.Fatalf("command %d gives %s, want %v", commands[i].Seq, strings.TrimSpace(text), events[i])
		}
		if e.Digest() != digests[i] {
			t.Fatalf("digest %x after command %d, want %x:\n%+v", e.Digest(), commands[i].Seq, digests[i], commands[i])
		}
	}
}

// TestDigestSees executes two streams that differ in one command, in one field,
// and expects two digests. Ids, counters and transfers agree, so that it is the
// field itself that must be seen.
func TestDigestSees(t *testing.T) {
	const minute = 60_000_000_000
	base := func() []msg.Command {
		return []msg.Command{
			{Kind: msg.AddAsset, Name: named("B"), Scale: 0},
			{Kind: msg.AddAsset, Name: named("Q"), Scale: 2},
			{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: named("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Filters: msg.Filters{AvgMins: 5}}},
			{Kind: msg.CreateAccount},
			{Kind: msg.CreateAccount},
			{Kind: msg.CreateAccount},
			{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1000, Transfer: 1},
			{Kind: msg.Credit, Account: 2, Asset: 2, Amount: 100_000, Transfer: 1},
			{Kind: msg.Credit, Account: 1, Asset: 2, Amount: 1000, Transfer: 2},
			{Kind: msg.Credit, Account: 3, Asset: 2, Amount: 1000, Transfer: 1},
			{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 100, Qty: 4},
			{Kind: msg.Place, Account: 3, Symbol: 1, Side: msg.Buy, Price: 100, Qty: 4, Time: minute},
			{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Buy, Price: 90, Qty: 4, Name: named("n"), Time: minute},
			{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Buy, Price: 90, Qty: 7, Time: minute},
			{Kind: msg.Amend, Account: 2, Symbol: 1, Order: 14, Qty: 6, Time: minute},
			{Kind: msg.SetStatus, Account: 2, Status: msg.Normal, Time: minute},
			{Kind: msg.SetFees, Account: 2, Maker: 10, Taker: 20, Time: minute},
			{Kind: msg.SetPhase, Symbol: 1, Phase: msg.Halt, Time: minute},
			{Kind: msg.Credit, Account: 0, Asset: 1, Amount: 5, Transfer: 1, Time: minute},
		}
	}
	want := digestOf(base())
	if digestOf(base()) != want {
		t.Fatal("the digest of one stream is not one")
	}
	for name, vary := range map[string]func(c []msg.Command){
		"asset name":      func(c []msg.Command) { c[0].Name = named("C") },
		"asset scale":     func(c []msg.Command) { c[1].Scale = 3 },
		"symbol name":     func(c []msg.Command) { c[2].Spec.Name = named("CQ") },
		"symbol rate":     func(c []msg.Command) { c[2].Spec.Maker = 1 },
		"filter":          func(c []msg.Command) { c[2].Spec.Filters.MaxAmends = 9 },
		"multiplier":      func(c []msg.Command) { c[2].Spec.Filters.AskMultiplierUp = 1 << 40 },
		"position":        func(c []msg.Command) { c[2].Spec.Filters.MaxPosition = 1 << 40 },
		"free":            func(c []msg.Command) { c[8].Amount = 1001 },
		"who paid":        func(c []msg.Command) { c[11].Account = 1 },
		"asset of credit": func(c []msg.Command) { c[8].Asset = 1 },
		"transfer":        func(c []msg.Command) { c[18].Transfer = 2 },
		"fee account":     func(c []msg.Command) { c[18].Amount = 6 },
		"trade price":     func(c []msg.Command) { c[10].Price = 99 },
		"trade size":      func(c []msg.Command) { c[11].Qty = 5 },
		"trade minute":    func(c []msg.Command) { c[11].Time = 0 },
		"order price":     func(c []msg.Command) { c[12].Price = 89 },
		"order side":      func(c []msg.Command) { c[12].Account, c[12].Side, c[12].Price = 1, msg.Sell, 110 },
		"order name":      func(c []msg.Command) { c[12].Name = named("m") },
		"no name":         func(c []msg.Command) { c[12].Name = msg.Name{} },
		"queue":           func(c []msg.Command) { c[12], c[13] = c[13], c[12]; c[14].Order = 13 },
		"amended to":      func(c []msg.Command) { c[14].Qty = 5 },
		"placed as":       func(c []msg.Command) { c[13].Qty = 8 },
		"not amended":     func(c []msg.Command) { c[13].Qty, c[14].Order = 6, 99 },
		"status":          func(c []msg.Command) { c[15].Status = msg.Disabled },
		"maker rate":      func(c []msg.Command) { c[16].Maker = 11 },
		"taker rate":      func(c []msg.Command) { c[16].Taker = msg.NoRate },
		"phase":           func(c []msg.Command) { c[17].Phase = msg.CancelOnly },
	} {
		commands := base()
		vary(commands)
		if got := digestOf(commands); (got == want) != (name == "placed as") {
			t.Errorf("%s: digest %x, of the base %x", name, got, want)
		}
	}
}

func digestOf(commands []msg.Command) uint64 {
	e := engine.New(engine.Capacity{})
	var events []msg.Event
	for i := range commands {
		commands[i].Seq = msg.Seq(i + 1)
		events = e.Execute(&commands[i], events[:0])
	}
	return e.Digest()
}
