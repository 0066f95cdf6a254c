package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What tallied traders do: prices around one middle, so that orders meet, and as
// many open orders as the market allows at most.
const (
	talliedSymbol  = "BTCUSDT"
	talliedID      = 1 // of the symbol
	talliedMiddle  = 100_000
	talliedBand    = 30
	talliedMinLots = 1_000
	talliedMaxLots = 5_000
	talliedOpen    = 60
)

// tallied is a trader of whom all requests and answers are noted. Half of them only
// buy and half only sell, so nobody meets himself.
type tallied struct {
	tally   *outside
	prefix  string // of the ids of his requests
	account msg.AccountID
	side    msg.Side
	key     client.Key
	rng     *rand.Rand
	last    int       // number of his last request
	open    []resting // orders that were open when they were heard of
	asked   []string  // requests since these were looked after
}

// resting is an order of his own.
type resting struct {
	id  int64
	qty msg.Qty
}

// trade gives orders until one is not answered, or the context ends.
func (r *tallied) trade(ctx context.Context, via client.Carrier) {
	for ctx.Err() == nil {
		if !r.step(ctx, via) {
			return
		}
	}
}

// step makes one request, and reports whether it was answered.
func (r *tallied) step(ctx context.Context, via client.Carrier) bool {
	n := r.rng.IntN(100)
	if len(r.open) >= talliedOpen {
		n = 99
	}
	if len(r.open) < 3 && n >= 60 {
		n %= 60
	}
	switch {
	case n < 45:
		return r.place(ctx, via, msg.Limit, msg.GTC)
	case n < 52:
		return r.place(ctx, via, msg.Limit, msg.IOC)
	case n < 60:
		return r.place(ctx, via, msg.Market, msg.GTC)
	case n < 70:
		return r.amend(ctx, via)
	case n < 82:
		return r.replace(ctx, via)
	default:
		return r.cancel(ctx, via)
	}
}

// command begins a command.
func (r *tallied) command(kind msg.Kind) (c msg.Command, name string) {
	r.last++
	name = fmt.Sprintf("%s-%06d", r.prefix, r.last)
	return msg.Command{Kind: kind, Account: r.account, Symbol: talliedID}, name
}

// clientName returns a name that is known to be one.
func clientName(text string) msg.Name {
	n, err := msg.ParseName(text)
	if err != nil {
		panic(err)
	}
	return n
}

// order draws an order, and returns the parameters that ask for it.
func (r *tallied) order(c *msg.Command, name string) client.Params {
	c.Side, c.Name = r.side, clientName(name)
	c.Qty = msg.Qty(talliedMinLots + r.rng.IntN(talliedMaxLots-talliedMinLots))
	p := client.Params{
		{Name: "symbol", Value: talliedSymbol},
		{Name: "side", Value: [...]string{"BUY", "SELL"}[r.side]},
		{Name: "type", Value: [...]string{"LIMIT", "MARKET"}[c.Type]},
		{Name: "quantity", Value: lotText(c.Qty)},
		{Name: "newClientOrderId", Value: name},
		{Name: "newOrderRespType", Value: "FULL"},
	}
	if c.Type == msg.Limit {
		c.Price = msg.Price(talliedMiddle - talliedBand + r.rng.IntN(2*talliedBand))
		p = append(p, client.Param{Name: "price", Value: tickText(c.Price)}, client.Param{Name: "timeInForce", Value: [...]string{"GTC", "IOC"}[c.TIF]})
	}
	return p
}

func (r *tallied) place(ctx context.Context, via client.Carrier, kind msg.OrderType, tif msg.TimeInForce) bool {
	c, name := r.command(msg.Place)
	c.Type, c.TIF = kind, tif
	p := r.order(&c, name)
	told, ok := r.send(ctx, via, method("POST", "/order", "order.place"), p, name, &c)
	r.rests(&told)
	return ok
}

