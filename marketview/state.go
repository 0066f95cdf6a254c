package marketview

import (
	"fmt"
)

// Section is one view's part of a snapshot. A set restored from its sections
// goes on exactly as the set they were taken of, and gives the same bytes.
type Section struct {
	name    string
	version uint32
	state   func(dst []byte) []byte
	restore func(d *decoder)
}

// Name returns the section's name.
func (s *Section) Name() string { return s.name }

// Version returns the version of the section's format. A section of another
// version cannot be restored: the views are then built from the first event.
func (s *Section) Version() uint32 { return s.version }

// AppendState appends the section's bytes to dst. They depend on nothing but
// the transactions folded and the limits.
func (s *Section) AppendState(dst []byte) []byte { return s.state(dst) }

// Restore reads what AppendState wrote. The sections of a set are restored into
// a new one, all of them and in the order of Sections. After an error the set
// is of no use. Restore refuses what does not make sense by itself; whether the
// sections fit together is for Check.
func (s *Section) Restore(src []byte) error {
	d := decoder{b: src}
	s.restore(&d)
	if err := d.end(); err != nil {
		return fmt.Errorf("restore view %s: %w", s.name, err)
	}
	return nil
}

// The versions of the sections' formats.
const (
	marketVersion    = 1
	ordersVersion    = 1
	depthVersion     = 1
	tradesVersion    = 1
	balancesVersion  = 1
	aggTradesVersion = 1
	barsVersion      = 1
	fillsVersion     = 1

	amendmentsVersion  = 1
	preventionsVersion = 1
)

// Sections returns one section per view, in the order in which they are to be
// restored.
func (v *Views) Sections() []Section {
	return []Section{
		{"market", marketVersion, v.appendMarket, v.restoreMarket},
		{"orders", ordersVersion, v.orders.appendState, v.orders.restore},
		{"depth", depthVersion, v.depth.appendState, func(d *decoder) { v.depth.restore(d, &v.market) }},
		{"trades", tradesVersion, v.trades.appendState, func(d *decoder) { v.trades.restore(d, &v.market) }},
		{"balances", balancesVersion, v.appendBalances, v.restoreBalances},
		{"aggtrades", aggTradesVersion, v.aggTrades.appendState, func(d *decoder) { v.aggTrades.restore(d, &v.market) }},
		{"bars", barsVersion, v.bars.appendState, func(d *decoder) { v.bars.restore(d, &v.market) }},
		{
			"fills", fillsVersion,
			func(dst []byte) []byte { return v.fills.appendState(dst, &v.market, appendFill) },
			func(d *decoder) { v.fills.restore(d, &v.market, fillSize, v.market.restoreFill) },
		},
		{
			"amendments", amendmentsVersion,
			func(dst []byte) []byte { return v.amendments.appendState(dst, &v.market, appendAmendment) },
			func(d *decoder) { v.amendments.restore(d, &v.market, amendmentSize, v.market.restoreAmendment) },
		},
		{
			"preventions", preventionsVersion,
			func(dst []byte) []byte { return v.preventions.appendState(dst, &v.market, appendPrevention) },
			func(d *decoder) { v.preventions.restore(d, &v.market, preventionSize, v.market.restorePrevention) },
		},
	}
}
