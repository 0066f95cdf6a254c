package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

const (
	// defaultHistory is how many closed orders and fills of an account an exchange
	// keeps when it is not told otherwise.
	defaultHistory = 500
	// maxAckLine bounds a line of the file; the first one holds all keys.
	maxAckLine = 64 << 20
	// shownDifferences are told in the end.
	shownDifferences = 10
)

// ackedOrder is what acknowledgements said of one order, put together.
type ackedOrder struct {
	ackLine

	unknown bool // whether it was placed
}

// acked are the orders of one account.
type acked struct {
	*trading

	orders []*ackedOrder
	byID   map[int64]*ackedOrder
}

// ackCheck holds acknowledgements against what the exchange says now.
type ackCheck struct {
	*load
	head     ackHead
	operator client.Operator
	accounts []*acked
	byNumber map[int64]*acked

	done   atomic.Int64 // orders
	ledger ledger

	mu     sync.Mutex
	report checkReport
}

// checkReport is what --check tells in the end.
type checkReport struct {
	Orders          int      `json:"orders"`
	Cancels         int      `json:"cancels"`
	Trades          int      `json:"trades"`
	Unknown         int      `json:"unknown"`
	UnknownHappened int      `json:"unknown_happened"`
	UncheckedOrders int      `json:"unchecked_orders"`
	UncheckedTrades int      `json:"unchecked_trades"`
	UncheckedLedger int      `json:"unchecked_accounts"`
	Accounts        int      `json:"accounts"`
	SumsCompared    bool     `json:"sums_compared"`
	Differences     int      `json:"differences"`
	First           []string `json:"first"`
}

// runCheck checks a file of acknowledgements.
func (l *load) runCheck(cmd *cobra.Command) error {
	token, err := l.operatorToken()
	if err != nil {
		return err
	}
	k := &ackCheck{load: l, byNumber: make(map[int64]*acked)}
	k.report.First = []string{}
	if err := k.read(); err != nil {
		return err
	}
	if !cmd.Flags().Changed("target") {
		l.target = k.head.Target
	}
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	trust, err := l.tlsCA.trust()
	if err != nil {
		return err
	}
	c, err := client.New(ctx, l.target, client.Options{Conns: operatorConns, TLS: trust})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	defer c.Close()
	k.operator = client.Operator{Client: c, Token: token}
	if err := k.compare(ctx); err != nil {
		return err
	}
	return k.tell()
}

// read reads the file.
func (k *ackCheck) read() error {
	f, err := os.Open(string(k.check))
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	defer f.Close() //nolint:errcheck // it was only read
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if line == nil {
			if err == nil && n == 1 {
				err = errors.New("it is empty")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", k.check, err)
			}
			return nil
		}
		if n == 1 {
			err = k.readHead(line)
		} else {
			err = k.readAck(line)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", k.check, n, err)
		}
	}
}

// readLine returns a line that is whole, or nil at the end. A last line that is not
// whole was cut off while it was written.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, nil //nolint:nilerr // the end
		case len(line) > maxAckLine:
			return nil, fmt.Errorf("a line is longer than %d bytes", maxAckLine)
		}
	}
}

func (k *ackCheck) readHead(line []byte) error {
	if err := json.Unmarshal(line, &k.head); err != nil {
		return fmt.Errorf("it is no file of acknowledgements: %w", err)
	}
	if k.head.Format != ackFormat {
		return fmt.Errorf("acknowledgements of format %d are not known here, only %d is", k.head.Format, ackFormat)
	}
	for _, t := range k.head.Accounts {
		a := &acked{trading: t, byID: make(map[int64]*ackedOrder)}
		k.accounts = append(k.accounts, a)
		k.byNumber[t.Account] = a
	}
	k.report.Accounts = len(k.accounts)
	return nil
}

