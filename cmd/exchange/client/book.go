package client

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// Level is a price with the quantity that waits there, as decimals.
type Level struct{ Price, Quantity string }

// UnmarshalJSON reads ["price","quantity"].
func (l *Level) UnmarshalJSON(b []byte) error {
	var pair [2]string
	if err := json.Unmarshal(b, &pair); err != nil {
		return err //nolint:wrapcheck // whoever reads says what
	}
	l.Price, l.Quantity = pair[0], pair[1]
	return nil
}

// Depth is a book as of an update id, best levels first.
type Depth struct {
	UpdateID int64   `json:"lastUpdateId"`
	Bids     []Level `json:"bids"`
	Asks     []Level `json:"asks"`
}

// Update is an event of a depth stream: the levels that were touched from one
// update id to another, with what is left there.
type Update struct {
	First int64   `json:"U"`
	Last  int64   `json:"u"`
	Bids  []Level `json:"b"`
	Asks  []Level `json:"a"`
}

// Book is a local book that is held by the rule of the wire format: updates are
// kept until a depth that was asked for meanwhile joins them, and then applied as
// long as none is missing. The zero value waits for a depth.
type Book struct {
	Depth

	Synced bool     // the book is that of the exchange as of UpdateID
	early  []Update // that came before the depth
}

// maxEarly bounds the updates that wait for a depth: at ten a second it is a minute.
const maxEarly = 600

// Reset begins anew, after the stream was lost.
func (b *Book) Reset() { *b = Book{early: b.early[:0]} }

// Update takes an event of the stream. It returns false when a depth is needed,
// which must be asked for after this.
func (b *Book) Update(u *Update) bool {
	if !b.Synced {
		if len(b.early) == maxEarly {
			b.early = b.early[:0]
		}
		b.early = append(b.early, *u)
		return false
	}
	if u.Last <= b.UpdateID {
		return true
	}
	if u.First > b.UpdateID+1 { // one is missing
		b.Reset()
		b.early = append(b.early, *u)
		return false
	}
	b.apply(u)
	return true
}

// Join takes a depth and applies the updates that follow it. It returns false when
// the depth is too old: then another is needed.
func (b *Book) Join(d *Depth) bool {
	if len(b.early) > 0 && d.UpdateID+1 < b.early[0].First {
		return false
	}
	early := b.early
	b.Depth, b.Synced, b.early = *d, true, nil
	for i := range early {
		if !b.Update(&early[i]) {
			return false
		}
	}
	return true
}

func (b *Book) apply(u *Update) {
	for _, l := range u.Bids {
		b.Bids = put(b.Bids, l, func(a, b string) int { return compare(b, a) })
	}
	for _, l := range u.Asks {
		b.Asks = put(b.Asks, l, compare)
	}
	b.UpdateID = u.Last
}

// put puts a level into a side that is sorted by order, or takes it out when
// nothing is left there.
func put(side []Level, l Level, order func(a, b string) int) []Level {
	i, ok := slices.BinarySearchFunc(side, l.Price, func(e Level, price string) int { return order(e.Price, price) })
	switch gone := strings.Trim(l.Quantity, "0.") == ""; {
	case ok && gone:
		return slices.Delete(side, i, i+1)
	case gone:
		return side
	case ok:
		side[i] = l
		return side
	}
	return slices.Insert(side, i, l)
}

// compare compares prices of one symbol. They have the same number of decimals and
// no leading zeros, so the longer one is the higher one, and no digit is lost to
// floating point.
func compare(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}
