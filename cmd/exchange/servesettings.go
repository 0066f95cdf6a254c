package main

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
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

	tlsCert, tlsKey pathFlag

	clock      clockFlag
	allowReset bool
	demo       bool
	demoSeed   uint64
	logLevel   levelFlag
	pprof      bool

	sync      syncFlag
	pipeline  pipeline.Options
	snapshots snapshot.Policy
	history   marketview.Limits
	bars      int // kept of each interval
	edge      gateway.Limits
	api       api.Limits
	requests  wsapi.Limits

	listenKeys    int // at a time
	listenKeyLife time.Duration
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
			Storage: pipeline.Storage{Reserve: pipeline.DefaultReserve},
		},
		snapshots: snapshot.DefaultPolicy(),
		history: marketview.Limits{
			Trades: marketview.DefaultTrades, AggTrades: marketview.DefaultAggTrades,
			ClosedOrders: marketview.DefaultClosedOrders, Fills: marketview.DefaultFills,
			Amendments: marketview.DefaultAmendments, Preventions: marketview.DefaultPreventions,
		},
		bars: marketview.DefaultBars,
		edge: gateway.DefaultLimits(),
		api: api.Limits{
			Weight: api.DefaultWeight, Requests: api.DefaultRequests, OrdersShort: api.DefaultOrdersShort, OrdersDay: api.DefaultOrdersDay,
			MaxClients: api.DefaultMaxClients, UnfilledCredit: api.DefaultUnfilledCredit,
			BanAfter: api.DefaultBanAfter, Ban: api.DefaultBan, BanMax: api.DefaultBanMax,
		},
		requests: wsapi.Limits{
			Requests: wsapi.DefaultRequests, Lanes: wsapi.DefaultLanes,
			HeldBytes: wsapi.DefaultHeldBytes, Subscriptions: wsapi.DefaultSubscriptions,
		},
		listenKeys: wsapi.DefaultListenKeys, listenKeyLife: wsapi.DefaultListenKeyLife,
	}
	return s, []settingGroup{
		{"Flags", s.generalFlags()},
		{"Journal and engine", s.journalFlags()},
		{"Snapshots, each taken in the background when one of these is reached", s.snapshotFlags()},
		{"History kept in memory; older rows are in the journal only; none keeps no row", s.historyFlags()},
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
	f.Var(&s.tlsCert, "tls-cert", "speak HTTPS and WSS only, with the certificate in `FILE`, those of its issuers behind it (PEM)")
	f.Var(&s.tlsKey, "tls-key", "the private key of --tls-cert is in `FILE`")
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
	f.Var(&retainFlag{to: &p.Retain}, "retain", "how much of the journal to keep: all, or what a DURATION (30d), a SIZE (10GiB) or a number of commands (1000000commands) allows")
	f.Var(&s.sync, "sync", "when the journal is made durable: always, interval=DURATION or never")
	f.Var(atLeast(&p.Batch, 1).atMost(maxBatch), "batch", "most commands in a batch")
	f.Var(atLeast(&p.Batches, 2).atMost(64), "batches", "batches in memory")
	f.Var(powerFlag{&p.Ring}, "ring", "commands that may wait, a power of two; more are refused as busy")
	f.Var(atLeast(&p.Reserved, 1).orNone(), "ring-reserved", "of them for cancels only")
	f.Var(atLeast(&p.MaxOrders, 1).orNone(), "max-orders", "open orders; new ones are refused beyond")
	f.Var(hashesFlag{&p.Barred}, "bar-command", "refuse a command that has crashed this exchange, by the hash that DIR/crash has for it; may be given several times")
	f.Var(sizeFlag{&p.Storage.Reserve, pipeline.MinReserve}, "reserve", "of the disk, taken in advance for cancels, at most a sixteenth of it; with less than as much free beside it orders are refused")
	return f
}

func (s *settings) snapshotFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	p := &s.snapshots
	f.Uint64Var(&p.Commands, "snapshot-commands", p.Commands, "`N` commands; 0: does not count")
	f.Uint64Var(&p.Bytes, "snapshot-bytes", p.Bytes, "`N` bytes of journal; 0: does not count")
	f.Var(&nanosFlag{&p.Nanos}, "snapshot-interval", "time with any command in it; 0: does not count")
	f.Var(&nanosFlag{&p.PauseNanos}, "snapshot-pause", "least time between two")
	f.Uint64Var(&p.Lag, "snapshot-lag", p.Lag, "most commands after the newest one, further ones wait for the next; 0: does not count")
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
	f.Var(atLeast(&h.Amendments, 1).orNone(), "history-amendments", "amendments of orders of each account")
	f.Var(atLeast(&h.Preventions, 1).orNone(), "history-preventions", "trades of each account with itself that were prevented")
	return f
}

func (s *settings) edgeFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.edge
	f.Var(atLeast(&l.Connections, 1), "connections", "sockets in all")
	f.Var(atLeast(&l.ConnectionsPerIP, 1).orNone(), "connections-per-ip", "of them from one address")
	f.Var(atLeast(&l.HeaderBytes, 512), "header-bytes", "head of a request")
	f.Var(atLeast(&l.BodyBytes, 512), "body-bytes", "body of a request")
	f.Var(atLeast(&l.AnswerBytes, 1<<20), "answer-bytes", "large answers that are made or wait to be sent, of all connections together; more are refused as busy")
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
	f.Var(atLeast(&s.listenKeys, 1), "listen-keys", "listen keys of user data at a time; more are refused as busy")
	f.Var(&durationFlag{&s.listenKeyLife}, "listen-key-life", "of one that is not extended")
	return f
}

func (s *settings) requestFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	l := &s.requests
	f.Var(atLeast(&l.Requests, 1), "ws-requests", "requests under way; more are refused as busy")
	f.Var(atLeast(&l.Lanes, 1).atMost(1024), "ws-lanes", "of them served at a time; what is one command needs no lane")
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
	f.Var(atLeast(&l.BanAfter, 1).orNone(), "rate-ban-after", "refusals of an address in a minute, with the last of which it is banned")
	f.Var(&durationFlag{&l.Ban}, "rate-ban", "how long for the first time; twice as long each time after it")
	f.Var(&durationFlag{&l.BanMax}, "rate-ban-max", "the longest, and after as long without a ban it is the first time again")
	return f
}

// check refuses settings that do not go together.
func (s *settings) check() error {
	if s.pipeline.Reserved >= s.pipeline.Ring {
		return fmt.Errorf("serve: --ring-reserved %d leaves nothing of --ring %d", s.pipeline.Reserved, s.pipeline.Ring)
	}
	if l := &s.edge; l.PongWait <= l.PingInterval {
		return fmt.Errorf("serve: --pong-wait %s is over before a ping is sent every --ping-interval %s", shortDuration(l.PongWait), shortDuration(l.PingInterval))
	}
	if s.api.BanMax < s.api.Ban {
		return fmt.Errorf("serve: --rate-ban-max %s is less than --rate-ban %s", shortDuration(s.api.BanMax), shortDuration(s.api.Ban))
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return fmt.Errorf("serve: --listen %q is not of the form HOST:PORT", s.listen)
	}
	return s.checkTLS()
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
