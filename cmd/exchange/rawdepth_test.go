package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// levelBook is a book as a client keeps it: quantities by price, of both sides.
type levelBook struct {
	id         int64
	bids, asks map[string]string
}

func newLevelBook() *levelBook {
	return &levelBook{bids: make(map[string]string), asks: make(map[string]string)}
}

// set puts quantities at prices.
func (b *levelBook) set(bids, asks [][2]string) {
	for side, levels := range map[*map[string]string][][2]string{&b.bids: bids, &b.asks: asks} {
		for _, l := range levels {
			if l[1] == "0.00000000" {
				delete(*side, l[0])
			} else {
				(*side)[l[0]] = l[1]
			}
		}
	}
}

func (b *levelBook) clone() *levelBook {
	return &levelBook{b.id, maps.Clone(b.bids), maps.Clone(b.asks)}
}

func (b *levelBook) equal(o *levelBook) bool {
	return maps.Equal(b.bids, o.bids) && maps.Equal(b.asks, o.asks)
}

// best returns the best price of a side with its quantity; zeros when it is empty.
func best(side map[string]string, better func(a, b int64) bool) [2]string {
	found, top := [2]string{"0.00000000", "0.00000000"}, int64(0)
	for price, quantity := range side {
		n := priceUnits(price)
		if found[0] == "0.00000000" || better(n, top) {
			found, top = [2]string{price, quantity}, n
		}
	}
	return found
}

func priceUnits(price string) (n int64) {
	for _, c := range price {
		if c != '.' {
			n = 10*n + int64(c-'0')
		}
	}
	return n
}

// diffFollower follows one stream of changes of the book.
type diffFollower struct {
	t      *testing.T
	stream string
	book   *levelBook
	books  map[int64]*levelBook // by the id with which an event ends
	events int
	nets   int // events that leave the book as it was
}

// take takes an event, which must follow the one before.
func (f *diffFollower) take(data json.RawMessage) {
	type event struct {
		Kind   string      `json:"e"`
		Time   int64       `json:"E"`
		Symbol string      `json:"s"`
		First  int64       `json:"U"`
		Last   int64       `json:"u"`
		Bids   [][2]string `json:"b"`
		Asks   [][2]string `json:"a"`
	}
	e := readExact[event](f.t, string(data))
	if e.Kind != "depthUpdate" || e.Symbol != "BTCUSDT" || e.Time == 0 || e.Last < e.First || e.First != f.book.id+1 {
		f.t.Errorf("%s: an event from %d to %d follows %d: %s", f.stream, e.First, e.Last, f.book.id, data)
	}
	for _, side := range [][][2]string{e.Bids, e.Asks} {
		var prices []string
		for _, l := range side {
			prices = append(prices, l[0])
			if rawKinds["dec"].FindString(rawText(l[0])) == "" || rawKinds["dec"].FindString(rawText(l[1])) == "" {
				f.t.Errorf("%s: the level %q", f.stream, l)
			}
		}
		slices.Sort(prices)
		if len(slices.Compact(prices)) != len(side) {
			f.t.Errorf("%s: a level twice in %s", f.stream, data)
		}
	}
	before := f.book.clone()
	f.book.set(e.Bids, e.Asks)
	f.book.id = e.Last
	if f.book.equal(before) {
		f.nets++
	}
	f.books[e.Last] = f.book.clone()
	f.events++
}

