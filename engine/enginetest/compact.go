package enginetest

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// made is what commands bring into being and what the others are about: assets,
// symbols and accounts, by id.
type made struct {
	by   map[uint32]int  // the command that made it, by its index
	used map[uint32]bool // something else is about it
}

func newMade() made { return made{make(map[uint32]int), make(map[uint32]bool)} }

// numbered returns the new ids of those that are used; the others are left out.
func (m *made) numbered() map[uint32]uint32 {
	ids := make(map[uint32]uint32)
	for id := range uint32(len(m.by)) {
		if m.used[id+1] {
			ids[id+1] = uint32(len(ids) + 1)
		}
	}
	return ids
}

// compact returns the commands without those that make an asset, a symbol or an
// account which no other command is about, and with new ids for the rest of them.
func compact(commands []msg.Command) []msg.Command {
	rest := slices.Clone(commands)
	assets, symbols, accounts := newMade(), newMade(), newMade()
	n := NewNaive()
	for i := range rest {
		switch v := n.Execute(&rest[i])[0]; v.Kind {
		case msg.AssetAdded:
			assets.by[v.ID] = i
		case msg.SymbolAdded:
			symbols.by[v.ID] = i
		case msg.AccountCreated:
			accounts.by[v.ID] = i
		default:
		}
	}
	for i := range rest {
		if c := &rest[i]; !idle(c) {
			accounts.used[uint32(c.Account)] = true
			symbols.used[uint32(c.Symbol)] = true
			assets.used[uint32(c.Asset)] = true
		}
	}
	for id, i := range symbols.by {
		if symbols.used[id] {
			assets.used[uint32(rest[i].Spec.Base)], assets.used[uint32(rest[i].Spec.Quote)] = true, true
		}
	}
	for _, m := range []*made{&assets, &symbols, &accounts} {
		for id, i := range m.by {
			if !m.used[id] {
				rest[i] = msg.Command{Seq: rest[i].Seq, Time: rest[i].Time, Kind: msg.Credit, Account: nobody}
			}
		}
	}
	readdress(rest, assets.numbered(), symbols.numbered(), accounts.numbered())
	return rest
}

// readdress gives assets, symbols and accounts new ids. One that does not exist keeps
// its own.
func readdress(commands []msg.Command, assets, symbols, accounts map[uint32]uint32) {
	now := func(ids map[uint32]uint32, id uint32) uint32 {
		if other, ok := ids[id]; ok {
			return other
		}
		return id
	}
	for i := range commands {
		c := &commands[i]
		if idle(c) {
			continue
		}
		c.Asset = msg.AssetID(now(assets, uint32(c.Asset)))
		c.Symbol = msg.SymbolID(now(symbols, uint32(c.Symbol)))
		c.Account = msg.AccountID(now(accounts, uint32(c.Account)))
		if c.Spec != nil {
			spec := *c.Spec
			spec.Base, spec.Quote = msg.AssetID(now(assets, uint32(spec.Base))), msg.AssetID(now(assets, uint32(spec.Quote)))
			c.Spec = &spec
		}
	}
}
