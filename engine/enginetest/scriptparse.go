package enginetest

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What stands for assets and symbols that nobody introduced, and for accounts.
// Symbols without accounting take the account all the same.
const (
	unknownID                    = 9999
	unknownAccount msg.AccountID = msg.MaxAccounts
)

var errWords = errors.New("wrong number of words")

func (s *Script) assetNamed(name string) msg.AssetID {
	i := slices.IndexFunc(s.assets, func(a scriptAsset) bool { return a.name == name })
	if i < 0 {
		return unknownID
	}
	return msg.AssetID(i + 1)
}

func (s *Script) symbolNamed(name string) msg.SymbolID {
	i := slices.IndexFunc(s.symbols, func(m scriptSymbol) bool { return m.name == name })
	if i < 0 {
		return unknownID
	}
	return msg.SymbolID(i + 1)
}

func (s *Script) accountNamed(name string) msg.AccountID {
	i := slices.Index(s.accounts, name)
	if i < 0 {
		return unknownAccount
	}
	return msg.AccountID(i)
}

// symbol returns a symbol; an unknown one takes a few decimals.
func (s *Script) symbol(id msg.SymbolID) scriptSymbol {
	if id == 0 || int(id) > len(s.symbols) {
		unknown := scriptAsset{scale: 8}
		return scriptSymbol{spec: msg.Symbol{Tick: 1, Lot: 1}, base: unknown, quote: unknown}
	}
	return s.symbols[id-1]
}

// name takes any characters: illegal ones are for the exchange to refuse.
func name(text string) msg.Name {
	var n msg.Name
	copy(n[:], text)
	return n
}

// units reads a decimal, which may have a sign, as a number of steps of so many
// units each.
func units(text string, scale uint8, step msg.Amount) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > int(scale) {
		return 0, fmt.Errorf("%s has more than %d decimals", text, scale)
	}
	n, ok := new(big.Int).SetString(whole+part+strings.Repeat("0", int(scale)-len(part)), 10)
	if !ok {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	n, rest := n.QuoRem(n, big.NewInt(int64(step)), new(big.Int))
	if rest.Sign() != 0 || !n.IsInt64() {
		return 0, fmt.Errorf("%s is not a number of ticks or lots", text)
	}
	return n.Int64(), nil
}

