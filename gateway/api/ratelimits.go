package api

// AppendRateLimits appends what a call that was served says of its limits, as an
// array: those of orders only where one was placed.
func (a *API) AppendRateLimits(dst []byte, c *Call) []byte {
	f := fields{dst: append(dst, '[')}
	n := 0
	add := func(kind, interval string, intervals, limit, count int) {
		f.open(n)
		f.text("rateLimitType", kind)
		f.text("interval", interval)
		f.number("intervalNum", int64(intervals))
		f.number("limit", int64(limit))
		f.number("count", int64(count))
		f.close()
		n++
	}
	if c.Placed {
		add("ORDERS", "SECOND", 10, a.orders.limits.OrdersShort, c.Orders[0])
		add("ORDERS", "DAY", 1, a.orders.limits.OrdersDay, c.Orders[1])
	}
	add("REQUEST_WEIGHT", "MINUTE", 1, a.clients.limits.Weight, c.Weight)
	return append(f.dst, ']')
}
