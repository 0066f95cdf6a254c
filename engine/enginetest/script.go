package enginetest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// RunScripts runs every script of a folder, first on the naive exchange and
// then on a fresh engine. With -rewrite the naive exchange writes what it
// answers into the scripts, and the engine must answer the same.
//
// A script is a list of blocks: commands, a line of four dashes, what they
// answer. Prices, quantities and amounts are decimals of the symbol or asset; a
// name that nobody introduced stands for something unknown.
//
//	asset BTC scale=8                     symbol BTCUSDT base=BTC quote=USDT tick=0.01 lot=0.001 [FIELD=VALUE...]
//	account alice                         alter BTCUSDT FIELD=VALUE...
//	credit alice USDT 1000 [transfer=7]   phase BTCUSDT trading|auction|halt|cancel-only
//	debit alice USDT 10                   uncross BTCUSDT
//	status alice disabled                 time +60s
//	fees alice maker=0.001 taker=none     repeat 1000 COMMAND
//
//	place alice BTCUSDT buy 100 x 0.5 [ioc|fok|maker] [stp=MODE] [name=NAME] [strategy=ID] [strategy-type=TYPE]
//	market alice BTCUSDT buy 0.5 | market alice BTCUSDT buy quote=50
//	cancel alice BTCUSDT #12 [only=new|partially-filled] | cancel alice BTCUSDT name=NAME [only=...]
//	cancel-all alice BTCUSDT
//	amend alice BTCUSDT #12 0.3 [name=NEW]
//	replace alice BTCUSDT #12 [allow-failure] [only=...] buy 101 x 0.5 [as place]
//
//	book BTCUSDT      auction BTCUSDT (what an uncross would do)     counters BTCUSDT
//	balances [alice]  standing alice
//
// An order's number is that of its command. After every command the exchange
// checks itself.
func RunScripts(t *testing.T, dir string, start func() Engine) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("scripts in %s: %d found, %v", dir, len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			runScript(t, path, NaiveEngine, true)
			runScript(t, path, start, false)
		})
	}
}

// runScript runs a script. Only an author may rewrite it.
func runScript(t *testing.T, path string, start func() Engine, author bool) {
	t.Helper()
	s := newScript(start())
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		answer := s.block(t, d)
		if d.Rewrite && !author && answer != d.Expected {
			t.Errorf("%s: the engine answers\n%swhere the naive exchange answers\n%s", d.Pos, answer, d.Expected)
		}
		return answer
	})
}

// script is an exchange with the names that a script gave to things.
type script struct {
	engine    Engine
	seq       msg.Seq
	time      int64
	assets    []scriptAsset
	symbols   []scriptSymbol
	accounts  []string // by id
	transfers map[msg.AccountID]int64
	events    []msg.Event
	out       strings.Builder
}

type scriptAsset struct {
	name  string
	scale uint8
}

// scriptSymbol knows how to read and write the decimals of a symbol.
type scriptSymbol struct {
	name        string
	spec        msg.Symbol
	base, quote scriptAsset
}

func newScript(e Engine) *script {
	return &script{
		engine: e, time: 1_000_000 * int64(time.Hour), accounts: []string{"fees"}, transfers: make(map[msg.AccountID]int64),
	}
}

// block runs the commands of a block and returns their answers.
func (s *script) block(t *testing.T, d *datadriven.TestData) string {
	first := []string{d.Cmd} // the block's first line comes cut into words
	for _, a := range d.CmdArgs {
		first = append(first, strings.Join(append([]string{a.Key}, a.Vals...), "="))
	}
	s.out.Reset()
	for line := range strings.Lines(strings.Join(first, " ") + "\n" + d.Input) {
		line, _, _ = strings.Cut(line, " # ")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if err := s.line(words); err != nil {
			t.Fatalf("%s: %s: %v", d.Pos, strings.TrimSpace(line), err)
		}
	}
	return s.out.String()
}

func (s *script) print(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

// line runs one command or answers one question.
func (s *script) line(words []string) error {
	args := words[1:]
	switch words[0] {
	case "book":
		return s.each(args, s.printBook)
	case "auction":
		return s.each(args, s.printAuction)
	case "counters":
		return s.each(args, s.printCounters)
	case "balances":
		return s.printBalances(args)
	case "standing":
		return s.printStanding(args)
	case "time":
		return s.passTime(args)
	case "repeat":
		return s.repeat(args)
	}
	c, err := s.command(words)
	if err != nil {
		return err
	}
	if err := s.execute(&c); err != nil {
		return err
	}
	for i := range s.events {
		s.print("%s", s.eventLine(&c, &s.events[i]))
	}
	return nil
}

// each answers a question about symbols.
func (s *script) each(names []string, show func(msg.SymbolID)) error {
	for _, name := range names {
		id := s.symbolNamed(name)
		if id == unknownID {
			return fmt.Errorf("%s is no symbol", name)
		}
		show(id)
	}
	return nil
}

func (s *script) passTime(args []string) error {
	if len(args) != 1 {
		return errors.New("want a duration")
	}
	d, err := time.ParseDuration(args[0])
	s.time += int64(d)
	return err
}

// repeat runs a command many times and prints how often each event came.
func (s *script) repeat(args []string) error {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("repeat: %w", err)
	}
	counts := make(map[string]int)
	var order []string
	for range times {
		c, err := s.command(args[1:])
		if err != nil {
			return err
		}
		if err := s.execute(&c); err != nil {
			return err
		}
		for _, v := range s.events {
			name := v.Kind.String()
			if v.Reason != msg.NoReason {
				name += ": " + v.Reason.String()
			}
			if counts[name] == 0 {
				order = append(order, name)
			}
			counts[name]++
		}
	}
	for _, name := range order {
		s.print("%d × %s", counts[name], name)
	}
	return nil
}

// execute stamps and executes a command, and learns the name of what it made.
func (s *script) execute(c *msg.Command) error {
	s.seq++
	c.Seq, c.Time = s.seq, s.time
	s.events = s.engine.Execute(c, s.events[:0])
	if err := s.engine.Check(); err != nil {
		return fmt.Errorf("check after command %d: %w", s.seq, err)
	}
	if len(s.events) == 0 {
		return fmt.Errorf("command %d had no event", s.seq)
	}
	switch v := s.events[0]; v.Kind {
	case msg.AssetAdded:
		s.assets = append(s.assets, scriptAsset{name: c.Name.String(), scale: c.Scale})
	case msg.SymbolAdded:
		s.symbols = append(s.symbols, scriptSymbol{
			name: c.Spec.Name.String(), spec: *c.Spec, base: s.assets[c.Spec.Base-1], quote: s.assets[c.Spec.Quote-1],
		})
	case msg.SymbolChanged:
		s.symbols[c.Symbol-1].spec = *c.Spec
	case msg.AccountCreated:
		s.accounts = append(s.accounts, c.Name.String())
	case msg.Adjusted:
		s.transfers[c.Account] = c.Transfer
	default:
	}
	return nil
}
