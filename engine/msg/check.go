package msg

import (
	"errors"
	"fmt"
	"math/bits"
)

// Check reports whether c can be journalled: its kind is known, enumerations
// are in range, names are names, and no field is set that the kind does not
// use, because such a field is not encoded and the journal would tell another
// story. It is asked once, where a command enters; whether the command may be
// carried out is for the engine to decide.
func (c *Command) Check() error {
	if c.Kind == 0 || c.Kind > maxKind {
		return fmt.Errorf("kind: %d is unknown", c.Kind)
	}
	given := c.given()
	if odd := given &^ usedBy[c.Kind]; odd != 0 {
		return fmt.Errorf("%s: %v does not use it", fieldNames[bits.TrailingZeros32(uint32(odd))], c.Kind)
	}
	if c.Side > Sell || c.Type > maxOrderType || c.TIF > maxTimeInForce || c.STP > maxPrevention || c.Mode > maxReplaceMode ||
		c.Type == Market && c.Price != 0 {
		return c.checkTerms()
	}
	if given&(hasNames|fieldOnly|fieldStrategy) != 0 || c.Kind.uses(fieldSpec) {
		return c.checkSaid()
	}
	return nil
}

// checkTerms says what is wrong with the terms of an order.
func (c *Command) checkTerms() error {
	switch {
	case c.Side > Sell:
		return fmt.Errorf("side: %d is unknown", c.Side)
	case c.Type > maxOrderType:
		return fmt.Errorf("type: %d is unknown", c.Type)
	case c.TIF > maxTimeInForce:
		return fmt.Errorf("time in force: %d is unknown", c.TIF)
	case c.STP > maxPrevention:
		return fmt.Errorf("self-trade prevention: %d is unknown", c.STP)
	case c.Mode > maxReplaceMode:
		return fmt.Errorf("cancel-replace mode: %d is unknown", c.Mode)
	default:
		return errors.New("price: a market order has none")
	}
}

// checkSaid checks the names, the restriction, the strategy and the symbol, which
// frequent commands do not have. A name that begins with a zero byte is none, and
// must then be all zero.
func (c *Command) checkSaid() error {
	for i, n := range [...]*Name{&c.Name, &c.OrigName, &c.CancelName} {
		if n.bits() != 0 && !n.Valid() {
			return fmt.Errorf("%s: %w", [...]string{"name", "original name", "cancel name"}[i], errNameChars)
		}
	}
	if c.Only > maxRestriction {
		return fmt.Errorf("cancel restriction: %d is unknown", c.Only)
	}
	if !c.Strategy.Valid() {
		return fmt.Errorf("strategy: type %d is below %d, or %d is no id", c.Strategy.Type, MinStrategyType, c.Strategy.ID)
	}
	if !c.Kind.uses(fieldSpec) {
		return nil
	}
	switch {
	case c.Spec == nil:
		return fmt.Errorf("symbol: %v must describe one", c.Kind)
	case !c.Spec.Name.Valid():
		return fmt.Errorf("symbol name: %w", errNameChars)
	case c.Spec.Accounting > maxAccounting:
		return fmt.Errorf("symbol accounting: %d is unknown", c.Spec.Accounting)
	}
	return nil
}

// fields is a set of fields of Command. Sequence, time and kind, which all have,
// are not among them.
type fields uint32

// The fields, by bit.
const (
	fieldSide fields = 1 << iota
	fieldType
	fieldTIF
	fieldSTP
	fieldMode
	fieldOnly
	fieldStatus
	fieldPhase
	fieldScale
	fieldAccount
	fieldSymbol
	fieldAsset
	fieldPrice
	fieldQty
	fieldQuote
	fieldOrder
	fieldAmount
	fieldTransfer
	fieldMaker
	fieldTaker
	fieldStrategy
	fieldName
	fieldOrigName
	fieldCancelName
	fieldSpec

	hasNames = fieldName | fieldOrigName | fieldCancelName
	terms    = fieldSide | fieldType | fieldTIF | fieldSTP | fieldPrice | fieldQty | fieldQuote | fieldStrategy | fieldName
	meant    = fieldOrder | fieldOrigName
	whose    = fieldAccount | fieldSymbol
	transfer = fieldAccount | fieldAsset | fieldAmount | fieldTransfer
)

