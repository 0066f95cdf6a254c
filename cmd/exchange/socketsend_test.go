package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// How a websocket ends when the exchange has a reason for it: a planned stop, a
// session that is over, a key that is gone. What a limit ends is shown with the limits.

// matches has the next frame be of a form, in which N stands for a time in
// milliseconds and U for one in microseconds.
func (p *socketPeer) matches(t *testing.T, what, form string) {
	t.Helper()
	pattern := regexp.QuoteMeta(form)
	pattern = strings.ReplaceAll(strings.ReplaceAll(pattern, ":N", `:\d{13}`), ":U", `:\d{16}`)
	got, err := p.next()
	if err != nil || !regexp.MustCompile("^text:"+pattern+"$").MatchString(got) {
		t.Errorf("%s: heard %.300q, %v, want %s", what, got, err, form)
	}
}

// TestPlannedStop stops an exchange while websockets of every kind are open. Each is
// told in its own form, after what it was still to be told, and closed.
func TestPlannedStop(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	_, alice := v.customer(holding{"USDT", "1000000"})
	const plain, wrapped = `{"e":"serverShutdown","E":N}`, `{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":N}}`
	const replied = `{"event":{"e":"serverShutdown","E":N}}`
	list := []struct {
		path, says, form string
		peer             *socketPeer
	}{
		{"/ws", "", plain, nil},
		{"/ws/btcusdt@depth/ethusdt@trade", "", plain, nil},
		{"/ws/nothing", "", plain, nil},
		{"/ws/" + v.newListenKey(t, &alice), "", plain, nil},
		{"/stream/ws/btcusdt@depth", "", plain, nil},
		{"/ws?timeUnit=MICROSECOND", "", `{"e":"serverShutdown","E":U}`, nil},
		{"/ws", `{"id":1,"method":"SET_PROPERTY","params":["combined",true]}`, wrapped, nil},
		{"/stream", "", wrapped, nil},
		{"/stream?streams=btcusdt@depth", "", wrapped, nil},
		{"/stream?streams=", `{"id":1,"method":"SET_PROPERTY","params":["combined",false]}`, plain, nil},
		{"/ws-api/v3", "", replied, nil},
		{"/ws-api/v3?returnRateLimits=false", "", replied, nil},
		{"/ws-api/v3", `{"id":1,"method":"session.status"}`, replied, nil},
		{"/ws-api/v3", socketRequest(&alice, 1, "userDataStream.subscribe.signature"), replied, nil},
		{"/ws-api/v3?timeUnit=MICROSECOND", "", `{"event":{"e":"serverShutdown","E":U}}`, nil},
	}
	for i := range list {
		list[i].peer = v.websocket(t, list[i].path)
		if list[i].says != "" {
			list[i].peer.tell(t, list[i].says)
			list[i].peer.hearsOf(t, "text:{")
		}
	}
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		x := &list[i]
		what := fmt.Sprintf("%s %s", x.path, x.says)
		x.peer.matches(t, what, x.form)
		if got, err := x.peer.next(); got != "close:1001 the server stops" {
			t.Errorf("%s: heard %q, %v, want a close", what, got, err)
		}
		if err := x.peer.ends("close:1001 the server stops"); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_ = v.cmd.Wait() // the exit code says it
	if code := v.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d, %s", code, v.complaints())
	}
	if _, err := v.dialFrom(""); err == nil {
		t.Error("somebody is let in after the stop")
	}
}

// TestPlannedStopAnswers stops an exchange while orders are under way: each that was
// taken is answered, and only then the end is told. Those that were not are refused.
func TestPlannedStopAnswers(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	const orders = 200
	_, alice := v.customer(holding{"USDT", "1000000"})
	p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
	var batch []byte
	for i := range int64(orders) {
		batch = append(batch, textFrame(socketRequest(&alice, i, "order.place", restingOrder("BUY", "100.00")...))...)
	}
	if err := p.say(batch); err != nil {
		t.Fatal(err)
	}
	p.hearsOf(t, "text:{") // so that some are under way
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	taken, told := 1, false
	for !told {
		got, err := p.next()
		switch {
		case err != nil:
			t.Fatalf("after %d answers: %v", taken, err)
		case strings.HasPrefix(got, `text:{"event":{"e":"serverShutdown"`):
			told = true
		case strings.Contains(got, `"status":200`):
			taken++
		case !strings.Contains(got, `"code":-1008`) && !strings.Contains(got, `"code":-1016`):
			t.Errorf("heard %.300q", got)
		}
	}
	for { // who was not taken may be told so still
		got, err := p.next()
		if got == "close:1001 the server stops" {
			break
		}
		if err != nil || !strings.Contains(got, `"status":503,"error":{"code":-1016,`) {
			t.Fatalf("heard %.300q, %v", got, err)
		}
	}
	_ = p.Close()
	_ = v.cmd.Wait() // the exit code says it
	if code := v.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d, %s", code, v.complaints())
	}
	again := openVenue(t, v.dir)
	q := again.websocket(t, "/ws-api/v3?returnRateLimits=false")
	q.tell(t, socketRequest(&alice, 1, "openOrders.status", "symbol", "BTCUSDT"))
	answer := q.tellsTimes(t, 1)[0]
	if got := strings.Count(answer, `"orderId":`); got != taken {
		t.Errorf("%d orders are open, %d were answered as taken", got, taken)
	}
	_ = q.Close()
	again.end()
}

