package msg

import "fmt"

// Kind says what a command asks for. The values are part of the journal
// format. Append only.
type Kind uint8

// The kinds of command.
const (
	Place         Kind = 1  // a new order
	Cancel        Kind = 2  // take an order off the book
	CancelReplace Kind = 3  // cancel one order and place another, in one step
	Amend         Kind = 4  // lower an order's quantity, keeping its place
	CancelAll     Kind = 5  // cancel all orders of an account in a symbol
	Credit        Kind = 6  // add to a balance
	Debit         Kind = 7  // take from a balance
	CreateAccount Kind = 8  // a new account
	SetStatus     Kind = 9  // change an account's status
	SetFees       Kind = 10 // change an account's own rates
	AddAsset      Kind = 11 // a new asset
	AddSymbol     Kind = 12 // a new symbol
	AlterSymbol   Kind = 13 // change a symbol's filters and rates
	SetPhase      Kind = 14 // change a symbol's phase
	Uncross       Kind = 15 // end a call auction

	maxKind = Uncross
)

var kindNames = [...]string{
	Place: "place", Cancel: "cancel", CancelReplace: "cancel-replace", Amend: "amend", CancelAll: "cancel-all",
	Credit: "credit", Debit: "debit", CreateAccount: "create-account", SetStatus: "set-status", SetFees: "set-fees",
	AddAsset: "add-asset", AddSymbol: "add-symbol", AlterSymbol: "alter-symbol", SetPhase: "set-phase", Uncross: "uncross",
}

// String returns the kind's name as journal cat prints it.
func (k Kind) String() string { return nameOf(kindNames[:], uint8(k), "kind") }

// EventKind says what happened. The values are part of the journal format.
// Append only.
type EventKind uint8

// The kinds of event, with the fields of Event that each one uses.
const (
	Accepted       EventKind = 1  // Order; Qty only when the engine determined it (market by quote amount)
	Rejected       EventKind = 2  // Reason: the command, or the new order of a cancel-replace, was refused
	Traded         EventKind = 3  // Order (maker), Taker, Trade, Price, Qty
	Canceled       EventKind = 4  // Order
	CancelRejected EventKind = 5  // Reason: the cancel of a cancel-replace was refused
	Expired        EventKind = 6  // Order, Reason: what was left of an arriving order is gone
	Amended        EventKind = 7  // Order: its quantity is now the command's
	Prevented      EventKind = 8  // Order (maker), Taker, Price, Qty and TakerQty: lots taken off each by self-trade prevention
	Adjusted       EventKind = 9  // the credit or debit took place
	AccountCreated EventKind = 10 // ID: the new account
	AccountChanged EventKind = 11 // the account has the command's status or rates
	AssetAdded     EventKind = 12 // ID: the new asset
	SymbolAdded    EventKind = 13 // ID: the new symbol
	SymbolChanged  EventKind = 14 // the symbol has the command's filters and rates
	PhaseChanged   EventKind = 15 // the symbol has the command's phase
	Uncrossed      EventKind = 16 // Price, Qty: the auction price and volume, both zero when nothing traded

	maxEventKind = Uncrossed
)

var eventNames = [...]string{
	Accepted: "accepted", Rejected: "rejected", Traded: "traded", Canceled: "canceled", CancelRejected: "cancel-rejected",
	Expired: "expired", Amended: "amended", Prevented: "prevented", Adjusted: "adjusted", AccountCreated: "account-created",
	AccountChanged: "account-changed", AssetAdded: "asset-added", SymbolAdded: "symbol-added",
	SymbolChanged: "symbol-changed", PhaseChanged: "phase-changed", Uncrossed: "uncrossed",
}

// String returns the kind's name as journal cat prints it.
func (k EventKind) String() string { return nameOf(eventNames[:], uint8(k), "event") }

