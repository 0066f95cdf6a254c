package marketview

import "github.com/seed-7d4c2414/exchange/engine/msg"

// Report is what one event did to one order, with the order as it was right after
// it: what its owner is told. A trade gives two, the maker's first; a prevention
// one for each side that lost quantity, the maker's first.
type Report struct {
	Kind        msg.EventKind // Accepted, Traded, Canceled, Expired, Amended or Prevented
	Maker       bool          // Traded, Prevented: the order rested
	Resting     bool          // the order is on the book after it
	ExecutionID uint64        // by symbol, gap-free from 1
	Order       Order
	PrevName    msg.Name // Amended: the name before it

	// Traded: the part that traded. Prevented: the part that was taken off, at the
	// maker's price, and the order on the other side.
	Qty      msg.Qty
	Price    msg.Price
	Quote    msg.Amount
	Trade    msg.TradeID
	Fee      msg.Amount
	FeeAsset msg.AssetID
	Other    msg.OrderID
}
