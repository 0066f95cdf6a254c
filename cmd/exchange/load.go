package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The defaults of load.
const (
	defaultTarget   = "http://" + defaultListen
	defaultRate     = 1000
	defaultConns    = 16
	defaultInFlight = 32
	defaultLoadFor  = 10 * time.Second
	defaultTraded   = "BTCUSDT"
)

// load is the command of that name with its flags.
type load struct {
	*console
	target    string
	token     string
	tlsCA     pathFlag
	data      pathFlag
	symbol    nameFlag
	transport transportFlag
	rate      countFlag
	conns     countFlag
	inFlight  countFlag
	accounts  countFlag
	price     float64
	length    time.Duration
	seed      uint64
	acks      pathFlag
	check     pathFlag
	history   countFlag
	asJSON    bool
}

const loadHelp = `load trades on an exchange at a fixed rate, over HTTP, websockets or both, and tells
how long answers took. The rate is an open loop: each request has a time at which it is
meant to be sent, and its latency counts from that time, also when all connections are
busy and it leaves later. Accounts, keys and funds for it are made first, so the
operator's token is needed: from --token, the environment variable EXCHANGE_ADMIN_TOKEN,
or DIR/admin.token of --data.

45 % of the requests are limit orders that rest, 15 % limit orders that cross, 10 % IOC,
30 % cancels. A cancel may find that its order is gone: that is a rejection. An error
is a request without a clear answer, or one that could not be sent. When the exchange
goes away, load goes on and connects again.

With --acks each acknowledgement is written to FILE as soon as it arrives, one JSON
object in a line, after a line that names the exchange, the symbol and the accounts with
their keys (the file is for its owner only). Requests whose outcome is unknown are
written as such. There are as many accounts then that the exchange keeps the history of
each whole. Open orders are left open; without --acks they are canceled in the end.

With --check each acknowledgement in FILE is held against what the exchange says now:
that the order is there with the same client id, symbol, side, price and quantity, that
as much of it is executed, that its trades are there, that its status has not gone back,
that each account has what its trades make of its funds, and that the sums of assets
over these accounts and that of the fees are unchanged. Any difference is exit code 1.`

const loadExample = `  exchange load
  exchange load --transport http,ws --rate 5000 --for 1m --json
  exchange load --acks acks.jsonl --for 30s
  exchange load --check acks.jsonl`

func newLoad(c *console) *cobra.Command {
	l := &load{
		console: c, data: "data", symbol: defaultTraded, transport: transportFlag{http: true},
		rate:     countFlag{defaultRate, 1, 1_000_000},
		conns:    countFlag{defaultConns, 1, 10_000},
		inFlight: countFlag{defaultInFlight, 1, 1000},
		accounts: countFlag{0, 0, maxLoadAccounts},
		history:  countFlag{defaultHistory, 1, 1 << 30},
	}
	cmd := &cobra.Command{
		Use:     "load",
		Short:   "Trade at a fixed rate, tell latencies, and check what was acknowledged",
		Long:    loadHelp,
		Example: loadExample,
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if l.check != "" && l.acks != "" {
				return misused(cmd, errors.New("load: --acks and --check do not go together"))
			}
			if l.check != "" {
				return l.runCheck(cmd)
			}
			if l.length <= 0 {
				return misused(cmd, errors.New("load: --for must be above zero"))
			}
			return l.run()
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&l.target, "target", defaultTarget, "`URL` of the exchange")
	f.Var(&l.tlsCA, "tls-ca", "trust the certificates in `FILE` of an https URL (default: those of the system)")
	f.StringVar(&l.token, "token", "", "the operator's `TOKEN` (default: as above)")
	f.Var(&l.data, "data", "the exchange's data directory, where the token is")
	f.Var(&l.symbol, "symbol", "what is traded")
	f.Var(&l.transport, "transport", "http, ws or http,ws: half of the connections each")
	f.Var(&l.rate, "rate", "requests a second")
	f.Var(&l.conns, "conns", "connections")
	f.Var(&l.inFlight, "in-flight", "requests under way on a websocket at a time; over HTTP it is 1")
	f.DurationVar(&l.length, "for", defaultLoadFor, "how long")
	f.Var(&l.accounts, "accounts", "accounts to trade with, 0 = 16, with --acks one for 200 requests")
	f.Float64Var(&l.price, "price", 0, "`PRICE` around which orders lie, 0 = the last trade's, else the middle of the book, else 10000")
	f.Uint64Var(&l.seed, "seed", 1, "`NUMBER` from which the orders follow")
	f.Var(&l.acks, "acks", "write acknowledgements to this new file")
	f.Var(&l.check, "check", "check the acknowledgements of this file instead of trading; --target, if given, is where the exchange is now")
	f.Var(&l.history, "history", "closed orders and fills of an account that the exchange keeps, for --check")
	f.BoolVar(&l.asJSON, "json", false, "print one JSON object")
	return cmd
}

// transportFlag is the value of --transport.
type transportFlag struct{ http, ws bool }

func (*transportFlag) Type() string { return "LIST" }

func (f *transportFlag) String() string {
	switch {
	case f.http && f.ws:
		return "http,ws"
	case f.ws:
		return "ws"
	}
	return "http"
}

func (f *transportFlag) Set(s string) error {
	var v transportFlag
	for part := range strings.SplitSeq(s, ",") {
		switch strings.TrimSpace(part) {
		case "http":
			v.http = true
		case "ws":
			v.ws = true
		default:
			return errors.New("it is http, ws or http,ws")
		}
	}
	*f = v
	return nil
}

// operatorToken returns the operator's token.
func (l *load) operatorToken() (string, error) {
	if l.token != "" {
		return l.token, nil
	}
	if token := strings.TrimSpace(os.Getenv(tokenVariable)); token != "" {
		return token, nil
	}
	path := filepath.Join(string(l.data), tokenFile)
	token, err := readToken(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no operator's token: give --token, set %s, or name the exchange's data directory with --data (there is no %s)", tokenVariable, path)
	}
	if err != nil {
		return "", fmt.Errorf("the operator's token: %w", err)
	}
	return token, nil
}

// run trades.
func (l *load) run() error {
	token, err := l.operatorToken()
	if err != nil {
		return err
	}
	// A signal ends the trading, what is under way is awaited. A second one ends the
	// process.
	stop, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	context.AfterFunc(stop, release)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	trust, err := l.tlsCA.trust()
	if err != nil {
		return err
	}
	c, err := client.New(ctx, l.target, client.Options{Conns: max(l.conns.value, operatorConns) + operatorConns, TLS: trust})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	defer c.Close()
	operator := &client.Operator{Client: c, Token: token}
	p, err := l.prepare(stop, operator)
	if err != nil {
		return err
	}
	record, err := l.openAcks(stop, operator, p)
	if err != nil {
		return err
	}
	r := &loadRun{load: l, client: c, plan: p, record: record}
	report := r.trade(ctx, stop)
	if record != nil {
		if err := record.close(); err != nil {
			return err
		}
	} else {
		p.tidy(ctx, c)
	}
	if l.asJSON {
		return l.json(report)
	}
	report.text(l.console)
	return nil
}
