package workload

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The recorded days, by the folders that they are in.
const (
	ShanghaiDay = "sse_600519"  // a stock in Shanghai, with both call auctions
	NASDAQDay   = "nasdaq_goog" // a stock in New York
)

// Day is a recorded day.
type Day struct {
	name string
	flow *flow.Flow
}

// ReadDay reads a recorded day. The error is an fs.ErrNotExist when the recording is
// not on this machine.
func ReadDay(name string) (*Day, error) {
	folder, err := recordings()
	if err != nil {
		return nil, err
	}
	f, err := flow.ReadFile(filepath.Join(folder, name, "orders.csv.zst"), nil)
	if err != nil {
		return nil, fmt.Errorf("read recorded day: %w", err)
	}
	return &Day{name, f}, nil
}

// Load returns the day as commands, over and over. At its end what still rests is
// canceled, best price and oldest first, so that each lap begins with an empty book.
func (d *Day) Load(m Market) (*Load, error) {
	m = m.completed()
	plan, err := d.flow.Plan(flow.Config{Accounts: m.Accounts, Accounting: m.Accounting})
	if err != nil {
		return nil, fmt.Errorf("plan recorded day: %w", err)
	}
	l := &Load{
		Name: d.name, market: m, rows: make([]row, plan.Len()),
		Room: engine.Capacity{Orders: 1 << 16, Accounts: m.Accounts, Balances: 2 * m.Accounts},
	}
	for i := range plan.Setup {
		if c := &plan.Setup[i]; c.Kind == msg.AddAsset || c.Kind == msg.AddSymbol {
			l.listed = append(l.listed, *c)
		}
	}
	if m.Accounting == msg.Balances { // the plan has money for one lap
		if err := cheapen(l.listed); err != nil {
			return nil, fmt.Errorf("list recorded day: %w", err)
		}
		l.accounts = funding{accounts: m.Accounts, assets: 2}
	}
	var c msg.Command
	for i := range l.rows {
		plan.Command(i, &c)
		l.rows[i] = pack(&c, target(c.Order, plan.FirstSeq))
	}
	l.Repeat()
	return l, nil
}

// spareDecimals is how many of the quote asset's decimals are given up, so that what an
// account has lasts for thousands of laps in which it buys or sells more. A plan
// makes as many decimals as the money of one day leaves room for.
const spareDecimals = 4

func cheapen(listed []msg.Command) error {
	unit := msg.Amount(msg.Pow10(spareDecimals))
	var symbol, quote *msg.Command
	for i := range listed {
		if c := &listed[i]; c.Kind == msg.AddSymbol {
			symbol = c
		}
	}
	spec := *symbol.Spec
	quote = &listed[spec.Quote-1]
	if quote.Kind != msg.AddAsset || quote.Scale < spareDecimals || spec.Tick%unit != 0 {
		return fmt.Errorf("a tick of %d in an asset of %d decimals cannot do without %d of them", spec.Tick, quote.Scale, spareDecimals)
	}
	quote.Scale -= spareDecimals
	spec.Tick /= unit
	symbol.Spec = &spec
	return nil
}

// recordings returns the folder of the recorded days, which lies beside one of the
// folders above the present one.
func recordings() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for recorded days: %w", err)
	}
	for ; ; at = filepath.Dir(at) {
		folder := filepath.Join(at, "shared", "data")
		if _, err := os.Stat(folder); err == nil {
			return folder, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("look for recorded days: no folder shared/data: %w", fs.ErrNotExist)
		}
	}
}
