package api

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// command returns the command of this call, which is of a kind and else empty.
func (c *Call) command(kind msg.Kind) *msg.Command {
	cmd := &c.scratch.command
	*cmd = msg.Command{Kind: kind}
	return cmd
}

// do carries out the command of a call, and leaves what became of it in its
// outcome.
func (a *API) do(c *Call) *Error {
	s := &c.scratch.scratchTrade
	if s.answer == nil {
		s.answer = make(chan struct{}, 1)
		s.wake = func() { s.answer <- struct{}{} }
	}
	if err := a.hand(c, s.wake); err != nil {
		return err
	}
	if c.Entered != nil {
		c.Entered()
	}
	<-s.answer // the exchange gives up what takes too long
	return s.refusal()
}

// hand is do without waiting. It is the one way to the exchange for all that changes
// something.
func (a *API) hand(c *Call, answered func()) *Error {
	if err := a.ready(c); err != nil {
		return err
	}
	s := &c.scratch.scratchTrade
	if s.told == nil {
		s.told = s.tell
	}
	s.answered, s.failed = answered, nil
	s.exchange = a.exchange
	if err := s.exchange.Hand(&s.command, &s.result, &s.outcome, s.told); err != nil {
		return FromExchange(err)
	}
	return nil
}

// tell is told of the answer to a command that was handed over, and hands over the
// next one if that was a part of what was asked for.
func (s *scratchTrade) tell(failed error) {
	if failed == nil && s.goesOn() {
		s.result.Events = s.result.Events[:0]
		if s.exchange.Hand(&s.command, &s.result, &s.outcome, s.told) == nil {
			return
		}
		failed = gateway.ErrUnknown // a part was done
	}
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
	s.result = gateway.Result{Events: s.result.Events[:0]}
	return nil
}
