package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// field is a part of a command or of an event.
type field struct{ name, value string }

// fieldList is a command or an event with its fields in their order. The first one is
// its kind, and has the name kind.
type fieldList []field

// text writes the fields in a line.
func (l fieldList) text() string {
	var b strings.Builder
	for i, f := range l {
		if i == 0 {
			b.WriteString(f.value)
			continue
		}
		b.WriteString(" " + f.name + "=" + f.value)
	}
	return b.String()
}

// MarshalJSON writes an object with the fields in their order. All values are strings.
func (l fieldList) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range l {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, fmt.Errorf("write field %s: %w", f.name, err)
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, fmt.Errorf("write field %s: %w", f.name, err)
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// commandFields returns a command with names and decimals in place of numbers and
// units. What describes a symbol stays in units.
func commandFields(e *engine.Engine, c *msg.Command) fieldList {
	var line transactionLine
	line.command(c)
	return readable(e, c, string(line.buf), 2)
}

// eventFields returns an event likewise.
func eventFields(e *engine.Engine, c *msg.Command, v *msg.Event) fieldList {
	var line transactionLine
	line.event(c, v)
	return readable(e, c, string(line.buf), 3)
}

// readable reads what journal cat prints, behind so many words, and translates it.
func readable(e *engine.Engine, c *msg.Command, line string, skip int) fieldList {
	words := strings.Fields(line)[skip:]
	all := fieldList{{"kind", words[0]}}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		all = append(all, field{name, translate(e, c, name, value)})
	}
	return all
}

// translate returns the value of a field in decimals of its symbol or asset, or its
// name. A number whose symbol or asset is not there stays as it is.
func translate(e *engine.Engine, c *msg.Command, name, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	switch name {
	case "asset", "amount":
		if c.Asset == 0 || int(c.Asset) > e.Assets() {
			return value
		}
		asset, scale, _ := e.Asset(c.Asset)
		if name == "asset" {
			return asset.String()
		}
		return msg.FormatDecimal(n, scale)
	case "symbol", "price", "qty", "taker_qty", "quote":
		m, ok := marketOf(e, c.Symbol)
		if !ok {
			return value
		}
		switch name {
		case "symbol":
			return m.Spec.Name.String()
		case "price":
			return m.price.text(n)
		case "quote":
			return step{1, m.price.scale}.text(n)
		}
		return m.qty.text(n)
	}
	return value
}
