package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// witness remembers everything that had an id, over all restarts. What comes back
// with an id has to be what it was.
type witness struct {
	t      *testing.T
	symbol string

	mu      sync.Mutex
	content map[string]map[int64]string // by kind and id
	latest  map[string]int64            // highest id of each kind
}

// The kinds of ids.
const (
	idTrade     = "trade"
	idAggTrade  = "aggregate trade"
	idOrder     = "order"
	idOrderTime = "time of order"
	idExecution = "execution"
	idBest      = "best prices as of update"
	idUpdate    = "update"
)

func newWitness(t *testing.T, symbol string) *witness {
	return &witness{t: t, symbol: symbol, content: make(map[string]map[int64]string), latest: make(map[string]int64)}
}

// note remembers what has an id, or compares it with what had it before.
func (w *witness) note(kind string, id int64, content string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.content[kind]
	if of == nil {
		of = make(map[int64]string)
		w.content[kind] = of
	}
	if before, ok := of[id]; ok && before != content {
		return fmt.Errorf("%w: %s %d is %q and was %q", errBroken, kind, id, content, before)
	}
	of[id] = content
	w.latest[kind] = max(w.latest[kind], id)
	return nil
}

// words puts what something says into one text.
func words(v ...any) string { return strings.TrimSuffix(fmt.Sprintln(v...), "\n") }

// highest returns the highest id seen of a kind.
func (w *witness) highest(kind string) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest[kind]
}

// count returns how many ids of a kind were seen.
func (w *witness) count(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.content[kind])
}

// since returns the ids of a kind from one on.
func (w *witness) since(kind string, from int64) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []int64
	for id := range w.content[kind] {
		if id >= from {
			ids = append(ids, id)
		}
	}
	return ids
}

// tradeRow is a trade as streams and requests tell it.
type tradeRow struct {
	ID         int64  `json:"t"`
	Agg        int64  `json:"a"`
	First      int64  `json:"f"`
	Last       int64  `json:"l"`
	Price      string `json:"p"`
	Qty        string `json:"q"`
	Time       int64  `json:"T"`
	BuyerMaker bool   `json:"m"`
}

func (w *witness) noteAgg(v *tradeRow) error {
	return w.note(idAggTrade, v.Agg, words(v.First, v.Last, v.Price, v.Qty, v.Time, v.BuyerMaker))
}

func (w *witness) noteTrade(id int64, price, qty string, millis int64, buyerMaker bool) error {
	return w.note(idTrade, id, words(price, qty, millis, buyerMaker))
}

// noteOrder remembers what of an order never changes.
func (w *witness) noteOrder(id int64, clientID, side, price, qty string) error {
	return w.note(idOrder, id, words(clientID, side, units(w.t, price), units(w.t, qty)))
}

// heed takes an event of a market stream.
func (w *witness) heed(m *client.Message) error {
	switch _, stream, _ := strings.Cut(m.Stream, "@"); stream {
	case "trade", "aggTrade":
		var v tradeRow
		if err := m.Read(&v); err != nil {
			return err
		}
		if stream == "aggTrade" {
			return w.noteAgg(&v)
		}
		return w.noteTrade(v.ID, v.Price, v.Qty, v.Time, v.BuyerMaker)
	case "bookTicker":
		var v topEvent
		if err := m.Read(&v); err != nil {
			return err
		}
		if err := w.note(idUpdate, v.UpdateID, ""); err != nil {
			return err
		}
		return w.note(idBest, v.UpdateID, words(v.Bid, v.BidQty, v.Ask, v.AskQty))
	default:
		var v client.Update
		if err := m.Read(&v); err != nil {
			return err
		}
		return w.note(idUpdate, v.Last, "")
	}
}

// execution is the event of a user's order.
type execution struct {
	Event    string `json:"e"`
	ID       int64  `json:"I"`
	Order    int64  `json:"i"`
	ClientID string `json:"c"`
	Original string `json:"C"`
	Side     string `json:"S"`
	Price    string `json:"p"`
	Qty      string `json:"q"`
	Created  int64  `json:"O"`
	Kind     string `json:"x"`
	Status   string `json:"X"`
	Executed string `json:"z"`
	Trade    int64  `json:"t"`
}

func (w *witness) noteExecution(v *execution) error {
	if v.Original != "" {
		v.ClientID = v.Original // the other one is that of a cancel
	}
	if err := w.note(idExecution, v.ID, words(v.Order, v.Kind, v.Status, v.Executed, v.Trade)); err != nil {
		return err
	}
	if err := w.note(idOrderTime, v.Order, strconv.FormatInt(v.Created, 10)); err != nil {
		return err
	}
	return w.noteOrder(v.Order, v.ClientID, v.Side, v.Price, v.Qty)
}