// decimal writes a number of steps of so many units each.
func decimal(v int64, scale uint8, step msg.Amount) string {
	digits := product(v, int64(step)).String()
	sign := ""
	if v < 0 {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= int(scale) {
		digits = strings.Repeat("0", int(scale)-len(digits)+1) + digits
	}
	whole, part := digits[:len(digits)-int(scale)], strings.TrimRight(digits[len(digits)-int(scale):], "0")
	if part == "" {
		return sign + whole
	}
	return sign + whole + "." + part
}

func (m *scriptSymbol) price(p msg.Price) string {
	return decimal(int64(p), m.quote.scale, m.spec.Tick)
}

func (m *scriptSymbol) qty(q msg.Qty) string { return decimal(int64(q), m.base.scale, m.spec.Lot) }

func (m *scriptSymbol) parsePrice(text string) (msg.Price, error) {
	v, err := units(text, m.quote.scale, m.spec.Tick)
	return msg.Price(v), err
}

func (m *scriptSymbol) parseQty(text string) (msg.Qty, error) {
	v, err := units(text, m.base.scale, m.spec.Lot)
	return msg.Qty(v), err
}

func (m *scriptSymbol) parseQuote(text string) (msg.Amount, error) {
	v, err := units(text, m.quote.scale, 1)
	return msg.Amount(v), err
}

// parseRate reads a fee rate, such as 0.001, or none.
func parseRate(text string) (msg.Rate, error) {
	if text == "none" {
		return msg.NoRate, nil
	}
	v, err := units(text, 8, 1)
	return msg.Rate(v), err
}

// choice reads one of an enumeration's texts, or any number.
func choice[T ~uint8](text string, last T) (T, error) {
	for v := T(0); v <= last; v++ {
		if fmt.Sprint(v) == text {
			return v, nil
		}
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no %T", text, last)
	}
	return T(n), nil
}

// command reads a command.
func (s *Script) command(words []string) (msg.Command, error) {
	args := words[1:]
	if words[0] == "command" {
		kind, err := strconv.ParseUint(strings.TrimPrefix(args[0], "kind="), 10, 8)
		return msg.Command{Kind: msg.Kind(kind)}, err
	}
	if len(args) == 0 {
		return msg.Command{}, errWords
	}
	switch words[0] {
	case "asset", "account", "status", "fees", "credit", "debit":
		return s.accountCommand(words[0], args)
	case "symbol", "alter", "phase", "uncross":
		return s.symbolCommand(words[0], args)
	}
	if len(args) < 2 {
		return msg.Command{}, errWords
	}
	return s.orderCommand(words[0], args)
}

// accountCommand reads what is about assets, accounts and money.
func (s *Script) accountCommand(what string, args []string) (c msg.Command, err error) {
	c = msg.Command{Account: s.accountNamed(args[0])}
	switch what {
	case "asset":
		c = msg.Command{Kind: msg.AddAsset, Name: name(args[0])}
		if len(args) > 1 {
			var scale uint64
			scale, err = strconv.ParseUint(strings.TrimPrefix(args[1], "scale="), 10, 8)
			c.Scale = uint8(scale)
		}
	case "account":
		c = msg.Command{Kind: msg.CreateAccount, Name: name(args[0])}
	case "status":
		c.Kind = msg.SetStatus
		c.Status, err = choice(args[1], msg.Disabled)
	case "fees":
		c.Kind, c.Maker, c.Taker = msg.SetFees, msg.NoRate, msg.NoRate
		for _, arg := range args[1:] {
			key, value, _ := strings.Cut(arg, "=")
			rate := &c.Maker
			if key == "taker" {
				rate = &c.Taker
			}
			if *rate, err = parseRate(value); err != nil {
				return c, err
			}
		}
	default:
		return s.transferCommand(what, args)
	}
	return c, err
}

// transferCommand reads a credit or debit. Without a transfer id it takes the
// account's next one.
func (s *Script) transferCommand(what string, args []string) (c msg.Command, err error) {
	if len(args) < 3 {
		return c, errWords
	}
	c = msg.Command{Kind: msg.Credit, Account: s.accountNamed(args[0]), Asset: s.assetNamed(args[1])}
	if what == "debit" {
		c.Kind = msg.Debit
	}
	c.Transfer = s.transfers[c.Account] + 1
	if len(args) > 3 {
		if c.Transfer, err = strconv.ParseInt(strings.TrimPrefix(args[3], "transfer="), 10, 64); err != nil {
			return c, fmt.Errorf("transfer: %w", err)
		}
	}
	scale := uint8(0)
	if c.Asset != unknownID {
		scale = s.assets[c.Asset-1].scale
	}
	amount, err := units(args[2], scale, 1)
	c.Amount = msg.Amount(amount)
	return c, err
}

// orderCommand reads what is about orders.
func (s *Script) orderCommand(what string, args []string) (c msg.Command, err error) {
	c = msg.Command{Account: s.accountNamed(args[0]), Symbol: s.symbolNamed(args[1])}
	args = args[2:]
	switch what {
	case "place":
		c.Kind = msg.Place
		return c, s.parseTerms(&c, args)
	case "market":
		c.Kind, c.Type = msg.Place, msg.Market
		return c, s.parseTerms(&c, args)
	case "cancel-all":
		c.Kind = msg.CancelAll
		return c, nil
	case "cancel":
		c.Kind = msg.Cancel
		_, err = parseMeant(&c, args)
		return c, err
	case "amend":
		c.Kind = msg.Amend
		if args, err = parseMeant(&c, args); err != nil {
			return c, err
		}
		if len(args) == 0 {
			return c, errWords
		}
		m := s.symbol(c.Symbol)
		if len(args) > 1 {
			c.Name = name(strings.TrimPrefix(args[1], "name="))
		}
		c.Qty, err = m.parseQty(args[0])
		return c, err
	case "replace":
		c.Kind = msg.CancelReplace
		if args, err = parseMeant(&c, args); err != nil {
			return c, err
		}
		if len(args) > 0 && args[0] == "market" {
			c.Type, args = msg.Market, args[1:]
		}
		return c, s.parseTerms(&c, args)
	default:
		return c, fmt.Errorf("%s is no command", what)
	}
}

// parseMeant reads which order is meant, and returns the words behind.
func parseMeant(c *msg.Command, args []string) ([]string, error) {
	for len(args) > 0 {
		switch key, value, _ := strings.Cut(args[0], "="); {
		case strings.HasPrefix(key, "#"):
			id, err := strconv.ParseUint(key[1:], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("order: %w", err)
			}
			c.Order = msg.OrderID(id)
		case key == "name":
			c.OrigName = name(value)
		case key == "allow-failure":
			c.Mode = msg.AllowFailure
		case key == "mode":
			mode, err := choice(value, msg.AllowFailure)
			if err != nil {
				return nil, err
			}
			c.Mode = mode
		case key == "only":
			var err error
			if c.Only, err = parseRestriction(value); err != nil {
				return nil, err
			}
		default:
			return args, nil
		}
		args = args[1:]
	}
	return nil, nil
}

// parseRestriction reads new, partially-filled, or any number.
func parseRestriction(text string) (msg.Restriction, error) {
	if r, err := choice("only-"+text, msg.OnlyPartiallyFilled); err == nil {
		return r, nil
	}
	return choice(text, msg.OnlyPartiallyFilled)
}

// parseTerms reads side, price, quantity and the options of a new order.
func (s *Script) parseTerms(c *msg.Command, args []string) (err error) {
	m := s.symbol(c.Symbol)
	if len(args) < 2 {
		return errWords
	}
	if c.Side, err = choice(args[0], msg.Sell); err != nil {
		return err
	}
	quote, byQuote := strings.CutPrefix(args[1], "quote=")
	switch {
	case byQuote:
		c.Quote, err = m.parseQuote(quote)
		args = args[2:]
	case c.Type == msg.Market:
		c.Qty, err = m.parseQty(args[1])
		args = args[2:]
	case len(args) >= 4 && args[2] == "x":
		if c.Price, err = m.parsePrice(args[1]); err != nil {
			return err
		}
		c.Qty, err = m.parseQty(args[3])
		args = args[4:]
	default:
		return errors.New("want PRICE x QUANTITY")
	}
	for i := 0; err == nil && i < len(args); i++ {
		err = m.parseOption(c, args[i])
	}
	return err
}

// parseOption reads one of the words behind an order.
func (m *scriptSymbol) parseOption(c *msg.Command, arg string) (err error) {
	switch key, value, _ := strings.Cut(arg, "="); key {
	case "ioc":
		c.TIF = msg.IOC
	case "fok":
		c.TIF = msg.FOK
	case "maker":
		c.Type = msg.LimitMaker
	case "name":
		c.Name = name(value)
	case "stp":
		c.STP, err = choice(value, msg.Decrement)
	case "strategy":
		c.Strategy.HasID = true
		c.Strategy.ID, err = strconv.ParseInt(value, 10, 64)
	case "strategy-type":
		var number int64
		number, err = strconv.ParseInt(value, 10, 32)
		c.Strategy.Type = int32(number)
	case "quote":
		c.Quote, err = m.parseQuote(value)
	case "price":
		c.Price, err = m.parsePrice(value)
	case "type":
		c.Type, err = choice(value, msg.LimitMaker)
	case "tif":
		c.TIF, err = choice(value, msg.FOK)
	default:
		return fmt.Errorf("%s is no option of an order", arg)
	}
	return err
}

// symbolCommand reads what is about symbols.
func (s *Script) symbolCommand(what string, args []string) (c msg.Command, err error) {
	c = msg.Command{Symbol: s.symbolNamed(args[0])}
	switch what {
	case "uncross":
		c.Kind = msg.Uncross
	case "phase":
		c.Kind = msg.SetPhase
		c.Phase, err = choice(args[1], msg.CancelOnly)
	case "symbol":
		c = msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: name(args[0])}}
		err = s.parseSpec(c.Spec, args[1:])
	default:
		c.Kind = msg.AlterSymbol
		spec := s.symbol(c.Symbol).spec
		c.Spec = &spec
		err = s.parseSpec(c.Spec, args[1:])
	}
	return c, err
}

