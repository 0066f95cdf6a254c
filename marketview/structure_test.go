package marketview

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The structures below the views, each against the plainest thing that does the
// same.

func TestIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var x index
	want := make(map[uint64]slot)
	for range 100_000 {
		key := rng.Uint64N(500) << (32 * rng.Uint64N(2))
		switch s := x.find(key); {
		case s != want[key]:
			t.Fatalf("key %d: slot %d, want %d", key, s, want[key])
		case s == 0 && rng.IntN(3) > 0:
			want[key] = rng.Uint32N(1<<31) + 1
			x.put(key, want[key])
		default:
			if x.remove(key) != (s != 0) {
				t.Fatalf("key %d with slot %d is not removed", key, s)
			}
			delete(want, key)
		}
	}
	if x.n != len(want) {
		t.Errorf("%d keys, want %d", x.n, len(want))
	}
}

func TestPool(t *testing.T) {
	var p pool[int]
	taken := make(map[slot]bool)
	for i := range 3 * pageLen {
		s := p.take()
		if s == 0 || taken[s] {
			t.Fatalf("slot %d is taken twice", s)
		}
		taken[s] = true
		*p.at(s) = i
	}
	if p.used() != 3*pageLen || *p.at(pageLen) != pageLen-1 {
		t.Errorf("%d in use, record %d", p.used(), *p.at(pageLen))
	}
	p.give(7)
	if p.used() != 3*pageLen-1 || p.take() != 7 {
		t.Error("a place given back is not used again")
	}
}

// Rows of several accounts stand in one log: some have many, some few, and one has
// none for long. It is never much longer than what is kept.
func TestAccountLog(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	m := newMarket()
	l := accountLog[int]{keep: 50}
	var want [8][]int
	for i := range 200_000 {
		a := min(rng.IntN(8), rng.IntN(8), rng.IntN(8))
		if a == 6 && i%100_000 > 5_000 || a == 7 && i > 1_000 {
			continue
		}
		*l.rows.at(l.push(m.account(msg.AccountID(a)))) = i
		want[a] = append(want[a], i)
		if len(want[a]) > 50 {
			want[a] = want[a][1:]
		}
		if most := 2*l.kept + logSlack + 2*50; l.head-l.tail > position(most) {
			t.Fatalf("%d rows of which %d are kept", l.head-l.tail, l.kept)
		}
		if i%997 != 0 {
			continue
		}
		if err := l.check(&m, "rows"); err != nil {
			t.Fatal(err)
		}
		for _, o := range l.byOwner(&m) {
			got := make([]int, 0, 50)
			for _, p := range o.rows {
				got = append(got, *l.rows.at(p))
			}
			if !slices.Equal(got, want[o.account]) {
				t.Fatalf("account %d has rows %v, want %v", o.account, got, want[o.account])
			}
		}
	}
	if len(want[7]) == 0 || l.tail == 0 {
		t.Fatal("nothing was moved")
	}
}

func TestRing(t *testing.T) {
	for keep := range 5 {
		var r ring[int]
		for i := range 12 {
			if at := r.push(keep); at != nil {
				*at = i
			}
			if r.len() != min(i+1, keep) {
				t.Fatalf("%d of %d rows are kept", r.len(), keep)
			}
			for k := range r.len() {
				if got, want := *r.at(k), i+1-r.len()+k; got != want {
					t.Fatalf("row %d of %d is %d, want %d", k, r.len(), got, want)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	type key struct {
		account msg.AccountID
		name    msg.Name
	}
	n := newNames()
	want := make(map[key]slot)
	keys := make(map[slot]key)
	for i := range slot(50_000) {
		k := key{account: msg.AccountID(rng.IntN(3))}
		copy(k.name[:], []byte{'a' + byte(rng.IntN(26)), 'a' + byte(rng.IntN(26))})
		hash := n.hash(k.account, &k.name)
		if k.name[0]%2 == 0 {
			hash = uint32(k.name[0]) // of many
		}
		s := n.find(hash, &k.name, func(s slot) bool { return keys[s] == k })
		if s != want[k] {
			t.Fatalf("%s of account %d is order %d, want %d", k.name, k.account, s, want[k])
		}
		if s == 0 {
			want[k], keys[i+1] = i+1, k
			n.put(i+1, hash, &k.name)
		} else if rng.IntN(2) == 0 {
			delete(want, k)
			delete(keys, s)
			n.remove(s)
		}
	}
	if n.n != len(want) {
		t.Errorf("%d names, want %d", n.n, len(want))
	}
}

// Levels come and go all over the range, most often near the best price. Some of the
// changes know where their level is.
func TestSide(t *testing.T) {
	for _, which := range []msg.Side{msg.Buy, msg.Sell} {
		rng := rand.New(rand.NewPCG(4, uint64(which)))
		var d depth
		want := make(map[msg.Price]Level)
		slots := make(map[msg.Price]slot)
		for i := range 200_000 {
			price := msg.Price(rng.IntN(3_000)) + 1
			if i%2 == 0 {
				price = 1_500 + msg.Price(rng.NormFloat64()*30)
			}
			c := Change{Symbol: 3, Side: which, Price: price, Delta: msg.Qty(rng.IntN(9) + 1), Orders: 1}
			have := want[price]
			if have.Orders > 0 && (have.Orders == 100 || rng.IntN(1_000) > 400-i/10_000) {
				c.Delta, c.Orders = -have.Qty, -int8(have.Orders)
			}
			left := Level{price, have.Qty + c.Delta, have.Orders + int(c.Orders)}
			known := slot(0)
			if have.Orders > 0 && i%3 == 0 {
				known = slots[price]
			}
			slots[price] = d.change(&c, known)
			if c.Qty != left.Qty || c.UpdateID != uint64(i+1) {
				t.Fatalf("change %d: %d lots are left at %d, want %d", c.UpdateID, c.Qty, price, left.Qty)
			}
			if want[price] = left; left.Orders == 0 {
				delete(want, price)
			}
			if i%5_000 == 0 {
				checkSide(t, &d, which, want)
			}
		}
		checkSide(t, &d, which, want)
	}
}

func checkSide(t *testing.T, d *depth, which msg.Side, want map[msg.Price]Level) {
	t.Helper()
	s := &d.books[3].sides[which]
	rows := d.appendLevels(nil, s, which, 0)
	if len(rows) != len(want) || d.levels.used() != len(want) || int(s.levels) != len(want) {
		t.Fatalf("%d levels in %d places, want %d", len(rows), d.levels.used(), len(want))
	}
	for i, l := range rows {
		if want[l.Price] != l {
			t.Fatalf("%+v, want %+v", l, want[l.Price])
		}
		if i > 0 && (which == msg.Buy) != (rows[i-1].Price > l.Price) {
			t.Fatalf("%v %d comes after %d", which, l.Price, rows[i-1].Price)
		}
	}
	for _, b := range s.blocks {
		if len(b) == 0 || len(b) > blockLen {
			t.Fatalf("a block of %d levels", len(b))
		}
	}
}