// TestRawDepthIDs has random orders come in, also such that leave nothing behind,
// and follows the book on every stream about it. Update ids have no gaps at either
// speed, both tell the same books, and depth, best levels and best prices are of the
// same ids.
func TestRawDepthIDs(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	s := r.dial("/stream?streams=btcusdt@depth/btcusdt@depth@100ms/btcusdt@depth5@100ms/btcusdt@bookTicker")
	followers := map[string]*diffFollower{}
	for _, stream := range []string{"btcusdt@depth", "btcusdt@depth@100ms"} {
		followers[stream] = &diffFollower{t: t, stream: stream, book: newLevelBook(), books: make(map[int64]*levelBook)}
	}
	fast, slow := followers["btcusdt@depth@100ms"], followers["btcusdt@depth"]
	var flow sync.WaitGroup
	defer flow.Wait()
	ended := make(chan struct{})
	flow.Go(func() {
		r.randomOrders(time.Duration(scaled(1500, 1500, 30_000)) * time.Millisecond)
		close(ended)
		// Something is told after the end, whatever the flow has come to.
		k := r.rich()
		r.dial("/ws-api/v3?returnRateLimits=false").call(&k, "order.place", "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&side=BUY&price=9000&quantity=0.001")
	})
	tops := map[int64]string{}
	parts := map[int64]string{}
	var seen int64 // update id of the last best prices
	for {
		m := readRaw[struct {
			Stream string
			Data   json.RawMessage
		}](t, s.read())
		switch f := followers[m.Stream]; {
		case f != nil:
			f.take(m.Data)
		case strings.HasSuffix(m.Stream, "bookTicker"):
			top := readExact[topEvent](t, string(m.Data))
			if top.UpdateID < seen {
				t.Errorf("best prices of update %d follow those of %d", top.UpdateID, seen)
			}
			seen = top.UpdateID
			tops[seen] = fmt.Sprint([2]string{top.Bid, top.BidQty}, [2]string{top.Ask, top.AskQty})
		default:
			part := readRaw[rawDepth](t, string(m.Data))
			parts[part.ID] = string(m.Data)
		}
		select {
		case <-ended:
		default:
			continue
		}
		// All is told when the streams have come to where the book is.
		if last := readRaw[rawDepth](t, r.get("/api/v3/depth?symbol=BTCUSDT&limit=5000").body); fast.book.id == last.ID && slow.book.id == last.ID {
			end := newLevelBook()
			end.set(last.Bids, last.Asks)
			if !fast.book.equal(end) || !slow.book.equal(end) {
				t.Errorf("in the end the book is %v, and by the streams %v and %v", end, fast.book, slow.book)
			}
			break
		}
	}
	same := 0
	for id, book := range slow.books {
		if other := fast.books[id]; other != nil {
			same++
			if !book.equal(other) {
				t.Errorf("the books of update %d differ: %v, %v", id, book, other)
			}
		}
	}
	checked := 0
	for id, top := range tops {
		if book := fast.books[id]; book != nil {
			checked++
			want := fmt.Sprint(best(book.bids, func(a, b int64) bool { return a > b }), best(book.asks, func(a, b int64) bool { return a < b }))
			if top != want {
				t.Errorf("the best prices of update %d are %s, and of the book %s", id, top, want)
			}
		}
	}
	for id, text := range parts {
		if book := fast.books[id]; book != nil {
			checked++
			part := readRaw[rawDepth](t, text)
			for _, l := range part.Bids {
				if book.bids[l[0]] != l[1] {
					t.Errorf("update %d: the best bids %v are not of the book %v", id, part.Bids, book.bids)
				}
			}
			if len(part.Bids) != min(5, len(book.bids)) || len(part.Asks) != min(5, len(book.asks)) {
				t.Errorf("update %d: %d bids and %d asks of %d and %d", id, len(part.Bids), len(part.Asks), len(book.bids), len(book.asks))
			}
		}
	}
	t.Logf("%d fast events, %d slow ones, %d that changed nothing; %d books compared, %d tops and parts", fast.events, slow.events, fast.nets+slow.nets, same, checked)
	if fast.events < 5 || slow.events < 1 || same == 0 || checked == 0 || fast.nets == 0 {
		t.Error("too little was seen")
	}
}

// rawDepth is a book as it is asked for.
type rawDepth struct {
	ID   int64       `json:"lastUpdateId"`
	Bids [][2]string `json:"bids"`
	Asks [][2]string `json:"asks"`
}

// randomOrders has two accounts place and cancel orders for a while. Now and then
// they do nothing but place one and cancel it, so that the book is as before.
func (r *rawVenue) randomOrders(long time.Duration) {
	rng := rand.New(rand.NewPCG(11, 13))
	traders := []rawKey{r.rich(), r.rich()}
	sockets := []*rawSocket{r.dial("/ws-api/v3?returnRateLimits=false"), r.dial("/ws-api/v3?returnRateLimits=false")}
	var open [2][]int64
	place := func(i int, side, price string) int64 {
		_, result, _ := rawResult(r.t, sockets[i].call(&traders[i], "order.place", "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&newOrderRespType=RESULT&side="+side+
			"&price="+price+"&quantity=0.00"+strconv.Itoa(1+rng.IntN(9))))
		if result == "" {
			return 0
		}
		if o := readRaw[rawOrder](r.t, result); o.Status == "NEW" || o.Status == "PARTIALLY_FILLED" {
			return o.ID
		}
		return 0
	}
	cancel := func(i int, id int64) {
		sockets[i].call(&traders[i], "order.cancel", fmt.Sprintf("symbol=BTCUSDT&orderId=%d", id))
	}
	for end := time.Now().Add(long); time.Now().Before(end); {
		i, side := rng.IntN(2), []string{"BUY", "SELL"}[rng.IntN(2)]
		switch {
		case rng.IntN(150) == 0: // a while in which nothing is left of what happens
			pause(r.t.Context(), 110*time.Millisecond)
			if id := place(i, "BUY", "10000"); id != 0 {
				cancel(i, id)
			}
			pause(r.t.Context(), 110*time.Millisecond)
		case len(open[i]) > 15:
			cancel(i, open[i][0])
			open[i] = open[i][1:]
		default:
			if id := place(i, side, fmt.Sprintf("%d.%02d", 19_990+rng.IntN(20), rng.IntN(3))); id != 0 {
				open[i] = append(open[i], id)
			}
		}
	}
}
