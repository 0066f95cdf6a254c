package wsapi

import (
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// Everything here needs the lock of UserData, under which events are sent: so the
// answer to a request leaves before the first event of a subscription, and before
// the one that says that it has ended.

// subscribe listens to the account of who is logged on.
func (s *Session) subscribe(r *request) {
	key := r.call.Session
	refused := s.check(r)
	switch {
	case refused != nil:
	case key == nil:
		refused = api.ErrUnauthorized
	case !key.Read:
		refused = api.ErrKey
	}
	s.listen(r, key, true, refused)
}

// subscribeSigned listens to the account of the key that has signed, whoever is
// logged on.
func (s *Session) subscribeSigned(r *request) {
	r.call.Session = nil
	refused := s.check(r)
	s.listen(r, r.call.Caller, false, refused)
}

// listen begins a subscription and answers, unless it is refused already.
func (s *Session) listen(r *request, key *auth.Key, logon bool, refused *api.Error) {
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	if refused == nil {
		refused = s.mayListen(key)
	}
	if refused == nil {
		sub := s.add(key, logon)
		u.join(sub)
		r.call.Out = sub.appendID(r.call.Out)
	}
	s.reply(r, refused)
}

func (s *Session) mayListen(key *auth.Key) *api.Error {
	for _, sub := range s.subs {
		if sub.key.Account == key.Account {
			return api.ErrSubscribed
		}
	}
	if s.begun > maxSubscriptionID || len(s.subs) >= s.carrier.o.Limits.Subscriptions {
		return api.ErrSubscriptionIDs
	}
	return nil
}

// appendID appends the id of a subscription as an object.
func (sub *subscription) appendID(dst []byte) []byte {
	dst = append(dst, `{"subscriptionId":`...)
	dst = strconv.AppendInt(dst, int64(sub.id), 10)
	return append(dst, '}')
}

// add makes a subscription of a session.
func (s *Session) add(key *auth.Key, logon bool) *subscription {
	sub := &subscription{id: s.begun, key: key, logon: logon, by: s}
	s.begun++
	sub.envelope = sub.appendID(nil)
	sub.envelope = append(sub.envelope[:len(sub.envelope)-1], `,"event":`...)
	if s.micro {
		sub.unit = inMicro
	}
	s.subs = append(s.subs, sub)
	return sub
}

// join begins a subscription on the side of its account.
func (u *UserData) join(sub *subscription) {
	l := u.accounts[sub.key.Account]
	if l == nil {
		l = &listener{account: sub.key.Account}
		u.accounts[sub.key.Account] = l
	}
	sub.skip = len(l.events[sub.unit].ends)
	l.subs = append(l.subs, sub)
	l.wanted[sub.unit]++
	u.listening.Add(1)
}

func (s *Session) keys() *auth.Store { return s.carrier.o.Keys }

// hear sends events, or holds them until they may leave.
func (s *Session) hear(sub *subscription, e *events) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.each(sub.skip, func(text []byte) { s.outbox.event(sub.envelope, text) })
}

// remove ends a subscription on the side of its account.
func (u *UserData) remove(sub *subscription) {
	l := u.accounts[sub.key.Account]
	l.subs = slices.DeleteFunc(l.subs, func(o *subscription) bool { return o == sub })
	l.wanted[sub.unit]--
	if len(l.subs) == 0 {
		delete(u.accounts, l.account)
	}
	u.listening.Add(-1)
}

// end ends those subscriptions of a session that are meant, and says so on each.
func (s *Session) end(meant func(sub *subscription) bool) {
	u := s.carrier.o.Users
	s.subs = slices.DeleteFunc(s.subs, func(sub *subscription) bool {
		if !meant(sub) {
			return false
		}
		u.remove(sub)
		text := append([]byte(nil), `{"e":"eventStreamTerminated","E":`...)
		text = wire.AppendTime(text, s.carrier.o.Now(), s.micro)
		text = append(text, '}')
		s.mu.Lock()
		s.outbox.event(sub.envelope, text)
		s.mu.Unlock()
		return true
	})
}

// stopListening ends all subscriptions of a session that is gone.
func (s *Session) stopListening() {
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, sub := range s.subs {
		u.remove(sub)
	}
	s.subs = nil
}

// unsubscribe ends one subscription, or all.
func (s *Session) unsubscribe(r *request) {
	refused := s.check(r)
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	id, one := r.call.Params.Int(paramSubscription)
	meant := func(sub *subscription) bool { return !one || int64(sub.id) == id }
	if refused == nil && !slices.ContainsFunc(s.subs, meant) {
		refused = api.ErrNotSubscribed
	}
	if refused != nil {
		s.reply(r, refused)
		return
	}
	r.call.Out = append(r.call.Out, "{}"...)
	s.reply(r, nil)
	s.end(meant)
}

// subscriptions answers which subscriptions there are.
func (s *Session) subscriptions(r *request) {
	refused := s.check(r)
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	c := &r.call
	c.Out = append(c.Out, '[')
	for i, sub := range s.subs {
		if i > 0 {
			c.Out = append(c.Out, ',')
		}
		c.Out = sub.appendID(c.Out)
	}
	c.Out = append(c.Out, ']')
	s.reply(r, refused)
}

// dropDeleted logs out who is logged on with a key that was deleted, and ends what
// listens with such a key. The client is told.
func (s *Session) dropDeleted() {
	keys := s.carrier.o.Keys
	deleted := func(sub *subscription) bool { return !keys.Holds(sub.key) }
	s.mu.Lock()
	loggedOn := s.key != nil && !keys.Holds(s.key)
	if loggedOn {
		s.key, s.since = nil, 0
	}
	if loggedOn || slices.ContainsFunc(s.subs, deleted) {
		text := append([]byte(nil), `{"id":null,"status":401,"error":`...)
		text = api.ErrKey.AppendJSON(text)
		s.conn.Send(append(text, '}'))
	}
	s.mu.Unlock()
	s.end(deleted)
}
