package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const tourBegin = `An exchange in one binary. A command goes through a bounded ring into a deterministic
matching engine. The command and the events that follow from it are written to a
journal and synced before anybody sees them. Books, orders, trades and balances are
folds of that journal, so any moment of the past can be rebuilt and checked.

A short day, run now through ring, engine, journal and views in a temporary directory:
`

const tourNext = `
What to type next, in this order; it can be pasted into a shell.

# Write an order flow of your own. A row is a command; expect is the fills that it must
# cause: makerId@price:quantity, after an auction bidId/askId@price:quantity.
cat > day.csv <<'END'
time,command,id,side,price,quantity,tif,expect
33300000000000,phase,,,,,auction,
33300000000000,limit,a,buy,10.02,300,GTC,
33300000000000,limit,b,sell,10.00,200,GTC,
33900000000000,uncross,,,10.02,,,a/b@10.02:200
34200000000000,limit,c,sell,10.02,50,IOC,a@10.02:50
END

# Drive it through the whole exchange, check every fill, and keep the journal.
exchange ingest day.csv --data day --accounts 2

# The state in the end, and before the auction was over.
exchange replay day --print book,balances
exchange replay day --to 1970-01-01T09:20:00Z --print book,orders

# Does all of it follow from the commands? Is every byte on disk as it was written?
exchange audit day
exchange journal verify day

# Every command and event, and all that can be done.
exchange journal cat day
exchange --help
`

// runTour shows what the exchange is by running a short day.
func runTour(c *console) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "exchange-tour-")
	if err != nil {
		return fmt.Errorf("make a temporary data directory: %w", err)
	}
	c.printf("%s\n", tourBegin)
	t := &tour{console: c, dir: dir}
	if err := errors.Join(t.run(ctx), os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("tour: %w", err)
	}
	c.printf("%s", strings.ReplaceAll(tourNext, "\nexchange ", "\n"+invocation()+" "))
	return nil
}

// invocation is how the program was called, so that it can be called again.
func invocation() string {
	if path, err := os.Executable(); err == nil && strings.Contains(path, "go-build") {
		return "go run ./cmd/exchange"
	}
	return os.Args[0]
}

// tour is a running short day.
type tour struct {
	*console
	dir      string
	pipeline *pipeline.Pipeline
	views    views
	orders   map[string]msg.OrderID // by their names in the script
	owners   map[msg.OrderID]string
	commands int
	waited   time.Duration // for answers
}

// run lives through the day and looks back at it.
func (t *tour) run(ctx context.Context) error {
	t.views = views{marketview.New(marketview.Limits{})}
	t.orders, t.owners = make(map[string]msg.OrderID), make(map[msg.OrderID]string)
	var err error
	t.pipeline, err = pipeline.Start(pipeline.Options{
		Dir:   t.dir,
		Clock: func() int64 { return time.Now().UnixNano() },
		Views: firstThese(t.views),
		Warn:  t.warn,
	})
	if err != nil {
		return err //nolint:wrapcheck // it names the directory
	}
	err = t.day(ctx)
	if stopped := t.pipeline.Stop(); stopped != nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	return t.lookBack()
}

// day gives the commands of the script and tells what follows.
func (t *tour) day(ctx context.Context) error {
	setup, err := tourSetup()
	if err != nil {
		return err
	}
	for i := range setup {
		if _, err := t.do(ctx, &setup[i]); err != nil {
			return err
		}
	}
	for _, s := range tourScript() {
		switch {
		case s.say != "":
			t.printf("%s\n", s.say)
		case s.book:
			t.book()
		default:
			if err := t.step(ctx, &s); err != nil {
				return err
			}
		}
	}
	t.balances()
	return nil
}

// do waits for the answer to a command.
func (t *tour) do(ctx context.Context, c *msg.Command) (*pipeline.Result, error) {
	var r pipeline.Result
	began := time.Now()
	if err := t.pipeline.Do(ctx, c, &r); err != nil {
		return nil, fmt.Errorf("%v: %w", c.Kind, err)
	}
	t.waited += time.Since(began)
	t.commands++
	if v := &r.Events[0]; v.Kind == msg.Rejected {
		return nil, fmt.Errorf("command %d (%v) was refused: %v", r.Seq, c.Kind, v.Reason)
	}
	return &r, nil
}

