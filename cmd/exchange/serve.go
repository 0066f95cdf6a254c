package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/journal"
)

const (
	// drainTimeout is how long connections may take to end when the exchange stops.
	drainTimeout = 10 * time.Second
	// failTimeout is the same after a fatal error, when there is little left to say:
	// the process is to be gone within 100 ms, so that it soon starts anew.
	failTimeout = 25 * time.Millisecond
)

// server is the command serve at work.
type server struct {
	*console

	settings *settings
	log      *slog.Logger
	clock    *liveClock
	token    string
	auth     *auth.Authenticator
	metrics  *admin.Metrics
	gateway  *gateway.Server

	certificate *tls.Certificate // nil: plain HTTP

	tokenPlace string                // where the operator finds the token
	house      atomic.Pointer[house] // nil until the state is recovered
	ready      atomic.Bool
	stopping   atomic.Bool
	failed     chan error // the first fatal error

	resetting  sync.Mutex
	demoKeys   []demoKey // of the house that was opened last
	background sync.WaitGroup
}

func newServe(c *console) *cobra.Command {
	set, groups := newSettings()
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the exchange: order entry and market data over HTTP and websockets",
		Long:    serveHelp,
		Example: serveExample,
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if set.config != "" {
				if err := readConfig(string(set.config), cmd.Flags()); err != nil {
					return err
				}
			}
			set.set()
			if err := set.check(); err != nil {
				return misused(cmd, err)
			}
			return newServer(c, set).run()
		},
	}
	showGroups(cmd, groups)
	return cmd
}

// wall is the clock that clients are told, and that their signed requests are held
// against.
func wall() int64 { return time.Now().UnixNano() }

func newServer(c *console, set *settings) *server {
	s := &server{console: c, settings: set, failed: make(chan error, 1)}
	s.log = newLogger(c, slog.Level(set.logLevel))
	s.clock = &liveClock{simulated: set.clock.simulated}
	s.clock.notBefore(set.clock.start)
	s.metrics = admin.NewMetrics(s.reading)
	s.gateway = gateway.NewServer(set.edge, s.log, time.Now)
	return s
}

// newLogger returns a logger to err: text for people, JSON for programs.
func newLogger(c *console, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if isTerminal(c.err) {
		return slog.New(slog.NewTextHandler(c.err, o))
	}
	return slog.New(slog.NewJSONHandler(c.err, o))
}

// run serves until it is told to stop or something fails for good.
func (s *server) run() error {
	// Whoever signals a second time wants the process to end at once, which is what
	// a signal does when nobody waits for it any more.
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	address, err := s.open(ctx)
	if err != nil {
		return err
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		if err := s.gateway.Serve(); err != nil {
			s.fail(err)
		}
	})
	defer accepting.Wait()
	stopDemo, err := s.begin(ctx, address)
	if err != nil {
		s.shutdown(failTimeout)
		return err
	}
	select {
	case <-ctx.Done():
		release()
		s.log.Info("the exchange stops")
		stopDemo()
		return s.end()
	case err := <-s.failed:
		stopDemo()
		s.shutdown(failTimeout)
		return err
	}
}

// open prepares all that does not need the state and takes the address, so that
// whoever waits for the exchange sees that it starts.
func (s *server) open(ctx context.Context) (address string, err error) {
	dir := string(s.settings.data)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	keys, err := auth.Open(filepath.Join(dir, keysFile))
	if err != nil {
		return "", err //nolint:wrapcheck // it says what it did
	}
	s.auth = auth.New(auth.Options{Keys: keys, Wall: wall})
	if s.token, s.tokenPlace, err = adminToken(dir); err != nil {
		return "", err
	}
	if err := s.secure(); err != nil {
		return "", err
	}
	s.route()
	return s.listenTo(ctx)
}

// begin recovers the exchange, opens the doors, and says so. With --demo it has the
// traders begin, and returns what ends them.
func (s *server) begin(ctx context.Context, address string) (stopDemo func(), err error) {
	known := s.auth.Keys().Len() > 0 // to the process before this one
	h, err := s.openHouse()
	if errors.Is(err, journal.ErrLocked) {
		return nil, fmt.Errorf("%s is in use: %w", s.settings.data, journal.ErrLocked)
	}
	if err != nil {
		return nil, err
	}
	if s.settings.demo {
		if err := s.demoAccounts(context.Background(), h); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	s.house.Store(h)
	if known {
		s.awaitFirst(ctx)
	}
	s.ready.Store(true)
	s.announce(address)
	if !s.settings.demo {
		return func() {}, nil
	}
	return s.startDemo(s.url("http", address)), nil
}

// awaitFirst waits until signed requests that are made now are taken. For a second
// after the start they might be ones that the process before this one has taken, and
// whoever is told that the exchange is ready should not have to know.
func (s *server) awaitFirst(ctx context.Context) {
	timer := time.NewTimer(time.Duration(s.auth.First() - wall()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// announce says where everything is. If nobody reads that, it is all the same.
func (s *server) announce(address string) {
	http, ws := s.url("http", address), s.url("ws", address)
	s.printf("listening %s\n", http)
	s.printf("rest %s/api/v3\n", http)
	s.printf("streams %s/ws %s/stream\n", ws, ws)
	s.printf("websocket-api %s/ws-api/v3\n", ws)
	s.printf("operator %s/x/v1\n", http)
	s.printf("metrics %s/metrics\n", http)
	if s.settings.pprof {
		s.printf("profiles %s/debug/pprof/\n", http)
	}
	s.printf("token %s\n", s.tokenPlace)
	if s.settings.demo {
		s.printf("seed %d\n", s.settings.demoSeed)
	}
	for _, k := range s.demoKeys {
		s.printf("key %s %s %s\n", k.name, k.id, k.secret)
	}
	_ = s.out.Flush()
}

// isReady reports whether the exchange takes requests.
func (s *server) isReady() bool { return s.ready.Load() && !s.stopping.Load() }

// fail ends the process. Only the first error counts.
func (s *server) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// shutdown ends all connections.
func (s *server) shutdown(within time.Duration) {
	s.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := s.gateway.Shutdown(ctx); err != nil {
		s.log.Warn("connections were cut off", "error", err)
	}
}

// end lets requests under way come to their end, and then the exchange.
func (s *server) end() error {
	s.shutdown(drainTimeout)
	s.resetting.Lock() // a reset that was under way has ended then
	defer s.resetting.Unlock()
	err := s.house.Load().close()
	s.background.Wait()
	return err
}
