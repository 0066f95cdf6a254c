package admin

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func (a *Admin) createAccount(q *request) (int, any, error) {
	var b struct {
		Name *string `json:"name"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	c := msg.Command{Kind: msg.CreateAccount}
	if b.Name != nil {
		var err error
		if c.Name, err = parseName("name", *b.Name); err != nil {
			return 0, nil, err
		}
	}
	r, err := a.do(&c, "name", nil)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusCreated, struct {
		Account uint32  `json:"account"`
		Seq     msg.Seq `json:"seq"`
	}{r.Events[0].ID, r.Seq}, nil
}

// accountAnswer describes an account.
type accountAnswer struct {
	Account  msg.AccountID   `json:"account"`
	Name     string          `json:"name,omitempty"`
	Status   string          `json:"status"`
	Maker    *string         `json:"maker"` // null: the symbol's rate applies
	Taker    *string         `json:"taker"`
	Balances []balanceAnswer `json:"balances"`
}

type balanceAnswer struct {
	Asset  string `json:"asset"`
	Free   string `json:"free"`
	Locked string `json:"locked"`
}

func (a *Admin) account(q *request) (int, any, error) {
	id, err := q.accountArg()
	if err != nil {
		return 0, nil, err
	}
	answer := accountAnswer{Account: id, Balances: []balanceAnswer{}}
	err = a.read(func(v *marketview.Views) error {
		found, ok := v.Account(id)
		if !ok {
			return unknown("UNKNOWN_ACCOUNT", "account", q.args[0])
		}
		answer.Name, answer.Status = found.Name.String(), statusNames[found.Status]
		answer.Maker, answer.Taker = rateText(found.Maker), rateText(found.Taker)
		for _, b := range v.Balances(id, nil) {
			answer.Balances = append(answer.Balances, describeBalance(v, b))
		}
		return nil
	})
	return fasthttp.StatusOK, &answer, err
}

func describeBalance(v *marketview.Views, b marketview.Balance) balanceAnswer {
	asset, _ := v.Asset(b.Asset)
	return balanceAnswer{
		asset.Name.String(), msg.FormatDecimal(int64(b.Free), asset.Scale), msg.FormatDecimal(int64(b.Locked), asset.Scale),
	}
}

// rateText returns an account's rate, or nil when it has none of its own.
func rateText(r msg.Rate) *string {
	if r == msg.NoRate {
		return nil
	}
	s := msg.FormatDecimal(int64(r), rateScale)
	return &s
}

// statusNames are the statuses of accounts as they are told here.
var statusNames = [...]string{msg.Normal: "normal", msg.StatusCancelOnly: "cancel_only", msg.Disabled: "disabled"}

// rateField is a rate that may be given, or taken away with null.
type rateField struct {
	sent bool
	none bool
	text string
}

// UnmarshalJSONFrom reads a string or null.
func (f *rateField) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	t, err := d.ReadToken()
	if err != nil {
		return err //nolint:wrapcheck // decode sees to it
	}
	f.sent = true
	switch t.Kind() {
	case 'n':
		f.none = true
	case '"':
		f.text = t.String()
	default:
		return errNoDecimal
	}
	return nil
}

var errNoDecimal = errors.New("admin: a decimal is a string")

// apply changes a rate if another was given.
func (f *rateField) apply(name string, rate *msg.Rate) error {
	switch {
	case !f.sent:
		return nil
	case f.none:
		*rate = msg.NoRate
		return nil
	}
	r, err := parseRate(name, f.text)
	*rate = r
	return err
}

func (a *Admin) changeAccount(q *request) (int, any, error) {
	id, err := q.accountArg()
	if err != nil {
		return 0, nil, err
	}
	var b struct {
		Status *string   `json:"status"`
		Maker  rateField `json:"maker"`
		Taker  rateField `json:"taker"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	var status msg.Status
	if b.Status != nil {
		if status, err = parseChoice("status", *b.Status, statusNames[:], msg.Disabled); err != nil {
			return 0, nil, err
		}
	}
	a.patching.Lock()
	defer a.patching.Unlock()
	fees := msg.Command{Kind: msg.SetFees, Account: id}
	err = a.read(func(v *marketview.Views) error {
		found, ok := v.Account(id)
		if !ok {
			return unknown("UNKNOWN_ACCOUNT", "account", q.args[0])
		}
		fees.Maker, fees.Taker = found.Maker, found.Taker
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	if err := errors.Join(b.Maker.apply("maker", &fees.Maker), b.Taker.apply("taker", &fees.Taker)); err != nil {
		return 0, nil, err
	}
	var changes []*msg.Command
	if b.Status != nil {
		changes = append(changes, &msg.Command{Kind: msg.SetStatus, Account: id, Status: status})
	}
	if b.Maker.sent || b.Taker.sent {
		changes = append(changes, &fees)
	}
	return a.doAll(changes)
}

// doAll carries out changes of which none is refused once the first was not.
func (a *Admin) doAll(changes []*msg.Command) (int, any, error) {
	var last done
	for _, c := range changes {
		r, err := a.do(c, "", nil)
		if err != nil {
			return 0, nil, err
		}
		last.Seq = r.Seq
	}
	if last.Seq == 0 {
		return 0, nil, bad("MISSING_FIELD", "", "Nothing is to be changed.")
	}
	return fasthttp.StatusOK, last, nil
}

// parseChoice reads one of the names of an enumeration.
func parseChoice[T ~uint8](field, text string, names []string, last T) (T, error) {
	for v := T(0); v <= last; v++ {
		if names[v] == text {
			return v, nil
		}
	}
	return 0, bad("INVALID_VALUE", field, "The value is none of those there are.").because(text, strings.Join(names[:last+1], "|"))
}
