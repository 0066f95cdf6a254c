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

// dayLength is what a lap of a recorded day adds to its times.
const dayLength = 24 * 3600 * 1_000_000_000

// Day returns a recorded day, over and over. At its end what still rests is canceled,
// best price and oldest first, so that each lap begins with an empty book. The
// error is an fs.ErrNotExist when the recording is not on this machine.
func Day(day string, m Market) (*Load, error) {
	m = m.completed()
	folder, err := recordings()
	if err != nil {
		return nil, err
	}
	f, err := flow.ReadFile(filepath.Join(folder, day, "orders.csv.zst"), nil)
	if err != nil {
		return nil, fmt.Errorf("read recorded day: %w", err)
	}
	plan, err := f.Plan(flow.Config{Accounts: m.Accounts, Accounting: m.Accounting})
	if err != nil {
		return nil, fmt.Errorf("plan recorded day: %w", err)
	}
	l := &Load{
		Name: day, market: m, lap: dayLength, rows: make([]row, plan.Len()),
		Room: engine.Capacity{Orders: 1 << 16, Accounts: m.Accounts, Balances: 2 * m.Accounts},
	}
	for i := range plan.Setup {
		if c := &plan.Setup[i]; c.Kind == msg.AddAsset || c.Kind == msg.AddSymbol {
			l.listed = append(l.listed, *c)
		}
	}
	if m.Accounting == msg.Balances { // the plan has money for one lap
		l.accounts = funding{accounts: m.Accounts, assets: 2}
	}
	var c msg.Command
	for i := range l.rows {
		plan.Command(i, &c)
		l.rows[i] = pack(&c, target(c.Order, plan.FirstSeq))
	}
	l.clear()
	return l, nil
}

// clear ends a lap with cancels of what rests then.
func (l *Load) clear() {
	e := engine.New(l.Room)
	var events []msg.Event
	for c := range l.Setup() {
		events = e.Execute(c, events[:0])
	}
	var c msg.Command
	for i := range l.rows {
		l.command(&c, i)
		events = e.Execute(&c, events[:0])
	}
	for _, side := range []msg.Side{msg.Buy, msg.Sell} {
		e.EachOrder(1, side, func(o engine.Order) bool {
			cancel := msg.Command{Kind: msg.Cancel, Time: c.Time, Account: o.Account, Symbol: 1}
			l.rows = append(l.rows, pack(&cancel, target(o.ID, l.First())))
			return true
		})
	}
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
