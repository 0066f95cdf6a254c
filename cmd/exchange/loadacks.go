package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// ackFormat is the version of the file of acknowledgements.
const ackFormat = 1

// ackHead is its first line: what it takes to check the others.
type ackHead struct {
	Format   int               `json:"acks"`
	Target   string            `json:"target"`
	Symbol   string            `json:"symbol"`
	Base     string            `json:"base"`
	Quote    string            `json:"quote"`
	Journal  string            `json:"journal"`
	Funds    map[string]string `json:"funds"`       // of each account, by asset
	Sums     map[string]string `json:"sums"`        // of these accounts and that of the fees, by asset
	Trades   map[string]int64  `json:"last_trades"` // before the load, by symbol
	Accounts []*trading        `json:"accounts"`
}

// ackTrade is a trade that was acknowledged.
type ackTrade struct {
	ID       int64  `json:"id"`
	Price    string `json:"price"`
	Quantity string `json:"quantity"`
}

// The kinds of lines.
const (
	ackOrder  = "order"
	ackCancel = "cancel"
)

// ackLine is each further line: an acknowledgement, or, when it has the text of an
// error, a request whose outcome is unknown.
type ackLine struct {
	N        int64      `json:"n"`
	Kind     string     `json:"kind"`
	Account  int64      `json:"account"`
	Symbol   string     `json:"symbol"`
	ID       int64      `json:"order,omitempty"`
	ClientID string     `json:"client,omitempty"`
	Side     string     `json:"side,omitempty"`
	Price    string     `json:"price,omitempty"`
	Quantity string     `json:"quantity,omitempty"`
	Status   string     `json:"status,omitempty"`
	Executed string     `json:"executed,omitempty"`
	Trades   []ackTrade `json:"trades,omitempty"`
	Unknown  string     `json:"unknown,omitempty"`
}

// ackFile is written while a load runs, a line with each answer. Each is handed to
// the operating system at once, so none that was heard is lost with the exchange.
type ackFile struct {
	mu   sync.Mutex
	file *os.File
	err  error // the first
}

// openAcks makes the file with its first line, or returns nil when there is to be
// none.
func (l *load) openAcks(ctx context.Context, o *client.Operator, p *plan) (*ackFile, error) {
	if l.acks == "" {
		return nil, nil //nolint:nilnil // no file is no error
	}
	head := ackHead{
		Format: ackFormat, Target: l.target, Symbol: p.symbol.Name, Base: p.symbol.Base, Quote: p.symbol.Quote, Funds: p.funds, Accounts: p.accounts,
	}
	status, err := o.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the status: %w", err)
	}
	head.Journal = status.Journal
	if head.Sums, err = sumsOf(ctx, o, &head); err != nil {
		return nil, err
	}
	if head.Trades, err = lastTrades(ctx, o.Client); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(string(l.acks), os.O_WRONLY|os.O_CREATE|os.O_APPEND, ownerOnly)
	if err != nil {
		return nil, fmt.Errorf("open the file of acknowledgements: %w", err)
	}
	a := &ackFile{file: f}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() > 0:
		err = errors.New("it is not empty: acknowledgements need a new file")
	default:
		if err = f.Chmod(ownerOnly); err == nil { // it may have been there
			a.line(&head)
			err = a.err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.acks, errors.Join(err, f.Close()))
	}
	return a, nil
}

// line writes one line. After an error nothing more is written.
func (a *ackFile) line(v any) {
	b, err := json.Marshal(v)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil && err == nil {
		_, err = a.file.Write(append(b, '\n'))
	}
	if a.err == nil {
		a.err = err
	}
}

// put writes what is known of a request after its answer, unless it did not happen.
func (a *ackFile) put(q *request, answer *client.Order, err error) {
	v := ackLine{N: q.n, Kind: ackOrder, Account: q.account.Account, Symbol: q.order.Symbol, ID: q.cancel, ClientID: q.order.ClientID}
	if q.cancel != 0 {
		v.Kind = ackCancel
	}
	if err != nil {
		if client.Refused(err) || errors.Is(err, client.ErrNotSent) {
			return
		}
		v.Unknown, v.Side, v.Price, v.Quantity = err.Error(), q.order.Side, q.order.Price, q.order.Quantity
		a.line(&v)
		return
	}
	v.ID, v.Side, v.Price, v.Quantity = answer.ID, answer.Side, answer.Price, answer.Quantity
	v.Status, v.Executed = answer.Status, answer.Executed
	if v.ClientID = answer.ClientID; q.cancel != 0 {
		v.ClientID = answer.OrigID
	}
	for _, f := range answer.Fills {
		v.Trades = append(v.Trades, ackTrade{f.TradeID, f.Price, f.Quantity})
	}
	a.line(&v)
}

// close ends the file, and returns the first error of all.
func (a *ackFile) close() error {
	if err := errors.Join(a.err, a.file.Close()); err != nil {
		return fmt.Errorf("write the acknowledgements: %w", err)
	}
	return nil
}
