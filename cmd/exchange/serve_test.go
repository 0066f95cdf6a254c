package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
)

// TestServe runs an exchange through its life: empty, changed, stopped, started
// again, killed, started again.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir)
	want := []string{
		`listening http://127\.0\.0\.1:\d+`, `rest http://127\.0\.0\.1:\d+/api/v3`, `streams ws://127\.0\.0\.1:\d+/ws ws://127\.0\.0\.1:\d+/stream`,
		`websocket-api ws://127\.0\.0\.1:\d+/ws-api/v3`, `operator http://127\.0\.0\.1:\d+/x/v1`, `metrics http://127\.0\.0\.1:\d+/metrics`,
		`token ` + regexp.QuoteMeta(filepath.Join(dir, tokenFile)),
	}
	if len(s.lines) != len(want) {
		t.Errorf("serve printed %q", s.lines)
	}
	for i, line := range s.lines {
		if !regexp.MustCompile("^" + want[i] + "$").MatchString(line) {
			t.Errorf("line %d is %q, want %s", i, line, want[i])
		}
	}
	for _, secret := range []string{tokenFile, "LOCK"} {
		if info, err := os.Stat(filepath.Join(dir, secret)); err != nil || info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s: %v %v", secret, info, err)
		}
	}

	// What an empty exchange begins with, by commands like anybody's.
	if seq, _, _ := s.status(); seq != 6 {
		t.Errorf("an empty exchange begins with command %d, want 6", seq)
	}
	symbols := s.must("GET", "/x/v1/symbols", "")
	for _, name := range []string{"BTCUSDT", "ETHUSDT", "ETHBTC"} {
		if !strings.Contains(symbols, `"symbol":"`+name+`"`) {
			t.Errorf("there is no %s in %s", name, symbols)
		}
	}
	if answer := s.must("GET", "/api/v3/ping", ""); answer != "{}" {
		t.Errorf("ping: %s", answer)
	}
	for path, want := range map[string]string{
		"/api/v1/ping": "{}", "/sapi/v1/system/status": `{"status":0,"msg":"normal"}`,
		"/fapi/v1/exchangeInfo": `,"rateLimits":[],"exchangeFilters":[],"assets":[],"symbols":[]}`, "/dapi/v1/exchangeInfo": `,"symbols":[]}`,
	} {
		if answer := s.must("GET", path, ""); !strings.HasSuffix(answer, want) {
			t.Errorf("%s: %s", path, answer)
		}
	}
	if answer := s.must("GET", "/api/v3/depth?symbol=BTCUSDT", ""); answer != `{"lastUpdateId":0,"bids":[],"asks":[]}` {
		t.Errorf("depth: %s", answer)
	}

	// What does not get as far as the operator's side is refused in its words.
	for path, want := range map[string]string{"/x/v1/accounts": `{"code":"BODY_TOO_LARGE","field":"",`, "/api/v3/order": `{"code":-1000,"msg":`} {
		status, answer, err := s.ask("POST", path, strings.Repeat(" ", 10<<10))
		if err != nil || status != 413 || !strings.HasPrefix(answer, want) {
			t.Errorf("a large body to %s: %d %s %v, want %s", path, status, answer, err, want)
		}
	}

	// Changes, and what a restart leaves of them.
	s.must("POST", "/x/v1/accounts", `{"name":"alice"}`)
	s.must("POST", "/x/v1/accounts/1/credit", `{"asset":"BTC","amount":"1.5","transfer":1}`)
	s.must("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k","secret":"s"}`)
	s.must("PATCH", "/x/v1/accounts/1", `{"maker":"0.0005"}`)
	s.must("POST", "/x/v1/symbols/ETHBTC/phase", `{"phase":"halt"}`)
	account, symbols := s.must("GET", "/x/v1/accounts/1", ""), s.must("GET", "/x/v1/symbols", "")
	seq, digest, journal := s.status()
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
	compareAfter := func(what string) {
		t.Helper()
		if gotSeq, gotDigest, gotJournal := s.status(); gotSeq != seq || gotDigest != digest || gotJournal != journal {
			t.Errorf("%s: %d %s %s, want %d %s %s", what, gotSeq, gotDigest, gotJournal, seq, digest, journal)
		}
		if diff := cmp.Diff(account, s.must("GET", "/x/v1/accounts/1", "")); diff != "" {
			t.Errorf("%s: account: %s", what, diff)
		}
		if diff := cmp.Diff(symbols, s.must("GET", "/x/v1/symbols", "")); diff != "" {
			t.Errorf("%s: symbols: %s", what, diff)
		}
		if status, answer, _ := s.ask("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k"}`); status != 409 {
			t.Errorf("%s: the key is gone: %d %s", what, status, answer)
		}
	}
	s = serve(t, dir)
	compareAfter("after SIGTERM")
	_ = s.stop(syscall.SIGKILL)
	s = serve(t, dir)
	compareAfter("after SIGKILL")
	s.must("DELETE", "/x/v1/keys/k", "")
	if code := s.stop(syscall.SIGINT); code != 0 {
		t.Errorf("SIGINT: exit code %d, %s", code, s.complaints())
	}
}

