package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/engine/ring"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/wsapi"
	"github.com/seed-7d4c2414/exchange/marketview"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// settings are all that serve can be told, by flags and by the configuration file.
type settings struct {
	data, config pathFlag
	listen       string
	clock        clockFlag
	allowReset   bool
	demo         bool
	demoSeed     uint64
	logLevel     levelFlag
	pprof        bool

	sync      syncFlag
	pipeline  pipeline.Options
	snapshots snapshot.Policy
	history   marketview.Limits
	bars      int // kept of each interval
	edge      gateway.Limits
	api       api.Limits
	requests  wsapi.Limits
}

// settingGroup are settings that stand together in the help.
type settingGroup struct {
	title string
	flags *pflag.FlagSet
}

// defaultListen is where serve listens when it is not told.
const defaultListen = "127.0.0.1:8080"

// newSettings returns the settings at their defaults, and the flags that set them.
func newSettings() (*settings, []settingGroup) {
	s := &settings{
		data: "data", listen: defaultListen, demoSeed: 1, logLevel: levelFlag(slog.LevelInfo),
		pipeline: pipeline.Options{
			Ring: pipeline.DefaultRing, Reserved: pipeline.DefaultReserved, Batch: pipeline.DefaultBatch,
			Batches: pipeline.DefaultBatches, MaxOrders: pipeline.DefaultMaxOrders,
		},
		snapshots: snapshot.DefaultPolicy(),
		history: marketview.Limits{
			Trades: marketview.DefaultTrades, AggTrades: marketview.DefaultAggTrades,
			ClosedOrders: marketview.DefaultClosedOrders, Fills: marketview.DefaultFills,
		},
		bars: marketview.DefaultBars,
		edge: gateway.DefaultLimits(),
		api: api.Limits{
			Weight: api.DefaultWeight, Requests: api.DefaultRequests, OrdersShort: api.DefaultOrdersShort, OrdersDay: api.DefaultOrdersDay,
			MaxClients: api.DefaultMaxClients, UnfilledCredit: api.DefaultUnfilledCredit,
		},
		requests: wsapi.Limits{
			Requests: wsapi.DefaultRequests, Lanes: wsapi.DefaultLanes,
			HeldBytes: wsapi.DefaultHeldBytes, Subscriptions: wsapi.DefaultSubscriptions,
		},
	}
	return s, []settingGroup{
		{"Flags", s.generalFlags()},
		{"Journal and engine", s.journalFlags()},
		{"Snapshots, each taken in the background when one of these is reached", s.snapshotFlags()},
		{"History kept in memory; older rows are in the journal only", s.historyFlags()},
		{"Connections and requests", s.edgeFlags()},
		{"Websockets", s.websocketFlags()},
		{"Websocket API, for each connection", s.requestFlags()},
		{"Rate limits of the public API, always counted and published", s.rateFlags()},
	}
}

// set returns the settings' values after all flags and the file have been read.
func (s *settings) set() {
	if s.pipeline.Reserved == pipeline.DefaultReserved { // a small ring keeps a part of itself
		s.pipeline.Reserved = min(s.pipeline.Reserved, s.pipeline.Ring/8)
	}
	s.pipeline.Dir, s.pipeline.Sync, s.pipeline.Snapshots = string(s.data), s.sync.Sync, s.snapshots
	for i := range s.history.Bars {
		s.history.Bars[i] = s.bars
	}
}

func (s *settings) generalFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Var(&s.data, "data", "keep everything in `DIR`")
	f.StringVar(&s.listen, "listen", s.listen, "take connections at `ADDRESS`; port 0 takes a free one")
	f.Var(&s.config, "config", "read settings from `FILE`")
	f.Var(&s.clock, "clock", "real, sim or sim=TIME: a clock that stands until it is told to advance, from TIME on (RFC 3339 or nanoseconds)")
	f.BoolVar(&s.allowReset, "allow-reset", false, "let the operator begin anew over HTTP")
	f.BoolVar(&s.demo, "demo", false, "make two funded accounts with keys that are printed, and traders who make a market")
	f.Uint64Var(&s.demoSeed, "demo-seed", s.demoSeed, "`NUMBER` from which the traders' decisions follow")
	f.Var(&s.logLevel, "log-level", "debug, info, warn or error")
	f.BoolVar(&s.pprof, "pprof", false, "serve profiles of the process at /debug/pprof, to the machine itself")
	return f
}

func (s *settings) journalFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	p := &s.pipeline
	f.Var(&s.sync, "sync", "when the journal is made durable: always, interval=DURATION or never")
	f.Var(atLeast(&p.Batch, 1).atMost(maxBatch), "batch", "most commands in a batch")
	f.Var(atLeast(&p.Batches, 2).atMost(64), "batches", "batches in memory")
	f.Var(powerFlag{&p.Ring}, "ring", "commands that may wait, a power of two; more are refused as busy")
	f.Var(atLeast(&p.Reserved, 1).orNone(), "ring-reserved", "of them for cancels only")
	f.Var(atLeast(&p.MaxOrders, 1).orNone(), "max-orders", "open orders; new ones are refused beyond")
	return f
}

