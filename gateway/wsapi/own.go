package wsapi

import (
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// ownWeight is what a request about the session itself counts, as does a connection.
const ownWeight = 2

const paramSubscription = "subscriptionId"

// weighs returns a method of which the API does the checks, and nothing else.
func weighs(name string, security api.Security, params ...api.Spec) *api.Method {
	return &api.Method{
		Name: name, Security: security, Params: params,
		Weight: func(*api.Call) int { return ownWeight },
		Run:    func(*api.API, *api.Call) error { return nil },
	}
}

// ownRoutes are the requests about the session itself.
func ownRoutes() []route {
	return []route{
		{weighs("session.logon", api.Signed), (*Session).logon},
		{weighs("session.status", api.Public), (*Session).status},
		{weighs("session.logout", api.Public), (*Session).logout},
		{weighs("session.subscriptions", api.Public), (*Session).subscriptions},
		{weighs("userDataStream.subscribe", api.Public), (*Session).subscribe},
		{weighs("userDataStream.subscribe.signature", api.Read), (*Session).subscribeSigned},
		{weighs("userDataStream.unsubscribe", api.Public, api.Spec{Name: paramSubscription, Kind: api.Int}), (*Session).unsubscribe},
	}
}

// check has the API check and count a request about the session itself.
func (s *Session) check(r *request) *api.Error { return s.carrier.o.API.Serve(r.route.method, &r.call) }

// reply sends the answer of a request about the session itself.
func (s *Session) reply(r *request, refused *api.Error) {
	r.complete(s.carrier.o.API, refused)
	s.answer(r)
}

// logon has all later requests go by the key of this one, which has to be signed
// whoever was logged on before.
func (s *Session) logon(r *request) {
	r.call.Session = nil
	refused := s.check(r)
	if refused != nil {
		s.reply(r, refused)
		return
	}
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	key := r.call.Caller
	s.setKey(key, s.carrier.o.API.Wall())
	ends := func(sub *subscription) bool { return sub.logon && sub.key != key }
	r.call.Out = s.appendStatus(r.call.Out, s.listensBut(ends))
	s.reply(r, nil)
	s.end(ends)
}

// logout has nobody logged on. What was subscribed to with a signature goes on.
func (s *Session) logout(r *request) {
	refused := s.check(r)
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	if refused != nil {
		s.reply(r, refused)
		return
	}
	s.setKey(nil, 0)
	ends := func(sub *subscription) bool { return sub.logon }
	r.call.Out = s.appendStatus(r.call.Out, s.listensBut(ends))
	s.reply(r, nil)
	s.end(ends)
}

func (s *Session) setKey(key *auth.Key, since int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.since = key, since
}

// status answers who is logged on.
func (s *Session) status(r *request) {
	refused := s.check(r)
	u := s.carrier.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	r.call.Out = s.appendStatus(r.call.Out, len(s.subs) > 0)
	s.reply(r, refused)
}

// listensBut reports whether a session has subscriptions beside those that end.
func (s *Session) listensBut(ends func(sub *subscription) bool) bool {
	return slices.ContainsFunc(s.subs, func(sub *subscription) bool { return !ends(sub) })
}

// appendStatus appends who is logged on, and whether the session listens to anybody.
func (s *Session) appendStatus(dst []byte, listens bool) []byte {
	s.mu.Lock()
	key, since := s.key, s.since
	s.mu.Unlock()
	if key != nil {
		dst = append(dst, `{"apiKey":`...)
		dst = wire.AppendString(dst, key.ID)
		dst = append(dst, `,"authorizedSince":`...)
		dst = wire.AppendTime(dst, since, s.micro)
	} else {
		dst = append(dst, `{"apiKey":null,"authorizedSince":null`...)
	}
	dst = append(dst, `,"connectedSince":`...)
	dst = wire.AppendTime(dst, s.connected, s.micro)
	dst = append(dst, `,"returnRateLimits":`...)
	dst = strconv.AppendBool(dst, s.showLimits)
	dst = append(dst, `,"serverTime":`...)
	dst = wire.AppendTime(dst, s.carrier.o.API.Wall(), s.micro)
	dst = append(dst, `,"userDataStream":`...)
	dst = strconv.AppendBool(dst, listens)
	return append(dst, '}')
}
