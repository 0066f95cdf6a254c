package wsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
)

// buy is an order that rests: at a price of n cents, named n.
func (s *site) buy(n int) string {
	return s.stamped(fmt.Sprintf(`"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","price":"%d.%02d","quantity":"0.01","newClientOrderId":"n%d"`,
		n/100, n%100, n))
}

// waitFor waits until something is so.
func waitFor(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 10_000 {
		if is() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited too long for %s", what)
}

// shape is what a message of the server can be.
type shape struct {
	ID     *int
	Status int
	Result struct{ OrderID int64 }
	Error  struct {
		Code int
		Data struct {
			New struct{ OrderID int64 } `json:"newOrderResponse"`
		}
	}
	Event struct {
		Kind    string `json:"e"`
		Name    string `json:"c"`
		OrderID int64  `json:"i"`

		// Without these the library, which does not look at case, would take them for
		// the others.
		Time        int64  `json:"E"`
		Orig        string `json:"C"`
		ExecutionID int64  `json:"I"`
	}
}

func (c *client) shape() (m shape, text string) {
	c.t.Helper()
	text = c.next()
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
	return m, text
}

// Commands that are sent without waiting for answers enter the exchange in order,
// and many of them together: those that are one command all of them, without a lane,
// and others as many as there are lanes. None passes another.
func TestPipelining(t *testing.T) {
	const orders, lanes = 200, 8
	for name, test := range map[string]struct {
		replacements func(i int) bool // which orders are
		enter        int              // how many commands wait together
		lanes        int              // for which so many lanes are there
	}{
		"straight":  {func(int) bool { return false }, orders, 0},
		"in lanes":  {func(int) bool { return true }, lanes, lanes},
		"in turn":   {func(i int) bool { return i%3 == 1 }, lanes, lanes},
		"once":      {func(i int) bool { return i == 0 }, 1, 1},
		"at an end": {func(i int) bool { return i == orders-1 }, orders, 1},
	} {
		t.Run(name, func(t *testing.T) { pipeline(t, orders, lanes, test.replacements, test.enter, test.lanes) })
	}
}

func pipeline(t *testing.T, orders, lanes int, replacements func(i int) bool, enter, needed int) {
	s := newSite(t, Limits{Lanes: lanes})
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	s.exchange.fold.Lock()
	before := s.exchange.seq
	for i := range orders {
		if replacements(i) {
			c.send("order.cancelReplace", s.buy(i+1)+`,"cancelReplaceMode":"ALLOW_FAILURE","cancelOrigClientOrderId":"none"`)
			continue
		}
		c.send("order.place", s.buy(i+1))
	}
	waitFor(t, "commands in the exchange", func() bool { return len(s.exchange.queue) >= enter-1 }) // one may be taken already
	c.nothing()
	if n := c.lanes(); n < needed {
		t.Errorf("%d lanes, want %d", n, needed)
	}
	s.exchange.fold.Unlock()
	byID := make(map[int]int64)
	for range orders {
		m, text := c.shape()
		switch m.Status {
		case 200:
			byID[*m.ID] = m.Result.OrderID
		case 409: // there was nothing to cancel
			byID[*m.ID] = m.Error.Data.New.OrderID
		default:
			t.Fatal(text)
		}
	}
	for i := range orders {
		if got, want := byID[i+2], int64(before)+int64(i)+1; got != want {
			t.Fatalf("request %d became order %d, want %d", i+2, got, want)
		}
	}
	waitFor(t, "lanes that are not needed to end", func() bool { return c.lanes() <= idleLanes })
}

// lanes returns how many lanes the session has.
func (c *client) lanes() int {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	return c.session.lanes
}

// A command that is refused before it reaches the exchange lets the next one by.
func TestRefusedGivesWay(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	for i := range 20 {
		if i%2 == 0 {
			c.send("order.place", s.stamped(`"symbol":"BTCUSDT","side":"BUY"`))
		} else {
			c.send("order.test", s.buy(i))
		}
	}
	c.send("order.place", s.buy(1))
	for range 21 {
		m, text := c.shape()
		refused := *m.ID < 22 && *m.ID%2 == 0
		if m.Status == 200 == refused || (*m.ID == 22) != (m.Result.OrderID != 0) {
			t.Error(text)
		}
	}
}

func TestTooManyRequests(t *testing.T) {
	const overloaded = `503,"error":{"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."}}`
	s := newSite(t, Limits{Requests: 4, Lanes: 2})
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	for range 3 {
		s.exchange.fold.Lock()
		first := c.id + 1
		for i := range 6 {
			c.send("order.place", s.buy(i+1))
		}
		c.want(fmt.Sprintf(`{"id":%d,"status":%s`, first+4, overloaded))
		c.want(fmt.Sprintf(`{"id":%d,"status":%s`, first+5, overloaded))
		c.send("session.status", "") // it waits for nothing
		if m, text := c.shape(); *m.ID != first+6 || m.Status != 200 {
			t.Error(text)
		}
		s.exchange.fold.Unlock()
		for range 4 {
			c.next()
		}
	}
}

// The answer of a command comes before what it caused, on the connection that sent
// it, and events keep their order. Other connections wait for nobody.
func TestAnswerFirst(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c, other := s.listen("ann"), s.listen("ann")
	s.exchange.answers.Lock()
	c.send("order.place", s.buy(1))
	if m, text := other.shape(); m.Event.Name != "n1" {
		t.Errorf("the other connection: %s", text)
	}
	if _, text := other.shape(); !strings.Contains(text, "outboundAccountPosition") {
		t.Errorf("the other connection: %s", text)
	}
	c.nothing()
	// What is asked for while the first command waits does not keep its events back.
	c.send("order.place", s.buy(2))
	c.nothing()
	s.exchange.answers.Unlock()
	var got []string
	for range 6 {
		m, _ := c.shape()
		switch {
		case m.ID != nil:
			got = append(got, fmt.Sprintf("answer %d", *m.ID-2))
		case m.Event.Kind == "executionReport":
			got = append(got, "report "+m.Event.Name)
		default:
			got = append(got, "position")
		}
	}
	// Answers may pass each other.
	before := func(a, b string) bool { return slices.Index(got, a) < slices.Index(got, b) }
	if !before("answer 1", "report n1") || !before("answer 2", "report n2") || !before("report n1", "report n2") || !before("report n1", "position") {
		t.Errorf("got %q", got)
	}
}

// Under load each answer still comes before the events of its command, and nothing
// is held back in the end.
func TestAnswerFirstUnderLoad(t *testing.T) {
	const orders = 2_000
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c, other := s.listen("ann"), s.logon("ann")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range orders {
			other.send("order.place", s.buy(10_000+i))
			if i%100 == 0 {
				for len(other.texts) <= i-400 {
					time.Sleep(10 * time.Microsecond)
				}
			}
		}
	}()
	sent, answered, told := 0, make(map[int64]bool), make(map[int64]bool)
	for len(told) < 2*orders {
		for sent < orders && sent-len(answered) < 50 {
			sent++
			c.send("order.place", s.buy(sent))
		}
		m, text := c.shape()
		switch {
		case m.ID != nil && m.Status == 200:
			answered[m.Result.OrderID] = true
		case m.Event.Kind == "executionReport":
			id := m.Event.OrderID
			if mine := len(m.Event.Name) < 6; mine && !answered[id] {
				t.Fatalf("told of order %s before the answer", m.Event.Name)
			}
			if told[id] {
				t.Fatalf("told twice of order %d", id)
			}
			told[id] = true
		case m.Event.Kind != "outboundAccountPosition":
			t.Fatal(text)
		}
	}
	<-done
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if o := &c.session.outbox; len(o.held) != 0 || len(o.ends) != 0 || o.next != o.oldest {
		t.Errorf("%d events are held, %d commands not answered", len(o.ends), o.next-o.oldest)
	}
}

