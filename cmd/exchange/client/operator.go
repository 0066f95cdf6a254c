package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
)

// Operator makes the calls of whoever runs the exchange.
type Operator struct {
	Client *Client
	Token  string
}

// Status is where the exchange stands.
type Status struct {
	Seq        uint64 `json:"seq"`
	DurableSeq uint64 `json:"durable_seq"`
	Digest     string `json:"digest"`
	Journal    string `json:"journal"` // another one after a reset
	Epoch      uint64 `json:"epoch"`   // another one after a restart
}

// Balance is what an account has of an asset.
type Balance struct {
	Asset  string `json:"asset"`
	Free   string `json:"free"`
	Locked string `json:"locked"`
}

// operate sends a request with a JSON body, unless that is nil, and reads the
// answer.
func operate[T any](ctx context.Context, o *Operator, verb, path string, body any) (v T, err error) {
	r := request{token: o.Token}
	if body != nil {
		if r.body, err = json.Marshal(body); err != nil {
			return v, fmt.Errorf("write the body of %s: %w", path, err)
		}
	}
	answer, err := o.Client.send(ctx, verb, "/x/v1"+path, &r)
	if err != nil {
		return v, fmt.Errorf("%s /x/v1%s: %w", verb, path, err)
	}
	err = read(answer, "the answer to "+path, &v)
	return v, err
}

// Status returns where the exchange stands.
func (o *Operator) Status(ctx context.Context) (Status, error) {
	return operate[Status](ctx, o, http.MethodGet, "/status", nil)
}

// CreateAccount makes an account.
func (o *Operator) CreateAccount(ctx context.Context, name string) (int64, error) {
	type account struct {
		ID int64 `json:"account"`
	}
	body := map[string]string{}
	if name != "" {
		body["name"] = name
	}
	v, err := operate[account](ctx, o, http.MethodPost, "/accounts", body)
	return v.ID, err
}

// CreateKey makes a key that may read and trade.
func (o *Operator) CreateKey(ctx context.Context, account int64) (Key, error) {
	body := struct {
		Type        string   `json:"type"`
		Permissions []string `json:"permissions"`
	}{"hmac", []string{"read", "trade"}}
	return operate[Key](ctx, o, http.MethodPost, fmt.Sprintf("/accounts/%d/keys", account), body)
}

// Credit gives an account an amount. The transfer must be above the account's last.
func (o *Operator) Credit(ctx context.Context, account int64, asset, amount string, transfer int64) error {
	body := struct {
		Asset    string `json:"asset"`
		Amount   string `json:"amount"`
		Transfer int64  `json:"transfer"`
	}{asset, amount, transfer}
	_, err := operate[Balance](ctx, o, http.MethodPost, fmt.Sprintf("/accounts/%d/credit", account), body)
	return err
}

// Balances returns what an account has. Account 0 is that of the fees.
func (o *Operator) Balances(ctx context.Context, account int64) ([]Balance, error) {
	type holder struct {
		Balances []Balance `json:"balances"`
	}
	v, err := operate[holder](ctx, o, http.MethodGet, fmt.Sprintf("/accounts/%d", account), nil)
	return v.Balances, err
}