// readAck adds one acknowledgement to what is known of its order.
func (k *ackCheck) readAck(line []byte) error {
	var v ackLine
	if err := json.Unmarshal(line, &v); err != nil {
		return fmt.Errorf("read an acknowledgement: %w", err)
	}
	a := k.byNumber[v.Account]
	if a == nil {
		return fmt.Errorf("account %d is not one of the first line", v.Account)
	}
	switch {
	case v.Unknown != "":
		k.report.Unknown++
		if v.Kind == ackOrder {
			a.orders = append(a.orders, &ackedOrder{ackLine: v, unknown: true})
		}
		return nil
	case v.Kind == ackCancel:
		k.report.Cancels++
	default:
		k.report.Orders++
	}
	o := a.byID[v.ID]
	if o == nil {
		o = &ackedOrder{ackLine: v}
		a.byID[v.ID] = o
		a.orders = append(a.orders, o)
		return nil
	}
	if o.ClientID != v.ClientID || o.Side != v.Side || !sameDecimal(o.Price, v.Price) || !sameDecimal(o.Quantity, v.Quantity) {
		k.differ("order %d was acknowledged as %s %s %s at %s and as %s %s %s at %s",
			v.ID, o.ClientID, o.Side, o.Quantity, o.Price, v.ClientID, v.Side, v.Quantity, v.Price)
		return nil
	}
	if standing(v.Status) > standing(o.Status) {
		o.Status = v.Status
	}
	if !atLeastAs(o.Executed, v.Executed) {
		o.Executed = v.Executed
	}
	o.Trades = append(o.Trades, v.Trades...)
	return nil
}

// standing says how far a status is: it never goes back.
func standing(status string) int {
	switch status {
	case "NEW":
		return 0
	case "PARTIALLY_FILLED":
		return 1
	default: // closed, for good
		return standingClosed
	}
}

const standingClosed = 2

// atLeastAs reports whether a decimal is not below another.
func atLeastAs(a, b string) bool {
	x, err := rational(a)
	if err != nil {
		return false
	}
	y, err := rational(b)
	return err == nil && x.Cmp(y) >= 0
}

// differ notes a difference.
func (k *ackCheck) differ(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.report.Differences++
	if len(k.report.First) < shownDifferences {
		k.report.First = append(k.report.First, fmt.Sprintf(format, args...))
	}
}

// count changes a number of the report.
func (k *ackCheck) count(to *int, n int) {
	k.mu.Lock()
	*to += n
	k.mu.Unlock()
}

// compare asks for all accounts, and then for the sums.
func (k *ackCheck) compare(ctx context.Context) error {
	status, err := k.operator.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask for the status: %w", err)
	}
	if status.Journal != k.head.Journal {
		return fmt.Errorf("the exchange has journal %s, the acknowledgements are of %s", status.Journal, k.head.Journal)
	}
	total := 0
	for _, a := range k.accounts {
		total += len(a.orders)
	}
	watched, end := context.WithCancel(ctx)
	var shown sync.WaitGroup
	shown.Go(func() { k.show(watched, int64(total)) })
	err = eachSideBySide(ctx, len(k.accounts), func(ctx context.Context, i int) error { return k.compareAccount(ctx, k.accounts[i]) })
	end()
	shown.Wait()
	if err != nil {
		return err
	}
	return k.compareSums(ctx)
}

func (k *ackCheck) show(ctx context.Context, total int64) {
	bar := k.progress("check")
	defer bar.end()
	for pauseUntil(ctx, time.Now().Add(progressEvery)) {
		bar.of(k.done.Load(), total)
	}
}

// tell prints the report. Differences are a failure.
func (k *ackCheck) tell() error {
	v := &k.report
	if k.asJSON {
		if err := k.json(v); err != nil {
			return err
		}
	} else {
		k.printf("acknowledged  %d orders, %d cancels, %d trades of %d accounts\n", v.Orders, v.Cancels, v.Trades, v.Accounts)
		if v.Unknown > 0 {
			k.printf("unknown       %d outcomes; %d of the orders are there\n", v.Unknown, v.UnknownHappened)
		}
		if v.UncheckedOrders+v.UncheckedTrades+v.UncheckedLedger > 0 {
			k.printf("unchecked     %d orders, %d trades and the balances of %d accounts: the exchange no longer keeps all of the history\n",
				v.UncheckedOrders, v.UncheckedTrades, v.UncheckedLedger)
		}
		if !v.SumsCompared {
			k.printf("unchecked     the sums of assets: others have traded meanwhile\n")
		}
	}
	if v.Differences == 0 {
		if !k.asJSON {
			k.printf("all is as acknowledged\n")
		}
		return nil
	}
	if !k.asJSON {
		k.printf("%s\n", strings.Join(v.First, "\n"))
	}
	return fmt.Errorf("%d differences from what was acknowledged", v.Differences)
}
