package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

func loadSymbol() *client.Symbol {
	return &client.Symbol{Name: "BTCUSDT", Base: "BTC", Quote: "USDT", Filters: []client.Filter{
		{Type: "PRICE_FILTER", Tick: "0.01000000"},
		{Type: "LOT_SIZE", Step: "0.00001000", MinQuantity: "0.00001000"},
		{Type: "NOTIONAL", MinNotional: "5.00000000"},
	}}
}

// TestLoadPlan looks at the mix of requests, that they are the same for the same
// seed, and that funds cover what an account can have open.
func TestLoadPlan(t *testing.T) {
	newOne := func() *plan {
		p, err := newPlan(loadSymbol(), 50_000, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(5) {
			p.accounts = append(p.accounts, &trading{Account: i})
		}
		p.tag = "l-"
		return p
	}
	one, two := newOne(), newOne()
	const requests = 20_000
	counts := make(map[string]int)
	ids := make(map[string]bool)
	for n := range int64(requests) {
		q, again := one.next(n), two.next(n)
		if q.order != again.order || q.cancel != again.cancel || q.account.Account != again.account.Account {
			t.Fatalf("request %d: %+v and %+v", n, q, again)
		}
		if q.cancel != 0 {
			counts["cancel"]++
			continue
		}
		if ids[q.order.ClientID] {
			t.Fatalf("client id %s came twice", q.order.ClientID)
		}
		ids[q.order.ClientID] = true
		counts[q.order.TimeInForce+q.order.Side]++
		if notional := asFloat(q.order.Price) * asFloat(q.order.Quantity); notional < 10 || notional > 100 {
			t.Errorf("request %d is of %v", n, notional)
		}
		if q.order.TimeInForce == "GTC" && n%2 == 0 { // others are filled
			one.rests(q.account, n+1)
			two.rests(again.account, n+1)
		}
		if open := len(q.account.open); open > maxOpenOrders {
			t.Fatalf("account %d has %d open orders", q.account.Account, open)
		}
	}
	for kind, want := range map[string]int{"cancel": 30, "GTCBUY": 30, "GTCSELL": 30, "IOCBUY": 5, "IOCSELL": 5} {
		if share := counts[kind] * 100 / requests; share < want-2 || share > want+2 {
			t.Errorf("%s: %d %%, want about %d", kind, share, want)
		}
	}
	least := asFloat(one.quantity.Text(one.lots))
	if asFloat(one.funds["BTC"]) < least*sizeSteps*maxOpenOrders || asFloat(one.funds["USDT"]) < least*sizeSteps*maxOpenOrders*50_100 {
		t.Errorf("funds %v for orders of %v", one.funds, least)
	}
}

// TestLoadTally tells accepted, rejected and unknown apart; only answers have a
// latency.
func TestLoadTally(t *testing.T) {
	l := &load{length: time.Second, transport: transportFlag{http: true}}
	r := &loadRun{load: l, plan: &plan{}}
	r.tally.begin()
	for us := range 100 {
		r.tally.add(time.Duration(us+1)*time.Microsecond, nil)
	}
	r.tally.add(time.Hour, &client.Error{Status: 400, Code: -2011})
	r.tally.add(2*time.Hour, &client.Error{Status: 504, Code: -1007})
	r.tally.add(2*time.Hour, io.ErrUnexpectedEOF)
	r.tally.add(2*time.Hour, errors.Join(client.ErrNotSent, io.EOF))
	v := r.report(2, 110)
	if v.Sent != 104 || v.Accepted != 100 || v.Rejected != 1 || v.Errors != 3 || v.Unknown != 2 || v.Behind != 6 || v.Rate != 52 ||
		v.Codes["-2011"] != 1 || v.P50 != 51 || v.Max < 59_000_000 || v.Max > 61_000_000 {
		t.Errorf("got %+v", v)
	}
}

// TestLoadJSON pins the names of what is told.
func TestLoadJSON(t *testing.T) {
	b, err := json.Marshal(&loadReport{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"sent":0,"accepted":0,"rejected":0,"errors":0,"seconds":0,"rate":0,"p50_us":0,"p90_us":0,"p99_us":0,"p999_us":0,"max_us":0,`
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("got %s, want %s…", b, want)
	}
}

// TestLoadDecimals compares as numbers, exactly.
func TestLoadDecimals(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		same, least bool
	}{
		{"1.50", "1.50000000", true, true},
		{"0.1", "0.10000000000000001", false, false},
		{"92233720368547758070.00000001", "92233720368547758070", false, true},
		{"", "0", false, false},
		{"2", "10", false, false},
	} {
		if sameDecimal(c.a, c.b) != c.same || atLeastAs(c.a, c.b) != c.least {
			t.Errorf("%s and %s: same %v, at least %v", c.a, c.b, sameDecimal(c.a, c.b), atLeastAs(c.a, c.b))
		}
	}
	h := make(holdings)
	for _, err := range []error{h.add("BTC", "0.10000000"), h.add("BTC", "0.2"), h.sub("BTC", "0.3")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := plainDecimal(h.of("BTC")); got != "0" {
		t.Errorf("0.1 + 0.2 - 0.3 = %s", got)
	}
	if err := h.add("BTC", "x"); err == nil {
		t.Error("x was added")
	}
}

// TestLoadUsage holds the command line to its rules.
func TestLoadUsage(t *testing.T) {
	t.Setenv(tokenVariable, "")
	empty := t.TempDir()
	file := filepath.Join(empty, "acks")
	if err := os.WriteFile(file, []byte("{\"acks\":9}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"load --transport tcp", exitUsage, "http, ws or http,ws"},
		{"load --rate 0", exitUsage, "from 1 to"},
		{"load --for 0s", exitUsage, "above zero"},
		{"load --acks a --check b", exitUsage, "do not go together"},
		{"load x", exitUsage, "one too many"},
		{"load --data " + empty, exitFailed, "no operator's token"},
		{"load --token t --target ftp://x", exitFailed, "http://HOST:PORT"},
		{"load --token t --check " + filepath.Join(empty, "none"), exitFailed, "no such file"},
		{"load --token t --check " + file, exitFailed, "format 9"},
		{"load --token t --target http://127.0.0.1:1", exitFailed, "ask http://127.0.0.1:1 for its symbols"},
	} {
		var out, complaints strings.Builder
		if code := run(strings.Fields(c.args), &out, &complaints); code != c.code || !strings.Contains(complaints.String(), c.says) {
			t.Errorf("%s: exit code %d, %q, want %d with %q", c.args, code, complaints.String(), c.code, c.says)
		}
	}
}

// loadOn trades on an exchange and returns the report.
func loadOn(t *testing.T, s *served, args ...string) loadReport {
	t.Helper()
	out, err := process(t, append([]string{"load", "--target", s.url, "--token", s.token, "--json"}, args...)...).Output()
	var v loadReport
	if err := errors.Join(err, json.Unmarshal(out, &v)); err != nil {
		t.Fatalf("load: %v: %s\n%s", err, out, s.complaints())
	}
	return v
}

// checkOn checks acknowledgements and returns the exit code and what was said.
func checkOn(s *served, file string, args ...string) (code int, out, complaints string) {
	var stdout, stderr strings.Builder
	args = append([]string{"load", "--check", file, "--target", s.url, "--token", s.token}, args...)
	code = run(args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// TestLoad trades over each transport. In the end nothing is open.
func TestLoad(t *testing.T) {
	s := serve(t, t.TempDir())
	for _, transport := range []string{"http", "ws", "http,ws"} {
		v := loadOn(t, s, "--transport", transport, "--rate", "400", "--for", "500ms", "--conns", "4", "--accounts", "3")
		if v.Sent+v.Behind != 200 || v.Accepted < 100 || v.Sent != v.Accepted+v.Rejected || v.Accounts != 3 || v.Transport != transport ||
			v.P50 <= 0 || v.P50 > v.P99 || v.P99 > v.Max {
			t.Errorf("%s: %+v", transport, v)
		}
	}
	if depth := s.must("GET", "/api/v3/depth?symbol=BTCUSDT", ""); !strings.HasSuffix(depth, `"bids":[],"asks":[]}`) {
		t.Errorf("the load left %s", depth)
	}
}

// TestLoadSurvivesKills kills the exchange while it is traded on. The load goes on,
// and all that it was told is there.
func TestLoadSurvivesKills(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	address := strings.TrimPrefix(s.url, "http://")
	file := filepath.Join(t.TempDir(), "acks")
	reports := make(chan loadReport)
	go func() {
		defer close(reports)
		reports <- loadOn(t, s, "--transport", "http,ws", "--rate", "300", "--for", "4s", "--conns", "4", "--acks", file)
	}()
	for range 2 {
		size := int64(0)
		eventually(t, func() error { // it is being traded on
			info, err := os.Stat(file)
			switch {
			case err != nil:
				return err
			case size == 0:
				size = info.Size()
			case info.Size() > size+20_000:
				return nil
			}
			return errors.New("there are no acknowledgements")
		})
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s = serve(t, dir, "--listen", address)
	}
	v, ok := <-reports
	if !ok {
		t.FailNow()
	}
	if v.Accepted < 300 || v.Errors == 0 || v.Sent != v.Accepted+v.Rejected+v.Errors {
		t.Errorf("got %+v", v)
	}
	code, out, complaints := checkOn(s, file, "--json")
	var r checkReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s %s", err, out, complaints)
	}
	if code != exitOK || int64(r.Orders+r.Cancels) != v.Accepted || r.Trades == 0 || !r.SumsCompared || r.Differences != 0 ||
		r.UncheckedOrders+r.UncheckedTrades+r.UncheckedLedger != 0 {
		t.Errorf("exit code %d: %+v %s, load %+v", code, r, complaints, v)
	}
}

// TestLoadCheckFindsLies changes what was acknowledged, or what the exchange has.
func TestLoadCheckFindsLies(t *testing.T) {
	s := serve(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "acks")
	loadOn(t, s, "--rate", "300", "--for", "1s", "--conns", "2", "--acks", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != ownerOnly {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	honest, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if code, out, complaints := checkOn(s, file); code != exitOK || !strings.Contains(out, "all is as acknowledged") {
		t.Fatalf("exit code %d: %s %s", code, out, complaints)
	}
	for _, c := range []struct{ name, pattern, into, says string }{
		{"status", `"status":"NEW"`, `"status":"EXPIRED"`, `it was closed as EXPIRED with 0.00000000 executed, and is `},
		{"executed", `"status":"NEW","executed":"0.0+"`, `"status":"NEW","executed":"77"`, `is executed, 77 was acknowledged`},
		{"price", `("kind":"order".*"price":")\d`, `${1}77`, `it was to be`}, // one digit more
		{"client id", `"client":"l`, `"client":"m`, `it was to be m`},
		{"order", `("kind":"order".*"order":)\d+(.*"status":"NEW")`, `${1}999999999$2`, `order 999999999 of account \d+ \(\S+, acknowledged as NEW\) is not there`},
		{"trade", `"trades":\[\{"id":\d+`, `"trades":[{"id":888888888`, `trade 888888888 of order \d+ \(\S+ at \S+\) is not there`},
		{"trade price", `("trades":\[\{"id":\d+,"price":")\d+`, `${1}1`, `it was acknowledged as \S+ at 1\.`},
		{"sums", `("sums":\{"BTC":")`, `${1}9`, `have \S+ BTC together, before the load it was 9`},
		{"funds", `("funds":\{"BTC":")`, `${1}9`, `account \d+ has \S+ BTC, its funds and trades make 9`},
		{"journal", `"journal":"..`, `"journal":"zz`, `the exchange has journal`},
		{"account", `("kind":"order","account":)\d+`, `${1}9999`, `line \d+: account 9999 is not one of the first line`},
	} {
		pattern := regexp.MustCompile(c.pattern)
		at := pattern.FindSubmatchIndex(honest)
		if at == nil {
			t.Fatalf("%s: nothing to lie about", c.name)
		}
		lie := slices.Concat(honest[:at[0]], pattern.Expand(nil, []byte(c.into), honest, at), honest[at[1]:])
		name := filepath.Join(t.TempDir(), "lie")
		if err := os.WriteFile(name, lie, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, complaints := checkOn(s, name)
		if code != exitFailed || !regexp.MustCompile(c.says).MatchString(out+complaints) {
			t.Errorf("%s: exit code %d: %s%s, want %s", c.name, code, out, complaints, c.says)
		}
	}
	cut := filepath.Join(t.TempDir(), "cut")
	if err := os.WriteFile(cut, honest[:len(honest)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, complaints := checkOn(s, cut); code != exitOK {
		t.Errorf("a last line that is cut off: exit code %d: %s %s", code, out, complaints)
	}
	if code, _, complaints := checkOn(s, cut, "--history", "5"); code != exitOK {
		t.Errorf("with less history: exit code %d: %s", code, complaints)
	}

	var head ackHead
	line, _, _ := strings.Cut(string(honest), "\n")
	if err := json.Unmarshal([]byte(line), &head); err != nil {
		t.Fatal(err)
	}
	s.must("POST", "/x/v1/accounts/"+jsonNumber(head.Accounts[0].Account)+"/debit", `{"asset":"USDT","amount":"1.25","transfer":99}`)
	code, out, complaints := checkOn(s, file)
	if code != exitFailed || !strings.Contains(out, "its funds and trades make") || !strings.Contains(out, "USDT together") ||
		!strings.Contains(complaints, "2 differences") {
		t.Errorf("after a debit: exit code %d: %s %s", code, out, complaints)
	}
	if code := run([]string{"load", "--acks", file, "--target", s.url, "--token", s.token}, io.Discard, io.Discard); code != exitFailed {
		t.Errorf("a file that is there was taken: exit code %d", code)
	}
}

func jsonNumber(v int64) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
