package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// rawFlow is a flow of random requests of every kind. The same seed gives the same
// requests, and an exchange whose clock stands the same answers.
type rawFlow struct {
	venue *rawVenue
	rng   *rand.Rand
	keys  []rawKey
	users []*rawSocket
	tape  *rawSocket // trades
	told  int64      // the last trade that it has told
	open  [][]int64  // orders by trader: those that may be open
	names int
	given int      // credits
	heard []string // all answers and events, in their order by connection
	said  []string // the methods that were taken
}

var rawFlowFunds = []holding{{"BTC", "50"}, {"ETH", "500"}, {"USDT", "500000"}} //nolint:gochecknoglobals // a table

const rawTraders = 4

func newRawFlow(r *rawVenue, seed uint64) *rawFlow {
	f := &rawFlow{venue: r, rng: rand.New(rand.NewPCG(seed, 2)), open: make([][]int64, rawTraders), tape: r.dial("/stream?streams=btcusdt@trade")}
	for range rawTraders {
		k := r.trader(rawFlowFunds...)
		f.keys, f.users = append(f.keys, k), append(f.users, r.listens(&k))
	}
	return f
}

// run makes some requests, and now and then hears what there is to hear.
func (f *rawFlow) run(requests int) {
	const atOnce = 200
	for ; requests > 0; requests -= atOnce {
		for range min(requests, atOnce) {
			f.step()
		}
		f.listen()
	}
}

// step makes a request, or lets time pass.
func (f *rawFlow) step() {
	i := f.rng.IntN(rawTraders)
	switch d := f.rng.IntN(40); {
	case d < 22:
		f.ask(i, "POST", "/api/v3/order", f.order())
	case d < 28 && len(f.open[i]) > 0:
		f.ask(i, "DELETE", "/api/v3/order", f.meant(i)+"&newClientOrderId="+f.name())
	case d < 32 && len(f.open[i]) > 0:
		f.ask(i, "PUT", "/api/v3/order/amend/keepPriority", f.meant(i)+"&newQty=0.00"+strconv.Itoa(1+f.rng.IntN(9))+"&newClientOrderId="+f.name())
	case d < 36 && len(f.open[i]) > 0:
		_, id, _ := strings.Cut(f.meant(i), "&orderId=")
		f.ask(i, "POST", "/api/v3/order/cancelReplace", f.order()+"&cancelOrderId="+id+"&cancelReplaceMode="+f.any("STOP_ON_FAILURE", "ALLOW_FAILURE")+"&cancelNewClientOrderId="+f.name())
	case d < 39:
		f.venue.advance(time.Duration(f.rng.IntN(5000)) * time.Millisecond)
	default:
		f.given++
		f.venue.must("POST", fmt.Sprintf("/x/v1/accounts/%d/credit", f.keys[i].account), fmt.Sprintf(`{"asset":"USDT","amount":"0.00000001","transfer":%d}`, 100+f.given))
	}
}

// listen hears all events. The last of each account is about something that only it
// has asked for.
func (f *rawFlow) listen() {
	for i := range f.keys {
		name := f.name()
		f.ask(i, "POST", "/api/v3/order", "symbol=ETHBTC&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=0.00010&newClientOrderId="+name)
		for {
			event := f.users[i].event()
			f.heard = append(f.heard, event)
			if strings.Contains(event, `"c":"`+name+`"`) && strings.Contains(event, `"x":"EXPIRED"`) {
				f.heard = append(f.heard, f.users[i].event()) // what it has
				break
			}
		}
	}
	type trade struct {
		ID int64 `json:"t"`
	}
	for last := rawTradeCount(f); f.told < last; {
		text := f.tape.event()
		f.heard = append(f.heard, text)
		f.told = readExact[struct{ Data trade }](f.venue.t, strings.Replace(text, `"data"`, `"Data"`, 1)).Data.ID
	}
}

func (f *rawFlow) any(list ...string) string { return list[f.rng.IntN(len(list))] }

func (f *rawFlow) name() string {
	f.names++
	return fmt.Sprintf("n%d", f.names)
}

