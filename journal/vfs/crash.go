package vfs

import (
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
)

// CrashClone returns what a power cut at this moment would leave. With a nil rng that is what was synced and nothing else.
// Otherwise chance decides what else reached the disk:
//
//   - of each file any of its sectors, 512 bytes each, that were written since its last good Sync: each as it was then, or as
//     any of the writes since has left it, whatever the order of the writes was;
//   - of each file any length between the shortest and the longest since then; what was never written there is zero;
//   - of each directory any of the changes since its last SyncDir, in their order: a name that was made, removed or renamed,
//     which is one change also when it replaces another file.
//
// After a Sync that failed, what it was about stays in doubt: later good ones do not make it durable, unless it is written again.
//
// That is a superset of what file systems with a journal of their own do. They make changes of directories durable in one order
// for all directories, and the name of a new file with its first fsync; nothing here may count on either. Not in it: sectors that
// change by themselves, sectors torn within, and contents of other files where a file was lengthened.
func (m *Mem) CrashClone(rng *rand.Rand) *Mem {
	if rng == nil {
		return m.crash(nothing{})
	}
	return m.crash(chance{rng})
}

// States returns in how many ways CrashClone can choose, most of which differ in what they leave. Of lengths it counts those that
// the file has had and the ends of sectors between.
func (m *Mem) States() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.root.ways(map[*node]bool{})
}

// CrashStates yields what a power cut at this moment may leave, in all of the ways that States counts if they are at most so many,
// else the first of them.
func (m *Mem) CrashStates(most int) iter.Seq[*Mem] {
	return func(yield func(*Mem) bool) {
		o := &odometer{}
		for range most {
			o.at = 0
			if !yield(m.crash(o)) || !o.next() {
				return
			}
		}
	}
}

func (m *Mem) crash(c chooser) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Mem{root: m.root.crash(c, map[*node]*node{}), limit: m.limit}
}

// A chooser decides between outcomes. The first is always that nothing more than what was synced has reached the disk.
type chooser interface {
	pick(n int) int
	// size picks the length of a file of which the lengths are possible; last is the one that programs see.
	size(lengths []int, last int) int
}

type nothing struct{}

func (nothing) pick(int) int                  { return 0 }
func (nothing) size(lengths []int, _ int) int { return lengths[0] }

type chance struct{ rng *rand.Rand }

func (c chance) pick(n int) int { return c.rng.IntN(n) }

func (c chance) size(lengths []int, last int) int {
	if c.rng.IntN(2) == 0 {
		return last // the usual outcome deserves more than one chance in a thousand
	}
	lo, hi := slices.Min(lengths), slices.Max(lengths)
	return lo + c.rng.IntN(hi-lo+1)
}

// odometer goes through all choices, one way each time.
type odometer struct {
	digits []digit
	at     int
}

type digit struct{ value, n int }

func (o *odometer) pick(n int) int {
	if o.at == len(o.digits) {
		o.digits = append(o.digits, digit{0, n})
	}
	o.at++
	return o.digits[o.at-1].value
}

func (o *odometer) size(lengths []int, _ int) int { return lengths[o.pick(len(lengths))] }

// next turns to the next way; false after the last.
func (o *odometer) next() bool {
	for len(o.digits) > 0 {
		d := &o.digits[len(o.digits)-1]
		if d.value++; d.value < d.n {
			return true
		}
		o.digits = o.digits[:len(o.digits)-1]
	}
	return false
}

// crash copies n; done keeps a file that is reachable by two names one file.
func (n *node) crash(c chooser, done map[*node]*node) *node {
	if left, ok := done[n]; ok {
		return left
	}
	if !n.dir {
		data := n.tear(c)
		left := &node{data: data, durable: slices.Clone(data)}
		done[n] = left
		return left
	}
	entries := n.synced
	if len(n.pending) > 0 {
		entries = maps.Clone(entries)
		for _, ch := range n.pending {
			if c.pick(2) == 1 {
				ch.apply(entries)
			}
		}
	}
	left := newDir()
	for _, name := range slices.Sorted(maps.Keys(entries)) { // sorted: a seed must give one outcome
		left.entries[name] = entries[name].crash(c, done)
	}
	left.synced = maps.Clone(left.entries)
	done[n] = left
	return left
}

// tear returns what a file holds after a power cut.
func (n *node) tear(c chooser) []byte {
	if len(n.dirty) == 0 && len(n.sizes) == 0 {
		return slices.Clone(n.durable)
	}
	lengths := n.lengths()
	size := c.size(lengths, len(n.data))
	out := make([]byte, slices.Max(lengths))
	copy(out, n.durable)
	for _, versions := range n.versions() {
		if v := c.pick(1 + len(versions)); v > 0 {
			put(out, n.dirty[versions[v-1]])
		}
	}
	return out[:size]
}

// lengths returns the lengths that States counts: the durable one first, then the others in ascending order.
func (n *node) lengths() []int {
	lo, hi := len(n.durable), len(n.durable)
	for _, size := range n.sizes {
		lo, hi = min(lo, size), max(hi, size)
	}
	others := slices.Clone(n.sizes)
	for end := (lo/sectorBytes + 1) * sectorBytes; end < hi; end += sectorBytes {
		others = append(others, end)
	}
	slices.Sort(others)
	all := []int{len(n.durable)}
	for _, size := range slices.Compact(others) {
		if size != len(n.durable) {
			all = append(all, size)
		}
	}
	return all
}

// versions returns, for each sector that was written, in ascending order, which entries of dirty it has.
func (n *node) versions() [][]int {
	order := make([]int, len(n.dirty))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return n.dirty[a].at - n.dirty[b].at })
	var all [][]int
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && n.dirty[order[to]].at == n.dirty[order[from]].at {
			to++
		}
		all = append(all, order[from:to])
		from = to
	}
	return all
}

// ways returns in how many ways n and what is under it can come out of a power cut.
func (n *node) ways(done map[*node]bool) float64 {
	if done[n] {
		return 1
	}
	done[n] = true
	ways := 1.0
	if !n.dir {
		ways = float64(len(n.lengths()))
		for _, versions := range n.versions() {
			ways *= float64(1 + len(versions))
		}
		return ways
	}
	for _, e := range n.synced {
		ways *= e.ways(done)
	}
	for _, ch := range n.pending {
		ways *= 2
		if ch.node != nil {
			ways *= ch.node.ways(done)
		}
	}
	return ways
}