// parseSpec reads the fields of a symbol. Base and quote come first, then tick
// and lot, because they say what the other numbers mean.
func (s *Script) parseSpec(spec *msg.Symbol, args []string) error {
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		m := s.symbol(0)
		if spec.Base > 0 && int(spec.Base) <= len(s.assets) {
			m.base = s.assets[spec.Base-1]
		}
		if spec.Quote > 0 && int(spec.Quote) <= len(s.assets) {
			m.quote = s.assets[spec.Quote-1]
		}
		m.spec = msg.Symbol{Tick: max(spec.Tick, 1), Lot: max(spec.Lot, 1)}
		if err := s.parseField(spec, &m, key, value); err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
	}
	return nil
}

func (s *Script) parseField(spec *msg.Symbol, m *scriptSymbol, key, value string) (err error) {
	number := int64(0)
	switch key {
	case "base":
		spec.Base = s.assetNamed(value)
	case "quote":
		spec.Quote = s.assetNamed(value)
	case "name":
		spec.Name = name(value)
	case "tick":
		number, err = units(value, m.quote.scale, 1)
		spec.Tick = msg.Amount(number)
	case "lot":
		number, err = units(value, m.base.scale, 1)
		spec.Lot = msg.Amount(number)
	case "accounting":
		spec.Accounting, err = choice(value, msg.NoAccounting)
	case "maker":
		spec.Maker, err = parseRate(value)
	case "taker":
		spec.Taker, err = parseRate(value)
	default:
		return parseFilter(&spec.Filters, m, key, value)
	}
	return err
}

