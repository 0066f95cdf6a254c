package wsapi

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
)

// appendPosition appends an outboundAccountPosition: what the account has of the
// assets after the transaction, and when something of it was moved last. A transaction
// that tells of an order may have moved nothing.
func (t *teller) appendPosition(dst []byte) []byte {
	dst = append(dst, `{"e":"outboundAccountPosition","E":`...)
	dst = wire.AppendTime(dst, t.command.Time, t.micro)
	dst = append(dst, `,"u":`...)
	dst = wire.AppendTime(dst, t.views.BalanceTime(t.account), t.micro)
	dst = append(dst, `,"B":[`...)
	for i, id := range t.assets {
		asset, ok := t.views.Asset(id)
		if !ok {
			continue
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		free, locked := t.views.Balance(t.account, id)
		dst = append(dst, `{"a":`...)
		dst = wire.AppendName(dst, asset.Name[:asset.Name.Len()])
		dst = append(dst, `,"f":"`...)
		dst = wire.AppendAmount(dst, free, asset.Scale)
		dst = append(dst, `","l":"`...)
		dst = wire.AppendAmount(dst, locked, asset.Scale)
		dst = append(dst, `"}`...)
	}
	return append(dst, "]}"...)
}

// appendUpdate appends the balanceUpdate of a credit or debit.
func (t *teller) appendUpdate(dst []byte) []byte {
	c := t.command
	asset, _ := t.views.Asset(c.Asset)
	delta := c.Amount
	if c.Kind == msg.Debit {
		delta = -delta
	}
	dst = append(dst, `{"e":"balanceUpdate","E":`...)
	dst = wire.AppendTime(dst, c.Time, t.micro)
	dst = append(dst, `,"a":`...)
	dst = wire.AppendName(dst, asset.Name[:asset.Name.Len()])
	dst = append(dst, `,"d":"`...)
	dst = wire.AppendAmount(dst, delta, asset.Scale)
	dst = append(dst, `","T":`...)
	dst = wire.AppendTime(dst, c.Time, t.micro)
	return append(dst, '}')
}