// TestPlannedStopOfTheDeaf stops an exchange while clients do not read, do not answer
// a close, or have sent half of something. That holds nobody up for long.
func TestPlannedStopOfTheDeaf(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir(), "--close-wait", briefText, "--stall-timeout", "1m", "--read-timeout", "1s")
	for range 3 {
		v.deaf(t, 2_000)
		v.websocket(t, "/ws")
		half := v.websocket(t, "/ws-api/v3")
		if err := half.say(textFrame(question)[:7]); err != nil {
			t.Fatal(err)
		}
		request := v.peer(t)
		if _, err := io.WriteString(request, handshakeAt("/ws")[:50]); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	v.end()
	const most = 5 * time.Second
	if took := time.Since(began); took > most {
		t.Errorf("the stop took %v, want at most %v", took, most)
	}
}

// TestStreamTerminated ends subscriptions to user data in each way in which that is
// said: who unsubscribes, logs out, or whose key is deleted.
func TestStreamTerminated(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	_, alice := v.customer()
	_, bob := v.customer()
	ended := func(id int) string {
		return fmt.Sprintf(`{"subscriptionId":%d,"event":{"e":"eventStreamTerminated","E":N}}`, id)
	}
	logon := func() *socketPeer {
		p := v.websocket(t, "/ws-api/v3?returnRateLimits=false")
		p.tell(t, socketRequest(&alice, 1, "session.logon"))
		p.hearsOf(t, `text:{"id":1,"status":200,"result":{"apiKey":"`+alice.ID+`"`)
		p.tell(t, `{"id":2,"method":"userDataStream.subscribe"}`)
		p.matches(t, "subscribed", `{"id":2,"status":200,"result":{"subscriptionId":0}}`)
		p.tell(t, socketRequest(&bob, 3, "userDataStream.subscribe.signature"))
		p.matches(t, "subscribed by signature", `{"id":3,"status":200,"result":{"subscriptionId":1}}`)
		return p
	}
	one := logon()
	one.tell(t, `{"id":4,"method":"userDataStream.unsubscribe","params":{"subscriptionId":1}}`)
	one.matches(t, "one unsubscribed", `{"id":4,"status":200,"result":{}}`)
	one.matches(t, "one unsubscribed", ended(1))
	one.tell(t, `{"id":5,"method":"userDataStream.unsubscribe","params":{"subscriptionId":1}}`)
	one.matches(t, "one unsubscribed twice", `{"id":5,"status":400,"error":{"code":-2036,"msg":"User Data Stream subscription not active."}}`)

	both := logon()
	both.tell(t, `{"id":4,"method":"userDataStream.unsubscribe"}`)
	both.matches(t, "all unsubscribed", `{"id":4,"status":200,"result":{}}`)
	both.matches(t, "all unsubscribed", ended(0))
	both.matches(t, "all unsubscribed", ended(1))

	out := logon()
	out.tell(t, `{"id":4,"method":"session.logout"}`)
	out.hearsOf(t, `text:{"id":4,"status":200,"result":{"apiKey":null,`)
	out.matches(t, "logged out", ended(0))
	out.tell(t, `{"id":5,"method":"session.subscriptions"}`)
	out.matches(t, "logged out", `{"id":5,"status":200,"result":[{"subscriptionId":1}]}`)

	gone := logon()
	v.must(http.MethodDelete, "/x/v1/keys/"+alice.ID, "")
	const deleted = `{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}}`
	gone.matches(t, "its key was deleted", deleted)
	gone.matches(t, "its key was deleted", ended(0))
	one.matches(t, "its key was deleted too", deleted)
	one.matches(t, "its key was deleted too", ended(0))
	for _, p := range []*socketPeer{one, both, out, gone} {
		_ = p.Close()
	}
	v.end()
}

// TestSocketsOfTheKilled kills an exchange: who is connected finds the end, and no close frame
// that says what is not so.
func TestSocketsOfTheKilled(t *testing.T) {
	t.Parallel()
	v := openVenue(t, t.TempDir())
	var list []*socketPeer
	for i := range framePlaces {
		list = append(list, v.websocket(t, framePlaces[i].path))
	}
	v.kill()
	for _, p := range list {
		if got, err := p.next(); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("heard %q, %v", got, err)
		}
	}
}

// TestSocketDefaults holds the defaults to what clients rely on: pings every 20
// seconds, a minute for the pong, a life of 24 hours and 1,024 streams.
func TestSocketDefaults(t *testing.T) {
	s, _ := newSettings()
	l := &s.edge
	if l.PingInterval != 20*time.Second || l.PongWait != time.Minute || l.Life != 24*time.Hour || l.Subscriptions != 1_024 {
		t.Errorf("%+v", l)
	}
	if s.listenKeyLife != time.Hour || s.requests.Subscriptions != 1_000 {
		t.Errorf("%v, %+v", s.listenKeyLife, s.requests)
	}
}
