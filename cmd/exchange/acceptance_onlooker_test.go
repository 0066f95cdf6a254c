package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// onlooker follows a symbol over one connection. It holds its book by the rule of
// the wire format, and the exchange to what that promises: no update id and no trade
// is left out, and best prices go on only.
type onlooker struct {
	client  *client.Client
	symbol  string
	streams []string                      // as they are called after the symbol
	heed    func(m *client.Message) error // what else there is to look at; may be nil

	mu       sync.Mutex
	book     client.Book
	updated  int64            // up to which id the depth stream has told
	latest   map[string]int64 // id, by stream of trades
	top      topEvent
	events   int
	diffs    int          // of them, changes of the book
	second   *client.Book // that is joined later, to be compared with the book
	compared chan error   // takes what comes of that
}

// topEvent is an event of best prices.
type topEvent struct {
	UpdateID int64  `json:"u"`
	Bid      string `json:"b"`
	BidQty   string `json:"B"`
	Ask      string `json:"a"`
	AskQty   string `json:"A"`
}

// fullDepth is the limit of a request for all levels.
const fullDepth = 5000

// errBroken says that the exchange did not keep its promise, and not that a
// connection has ended.
var errBroken = errors.New("not as promised")

// follow connects, joins, and follows until the connection ends, which it says why,
// or something is not as promised.
func (o *onlooker) follow(ctx context.Context) error {
	var names []string
	for _, stream := range o.streams {
		names = append(names, strings.ToLower(o.symbol)+"@"+stream)
	}
	s, err := o.client.Subscribe(ctx, names...)
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.book.Reset()
	o.begin()
	o.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		o.join(ctx)
	}()
	defer func() {
		cancel()
		s.Close()
		<-joined
	}()
	for {
		m, err := s.Next()
		if err != nil {
			return err
		}
		if err := o.take(&m); err != nil {
			return fmt.Errorf("%w: %s: %w", errBroken, m.Data, err)
		}
	}
}

// begin forgets what was told by an earlier connection.
func (o *onlooker) begin() {
	o.updated, o.latest = 0, make(map[string]int64)
	o.top = topEvent{UpdateID: -1} // those of an empty book are of update 0
}

// join asks for the book until it is one that joins what the stream tells. It gives
// up when the exchange does not answer.
func (o *onlooker) join(ctx context.Context) {
	for ctx.Err() == nil {
		d, err := o.client.Depth(ctx, o.symbol, fullDepth)
		if err != nil {
			return
		}
		o.mu.Lock()
		ok := o.book.Join(&d)
		o.compare()
		o.mu.Unlock()
		if ok {
			return
		}
	}
}

// take takes an event.
func (o *onlooker) take(m *client.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events++
	var err error
	switch _, stream, _ := strings.Cut(m.Stream, "@"); stream {
	case "depth@100ms":
		err = o.takeDiff(m)
	case "bookTicker":
		err = o.takeTop(m)
	case "trade", "aggTrade":
		err = o.takeTrade(m, stream)
	default:
		err = errors.New("nobody has subscribed to that")
	}
	if err == nil && o.heed != nil {
		err = o.heed(m)
	}
	return err
}

func (o *onlooker) takeDiff(m *client.Message) error {
	var u client.Update
	if err := m.Read(&u); err != nil {
		return err
	}
	if u.First > u.Last || o.updated != 0 && u.First != o.updated+1 {
		return fmt.Errorf("the event before ended with update %d", o.updated)
	}
	o.updated = u.Last
	o.diffs++
	if synced := o.book.Synced; !o.book.Update(&u) && synced {
		return fmt.Errorf("the book is as of update %d", o.book.UpdateID)
	}
	if o.second != nil {
		o.second.Update(&u)
		o.compare()
	}
	return nil
}

func (o *onlooker) takeTop(m *client.Message) error {
	before := o.top.UpdateID
	if err := m.Read(&o.top); err != nil {
		return err
	}
	if o.top.UpdateID <= before {
		return fmt.Errorf("the event before was of update %d", before)
	}
	return nil
}

func (o *onlooker) takeTrade(m *client.Message, stream string) error {
	var v struct {
		Trade int64 `json:"t"`
		Agg   int64 `json:"a"`
	}
	if err := m.Read(&v); err != nil {
		return err
	}
	id, before := v.Trade, o.latest[stream]
	if stream == "aggTrade" {
		id = v.Agg
	}
	if before != 0 && id != before+1 {
		return fmt.Errorf("the one before was %d", before)
	}
	o.latest[stream] = id
	return nil
}

// verify asks for the book, joins it with what the stream tells meanwhile, and waits
// until that is at the same update id as the book that is held: then both are the
// same. So is a connection's book with one that joined later, as of each id.
func (o *onlooker) verify(ctx context.Context) error {
	o.mu.Lock()
	o.second, o.compared = &client.Book{}, make(chan error, 1)
	o.mu.Unlock()
	for {
		d, err := o.client.Depth(ctx, o.symbol, fullDepth)
		if err != nil {
			return err
		}
		o.mu.Lock()
		ok := o.second.Join(&d)
		o.compare()
		o.mu.Unlock()
		if ok {
			break
		}
	}
	const patience = 20 * time.Second
	select {
	case err := <-o.compared:
		return err
	case <-time.After(patience):
		o.mu.Lock()
		defer o.mu.Unlock()
		return fmt.Errorf("%w: after %v the stream is at update %d, and the book that was asked for at %d", errBroken, patience, o.book.UpdateID, o.second.UpdateID)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// compare compares both books if they are as of the same update.
func (o *onlooker) compare() {
	if o.second == nil || !o.second.Synced || !o.book.Synced || o.second.UpdateID != o.book.UpdateID {
		return
	}
	var err error
	if diff := cmp.Diff(o.second.Depth, o.book.Depth); diff != "" {
		err = fmt.Errorf("%w: the book as of update %d, asked for (-) and held by the stream (+):\n%s", errBroken, o.book.UpdateID, diff)
	}
	o.second = nil
	o.compared <- err
}
