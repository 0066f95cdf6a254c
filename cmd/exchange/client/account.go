package client

import (
	"context"
)

// Method is a signed method of the trading API, as each carrier knows it.
type Method struct {
	Verb, Path string // HTTP
	Name       string // websocket API
}

// Carrier carries signed requests: a Client over HTTP, a Conn over a websocket.
type Carrier interface {
	// Call returns the JSON result. An answer that says no is an *Error; after any
	// other error that is not ErrNotSent the outcome is unknown.
	Call(ctx context.Context, m *Method, key *Key, p Params) ([]byte, error)
}

// Account trades with a key, over a carrier.
type Account struct {
	Via Carrier
	Key Key
}

// NewOrder is an order to be placed. What is empty is left out.
type NewOrder struct {
	Symbol      string
	Side        string // BUY, SELL
	Type        string // LIMIT, LIMIT_MAKER, MARKET
	TimeInForce string // GTC, IOC, FOK; LIMIT only
	Quantity    string
	Quote       string // MARKET: the amount of the quote asset instead of a quantity
	Price       string
	ClientID    string
}

func (o *NewOrder) params() Params {
	p := make(Params, 0, 12)
	for _, one := range [...]Param{
		{"newClientOrderId", o.ClientID},
		{"newOrderRespType", "FULL"},
		{"price", o.Price},
		{"quantity", o.Quantity},
		{"quoteOrderQty", o.Quote},
		{"side", o.Side},
		{"symbol", o.Symbol},
		{"timeInForce", o.TimeInForce},
		{"type", o.Type},
	} {
		if one.Value != "" {
			p = append(p, one)
		}
	}
	return p
}

// Order is what the exchange says of an order: the answer to a new one, to a cancel
// or to a query. Decimals are as sent.
type Order struct {
	Symbol   string `json:"symbol"`
	ID       int64  `json:"orderId"`
	ClientID string `json:"clientOrderId"`     // of the cancel, in the answer to one
	OrigID   string `json:"origClientOrderId"` // in the answer to a cancel: the order's
	Price    string `json:"price"`
	Quantity string `json:"origQty"`
	Executed string `json:"executedQty"`
	Status   string `json:"status"`
	Type     string `json:"type"`
	Side     string `json:"side"`
	Time     int64  `json:"transactTime"`
	Fills    []Fill `json:"fills"`
}

// Fill is a part of an order that was traded when it was placed.
type Fill struct {
	Price    string `json:"price"`
	Quantity string `json:"qty"`
	TradeID  int64  `json:"tradeId"`
}

// Own is a trade of an account.
type Own struct {
	ID       int64  `json:"id"`
	OrderID  int64  `json:"orderId"`
	Price    string `json:"price"`
	Quantity string `json:"qty"`
	Quote    string `json:"quoteQty"`
	Fee      string `json:"commission"`
	FeeAsset string `json:"commissionAsset"`
	Buyer    bool   `json:"isBuyer"`
	Maker    bool   `json:"isMaker"`
}

// call carries a method and reads its result.
func call[T any](ctx context.Context, a *Account, m Method, p Params) (v T, err error) {
	body, err := a.Via.Call(ctx, &m, &a.Key, p)
	if err != nil {
		return v, err //nolint:wrapcheck // it says what was asked
	}
	err = read(body, "the answer to "+m.Name, &v)
	return v, err
}

// Place places an order.
func (a *Account) Place(ctx context.Context, o *NewOrder) (Order, error) {
	return call[Order](ctx, a, Method{"POST", "/api/v3/order", "order.place"}, o.params())
}

// Cancel cancels an order by its id.
func (a *Account) Cancel(ctx context.Context, symbol string, id int64) (Order, error) {
	return call[Order](ctx, a, Method{"DELETE", "/api/v3/order", "order.cancel"}, Params{{"symbol", symbol}, Int("orderId", id)})
}

// Replace cancels an order by its id and places another in one step. If the order
// is no longer open, nothing is placed.
func (a *Account) Replace(ctx context.Context, id int64, o *NewOrder) (Order, error) {
	type replaced struct {
		New Order `json:"newOrderResponse"`
	}
	p := append(o.params(), Int("cancelOrderId", id), Param{"cancelReplaceMode", "STOP_ON_FAILURE"})
	v, err := call[replaced](ctx, a, Method{"POST", "/api/v3/order/cancelReplace", "order.cancelReplace"}, p)
	return v.New, err
}

// CancelAll cancels all open orders in a symbol.
func (a *Account) CancelAll(ctx context.Context, symbol string) error {
	_, err := call[[]Order](ctx, a, Method{"DELETE", "/api/v3/openOrders", "openOrders.cancelAll"}, Params{{"symbol", symbol}})
	return err
}

// OpenOrders returns the open orders in a symbol.
func (a *Account) OpenOrders(ctx context.Context, symbol string) ([]Order, error) {
	return call[[]Order](ctx, a, Method{"GET", "/api/v3/openOrders", "openOrders.status"}, Params{{"symbol", symbol}})
}

// Order returns an order by its id.
func (a *Account) Order(ctx context.Context, symbol string, id int64) (Order, error) {
	return call[Order](ctx, a, Method{"GET", "/api/v3/order", "order.status"}, Params{{"symbol", symbol}, Int("orderId", id)})
}

// OrderByClientID returns an order by its client order id.
func (a *Account) OrderByClientID(ctx context.Context, symbol, id string) (Order, error) {
	return call[Order](ctx, a, Method{"GET", "/api/v3/order", "order.status"}, Params{{"symbol", symbol}, {"origClientOrderId", id}})
}

// Trades returns the newest trades in a symbol that the exchange keeps, up to 1,000,
// oldest first.
func (a *Account) Trades(ctx context.Context, symbol string) ([]Own, error) {
	return call[[]Own](ctx, a, Method{"GET", "/api/v3/myTrades", "myTrades"}, Params{{"symbol", symbol}, Int("limit", 1000)})
}

// Call carries a signed request over HTTP. All parameters are in the query.
func (c *Client) Call(ctx context.Context, m *Method, key *Key, p Params) ([]byte, error) {
	p = append(p, Int("timestamp", c.stamps.next()))
	query := p.appendSorted(make([]byte, 0, 384))
	signature := key.sign(query)
	query = append(append(query, "&signature="...), signature...)
	return c.send(ctx, m.Verb, m.Path, &request{query: query, key: key.ID})
}