// TestServeLosesNothing ends an exchange in the middle of credits, by SIGTERM and
// by SIGKILL: every credit that was answered must be there afterwards.
func TestServeLosesNothing(t *testing.T) {
	const accounts = 8
	dir := t.TempDir()
	var answered [accounts]int64 // transfers
	s := serve(t, dir)
	for range accounts {
		s.must("POST", "/x/v1/accounts", "{}")
	}
	for round, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
		var all sync.WaitGroup
		enough := make(chan struct{}, 1<<12)
		for i := range accounts {
			all.Go(func() {
				for { // until the exchange is gone
					transfer := answered[i] + 1
					status, answer, err := s.ask("POST", fmt.Sprintf("/x/v1/accounts/%d/credit", i+1), fmt.Sprintf(`{"asset":"BTC","amount":"1","transfer":%d}`, transfer))
					if err != nil || status == 503 {
						return
					}
					// After a restart the one whose answer was lost may have been taken.
					if status != 200 && (status != 409 || !strings.Contains(answer, "DUPLICATE_TRANSFER")) {
						t.Errorf("credit %d of account %d: %d %s", transfer, i+1, status, answer)
						return
					}
					answered[i] = transfer
					enough <- struct{}{}
				}
			})
		}
		for range 100 {
			<-enough
		}
		if code := s.stop(signal); signal == syscall.SIGTERM && code != 0 {
			t.Fatalf("SIGTERM: exit code %d, %s", code, s.complaints())
		}
		all.Wait()
		s = serve(t, dir)
		for i := range accounts {
			var have int64
			answer := s.must("GET", fmt.Sprintf("/x/v1/accounts/%d", i+1), "")
			_, free, _ := strings.Cut(answer, `"free":"`)
			if _, err := fmt.Sscanf(free, `%d"`, &have); err != nil {
				t.Fatal(answer, err)
			}
			if have < answered[i] || have > answered[i]+1 {
				t.Errorf("round %d: account %d has %d, answered were %d", round, i+1, have, answered[i])
			}
		}
	}
	_ = s.stop(syscall.SIGTERM)
}