var fieldNames = [...]string{
	"side", "type", "time in force", "self-trade prevention", "cancel-replace mode", "cancel restriction", "status", "phase", "scale",
	"account", "symbol", "asset", "price", "quantity", "quote amount", "order", "amount", "transfer", "maker rate",
	"taker rate", "strategy", "name", "original name", "cancel name", "symbol description",
}

// usedBy says which fields a kind uses, as it stands beside them in Command.
var usedBy = [maxKind + 1]fields{
	Place:         whose | terms,
	Cancel:        whose | meant | fieldCancelName | fieldOnly,
	CancelReplace: whose | terms | meant | fieldCancelName | fieldMode | fieldOnly,
	Amend:         whose | meant | fieldQty | fieldName,
	CancelAll:     whose | fieldCancelName,
	Credit:        transfer,
	Debit:         transfer,
	CreateAccount: fieldName,
	SetStatus:     fieldAccount | fieldStatus,
	SetFees:       fieldAccount | fieldMaker | fieldTaker,
	AddAsset:      fieldName | fieldScale,
	AddSymbol:     fieldSpec,
	AlterSymbol:   fieldSymbol | fieldSpec,
	SetPhase:      fieldSymbol | fieldPhase,
	Uncross:       fieldSymbol,
}

// used returns the fields that commands of this kind use. An unknown kind uses none.
func (k Kind) used() fields {
	if k > maxKind {
		return 0
	}
	return usedBy[k]
}

// uses reports whether commands of this kind use one of these fields.
func (k Kind) uses(f fields) bool { return k.used()&f != 0 }

// given returns which fields of c are not zero.
func (c *Command) given() fields {
	f := bit(uint64(c.Side), fieldSide) | bit(uint64(c.Type), fieldType) | bit(uint64(c.TIF), fieldTIF) | bit(uint64(c.STP), fieldSTP) |
		bit(uint64(c.Account), fieldAccount) | bit(uint64(c.Symbol), fieldSymbol) |
		bit(uint64(c.Price), fieldPrice) | bit(uint64(c.Qty), fieldQty) | bit(uint64(c.Order), fieldOrder)
	f |= bit(c.Name.bits(), fieldName) | bit(c.OrigName.bits(), fieldOrigName) | bit(c.CancelName.bits(), fieldCancelName)
	// What frequent commands do not have is looked at together first.
	if uint64(c.Mode|ReplaceMode(c.Only)|ReplaceMode(c.Status)|ReplaceMode(c.Phase)|ReplaceMode(c.Scale))|uint64(c.Asset)|
		uint64(c.Quote)|uint64(c.Amount)|uint64(c.Transfer)|uint64(c.Maker)|uint64(c.Taker)|
		uint64(c.Strategy.ID)|uint64(c.Strategy.Type) != 0 || c.Strategy.HasID {
		f |= bit(uint64(c.Mode), fieldMode) | bit(uint64(c.Only), fieldOnly) | bit(uint64(c.Status), fieldStatus) | bit(uint64(c.Phase), fieldPhase) |
			bit(uint64(c.Scale), fieldScale) | bit(uint64(c.Asset), fieldAsset) | bit(uint64(c.Quote), fieldQuote) |
			bit(uint64(c.Amount), fieldAmount) | bit(uint64(c.Transfer), fieldTransfer) |
			bit(uint64(c.Maker), fieldMaker) | bit(uint64(c.Taker), fieldTaker)
		if c.Strategy != (Strategy{}) {
			f |= fieldStrategy
		}
	}
	if c.Spec != nil {
		f |= fieldSpec
	}
	return f
}

// bit returns f unless v is zero.
func bit(v uint64, f fields) fields {
	if v == 0 {
		return 0
	}
	return f
}
