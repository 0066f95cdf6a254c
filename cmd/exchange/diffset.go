package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// terms are the values of --set: what is to be otherwise in a re-execution.
type terms struct {
	symbols  map[string]*otherSymbol
	accounts map[msg.AccountID]*otherAccount
	stp      *msg.Prevention // of all orders
	texts    []string        // as given
}

// otherSymbol is what is to be otherwise about a symbol. Prices, quantities and
// amounts are read when the symbol comes, because its assets say what they mean.
type otherSymbol struct {
	words   []word
	passive bool         // prices and quantities that do not fit are rounded, buys down and sells up
	id      msg.SymbolID // once it is there
	was     msg.Symbol   // as recorded
	now     msg.Symbol
}

type word struct{ key, value string }

// otherAccount is what is to be otherwise about an account and its orders.
type otherAccount struct {
	maker, taker *msg.Rate
	stp          *msg.Prevention
}

func (s *terms) Type() string   { return "SETTING" }
func (s *terms) String() string { return strings.Join(s.texts, "; ") }

var errSetting = errors.New("it is symbol NAME FIELD=VALUE…, account N FIELD=VALUE… or stp=MODE")

func (s *terms) Set(text string) error {
	words := strings.Fields(text)
	if len(words) == 0 {
		return errSetting
	}
	var err error
	switch {
	case words[0] == "symbol" && len(words) > 2:
		err = s.setSymbol(words[1], words[2:])
	case words[0] == "account" && len(words) > 2:
		err = s.setAccount(words[1], words[2:])
	case len(words) == 1 && strings.HasPrefix(text, "stp="):
		s.stp, err = parseMode(strings.TrimPrefix(text, "stp="))
	default:
		return errSetting
	}
	s.texts = append(s.texts, strings.Join(words, " "))
	return err
}

// parseMode reads a mode of self-trade prevention; underscores will do for hyphens.
func parseMode(text string) (*msg.Prevention, error) {
	c := choice[msg.Prevention]{last: msg.Decrement}
	if err := c.Set(strings.ToLower(strings.ReplaceAll(text, "_", "-"))); err != nil {
		return nil, fmt.Errorf("stp=%s: %w", text, err)
	}
	return &c.value, nil
}

// parseRate reads a fee rate such as 0.001; none is that of the symbol.
func parseRate(text string) (*msg.Rate, error) {
	if text == "none" {
		rate := msg.NoRate
		return &rate, nil
	}
	v, err := msg.ParseDecimal(text, 8)
	if err == nil && msg.Rate(v) > msg.RateUnit {
		err = errors.New("a rate is at most 1")
	}
	if err != nil {
		return nil, fmt.Errorf("rate %s: %w", text, err)
	}
	rate := msg.Rate(v)
	return &rate, nil
}

func (s *terms) setSymbol(name string, words []string) error {
	if _, err := msg.ParseName(name); err != nil {
		return err //nolint:wrapcheck // it names the name
	}
	if s.symbols == nil {
		s.symbols = make(map[string]*otherSymbol)
	}
	if s.symbols[name] == nil {
		s.symbols[name] = &otherSymbol{}
	}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		switch {
		case w == "round=passive":
			s.symbols[name].passive = true
		case !ok || value == "" || !isSymbolField(key):
			return fmt.Errorf("%s: a symbol has the fields %s", w, strings.Join(symbolFields(), ", "))
		default:
			s.symbols[name].words = append(s.symbols[name].words, word{key, value})
		}
	}
	return nil
}

func (s *terms) setAccount(number string, words []string) error {
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil || id == 0 {
		return fmt.Errorf("%s: it is the number of an account, from 1", number)
	}
	if s.accounts == nil {
		s.accounts = make(map[msg.AccountID]*otherAccount)
	}
	a := s.accounts[msg.AccountID(id)]
	if a == nil {
		a = &otherAccount{}
		s.accounts[msg.AccountID(id)] = a
	}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "maker":
			a.maker, err = parseRate(value)
		case "taker":
			a.taker, err = parseRate(value)
		case "stp":
			a.stp, err = parseMode(value)
		default:
			err = fmt.Errorf("%s: an account has the fields maker, taker, stp", w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// given reports whether anything is to be otherwise.
func (s *terms) given() bool { return len(s.texts) > 0 }

// check returns an error when what is to be otherwise came before the journal begins.
func (s *terms) check(e *engine.Engine) error {
	for name := range s.symbols {
		n, err := msg.ParseName(name)
		if err != nil {
			return err //nolint:wrapcheck // it names the name
		}
		if e.SymbolNamed(n) != 0 {
			return fmt.Errorf("symbol %s is older than the commands that are kept, which begin after %d: it cannot be otherwise", name, e.Seq())
		}
	}
	for id := range s.accounts {
		if int64(id) < int64(e.Accounts()) {
			return fmt.Errorf("account %d is older than the commands that are kept, which begin after %d: it cannot be otherwise", id, e.Seq())
		}
	}
	return nil
}

// used returns an error when something was to be otherwise that never came.
func (s *terms) used(e *engine.Engine) error {
	for name, x := range s.symbols {
		if x.id == 0 {
			return fmt.Errorf("there is no symbol %s", name)
		}
	}
	for id := range s.accounts {
		if int64(id) >= int64(e.Accounts()) {
			return fmt.Errorf("there is no account %d", id)
		}
	}
	return nil
}
