// Package enginetest judges the engine. It holds the naive exchange, which is
// RULES.md in executable form; random streams of commands; the comparison of an
// engine with the naive exchange, command by command, with a failing stream
// shrunk to the few commands that matter; and the runner of the scripts in
// engine/testdata.
//
// It knows the rules and the language and nothing of the engine, so that an
// error would have to be made twice to go unseen.
package enginetest

import (
	"fmt"
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Naive is the exchange of RULES.md written down as plainly as possible: slices
// that are searched from one end to the other, money in big numbers, nothing
// kept that can be counted. Its state, like its methods, follows the page.
type Naive struct {
	seq      msg.Seq
	time     int64
	assets   []asset    // asset 1 first
	markets  []*market  // symbol 1 first
	accounts []*account // account 0, the fee account, first
	named    map[msg.Name]bool
	events   []msg.Event // of the present command
}

// asset is what add-asset said and what credits and debits added up to.
type asset struct {
	name   msg.Name
	scale  uint8
	supply *big.Int // over all accounts
}

// NewNaive returns an exchange with nothing but the fee account.
func NewNaive() *Naive {
	return &Naive{accounts: []*account{newAccount(msg.Name{})}, named: make(map[msg.Name]bool)}
}

// Execute decides c, which must be the command after the last one, and returns
// its events.
func (n *Naive) Execute(c *msg.Command) []msg.Event {
	if c.Seq != n.seq+1 || c.Time < n.time {
		panic(fmt.Sprintf("naive: command %d at %d follows %d at %d", c.Seq, c.Time, n.seq, n.time))
	}
	n.seq, n.time, n.events = c.Seq, c.Time, nil
	if reason := n.execute(c); reason != msg.NoReason {
		n.emit(msg.Event{Kind: msg.Rejected, Reason: reason})
	}
	return n.events
}

// execute carries out c or says why not.
func (n *Naive) execute(c *msg.Command) msg.Reason {
	switch c.Kind {
	case msg.Place:
		return n.place(c)
	case msg.Cancel:
		return n.cancel(c)
	case msg.CancelReplace:
		return n.cancelReplace(c)
	case msg.Amend:
		return n.amend(c)
	case msg.CancelAll:
		return n.cancelAll(c)
	case msg.Credit:
		return n.credit(c)
	case msg.Debit:
		return n.debit(c)
	case msg.CreateAccount:
		return n.createAccount(c)
	case msg.SetStatus:
		return n.setStatus(c)
	case msg.SetFees:
		return n.setFees(c)
	case msg.AddAsset:
		return n.addAsset(c)
	case msg.AddSymbol:
		return n.addSymbol(c)
	case msg.AlterSymbol:
		return n.alterSymbol(c)
	case msg.SetPhase:
		return n.setPhase(c)
	case msg.Uncross:
		return n.uncross(c)
	default:
		return msg.UnknownKind
	}
}

func (n *Naive) emit(v msg.Event) { n.events = append(n.events, v) }

// product multiplies what no machine word may hold.
func product(factors ...int64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, big.NewInt(f))
	}
	return p
}

// fits reports whether an amount fits into 63 bits.
func fits(a *big.Int) bool { return a.Sign() >= 0 && a.IsInt64() }
