package enginetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// errUnwritten says that a command has something that scripts cannot say.
var errUnwritten = errors.New("a script cannot say it")

// WriteScript returns commands as a script, with a comment before them and the answers
// of the naive exchange; at the end books, balances and counters are asked for. It also
// returns the commands as whoever runs the script will read them: accounts get names,
// what is unknown gets other numbers, and times begin in a minute of the scripts.
func WriteScript(comment []string, commands []msg.Command) (text string, read []msg.Command, err error) {
	w := &scriptWriter{Script: NewScript(NaiveEngine())}
	for _, line := range comment {
		fmt.Fprintf(&w.text, "# %s\n", line)
	}
	w.text.WriteString("\n")
	for i := range commands {
		if err := w.command(&commands[i]); err != nil {
			return "", nil, fmt.Errorf("command %d (%v): %w", i+1, commands[i].Kind, err)
		}
	}
	for i := range w.symbols {
		name := w.symbols[i].name
		for _, question := range []string{"book ", "counters "} {
			if err := w.line(question + name); err != nil {
				return "", nil, err
			}
		}
	}
	if err := w.line("balances"); err != nil {
		return "", nil, err
	}
	w.text.WriteString("----\n" + w.out.String())
	return w.text.String(), w.read, nil
}

// scriptWriter writes a script and runs it on the way, so that it knows the names of
// what is there.
type scriptWriter struct {
	*Script
	text  strings.Builder
	begun bool
	now   int64
	read  []msg.Command
}

// line writes a line and runs it.
func (w *scriptWriter) line(text string) error {
	w.text.WriteString(text + "\n")
	return w.Script.line(strings.Fields(text))
}

// command writes a command, with the time that has passed before it.
func (w *scriptWriter) command(c *msg.Command) error {
	const minute = int64(time.Minute)
	passed := c.Time - w.now
	if !w.begun {
		passed = (c.Time%minute + minute) % minute // minutes begin where they did
	}
	if w.begun, w.now = true, c.Time; passed > 0 {
		if err := w.line("time +" + time.Duration(passed).String()); err != nil {
			return err
		}
	}
	words, err := w.words(c)
	if err != nil {
		return err
	}
	again, err := w.Script.command(words)
	if err != nil {
		return err
	}
	again.Seq, again.Time = w.seq+1, w.time
	w.read = append(w.read, again)
	return w.line(strings.Join(words, " "))
}

// words returns a command as a script says it.
func (w *scriptWriter) words(c *msg.Command) ([]string, error) {
	switch c.Kind {
	case msg.Place, msg.Cancel, msg.CancelReplace, msg.Amend, msg.CancelAll:
		return w.orderWords(c), nil
	case msg.Credit, msg.Debit:
		return w.moneyWords(c), nil
	case msg.CreateAccount:
		return []string{"account", fmt.Sprint("a", len(w.accounts))}, nil
	case msg.SetStatus:
		return []string{"status", w.nameOf(c.Account), known(c.Status)}, nil
	case msg.SetFees:
		return []string{"fees", w.nameOf(c.Account), "maker=" + rateText(c.Maker), "taker=" + rateText(c.Taker)}, nil
	case msg.AddAsset:
		return []string{"asset", c.Name.String(), fmt.Sprint("scale=", c.Scale)}, nil
	case msg.AddSymbol, msg.AlterSymbol:
		return w.symbolWords(c)
	case msg.SetPhase:
		return []string{"phase", w.marketName(c.Symbol), known(c.Phase)}, nil
	case msg.Uncross:
		return []string{"uncross", w.marketName(c.Symbol)}, nil
	default:
		return nil, errUnwritten
	}
}

func (w *scriptWriter) nameOf(id msg.AccountID) string {
	if int64(id) < int64(len(w.accounts)) {
		return w.accounts[id]
	}
	return "nobody"
}

