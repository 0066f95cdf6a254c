package msg

// Reason says why a command was refused or an order expired; each reads as the
// rule that was broken. The values are part of the journal format. Append only.
type Reason uint8

// The reasons of a refusal. RULES.md says in which order they are checked.
const (
	NoReason Reason = 0

	UnknownKind     Reason = 1 // the command's kind is none of ours
	UnknownSymbol   Reason = 2
	UnknownAccount  Reason = 3 // also the fee account when it places
	UnknownAsset    Reason = 4
	UnknownOrder    Reason = 5 // no such open order of this account in this symbol
	NameMismatch    Reason = 6 // the order found by id has another client order id
	AccountDisabled Reason = 7
	AccountNoOrders Reason = 8 // the account may only cancel
	MarketClosed    Reason = 9 // the phase does not take this order

	InvalidSide        Reason = 20
	InvalidType        Reason = 21
	InvalidTimeInForce Reason = 22 // unknown, or not with this order type
	InvalidPrevention  Reason = 23
	InvalidMode        Reason = 24
	InvalidName        Reason = 25 // not 1 to 36 legal characters where a name is given or needed
	InvalidPrice       Reason = 26 // not 1..MaxPrice, or given for a market order
	InvalidQty         Reason = 27 // not 1..MaxQty, or both or neither of quantity and quote amount
	InvalidAmount      Reason = 28 // not positive
	InvalidStatus      Reason = 29
	InvalidPhase       Reason = 30
	InvalidRate        Reason = 31 // not 0..RateUnit (nor NoRate for an account)
	InvalidScale       Reason = 32 // more than MaxScale decimals
	InvalidSymbol      Reason = 33 // tick, lot, accounting or a filter makes no sense; tick × lot is no whole number
	FixedField         Reason = 34 // alter may not change name, assets, tick, lot or accounting
	TransferNotNew     Reason = 35 // the transfer id does not exceed the account's last
	NameTaken          Reason = 36 // an asset or symbol of this name exists
	TooMany            Reason = 37 // MaxAssets, MaxSymbols or MaxAccounts is reached
	AmountOverflow     Reason = 38 // a product or total does not fit into 63 bits
	NotInAuction       Reason = 39 // uncross outside the auction phase
	NoChange           Reason = 40 // the change would change nothing
	InvalidRestriction Reason = 41

	PriceFilter       Reason = 60
	LotSize           Reason = 61
	MarketLotSize     Reason = 62
	Notional          Reason = 63
	MaxNumOrders      Reason = 64
	MaxNumOrderAmends Reason = 65
	PercentPrice      Reason = 66
	MaxPosition       Reason = 67

	NoLiquidity         Reason = 80 // market by quote amount: not one lot can be had
	InsufficientBalance Reason = 81
	DuplicateName       Reason = 82 // an open order of the account has this client order id
	WouldTake           Reason = 83 // a limit-maker order would trade
	QtyIncrease         Reason = 84 // an amend may only lower the quantity
	CancelRestricted    Reason = 85 // the order has come too far, or not far enough, for its cancel
)

// The reasons of an expiry.
const (
	RestOfIOC   Reason = 120 // immediate or cancel, and not all could be had at once
	UnfilledFOK Reason = 121 // fill or kill, and not all could be had at once
	OutOfMakers Reason = 122 // a market order found no more liquidity
)

var reasonNames = [...]string{
	UnknownKind: "unknown-kind", UnknownSymbol: "unknown-symbol", UnknownAccount: "unknown-account", UnknownAsset: "unknown-asset",
	UnknownOrder: "unknown-order", NameMismatch: "name-mismatch", AccountDisabled: "account-disabled",
	AccountNoOrders: "account-cancel-only", MarketClosed: "market-closed",
	InvalidSide: "invalid-side", InvalidType: "invalid-type", InvalidTimeInForce: "invalid-time-in-force",
	InvalidPrevention: "invalid-prevention", InvalidMode: "invalid-mode", InvalidName: "invalid-name",
	InvalidPrice: "invalid-price", InvalidQty: "invalid-quantity", InvalidAmount: "invalid-amount",
	InvalidStatus: "invalid-status", InvalidPhase: "invalid-phase", InvalidRate: "invalid-rate", InvalidScale: "invalid-scale",
	InvalidSymbol: "invalid-symbol", FixedField: "fixed-field", TransferNotNew: "transfer-not-new", NameTaken: "name-taken",
	TooMany: "too-many", AmountOverflow: "amount-overflow", NotInAuction: "not-in-auction", NoChange: "no-change",
	InvalidRestriction: "invalid-restriction",
	PriceFilter:        "price-filter", LotSize: "lot-size", MarketLotSize: "market-lot-size", Notional: "notional",
	MaxNumOrders: "max-num-orders", MaxNumOrderAmends: "max-num-order-amends",
	PercentPrice: "percent-price", MaxPosition: "max-position",
	NoLiquidity: "no-liquidity", InsufficientBalance: "insufficient-balance", DuplicateName: "duplicate-name",
	WouldTake: "would-take", QtyIncrease: "quantity-increase", CancelRestricted: "cancel-restricted",
	RestOfIOC: "rest-of-ioc", UnfilledFOK: "unfilled-fok", OutOfMakers: "out-of-makers",
}

// known reports whether r is one of these. NoReason is not: an event that has a
// reason has one of them.
func (r Reason) known() bool { return int(r) < len(reasonNames) && reasonNames[r] != "" }

// String returns the reason's name.
func (r Reason) String() string { return nameOf(reasonNames[:], uint8(r), "reason") }
