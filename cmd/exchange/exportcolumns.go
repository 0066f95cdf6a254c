package main

import (
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A column of an export: its name, what it holds, and how it is filled.
type column struct {
	name string
	kind cellKind
	fill func(x *exportRow) cell
	doc  string
}

// exportKind is what an export has rows of. It is the value of --what.
type exportKind uint8

const (
	exportCommands exportKind = 0
	exportEvents   exportKind = 1
	exportTrades   exportKind = 2
)

// String returns the name as the command line takes it.
func (k exportKind) String() string { return [...]string{"commands", "events", "trades"}[k] }

// columns returns those of an export. Names and order are promised.
func (k exportKind) columns() []column {
	switch k {
	case exportCommands:
		return commandColumns()
	case exportEvents:
		return eventColumns()
	default:
		return tradeColumns()
	}
}

func seqColumn() column {
	return column{"seq", integerCell, func(x *exportRow) cell { return intCell(x.c.Seq) }, "sequence of the command"}
}

func timeColumn() column {
	return column{"time", timeCell, func(x *exportRow) cell { return intCell(x.c.Time) }, "of the command"}
}

func symbolColumn() column {
	return column{"symbol", textCell, func(x *exportRow) cell { return wordCell(x.market.name) }, "name of the symbol"}
}

func symbolIDColumn() column {
	return column{"symbol_id", integerCell, func(x *exportRow) cell { return someCell(x.c.Symbol) }, "number of the symbol"}
}

func accountColumn() column {
	return column{"account", integerCell, func(x *exportRow) cell {
		return cell{set: hasAccount(x.c.Kind), n: int64(x.c.Account)}
	}, "that the command is about; 0 is that of the fees"}
}

// ofOrder is filled for commands that bring an order.
func ofOrder(text func(c *msg.Command) string) func(x *exportRow) cell {
	return func(x *exportRow) cell {
		if !bringsOrder(x.c) {
			return cell{}
		}
		return wordCell(text(x.c))
	}
}

func commandColumns() []column {
	return append([]column{
		seqColumn(), timeColumn(),
		{"command", textCell, func(x *exportRow) cell { return wordCell(x.c.Kind.String()) }, "kind of the command"},
		accountColumn(), symbolColumn(),
		{"side", textCell, ofOrder(func(c *msg.Command) string { return c.Side.String() }), "of the new order: buy, sell"},
		{"type", textCell, ofOrder(func(c *msg.Command) string { return c.Type.String() }), "of the new order: limit, market, limit-maker"},
		{"tif", textCell, ofOrder(func(c *msg.Command) string { return c.TIF.String() }), "of the new order: gtc, ioc, fok"},
		{"price", decimalCell, func(x *exportRow) cell { return stepCell(x.c.Price, x.market.price) }, "limit, in the quote asset"},
		{"quantity", decimalCell, func(x *exportRow) cell { return stepCell(x.c.Qty, x.market.qty) }, "in the base asset; of an amend the new one"},
		{"quote", decimalCell, func(x *exportRow) cell { return stepCell(x.c.Quote, x.market.quote) }, "amount of the quote asset, of a market order by amount"},
		{"order", integerCell, func(x *exportRow) cell { return someCell(x.c.Order) }, "the order meant by a cancel or an amend"},
		{"name", textCell, func(x *exportRow) cell { return wordCell(x.c.Name.String()) }, "client order id; or of what is made"},
		{"orig_name", textCell, func(x *exportRow) cell { return wordCell(x.c.OrigName.String()) }, "client order id of the order meant"},
		{"cancel_name", textCell, func(x *exportRow) cell { return wordCell(x.c.CancelName.String()) }, "client id of the cancel"},
		{"reason", textCell, func(x *exportRow) cell { return wordCell(refusedFor(x.events)) }, "why it was refused; none if it was not"},
		{"events", integerCell, func(x *exportRow) cell { return intCell(len(x.events)) }, "how many events followed from it"},
	}, rareColumns()...)
}

// rareColumns are those of commands that few commands have.
func rareColumns() []column {
	return []column{
		{"stp", textCell, func(x *exportRow) cell { return otherCell(x.c.STP, msg.NoPrevention) }, "self-trade prevention"},
		{"mode", textCell, func(x *exportRow) cell {
			if x.c.Kind != msg.CancelReplace {
				return cell{}
			}
			return wordCell(x.c.Mode.String())
		}, "of a cancel-replace"},
		{"only", textCell, func(x *exportRow) cell { return otherCell(x.c.Only, msg.Unrestricted) }, "how far the order may have come"},
		{"strategy", integerCell, func(x *exportRow) cell { return cell{set: x.c.Strategy.HasID, n: x.c.Strategy.ID} }, "given by the client"},
		{"strategy_type", integerCell, func(x *exportRow) cell { return someCell(x.c.Strategy.Type) }, "given by the client"},
		{"asset", textCell, func(x *exportRow) cell { return wordCell(x.asset.name) }, "of a credit or debit"},
		{"amount", decimalCell, func(x *exportRow) cell { return stepCell(x.c.Amount, x.asset.unit) }, "of a credit or debit"},
		{"transfer", integerCell, func(x *exportRow) cell { return someCell(x.c.Transfer) }, "number of a credit or debit"},
		{"status", textCell, ofKind(msg.SetStatus, func(c *msg.Command) string { return c.Status.String() }), "new one of an account"},
		{"phase", textCell, ofKind(msg.SetPhase, func(c *msg.Command) string { return c.Phase.String() }), "new one of a symbol"},
		{"maker_rate", integerCell, rate(func(c *msg.Command) msg.Rate { return c.Maker }), "of an account, in parts of 100,000,000; -1 = the symbol's"},
		{"taker_rate", integerCell, rate(func(c *msg.Command) msg.Rate { return c.Taker }), "the same"},
		{"scale", integerCell, func(x *exportRow) cell { return cell{set: x.c.Kind == msg.AddAsset, n: int64(x.c.Scale)} }, "decimals of a new asset"},
		{"spec", textCell, func(x *exportRow) cell { return wordCell(x.spec) }, "of a symbol, a JSON object in ticks, lots and smallest units"},
		symbolIDColumn(),
		{"asset_id", integerCell, func(x *exportRow) cell { return someCell(x.c.Asset) }, "number of the asset"},
		{"price_ticks", integerCell, func(x *exportRow) cell { return someCell(x.c.Price) }, "price in ticks"},
		{"quantity_lots", integerCell, func(x *exportRow) cell { return someCell(x.c.Qty) }, "quantity in lots"},
		{"quote_units", integerCell, func(x *exportRow) cell { return someCell(x.c.Quote) }, "quote in smallest units"},
		{"amount_units", integerCell, func(x *exportRow) cell { return someCell(x.c.Amount) }, "amount in smallest units"},
	}
}

func eventColumns() []column {
	return []column{
		seqColumn(), timeColumn(),
		{"n", integerCell, func(x *exportRow) cell { return intCell(x.n + 1) }, "of the event among those of its command, from 1"},
		{"event", textCell, func(x *exportRow) cell { return wordCell(x.v.Kind.String()) }, "kind of the event"},
		{"command", textCell, func(x *exportRow) cell { return wordCell(x.c.Kind.String()) }, "kind of the command"},
		accountColumn(), symbolColumn(),
		{"order", integerCell, func(x *exportRow) cell { return someCell(x.v.Order) }, "of a trade the one that came before the taker"},
		{"taker", integerCell, func(x *exportRow) cell { return someCell(x.v.Taker) }, "the other order of a trade"},
		{"trade", integerCell, func(x *exportRow) cell { return someCell(x.v.Trade) }, "number of the trade in its symbol"},
		{"price", decimalCell, func(x *exportRow) cell { return stepCell(x.v.Price, x.market.price) }, "in the quote asset"},
		{"quantity", decimalCell, func(x *exportRow) cell { return stepCell(x.v.Qty, x.market.qty) }, "in the base asset"},
		{"taker_quantity", decimalCell, func(x *exportRow) cell { return stepCell(x.v.TakerQty, x.market.qty) }, "of a trade that was prevented"},
		{"reason", textCell, func(x *exportRow) cell { return otherCell(x.v.Reason, msg.NoReason) }, "of a refusal or an expiry"},
		{"id", integerCell, func(x *exportRow) cell { return someCell(x.v.ID) }, "of the new account, asset or symbol"},
		symbolIDColumn(),
		{"price_ticks", integerCell, func(x *exportRow) cell { return someCell(x.v.Price) }, "price in ticks"},
		{"quantity_lots", integerCell, func(x *exportRow) cell { return someCell(x.v.Qty) }, "quantity in lots"},
		{"taker_lots", integerCell, func(x *exportRow) cell { return someCell(x.v.TakerQty) }, "taker_quantity in lots"},
	}
}

func tradeColumns() []column {
	return []column{
		seqColumn(), timeColumn(), symbolColumn(),
		{"trade", integerCell, func(x *exportRow) cell { return intCell(x.v.Trade) }, "its number in its symbol"},
		{"price", decimalCell, func(x *exportRow) cell { return stepCell(x.v.Price, x.market.price) }, "in the quote asset"},
		{"quantity", decimalCell, func(x *exportRow) cell { return stepCell(x.v.Qty, x.market.qty) }, "in the base asset"},
		{"value", decimalCell, func(x *exportRow) cell {
			v := stepCell(x.v.Price, x.market.units)
			v.by = int64(x.v.Qty)
			return v
		}, "price × quantity, in the quote asset"},
		{"taker", textCell, func(x *exportRow) cell { return wordCell(x.trade.taker.String()) }, "side of the order that came later: buy, sell"},
		{"auction", boolCell, func(x *exportRow) cell { return flagCell(x.c.Kind == msg.Uncross) }, "it ended a call auction"},
		{"buy_order", integerCell, func(x *exportRow) cell { return intCell(x.trade.buyOrder) }, "order that bought"},
		{"buy_account", integerCell, func(x *exportRow) cell { return intCell(x.trade.buyAccount) }, "whose it is"},
		{"sell_order", integerCell, func(x *exportRow) cell { return intCell(x.trade.sellOrder) }, "order that sold"},
		{"sell_account", integerCell, func(x *exportRow) cell { return intCell(x.trade.sellAccount) }, "whose it is"},
		symbolIDColumn(),
		{"price_ticks", integerCell, func(x *exportRow) cell { return intCell(x.v.Price) }, "price in ticks"},
		{"quantity_lots", integerCell, func(x *exportRow) cell { return intCell(x.v.Qty) }, "quantity in lots"},
	}
}

// otherCell returns the name of an enumeration's value if it is not the usual one.
func otherCell[T interface {
	~uint8 | ~uint16
	String() string
}](v, usual T) cell {
	if v == usual {
		return cell{}
	}
	return wordCell(v.String())
}

func ofKind(k msg.Kind, text func(c *msg.Command) string) func(x *exportRow) cell {
	return func(x *exportRow) cell {
		if x.c.Kind != k {
			return cell{}
		}
		return wordCell(text(x.c))
	}
}

func rate(of func(c *msg.Command) msg.Rate) func(x *exportRow) cell {
	return func(x *exportRow) cell { return cell{set: x.c.Kind == msg.SetFees, n: int64(of(x.c))} }
}

// refusedFor returns why a command was refused, or "".
func refusedFor(events []msg.Event) string {
	for i := range events {
		if events[i].Kind == msg.Rejected {
			return events[i].Reason.String()
		}
	}
	return ""
}

// schemaText describes the columns of all exports.
func schemaText() string {
	var b strings.Builder
	for k := exportCommands; k <= exportTrades; k++ {
		fmt.Fprintf(&b, "\nColumns of %v:\n\n", k)
		for _, c := range k.columns() {
			fmt.Fprintf(&b, "  %-15s %-8s %s\n", c.name, c.kind, c.doc)
		}
	}
	return b.String()
}

// String returns the name of the kind as the schema tells it.
func (k cellKind) String() string {
	return [...]string{integerCell: "integer", textCell: "text", decimalCell: "decimal", timeCell: "time", boolCell: "boolean"}[k]
}
