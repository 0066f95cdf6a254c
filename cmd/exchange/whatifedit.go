package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// edit is what is to become of one command.
type edit struct {
	text   string
	at     msg.Seq // 0: that of --at
	drop   bool
	insert bool
	kind   msg.Kind // of what is put in
	words  []word
}

// editFlag is the value of --edit.
type editFlag struct{ edits []*edit }

func (f *editFlag) Type() string { return "EDIT" }

func (f *editFlag) String() string {
	texts := make([]string, len(f.edits))
	for i, x := range f.edits {
		texts[i] = x.text
	}
	return strings.Join(texts, "; ")
}

var errEdit = errors.New("it is drop, FIELD=VALUE… or insert COMMAND FIELD=VALUE…, with SEQUENCE: before it if that is not --at")

func (f *editFlag) Set(text string) error {
	words := strings.Fields(text)
	x := &edit{text: strings.Join(words, " ")}
	if len(words) > 0 && strings.HasSuffix(words[0], ":") {
		seq, err := strconv.ParseUint(strings.TrimSuffix(words[0], ":"), 10, 64)
		if err != nil || seq == 0 {
			return fmt.Errorf("%s is not the sequence of a command, from 1", strings.TrimSuffix(words[0], ":"))
		}
		x.at, words = msg.Seq(seq), words[1:]
	}
	switch {
	case len(words) == 0:
		return errEdit
	case len(words) == 1 && words[0] == "drop":
		x.drop = true
	case words[0] == "insert" && len(words) > 1:
		kind, err := insertable(words[1])
		if err != nil {
			return err
		}
		x.insert, x.kind, words = true, kind, words[2:]
	}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if x.drop {
			break
		}
		if !ok || value == "" || !slices.Contains(commandFieldNames(), key) {
			return fmt.Errorf("%s: %w; the fields are %s", w, errEdit, strings.Join(commandFieldNames(), ", "))
		}
		x.words = append(x.words, word{key, value})
	}
	f.edits = append(f.edits, x)
	return nil
}

// insertable returns a kind of command that can be put in. What makes an asset, a
// symbol or an account would give those that are recorded after it other numbers.
func insertable(name string) (msg.Kind, error) {
	kinds := []msg.Kind{
		msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll, msg.Credit, msg.Debit, msg.SetStatus, msg.SetFees, msg.SetPhase, msg.Uncross,
	}
	var names []string
	for _, k := range kinds {
		if k.String() == name {
			return k, nil
		}
		names = append(names, k.String())
	}
	return 0, fmt.Errorf("insert %s: a command that can be put in is one of %s", name, strings.Join(names, ", "))
}

// commandFieldNames are the fields of commands that an edit can set.
func commandFieldNames() []string {
	return []string{
		"account", "symbol", "side", "type", "tif", "stp", "price", "qty", "quote", "order", "name", "orig-name", "cancel-name",
		"mode", "only", "asset", "amount", "transfer", "status", "phase", "maker", "taker",
	}
}

// command returns the command that is put in, read as the state before it says.
func (x *edit) command(e *engine.Engine) (*msg.Command, error) {
	c := &msg.Command{Kind: x.kind}
	if c.Kind == msg.SetFees {
		c.Maker, c.Taker = msg.NoRate, msg.NoRate
	}
	if err := x.change(e, c); err != nil {
		return nil, err
	}
	return c, nil
}

// change sets the fields of a command. Account, symbol and asset come first, because
// they say what the other values mean.
func (x *edit) change(e *engine.Engine, c *msg.Command) error {
	for _, first := range []bool{true, false} {
		for _, w := range x.words {
			if isReference(w.key) != first {
				continue
			}
			set := setTerm
			if first {
				set = setReference
			}
			if err := set(e, c, w); err != nil {
				return fmt.Errorf("edit %q of command %d: %s=%s: %w", x.text, x.at, w.key, w.value, err)
			}
		}
	}
	if x.insert && (c.Kind == msg.Credit || c.Kind == msg.Debit) && c.Transfer == 0 {
		a, _ := e.Account(c.Account)
		c.Transfer = a.Transfer + 1
	}
	if err := c.Check(); err != nil {
		return fmt.Errorf("edit %q of command %d: %w", x.text, x.at, err)
	}
	return nil
}

func isReference(key string) bool { return key == "account" || key == "symbol" || key == "asset" }