// TestReset begins anew while the exchange runs: with another journal, without
// what was there, and with the old files aside.
func TestReset(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--allow-reset")
	s.must("POST", "/x/v1/accounts", `{"name":"alice"}`)
	s.must("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k"}`)
	_, _, before := s.status()
	s.must("POST", "/x/v1/snapshot", "{}")
	answer := s.must("POST", "/x/v1/reset", "{}")
	seq, _, after := s.status()
	if after == before || seq != 6 || !strings.Contains(answer, `"journal":"`+after+`"`) {
		t.Errorf("reset: %s, and journal %s is now %s with command %d", answer, before, after, seq)
	}
	if status, _, _ := s.ask("GET", "/x/v1/accounts/1", ""); status != 404 {
		t.Errorf("the account is still there: %d", status)
	}
	s.must("POST", "/x/v1/accounts", "{}")
	s.must("POST", "/x/v1/accounts/1/keys", `{"type":"hmac","key":"k"}`) // the old one is gone
	aside, err := filepath.Glob(filepath.Join(dir, "reset-*"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("aside are %v, %v", aside, err)
	}
	entries, err := os.ReadDir(aside[0])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"journal", "keys.json", "snapshot"}, names); diff != "" {
		t.Errorf("aside: %s", diff)
	}
	// The journal that was put aside is whole, and so is a stop after a reset.
	if out, err := process(t, "audit", aside[0]).CombinedOutput(); err != nil {
		t.Errorf("audit of what was put aside: %v %s", err, out)
	}
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM after a reset: exit code %d, %s", code, s.complaints())
	}
	s = serve(t, dir)
	if _, _, journal := s.status(); journal != after {
		t.Errorf("after a restart the journal is %s, want %s", journal, after)
	}
	if status, answer, _ := s.ask("POST", "/x/v1/reset", "{}"); status != 403 || !strings.Contains(answer, "RESET_NOT_ALLOWED") {
		t.Errorf("reset without leave: %d %s", status, answer)
	}
	_ = s.stop(syscall.SIGTERM)
}

// TestSimulatedClock stamps commands with a time that stands, and goes on after a
// restart where it was.
func TestSimulatedClock(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--clock", "sim=2030-01-01T00:00:00Z")
	const start = 1_893_456_000_000_000_000
	if answer := s.must("GET", "/x/v1/status", ""); !strings.Contains(answer, fmt.Sprintf(`"time":%d,`, int64(start))) {
		t.Errorf("status %s, want time %d", answer, int64(start))
	}
	if answer := s.must("POST", "/x/v1/clock", `{"advance_ns":60000000000}`); answer != fmt.Sprintf(`{"time":%d}`, int64(start+60e9)) {
		t.Errorf("clock %s", answer)
	}
	s.must("POST", "/x/v1/accounts", "{}")
	status := s.must("GET", "/x/v1/status", "")
	if !strings.Contains(status, fmt.Sprintf(`"time":%d,`, int64(start+60e9))) {
		t.Errorf("status %s, want a minute later", status)
	}
	if code, answer, _ := s.ask("POST", "/x/v1/clock", `{"advance_ns":9223372036854775807}`); code != 400 || !strings.Contains(answer, "OUT_OF_RANGE") {
		t.Errorf("beyond the end of time: %d %s", code, answer)
	}
	_ = s.stop(syscall.SIGTERM)
	s = serve(t, dir, "--clock", "sim")
	if answer := s.must("POST", "/x/v1/clock", `{"advance_ns":0}`); answer != fmt.Sprintf(`{"time":%d}`, int64(start+60e9)) {
		t.Errorf("after a restart the clock is at %s", answer)
	}
	_ = s.stop(syscall.SIGTERM)
	s = serve(t, dir)
	if code, answer, _ := s.ask("POST", "/x/v1/clock", `{"advance_ns":1}`); code != 409 || !strings.Contains(answer, "CLOCK_NOT_SIMULATED") {
		t.Errorf("the real clock: %d %s", code, answer)
	}
	_ = s.stop(syscall.SIGTERM)
}

// TestMetrics looks for every metric that is promised, and for who may see them.
func TestMetrics(t *testing.T) {
	s := serve(t, t.TempDir(), "--pprof")
	s.must("POST", "/x/v1/accounts", "{}")
	s.must("POST", "/x/v1/accounts/1/credit", `{"asset":"BTC","amount":"1","transfer":1}`)
	if status, _, _ := s.ask("POST", "/x/v1/accounts/1/credit", `{"asset":"BTC","amount":"1","transfer":1}`); status != 409 {
		t.Error("the same credit twice")
	}
	s.must("POST", "/x/v1/snapshot", "{}")
	metrics := s.must("GET", "/metrics", "")
	for _, want := range []string{
		`exchange_commands_total{kind="credit"} 2`, `exchange_events_total{kind="adjusted"} 1`, `exchange_trades_total 0`,
		`exchange_rejects_total{reason="transfer-not-new"} 1`, `exchange_ring_commands 0`, `exchange_batch_commands_count 9`,
		`exchange_journal_sync_seconds_count 9`, `exchange_stage_seconds_count{stage="append"} 9`, `exchange_stage_seconds_count{stage="fold"} 9`,
		`exchange_view_lag_commands{view="market"} 0`, `exchange_view_lag_commands{view="stream"} 0`, `exchange_view_lag_commands{view="userdata"} 0`,
		`exchange_connections `, `exchange_slow_consumer_closes_total 0`, `exchange_journal_bytes `, `exchange_snapshot_age_seconds `,
		`exchange_snapshot_age_commands 0`, `process_cpu_seconds_total `, `go_goroutines `,
	} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("there is no %s", want)
		}
	}
	if answer := s.must("GET", "/debug/pprof/", ""); !strings.Contains(answer, "heap") {
		t.Error("the address that is printed does not list the profiles")
	}
	if answer := s.must("GET", "/debug/pprof/goroutine?debug=1", ""); !strings.Contains(answer, "goroutine profile") {
		t.Errorf("profile: %.80s", answer)
	}
	// Behind somebody in front, whoever asks is not the machine itself.
	token := s.token
	s.token = "none"
	if status, _, _ := s.ask("GET", "/metrics", ""); status != 200 {
		t.Errorf("metrics for the machine itself without the token: %d", status)
	}
	for path, want := range map[string]int{"/metrics": 401, "/debug/pprof/heap": 403} {
		if status := s.askForwarded(path); status != want {
			t.Errorf("%s behind a proxy without the token: %d, want %d", path, status, want)
		}
	}
	s.token = token
	if status := s.askForwarded("/metrics"); status != 200 {
		t.Errorf("metrics behind a proxy with the token: %d", status)
	}
	_ = s.stop(syscall.SIGTERM)
	s = serve(t, t.TempDir())
	if status, _, _ := s.ask("GET", "/debug/pprof/heap", ""); status != 404 {
		t.Errorf("profiles without --pprof: %d", status)
	}
	_ = s.stop(syscall.SIGTERM)
}

// TestDemo makes a market that moves, with keys that stay over restarts and resets.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--demo", "--demo-seed", "7", "--allow-reset")
	keys := s.keys()
	if len(keys) != 2 || !regexp.MustCompile(`^key alice \w{64} \w{64}$`).MatchString(keys[0]) {
		t.Fatalf("keys %q", keys)
	}
	traded := func() error {
		answer := s.must("GET", "/api/v3/trades?symbol=BTCUSDT&limit=1", "")
		depth := s.must("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5", "")
		if answer == "[]" || strings.Contains(depth, "[]") {
			return fmt.Errorf("trades %s, depth %s", answer, depth)
		}
		return nil
	}
	eventually(t, traded)
	s.must("POST", "/x/v1/reset", "{}")
	if answer := s.must("GET", "/x/v1/accounts/1", ""); !strings.Contains(answer, `"name":"alice"`) || !strings.Contains(answer, `"free":"10000000"`) {
		t.Errorf("after a reset: %s", answer)
	}
	eventually(t, traded)
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
	s = serve(t, dir, "--demo")
	if diff := cmp.Diff(keys, s.keys()); diff != "" {
		t.Errorf("keys after a reset and a restart: %s", diff)
	}
	eventually(t, traded)
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM: exit code %d, %s", code, s.complaints())
	}
	if out, err := process(t, "audit", dir).CombinedOutput(); err != nil {
		t.Errorf("audit: %v %s", err, out)
	}
}

// TestPromiseFileSizeLimit has a limit on the size of files end the journal: a write
// that comes to it is short, and the next one fails. No room on the disk tells of that
// beforehand, so it is an error like any other: the exchange says so and ends, and what
// it had answered is there when there is no such limit any more.
func TestPromiseFileSizeLimit(t *testing.T) {
	p := promise.Begin(t, "D10")
	p.Add(1, 0)
	program, err := exec.LookPath("exchange") // testscript has put it into PATH
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &served{t: t, dir: dir}
	s.cmd = exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 64 && exec "$@"`, "sh", program, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--reserve", "none")
	s.await("token ")
	last := 0
	for i := 1; ; i++ {
		status, answer, err := s.ask("POST", "/x/v1/accounts", fmt.Sprintf(`{"name":"%036d"}`, i))
		if err != nil || status == 503 {
			if err == nil && !strings.Contains(answer, "OUTCOME_UNKNOWN") && !strings.Contains(answer, "STOPPING") {
				t.Errorf("the account that found no room: %s", answer)
			}
			break
		}
		if last = i; status != 201 || i > 10_000 {
			t.Fatalf("account %d: %d %s", i, status, answer)
		}
	}
	if err := s.cmd.Wait(); err == nil || s.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit code 1", err)
	}
	complaints := strings.Split(strings.TrimSpace(s.complaints()), "\n")
	if line := complaints[len(complaints)-1]; !regexp.MustCompile(`^exchange: append through command \d+: .*file too large`).MatchString(line) {
		t.Errorf("it said %q", complaints)
	}
	s = serve(t, dir)
	if answer := s.must("GET", fmt.Sprintf("/x/v1/accounts/%d", last), ""); !strings.Contains(answer, fmt.Sprintf(`"name":"%036d"`, last)) {
		t.Errorf("the last account that was answered: %s", answer)
	}
	_ = s.stop(syscall.SIGTERM)
}

