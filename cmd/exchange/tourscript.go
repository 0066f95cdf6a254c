package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The market of the tour: BTC with 8 decimals in lots of 0.001, for USD with 8
// decimals in ticks of 0.01.
const (
	tourSymbol msg.SymbolID = 1
	tourScale               = 8
	tourTick                = 1_000_000
	tourLot                 = 100_000
	tourRate   msg.Rate     = 100_000 // 0.1 %
)

// tourPrice writes a price of the tour.
func tourPrice(p msg.Price) string { return step{tourTick, tourScale}.text(int64(p)) }

// tourQty writes a quantity of the tour.
func tourQty(q msg.Qty) string { return step{tourLot, tourScale}.text(int64(q)) }

// tourTraders returns the names of the accounts.
func tourTraders() []string { return []string{"fees", "ann", "bob", "cid", "dan"} }

// tourSetup returns the commands before the day: two assets, a market, and four
// traders with money and goods.
func tourSetup() ([]msg.Command, error) {
	var names [3]msg.Name
	for i, s := range [...]string{"BTC", "USD", "BTCUSD"} {
		var err error
		if names[i], err = msg.ParseName(s); err != nil {
			return nil, fmt.Errorf("name %s: %w", s, err)
		}
	}
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: names[0], Scale: tourScale},
		{Kind: msg.AddAsset, Name: names[1], Scale: tourScale},
		{Kind: msg.AddSymbol, Spec: &msg.Symbol{
			Name: names[2], Base: 1, Quote: 2, Tick: tourTick, Lot: tourLot, Maker: tourRate, Taker: tourRate,
		}},
	}
	unit := msg.Amount(msg.Pow10(tourScale))
	for account := msg.AccountID(1); int(account) < len(tourTraders()); account++ {
		commands = append(commands, msg.Command{Kind: msg.CreateAccount},
			msg.Command{Kind: msg.Credit, Account: account, Asset: 1, Amount: 10 * unit, Transfer: 1},
			msg.Command{Kind: msg.Credit, Account: account, Asset: 2, Amount: 250_000 * unit, Transfer: 2})
	}
	return commands, nil
}

// tourStep is a line of the script: something to say, the book, or a command.
type tourStep struct {
	say     string
	book    bool
	order   string // the name that the script gives to a new order
	means   string // the order that a command is about
	command msg.Command
}

// tourScript returns the day.
func tourScript() []tourStep {
	place := func(order string, account msg.AccountID, side msg.Side, qty msg.Qty, price msg.Price, tif msg.TimeInForce) tourStep {
		return tourStep{order: order, command: msg.Command{
			Kind: msg.Place, Account: account, Side: side, Qty: qty, Price: price * 100, TIF: tif,
		}}
	}
	return []tourStep{
		{say: "Four traders have 10 BTC and 250,000 USD each. A call auction opens the market BTCUSD;\norders are taken and not matched yet."},
		{command: msg.Command{Kind: msg.SetPhase, Phase: msg.Auction}},
		place("a1", 1, msg.Buy, 2000, 60_100, msg.GTC),
		place("b1", 2, msg.Buy, 1000, 60_000, msg.GTC),
		place("c1", 3, msg.Sell, 1500, 59_900, msg.GTC),
		place("d1", 4, msg.Sell, 1000, 60_050, msg.GTC),
		{book: true},
		{say: "The auction ends: one price for all, at which most is traded."},
		{command: msg.Command{Kind: msg.Uncross}},
		{book: true},
		{say: "Trading: an order trades at once with the best on the other side, the rest waits."},
		place("c2", 3, msg.Sell, 750, 60_120, msg.GTC),
		place("d2", 4, msg.Sell, 300, 60_200, msg.GTC),
		place("a2", 1, msg.Buy, 1500, 60_120, msg.IOC),
		{means: "b1", command: msg.Command{Kind: msg.Amend, Account: 2, Qty: 600}},
		place("c3", 3, msg.Sell, 400, 60_000, msg.GTC),
		{means: "d2", command: msg.Command{Kind: msg.Cancel, Account: 4}},
		{book: true},
		{say: "What everybody has now; each side paid 0.1 % of what it received."},
	}
}

// text tells a command.
func (s *tourStep) text() string {
	c := &s.command
	who, qty := tourTraders()[c.Account], tourQty(c.Qty)
	switch c.Kind {
	case msg.Place:
		verb, bound := "buys", "or less"
		if c.Side == msg.Sell {
			verb, bound = "sells", "or more"
		}
		text := fmt.Sprintf("%s %s %s at %s %s", who, verb, qty, tourPrice(c.Price), bound)
		if c.TIF == msg.IOC {
			text += ", now or never"
		}
		return text
	case msg.Amend:
		return fmt.Sprintf("%s lowers the order to %s and keeps the place", who, qty)
	case msg.Cancel:
		return who + " cancels"
	case msg.SetPhase:
		return "the market goes to " + c.Phase.String()
	default:
		return c.Kind.String()
	}
}
