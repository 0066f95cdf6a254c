package wsapi

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// listenSite is a site with listen keys.
type listenSite struct {
	*site
	keysOf *ListenKeys
}

func newListenSite(t *testing.T, most int) *listenSite {
	t.Helper()
	s := newSite(t, Limits{})
	l := &listenSite{s, NewListenKeys(ListenKeyOptions{Users: s.users, Keys: s.keys, Now: s.exchange.Now, Most: most})}
	t.Cleanup(l.keysOf.Stop)
	return l
}

func (s *listenSite) key(id string) *auth.Key {
	s.t.Helper()
	k := s.keys.Lookup([]byte(id))
	if k == nil {
		s.t.Fatalf("there is no key %s", id)
	}
	return k
}

// credit gives an account a whole BTC, the one of a number.
func (s *listenSite) credit(a msg.AccountID, number int64) {
	s.t.Helper()
	s.exchange.must(s.t, msg.Command{Kind: msg.Credit, Account: a, Asset: 1, Amount: 1e8, Transfer: number})
}

// open returns the listen key of the account of an API key.
func (s *listenSite) open(id string) string {
	s.t.Helper()
	name, ok := s.keysOf.Open(s.key(id))
	if !ok || !regexp.MustCompile(`^[0-9A-Za-z]{64}$`).MatchString(name) {
		s.t.Fatalf("the listen key of %s is %q, %t", id, name, ok)
	}
	return name
}

// heard is a connection that listens with a listen key.
type heard struct {
	t      *testing.T
	mu     sync.Mutex
	texts  []string
	closed string
	stop   func()
}

func (h *heard) event(text []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, string(text))
}

func (s *listenSite) hear(t *testing.T, name string, micro bool) *heard {
	t.Helper()
	h := &heard{t: t}
	stop, ok := s.keysOf.Listen(name, micro, h.event, func(code int, reason string) { h.closed = fmt.Sprint(code, " ", reason) })
	if !ok {
		t.Fatalf("%s leads nowhere", name)
	}
	h.stop = stop
	return h
}

// want checks what was heard since it was called last.
func (h *heard) want(texts ...string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := strings.Join(h.texts, "\n"); got != strings.Join(texts, "\n") {
		h.t.Errorf("\n got %s\nwant %s", got, strings.Join(texts, "\n"))
	}
	h.texts = nil
}

const position = `{"e":"outboundAccountPosition","E":1700000000123%[1]s,"u":1700000000123%[1]s,"B":[{"a":"BTC","f":"%[2]s","l":"0.00000000"}]}`

func credited(micro, sum string) []string {
	return []string{
		fmt.Sprintf(`{"e":"balanceUpdate","E":1700000000123%[1]s,"a":"BTC","d":"1.00000000","T":1700000000123%[1]s}`, micro),
		fmt.Sprintf(position, micro, sum),
	}
}

// TestListenKey listens to an account by name: the plain events of that account and
// no other, over each connection in its unit of time.
func TestListenKey(t *testing.T) {
	s := newListenSite(t, 0)
	name := s.open("ann")
	if again := s.open("testkey"); again != name {
		t.Errorf("another key of the account gets %s, want %s", again, name)
	}
	if other := s.open("bob"); other == name {
		t.Error("two accounts have one listen key")
	}
	milli, micro := s.hear(t, name, false), s.hear(t, name, true)
	session := s.listen("ann")
	s.credit(ann, 1)
	s.credit(bob, 1)
	milli.want(credited("", "1.00000000")...)
	micro.want(credited("456", "1.00000000")...)
	for _, text := range credited("", "1.00000000") {
		session.want(`{"subscriptionId":0,"event":` + text + `}`)
	}
	milli.stop()
	milli.stop() // once is enough, twice is nothing
	s.credit(ann, 2)
	milli.want()
	micro.want(credited("456", "2.00000000")...)
	if n := s.users.Subscriptions(); n != 2 {
		t.Errorf("%d listen, want 2", n)
	}

	if s.keysOf.Close(s.key("bob"), []byte(name)) || s.keysOf.Extend(s.key("bob"), []byte(name)) {
		t.Error("bob has power over the listen key of ann")
	}
	if !s.keysOf.Close(s.key("reader"), []byte(name)) || micro.closed != "1000 the listenKey was closed" || milli.closed != "" {
		t.Errorf("closed: %q and %q", micro.closed, milli.closed)
	}
	if s.keysOf.Close(s.key("ann"), []byte(name)) || s.keysOf.Extend(s.key("ann"), []byte(name)) {
		t.Error("the listen key is there after it was closed")
	}
	if _, ok := s.keysOf.Listen(name, false, nil, nil); ok {
		t.Error("a listen key that was closed leads somewhere")
	}
	s.credit(ann, 3)
	micro.want()
	if fresh := s.open("ann"); fresh == name {
		t.Error("a listen key comes again")
	}
}

