package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// decideAdmin decides commands about assets, symbols and accounts: the rules of
// RULES.md, section 1.
func (e *Engine) decideAdmin(c *msg.Command) msg.Reason {
	var why msg.Reason
	var v msg.Event
	switch c.Kind {
	case msg.Credit, msg.Debit:
		v, why = msg.Event{Kind: msg.Adjusted}, e.transferRule(c)
	case msg.CreateAccount:
		v = msg.Event{Kind: msg.AccountCreated, ID: uint32(len(e.accounts))}
		why = e.createAccountRule(c)
	case msg.SetStatus:
		v, why = msg.Event{Kind: msg.AccountChanged}, e.statusRule(c)
	case msg.SetFees:
		v, why = msg.Event{Kind: msg.AccountChanged}, e.feesRule(c)
	case msg.AddAsset:
		v = msg.Event{Kind: msg.AssetAdded, ID: uint32(len(e.assets) + 1)}
		why = e.addAssetRule(c)
	case msg.AddSymbol:
		v = msg.Event{Kind: msg.SymbolAdded, ID: uint32(len(e.symbols) + 1)}
		why = e.addSymbolRule(c.Spec)
	case msg.AlterSymbol:
		v, why = msg.Event{Kind: msg.SymbolChanged}, e.alterRule(c)
	case msg.SetPhase:
		v, why = msg.Event{Kind: msg.PhaseChanged}, e.phaseRule(c)
	default:
		why = msg.UnknownKind
	}
	if why != msg.NoReason {
		return why
	}

	// From here the command must succeed.
	e.emit(v)
	return msg.NoReason
}

func (e *Engine) addAssetRule(c *msg.Command) msg.Reason {
	switch {
	case !c.Name.Valid():
		return msg.InvalidName
	case c.Scale > msg.MaxScale:
		return msg.InvalidScale
	case e.assetNames[c.Name] != 0:
		return msg.NameTaken
	case len(e.assets) >= msg.MaxAssets:
		return msg.TooMany
	}
	return msg.NoReason
}

func (e *Engine) addSymbolRule(s *msg.Symbol) msg.Reason {
	if s == nil || !s.Valid() {
		return msg.InvalidSymbol
	}
	if !s.Name.Valid() {
		return msg.InvalidName
	}
	if !e.hasAsset(s.Base) || !e.hasAsset(s.Quote) || s.Base == s.Quote {
		return msg.UnknownAsset
	}
	if _, ok := s.Unit(e.assets[s.Base-1].scale); !ok {
		return msg.InvalidSymbol
	}
	if e.symbolNames[s.Name] != 0 {
		return msg.NameTaken
	}
	if len(e.symbols) >= msg.MaxSymbols {
		return msg.TooMany
	}
	return msg.NoReason
}

func (e *Engine) hasAsset(id msg.AssetID) bool { return id > 0 && int64(id) <= int64(len(e.assets)) }

func (e *Engine) alterRule(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	switch {
	case s == nil:
		return msg.UnknownSymbol
	case c.Spec == nil || !c.Spec.Valid():
		return msg.InvalidSymbol
	case !c.Spec.FixedEqual(&s.Symbol):
		return msg.FixedField
	}
	return msg.NoReason
}

func (e *Engine) phaseRule(c *msg.Command) msg.Reason {
	s := e.symbol(c.Symbol)
	if s == nil {
		return msg.UnknownSymbol
	}
	if c.Phase > msg.CancelOnly || c.Phase == msg.Trading && s.crossed() {
		return msg.InvalidPhase
	}
	return msg.NoReason
}

func (e *Engine) createAccountRule(c *msg.Command) msg.Reason {
	if !c.Name.IsZero() && !c.Name.Valid() {
		return msg.InvalidName
	}
	if len(e.accounts) > msg.MaxAccounts {
		return msg.TooMany
	}
	return msg.NoReason
}

func (e *Engine) statusRule(c *msg.Command) msg.Reason {
	if !e.trader(c.Account) {
		return msg.UnknownAccount
	}
	if c.Status > msg.Disabled {
		return msg.InvalidStatus
	}
	return msg.NoReason
}

func (e *Engine) feesRule(c *msg.Command) msg.Reason {
	if !e.trader(c.Account) {
		return msg.UnknownAccount
	}
	if c.Maker < msg.NoRate || c.Maker > msg.RateUnit || c.Taker < msg.NoRate || c.Taker > msg.RateUnit {
		return msg.InvalidRate
	}
	return msg.NoReason
}

func (e *Engine) transferRule(c *msg.Command) msg.Reason {
	switch {
	case int64(c.Account) >= int64(len(e.accounts)):
		return msg.UnknownAccount
	case !e.hasAsset(c.Asset):
		return msg.UnknownAsset
	case c.Amount <= 0:
		return msg.InvalidAmount
	case c.Transfer <= e.accounts[c.Account].transfer:
		return msg.TransferNotNew
	case c.Kind == msg.Credit && c.Amount > msg.MaxAmount-e.assets[c.Asset-1].total:
		return msg.AmountOverflow
	case c.Kind == msg.Debit && c.Amount > e.balances.pool[e.balances.find(c.Account, c.Asset)].free:
		return msg.InsufficientBalance
	}
	return msg.NoReason
}

// applyAdmin applies the events of the commands above, and the end of an
// auction.
func (e *Engine) applyAdmin(v *msg.Event) {
	c := e.cmd
	switch v.Kind {
	case msg.Adjusted:
		e.applyAdjusted(c)
	case msg.AccountCreated:
		e.addAccount()
	case msg.AccountChanged:
		a := &e.accounts[c.Account]
		e.digest -= e.accountMix(c.Account)
		if c.Kind == msg.SetStatus {
			a.status = c.Status
		} else {
			a.maker, a.taker = c.Maker, c.Taker
		}
		e.digest += e.accountMix(c.Account)
	case msg.AssetAdded:
		e.assets = append(e.assets, asset{name: c.Name, scale: c.Scale})
		e.assetNames[c.Name] = msg.AssetID(len(e.assets))
		e.digest += e.assetMix(msg.AssetID(len(e.assets)))
	case msg.SymbolAdded:
		e.addSymbol(c.Spec)
	case msg.SymbolChanged:
		e.setSpec(e.symbol(c.Symbol), c.Spec)
	case msg.PhaseChanged:
		s := e.symbol(c.Symbol)
		e.touch(s)
		s.phase = c.Phase
	case msg.Uncrossed:
		s := e.symbol(c.Symbol)
		e.touch(s)
		s.phase = msg.Trading
	default:
		panic(fmt.Sprintf("engine: command %d has an event of unknown kind %d", e.seq, v.Kind))
	}
}

func (e *Engine) applyAdjusted(c *msg.Command) {
	amount := c.Amount
	if c.Kind == msg.Debit {
		amount = -amount
	}
	e.digest -= e.assetMix(c.Asset) + e.accountMix(c.Account)
	e.assets[c.Asset-1].total += amount
	e.tally.add(c.Asset, -amount)
	e.accounts[c.Account].transfer = c.Transfer
	e.digest += e.assetMix(c.Asset) + e.accountMix(c.Account)
	e.pay(e.balances.of(c.Account, c.Asset), amount, 0)
}
