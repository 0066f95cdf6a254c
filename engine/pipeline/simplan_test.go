package pipeline

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// simCommands is how long a workload is, and simSmall how long one that is shrunk may begin.
const (
	simCommands = 300
	simSmall    = 60
)

// simPlan is what one seed is made of: the commands that callers submit, in this order, and how the exchange is set up.
type simPlan struct {
	seed     uint64
	commands []msg.Command // without a sequence; without a time when the exchange is to stamp it
	small    bool          // everything happens often: what is looked for in a shrunk workload

	batch, segment, callers, ring int
	snapshots                     snapshot.Policy
	careless                      bool // nothing is synced while commands come: what a test of the simulation wants to be found
}

// newPlan draws the plan of a seed. What the seed says of the set-up does not depend on the commands, so that these can be left
// out one by one; keep says which of them stay, nil for all.
func newPlan(seed uint64, keep []int, small bool) *simPlan {
	rng := rand.New(rand.NewPCG(seed, 4))
	p := &simPlan{
		seed: seed, small: small,
		batch: 1 + rng.IntN(10), segment: 1000 + rng.IntN(1500), callers: 1 + rng.IntN(8), ring: 16,
		snapshots: snapshot.Policy{Commands: uint64(25 + rng.IntN(60))},
	}
	if rng.IntN(3) == 0 {
		p.snapshots = snapshot.Policy{Bytes: uint64(2000 + rng.IntN(3000)), PauseNanos: 1e6}
	}
	n := simCommands
	if small {
		p.batch, p.segment, p.snapshots = 1+rng.IntN(2), 400, snapshot.Policy{Commands: 3}
		n = simSmall
	}
	all := drawCommands(seed, n)
	if keep == nil {
		p.commands = all
		return p
	}
	for _, i := range keep {
		p.commands = append(p.commands, all[i])
	}
	return p
}

// drawCommands draws random commands. One in four is to be stamped by the exchange.
func drawCommands(seed uint64, n int) []msg.Command {
	naive := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, naive)
	rng := rand.New(rand.NewPCG(seed, 5))
	commands := make([]msg.Command, 0, n)
	for len(commands) < n {
		c := stream.Next()
		if c.Check() != nil {
			continue // it would not be taken
		}
		naive.Execute(&c)
		if c.Seq = 0; rng.IntN(4) == 0 {
			c.Time = 0
		}
		commands = append(commands, c)
	}
	return commands
}

// simOracle is what must have come of a workload, by sequence: it was executed from scratch, without a pipeline.
type simOracle struct {
	commands []msg.Command // stamped; of sequence i at i-1, as the events
	events   [][]msg.Event
	digests  []uint64 // after sequence i, at i, as the states and the views
	states   []uint64
	views    []uint64
}

// newOracle executes commands that carry sequence and time.
func newOracle(commands []msg.Command) *simOracle {
	o := &simOracle{commands: commands}
	e, v := engine.New(engine.Capacity{}), newSimView()
	var state []byte
	note := func() {
		state = e.AppendState(state[:0])
		o.digests, o.states, o.views = append(o.digests, e.Digest()), append(o.states, maphash.Bytes(simSeed, state)), append(o.views, v.sum)
	}
	note()
	for i := range commands {
		events := e.Execute(&commands[i], nil)
		o.events = append(o.events, events)
		v.Apply(&commands[i], events)
		note()
	}
	return o
}

// last returns the sequence of the last command.
func (o *simOracle) last() msg.Seq { return msg.Seq(len(o.commands)) }

// simSeed makes the hashes of one process comparable.
var simSeed = maphash.MakeSeed()

// simView is a view that no transaction leaves as it was: a hash over all of them.
type simView struct {
	seq msg.Seq
	sum uint64
}

func newSimView() *simView { return &simView{} }

// Apply folds the transaction in.
func (v *simView) Apply(c *msg.Command, events []msg.Event) {
	var h maphash.Hash
	h.SetSeed(simSeed)
	plain := *c
	if plain.Spec = nil; c.Spec != nil {
		maphash.WriteComparable(&h, *c.Spec)
	}
	maphash.WriteComparable(&h, v.sum)
	maphash.WriteComparable(&h, plain)
	for i := range events {
		maphash.WriteComparable(&h, events[i])
	}
	v.seq, v.sum = c.Seq, h.Sum64()
}

// Sections, and what follows, put it into snapshots.
func (v *simView) Sections() []Section { return []Section{v} }
func (v *simView) Name() string        { return "simulated" }
func (v *simView) Version() uint32     { return 1 }
func (v *simView) AppendState(dst []byte) []byte {
	return fmt.Appendf(dst, "%d %d", v.seq, v.sum)
}

func (v *simView) Restore(src []byte) error {
	if _, err := fmt.Sscan(string(src), &v.seq, &v.sum); err != nil {
		return fmt.Errorf("restore the simulated view: %w", err)
	}
	return nil
}

// simText writes a command with those of its fields that are not zero.
func simText(c *msg.Command) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Kind)
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case f.IsZero() || name == "Kind" || name == "Time" || name == "Seq":
		case name == "Spec":
			fmt.Fprintf(&b, " Spec:%+v", *c.Spec)
		default:
			fmt.Fprintf(&b, " %s:%v", name, f.Interface())
		}
	}
	return b.String()
}
