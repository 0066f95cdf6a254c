package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// TestExampleBot runs the example beside the demo's traders, and asks the exchange
// whether it has made the trades of which it speaks, and no others.
func TestExampleBot(t *testing.T) {
	t.Parallel()
	installed := ccxtSuite("", "")
	installed.require(t)
	v := &venue{served: &served{t: t, dir: t.TempDir()}}
	v.cmd = program(t, "serve", "--demo", "--data", v.dir, "--listen", "127.0.0.1:0")
	v.await("key bob ")
	t.Cleanup(func() { v.stop(syscall.SIGTERM) })
	name, rest, _ := strings.Cut(strings.TrimPrefix(v.keys()[0], "key "), " ")
	id, secret, _ := strings.Cut(rest, " ")

	said := runBot(t, filepath.Join(root, installed.folder, installed.packages), v.url, id, secret)
	account := client.Account{Via: v.visitor(), Key: client.Key{ID: id, Secret: secret}}
	made, err := account.Trades(t.Context(), "BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	spoken, last := lines[:len(lines)-1], lines[len(lines)-1]
	if len(made) < 2 || len(spoken) != len(made) || !strings.HasPrefix(last, fmt.Sprintf("%d trades, worth ", len(made))) {
		t.Fatalf("the bot of %s said\n%s\nand the exchange knows of %+v", name, said, made)
	}
	for i := range made {
		got, err := readBotTrade(spoken[i])
		if err != nil || got != newBotTrade(t, &made[i]) {
			t.Errorf("the bot said %q, read as %+v, %v; the exchange says %+v", spoken[i], got, err, made[i])
		}
	}
	open, err := account.OpenOrders(t.Context(), "BTCUSDT")
	if err != nil || len(open) > 0 {
		t.Errorf("open orders in the end: %v, %v", open, err)
	}
}

// runBot runs the example with packages that are installed elsewhere, and returns
// what it has printed.
func runBot(t *testing.T, packages, url, key, secret string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "gateway/examples/bot.mjs"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bot.mjs"), text, 0o600)
	}
	if err == nil {
		packages, err = filepath.Abs(packages)
	}
	if err == nil {
		err = os.Symlink(packages, filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd := exec.CommandContext(ctx, "node", "bot.mjs")
	cmd.Dir, cmd.Stderr = dir, &complaints
	cmd.Env = append(os.Environ(), "EXCHANGE_URL="+url, "API_KEY="+key, "API_SECRET="+secret)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the bot ended with %v: %s\n%s", err, out, complaints.String())
	}
	return string(out)
}

// botTrade is a trade as the bot tells of it.
type botTrade struct {
	id                 int64
	side               string
	amount, price, fee float64
	asset              string // of the fee
}

func readBotTrade(line string) (b botTrade, err error) {
	_, err = fmt.Sscanf(line, "trade %d: %s %g at %g, fee %g %s", &b.id, &b.side, &b.amount, &b.price, &b.fee, &b.asset)
	return b, err
}

// newBotTrade returns what the bot must say of a trade.
func newBotTrade(t *testing.T, o *client.Own) botTrade {
	t.Helper()
	number := func(decimal string) float64 {
		v, err := strconv.ParseFloat(decimal, 64)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	side := "sell"
	if o.Buyer {
		side = "buy"
	}
	return botTrade{o.ID, side, number(o.Quantity), number(o.Price), number(o.Fee), o.FeeAsset}
}