// TestSecondSignal signals twice while a websocket does not answer: the exchange
// waits for it, and then no longer.
func TestSecondSignal(t *testing.T) {
	s := serve(t, t.TempDir(), "--close-wait", "9s")
	conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the other side is gone
	_ = answer.Body.Close()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if complaints := s.complaints(); !strings.Contains(complaints, "the exchange stops") {
			return fmt.Errorf("it says %q", complaints)
		}
		return nil
	})
	began := time.Now()
	if code := s.stop(syscall.SIGTERM); code == 0 || time.Since(began) > 5*time.Second {
		t.Errorf("after a second signal: exit code %d after %v", code, time.Since(began))
	}
}

// TestStarting asks an exchange whose state is not recovered yet.
func TestStarting(t *testing.T) {
	set, _ := newSettings()
	s := newServer(newConsole(io.Discard, io.Discard), set)
	inside := func(*house) fasthttp.RequestHandler { panic("there is no house") }
	answer, public := s.inHouse(admin.Starting, inside), s.inHouse(refuseStarting, inside)
	for path, want := range map[string]int{"/health": 200, "/x/v1/health": 200, "/ready": 503, "/x/v1/ready": 503, "/x/v1/status": 503} {
		var ctx fasthttp.RequestCtx
		ctx.Request.SetRequestURI(path)
		if answer(&ctx); ctx.Response.StatusCode() != want {
			t.Errorf("%s: %d, want %d", path, ctx.Response.StatusCode(), want)
		}
	}
	const busy = `{"code":-1008,"msg":"Server is currently overloaded with other requests. Please try again in a few minutes."}`
	var ctx fasthttp.RequestCtx
	if public(&ctx); ctx.Response.StatusCode() != 503 || string(ctx.Response.Body()) != busy || string(ctx.Response.Header.ContentType()) != gateway.JSONType {
		t.Errorf("the public API: %s", ctx.Response.String())
	}
	if _, err := s.openSession(nil)(nil, nil); err == nil || !strings.Contains(err.Error(), "HTTP 503, -1008") {
		t.Errorf("a websocket: %v", err)
	}
}
