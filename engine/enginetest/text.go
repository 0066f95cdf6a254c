package enginetest

import (
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// commandText writes a command on one line, in ticks, lots and numbers.
func commandText(c *msg.Command) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Kind)
	field := func(name string, v any, set bool) {
		if set {
			fmt.Fprintf(&b, " %s=%v", name, v)
		}
	}
	order := c.Kind == msg.Place || c.Kind == msg.CancelReplace
	field("account", c.Account, c.Account != 0)
	field("symbol", c.Symbol, c.Symbol != 0)
	field("order", c.Order, c.Order != 0)
	field("orig-name", c.OrigName, !c.OrigName.IsZero())
	field("cancel-name", c.CancelName, !c.CancelName.IsZero())
	field("mode", c.Mode, c.Kind == msg.CancelReplace)
	field("only", c.Only, c.Only != msg.Unrestricted)
	if order {
		fmt.Fprintf(&b, " %v %v %v", c.Side, c.Type, c.TIF)
	}
	field("price", c.Price, c.Price != 0)
	field("qty", c.Qty, c.Qty != 0)
	field("quote", c.Quote, c.Quote != 0)
	field("stp", c.STP, c.STP != 0)
	field("name", c.Name, !c.Name.IsZero())
	field("strategy", c.Strategy, c.Strategy != msg.Strategy{})
	field("status", c.Status, c.Kind == msg.SetStatus)
	field("phase", c.Phase, c.Kind == msg.SetPhase)
	field("scale", c.Scale, c.Kind == msg.AddAsset)
	field("asset", c.Asset, c.Asset != 0)
	field("amount", c.Amount, c.Amount != 0)
	field("transfer", c.Transfer, c.Transfer != 0)
	field("maker", c.Maker, c.Kind == msg.SetFees)
	field("taker", c.Taker, c.Kind == msg.SetFees)
	if c.Spec != nil {
		fmt.Fprintf(&b, " %+v", *c.Spec)
	}
	fmt.Fprintf(&b, " at=%d", c.Time)
	return b.String()
}

// eventsText writes events on one line.
func eventsText(events []msg.Event) string {
	texts := make([]string, len(events))
	for i, v := range events {
		texts[i] = eventText(&v)
	}
	return strings.Join(texts, "; ")
}

func eventText(v *msg.Event) string {
	var b strings.Builder
	fmt.Fprint(&b, v.Kind)
	for _, f := range [...]struct {
		name string
		v    int64
	}{
		{"id", int64(v.ID)},
		{"order", int64(v.Order)},
		{"taker", int64(v.Taker)},
		{"trade", int64(v.Trade)},
		{"price", int64(v.Price)},
		{"qty", int64(v.Qty)},
		{"taker-qty", int64(v.TakerQty)},
	} {
		if f.v != 0 {
			fmt.Fprintf(&b, " %s=%d", f.name, f.v)
		}
	}
	if v.Reason != msg.NoReason {
		fmt.Fprintf(&b, " %v", v.Reason)
	}
	return b.String()
}