// setReference sets whom or what a command is about.
func setReference(e *engine.Engine, c *msg.Command, w word) error {
	if w.key == "account" {
		id, err := strconv.ParseUint(w.value, 10, 32)
		c.Account = msg.AccountID(id)
		return err //nolint:wrapcheck // the caller names the field
	}
	name, err := msg.ParseName(w.value)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the field
	}
	if w.key == "symbol" {
		if c.Symbol = e.SymbolNamed(name); c.Symbol == 0 {
			return errors.New("there is no such symbol")
		}
		return nil
	}
	for id := msg.AssetID(1); int(id) <= e.Assets(); id++ {
		if have, _, _ := e.Asset(id); have == name {
			c.Asset = id
			return nil
		}
	}
	return errors.New("there is no such asset")
}

// setTerm sets one of the other fields.
func setTerm(e *engine.Engine, c *msg.Command, w word) (err error) {
	names := map[string]*msg.Name{"name": &c.Name, "orig-name": &c.OrigName, "cancel-name": &c.CancelName}
	switch w.key {
	case "price", "qty", "quote", "amount":
		return setNumber(e, c, w)
	case "name", "orig-name", "cancel-name":
		*names[w.key], err = msg.ParseName(w.value)
	case "order":
		c.Order, err = parseOrder(w.value)
	case "transfer":
		c.Transfer, err = strconv.ParseInt(w.value, 10, 64)
	case "maker", "taker":
		var rate *msg.Rate
		if rate, err = parseRate(w.value); err != nil {
			return err
		}
		if w.key == "maker" {
			c.Maker = *rate
		} else {
			c.Taker = *rate
		}
	default:
		return setChoice(c, w)
	}
	return err //nolint:wrapcheck // the caller names the field
}

// parseOrder reads the recorded number of an order, or +N for the Nth order put in.
func parseOrder(text string) (msg.OrderID, error) {
	added := strings.HasPrefix(text, "+")
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 32)
	if err != nil || n == 0 {
		return 0, errors.New("it is the number of an order, or +N for the Nth command put in")
	}
	if added {
		return putIn + msg.OrderID(n) - 1, nil
	}
	return msg.OrderID(n), nil
}

// setNumber sets a price, quantity or amount from a decimal of its symbol or asset.
func setNumber(e *engine.Engine, c *msg.Command, w word) error {
	if w.key == "amount" {
		if c.Asset == 0 || int(c.Asset) > e.Assets() {
			return errors.New("it takes an asset")
		}
		_, scale, _ := e.Asset(c.Asset)
		amount, err := parseAmount(w.value, scale)
		c.Amount = amount
		return err
	}
	m, ok := marketOf(e, c.Symbol)
	if !ok {
		return errors.New("it takes a symbol")
	}
	s := map[string]step{"price": m.price, "qty": m.qty, "quote": {1, m.price.scale}}[w.key]
	v, err := parseSteps(w.value, s)
	switch w.key {
	case "price":
		c.Price = msg.Price(v)
	case "qty":
		c.Qty, c.Quote = msg.Qty(v), 0
	default:
		c.Quote, c.Qty = msg.Amount(v), 0
	}
	return err
}

// setChoice sets one of the fields that take a name.
func setChoice(c *msg.Command, w word) error {
	value := strings.ReplaceAll(strings.ToLower(w.value), "_", "-")
	switch w.key {
	case "side":
		return choose(&c.Side, msg.Sell, value)
	case "type":
		return choose(&c.Type, msg.LimitMaker, value)
	case "tif":
		return choose(&c.TIF, msg.FOK, value)
	case "stp":
		return choose(&c.STP, msg.Decrement, value)
	case "mode":
		return choose(&c.Mode, msg.AllowFailure, value)
	case "only":
		return choose(&c.Only, msg.OnlyPartiallyFilled, value)
	case "status":
		return choose(&c.Status, msg.Disabled, value)
	default:
		return choose(&c.Phase, msg.CancelOnly, value)
	}
}

func choose[T named](dst *T, last T, value string) error {
	x := choice[T]{last: last}
	err := x.Set(value)
	*dst = x.value
	return err
}

// place gives every edit its command and brings them into order. It returns the first
// and the last command that is meant.
func (f *editFlag) place(at msg.Seq) (first, last msg.Seq, err error) {
	first = math.MaxUint64
	for _, x := range f.edits {
		if x.at == 0 {
			x.at = at
		}
		if x.at == 0 {
			return 0, 0, fmt.Errorf("say which command is meant by %q: --at SEQUENCE", x.text)
		}
		first, last = min(first, x.at), max(last, x.at)
	}
	slices.SortStableFunc(f.edits, func(a, b *edit) int { return int(int64(a.at) - int64(b.at)) })
	return first, last, nil
}
