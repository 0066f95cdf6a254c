package api

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// TestCancelManyOrders cancels more orders than one command does: the answer tells of
// all, oldest first, whether a command is left with nothing to cancel or not.
func TestCancelManyOrders(t *testing.T) {
	for _, n := range []int{msg.MaxCancels - 1, msg.MaxCancels, msg.MaxCancels + 1, 3 * msg.MaxCancels} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			a, _ := traders(t)
			var placed []int64
			for i := range n {
				events := a.exchange.place(t, ann, btcusdt, msg.Buy, msg.Price(1+i%7), 1)
				placed = append(placed, int64(events[0].Order))
			}
			keep := a.exchange.place(t, bob, btcusdt, msg.Buy, 1, 1)[0].Order

			var canceled []struct {
				ID     int64  `json:"orderId"`
				Status string `json:"status"`
			}
			if err := json.Unmarshal([]byte(a.must(t, "DELETE openOrders?symbol=BTCUSDT")), &canceled); err != nil {
				t.Fatal(err)
			}
			if len(canceled) != n {
				t.Fatalf("%d are canceled, want %d", len(canceled), n)
			}
			for i, c := range canceled {
				if c.ID != placed[i] || c.Status != "CANCELED" {
					t.Fatalf("answer %d is of order %d %s, want %d CANCELED", i, c.ID, c.Status, placed[i])
				}
			}
			if left := a.exchange.engine.OpenOrders(); left != 1 {
				t.Errorf("%d orders are open, want one", left)
			}
			if _, ok := a.exchange.engine.Order(keep); !ok {
				t.Error("the order of somebody else is gone")
			}
			a.refuse(t, "DELETE openOrders?symbol=BTCUSDT", 400, `{"code":-2011,"msg":"Unknown order sent."}`)
		})
	}
}

// busyAfter makes an exchange busy after a command of a kind.
type busyAfter struct {
	exchange *testExchange
	kind     msg.Kind
}

func (f busyAfter) Fold(_ *marketview.Views, c *msg.Command, _ []msg.Event) {
	if c.Kind == f.kind {
		f.exchange.fail = gateway.ErrBusy
	}
}

func (busyAfter) Flush() {}

// TestCancelManyInterrupted has the exchange busy before the second part: what became
// of the orders is not said, as a refusal would.
func TestCancelManyInterrupted(t *testing.T) {
	a, _ := traders(t)
	for range msg.MaxCancels + 1 {
		a.exchange.place(t, ann, btcusdt, msg.Buy, 1, 1)
	}
	a.exchange.feeds = append(a.exchange.feeds, busyAfter{a.exchange, msg.CancelAll})
	c := a.newCall(t, "symbol=BTCUSDT")
	if err := a.Serve(a.method(t, "DELETE", "/api/v3/openOrders"), c); err != ErrUnexpected {
		t.Errorf("answer is %v, want %v", err, ErrUnexpected)
	}
	if left := a.exchange.engine.OpenOrders(); left != 1 {
		t.Errorf("%d orders are open, want one", left)
	}
}