func (w *scriptWriter) marketName(id msg.SymbolID) string {
	if id == 0 || int(id) > len(w.symbols) {
		return "nothing"
	}
	return w.symbols[id-1].name
}

func (w *scriptWriter) assetName(id msg.AssetID) string {
	if id == 0 || int(id) > len(w.assets) {
		return "nothing"
	}
	return w.assets[id-1].name
}

func (w *scriptWriter) moneyWords(c *msg.Command) []string {
	scale := uint8(0)
	if c.Asset > 0 && int(c.Asset) <= len(w.assets) {
		scale = w.assets[c.Asset-1].scale
	}
	words := []string{c.Kind.String(), w.nameOf(c.Account), w.assetName(c.Asset), decimal(int64(c.Amount), scale, 1)}
	if c.Transfer != w.transfers[c.Account]+1 {
		words = append(words, fmt.Sprint("transfer=", c.Transfer))
	}
	return words
}

// orderWords writes what is about orders.
func (w *scriptWriter) orderWords(c *msg.Command) []string {
	verbs := map[msg.Kind]string{
		msg.Place: "place", msg.Cancel: "cancel", msg.CancelReplace: "replace", msg.Amend: "amend", msg.CancelAll: "cancel-all",
	}
	words := []string{verbs[c.Kind], w.nameOf(c.Account), w.marketName(c.Symbol)}
	m := w.symbol(c.Symbol)
	switch c.Kind {
	case msg.Place:
		if c.Type == msg.Market {
			words[0] = "market"
		}
		return append(words, termWords(c, &m)...)
	case msg.CancelAll:
		return words
	case msg.Amend:
		words = append(words, meantWords(c)...)
		words = append(words, m.qty(c.Qty))
		if !c.Name.IsZero() {
			words = append(words, "name="+c.Name.String())
		}
		return words
	case msg.CancelReplace:
		words = append(words, meantWords(c)...)
		if c.Type == msg.Market {
			words = append(words, "market")
		}
		return append(words, termWords(c, &m)...)
	default:
		return append(words, meantWords(c)...)
	}
}

// meantWords writes which order is meant, and how.
func meantWords(c *msg.Command) (words []string) {
	if c.Order != 0 {
		words = append(words, fmt.Sprint("#", c.Order))
	}
	if !c.OrigName.IsZero() {
		words = append(words, "name="+c.OrigName.String())
	}
	switch {
	case c.Mode == msg.AllowFailure:
		words = append(words, "allow-failure")
	case c.Mode != msg.StopOnFailure:
		words = append(words, "mode="+number(c.Mode))
	}
	if c.Only != msg.Unrestricted {
		words = append(words, "only="+strings.TrimPrefix(known(c.Only), "only-"))
	}
	return words
}

// termWords writes side, price, quantity and options of a new order.
func termWords(c *msg.Command, m *scriptSymbol) []string {
	words := []string{known(c.Side)}
	quote := "quote=" + decimal(int64(c.Quote), m.quote.scale, 1)
	switch {
	case c.Type == msg.Market && c.Quote != 0 && c.Qty == 0:
		words = append(words, quote)
	case c.Type == msg.Market:
		words = append(words, m.qty(c.Qty))
	default:
		words = append(words, m.price(c.Price), "x", m.qty(c.Qty))
	}
	if c.Quote != 0 && words[1] != quote {
		words = append(words, quote)
	}
	if c.Type == msg.Market && c.Price != 0 {
		words = append(words, "price="+m.price(c.Price))
	}
	if c.Type == msg.LimitMaker {
		words = append(words, "maker")
	}
	if c.Type > msg.LimitMaker {
		words = append(words, "type="+number(c.Type))
	}
	switch {
	case c.TIF > msg.FOK:
		words = append(words, "tif="+number(c.TIF))
	case c.TIF != msg.GTC:
		words = append(words, c.TIF.String())
	}
	if c.STP != msg.NoPrevention {
		words = append(words, "stp="+known(c.STP))
	}
	if !c.Name.IsZero() {
		words = append(words, "name="+c.Name.String())
	}
	return words
}