// rests notes an order that stays open.
func (r *tallied) rests(told *client.Order) {
	if told.Status == "NEW" || told.Status == "PARTIALLY_FILLED" {
		r.open = append(r.open, resting{told.ID, msg.Qty(lots(told.Quantity))})
	}
}

// lots reads a quantity that the exchange has told.
func lots(text string) int64 {
	n, err := msg.ParseDecimal(text, 8)
	if err != nil {
		panic(err)
	}
	return n / tallyLot
}

// pick takes one of his orders.
func (r *tallied) pick() resting {
	i := r.rng.IntN(len(r.open))
	o := r.open[i]
	r.open[i] = r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	return o
}

func (r *tallied) cancel(ctx context.Context, via client.Carrier) bool {
	o := r.pick()
	c, name := r.command(msg.Cancel)
	c.Order, c.CancelName = msg.OrderID(o.id), clientName(name)
	p := client.Params{{Name: "symbol", Value: talliedSymbol}, client.Int("orderId", o.id), {Name: "newClientOrderId", Value: name}}
	_, ok := r.send(ctx, via, method("DELETE", "/order", "order.cancel"), p, name, &c)
	return ok
}

func (r *tallied) amend(ctx context.Context, via client.Carrier) bool {
	o := r.pick()
	c, name := r.command(msg.Amend)
	c.Order, c.Name = msg.OrderID(o.id), clientName(name)
	c.Qty = max(o.qty-1-msg.Qty(r.rng.IntN(50)), 1)
	p := client.Params{
		{Name: "symbol", Value: talliedSymbol}, client.Int("orderId", o.id), {Name: "newQty", Value: lotText(c.Qty)}, {Name: "newClientOrderId", Value: name},
	}
	told, ok := r.send(ctx, via, method("PUT", "/order/amend/keepPriority", "order.amend.keepPriority"), p, name, &c)
	if told.ID != 0 {
		r.open = append(r.open, resting{o.id, c.Qty})
	}
	return ok
}

func (r *tallied) replace(ctx context.Context, via client.Carrier) bool {
	o := r.pick()
	c, name := r.command(msg.CancelReplace)
	cancelName := name + "-c"
	c.Order, c.CancelName = msg.OrderID(o.id), clientName(cancelName)
	p := append(r.order(&c, name), client.Int("cancelOrderId", o.id),
		client.Param{Name: "cancelReplaceMode", Value: "STOP_ON_FAILURE"}, client.Param{Name: "cancelNewClientOrderId", Value: cancelName})
	told, ok := r.send(ctx, via, method("POST", "/order/cancelReplace", "order.cancelReplace"), p, name, &c)
	r.rests(&told)
	return ok
}

// reply is any answer that grants a request.
type reply struct {
	client.Order

	Amended *client.Order `json:"amendedOrder"`
	New     *client.Order `json:"newOrderResponse"`
}

// send sends a request, and reports whether it was answered. What it told is zero
// when the answer was no.
func (r *tallied) send(ctx context.Context, via client.Carrier, m *client.Method, p client.Params, name string, c *msg.Command) (told client.Order, ok bool) {
	r.tally.ask(name, c)
	r.asked = append(r.asked, name)
	body, err := via.Call(ctx, m, &r.key, p)
	if client.Refused(err) {
		r.tally.hear(name, declined, nil)
		return told, !client.TooMany(err) && !client.Unauthorized(err)
	}
	if errors.Is(err, client.ErrNotSent) {
		r.tally.hear(name, declined, nil)
	}
	if err != nil {
		return told, false
	}
	var v reply
	if err := json.Unmarshal(body, &v); err != nil {
		return told, false // half an answer is none
	}
	switch {
	case v.New != nil:
		told = *v.New
	case v.Amended != nil:
		told = *v.Amended
	default:
		told = v.Order
	}
	r.tally.hear(name, granted, &told)
	return told, true
}
