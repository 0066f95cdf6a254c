package admin

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway/wire"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// phaseNames are the phases of symbols as they are told here.
var phaseNames = [...]string{msg.Trading: "trading", msg.Auction: "auction", msg.Halt: "halt", msg.CancelOnly: "cancel_only"}

// accountingNames say whether a symbol's orders touch balances.
var accountingNames = [...]string{msg.Balances: "balances", msg.NoAccounting: "none"}

func (a *Admin) addAsset(q *request) (int, any, error) {
	var b struct {
		Asset *string `json:"asset"`
		Scale *uint8  `json:"scale"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	if err := missing(sent("asset", b.Asset), sent("scale", b.Scale)); err != nil {
		return 0, nil, err
	}
	name, err := parseName("asset", *b.Asset)
	if err != nil {
		return 0, nil, err
	}
	r, err := a.do(&msg.Command{Kind: msg.AddAsset, Name: name, Scale: *b.Scale}, "asset", nil)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusCreated, done{r.Seq}, nil
}

// symbolBody describes a new symbol.
type symbolBody struct {
	Symbol     *string          `json:"symbol"`
	Base       *string          `json:"base"`
	Quote      *string          `json:"quote"`
	Tick       *string          `json:"tick"`
	Lot        *string          `json:"lot"`
	Filters    []jsontext.Value `json:"filters"`
	Maker      *string          `json:"maker"`
	Taker      *string          `json:"taker"`
	Accounting *string          `json:"accounting"`
}

func (a *Admin) addSymbol(q *request) (int, any, error) {
	var b symbolBody
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	err := missing(sent("symbol", b.Symbol), sent("base", b.Base), sent("quote", b.Quote), sent("tick", b.Tick), sent("lot", b.Lot))
	if err != nil {
		return 0, nil, err
	}
	spec, err := a.readSpec(&b)
	if err != nil {
		return 0, nil, err
	}
	r, err := a.do(&msg.Command{Kind: msg.AddSymbol, Spec: spec}, "symbol", nil)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusCreated, done{r.Seq}, nil
}

// readSpec makes a symbol of its description.
func (a *Admin) readSpec(b *symbolBody) (*msg.Symbol, error) {
	name, err := parseSymbolName(*b.Symbol)
	if err != nil {
		return nil, err
	}
	base, err := a.assetByName("base", *b.Base)
	if err != nil {
		return nil, err
	}
	quote, err := a.assetByName("quote", *b.Quote)
	if err != nil {
		return nil, err
	}
	if base.ID == quote.ID {
		return nil, bad("INVALID_VALUE", "quote", "Base and quote are the same asset.").because(*b.Quote, "")
	}
	spec := &msg.Symbol{Name: name, Base: base.ID, Quote: quote.ID}
	if spec.Tick, err = parseStep("tick", *b.Tick, quote.Scale); err != nil {
		return nil, err
	}
	if spec.Lot, err = parseStep("lot", *b.Lot, base.Scale); err != nil {
		return nil, err
	}
	if _, ok := spec.Unit(base.Scale); !ok {
		return nil, bad("TICK_TIMES_LOT", "lot", "A lot at a price of one tick must be worth a whole number of the quote asset's smallest units.").
			because(*b.Tick+" × "+*b.Lot, places(quote.Scale))
	}
	if b.Accounting != nil {
		if spec.Accounting, err = parseChoice("accounting", *b.Accounting, accountingNames[:], msg.NoAccounting); err != nil {
			return nil, err
		}
	}
	m := marketOf(spec, base, quote)
	return spec, readTerms(&m, b.Filters, b.Maker, b.Taker, spec)
}

// marketOf returns the market of a symbol that need not be there yet.
func marketOf(spec *msg.Symbol, base, quote marketview.Asset) wire.Market {
	return wire.MarketOf(marketview.Symbol{Spec: *spec}, base, quote)
}

// readTerms reads what of a symbol may change. Filters that are not given stay as
// they are in spec; those that are given are all that there will be.
func readTerms(m *wire.Market, filters []jsontext.Value, maker, taker *string, spec *msg.Symbol) (err error) {
	if filters != nil {
		if spec.Filters, err = readFilters(m, filters); err != nil {
			return err
		}
	}
	if maker != nil {
		if spec.Maker, err = parseRate("maker", *maker); err != nil {
			return err
		}
	}
	if taker != nil {
		if spec.Taker, err = parseRate("taker", *taker); err != nil {
			return err
		}
	}
	return nil
}

// parseSymbolName reads the name of a new symbol. Stream names are in lower case
// and stand for the symbol in upper case, so there must be none in lower case.
func parseSymbolName(text string) (msg.Name, error) {
	for i := range len(text) {
		if c := text[i]; c >= 'a' && c <= 'z' {
			return msg.Name{}, bad("INVALID_NAME", "symbol", "The name of a symbol is in upper case.").because(text, "[A-Z0-9_-]{1,36}")
		}
	}
	return parseName("symbol", text)
}

// parseStep reads a tick or a lot.
func parseStep(field, text string, scale uint8) (msg.Amount, error) {
	v, err := parseDecimal(field, text, scale)
	if err == nil && v == 0 {
		err = bad("OUT_OF_RANGE", field, "The value must be above zero.").because(text, "more than 0")
	}
	return msg.Amount(v), err
}

// symbolAnswer describes a symbol, in the words in which one is added.
type symbolAnswer struct {
	Symbol     string   `json:"symbol"`
	Base       string   `json:"base"`
	Quote      string   `json:"quote"`
	Tick       string   `json:"tick"`
	Lot        string   `json:"lot"`
	Filters    []filter `json:"filters"`
	Maker      string   `json:"maker"`
	Taker      string   `json:"taker"`
	Accounting string   `json:"accounting"`
	Phase      string   `json:"phase"`
}

func describeSymbol(v *marketview.Views, s marketview.Symbol) symbolAnswer {
	m := wire.NewMarket(v, s)
	return symbolAnswer{
		Symbol: m.Name(), Base: m.Base.Name.String(), Quote: m.Quote.Name.String(),
		Tick: trim(m.AppendPrice(nil, 1)), Lot: trim(m.AppendQty(nil, 1)),
		Filters: describeFilters(&m),
		Maker:   msg.FormatDecimal(int64(s.Spec.Maker), rateScale), Taker: msg.FormatDecimal(int64(s.Spec.Taker), rateScale),
		Accounting: accountingNames[s.Spec.Accounting], Phase: phaseNames[s.Phase],
	}
}

func (a *Admin) symbols(*request) (int, any, error) {
	answer := []symbolAnswer{}
	err := a.read(func(v *marketview.Views) error {
		for _, s := range v.Symbols(nil) {
			answer = append(answer, describeSymbol(v, s))
		}
		return nil
	})
	return fasthttp.StatusOK, answer, err
}

func (a *Admin) symbol(q *request) (int, any, error) {
	var answer symbolAnswer
	err := a.withSymbol(q, func(v *marketview.Views, s marketview.Symbol) error {
		answer = describeSymbol(v, s)
		return nil
	})
	return fasthttp.StatusOK, &answer, err
}

// withSymbol calls f with the symbol that the path of a request names.
func (a *Admin) withSymbol(q *request, f func(v *marketview.Views, s marketview.Symbol) error) error {
	name, err := q.symbolArg()
	if err != nil {
		return err
	}
	return a.read(func(v *marketview.Views) error {
		s, ok := v.Symbol(name)
		if !ok {
			return unknown("UNKNOWN_SYMBOL", "symbol", q.args[0])
		}
		return f(v, s)
	})
}

func (a *Admin) changeSymbol(q *request) (int, any, error) {
	var b struct {
		Filters []jsontext.Value `json:"filters"`
		Maker   *string          `json:"maker"`
		Taker   *string          `json:"taker"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	a.patching.Lock()
	defer a.patching.Unlock()
	var m wire.Market
	err := a.withSymbol(q, func(v *marketview.Views, s marketview.Symbol) error {
		m = wire.NewMarket(v, s)
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	spec := m.Spec
	if err := readTerms(&m, b.Filters, b.Maker, b.Taker, &spec); err != nil {
		return 0, nil, err
	}
	if b.Filters == nil && b.Maker == nil && b.Taker == nil {
		return a.doAll(nil)
	}
	return a.doAll([]*msg.Command{{Kind: msg.AlterSymbol, Symbol: m.ID, Spec: &spec}})
}

func (a *Admin) setPhase(q *request) (int, any, error) {
	var b struct {
		Phase *string `json:"phase"`
	}
	if err := decode(q.body, &b); err != nil {
		return 0, nil, err
	}
	if err := missing(sent("phase", b.Phase)); err != nil {
		return 0, nil, err
	}
	phase, err := parseChoice("phase", *b.Phase, phaseNames[:], msg.CancelOnly)
	if err != nil {
		return 0, nil, err
	}
	var id msg.SymbolID
	err = a.withSymbol(q, func(_ *marketview.Views, s marketview.Symbol) error {
		id = s.ID
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return a.doAll([]*msg.Command{{Kind: msg.SetPhase, Symbol: id, Phase: phase}})
}
