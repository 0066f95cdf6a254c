package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// bans are the addresses that went on after they were refused for being over a limit,
// and are refused whatever they ask for. An address that is banned again is banned
// for twice as long as the time before, up to a bound; when it has not been for as
// long as that bound, it begins anew.
//
// There is room for as many addresses as are counted for themselves. When all of it
// is taken, others are not banned: they go on to be refused by their limits.
type bans struct {
	refusals window[netip.Addr] // in a minute, of those that are not banned
	known    map[netip.Addr]ban
	begun    uint64
}

// ban is the last one of an address: in nanoseconds since the epoch it holds from one
// moment until another. A clock that is set back to before it lifts it.
type ban struct {
	from, until int64
}

// until returns the end of the ban of an address, if it is banned.
func (b *bans) until(client netip.Addr, now int64) (end int64, banned bool) {
	if len(b.known) == 0 {
		return 0, false
	}
	k, known := b.known[client]
	return k.until, known && k.from <= now && now < k.until
}

// refused counts a refusal of an address, which is banned when that is one too many.
func (b *bans) refused(client netip.Addr, now int64, l *Limits) {
	if l.BanAfter < 0 {
		return
	}
	if b.refusals.at(now, minute) {
		b.forget(now, int64(l.BanMax))
	}
	b.refusals.counts[client]++
	if b.refusals.counts[client] < l.BanAfter {
		return
	}
	last, again := b.known[client]
	if !again && len(b.known) >= l.MaxClients {
		return
	}
	length := int64(l.Ban)
	if again && now < last.until+int64(l.BanMax) {
		length = min(2*(last.until-last.from), int64(l.BanMax))
	}
	if b.known == nil {
		b.known = make(map[netip.Addr]ban)
	}
	b.known[client] = ban{now, now + length}
	b.begun++
	delete(b.refusals.counts, client)
}

// forget forgets the bans that no longer lengthen the next one.
func (b *bans) forget(now, after int64) {
	for client, k := range b.known {
		if now >= k.until+after {
			delete(b.known, client)
		}
	}
}

// holding returns how many addresses are banned.
func (b *bans) holding(now int64) int {
	n := 0
	for client := range b.known {
		if _, banned := b.until(client, now); banned {
			n++
		}
	}
	return n
}

func bannedError(until int64) *Error {
	return &Error{
		Status: http.StatusTeapot, Code: -1003, Retry: until,
		Text: fmt.Sprintf("Way too much request weight used; IP banned until %d. "+
			"Please use WebSocket Streams for live updates to avoid bans.", until/int64(time.Millisecond)),
	}
}

// Stats are counts of what the limits of addresses have refused.
type Stats struct {
	Refused uint64 // calls over the limits of their address, and of those that are banned
	Bans    uint64
	Banned  int // addresses, now
}

// Stats returns the counts as of now.
func (a *API) Stats() Stats {
	m := &a.clients
	m.mu.Lock()
	defer m.mu.Unlock()
	return Stats{Refused: m.refused, Bans: m.bans.begun, Banned: m.bans.holding(a.wall())}
}
