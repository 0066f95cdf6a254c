package api

import "github.com/seed-7d4c2414/exchange/marketview"

// The bounds of the levels of a book.
const (
	defaultLevels = 100
	maxLevels     = 5000
)

func bookMethods() []Method {
	return []Method{
		get("depth", "depth", depthWeight, (*API).depth, oneSymbol(), rowLimit(), symbolStatus()),
	}
}

func depthWeight(c *Call) int {
	n, sent := c.Params.Int(paramLimit)
	switch {
	case !sent || n <= 100:
		return 5
	case n <= 500:
		return 25
	case n <= 1000:
		return 50
	default:
		return 250
	}
}

// depth answers with the best levels of a book.
func (a *API) depth(c *Call) error {
	limit, refused := c.limit(defaultLevels, maxLevels)
	switch {
	case refused != nil:
		return refused
	case !c.hasStatus(c.Market.Phase):
		return ErrStatusMismatch
	}
	d := &c.scratch.depth
	v := a.exchange.BeginRead()
	found := v.Depth(c.Market.ID, limit, d)
	a.exchange.EndRead()
	if !found {
		return ErrSymbol
	}
	f := fields{dst: append(c.Out, '{'), market: &c.Market}
	f.number("lastUpdateId", int64(d.UpdateID))
	f.key("bids")
	f.levels(d.Bids)
	f.key("asks")
	f.levels(d.Asks)
	c.Out = f.end("}")
	return nil
}

func (f *fields) levels(levels []marketview.Level) {
	f.dst = append(f.dst, '[')
	for i := range levels {
		if i > 0 {
			f.dst = append(f.dst, ',')
		}
		f.dst = append(f.dst, '[')
		f.priceItem(levels[i].Price)
		f.dst = append(f.dst, ',')
		f.qtyItem(levels[i].Qty)
		f.dst = append(f.dst, ']')
	}
	f.dst = append(f.dst, ']')
}