// watchBooks asks for the book again and again until the exchange does not answer:
// it is never older than what a stream has told before.
func (w *witness) watchBooks(ctx context.Context, c *client.Client) error {
	for ; ctx.Err() == nil; pause(ctx, 2*time.Millisecond) {
		if err := w.lookAtBook(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (w *witness) lookAtBook(ctx context.Context, c *client.Client) error {
	seen := w.highest(idUpdate)
	d, err := c.Depth(ctx, w.symbol, 5)
	if err != nil {
		return err
	}
	if d.UpdateID < seen {
		return fmt.Errorf("%w: the book is as of update %d, after a stream has told of %d", errBroken, d.UpdateID, seen)
	}
	return nil
}

// watchUsers follows the events of accounts until the connection ends.
func (w *witness) watchUsers(ctx context.Context, c *client.Client, keys []client.Key) error {
	ws, resp, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+c.Host()+"/ws-api/v3", nil)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	defer ws.Close() //nolint:errcheck // it is of no more use
	defer context.AfterFunc(ctx, func() { _ = ws.Close() })()
	err = inTime(ctx, func() error {
		_, err := c.Call(ctx, method("GET", "/account", "account.status"), &keys[0], nil)
		return err
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		payload := fmt.Sprintf("apiKey=%s&timestamp=%d", key.ID, time.Now().UnixMicro())
		mac := hmac.New(sha256.New, []byte(key.Secret))
		_, _ = mac.Write([]byte(payload)) // it never fails
		params := strings.NewReplacer("=", `":"`, "&", `","`).Replace(payload)
		request := fmt.Sprintf(`{"id":%d,"method":"userDataStream.subscribe.signature","params":{"%s","signature":"%s"}}`,
			i, params, hex.EncodeToString(mac.Sum(nil)))
		if err := ws.WriteMessage(websocket.TextMessage, []byte(request)); err != nil {
			return err
		}
	}
	for {
		_, text, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		var v struct {
			Status int            `json:"status"`
			Event  jsontext.Value `json:"event"`
		}
		if err := json.Unmarshal(text, &v); err != nil {
			return fmt.Errorf("%w: %s: %w", errBroken, text, err)
		}
		if v.Event == nil && v.Status != 200 {
			return fmt.Errorf("%w: no subscription to user data: %s", errBroken, text)
		}
		if v.Event == nil || !strings.Contains(string(v.Event), `"executionReport"`) {
			continue
		}
		var e execution
		if err := json.Unmarshal(v.Event, &e); err != nil {
			return fmt.Errorf("%w: %s: %w", errBroken, text, err)
		}
		if err := w.noteExecution(&e); err != nil {
			return err
		}
	}
}

// lookBack compares what the exchange tells of the past with what was seen of it.
func (w *witness) lookBack(ctx context.Context, c *client.Client) error {
	if err := w.lookAtBook(ctx, c); err != nil {
		return err
	}
	trades, err := c.RecentTrades(ctx, w.symbol, 1000)
	if err != nil {
		return err
	}
	told := make(map[int64]bool)
	for _, v := range trades {
		told[v.ID] = true
		if err := w.noteTrade(v.ID, v.Price, v.Quantity, v.Time, v.BuyerMaker); err != nil {
			return err
		}
	}
	if len(trades) > 0 {
		for _, id := range w.since(idTrade, trades[0].ID) {
			if !told[id] {
				return fmt.Errorf("%w: trade %d was seen and is gone", errBroken, id)
			}
		}
	}
	return w.lookBackAtAggregates(ctx, c)
}

func (w *witness) lookBackAtAggregates(ctx context.Context, c *client.Client) error {
	var rows []tradeRow
	p := client.Params{{Name: "symbol", Value: w.symbol}, client.Int("limit", 1000)}
	if err := ask(ctx, c, method("GET", "/aggTrades", "trades.aggregate"), &client.Key{}, p, &rows); err != nil {
		return err
	}
	for i := range rows {
		if err := w.noteAgg(&rows[i]); err != nil {
			return err
		}
	}
	if n := len(rows); n > 0 && rows[n-1].Agg < w.highest(idAggTrade) {
		return fmt.Errorf("%w: aggregate trade %d was seen, the newest is %d", errBroken, w.highest(idAggTrade), rows[n-1].Agg)
	}
	return nil
}

// lookBackAtOrders compares the orders of accounts with what was seen of them.
func (w *witness) lookBackAtOrders(ctx context.Context, c *client.Client, keys []client.Key) error {
	seen := w.since(idOrderTime, 0)
	told := make(map[int64]bool)
	for i := range keys {
		if err := inTime(ctx, func() error { return w.ordersOf(ctx, c, &keys[i], told) }); err != nil {
			return err
		}
	}
	for _, id := range seen {
		if !told[id] {
			return fmt.Errorf("%w: order %d was seen and is gone", errBroken, id)
		}
	}
	return nil
}

func (w *witness) ordersOf(ctx context.Context, c *client.Client, key *client.Key, told map[int64]bool) error {
	var rows []struct {
		client.Order

		Created int64 `json:"time"`
	}
	for from := int64(0); ; from = rows[len(rows)-1].ID + 1 {
		rows = nil
		p := client.Params{{Name: "symbol", Value: w.symbol}, client.Int("orderId", from), client.Int("limit", 1000)}
		if err := ask(ctx, c, method("GET", "/allOrders", "allOrders"), key, p, &rows); err != nil {
			return err
		}
		for i := range rows {
			v := &rows[i]
			told[v.ID] = true
			if err := w.noteOrder(v.ID, v.ClientID, v.Side, v.Price, v.Quantity); err != nil {
				return err
			}
			if err := w.note(idOrderTime, v.ID, strconv.FormatInt(v.Created, 10)); err != nil {
				return err
			}
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// inTime does something until an exchange takes signatures. One that has just started
// does not take those that an earlier one might have taken, of about a second.
func inTime(ctx context.Context, f func() error) error {
	for {
		err := f()
		if client.Code(err) != client.CodeTime || ctx.Err() != nil {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// ask calls a method and reads its result.
func ask(ctx context.Context, via client.Carrier, m *client.Method, key *client.Key, p client.Params, into any) error {
	body, err := via.Call(ctx, m, key, p)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read %s: %w", body, err)
	}
	return nil
}
