package core

// Size says how much is measured.
type Size struct {
	commands int // of a run for throughput; of others, and on large markets, half
	samples  int
	less     int // targets of resting orders are divided by it, at most to the fewest of a curve

	expiring                   int // orders canceled in steps
	orders, symbols, accounts  []int
	growthResting, growthTimed int
}

// The sizes: that of the figures shown, which takes a minute and a half and 4 GB, and
// one that shows within seconds that everything runs.
var (
	Long = Size{
		commands: 2_000_000, samples: 5, less: 1, expiring: 100_000,
		orders:        []int{1_000, 10_000, 100_000, 1_000_000, 10_000_000},
		symbols:       []int{1, 100, 1_000, 10_000, 100_000},
		accounts:      []int{10, 100, 1_000, 10_000, 100_000, 1_000_000},
		growthResting: 1_000_000, growthTimed: 300_000,
	}
	Short = Size{
		commands: 50_000, samples: 1, less: 100, expiring: 5_000,
		orders: []int{1_000, 10_000}, symbols: []int{1, 10}, accounts: []int{10, 100},
		growthResting: 10_000, growthTimed: 20_000,
	}
)
