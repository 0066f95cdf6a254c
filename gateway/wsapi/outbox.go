package wsapi

// outbox is what leaves a session: answers at once, events not before the answers
// of all commands that were asked for before them. Each command gets a ticket when
// it is asked for. The outbox has one user at a time.
type outbox struct {
	conn  conn
	limit int // bytes held

	next     uint64 // ticket of the next command
	oldest   uint64 // every command before it is answered
	answered []bool // by ticket, of those from oldest to next; a ring that grows

	held []byte // events, one after the other
	ends []end  // of these
	gone int    // bytes of them that were sent
	sent int    // events of them that were sent
}

// end is where an event ends, and the ticket before which all commands have to be
// answered before it may leave.
type end struct {
	at     int
	ticket uint64
}

// The bounds of the ring of answered commands. One that is late can have many
// answered behind it.
const (
	firstSpan = 64
	maxSpan   = 1 << 16
)

func newOutbox(c conn, limit int) outbox {
	return outbox{conn: c, limit: limit, answered: make([]bool, firstSpan)}
}

// enter gives a ticket to a command; ok is false when the oldest that is not
// answered lies too far back.
func (o *outbox) enter() (ticket uint64, ok bool) {
	if n := uint64(len(o.answered)); o.next-o.oldest == n {
		if n == maxSpan {
			return 0, false
		}
		larger := make([]bool, 2*n)
		for t := o.oldest; t < o.next; t++ {
			larger[t%(2*n)] = o.answered[t%n]
		}
		o.answered = larger
	}
	o.next++
	return o.next - 1, true
}

// leave says that the command of a ticket is answered, and lets go of the events
// that have waited for it.
func (o *outbox) leave(ticket uint64) {
	n := uint64(len(o.answered))
	o.answered[ticket%n] = true
	for o.oldest < o.next && o.answered[o.oldest%n] {
		o.answered[o.oldest%n] = false
		o.oldest++
	}
	o.release()
}

// event sends an event in its envelope, now or when it may leave.
func (o *outbox) event(envelope, text []byte) {
	o.held = append(o.held, envelope...)
	o.held = append(o.held, text...)
	o.held = append(o.held, '}')
	o.ends = append(o.ends, end{len(o.held), o.next})
	o.release()
	if len(o.held)-o.gone > o.limit {
		o.drop()
		o.conn.Close(policyViolation, "too many user data events wait to be sent")
	}
}

// release sends the events that may leave.
func (o *outbox) release() {
	for o.sent < len(o.ends) && o.ends[o.sent].ticket <= o.oldest {
		at := o.ends[o.sent].at
		o.conn.Send(o.held[o.gone:at])
		o.gone = at
		o.sent++
	}
	switch {
	case o.gone == len(o.held) && cap(o.held) > keptBytes:
		o.drop()
	case o.gone >= len(o.held)/2: // so that what is moved was sent as often
		o.ends = o.ends[:copy(o.ends, o.ends[o.sent:])]
		for i := range o.ends {
			o.ends[i].at -= o.gone
		}
		o.held = o.held[:copy(o.held, o.held[o.gone:])]
		o.gone, o.sent = 0, 0
	}
}

// drop forgets the events held.
func (o *outbox) drop() { o.held, o.ends, o.gone, o.sent = nil, nil, 0, 0 }
