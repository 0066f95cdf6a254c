package marketview

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Asset is one asset.
type Asset struct {
	ID    msg.AssetID
	Name  msg.Name
	Scale uint8 // decimals
}

// Symbol is one market: its present description and phase.
type Symbol struct {
	ID          msg.SymbolID
	Spec        msg.Symbol
	Unit        msg.Amount // what one lot at a price of one tick is worth, in quote units
	Phase       msg.Phase
	ExecutionID uint64 // reports so far
}

// Account is one account without its balances. A rate of msg.NoRate means that
// the symbol's applies.
type Account struct {
	ID       msg.AccountID
	Name     msg.Name
	Status   msg.Status
	Maker    msg.Rate
	Taker    msg.Rate
	Transfer int64 // the last accepted transfer id
}

// account is an Account with the orders it has.
type account struct {
	Account
	exists  bool // created; symbols without accounting take any account number
	traders slot // the first of its traders
}

// market is the base of the other views: what can be traded, and by whom. Ids
// count from 1, so that place 0 of assets and symbols stays empty.
type market struct {
	assets   []Asset
	symbols  []Symbol
	byName   map[msg.Name]msg.SymbolID
	assetIDs map[msg.Name]msg.AssetID
	accounts pool[account]
	byID     index // account number + 1 to slot
	created  int   // accounts that exist, the fee account included
}

func newMarket() market {
	m := market{
		assets:   make([]Asset, 1),
		symbols:  make([]Symbol, 1),
		byName:   make(map[msg.Name]msg.SymbolID),
		assetIDs: make(map[msg.Name]msg.AssetID),
	}
	m.create(msg.FeeAccount, &msg.Name{})
	return m
}

// fold applies a command that is not about orders.
func (m *market) fold(c *msg.Command, e *msg.Event) {
	switch e.Kind {
	case msg.AssetAdded:
		m.addAsset(e.ID, &c.Name, c.Scale)
	case msg.SymbolAdded:
		m.addSymbol(e.ID, c.Spec)
	case msg.SymbolChanged:
		m.symbols[c.Symbol].Spec = *c.Spec
	case msg.PhaseChanged:
		m.symbols[c.Symbol].Phase = c.Phase
	case msg.AccountCreated:
		if int(e.ID) != m.created {
			panic(fmt.Sprintf("marketview: command %d: account %d follows %d accounts", c.Seq, e.ID, m.created))
		}
		m.create(msg.AccountID(e.ID), &c.Name)
	case msg.AccountChanged:
		m.change(c)
	case msg.Adjusted:
		m.known(c.Account).Transfer = c.Transfer
	default: // a refusal changes nothing
	}
}

func (m *market) change(c *msg.Command) {
	a := m.known(c.Account)
	if c.Kind == msg.SetStatus {
		a.Status = c.Status
		return
	}
	a.Maker, a.Taker = c.Maker, c.Taker
}

func (m *market) addAsset(id uint32, name *msg.Name, scale uint8) {
	if int(id) != len(m.assets) {
		panic(fmt.Sprintf("marketview: asset %d follows %d assets", id, len(m.assets)-1))
	}
	m.assets = append(m.assets, Asset{ID: msg.AssetID(id), Name: *name, Scale: scale})
	m.assetIDs[*name] = msg.AssetID(id)
}

func (m *market) addSymbol(id uint32, spec *msg.Symbol) {
	if int(id) != len(m.symbols) {
		panic(fmt.Sprintf("marketview: symbol %d follows %d symbols", id, len(m.symbols)-1))
	}
	unit, ok := spec.Unit(m.assets[spec.Base].Scale)
	if !ok {
		panic(fmt.Sprintf("marketview: symbol %d: tick %d × lot %d is no whole number of units", id, spec.Tick, spec.Lot))
	}
	m.symbols = append(m.symbols, Symbol{ID: msg.SymbolID(id), Spec: *spec, Unit: unit})
	m.byName[spec.Name] = msg.SymbolID(id)
}

// create makes an account exist.
func (m *market) create(id msg.AccountID, name *msg.Name) {
	a := m.accounts.at(m.account(id))
	a.exists = true
	a.Name = *name
	m.created++
}

// account returns the slot of an account number, made if it is new.
func (m *market) account(id msg.AccountID) slot {
	if s := m.byID.find(uint64(id) + 1); s != 0 {
		return s
	}
	s := m.accounts.take()
	*m.accounts.at(s) = account{Account: Account{ID: id, Maker: msg.NoRate, Taker: msg.NoRate}}
	m.byID.put(uint64(id)+1, s)
	return s
}

// known returns an account that must exist.
func (m *market) known(id msg.AccountID) *account {
	if s := m.byID.find(uint64(id) + 1); s != 0 {
		return m.accounts.at(s)
	}
	panic(fmt.Sprintf("marketview: account %d does not exist", id))
}

// symbol returns a symbol that must exist.
func (m *market) symbol(id msg.SymbolID) *Symbol {
	if id == 0 || int64(id) >= int64(len(m.symbols)) {
		panic(fmt.Sprintf("marketview: symbol %d of %d", id, len(m.symbols)-1))
	}
	return &m.symbols[id]
}

// worth returns what q lots of an order at this price can cost its account: the
// amount that is locked for them.
func (s *Symbol) worth(side msg.Side, p msg.Price, q msg.Qty) msg.Amount {
	if side == msg.Buy {
		return msg.Amount(p) * msg.Amount(q) * s.Unit
	}
	return msg.Amount(q) * s.Spec.Lot
}

// received returns the asset that an order of this side receives, and pays its
// fees in.
func (s *Symbol) received(side msg.Side) msg.AssetID {
	if side == msg.Buy {
		return s.Spec.Base
	}
	return s.Spec.Quote
}

func (m *market) has(id msg.SymbolID) bool { return id != 0 && int64(id) < int64(len(m.symbols)) }
