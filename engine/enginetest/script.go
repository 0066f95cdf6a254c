package enginetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Script is an exchange with the names that a script gave to things. It runs the
// lines of the language in which the rules are told.
//
// A line is a command or a question. Prices, quantities and amounts are decimals of the symbol or asset; a
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
type Script struct {
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

// NewScript returns a script in which nothing has a name yet, on an empty exchange.
func NewScript(e Engine) *Script {
	return &Script{
		engine: e, time: 1_000_000 * int64(time.Hour), accounts: []string{"fees"}, transfers: make(map[msg.AccountID]int64),
	}
}

// Block runs the lines of a text and returns their answers. Empty lines and what stands
// behind a # are passed over. An error names the line that makes no sense.
func (s *Script) Block(text string) (answers string, err error) {
	s.out.Reset()
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " # ")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if err := s.line(words); err != nil {
			return "", fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
		}
	}
	return s.out.String(), nil
}

func (s *Script) print(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

// line runs one command or answers one question.
func (s *Script) line(words []string) error {
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
func (s *Script) each(names []string, show func(msg.SymbolID)) error {
	for _, name := range names {
		id := s.symbolNamed(name)
		if id == unknownID {
			return fmt.Errorf("%s is no symbol", name)
		}
		show(id)
	}
	return nil
}

func (s *Script) passTime(args []string) error {
	if len(args) != 1 {
		return errors.New("want a duration")
	}
	d, err := time.ParseDuration(args[0])
	s.time += int64(d)
	return err
}

// repeat runs a command many times and prints how often each event came.
func (s *Script) repeat(args []string) error {
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
func (s *Script) execute(c *msg.Command) error {
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