// The answer to a subscription comes before its first event, and nothing comes that
// was before it.
func TestSubscribedFirst(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := int64(10); ; n++ {
			select {
			case <-stop:
				return
			default:
				c := msg.Command{Kind: msg.Credit, Account: ann, Asset: 1, Amount: 1, Transfer: n}
				if err := s.exchange.Do(t.Context(), &c, &gateway.Result{}, nil); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	c := s.logon("ann")
	for id := range 200 {
		want := fmt.Sprintf(`{"subscriptionId":%d}`, id)
		c.send("userDataStream.subscribe", "")
		if text := c.next(); !strings.HasSuffix(text, want+"}") {
			t.Fatalf("got %s, want an answer with %s", text, want)
		}
		if text := c.next(); !strings.Contains(text, `"e":"balanceUpdate"`) {
			t.Fatalf("the first event is %s", text)
		}
		c.send("userDataStream.unsubscribe", "")
		for text := c.next(); ; text = c.next() {
			if !strings.HasPrefix(text, fmt.Sprintf(`{"subscriptionId":%d,`, id)) && !strings.HasSuffix(text, `"result":{}}`) {
				t.Fatal(text)
			}
			if strings.Contains(text, "eventStreamTerminated") {
				break
			}
		}
	}
	close(stop)
	<-done
}

// A connection with too many events held is closed, with a reason.
func TestTooMuchHeld(t *testing.T) {
	s := newSite(t, Limits{HeldBytes: 1000})
	s.exchange.fund(t, ann)
	c := s.listen("ann")
	s.exchange.fold.Lock() // so that they are one batch
	for i := range 3 {
		c.send("order.place", s.buy(i+1))
	}
	waitFor(t, "all commands to enter", func() bool { return len(s.exchange.queue) >= 2 })
	s.exchange.answers.Lock()
	s.exchange.fold.Unlock()
	defer s.exchange.answers.Unlock()
	select {
	case got := <-c.closed:
		if got != "1008 too many user data events wait to be sent" {
			t.Error(got)
		}
	case <-time.After(10 * time.Second):
		t.Error("it is not closed")
	}
}

// A panic of a method takes nothing else down.
func TestPanic(t *testing.T) {
	s := newSite(t, Limits{Lanes: 1})
	s.carrier.routes["panic"] = &route{method: &api.Method{
		Weight: func(*api.Call) int { return 1 }, Run: func(*api.API, *api.Call) error { panic("boom") }, Security: api.Trade,
	}}
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	for range 3 {
		if got := c.ask("panic", s.stamped("")); got != `500,"error":{"code":-1000,"msg":"An unknown error occurred while processing the request."}` {
			t.Error(got)
		}
	}
	if got := c.ask("order.place", s.buy(1)); !strings.Contains(got, `"orderId"`) {
		t.Error(got)
	}
	if !strings.Contains(s.log.String(), "boom") {
		t.Errorf("logged: %s", s.log.String())
	}
}

// Before a planned stop what is under way is answered, and nothing more is taken.
func TestFarewell(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	s.exchange.answers.Lock()
	c.send("order.place", s.buy(1))
	said := make(chan string)
	go func() { said <- string(c.session.Farewell()) }()
	waitFor(t, "the session to retire", func() bool {
		c.session.mu.Lock()
		defer c.session.mu.Unlock()
		return c.session.idle != nil
	})
	if got := c.ask("ping", ""); got != `503,"error":{"code":-1016,"msg":"This service is no longer available."}` {
		t.Error(got)
	}
	s.exchange.answers.Unlock()
	if got := <-said; got != `{"event":{"e":"serverShutdown","E":1700000000123}}` {
		t.Error(got)
	}
	if m, text := c.shape(); m.Result.OrderID == 0 {
		t.Error(text)
	}
}

// Once the end is waited for no session begins, and those that are there are waited
// for.
func TestWait(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	c := s.logon("ann")
	s.exchange.answers.Lock()
	c.send("order.place", s.buy(1))
	ended := make(chan struct{})
	go func() {
		s.carrier.Wait()
		close(ended)
	}()
	waitFor(t, "the end to be waited for", func() bool {
		session, refused := s.carrier.open(&gateway.Handshake{}, &sink{})
		if session != nil {
			session.Closed()
		}
		return refused == api.ErrGone
	})
	c.end()
	select {
	case <-ended:
		t.Error("a command is under way")
	default:
	}
	s.exchange.answers.Unlock()
	<-ended
	if n := len(c.texts); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// Nothing that is private to one account reaches another, whatever happens among
// them: each order is named after its account, and what each owns is of an order of
// magnitude of its own.
func TestTaint(t *testing.T) {
	const commands = 3_000
	s := newSite(t, Limits{})
	owned := map[msg.AccountID]msg.Amount{ann: 1e12, bob: 1e14, cat: 1e16}
	names := map[msg.AccountID]string{ann: "ann", bob: "bob", cat: "cat"}
	for a, amount := range owned {
		for asset := range msg.AssetID(2) {
			s.exchange.must(t, msg.Command{Kind: msg.Credit, Account: a, Asset: asset + 1, Amount: amount, Transfer: int64(asset) + 1})
		}
	}
	both := s.listen("ann")
	if got := both.ask("userDataStream.subscribe.signature", s.signed("bob", "")); got != `{"subscriptionId":1}` {
		t.Fatal(got)
	}
	alone, silent := s.listen("cat"), s.logon("cat")
	r := rand.New(rand.NewPCG(1, 2))
	wants := map[msg.AccountID]int{}
	for i := range commands {
		a := msg.AccountID(1 + r.IntN(3))
		c := msg.Command{
			Account: a, Symbol: btcusdt, Side: msg.Side(r.IntN(2)), Name: nameOf(fmt.Sprintf("%s-%d", names[a], i)),
			Price: msg.Price(100 + r.IntN(20)), Qty: msg.Qty(1 + r.IntN(50)), STP: msg.Prevention(r.IntN(5)), TIF: msg.TimeInForce(r.IntN(3)),
		}
		switch r.IntN(6) {
		case 0:
			c = msg.Command{Kind: msg.CancelAll, Account: a, Symbol: btcusdt, CancelName: nameOf(fmt.Sprintf("%s-c%d", names[a], i))}
		case 1:
			c.Kind, c.CancelName, c.OrigName = msg.CancelReplace, nameOf(fmt.Sprintf("%s-c%d", names[a], i)), nameOf(fmt.Sprintf("%s-%d", names[a], i-r.IntN(20)))
		default:
			c.Kind = msg.Place
		}
		var result gateway.Result
		if err := s.exchange.Do(t.Context(), &c, &result, nil); err != nil {
			t.Fatal(err)
		}
		v := s.exchange.BeginRead()
		if result.Events[0].Kind != msg.Rejected {
			for _, p := range v.Resolved().Reports {
				wants[p.Order.Account]++
			}
			if last := result.Events[len(result.Events)-1]; result.Events[0].Kind == msg.Canceled && last.Kind == msg.Rejected {
				wants[a]++
			}
		}
		s.exchange.EndRead()
	}
	got := map[msg.AccountID]int{}
	for _, stream := range []struct {
		of  *client
		who []msg.AccountID // by subscription
	}{{both, []msg.AccountID{ann, bob}}, {alone, []msg.AccountID{cat}}} {
		for len(stream.of.texts) > 0 {
			text := stream.of.next()
			who := stream.who[text[len(`{"subscriptionId":`)]-'0']
			checkTaint(t, text, names[who], owned[who])
			if strings.Contains(text, "executionReport") {
				got[who]++
			}
		}
	}
	silent.nothing()
	if fmt.Sprint(got) != fmt.Sprint(wants) || got[ann] == 0 {
		t.Errorf("told %v, want %v", got, wants)
	}
}

// checkTaint checks that an event holds no name and no balance of another account.
func checkTaint(t *testing.T, text, name string, owned msg.Amount) {
	t.Helper()
	var m struct {
		Event struct {
			Kind     string `json:"e"`
			Time     int64  `json:"E"`
			Name     string `json:"c"`
			Orig     string `json:"C"`
			Balances []struct {
				Free   string `json:"f"`
				Locked string `json:"l"`
			} `json:"B"`
		} `json:"event"`
	}
	if i := strings.Index(text, `,"B":"`); i >= 0 { // of an executionReport it is a quantity
		end := i + len(`,"B":"`) + strings.IndexByte(text[i+len(`,"B":"`):], '"') + 1
		text = text[:i] + text[end:]
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, n := range []string{m.Event.Name, m.Event.Orig} {
		if n != "" && !strings.HasPrefix(n, name+"-") {
			t.Fatalf("%s is told %s", name, text)
		}
	}
	for _, b := range m.Event.Balances {
		free, err1 := msg.ParseDecimal(b.Free, 8)
		locked, err2 := msg.ParseDecimal(b.Locked, 8)
		if total := msg.Amount(free + locked); err1 != nil || err2 != nil || total < owned/4 || total > 4*owned {
			t.Fatalf("%s, who owns about %d, is told %s", name, owned, text)
		}
	}
}

// Who is not listened to costs nothing, and neither do the buffers of who is.
func TestFoldAllocates(t *testing.T) {
	s := newSite(t, Limits{})
	s.exchange.fund(t, ann)
	v := s.exchange.views
	c := msg.Command{Kind: msg.Place, Account: ann, Symbol: btcusdt, Price: 1, Qty: 1}
	r := s.exchange.must(t, c)
	c.Seq, c.Time = r.Seq, r.Time
	fold := func() {
		s.users.Fold(v, &c, r.Events)
		s.users.Flush()
	}
	if n := testing.AllocsPerRun(100, fold); n != 0 {
		t.Errorf("%v allocations without listeners", n)
	}
	other := s.listen("bob")
	if n := testing.AllocsPerRun(100, fold); n != 0 {
		t.Errorf("%v allocations without listeners to the account", n)
	}
	other.nothing()
	own := &sink{}
	if session, refused := s.carrier.open(&gateway.Handshake{}, own); refused != nil {
		t.Fatal(refused)
	} else {
		defer session.Closed()
		session.Message([]byte(`{"method":"userDataStream.subscribe.signature","params":{` + s.signed("ann", "") + `}}`))
	}
	fold()
	if n := testing.AllocsPerRun(100, fold); n != 0 {
		t.Errorf("%v allocations with a listener", n)
	}
	if own.texts != 2*101+2+1 {
		t.Errorf("%d messages", own.texts)
	}
}

// sink counts what it is sent.
type sink struct{ texts int }

func (k *sink) Send([]byte) bool  { k.texts++; return true }
func (k *sink) Close(int, string) {}

// TestOutbox holds the outbox against a naive one, under random use.
func TestOutbox(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		log := &logged{}
		o := newOutbox(log, 1<<20)
		type event struct {
			n      int
			behind []uint64 // tickets that were not answered
		}
		var open []uint64
		var waiting []event
		var want bytes.Buffer
		release := func() {
			for len(waiting) > 0 && !slices.ContainsFunc(waiting[0].behind, func(k uint64) bool { return slices.Contains(open, k) }) {
				fmt.Fprintf(&want, "{%d}", waiting[0].n)
				waiting = waiting[1:]
			}
		}
		for n := range 300 {
			switch r.IntN(3) {
			case 0:
				k, ok := o.enter()
				if !ok {
					t.Fatalf("seed %d: not entered with %d open", seed, len(open))
				}
				open = append(open, k)
			case 1:
				if len(open) > 0 {
					i := r.IntN(len(open))
					k := open[i]
					open = slices.Delete(open, i, i+1)
					o.leave(k)
					release()
				}
			case 2:
				waiting = append(waiting, event{n, slices.Clone(open)})
				o.event([]byte("{"), fmt.Append(nil, n))
				release()
			}
			if log.String() != want.String() {
				t.Fatalf("seed %d, step %d:\n got %s\nwant %s", seed, n, log.String(), want.String())
			}
		}
	}
}

// The ring of answered commands grows, up to a bound.
func TestOutboxSpan(t *testing.T) {
	o := newOutbox(&logged{}, 1<<20)
	for round := range 3 {
		for n := range uint64(maxSpan) {
			if k, ok := o.enter(); !ok || k != uint64(round)*maxSpan+n {
				t.Fatalf("round %d: ticket %d is %d, %v", round, n, k, ok)
			}
			if n > 0 {
				o.leave(o.next - 1)
			}
		}
		if _, ok := o.enter(); ok {
			t.Fatal("no bound")
		}
		o.leave(o.oldest)
		if o.oldest != o.next || slices.Contains(o.answered, true) {
			t.Fatalf("round %d: oldest %d, next %d", round, o.oldest, o.next)
		}
	}
}

// logged keeps what it is sent.
type logged struct{ bytes.Buffer }

func (l *logged) Send(text []byte) bool { l.Write(text); return true }
func (l *logged) Close(int, string)     {}
