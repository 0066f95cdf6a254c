package marketview

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// accountLog keeps the newest rows of each account: those of all in one log, in the
// order in which they came. So a row is written behind the last one, and a row that
// is one too many is not looked at; it is left behind, and the log goes on without it
// when its tail comes there. What the tail finds that is still kept is moved to the
// head, with all other rows of its account. That is rare: the log is twice as long as
// what is kept, so an account to which this happens had few new rows for long.
//
// Between transactions
//  1. the rows kept of an account are found from the newest to the oldest, and their
//     numbers fall by one,
//  2. no account keeps more than the limit, and rows that are not kept either belong
//     to nobody or their number says that they are too old,
//  3. all accounts together keep as many as the log counts.
type accountLog[T any] struct {
	rows window[T]
	tags window[tag]
	tail position
	head position // of the next row
	kept int      // rows, of all accounts
	runs []run    // by the slot of the account's record
	keep int32    // rows kept of an account

	moving []position // reused
	beside companion  // nil when all of a row lies in the log
}

// companion has something of the rows of a log elsewhere.
type companion interface {
	moved(from, to position) // a row is copied
	gone(p position)         // a row that is not kept is about to go
	left(p position)         // all rows of the page of p are gone
}

// tag says where a row belongs.
type tag struct {
	owner slot   // the account's record; zero when the row was moved elsewhere
	back  uint32 // how far back the account's row before this one lies, if that is kept
	n     uint32 // number of the row within its account
}

// run is what is kept of an account.
type run struct {
	newest position
	n      uint32 // number of the newest row
	kept   int32
}

// Of so many rows more than twice those kept, the log goes on without the oldest.
const logSlack = pageLen

// push returns the position of an account's next row, which the caller writes. Of
// more than keep, which is not zero, the oldest is no longer kept.
func (l *accountLog[T]) push(owner slot) position {
	for i := 0; i < 2 && l.head-l.tail > position(2*l.kept+logSlack); i++ {
		l.advance()
	}
	r := l.run(owner)
	if r.kept < l.keep {
		r.kept++
		l.kept++
	}
	r.n++
	return l.append(tag{owner: owner, n: r.n}, r)
}

// append makes room for a row of r at the head.
func (l *accountLog[T]) append(t tag, r *run) position {
	p := l.head
	if p%pageLen == 0 {
		l.tags.extend(l.tail, p)
		l.rows.extend(l.tail, p)
	}
	l.head++
	t.back = uint32(p - r.newest)
	r.newest = p
	*l.tags.at(p) = t
	return p
}

// advance takes the oldest row out of the log.
func (l *accountLog[T]) advance() {
	p := l.tail
	if l.holds(p) {
		l.move(l.tags.at(p).owner)
	} else if l.beside != nil && l.tags.at(p).owner != 0 {
		l.beside.gone(p)
	}
	if l.tail++; l.tail%pageLen != 0 {
		return
	}
	l.tags.leave(p)
	l.rows.leave(p)
	if l.beside != nil {
		l.beside.left(p)
	}
}

// move moves the rows kept of an account to the head.
func (l *accountLog[T]) move(owner slot) {
	r := &l.runs[owner]
	l.moving = l.moving[:0]
	for p := range l.newestFirst(owner) {
		l.moving = append(l.moving, p)
	}
	for _, p := range slices.Backward(l.moving) {
		t := l.tags.at(p)
		to := l.append(*t, r)
		*l.rows.at(to) = *l.rows.at(p)
		if l.beside != nil {
			l.beside.moved(p, to)
		}
		l.tags.at(p).owner = 0
	}
}

// run returns what is kept of an account, which may be new.
func (l *accountLog[T]) run(owner slot) *run {
	for int(owner) >= len(l.runs) {
		l.runs = append(l.runs, run{})
	}
	return &l.runs[owner]
}

// holds reports whether the row at p, which is in the log, is kept.
func (l *accountLog[T]) holds(p position) bool {
	t := l.tags.at(p)
	if t.owner == 0 {
		return false
	}
	r := &l.runs[t.owner]
	return r.n-t.n < uint32(r.kept)
}

// newestFirst runs through the rows kept of an account, the newest first.
func (l *accountLog[T]) newestFirst(owner slot) iter.Seq[position] {
	return func(yield func(position) bool) {
		if int64(owner) >= int64(len(l.runs)) {
			return
		}
		p := l.runs[owner].newest
		for range l.runs[owner].kept {
			if !yield(p) {
				return
			}
			p -= position(l.tags.at(p).back)
		}
	}
}

// fold appends the rows of a transaction to those of their accounts.
func (l *accountLog[T]) fold(all []Owned[T]) {
	if l.keep == 0 {
		return
	}
	for i := range all {
		*l.rows.at(l.push(all[i].owner)) = all[i].Row
	}
}

