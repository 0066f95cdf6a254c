package wsapi

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// The limits of listen keys that hold where ListenKeyOptions says zero.
const (
	DefaultListenKeys    = 10_000
	DefaultListenKeyLife = 60 * time.Minute
)

// listenKeyLen is the length of a listen key, in characters: more than 300 bits
// of chance.
const listenKeyLen = 64

// The ends of connections that listen with a listen key.
const (
	normalClosure = 1000
	reasonClosed  = "the listenKey was closed"
	reasonDeleted = "the API key of the listenKey was deleted"
)

// ListenKeyOptions are what ListenKeys are made of.
type ListenKeyOptions struct {
	Users *UserData
	Keys  *auth.Store
	Now   func() int64  // of the exchange, in nanoseconds since the epoch: the clock of events
	Most  int           // at a time, of all accounts; 0 means DefaultListenKeys
	Life  time.Duration // since one was asked for or extended; 0 means DefaultListenKeyLife
}

// ListenKeys are names under which accounts can be listened to without a session:
// each gives the plain events of one account, to as many connections as know it.
// An account has one at a time. They are forgotten when the process ends.
//
// They share the lock of UserData.
type ListenKeys struct {
	o         ListenKeyOptions
	stopped   bool
	byName    map[string]*listenKey
	byAccount map[msg.AccountID]*listenKey
}

// listenKey is one name.
type listenKey struct {
	of      *ListenKeys
	name    string
	key     *auth.Key // that asked for it, and with which it ends
	timer   *time.Timer
	extends int // how often it was extended: a timer of before is void
	ears    []*ear
}

// ear is a connection that listens with a listen key.
type ear struct {
	of    *listenKey
	sub   *subscription
	event func(text []byte)
	end   func(code int, reason string)
}

// NewListenKeys returns listen keys, of which there are none yet.
func NewListenKeys(o ListenKeyOptions) *ListenKeys {
	if o.Most == 0 {
		o.Most = DefaultListenKeys
	}
	if o.Life == 0 {
		o.Life = DefaultListenKeyLife
	}
	return &ListenKeys{o: o, byName: make(map[string]*listenKey), byAccount: make(map[msg.AccountID]*listenKey)}
}

// Open returns the listen key of the account of an API key, made if there is none,
// and extends it; ok is false when there are as many as may be.
func (l *ListenKeys) Open(by *auth.Key) (name string, ok bool) {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	k := l.byAccount[by.Account]
	if k != nil && !l.o.Keys.Holds(k.key) {
		k.close(reasonDeleted)
		k = nil
	}
	if k == nil {
		if l.stopped || len(l.byName) >= l.o.Most {
			return "", false
		}
		k = &listenKey{of: l, name: (rand.Text() + rand.Text() + rand.Text())[:listenKeyLen], key: by}
		l.byName[k.name], l.byAccount[by.Account] = k, k
	}
	k.extend()
	return k.name, true
}

// Extend has a listen key of the account of an API key last for longer; ok is false
// when there is none such.
func (l *ListenKeys) Extend(by *auth.Key, name []byte) (ok bool) {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	k := l.find(by, name)
	if k != nil {
		k.extend()
	}
	return k != nil
}

// Close ends a listen key of the account of an API key, and the connections that
// listen with it; ok is false when there is none such.
func (l *ListenKeys) Close(by *auth.Key, name []byte) (ok bool) {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	k := l.find(by, name)
	if k != nil {
		k.close(reasonClosed)
	}
	return k != nil
}

// find returns a listen key of the account of an API key, or nil.
func (l *ListenKeys) find(by *auth.Key, name []byte) *listenKey {
	k := l.byName[string(name)]
	if k == nil || k.key.Account != by.Account || !l.o.Keys.Holds(k.key) {
		return nil
	}
	return k
}

// Listen has event called with each event of the account of a listen key, times in
// microseconds if micro, and end when the connection is to be closed; neither after
// stop has returned. Ok is false when there is no such listen key.
func (l *ListenKeys) Listen(name string, micro bool, event func(text []byte), end func(code int, reason string)) (stop func(), ok bool) {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	k := l.byName[name]
	if k == nil || !l.o.Keys.Holds(k.key) {
		return nil, false
	}
	e := &ear{of: k, event: event, end: end}
	e.sub = &subscription{key: k.key, by: e}
	if micro {
		e.sub.unit = inMicro
	}
	u.join(e.sub)
	k.ears = append(k.ears, e)
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if i := slices.Index(k.ears, e); i >= 0 {
			k.ears = slices.Delete(k.ears, i, i+1)
			u.remove(e.sub)
		}
	}, true
}

// KeysDeleted is told after API keys were deleted. Listen keys that were asked for
// with one of them end.
func (l *ListenKeys) KeysDeleted() {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, k := range l.byName {
		if !l.o.Keys.Holds(k.key) {
			k.close(reasonDeleted)
		}
	}
}

// Stop forgets all listen keys and makes no more. Whoever serves the connections
// closes them.
func (l *ListenKeys) Stop() {
	u := l.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	l.stopped = true
	for _, k := range l.byName {
		k.forget()
	}
}

// extend begins the life of a listen key anew.
func (k *listenKey) extend() {
	if k.timer != nil {
		k.timer.Stop() // if it is too late for that, the count tells
	}
	k.extends++
	of := k.extends
	k.timer = time.AfterFunc(k.of.o.Life, func() { k.expire(of) })
}

// expire ends a listen key that was not extended since. Who listens is told, and
// hears no more; the connection may have other streams.
func (k *listenKey) expire(extends int) {
	u := k.of.o.Users
	u.mu.Lock()
	defer u.mu.Unlock()
	if k.of.byName[k.name] != k || k.extends != extends {
		return
	}
	now := k.of.o.Now()
	for _, e := range k.forget() {
		text := wire.AppendTime([]byte(`{"e":"listenKeyExpired","E":`), now, e.sub.unit == inMicro)
		text = append(text, `,"listenKey":"`...)
		text = append(text, k.name...)
		e.event(append(text, `"}`...))
	}
}

// close ends a listen key and the connections that listen with it.
func (k *listenKey) close(reason string) {
	for _, e := range k.forget() {
		e.end(normalClosure, reason)
	}
}

// forget ends a listen key and returns who has listened with it.
func (k *listenKey) forget() []*ear {
	k.timer.Stop() // if it is too late for that, it finds nothing
	delete(k.of.byName, k.name)
	delete(k.of.byAccount, k.key.Account)
	ears := k.ears
	k.ears = nil
	for _, e := range ears {
		k.of.o.Users.remove(e.sub)
	}
	return ears
}

func (e *ear) keys() *auth.Store { return e.of.of.o.Keys }

func (e *ear) hear(sub *subscription, events *events) { events.each(sub.skip, e.event) }

func (e *ear) dropDeleted() { e.of.close(reasonDeleted) }
