package msg

// Command is what was asked. Seq and Time are stamped when it enters the
// engine; the rest is the caller's. Which fields a kind uses is said beside
// them; all others are zero. A Command is a value: only Spec points elsewhere,
// and what it points to is never written again once the command was handed in.
type Command struct {
	Seq  Seq
	Time int64 // nanoseconds, never falling from command to command

	Kind    Kind
	Side    Side        // place, cancel-replace
	Type    OrderType   // place, cancel-replace
	TIF     TimeInForce // place, cancel-replace
	STP     Prevention  // place, cancel-replace
	Mode    ReplaceMode // cancel-replace
	Only    Restriction // cancel, cancel-replace: how far the order meant may have come
	Status  Status      // set-status
	Phase   Phase       // set-phase
	Scale   uint8       // add-asset: decimals
	Account AccountID   // all of orders and accounts
	Symbol  SymbolID    // all of orders and symbols
	Asset   AssetID     // credit, debit

	Price    Price   // place, cancel-replace: zero for a market order
	Qty      Qty     // place, cancel-replace; amend: the new quantity, filled part included
	Quote    Amount  // place, cancel-replace: a market order's amount to spend or to receive
	Order    OrderID // cancel, amend, cancel-replace: the order meant; zero = by OrigName
	Amount   Amount  // credit, debit
	Transfer int64   // credit, debit: exceeds the account's last one
	Maker    Rate    // set-fees
	Taker    Rate    // set-fees

	Strategy Strategy // place, cancel-replace: carried for the rows and reports of the new order

	Name       Name // client order id of the new or amended order; name of a new account or asset
	OrigName   Name // cancel, amend, cancel-replace: client order id of the order meant
	CancelName Name // cancel, cancel-all, cancel-replace: client id of the cancel itself, carried for the reports

	Spec *Symbol // add-symbol, alter-symbol; nil otherwise
}

// Strategy is what a client says of the strategy that an order belongs to. No rule
// asks for it, so the engine keeps none of it, neither in its state nor in its
// digest: it stands in the command, which is where the journal has it and where the
// views that answer for orders take it from. The zero value is that of an order of
// which nothing is said.
type Strategy struct {
	ID    int64
	Type  int32 // MinStrategyType or more; zero when none is given
	HasID bool  // an ID is given, which may be zero
}

// MinStrategyType is the smallest type of a strategy that a client may use.
const MinStrategyType = 1_000_000

// Valid reports whether s can be told again: a type is none or large enough, and
// there is no ID where none is given.
func (s *Strategy) Valid() bool {
	return (s.Type == 0 || s.Type >= MinStrategyType) && (s.HasID || s.ID == 0)
}

// Event is one thing that happened because of a command. Which fields a kind
// uses is said beside the kinds; all others are zero.
type Event struct {
	Kind     EventKind
	Reason   Reason
	ID       uint32 // the new account, asset or symbol
	Order    OrderID
	Taker    OrderID
	Trade    TradeID
	Price    Price
	Qty      Qty
	TakerQty Qty
}
