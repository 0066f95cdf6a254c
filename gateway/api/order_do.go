package api

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// answerTimeout is for how long a call waits for the answer of the exchange.
const answerTimeout = 10 * time.Second

// command returns the command of this call, which is of a kind and else empty.
func (c *Call) command(kind msg.Kind) *msg.Command {
	cmd := &c.scratch.command
	*cmd = msg.Command{Kind: kind}
	return cmd
}

// do carries out the command of a call, and leaves what became of it in its
// outcome. It is the one way to the exchange for all that changes something.
func (a *API) do(c *Call) *Error {
	if err := a.ready(c); err != nil {
		return err
	}
	s := &c.scratch.scratchTrade
	if s.deadline == nil {
		s.deadline = newDeadline(answerTimeout)
	} else {
		s.deadline.timer.Reset(answerTimeout)
	}
	err := a.exchange.Do(s.deadline, &s.command, &s.result, &s.outcome)
	if !s.deadline.timer.Stop() {
		s.deadline = nil // it has ended, or is about to
	}
	if err != nil {
		return FromExchange(err)
	}
	return nil
}

// hand is do without waiting.
func (a *API) hand(c *Call, answered func()) *Error {
	if err := a.ready(c); err != nil {
		return err
	}
	s := &c.scratch.scratchTrade
	if s.told == nil {
		s.told = s.tell
	}
	s.answered, s.failed = answered, nil
	if err := a.exchange.Hand(&s.command, &s.result, &s.outcome, s.told); err != nil {
		return FromExchange(err)
	}
	return nil
}

// tell is told of the answer to a command that was handed over.
func (s *scratchTrade) tell(failed error) {
	s.failed = failed
	s.answered()
}

// refusal returns why there is no answer.
func (s *scratchTrade) refusal() *Error {
	if s.failed == nil {
		return nil
	}
	return FromExchange(s.failed)
}

// ready makes the last checks before the command of a call is handed over.
func (a *API) ready(c *Call) *Error {
	if err := a.InTime(c); err != nil {
		return err
	}
	if !a.auth.Keys().Holds(c.Caller) {
		return ErrKey // it was deleted since the call came
	}
	s := &c.scratch.scratchTrade
	s.outcome.reset()
	s.result = gateway.Result{Events: s.result.Events[:0], Entered: c.Entered}
	return nil
}

// deadline is a context that ends when its timer does. As long as that was stopped
// in time it can be used again, and costs nothing to make.
type deadline struct {
	timer *time.Timer
	ended atomic.Bool
	done  chan struct{}
}

// newDeadline returns a deadline whose time runs.
func newDeadline(after time.Duration) *deadline {
	d := &deadline{done: make(chan struct{})}
	d.timer = time.AfterFunc(after, func() {
		d.ended.Store(true)
		close(d.done)
	})
	return d
}

// Deadline implements context.Context. The clock is the timer's, so the time is not
// told.
func (d *deadline) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.done }

// Err implements context.Context.
func (d *deadline) Err() error {
	if d.ended.Load() {
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context.
func (*deadline) Value(any) any { return nil }