// step gives a command of the script and tells what followed.
func (t *tour) step(ctx context.Context, s *tourStep) error {
	c := s.command
	c.Symbol, c.Order = tourSymbol, t.orders[s.means]
	r, err := t.do(ctx, &c)
	if err != nil {
		return err
	}
	if c.Kind == msg.Place {
		id := msg.OrderID(r.Seq)
		t.orders[s.order], t.owners[id] = id, tourTraders()[c.Account]
	}
	told := 0
	for i := range r.Events {
		text := t.event(&r.Events[i])
		if text == "" {
			continue
		}
		first := ""
		if told++; told == 1 {
			first = s.text()
		}
		t.printf("  %-46s %s\n", first, text)
	}
	if told == 0 {
		t.printf("  %s\n", s.text())
	}
	return nil
}

// event tells what happened, or nothing when the command already says it.
func (t *tour) event(v *msg.Event) string {
	price, qty := tourPrice(v.Price), tourQty(v.Qty)
	switch v.Kind {
	case msg.Traded:
		return fmt.Sprintf("trade %d: %s at %s, %s with %s", v.Trade, qty, price, t.owners[v.Taker], t.owners[v.Order])
	case msg.Expired:
		return "what is left of it expires"
	case msg.Uncrossed:
		return fmt.Sprintf("the auction price is %s, the volume %s", price, qty)
	default:
		return ""
	}
}

// book prints the book as the views have it.
func (t *tour) book() {
	var depth marketview.Depth
	t.views.Depth(tourSymbol, 0, &depth)
	level := func(side []marketview.Level, i int) string {
		if i >= len(side) {
			return ""
		}
		return tourQty(side[i].Qty) + " at " + tourPrice(side[i].Price)
	}
	t.printf("\n    %-16s %s\n", "bids", "asks")
	for i := range max(len(depth.Bids), len(depth.Asks)) {
		t.printf("%s\n", strings.TrimRight(fmt.Sprintf("    %-16s %s", level(depth.Bids, i), level(depth.Asks, i)), " "))
	}
	t.printf("\n")
}

// balances prints what everybody has in the end, as the views have it.
func (t *tour) balances() {
	var all []marketview.Balance
	for account, name := range tourTraders() {
		t.printf("    %-5s", name)
		all = t.views.Balances(msg.AccountID(account), all[:0])
		for _, b := range all {
			asset, _ := t.views.Asset(b.Asset)
			t.printf(" %14s %v", msg.FormatDecimal(int64(b.Free+b.Locked), asset.Scale), asset.Name)
		}
		t.printf("\n")
	}
}

// lookBack replays and audits what was written, and compares.
func (t *tour) lookBack() error {
	end := t.pipeline.Durable()
	t.printf("\nLooking back. %d commands were answered, each after its sync, in %v on average.\n",
		t.commands, (t.waited / time.Duration(t.commands)).Round(time.Microsecond))
	t.printf("  journal %d bytes in %d frames; the running exchange had digest %s\n", end.Bytes, end.Frame, hexDigest(end.Digest))
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: t.dir, Genesis: true, Warn: t.warn})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	if err := errors.Join(past.FoldTo(0), past.Close()); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if got := past.Engine.Digest(); got != end.Digest {
		return fmt.Errorf("replay: the digest is %s, not %s", hexDigest(got), hexDigest(end.Digest))
	}
	t.printf("  replay  folds the recorded events: digest %s\n", hexDigest(past.Engine.Digest()))
	r, err := audit(t.dir, t.console)
	if err == nil {
		err = r.verdict()
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	t.printf("  audit   executes %s again: every event as recorded, digest %s\n", count(r.Commands, "command", "s"), r.Digest)
	t.printf("The directory is removed.\n")
	return nil
}
