package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// namespace begins the name of each metric of the exchange.
const namespace = "exchange"

// Batch says how a batch went through the stages of the exchange.
type Batch struct {
	Commands int
	Events   int
	Bytes    int // before compression

	Gather  time.Duration // from its first command until it was handed on
	Append  time.Duration // compress, checksum, write
	Sync    time.Duration // zero when it was not synced by itself
	Queue   time.Duration // until it was folded
	Fold    time.Duration // into the views
	Publish time.Duration // streams and answers
}

// Reading is what a scrape asks the exchange for.
type Reading struct {
	Waiting      int // commands that were taken and not yet executed
	Durable      msg.Seq
	Views        []ViewReading
	JournalBytes int64
	Snapshot     msg.Seq
	SnapshotAge  time.Duration
	Snapshots    bool // there is one
	Keys         int
	Storage      StorageReading
	Edge         gateway.Stats
	Streams      StreamReading
	Limits       LimitReading
}

// StorageReading is what the last look at the disk has found.
type StorageReading struct {
	Looked  bool // else nobody looks
	Low     bool // full is low too
	Full    bool
	Free    int64 // bytes
	Files   int64 // that can still be made; negative where there is no bound
	Ballast int64 // bytes held in reserve
}

// LimitReading is what the limits of addresses have refused.
type LimitReading struct {
	Refused uint64 // calls, those of banned addresses included
	Bans    uint64
	Banned  int // addresses, now
}

// StreamReading is what there is of market data streams.
type StreamReading struct {
	Subscriptions int
	Streams       int
	Messages      uint64 // encoded, each once for all who get it
	Missed        uint64 // times that a websocket was behind and got the latest later
}

// ViewReading says how far a view has come.
type ViewReading struct {
	Name string
	Seq  msg.Seq // of the last command that it shows
}

// Metrics counts what happens, and tells it in the format of Prometheus.
type Metrics struct {
	registry *prometheus.Registry
	handler  fasthttp.RequestHandler

	commands *tally[msg.Kind]
	events   *tally[msg.EventKind]
	rejects  *tally[msg.Reason]
	trades   prometheus.Counter
	traded   uint32 // since the last flush

	batchCommands prometheus.Histogram
	batchBytes    prometheus.Histogram
	sync          prometheus.Histogram
	stages        [5]prometheus.Observer
}

// NewMetrics returns metrics that ask read for the rest, once a scrape.
func NewMetrics(read func() Reading) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.commands = newTally[msg.Kind](m.registry, "commands_total", "Commands, durable and folded.", "kind")
	m.events = newTally[msg.EventKind](m.registry, "events_total", "Events, durable and folded.", "kind")
	m.rejects = newTally[msg.Reason](m.registry, "rejects_total", "Commands refused by the engine.", "reason")
	m.trades = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "trades_total", Help: "Trades, durable and folded."})
	m.registry.MustRegister(m.trades)
	m.batchCommands = m.histogram("batch_commands", "Commands of a batch.", prometheus.ExponentialBuckets(1, 4, 7))
	m.batchBytes = m.histogram("batch_bytes", "Encoded bytes of a batch before compression.", prometheus.ExponentialBuckets(64, 4, 8))
	seconds := prometheus.ExponentialBuckets(10e-6, 2.5, 14) // 10 µs to 1.5 s
	m.sync = m.histogram("journal_sync_seconds", "How long the journal took to become durable, for each sync.", seconds)
	stages := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "stage_seconds", Help: "How long batches spent in each stage, in its order.", Buckets: seconds,
	}, []string{"stage"})
	m.registry.MustRegister(stages)
	for i, name := range [...]string{"gather", "append", "queue", "fold", "publish"} {
		m.stages[i] = stages.WithLabelValues(name)
	}
	m.registry.MustRegister(
		newReader(read),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.handler = fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return m
}

func (m *Metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

// Observe counts a batch. One goroutine calls it.
func (m *Metrics) Observe(b *Batch) {
	m.batchCommands.Observe(float64(b.Commands))
	m.batchBytes.Observe(float64(b.Bytes))
	if b.Sync > 0 {
		m.sync.Observe(b.Sync.Seconds())
	}
	for i, d := range [...]time.Duration{b.Gather, b.Append, b.Queue, b.Fold, b.Publish} {
		m.stages[i].Observe(d.Seconds())
	}
}

// Fold counts a transaction.
func (m *Metrics) Fold(_ *marketview.Views, c *msg.Command, events []msg.Event) {
	m.commands.add(c.Kind)
	for i := range events {
		v := &events[i]
		m.events.add(v.Kind)
		switch v.Kind {
		case msg.Traded:
			m.traded++
		case msg.Rejected, msg.CancelRejected:
			m.rejects.add(v.Reason)
		default:
		}
	}
}

// Flush shows what was counted.
func (m *Metrics) Flush() {
	m.commands.flush()
	m.events.flush()
	m.rejects.flush()
	if m.traded > 0 {
		m.trades.Add(float64(m.traded))
		m.traded = 0
	}
}

// tally is a counter for each value of an enumeration. Counting costs no atomic
// operation: what was counted is added when it is flushed.
type tally[T interface {
	~uint8
	String() string
}] struct {
	vector   *prometheus.CounterVec
	counters [256]prometheus.Counter // made when they are needed
	counted  [256]uint32
	values   []uint8 // of which some were counted
}

func newTally[T interface {
	~uint8
	String() string
}](r *prometheus.Registry, name, help, label string,
) *tally[T] {
	t := &tally[T]{vector: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, []string{label})}
	r.MustRegister(t.vector)
	return t
}

func (t *tally[T]) add(v T) {
	if t.counted[v]++; t.counted[v] == 1 {
		t.values = append(t.values, uint8(v))
	}
}

func (t *tally[T]) flush() {
	for _, v := range t.values {
		if t.counters[v] == nil {
			t.counters[v] = t.vector.WithLabelValues(T(v).String())
		}
		t.counters[v].Add(float64(t.counted[v]))
		t.counted[v] = 0
	}
	t.values = t.values[:0]
}
