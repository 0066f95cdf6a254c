package api

import (
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// fields writes the fields of JSON objects about a market.
type fields struct {
	dst    []byte
	market *wire.Market
	micro  bool
}

// key begins a field. The names here need no escape.
func (f *fields) key(name string) {
	if f.dst[len(f.dst)-1] != '{' {
		f.dst = append(f.dst, ',')
	}
	f.dst = append(f.dst, '"')
	f.dst = append(f.dst, name...)
	f.dst = append(f.dst, '"', ':')
}

// raw appends what is JSON already.
func (f *fields) raw(json string) { f.dst = append(f.dst, json...) }

// end returns all that was written, with what closes it.
func (f *fields) end(json string) []byte { return append(f.dst, json...) }

func (f *fields) text(name, value string) {
	f.key(name)
	f.dst = wire.AppendString(f.dst, value)
}

func (f *fields) flag(name string, value bool) {
	f.key(name)
	f.dst = strconv.AppendBool(f.dst, value)
}

func (f *fields) number(name string, value int64) {
	f.key(name)
	f.dst = strconv.AppendInt(f.dst, value, 10)
}

func (f *fields) time(name string, ns int64) {
	f.key(name)
	f.dst = wire.AppendTime(f.dst, ns, f.micro)
}

// id is a number which is -1 where there is none.
func (f *fields) id(name string, value msg.TradeID) {
	if value == 0 {
		f.number(name, -1)
		return
	}
	f.number(name, int64(value))
}

func (f *fields) price(name string, value msg.Price) {
	f.key(name)
	f.priceItem(value)
}

func (f *fields) qty(name string, value msg.Qty) {
	f.key(name)
	f.qtyItem(value)
}

func (f *fields) base(name string, value msg.Amount) {
	f.key(name)
	f.baseItem(value)
}

func (f *fields) quote(name string, value msg.Amount) {
	f.key(name)
	f.quoteItem(value)
}

func (f *fields) priceItem(value msg.Price) {
	f.dst = append(f.dst, '"')
	f.dst = f.market.AppendPrice(f.dst, value)
	f.dst = append(f.dst, '"')
}

func (f *fields) qtyItem(value msg.Qty) {
	f.dst = append(f.dst, '"')
	f.dst = f.market.AppendQty(f.dst, value)
	f.dst = append(f.dst, '"')
}

func (f *fields) baseItem(value msg.Amount) {
	f.dst = append(f.dst, '"')
	f.dst = f.market.AppendBase(f.dst, value)
	f.dst = append(f.dst, '"')
}

func (f *fields) quoteItem(value msg.Amount) {
	f.dst = append(f.dst, '"')
	f.dst = f.market.AppendQuote(f.dst, value)
	f.dst = append(f.dst, '"')
}

func (f *fields) timeItem(ns int64) { f.dst = wire.AppendTime(f.dst, ns, f.micro) }
