package core

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed-7d4c2414/exchange/bench/workload"
)

// measured is a flow with what is known of it.
type measured struct {
	name string
	load func(workload.Market) (*workload.Load, error)
	flow *workload.Flow // nil: not drawn by the common generator
	note string

	market workload.Market // unless another is asked for
}

func shaped(n int) measured {
	return measured{
		name: "shaped", load: func(m workload.Market) (*workload.Load, error) { return workload.Shaped(n, m), nil },
		note: "a few thousand resting",
	}
}

func common(f *workload.Flow) measured {
	return measured{
		name: f.Params.Name, load: func(m workload.Market) (*workload.Load, error) { return f.Load(m), nil }, flow: f,
		note: fmt.Sprintf("%d resting of %d symbols, workload digest %016x", f.Params.Target, f.Params.Symbols, f.Outcome.Digest),
	}
}

// loads returns the flows that the engine's goals are about. Recorded days that are
// not on this machine are named in absent.
func (s *Size) loads() (loads []measured, absent []string, err error) {
	loads = []measured{shaped(s.commands), common(s.common(workload.Std()))}
	for _, name := range []string{workload.NASDAQDay, workload.ShanghaiDay} {
		day, err := workload.ReadDay(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			absent = append(absent, name)
		case err != nil:
			return nil, nil, fmt.Errorf("measure a recorded day: %w", err)
		default:
			loads = append(loads, measured{name: name, load: day.Load, note: "in laps"})
		}
	}
	return loads, absent, nil
}

// common draws a common workload of the size.
func (s *Size) common(p workload.Params) *workload.Flow {
	p.Timed, p.Target = min(p.Timed, s.commands), max(p.Target/s.less, s.orders[0])
	return workload.Generate(p)
}