// appendRows appends what row makes of the rows kept and meant of an account to dst,
// oldest first: up to limit, the oldest of them or else the newest.
func appendRows[T, R any](dst []R, l *accountLog[T], m *market, a msg.AccountID, limit int, oldest bool, meant func(*T) bool, row func(*T) R) []R {
	from := len(dst)
	for p := range l.newestFirst(m.byID.find(uint64(a) + 1)) {
		if !oldest && len(dst)-from >= limit {
			break
		}
		if r := l.rows.at(p); meant(r) {
			dst = append(dst, row(r))
		}
	}
	slices.Reverse(dst[from:])
	return dst[:from+min(len(dst)-from, max(limit, 0))]
}

// owned is where the rows kept of an account lie, oldest first.
type owned struct {
	account msg.AccountID
	owner   slot
	rows    []position
}

// byOwner returns where all rows kept lie, by account.
func (l *accountLog[T]) byOwner(m *market) []owned {
	var all []owned
	places, at := make([]position, l.kept), 0
	for s := range l.runs {
		if n := int(l.runs[s].kept); n > 0 {
			all = append(all, owned{m.accounts.at(slot(s)).ID, slot(s), places[at : at+n : at+n]})
			at += n
		}
	}
	for i := range all {
		rows := all[i].rows
		for p := range l.newestFirst(all[i].owner) {
			rows[len(rows)-1] = p
			rows = rows[:len(rows)-1]
		}
	}
	slices.SortFunc(all, func(a, b owned) int { return cmp.Compare(a.account, b.account) })
	return all
}

// appendState appends a section: by account, the rows kept, oldest first. AppendRow
// appends one of them after last.
func (l *accountLog[T]) appendState(dst []byte, m *market, appendRow func(dst []byte, row, last *T) []byte) []byte {
	all := l.byOwner(m)
	dst = appendUint(dst, len(all))
	for i := range all {
		dst = appendUint(dst, uint32(all[i].account))
		dst = appendUint(dst, len(all[i].rows))
		var last T
		for _, p := range all[i].rows {
			row := l.rows.at(p)
			dst = appendRow(dst, row, &last)
			last = *row
		}
	}
	return dst
}

// restore reads a section whose rows take at least size bytes each. Where this set
// keeps fewer, the oldest go. Row reads the one of an account after last.
func (l *accountLog[T]) restore(d *decoder, m *market, size int, row func(d *decoder, a msg.AccountID, last *T) T) {
	if len(l.runs) != 0 {
		d.fail(ErrUsed)
	}
	for n, last := d.count(2+size), -1; n > 0 && d.err == nil; n-- {
		id := d.upTo(1<<32 - 1)
		d.must(int(id) > last, ErrOrder)
		last = int(id)
		l.restoreAccount(d, m, msg.AccountID(id), size, row)
	}
}

func (l *accountLog[T]) restoreAccount(d *decoder, m *market, a msg.AccountID, size int, row func(d *decoder, a msg.AccountID, last *T) T) {
	n := d.count(size)
	d.must(n > 0, ErrRange)
	var r T
	for ; n > 0; n-- {
		r = row(d, a, &r)
		if d.err != nil {
			return
		}
		if l.keep > 0 {
			*l.rows.at(l.push(m.account(a))) = r
		}
	}
}

// trades reports whether an account may have orders in a symbol.
func (m *market) trades(a msg.AccountID, sym msg.SymbolID) bool {
	return m.symbols[sym].Spec.Accounting != msg.Balances || a != msg.FeeAccount && int(a) < m.created
}

// check finds the log as its comment says.
func (l *accountLog[T]) check(m *market, rows string) error {
	kept, held := 0, 0
	for s := range l.runs {
		r := &l.runs[s]
		if r.kept > l.keep {
			return fmt.Errorf("account %d has %d %s and may keep %d", m.accounts.at(slot(s)).ID, r.kept, rows, l.keep)
		}
		kept += int(r.kept)
		n := r.n
		for p := range l.newestFirst(slot(s)) {
			if t := l.tags.at(p); p < l.tail || p >= l.head || t.owner != slot(s) || t.n != n {
				return fmt.Errorf("%s of account %d: number %d lies at %d of %d to %d: %+v", rows, m.accounts.at(slot(s)).ID, n, p, l.tail, l.head, t)
			}
			n--
		}
	}
	for p := l.tail; p < l.head; p++ {
		if l.holds(p) {
			held++
		}
	}
	if kept != l.kept || held != l.kept {
		return fmt.Errorf("accounts have %d %s, %d are held, %d are counted", kept, rows, held, l.kept)
	}
	return nil
}

// checkReported finds the log in order, and the execution ids of each account and
// symbol ascending, none of which the symbol has not given yet. Of returns symbol and
// id of a row.
func (l *accountLog[T]) checkReported(m *market, rows string, of func(*T) (msg.SymbolID, uint64)) error {
	for _, o := range l.byOwner(m) {
		last := make(map[msg.SymbolID]uint64)
		for _, p := range o.rows {
			symbol, id := of(l.rows.at(p))
			if given := m.symbols[symbol].ExecutionID; id <= last[symbol] || id > given {
				return fmt.Errorf("account %d has one of its %s with execution id %d after %d in symbol %d, which is at %d", o.account, rows, id, last[symbol], symbol, given)
			}
			last[symbol] = id
		}
	}
	return l.check(m, rows)
}
