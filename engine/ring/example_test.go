package ring_test

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/ring"
)

// A full ring refuses orders and still takes cancels, which use the reserved
// share. The consumer takes what is there until the ring is closed and empty.
func Example() {
	r := ring.New[string](4, 1)
	for _, order := range []string{"buy 5", "sell 3", "buy 1", "buy 2"} {
		if !r.Put(&order) {
			fmt.Println("busy:", order)
		}
	}
	cancel := "cancel buy 5"
	fmt.Println("cancel accepted:", r.PutReserved(&cancel))
	r.Close()

	batch := make([]string, 3)
	for r.Wait() {
		n := r.Take(batch)
		fmt.Printf("batch of %d: %q\n", n, batch[:n])
	}
	// Output:
	// busy: buy 2
	// cancel accepted: true
	// batch of 3: ["buy 5" "sell 3" "buy 1"]
	// batch of 1: ["cancel buy 5"]
}