// TestListenKeyExpires tells who listens when a listen key has not been extended in
// time, and nothing after that. The connection stays.
func TestListenKeyExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newListenSite(t, 0)
		name := s.open("ann")
		h := s.hear(t, name, false)
		const most = DefaultListenKeyLife - time.Second
		time.Sleep(most)
		if !s.keysOf.Extend(s.key("ann"), []byte(name)) {
			t.Error("it ended early")
		}
		time.Sleep(most)
		if s.open("testkey") != name {
			t.Error("it ended early")
		}
		time.Sleep(most)
		s.credit(ann, 1)
		h.want(credited("", "1.00000000")...)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.want(`{"e":"listenKeyExpired","E":1700000000123,"listenKey":"` + name + `"}`)
		s.credit(ann, 2)
		h.want()
		if s.keysOf.Extend(s.key("ann"), []byte(name)) || h.closed != "" || s.users.Subscriptions() != 0 {
			t.Errorf("closed %q, %d listen", h.closed, s.users.Subscriptions())
		}
	})
}

// TestListenKeyOfDeletedKey ends what was opened with an API key when that is
// deleted, whether it is told or only sees.
func TestListenKeyOfDeletedKey(t *testing.T) {
	s := newListenSite(t, 0)
	told, sees := s.hear(t, s.open("ann"), false), s.hear(t, s.open("bob"), false)
	stays := s.hear(t, s.open("cat"), false)
	s.remove("ann")
	s.keysOf.KeysDeleted()
	s.remove("bob")
	s.credit(bob, 1)
	s.credit(cat, 1)
	for _, h := range []*heard{told, sees} {
		h.want()
		if h.closed != "1000 the API key of the listenKey was deleted" {
			t.Errorf("closed %q", h.closed)
		}
	}
	stays.want(credited("", "1.00000000")...)

	name := s.open("testkey") // another key of ann
	h := s.hear(t, name, false)
	s.remove("testkey")
	if _, ok := s.keysOf.Listen(name, false, nil, nil); ok {
		t.Error("the listen key outlives its API key")
	}
	if s.open("reader") == name || h.closed == "" {
		t.Error("the listen key outlives its API key")
	}
}

// TestListenKeysAreBounded makes no more than may be, and none at all in the end.
func TestListenKeysAreBounded(t *testing.T) {
	s := newListenSite(t, 2)
	s.open("ann")
	name := s.open("bob")
	if _, ok := s.keysOf.Open(s.key("cat")); ok {
		t.Error("there are three listen keys, and two may be")
	}
	s.open("ann") // it has one
	s.keysOf.Close(s.key("bob"), []byte(name))
	h := s.hear(t, s.open("cat"), false)
	s.keysOf.Stop()
	if _, ok := s.keysOf.Open(s.key("ann")); ok || h.closed != "" || s.users.Subscriptions() != 0 {
		t.Errorf("after the end: %t, closed %q, %d listen", ok, h.closed, s.users.Subscriptions())
	}
}

// TestListenKeysAtOnce opens, listens, extends, closes and deletes from many sides
// while the account is told of what happens. Whoever listens hears everything from
// some moment to another, in order.
func TestListenKeysAtOnce(t *testing.T) {
	s := newListenSite(t, 0)
	var all sync.WaitGroup
	for worker := range 4 {
		key := s.key([]string{"ann", "testkey", "seed", "bob"}[worker])
		all.Go(func() {
			for i := range 300 {
				name, ok := s.keysOf.Open(key)
				if !ok {
					t.Error("there is no listen key")
					return
				}
				h := &heard{t: t}
				stop, ok := s.keysOf.Listen(name, i%2 == 0, h.event, func(int, string) {})
				s.keysOf.Extend(key, []byte(name))
				if i%5 == 4 {
					s.keysOf.Close(key, []byte(name))
				}
				if ok {
					stop()
					h.inOrder()
				}
			}
		})
	}
	long := s.hear(t, s.open("cat"), false)
	for n := range int64(200) {
		for _, a := range []msg.AccountID{ann, bob, cat} {
			s.credit(a, n+1)
		}
	}
	all.Wait()
	long.inOrder()
	long.stop()
	if n := len(long.texts); n != 400 {
		t.Errorf("cat heard %d events, want 400", n)
	}
	s.keysOf.Stop()
	if n := s.users.Subscriptions(); n != 0 {
		t.Errorf("%d listen in the end", n)
	}
}

// inOrder checks that of the positions heard each has one BTC more than the one
// before.
func (h *heard) inOrder() {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := 0.0
	for _, text := range h.texts {
		_, rest, ok := strings.Cut(text, `"f":"`)
		if !ok {
			continue
		}
		free, _, _ := strings.Cut(rest, `"`)
		has, err := strconv.ParseFloat(free, 64)
		if err != nil || last != 0 && has != last+1 {
			h.t.Errorf("%v BTC after %v: %v", has, last, err)
		}
		last = has
	}
}

// A key that is deleted while events are told takes its own listeners with it, and
// leaves no other without an event.
func TestKeyDeletedAmidEvents(t *testing.T) {
	s := newListenSite(t, 0)
	name := s.open("ann")
	deletes := func([]byte) {
		if s.keys.Lookup([]byte("ann")) != nil {
			if err := s.keys.Delete("ann"); err != nil {
				t.Error(err)
			}
		}
	}
	for range 2 {
		if _, ok := s.keysOf.Listen(name, false, deletes, func(int, string) {}); !ok {
			t.Fatal("the listen key leads nowhere")
		}
	}
	c := s.listen("testkey")
	s.credit(ann, 1)
	if got := c.next(); !strings.Contains(got, `"e":"balanceUpdate"`) {
		t.Errorf("the other listener got %s", got)
	}
}
