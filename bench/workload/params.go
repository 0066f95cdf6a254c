package workload

import "fmt"

// Params say which workload is meant.
type Params struct {
	Name    string
	Seed    uint64
	Symbols int
	Timed   int // commands after the prefill
	Target  int // resting orders, over all symbols, around which the flow stays
	Den     int // an order is with a chance of 1 in Den one tick off mid, else further
	MaxDist int // ticks off mid, at most
	Step    int // the mid of the drawn symbol moves once in so many draws
}

// Std is the workload that everything is measured on: one symbol, about 4,900
// resting orders close to mid, all in the caches.
func Std() Params {
	return Params{Name: "std", Seed: 42, Symbols: 1, Timed: 2_000_000, Target: 5_000, Den: 10, MaxDist: 50, Step: 800}
}

// Std100k has 100,000 resting orders over 1,400 levels.
func Std100k() Params {
	p := Std()
	p.Name, p.Target, p.Den, p.MaxDist = "std100k", 100_000, 100, 1_000
	return p
}

// Big1 has 1,000,000 resting orders of one symbol over 7,900 levels.
func Big1() Params {
	p := Std()
	p.Name, p.Target, p.Den, p.MaxDist = "big1", 1_000_000, 1_000, 4_000
	return p
}

// Sym1k has 1,000,000 resting orders of 1,000 symbols.
func Sym1k() Params {
	p := Std()
	p.Name, p.Symbols, p.Target = "sym1k", 1_000, 1_000_000
	return p
}

// Find returns the workload of a name.
func Find(name string) (Params, error) {
	for _, p := range []Params{Std(), Std100k(), Big1(), Sym1k()} {
		if p.Name == name {
			return p, nil
		}
	}
	return Params{}, fmt.Errorf("there is no workload %q: it is std, std100k, big1 or sym1k", name)
}