func (s *settings) snapshotFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	p := &s.snapshots
	f.Uint64Var(&p.Commands, "snapshot-commands", p.Commands, "`N` commands; 0: does not count")
	f.Uint64Var(&p.Bytes, "snapshot-bytes", p.Bytes, "`N` bytes of journal; 0: does not count")
	f.Var(&nanosFlag{&p.Nanos}, "snapshot-interval", "time with any command in it; 0: does not count")
	f.Var(&nanosFlag{&p.PauseNanos}, "snapshot-pause", "least time between two")
	return f
}

func (s *settings) historyFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	h := &s.history
	f.Var(atLeast(&h.Trades, 1).orNone(), "history-trades", "trades of each symbol")
	f.Var(atLeast(&h.AggTrades, 1).orNone(), "history-agg-trades", "aggregate trades of each symbol")
	f.Var(atLeast(&s.bars, 1).orNone(), "history-bars", "bars of each symbol and interval; tickers keep what they need")
	f.Var(atLeast(&h.ClosedOrders, 1).orNone(), "history-orders", "closed orders of each account")
	f.Var(atLeast(&h.Fills, 1).orNone(), "history-fills", "fills of each account")
	return f
}

func (s *settings) edgeFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.edge
	f.Var(atLeast(&l.Connections, 1), "connections", "sockets in all")
	f.Var(atLeast(&l.ConnectionsPerIP, 1).orNone(), "connections-per-ip", "of them from one address")
	f.Var(atLeast(&l.HeaderBytes, 512), "header-bytes", "head of a request")
	f.Var(atLeast(&l.BodyBytes, 512), "body-bytes", "body of a request")
	f.Var(&durationFlag{&l.ReadTimeout}, "read-timeout", "for a whole request to arrive")
	f.Var(&durationFlag{&l.WriteTimeout}, "write-timeout", "for an answer to leave")
	f.Var(&durationFlag{&l.IdleTimeout}, "idle-timeout", "between two requests of a connection")
	return f
}

func (s *settings) websocketFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.edge
	f.Var(atLeast(&l.Websockets, 1), "websockets", "open at a time")
	f.Var(atLeast(&l.MessageBytes, 512), "message-bytes", "message from a client; a longer one closes with 1009")
	f.Var(atLeast(&l.MessagesPerSecond, 1).orNone(), "messages-per-second", "from a client, pings included; more close with 1008")
	f.Var(atLeast(&l.ControlsPerSecond, 1).orNone(), "controls-per-second", "control messages of a market stream; more close with 1008")
	f.Var(atLeast(&l.QueueBytes, 4096), "queue-bytes", "that wait for a client; more close with 1008")
	f.Var(atLeast(&l.SocketBytes, 4096), "socket-bytes", "asked of the operating system for what a client has not received")
	f.Var(&durationFlag{&l.StallTimeout}, "stall-timeout", "in which a client must take something")
	f.Var(&durationFlag{&l.PingInterval}, "ping-interval", "between pings")
	f.Var(&durationFlag{&l.PongWait}, "pong-wait", "without a pong the websocket is closed")
	f.Var(&durationFlag{&l.Life}, "websocket-life", "then it is closed")
	f.Var(&durationFlag{&l.CloseWait}, "close-wait", "for what is queued, and for the client's close, at the end")
	f.Var(atLeast(&l.Subscriptions, 1), "subscriptions", "streams of one websocket")
	f.Var(atLeast(&l.Streams, 1), "streams", "different streams at a time")
	return f
}

func (s *settings) requestFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.requests
	f.Var(atLeast(&l.Requests, 1), "ws-requests", "requests under way; more are refused as busy")
	f.Var(atLeast(&l.Lanes, 1).atMost(1024), "ws-lanes", "of them served at a time")
	f.Var(atLeast(&l.HeldBytes, 4096), "ws-held-bytes", "events that wait for the answer of a command; more close with 1008")
	f.Var(atLeast(&l.Subscriptions, 1), "ws-subscriptions", "subscriptions to user data")
	return f
}

func (s *settings) rateFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.api
	f.BoolVar(&l.Enforce, "rate-limits", false, "refuse what goes beyond")
	f.Var(atLeast(&l.Weight, 1), "rate-weight", "weight of an address in a minute")
	f.Var(atLeast(&l.Requests, 1), "rate-requests", "requests of an address in five minutes")
	f.Var(atLeast(&l.OrdersShort, 1), "rate-orders", "orders of an account in ten seconds")
	f.Var(atLeast(&l.OrdersDay, 1), "rate-orders-day", "orders of an account on a day")
	f.Var(atLeast(&l.MaxClients, 1), "rate-addresses", "addresses counted for themselves")
	f.Var(atLeast(&l.UnfilledCredit, 1), "rate-unfilled-credit", "orders that the first fill of a resting one takes off the count")
	return f
}

// boundFlag is a number with bounds, or none at all, which is negative.
type boundFlag struct {
	to          *int
	least, most int
	none        bool
}