func (f *rawFlow) order() string {
	side := f.any("BUY", "SELL")
	price := fmt.Sprintf("%d.%02d", 19_995+f.rng.IntN(10), f.rng.IntN(100))
	quantity := "&quantity=0.00" + strconv.Itoa(1+f.rng.IntN(9))
	kind := f.any(
		"LIMIT&timeInForce=GTC"+quantity+"&price="+price, "LIMIT&timeInForce=GTC"+quantity+"&price="+price,
		"LIMIT&timeInForce=IOC"+quantity+"&price="+price, "LIMIT&timeInForce=FOK"+quantity+"&price="+price,
		"LIMIT_MAKER"+quantity+"&price="+price, "MARKET"+quantity, "MARKET&quoteOrderQty="+strconv.Itoa(20+f.rng.IntN(200)),
	)
	mode := f.any("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")
	return "symbol=BTCUSDT&newOrderRespType=FULL&side=" + side + "&type=" + kind + "&selfTradePreventionMode=" + mode + "&newClientOrderId=" + f.name()
}

// meant names an order that may be open.
func (f *rawFlow) meant(i int) string {
	n := f.rng.IntN(len(f.open[i]))
	id := f.open[i][n]
	f.open[i] = slices.Delete(f.open[i], n, n+1)
	return fmt.Sprintf("symbol=BTCUSDT&orderId=%d", id)
}

func (f *rawFlow) ask(i int, verb, path, query string) {
	a := f.venue.call(&f.keys[i], verb, path, query)
	f.heard = append(f.heard, a.String())
	if a.status == 200 {
		f.said = append(f.said, path+" "+verb)
	}
	if strings.Contains(a.body, `"status":"NEW"`) || strings.Contains(a.body, `"status":"PARTIALLY_FILLED"`) {
		v := readRaw[struct {
			rawOrder
			NewOrderResponse rawOrder
			AmendedOrder     rawOrder
		}](f.venue.t, a.body)
		f.open[i] = append(f.open[i], max(v.ID, v.NewOrderResponse.ID, v.AmendedOrder.ID))
	}
}

// total returns what all accounts have of each asset, that of the fees included, in
// the smallest unit.
func (f *rawFlow) total() map[string]int64 {
	all := make(map[string]int64)
	for account := range rawTraders + 1 {
		type holder struct {
			Balances []struct{ Asset, Free, Locked string }
		}
		for _, b := range readRaw[holder](f.venue.t, f.venue.must("GET", fmt.Sprintf("/x/v1/accounts/%d", account), "")).Balances {
			all[b.Asset] += units(f.venue.t, b.Free) + units(f.venue.t, b.Locked)
		}
	}
	return all
}

// seen returns all that can be asked about the market and the accounts.
func (f *rawFlow) seen() (all []string) {
	for _, path := range []string{
		"depth", "trades?limit=1000", "aggTrades?limit=1000", "klines?interval=1s&limit=1000", "klines?interval=1m", "klines?interval=1d", "ticker/24hr",
		"ticker", "ticker/price", "ticker/bookTicker", "avgPrice",
	} {
		path, query, _ := strings.Cut(path, "?")
		all = append(all, f.venue.get("/api/v3/"+path+"?symbol=BTCUSDT&"+query).String())
	}
	for i := range f.keys {
		for _, path := range []string{"allOrders?limit=1000", "openOrders", "myTrades?limit=1000", "account"} {
			path, query, _ := strings.Cut(path, "?")
			all = append(all, f.venue.call(&f.keys[i], "GET", "/api/v3/"+path, "symbol=BTCUSDT&"+query).String())
		}
		f.users[i] = nil
	}
	return all
}

// TestRawLedger has random orders trade and looks at what all accounts have together
// in between: not the smallest unit comes or goes.
func TestRawLedger(t *testing.T) {
	t.Parallel()
	r := openRaw(t)
	f := newRawFlow(r, 5)
	before := f.total()
	const each = rawTraders * 1e8
	if diff := cmp.Diff(map[string]int64{"BTC": 50 * each, "ETH": 500 * each, "USDT": 500_000 * each}, before); diff != "" {
		t.Fatal(diff)
	}
	for round := range 5 {
		f.run(scaled(80, 80, 5000))
		after := f.total()
		before["USDT"] = 500_000*each + int64(f.given)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("round %d: the sums of all accounts (-before +after):\n%s", round, diff)
		}
	}
	if told := strings.Count(strings.Join(f.heard, "\n"), `"e":"balanceUpdate"`); told != f.given || told == 0 {
		t.Errorf("%d credits were told of %d", told, f.given)
	}
	// Every kind of request has been taken, and fees were paid.
	for _, want := range []string{"/api/v3/order POST", "/api/v3/order DELETE", "/api/v3/order/amend/keepPriority PUT", "/api/v3/order/cancelReplace POST"} {
		if !slices.Contains(f.said, want) {
			t.Errorf("no %s was taken", want)
		}
	}
	if fees := r.must("GET", "/x/v1/accounts/0", ""); strings.Count(fees, `"free":"0"`) > 1 {
		t.Errorf("the fees are %s", fees)
	}
}

