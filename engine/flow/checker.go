package flow

import (
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Level is the price of a book's level and the open quantity at it.
type Level struct {
	Price msg.Price
	Qty   msg.Qty
}

// Depth appends the best n levels of a symbol's bids and asks, best first, as
// they are after the transaction that a Checker was last given.
type Depth func(symbol msg.SymbolID, n int, bids, asks []Level) ([]Level, []Level)

// CheckOptions says what a Checker compares beside the fills.
type CheckOptions struct {
	Books  *Books // recorded books, or nil
	Depth  Depth  // needed with Books
	Report bool   // compute the hash of the report stream
}

// Result is what a Checker has seen. Setup commands are not counted.
type Result struct {
	Commands       int `json:"commands"`
	Events         int `json:"events"`
	Trades         int `json:"trades"`
	Rejects        int `json:"rejects"` // refused commands
	FillMismatches int `json:"fill_mismatches"`
	BooksChecked   int `json:"books_checked"`
	BookMismatches int `json:"book_mismatches"`

	// The first of all is a refused setup command, or one of the other two.
	FirstMismatch     *Mismatch `json:"first_mismatch,omitempty"`
	FirstFillMismatch *Mismatch `json:"first_fill_mismatch,omitempty"`
	FirstBookMismatch *Mismatch `json:"first_book_mismatch,omitempty"`

	Uncross      []Uncross `json:"uncross,omitempty"`
	ReportSHA256 string    `json:"report_sha256,omitempty"`
}

// Uncross is the outcome of an uncross. Price is nil when nothing traded.
type Uncross struct {
	Price  *string `json:"price"`
	Volume string  `json:"volume"`
}

// Mismatch says where what happened first differs from what was recorded.
type Mismatch struct {
	Row      int    `json:"row"`  // from 1; 0 = a setup command
	What     string `json:"what"` // "fill 2", "price", "bid 1", "setup 5"
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// none stands for a fill, price or level that is not there.
const none = "none"

// String returns the mismatch in one line of text.
func (m *Mismatch) String() string {
	return fmt.Sprintf("row %d, %s: expected %s, got %s", m.Row, m.What, m.Expected, m.Got)
}

// Checker compares the transactions of a plan with what was recorded. It may be
// given each as soon as the Depth source has taken it in.
type Checker struct {
	plan   *Plan
	books  *bookChecker // nil without books
	report *report      // nil unless asked for
	next   msg.Seq
	result Result
}

var errNoDepth = errors.New("books cannot be checked without a source of depth")

// NewChecker returns a checker for a run of the plan.
func NewChecker(plan *Plan, options CheckOptions) (*Checker, error) {
	k := &Checker{plan: plan, next: 1}
	if options.Books != nil {
		if options.Depth == nil {
			return nil, errNoDepth
		}
		books, err := newBookChecker(plan, options.Books, options.Depth)
		if err != nil {
			return nil, err
		}
		k.books = books
	}
	if options.Report {
		k.report = newReport(plan)
	}
	return k, nil
}

// Transaction takes the next command and its events, setup commands included.
// Commands beyond those of the plan are not looked at.
func (k *Checker) Transaction(c *msg.Command, events []msg.Event) {
	if c.Seq != k.next {
		panic(fmt.Sprintf("flow: checker got command %d after %d", c.Seq, k.next-1))
	}
	k.next++
	if c.Seq < k.plan.FirstSeq {
		k.setup(c, events)
		return
	}
	row := int(c.Seq - k.plan.FirstSeq)
	if row >= k.plan.Len() {
		return
	}
	k.count(events)
	switch {
	case k.plan.flow.Rows[row].Op == OpUncross:
		k.uncross(row, events)
	case k.plan.flow.HasExpect:
		k.fills(row, events)
	}
	if k.report != nil {
		k.report.transaction(row, events)
	}
	if k.books != nil {
		k.book(row)
	}
}

// Result returns what has been seen so far.
func (k *Checker) Result() Result {
	r := k.result
	if k.report != nil {
		r.ReportSHA256 = k.report.sum()
	}
	return r
}

// OK reports whether nothing differed.
func (r *Result) OK() bool {
	return r.FillMismatches == 0 && r.BookMismatches == 0 && r.FirstMismatch == nil
}

// setup notes a setup command that was refused: then nothing after it can be as
// recorded, for the exchange was not an empty one.
func (k *Checker) setup(c *msg.Command, events []msg.Event) {
	for i := range events {
		if events[i].Kind == msg.Rejected {
			k.result.first(&Mismatch{What: fmt.Sprintf("setup %d", c.Seq), Expected: c.Kind.String(), Got: events[i].Reason.String()})
		}
	}
}

func (k *Checker) count(events []msg.Event) {
	k.result.Commands++
	k.result.Events += len(events)
	for i := range events {
		switch events[i].Kind {
		case msg.Traded:
			k.result.Trades++
		case msg.Rejected, msg.CancelRejected: // a command has at most one of them, since a replace stops at the first
			k.result.Rejects++
		default:
		}
	}
}

// first keeps the first mismatch of all.
func (r *Result) first(m *Mismatch) {
	if r.FirstMismatch == nil {
		r.FirstMismatch = m
	}
}

// firstFill keeps the first mismatch of a fill or of an uncross.
func (r *Result) firstFill(m *Mismatch) {
	if r.FirstFillMismatch == nil {
		r.FirstFillMismatch = m
		r.first(m)
	}
}

// firstBook keeps the first mismatch of a book.
func (r *Result) firstBook(m *Mismatch) {
	if r.FirstBookMismatch == nil {
		r.FirstBookMismatch = m
		r.first(m)
	}
}

// fills compares the trades of a row and reports whether they are as expected.
func (k *Checker) fills(row int, events []msg.Event) bool {
	expected, n := k.plan.flow.Expected(row), 0
	for i := range events {
		v := &events[i]
		if v.Kind != msg.Traded {
			continue
		}
		if n == len(expected) || !k.same(row, &expected[n], v) {
			k.fillMismatch(row, n, v)
			return false
		}
		n++
	}
	if n < len(expected) {
		k.fillMismatch(row, n, nil)
		return false
	}
	return true
}

// same reports whether a trade is the expected one. Outside an uncross its taker
// must be the order of the row, which the file does not repeat.
func (k *Checker) same(row int, f *Fill, v *msg.Event) bool {
	p := k.plan
	price, onTick := p.price.count(f.Price)
	qty, inLots := p.qty.count(f.Quantity)
	if !onTick || !inLots || price != int64(v.Price) || qty != int64(v.Qty) {
		return false
	}
	first, second := p.parties(row, v)
	return first == f.Order && second == f.Ask && (f.Ask != 0 || p.row(v.Taker) == row)
}

// parties returns the ids that an expected fill gives to a trade: that of the
// maker, or in an uncross those of bid and ask.
func (p *Plan) parties(row int, v *msg.Event) (first, second uint32) {
	maker, taker := p.row(v.Order), p.row(v.Taker)
	if p.flow.Rows[row].Op != OpUncross {
		return p.flow.Rows[maker].ID, 0
	}
	if p.steps[maker].side == msg.Sell {
		maker, taker = taker, maker
	}
	return p.flow.Rows[maker].ID, p.flow.Rows[taker].ID
}

// fillMismatch notes that the n-th fill of a row, from 0, differs. v is nil when
// there is none.
func (k *Checker) fillMismatch(row, n int, v *msg.Event) {
	k.result.FillMismatches++
	if k.result.FirstFillMismatch != nil {
		return
	}
	f, expected, got := k.plan.flow, none, none
	if fills := f.Expected(row); n < len(fills) {
		expected = string(f.appendFill(nil, &fills[n]))
	}
	if v != nil {
		got = string(k.plan.appendTrade(nil, row, v))
	}
	k.result.firstFill(&Mismatch{Row: row + 1, What: fmt.Sprintf("fill %d", n+1), Expected: expected, Got: got})
}

// uncross compares the fills and the price of an uncross; both together count as
// one mismatch at most.
func (k *Checker) uncross(row int, events []msg.Event) {
	p := k.plan
	u, price := Uncross{Volume: "0"}, msg.Price(0)
	for i := range events {
		if v := &events[i]; v.Kind == msg.Uncrossed && v.Qty > 0 {
			price = v.Price
			text := string(p.price.append(nil, int64(price)))
			u = Uncross{Price: &text, Volume: string(p.qty.append(nil, int64(v.Qty)))}
		}
	}
	k.result.Uncross = append(k.result.Uncross, u)
	if p.flow.HasExpect && !k.fills(row, events) {
		return
	}
	expected := p.flow.Rows[row].Price
	if expected == 0 {
		return
	}
	if ticks, ok := p.price.count(expected); ok && ticks == int64(price) {
		return
	}
	k.result.FillMismatches++
	got := none
	if u.Price != nil {
		got = *u.Price
	}
	k.result.firstFill(&Mismatch{Row: row + 1, What: "price", Expected: msg.FormatDecimal(expected, p.flow.PriceScale), Got: got})
}

// appendFill writes an expected fill as the file does.
func (f *Flow) appendFill(dst []byte, fill *Fill) []byte {
	dst = append(dst, f.ids.text(fill.Order)...)
	if fill.Ask != 0 {
		dst = append(append(dst, '/'), f.ids.text(fill.Ask)...)
	}
	dst = append(dst, '@')
	dst = append(dst, msg.FormatDecimal(fill.Price, f.PriceScale)...)
	dst = append(dst, ':')
	return append(dst, msg.FormatDecimal(fill.Quantity, f.QtyScale)...)
}

// appendTrade writes a trade as an expected fill is written.
func (p *Plan) appendTrade(dst []byte, row int, v *msg.Event) []byte {
	first, second := p.parties(row, v)
	dst = append(dst, p.flow.ids.text(first)...)
	if second != 0 {
		dst = append(append(dst, '/'), p.flow.ids.text(second)...)
	}
	dst = p.price.append(append(dst, '@'), int64(v.Price))
	dst = p.qty.append(append(dst, ':'), int64(v.Qty))
	if taker := p.row(v.Taker); second == 0 && taker != row {
		dst = fmt.Appendf(dst, " taken by the order of row %d", taker+1)
	}
	return dst
}