func atLeast(to *int, least int) *boundFlag {
	return &boundFlag{to: to, least: least, most: math.MaxInt32}
}

func (f *boundFlag) atMost(most int) *boundFlag {
	f.most = most
	return f
}

func (f *boundFlag) orNone() *boundFlag {
	f.none = true
	return f
}

func (f *boundFlag) Type() string {
	if f.none {
		return "N|none"
	}
	return "N"
}

func (f *boundFlag) String() string {
	if f.to == nil { // pflag asks the zero value
		return ""
	}
	if *f.to < 0 {
		return "none"
	}
	return strconv.Itoa(*f.to)
}

func (f *boundFlag) Set(s string) error {
	if f.none && s == "none" {
		*f.to = -1
		return nil
	}
	v, err := strconv.Atoi(s)
	switch {
	case err == nil && v >= f.least && v <= f.most:
		*f.to = v
		return nil
	case f.none:
		return fmt.Errorf("it is a number from %d to %d, or none", f.least, f.most)
	}
	return fmt.Errorf("it is a number from %d to %d", f.least, f.most)
}

// powerFlag is the size of the ring.
type powerFlag struct{ to *int }

func (powerFlag) Type() string { return "N" }

func (f powerFlag) String() string {
	if f.to == nil {
		return ""
	}
	return strconv.Itoa(*f.to)
}

func (f powerFlag) Set(s string) error {
	const least = 16
	v, err := strconv.Atoi(s)
	if err != nil || v < least || v > ring.MaxSize || v&(v-1) != 0 {
		return fmt.Errorf("it is a power of two from %d to %d", least, ring.MaxSize)
	}
	*f.to = v
	return nil
}

// durationFlag is a time above zero.
type durationFlag struct{ to *time.Duration }

func (*durationFlag) Type() string { return "DURATION" }

func (f *durationFlag) String() string {
	if f.to == nil {
		return ""
	}
	return shortDuration(*f.to)
}

func (f *durationFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return errors.New("it is a duration such as 500ms or 1m30s")
	}
	*f.to = d
	return nil
}

// nanosFlag is a time that may be zero.
type nanosFlag struct{ to *int64 }

func (*nanosFlag) Type() string { return "DURATION" }

func (f *nanosFlag) String() string {
	if f.to == nil {
		return ""
	}
	return shortDuration(time.Duration(*f.to))
}

func (f *nanosFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("it is a duration such as 500ms or 10m, or 0")
	}
	*f.to = int64(d)
	return nil
}

// shortDuration writes a duration without the parts that are zero.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}

// levelFlag is the least level that is logged.
type levelFlag slog.Level

func (*levelFlag) Type() string     { return "LEVEL" }
func (f *levelFlag) String() string { return strings.ToLower(slog.Level(*f).String()) }

func (f *levelFlag) Set(s string) error {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.ToLower(l.String()) == s {
			*f = levelFlag(l)
			return nil
		}
	}
	return errors.New("it is debug, info, warn or error")
}

// clockFlag says by which clock commands are stamped.
type clockFlag struct {
	simulated bool
	start     int64 // of a simulated one
	text      string
}

func (*clockFlag) Type() string { return "CLOCK" }

func (f *clockFlag) String() string {
	if f.text == "" {
		return "real"
	}
	return f.text
}

func (f *clockFlag) Set(s string) error {
	start, given := strings.CutPrefix(s, "sim=")
	switch {
	case s == "real":
		*f = clockFlag{}
		return nil
	case s == "sim":
		*f = clockFlag{simulated: true, text: s}
		return nil
	case !given:
		return errors.New("it is real, sim or sim=TIME")
	}
	at, err := strconv.ParseInt(start, 10, 64)
	if err != nil {
		t, notTime := time.Parse(time.RFC3339Nano, start)
		if notTime != nil || t.Year() < 1970 || t.Year() > 2200 {
			return fmt.Errorf("%q is no time: RFC 3339, or nanoseconds since the epoch", start)
		}
		at = t.UnixNano()
	}
	if at < 0 {
		return fmt.Errorf("%q is before the epoch", start)
	}
	*f = clockFlag{simulated: true, start: at, text: s}
	return nil
}

// showGroups has the help of a command show its flags in groups.
func showGroups(cmd *cobra.Command, groups []settingGroup) {
	for _, g := range groups {
		g.flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.flags)
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n\nExamples:\n%s\n", cmd.UseLine(), cmd.Example)
		for i, g := range groups {
			fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsages())
			if i == 0 {
				fmt.Fprintf(&b, "  -h, --help               help for %s\n", cmd.Name())
			}
		}
		_, err := cmd.OutOrStderr().Write([]byte(b.String()))
		return err //nolint:wrapcheck // cobra ends with it
	})
}

// check refuses settings that do not go together.
func (s *settings) check() error {
	if s.pipeline.Reserved >= s.pipeline.Ring {
		return fmt.Errorf("serve: --ring-reserved %d leaves nothing of --ring %d", s.pipeline.Reserved, s.pipeline.Ring)
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return fmt.Errorf("serve: --listen %q is not of the form HOST:PORT", s.listen)
	}
	return nil
}