// TestRawReplay makes the same requests of two exchanges: they answer, tell and
// write the same, byte by byte. What one of them wrote is executed again, and read
// again by an exchange that has nothing else: all of it is as it was.
func TestRawReplay(t *testing.T) {
	t.Parallel()
	requests := scaled(200, 100, 5000)
	var flows []*rawFlow
	var cats []string
	dirs := []string{t.TempDir(), t.TempDir()}
	for i := range 2 {
		r := openRawIn(t, dirs[i], "--clock", "sim="+rawTime)
		f := newRawFlow(r, 7)
		f.run(requests)
		flows = append(flows, f)
	}
	if diff := cmp.Diff(flows[0].heard, flows[1].heard); diff != "" {
		t.Fatalf("two exchanges answer and tell differently:\n%s", diff)
	}
	seen, other := flows[0].seen(), flows[1].seen()
	if diff := cmp.Diff(seen, other); diff != "" {
		t.Errorf("two exchanges show differently:\n%s", diff)
	}
	seq, digest, _ := flows[0].venue.status()
	for i, f := range flows {
		f.venue.hangUp()
		f.venue.end()
		cats = append(cats, rawProgram(t, "journal", "cat", dirs[i]))
	}
	if cats[0] != cats[1] || strings.Count(cats[0], "\n") < requests {
		t.Errorf("two exchanges wrote differently:\n%s", cmp.Diff(cats[0], cats[1]))
	}
	if got := rawProgram(t, "audit", dirs[0]); !strings.Contains(got, "every event and every digest is as recorded") || !strings.Contains(got, fmt.Sprintf("digest %s after command %d", digest, seq)) {
		t.Errorf("audit: %s, want digest %s after command %d", got, digest, seq)
	}
	if got := rawProgram(t, "replay", dirs[0], "--print", "digest"); !strings.Contains(got, digest) {
		t.Errorf("replay: %s, want digest %s", got, digest)
	}

	// The journal alone, without snapshots, gives all of it again.
	if err := os.RemoveAll(pipeline.SnapshotDir(dirs[0])); err != nil {
		t.Fatal(err)
	}
	f := flows[0]
	r := openRawIn(t, dirs[0], "--clock", "sim="+rawTime)
	f.venue = r
	if diff := cmp.Diff(seen, f.seen()); diff != "" {
		t.Errorf("what is shown after a restart from the journal (-before +after):\n%s", diff)
	}
	if gotSeq, gotDigest, _ := r.status(); gotSeq != seq || gotDigest != digest {
		t.Errorf("after a restart it is %d %s, want %d %s", gotSeq, gotDigest, seq, digest)
	}
	if code := r.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := rawProgram(t, "journal", "cat", dirs[0]); got != cats[0] {
		t.Errorf("the journal has changed:\n%s", cmp.Diff(cats[0], got))
	}
}

// rawTradeCount returns the id of the last trade of BTCUSDT.
func rawTradeCount(f *rawFlow) int64 {
	type trade struct{ ID int64 }
	list := readRaw[[]trade](f.venue.t, f.venue.get("/api/v3/trades?symbol=BTCUSDT&limit=1").body)
	if len(list) == 0 {
		return 0
	}
	return list[0].ID
}

// rawProgram runs a command that must succeed, and returns what it prints.
func rawProgram(t *testing.T, args ...string) string {
	t.Helper()
	var out, complaints printed
	if code := run(args, &out, &complaints); code != 0 {
		t.Errorf("%q: exit code %d, %s", args, code, complaints.String())
	}
	return out.String()
}
