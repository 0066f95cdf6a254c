package marketview_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// volumeProfile is what was traded at each price in each hour.
type volumeProfile struct {
	*marketview.Views
	lots map[string]msg.Qty
}

func (p *volumeProfile) Sections() []pipeline.Section { return nil } // no snapshot has it

func (p *volumeProfile) Apply(c *msg.Command, events []msg.Event) {
	p.Views.Apply(c, events)
	for _, f := range p.Resolved().Fills {
		hour := time.Unix(0, c.Time).UTC().Format("2006-01-02 15h")
		p.lots[fmt.Sprintf("%s symbol %d at %6d ticks", hour, f.Symbol, f.Price)] += f.Qty
	}
}

func volumeProfileOf(dir string) (map[string]msg.Qty, error) {
	p := &volumeProfile{marketview.New(marketview.Limits{}), make(map[string]msg.Qty)}
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Genesis: true, Views: func() pipeline.Views { return p }})
	if err != nil {
		return nil, fmt.Errorf("open the past: %w", err)
	}
	return p.lots, errors.Join(past.FoldTo(0), past.Close())
}

// A view of one's own, folded over the whole past of a data directory.
func Example_volumeProfile() {
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	p, err := pipeline.Start(pipeline.Options{Dir: dir, Clock: func() int64 { return 0 }})
	if err != nil {
		panic(err)
	}
	const hour = int64(time.Hour)
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: name("BTC"), Scale: 8},
		{Kind: msg.AddAsset, Name: name("USD"), Scale: 4},
		{Kind: msg.AddSymbol, Spec: spec("BTCUSD", msg.NoAccounting)},
		{Kind: msg.Place, Account: bob, Symbol: market, Side: msg.Sell, Price: 30, Qty: 10},
		{Kind: msg.Place, Account: ann, Symbol: market, Side: msg.Buy, Price: 30, Qty: 4, Time: 9 * hour},
		{Kind: msg.Place, Account: ann, Symbol: market, Side: msg.Buy, Price: 30, Qty: 3, Time: 9*hour + 1},
		{Kind: msg.Place, Account: bob, Symbol: market, Side: msg.Sell, Price: 31, Qty: 5, Time: 10 * hour},
		{Kind: msg.Place, Account: ann, Symbol: market, Side: msg.Buy, Price: 31, Qty: 5, Time: 10 * hour},
	} {
		var r pipeline.Result
		if err := p.Do(context.Background(), &c, &r); err != nil {
			panic(err)
		}
	}
	if err := p.Stop(); err != nil {
		panic(err)
	}
	lots, err := volumeProfileOf(dir)
	if err != nil {
		panic(err)
	}
	for _, line := range slices.Sorted(maps.Keys(lots)) {
		fmt.Println(line, lots[line])
	}
	// Output:
	// 1970-01-01 09h symbol 1 at     30 ticks 7
	// 1970-01-01 10h symbol 1 at     30 ticks 3
	// 1970-01-01 10h symbol 1 at     31 ticks 2
}
