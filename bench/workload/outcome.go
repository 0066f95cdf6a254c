package workload

// Outcome is what a flow leads to. Whoever executes the flow must come to the same.
type Outcome struct {
	Trades     uint64
	Traded     uint64 // quantity
	Notional   uint64 // Σ price×quantity
	Digest     uint64 // of the trades in their order
	Resting    uint64 // orders at the end
	RestingQty uint64
	Refused    uint64
}

// The digest of trades starts as and is multiplied by these, as FNV-1a does it,
// though with whole words.
const (
	digestStart = 0xcbf29ce484222325
	digestPrime = 0x100000001b3
)

// NewOutcome returns the outcome of nothing.
func NewOutcome() Outcome { return Outcome{Digest: digestStart} }

// Trade adds a trade between two orders of the flow.
func (o *Outcome) Trade(maker, taker uint64, price, qty uint32) {
	o.Trades++
	o.Traded += uint64(qty)
	o.Notional += uint64(price) * uint64(qty)
	for _, w := range [...]uint64{maker, taker, uint64(price)<<32 | uint64(qty)} {
		o.Digest = (o.Digest ^ w) * digestPrime
	}
}