// nameOf looks up an enumeration's text; unknown numbers keep their number.
func nameOf(names []string, v uint8, what string) string {
	if int(v) < len(names) && names[v] != "" {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", what, v)
}

// Side of an order. The values are part of the journal format.
type Side uint8

// The sides.
const (
	Buy  Side = 0
	Sell Side = 1
)

// Opposite returns the other side.
func (s Side) Opposite() Side { return s ^ 1 }

// String returns buy or sell.
func (s Side) String() string { return nameOf([]string{"buy", "sell"}, uint8(s), "side") }

// OrderType says how an order meets the book. The values are part of the
// journal format. Append only.
type OrderType uint8

// The order types. A Market order gives either Qty or Quote.
const (
	Limit      OrderType = 0 // trade up to its price, then act by its time in force
	Market     OrderType = 1 // trade at any price, the rest expires
	LimitMaker OrderType = 2 // rest, or be refused if it would trade

	maxOrderType = LimitMaker
)

// String returns the type's name.
func (t OrderType) String() string {
	return nameOf([]string{"limit", "market", "limit-maker"}, uint8(t), "type")
}

// TimeInForce says what becomes of the part of a limit order that does not
// trade at once. The values are part of the journal format. Append only.
type TimeInForce uint8

// The times in force. Market and LimitMaker orders carry GTC.
const (
	GTC TimeInForce = 0 // rest until canceled
	IOC TimeInForce = 1 // expire
	FOK TimeInForce = 2 // trade whole at once or expire whole

	maxTimeInForce = FOK
)

// String returns the name in lower case.
func (t TimeInForce) String() string { return nameOf([]string{"gtc", "ioc", "fok"}, uint8(t), "tif") }

// Prevention says what happens when an order would trade with an order of its
// own account; the taker's mode decides. The values are part of the journal
// format. Append only.
type Prevention uint8

// The self-trade prevention modes.
const (
	NoPrevention Prevention = 0 // trade
	ExpireTaker  Prevention = 1 // the rest of the taker expires
	ExpireMaker  Prevention = 2 // each own maker met expires, the taker goes on
	ExpireBoth   Prevention = 3 // the maker and the rest of the taker expire
	Decrement    Prevention = 4 // both lose the smaller open quantity

	maxPrevention = Decrement
)

// String returns the mode's name.
func (p Prevention) String() string {
	return nameOf([]string{"none", "expire-taker", "expire-maker", "expire-both", "decrement"}, uint8(p), "prevention")
}

// ReplaceMode says what a cancel-replace does when its cancel is refused. The
// values are part of the journal format.
type ReplaceMode uint8

// The modes of a cancel-replace.
const (
	StopOnFailure ReplaceMode = 0 // no new order
	AllowFailure  ReplaceMode = 1 // the new order is tried all the same

	maxReplaceMode = AllowFailure
)

// String returns the mode's name.
func (m ReplaceMode) String() string {
	return nameOf([]string{"stop-on-failure", "allow-failure"}, uint8(m), "mode")
}

// Restriction says how far an order may have come for its cancel to be carried
// out. The values are part of the journal format.
type Restriction uint8

// The restrictions of a cancel.
const (
	Unrestricted        Restriction = 0
	OnlyNew             Restriction = 1 // nothing of the order was traded
	OnlyPartiallyFilled Restriction = 2 // something of it was

	maxRestriction = OnlyPartiallyFilled
)

// String returns the restriction's name.
func (r Restriction) String() string {
	return nameOf([]string{"unrestricted", "only-new", "only-partially-filled"}, uint8(r), "restriction")
}

// Phase of a symbol. The values are part of the journal format. Append only.
type Phase uint8

// The phases.
const (
	Trading    Phase = 0 // orders match as they come
	Auction    Phase = 1 // limit GTC orders rest unmatched until the uncross
	Halt       Phase = 2 // only cancels
	CancelOnly Phase = 3 // only cancels; announced as such
)

// String returns the phase's name.
func (p Phase) String() string {
	return nameOf([]string{"trading", "auction", "halt", "cancel-only"}, uint8(p), "phase")
}

// Status of an account. The values are part of the journal format.
type Status uint8

// The statuses.
const (
	Normal           Status = 0
	StatusCancelOnly Status = 1 // may cancel, not place or amend
	Disabled         Status = 2 // may neither place, amend nor cancel
)

// String returns the status's name.
func (s Status) String() string {
	return nameOf([]string{"normal", "cancel-only", "disabled"}, uint8(s), "status")
}

// Accounting says whether a symbol's orders touch balances. The values are part
// of the journal format.
type Accounting uint8

// The kinds of accounting.
const (
	Balances     Accounting = 0 // orders lock, trades settle, fees are taken
	NoAccounting Accounting = 1 // no account is looked at, for benchmarks and simulations

	maxAccounting = NoAccounting
)

// String returns the name as the command line takes it.
func (a Accounting) String() string {
	return nameOf([]string{"balances", "none"}, uint8(a), "accounting")
}
