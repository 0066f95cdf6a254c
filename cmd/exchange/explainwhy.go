package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// why tells in sentences how the queue in front of the order shrank, why it did not
// fill, and why it ended.
func (l *life) why() []string {
	if l.refused != msg.NoReason {
		return []string{fmt.Sprintf("it was refused: %v", l.refused)}
	}
	var lines []string
	if l.traded > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s traded, at %s on average", l.lots(l.traded), l.lots(l.qty), l.average()))
	}
	if l.rests {
		lines = append(lines, l.whyQueue()...)
	}
	if open := l.qty - l.traded - l.prevented; open > 0 {
		lines = append(lines, l.whyUnfilled()...)
	}
	return append(lines, l.whyEnded())
}

// whyQueue tells what became of those in front.
func (l *life) whyQueue() (lines []string) {
	q := &l.queue
	if q.orders > 0 {
		rest := "nothing was left"
		if orders, left := q.left(); orders > 0 {
			rest = fmt.Sprintf("%s of %s was still there", l.lots(left), count(uint64(orders), "order", "s"))
		}
		lines = append(lines, fmt.Sprintf("of the %s in front of it at its price %s was traded, %s was canceled or taken off, and %s",
			l.lots(q.qty), l.lots(q.filled), l.lots(q.gone), rest))
	}
	if q.later > 0 {
		lines = append(lines, fmt.Sprintf("%s with %s came to rest at better prices after it", count(uint64(q.later), "order", "s"), l.lots(q.laterQty)))
	}
	return lines
}

// whyUnfilled tells why there is something that did not trade.
func (l *life) whyUnfilled() (lines []string) {
	switch side := l.command.Side.Opposite(); {
	case !l.rests:
		return nil // the end says it
	case l.nearer.touched > 0:
		lines = append(lines, l.lots(l.nearer.touched)+" was traded at its price while it waited, all of it by orders in front of it")
	case l.nearer.price == 0 && l.traded == 0:
		lines = append(lines, fmt.Sprintf("nobody stood on the %v side while it waited", side))
	case l.traded == 0:
		ticks := l.nearer.price - l.command.Price
		if ticks < 0 {
			ticks = -ticks
		}
		lines = append(lines, fmt.Sprintf("no %v order reached its price: the nearest came to %s, %s away, after command %d",
			side, l.price(l.nearer.price), count(uint64(ticks), "tick", "s"), l.nearer.seq))
	}
	if !l.ended {
		orders, _ := l.queue.left()
		lines = append(lines, fmt.Sprintf("it is number %d of its side now", orders+l.queue.betterLeft.orders+1))
	}
	return lines
}

// whyEnded tells how it ended.
func (l *life) whyEnded() string {
	if !l.ended {
		return fmt.Sprintf("it is still open, with %s left, after command %d", l.lots(l.open), l.last)
	}
	s := &l.steps[len(l.steps)-1]
	switch s.what {
	case msg.Canceled:
		return l.whyCanceled(s)
	case msg.Expired:
		return fmt.Sprintf("it expired with %s left: %v", l.lots(s.qty), s.reason)
	case msg.Prevented:
		return fmt.Sprintf("self-trade prevention ended it: order %d is of the same account (mode of the taker: %v)", s.other, s.mode)
	default:
		return "it was filled"
	}
}

// whyCanceled tells who took it off the book.
func (l *life) whyCanceled(s *lifeStep) string {
	switch s.by {
	case msg.CancelReplace:
		return fmt.Sprintf("it was replaced, with %s left, by command %d of its account, a cancel-replace", l.lots(s.qty), s.seq)
	case msg.CancelAll:
		return fmt.Sprintf("it was canceled, with %s left, by command %d of its account, which canceled all its orders in %v", l.lots(s.qty), s.seq, l.market.Spec.Name)
	default:
		return fmt.Sprintf("it was canceled, with %s left, by command %d of its account", l.lots(s.qty), s.seq)
	}
}