func parseFilter(f *msg.Filters, m *scriptSymbol, key, value string) (err error) {
	qty := map[string]*msg.Qty{
		"min-qty": &f.MinQty, "max-qty": &f.MaxQty, "step": &f.StepQty,
		"market-min-qty": &f.MarketMinQty, "market-max-qty": &f.MarketMaxQty, "market-step": &f.MarketStep,
	}
	multiplier := map[string]*msg.Multiplier{
		"bid-up": &f.BidMultiplierUp, "bid-down": &f.BidMultiplierDown, "ask-up": &f.AskMultiplierUp, "ask-down": &f.AskMultiplierDown,
	}
	number := uint64(0)
	switch key {
	case "min-price":
		f.MinPrice, err = m.parsePrice(value)
	case "max-price":
		f.MaxPrice, err = m.parsePrice(value)
	case "min-notional":
		f.MinNotional, err = m.parseQuote(value)
	case "max-notional":
		f.MaxNotional, err = m.parseQuote(value)
	case "min-to-market":
		f.MinToMarket = value != "no"
	case "max-to-market":
		f.MaxToMarket = value != "no"
	case "avg-mins":
		number, err = strconv.ParseUint(value, 10, 8)
		f.AvgMins = uint8(number)
	case "max-orders":
		number, err = strconv.ParseUint(value, 10, 32)
		f.MaxOrders = uint32(number)
	case "max-amends":
		number, err = strconv.ParseUint(value, 10, 16)
		f.MaxAmends = uint16(number)
	case "max-position":
		var most int64
		most, err = units(value, m.base.scale, 1)
		f.MaxPosition = msg.Amount(most)
	case "bid-up", "bid-down", "ask-up", "ask-down":
		var factor int64
		factor, err = units(value, 8, 1)
		*multiplier[key] = msg.Multiplier(factor)
	default:
		if qty[key] == nil {
			return errors.New("no field of a symbol")
		}
		*qty[key], err = m.parseQty(value)
	}
	return err
}
