package api

// AppendRateLimits appends what a call that was served says of its limits, as an
// array: those of orders only where one was placed.
func (a *API) AppendRateLimits(dst []byte, c *Call) []byte {
	f := limiters{fields: fields{dst: append(dst, '[')}}
	if c.Placed {
		f.orders(&a.orders.limits, c.Orders)
	}
	f.add("REQUEST_WEIGHT", "MINUTE", 1, a.clients.limits.Weight, c.Weight)
	return f.end("]")
}

// limiters writes limits and how much of each is used, as the elements of an array.
type limiters struct {
	fields

	n int // written
}

// orders are the limits of orders.
func (f *limiters) orders(l *Limits, counts [2]int) {
	f.add("ORDERS", "SECOND", 10, l.OrdersShort, counts[0])
	f.add("ORDERS", "DAY", 1, l.OrdersDay, counts[1])
}

func (f *limiters) add(kind, interval string, intervals, limit, count int) {
	f.open(f.n)
	f.text("rateLimitType", kind)
	f.text("interval", interval)
	f.number("intervalNum", int64(intervals))
	f.number("limit", int64(limit))
	f.number("count", int64(count))
	f.close()
	f.n++
}