// symbolWords writes what describes a symbol. All fields are written in alter, so that
// those that go back to zero do.
func (w *scriptWriter) symbolWords(c *msg.Command) ([]string, error) {
	if c.Spec == nil {
		return nil, errUnwritten
	}
	m := scriptSymbol{spec: *c.Spec}
	if int(c.Spec.Base) > len(w.assets) || int(c.Spec.Quote) > len(w.assets) || c.Spec.Base == 0 || c.Spec.Quote == 0 {
		return nil, errUnwritten
	}
	m.base, m.quote = w.assets[c.Spec.Base-1], w.assets[c.Spec.Quote-1]
	words := []string{"alter", w.marketName(c.Symbol)}
	if c.Kind == msg.AddSymbol {
		words = []string{"symbol", c.Spec.Name.String()}
	}
	for _, f := range m.fields() {
		if c.Kind == msg.AlterSymbol && !f.fixed || c.Kind == msg.AddSymbol && f.value != "" && f.value != "0" && f.value != "no" {
			words = append(words, f.key+"="+f.value)
		}
	}
	return words, nil
}

// specField is a field of a symbol as a script writes it.
type specField struct {
	key, value string
	fixed      bool
}

// fields returns all fields of a symbol, those first that say what the others mean.
func (m *scriptSymbol) fields() []specField {
	f := &m.spec.Filters
	accounting := ""
	if m.spec.Accounting != msg.Balances {
		accounting = m.spec.Accounting.String()
	}
	base := func(v msg.Amount) string { return decimal(int64(v), m.base.scale, 1) }
	quote := func(v msg.Amount) string { return decimal(int64(v), m.quote.scale, 1) }
	factor := func(v msg.Multiplier) string { return decimal(int64(v), 8, 1) }
	truth := map[bool]string{true: "yes", false: "no"}
	return []specField{
		{"base", m.base.name, true},
		{"quote", m.quote.name, true},
		{"tick", quote(m.spec.Tick), true},
		{"lot", base(m.spec.Lot), true},
		{"accounting", accounting, true},
		{"maker", rateText(m.spec.Maker), false},
		{"taker", rateText(m.spec.Taker), false},
		{"min-price", m.price(f.MinPrice), false},
		{"max-price", m.price(f.MaxPrice), false},
		{"min-qty", m.qty(f.MinQty), false},
		{"max-qty", m.qty(f.MaxQty), false},
		{"step", m.qty(f.StepQty), false},
		{"market-min-qty", m.qty(f.MarketMinQty), false},
		{"market-max-qty", m.qty(f.MarketMaxQty), false},
		{"market-step", m.qty(f.MarketStep), false},
		{"min-notional", quote(f.MinNotional), false},
		{"max-notional", quote(f.MaxNotional), false},
		{"min-to-market", truth[f.MinToMarket], false},
		{"max-to-market", truth[f.MaxToMarket], false},
		{"avg-mins", number(f.AvgMins), false},
		{"max-orders", number(f.MaxOrders), false},
		{"max-amends", number(f.MaxAmends), false},
		{"max-position", base(f.MaxPosition), false},
		{"bid-up", factor(f.BidMultiplierUp), false},
		{"bid-down", factor(f.BidMultiplierDown), false},
		{"ask-up", factor(f.AskMultiplierUp), false},
		{"ask-down", factor(f.AskMultiplierDown), false},
	}
}

func number[T ~uint8 | ~uint16 | ~uint32](v T) string { return strconv.FormatUint(uint64(v), 10) }

// known writes the name of a value, or the number of one that has none.
func known[T ~uint8](v T) string {
	if text := fmt.Sprint(v); !strings.Contains(text, "(") {
		return text
	}
	return number(v)
}
