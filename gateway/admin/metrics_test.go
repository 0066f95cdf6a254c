package admin

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
)

// scrape asks for metrics from an address, with the token if one is given.
func (d *desk) scrape(m *Metrics, from, token string, headers ...string) (int, string) {
	d.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", from)
	if err != nil {
		d.t.Fatal(err)
	}
	var r fasthttp.Request
	r.SetRequestURI("/metrics")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	var ctx fasthttp.RequestCtx
	ctx.Init2(&nearby{remote: address}, nil, false)
	r.CopyTo(&ctx.Request)
	d.admin.ServeMetrics(m)(&ctx)
	return ctx.Response.StatusCode(), string(ctx.Response.Body())
}

// nearby is a connection to the machine itself from somewhere.
type nearby struct {
	net.Conn

	remote net.Addr
}

func (c *nearby) RemoteAddr() net.Addr { return c.remote }
func (c *nearby) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

// TestMetrics counts what a market does, batch by batch.
func TestMetrics(t *testing.T) {
	d := newDesk(t)
	reading := Reading{
		Waiting: 3, Durable: 20, Views: []ViewReading{{"market", 20}, {"stream", 18}}, JournalBytes: 1000, Snapshot: 15, SnapshotAge: time.Minute,
		Snapshots: true, Keys: 2, Edge: gateway.Stats{Connections: 5, SlowCloses: 7},
		Storage: StorageReading{Looked: true, Low: true, Free: 1000, Files: -1, Ballast: 500},
	}
	m := NewMetrics(func() Reading { return reading })
	feed := func(kind msg.Kind, events ...msg.Event) { m.Fold(nil, &msg.Command{Kind: kind}, events) }
	feed(msg.Place, msg.Event{Kind: msg.Accepted}, msg.Event{Kind: msg.Traded}, msg.Event{Kind: msg.Traded})
	feed(msg.Place, msg.Event{Kind: msg.Rejected, Reason: msg.LotSize})
	if _, text := d.scrape(m, "127.0.0.1:1", ""); strings.Contains(text, "exchange_commands_total{") {
		t.Error("counted before the batch was folded whole")
	}
	m.Flush()
	m.Observe(&Batch{Commands: 2, Events: 4, Bytes: 100, Gather: time.Millisecond, Sync: time.Millisecond, Publish: time.Second})
	feed(msg.CancelReplace, msg.Event{Kind: msg.CancelRejected, Reason: msg.UnknownOrder})
	m.Flush()
	m.Flush()
	m.Observe(&Batch{Commands: 1, Events: 1, Bytes: 10})
	status, text := d.scrape(m, "127.0.0.1:1", "")
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	for _, want := range []string{
		`exchange_commands_total{kind="place"} 2`, `exchange_commands_total{kind="cancel-replace"} 1`,
		`exchange_events_total{kind="traded"} 2`, `exchange_trades_total 2`,
		`exchange_rejects_total{reason="lot-size"} 1`, `exchange_rejects_total{reason="unknown-order"} 1`,
		`exchange_batch_commands_sum 3`, `exchange_batch_bytes_sum 110`, `exchange_journal_sync_seconds_count 1`,
		`exchange_stage_seconds_sum{stage="publish"} 1`, `exchange_stage_seconds_count{stage="queue"} 2`,
		`exchange_view_lag_commands{view="market"} 0`, `exchange_view_lag_commands{view="stream"} 2`,
		`exchange_ring_commands 3`, `exchange_durable_sequence 20`, `exchange_journal_bytes 1000`, `exchange_keys 2`,
		`exchange_snapshot_age_seconds 60`, `exchange_snapshot_age_commands 5`, `exchange_connections 5`, `exchange_slow_consumer_closes_total 7`,
		`exchange_storage_free_bytes 1000`, `exchange_storage_reserve_bytes 500`, `exchange_storage_low 1`, `exchange_storage_full 0`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(text, "exchange_storage_free_files ") {
		t.Error("files without a bound have a number")
	}
	reading.Snapshots, reading.Snapshot, reading.Storage = false, 0, StorageReading{}
	_, text = d.scrape(m, "127.0.0.1:1", "")
	if strings.Contains(text, "exchange_snapshot_age_seconds ") || !strings.Contains(text, "exchange_snapshot_age_commands 20\n") {
		t.Error("without a snapshot there is no age, and all commands are since then")
	}
	if strings.Contains(text, "exchange_storage_") {
		t.Error("a disk that nobody looks at has metrics")
	}
}

// TestMetricsFrom asks for metrics from here and there.
func TestMetricsFrom(t *testing.T) {
	d := newDesk(t)
	m := NewMetrics(func() Reading { return Reading{} })
	for _, c := range []struct {
		from, token string
		headers     []string
		want        int
	}{
		{"127.0.0.1:5000", "", nil, 200},
		{"[::1]:5000", "", nil, 200},
		{"203.0.113.7:5000", "", nil, 401},
		{"203.0.113.7:5000", "wrong", nil, 401},
		{"203.0.113.7:5000", token, nil, 200},
		{"127.0.0.1:5000", "", []string{"X-Forwarded-For", "203.0.113.7"}, 401},
		{"127.0.0.1:5000", "", []string{"Forwarded", "for=203.0.113.7"}, 401},
		{"127.0.0.1:5000", "", []string{"X-Real-IP", "203.0.113.7"}, 401},
		{"127.0.0.1:5000", token, []string{"X-Forwarded-For", "203.0.113.7"}, 200},
	} {
		if status, text := d.scrape(m, c.from, c.token, c.headers...); status != c.want {
			t.Errorf("from %s with %q and %v: %d %.60s, want %d", c.from, c.token, c.headers, status, text, c.want)
		}
	}
}

// TestMetricsAllocate promises that counting costs no memory.
func TestMetricsAllocate(t *testing.T) {
	m := NewMetrics(func() Reading { return Reading{} })
	c := &msg.Command{Kind: msg.Place}
	events := []msg.Event{{Kind: msg.Accepted}, {Kind: msg.Traded}}
	count := func() {
		m.Fold(nil, c, events)
		m.Flush()
		m.Observe(&Batch{Commands: 1, Sync: time.Millisecond})
	}
	count()
	if got := testing.AllocsPerRun(100, count); got > 0 {
		t.Errorf("%v allocations a batch", got)
	}
}
