package wsapi

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// TestEvents runs the scripts of testdata: commands, and what the three accounts
// are told of each.
func TestEvents(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := newSite(t, Limits{})
		clients := []*client{s.listen("ann"), s.listen("bob"), s.listen("cat")}
		orders := map[string]msg.OrderID{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.exchange.now.Add(int64(time.Millisecond))
			c := commandOf(t, d, orders)
			var r gateway.Result
			if err := s.exchange.Do(t.Context(), &c, &r, nil); err != nil {
				t.Fatal(err)
			}
			orders[c.Name.String()] = msg.OrderID(r.Seq)
			var out strings.Builder
			if r.Events[0].Kind == msg.Rejected {
				fmt.Fprintf(&out, "refused: %s\n", r.Events[0].Reason)
			}
			for i, name := range []string{"ann", "bob", "cat"} {
				for len(clients[i].texts) > 0 {
					text := <-clients[i].texts
					text = strings.TrimPrefix(text, `{"subscriptionId":0,"event":`)
					fmt.Fprintf(&out, "%s %s\n", name, strings.TrimSuffix(text, "}"))
				}
			}
			if out.Len() == 0 {
				return "nobody is told\n"
			}
			return out.String()
		})
	})
}

// commandOf reads a command: its kind, and its fields as name=value.
func commandOf(t *testing.T, d *datadriven.TestData, orders map[string]msg.OrderID) msg.Command {
	t.Helper()
	c := msg.Command{Symbol: btcusdt}
	c.Kind = pick(t, d, d.Cmd, map[string]msg.Kind{
		"place": msg.Place, "cancel": msg.Cancel, "cancel-replace": msg.CancelReplace, "amend": msg.Amend, "cancel-all": msg.CancelAll,
		"credit": msg.Credit, "debit": msg.Debit, "set-phase": msg.SetPhase, "uncross": msg.Uncross,
	})
	for _, a := range d.CmdArgs {
		v := a.Vals[0]
		switch a.Key {
		case "of":
			c.Account = pick(t, d, v, map[string]msg.AccountID{"ann": ann, "bob": bob, "cat": cat})
		case "symbol":
			c.Symbol = pick(t, d, v, map[string]msg.SymbolID{"BTCUSDT": 1, "PERPUSDT": 2})
		case "asset":
			c.Asset, c.Symbol = pick(t, d, v, map[string]msg.AssetID{"BTC": 1, "USDT": 2}), 0
		case "side":
			c.Side = pick(t, d, v, map[string]msg.Side{"buy": msg.Buy, "sell": msg.Sell})
		case "type":
			c.Type = pick(t, d, v, map[string]msg.OrderType{"limit": msg.Limit, "market": msg.Market, "maker": msg.LimitMaker})
		case "tif":
			c.TIF = pick(t, d, v, map[string]msg.TimeInForce{"gtc": msg.GTC, "ioc": msg.IOC, "fok": msg.FOK})
		case "stp":
			c.STP = pick(t, d, v, map[string]msg.Prevention{
				"none": msg.NoPrevention, "taker": msg.ExpireTaker, "maker": msg.ExpireMaker, "both": msg.ExpireBoth, "decrement": msg.Decrement,
			})
		case "mode":
			c.Mode = pick(t, d, v, map[string]msg.ReplaceMode{"stop": msg.StopOnFailure, "go-on": msg.AllowFailure})
		case "phase":
			c.Phase = pick(t, d, v, map[string]msg.Phase{"trading": msg.Trading, "auction": msg.Auction})
		case "strategy":
			c.Strategy.ID, c.Strategy.HasID = number(t, d, v), true
		case "strategy-type":
			c.Strategy.Type = int32(number(t, d, v))
		case "only":
			c.Only = pick(t, d, v, map[string]msg.Restriction{"new": msg.OnlyNew, "part": msg.OnlyPartiallyFilled})
		case "order":
			c.Order = orders[v]
		case "name":
			c.Name = nameOf(v)
		case "orig":
			c.OrigName = nameOf(v)
		case "as":
			c.CancelName = nameOf(v)
		case "price":
			c.Price = msg.Price(number(t, d, v))
		case "qty":
			c.Qty = msg.Qty(number(t, d, v))
		case "quote":
			c.Quote = msg.Amount(number(t, d, v))
		case "amount":
			c.Amount = msg.Amount(number(t, d, v))
		case "transfer":
			c.Transfer = number(t, d, v)
		default:
			d.Fatalf(t, "no field %s", a.Key)
		}
	}
	return c
}

func pick[T any](t *testing.T, d *datadriven.TestData, name string, from map[string]T) T {
	t.Helper()
	v, ok := from[name]
	if !ok {
		d.Fatalf(t, "no %s here", name)
	}
	return v
}

func number(t *testing.T, d *datadriven.TestData, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return n
}
