package enginetest

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func TestNaiveAgreesWithItself(t *testing.T) {
	for seed := range uint64(10) {
		if err := Run(seed, 1000, NaiveEngine); err != nil {
			t.Fatal(err)
		}
	}
}

// broken is an exchange with a planted error.
type broken struct {
	Engine
	events func(c *msg.Command, v []msg.Event) []msg.Event
	orders func([]Order) []Order
	check  func() error
}

func (b broken) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	events = b.Engine.Execute(c, events)
	if b.events == nil {
		return events
	}
	return b.events(c, events)
}

func (b broken) Orders(id msg.SymbolID, side msg.Side) []Order {
	orders := b.Engine.Orders(id, side)
	if b.orders == nil {
		return orders
	}
	return b.orders(orders)
}

func (b broken) Check() error {
	if b.check == nil {
		return b.Engine.Check()
	}
	return b.check()
}

// TestRunFindsAndShrinks plants errors and expects each to be found and told
// with few commands.
func TestRunFindsAndShrinks(t *testing.T) {
	sells := 0
	for name, plant := range map[string]func(e Engine) broken{
		"events differ": func(e Engine) broken {
			return broken{Engine: e, events: func(_ *msg.Command, v []msg.Event) []msg.Event {
				if len(v) > 2 && v[2].Kind == msg.Traded { // the second trade of an order is forgotten
					return slices.Delete(v, 2, 3)
				}
				return v
			}}
		},
		"panic: amended": func(e Engine) broken {
			return broken{Engine: e, events: func(_ *msg.Command, v []msg.Event) []msg.Event {
				if v[0].Kind == msg.Amended {
					panic("amended")
				}
				return v
			}}
		},
		"orders, naive": func(e Engine) broken {
			return broken{Engine: e, orders: func(o []Order) []Order { return o[:min(len(o), 2)] }}
		},
		"check: wrong at sell": func(e Engine) broken {
			sells = 0
			return broken{Engine: e, events: func(c *msg.Command, v []msg.Event) []msg.Event {
				if v[0].Kind == msg.Accepted && c.Side == msg.Sell {
					sells++
				}
				return v
			}, check: func() error {
				if sells >= 3 {
					return errors.New("wrong at sell")
				}
				return nil
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			for seed := uint64(1); err == nil && seed < 10; seed++ { // not every mix has what it takes
				err = Run(seed, 2000, func() Engine { return plant(NaiveEngine()) })
			}
			if err == nil {
				t.Fatal("the planted error was not found")
			}
			text := err.Error()
			if !strings.Contains(text, name) {
				t.Errorf("want %q in\n%s", name, text)
			}
			_, rest, _ := strings.Cut(text, "shrunk to ")
			count, _, _ := strings.Cut(rest, " ")
			if n, err := strconv.Atoi(count); err != nil || n > 25 {
				t.Errorf("shrunk to %q commands:\n%s", count, text)
			}
			t.Log(text)
		})
	}
}
