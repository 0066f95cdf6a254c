package client

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/go-json-experiment/json"
)

func levels(pairs ...string) []Level {
	var all []Level
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Level{pairs[i], pairs[i+1]})
	}
	return all
}

// TestBookJoins walks through the rule by which a book is joined to its updates.
func TestBookJoins(t *testing.T) {
	var b Book
	update := func(first, last int64, bids ...string) *Update {
		return &Update{First: first, Last: last, Bids: levels(bids...)}
	}
	for _, u := range []*Update{update(11, 12, "1.0", "5.0"), update(13, 13, "2.0", "6.0"), update(14, 15, "1.0", "0.0")} {
		if b.Update(u) || b.Synced {
			t.Fatal("a book without a depth took an update")
		}
	}
	if b.Join(&Depth{UpdateID: 9}) || b.Synced {
		t.Fatal("a depth that ends before the updates begin was taken")
	}
	if !b.Join(&Depth{UpdateID: 12, Bids: levels("3.0", "1.0", "1.0", "5.0")}) {
		t.Fatal("the depth was not taken")
	}
	if want := levels("3.0", "1.0", "2.0", "6.0"); !slices.Equal(b.Bids, want) || b.UpdateID != 15 {
		t.Errorf("the bids are %v at %d, want %v", b.Bids, b.UpdateID, want)
	}
	if !b.Update(update(14, 15, "9.0", "9.0")) || len(b.Bids) != 2 {
		t.Error("an update from before was applied")
	}
	if b.Update(update(17, 17, "9.0", "9.0")) || b.Synced {
		t.Error("a gap was not seen")
	}
	if !b.Join(&Depth{UpdateID: 16}) || !slices.Equal(b.Bids, levels("9.0", "9.0")) {
		t.Errorf("after the gap the bids are %v", b.Bids)
	}
}

// TestBookGapWhileJoining has an update missing among those that waited.
func TestBookGapWhileJoining(t *testing.T) {
	var b Book
	b.Update(&Update{First: 1, Last: 2})
	b.Update(&Update{First: 4, Last: 4})
	if b.Join(&Depth{UpdateID: 1}) {
		t.Error("a gap was passed over")
	}
	if !b.Join(&Depth{UpdateID: 4}) {
		t.Error("the next depth was not taken")
	}
}

// TestBookKeepsOrder applies random updates and compares with a map.
func TestBookKeepsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b Book
	b.Join(&Depth{})
	naive := make(map[string]string)
	for id := int64(1); id <= 3000; id++ {
		price := strconv.FormatFloat(float64(rng.IntN(300))/4+90, 'f', 8, 64)
		quantity := strconv.FormatFloat(float64(rng.IntN(3)), 'f', 8, 64)
		b.Update(&Update{First: id, Last: id, Bids: levels(price, quantity), Asks: levels(price, quantity)})
		if naive[price] = quantity; quantity == "0.00000000" {
			delete(naive, price)
		}
	}
	number := func(l Level) float64 {
		v, err := strconv.ParseFloat(l.Price, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if len(b.Asks) != len(naive) || len(b.Bids) != len(naive) {
		t.Fatalf("%d asks and %d bids, want %d", len(b.Asks), len(b.Bids), len(naive))
	}
	for i, l := range b.Asks {
		if naive[l.Price] != l.Quantity || b.Bids[len(b.Bids)-1-i] != l {
			t.Errorf("level %d is %v, bid %v, want quantity %s", i, l, b.Bids[len(b.Bids)-1-i], naive[l.Price])
		}
		if i > 0 && number(b.Asks[i-1]) >= number(l) {
			t.Errorf("%v comes before %v", b.Asks[i-1], l)
		}
	}
}

// TestUpdateJSON reads an event whose names differ in case only.
func TestUpdateJSON(t *testing.T) {
	var u Update
	text := `{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":3,"u":5,"b":[["1.0","2.0"]],"a":[]}`
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		t.Fatal(err)
	}
	if u.First != 3 || u.Last != 5 || !slices.Equal(u.Bids, levels("1.0", "2.0")) || len(u.Asks) != 0 {
		t.Errorf("got %+v", u)
	}
}
