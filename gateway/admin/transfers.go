package admin

import (
	"errors"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func (a *Admin) credit(q *request) (int, any, error) { return a.transfer(q, msg.Credit) }
func (a *Admin) debit(q *request) (int, any, error)  { return a.transfer(q, msg.Debit) }

// transfer adds to a balance or takes from it.
func (a *Admin) transfer(q *request, kind msg.Kind) (int, any, error) {
	id, err := q.accountArg()
	if err != nil {
		return 0, nil, err
	}
	var b struct {
		Asset    *string `json:"asset"`
		Amount   *string `json:"amount"`
		Transfer *int64  `json:"transfer"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	if err := missing(sent("asset", b.Asset), sent("amount", b.Amount), sent("transfer", b.Transfer)); err != nil {
		return 0, nil, err
	}
	asset, err := a.assetByName("asset", *b.Asset)
	if err != nil {
		return 0, nil, err
	}
	amount, err := parseDecimal("amount", *b.Amount, asset.Scale)
	if err != nil {
		return 0, nil, err
	}
	after := balanceAfter{account: id, asset: asset.ID}
	r, err := a.do(&msg.Command{
		Kind: kind, Account: id, Asset: asset.ID, Amount: msg.Amount(amount), Transfer: *b.Transfer,
	}, "", &after)
	if err != nil {
		if p, ok := errors.AsType[*problem](err); ok && p.Code == "DUPLICATE_TRANSFER" {
			err = p.because(strconv.FormatInt(*b.Transfer, 10), "more than "+strconv.FormatInt(after.transfer, 10))
		}
		return 0, nil, err
	}
	return fasthttp.StatusOK, struct {
		Seq msg.Seq `json:"seq"`
		balanceAnswer
	}{r.Seq, after.balance}, nil
}

// balanceAfter sees what an account has of an asset right after a command.
type balanceAfter struct {
	account msg.AccountID
	asset   msg.AssetID

	balance  balanceAnswer
	transfer int64 // the last accepted one
}

// See copies the balance.
func (s *balanceAfter) See(v *marketview.Views, _ *msg.Command, _ []msg.Event) {
	b := marketview.Balance{Asset: s.asset}
	b.Free, b.Locked = v.Balance(s.account, s.asset)
	s.balance = describeBalance(v, b)
	account, _ := v.Account(s.account)
	s.transfer = account.Transfer
}

// assetByName returns the asset that a field names.
func (a *Admin) assetByName(field, text string) (asset marketview.Asset, err error) {
	name, err := msg.ParseName(text)
	ok := false
	if err == nil {
		_ = a.read(func(v *marketview.Views) error {
			asset, ok = v.AssetByName(name)
			return nil
		})
	}
	if !ok {
		p := unknown("UNKNOWN_ASSET", field, text)
		p.Message = "There is no such asset."
		return asset, p
	}
	return asset, nil
}
