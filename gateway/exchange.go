package gateway

import (
	"context"
	"errors"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// The ways in which a command gets no answer.
var (
	// ErrBusy says that the command was not taken: as many wait as may. Nothing of
	// it happened.
	ErrBusy = errors.New("gateway: the exchange is busy")
	// ErrFull says that the command was not taken: as many orders are open as may.
	ErrFull = errors.New("gateway: the bound of open orders is reached")
	// ErrStorage says that the command, or whatever else was to be kept, was not
	// taken: there is too little room on the disk. Cancels still are, as long as there
	// is any.
	ErrStorage = errors.New("gateway: the exchange is low on storage")
	// ErrBarred says that the command was not taken: the operator refuses this very
	// command, which has made the exchange fail.
	ErrBarred = errors.New("gateway: the operator refuses this command")
	// ErrStopped says that the command was not taken: the exchange stops or has
	// stopped.
	ErrStopped = errors.New("gateway: the exchange is stopped")
	// ErrUnknown says that the exchange failed while the command was under way: it
	// may or may not have happened.
	ErrUnknown = errors.New("gateway: the exchange failed, the outcome is unknown")
)

// Exchange is the running exchange as its edge sees it. It may be used by many
// goroutines at once.
type Exchange interface {
	// Do hands c over and waits until its events are durable and folded into the
	// views. Into is the caller's; on an error it says nothing. Seen may be nil.
	// When ctx ends first the error is that of ctx, the outcome is unknown, and
	// neither into nor seen is touched afterwards.
	Do(ctx context.Context, c *msg.Command, into *Result, seen Seer) error

	// Hand hands c over without waiting: when it returns the command stands in its
	// place among all others. Answered is called once when Do would return, perhaps
	// before Hand does, and by a goroutine for which the exchange waits, so it must
	// not wait itself. Until then into and seen are not the caller's. When Hand
	// returns an error the command was not taken, and answered is not called. An
	// answer that takes too long is given up like one of Do whose ctx has come to
	// its deadline.
	Hand(c *msg.Command, into *Result, seen Seer, answered func(error)) error

	// BeginRead returns the views, which stay as they are until EndRead is called.
	// The fold waits for readers, so read, copy and end; never wait in between.
	BeginRead() *marketview.Views
	EndRead()

	// Now returns the exchange's time in nanoseconds since the epoch: that of the
	// clock which stamps commands, real or simulated.
	Now() int64
}

// Result is the answer to a command.
type Result struct {
	Seq    msg.Seq
	Time   int64
	Events []msg.Event // appended to the caller's slice
}

// Seer sees the views exactly as of one command: after it was folded, and before
// any later one is. It copies what it needs and returns, since the fold waits.
type Seer interface {
	See(v *marketview.Views, c *msg.Command, events []msg.Event)
}

// Feed follows the exchange: Fold is called with every transaction right after the
// views have folded it, Flush when the batch it came in has been folded whole and
// before its answers leave. Both are called by one goroutine, which waits; Flush
// is called without the views being locked. A feed keeps nothing of what it is
// given but copies.
type Feed interface {
	Fold(v *marketview.Views, c *msg.Command, events []msg.Event)
	Flush()
}
