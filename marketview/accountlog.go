package marketview

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// accountLog keeps the newest rows of each account.
type accountLog[T any] struct {
	links  pool[link[T]]
	chains []chain // by the slot of the account's record
	keep   int32   // rows kept of an account
}

// push returns the place of an account's next row. Of more than keep, the oldest
// goes; there is no place when none are kept.
func (l *accountLog[T]) push(owner slot) *T {
	c := l.chain(owner)
	if c.n == l.keep {
		drop(c, &l.links)
	}
	return push(c, &l.links)
}

// chain returns the chain of an account, which may be new.
func (l *accountLog[T]) chain(owner slot) *chain {
	for int(owner) >= len(l.chains) {
		l.chains = append(l.chains, chain{})
	}
	return &l.chains[owner]
}

// fold appends the rows of a transaction to those of their accounts.
func (l *accountLog[T]) fold(all []Owned[T]) {
	if l.keep == 0 {
		return
	}
	for i := range all {
		*l.push(all[i].owner) = all[i].Row
	}
}

// each calls f with the rows kept of an account, oldest first.
func (l *accountLog[T]) each(m *market, a msg.AccountID, f func(row *T)) {
	owner := m.byID.find(uint64(a) + 1)
	if int64(owner) >= int64(len(l.chains)) {
		return
	}
	for row := range oldestFirst(&l.chains[owner], &l.links) {
		f(row)
	}
}

// owners returns the slots of all accounts with rows, by number.
func (l *accountLog[T]) owners(m *market) []slot {
	var owners []slot
	for s := range l.chains {
		if l.chains[s].n > 0 {
			owners = append(owners, slot(s))
		}
	}
	slices.SortFunc(owners, func(a, b slot) int { return cmp.Compare(m.accounts.at(a).ID, m.accounts.at(b).ID) })
	return owners
}

// appendState appends a section: by account, the rows kept, oldest first. AppendRow
// appends one of them after last.
func (l *accountLog[T]) appendState(dst []byte, m *market, appendRow func(dst []byte, row, last *T) []byte) []byte {
	owners := l.owners(m)
	dst = appendUint(dst, len(owners))
	for _, s := range owners {
		c := &l.chains[s]
		dst = appendUint(dst, uint32(m.accounts.at(s).ID))
		dst = appendUint(dst, int(c.n))
		var last T
		for row := range oldestFirst(c, &l.links) {
			dst = appendRow(dst, row, &last)
			last = *row
		}
	}
	return dst
}

// restore reads a section whose rows take at least size bytes each. Where this set
// keeps fewer, the oldest go. Row reads the one of an account after last.
func (l *accountLog[T]) restore(d *decoder, m *market, size int, row func(d *decoder, a msg.AccountID, last *T) T) {
	if len(l.chains) != 0 {
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
			*l.push(m.account(a)) = r
		}
	}
}

// trades reports whether an account may have orders in a symbol.
func (m *market) trades(a msg.AccountID, sym msg.SymbolID) bool {
	return m.symbols[sym].Spec.Accounting != msg.Balances || a != msg.FeeAccount && int(a) < m.created
}

// limitRows cuts the rows of dst from an index on to limit: to the oldest of them,
// or else to the newest.
func limitRows[T any](dst []T, from, limit int, oldest bool) []T {
	rows := dst[from:]
	if cut := len(rows) - max(limit, 0); cut > 0 {
		if !oldest {
			copy(rows, rows[cut:])
		}
		rows = rows[:len(rows)-cut]
	}
	return dst[:from+len(rows)]
}

// checkReported finds no account with more rows than it may have, and the execution
// ids of each account and symbol ascending, none of which the symbol has not given
// yet. Of returns symbol and id of a row.
func (l *accountLog[T]) checkReported(m *market, rows string, of func(*T) (msg.SymbolID, uint64)) error {
	for _, s := range l.owners(m) {
		c, account := &l.chains[s], m.accounts.at(s).ID
		if c.n > l.keep {
			return fmt.Errorf("account %d has %d %s and may keep %d", account, c.n, rows, l.keep)
		}
		last := make(map[msg.SymbolID]uint64)
		for r := range oldestFirst(c, &l.links) {
			symbol, id := of(r)
			if given := m.symbols[symbol].ExecutionID; id <= last[symbol] || id > given {
				return fmt.Errorf("account %d has one of its %s with execution id %d after %d in symbol %d, which is at %d", account, rows, id, last[symbol], symbol, given)
			}
			last[symbol] = id
		}
	}
	return nil
}
