package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// The roles of traders. They stand in the state file.
const (
	roleMaker   = "maker"
	roleTaker   = "taker"
	roleVisitor = "visitor"
)

// roles are those of the members, in their order.
func roles() []string {
	return []string{roleMaker, roleMaker, roleTaker, roleTaker, roleVisitor}
}

// fundWorth is what a trader is given of each asset, in the unit of values.
const fundWorth = 20_000_000

// errToken says that the exchange does not take the operator's token.
var errToken = errors.New("the exchange does not accept the operator's token")

// member is a trader's account.
type member struct {
	Role    string     `json:"role"`
	Account int64      `json:"account"`
	Key     client.Key `json:"key"`
}

// troupe are the traders' accounts. They belong to one journal.
type troupe struct {
	operator client.Operator
	file     string
	log      *slog.Logger

	Journal string
	members []member

	mu       sync.Mutex
	transfer int64 // the last one
}

// saved is what the state file holds.
type saved struct {
	Journal string   `json:"journal"`
	Members []member `json:"members"`
}

// assemble makes the accounts, or takes those that are there.
func (t *troupe) assemble(ctx context.Context, markets []market, v *values) error {
	status, err := t.operator.Status(ctx)
	if err != nil {
		return operatorError(err)
	}
	if t.Journal == "" {
		if err := t.load(); err != nil {
			return err
		}
	}
	if t.Journal == status.Journal && len(t.members) == len(roles()) {
		if err := t.clear(ctx, markets); !client.Unauthorized(err) {
			return err
		}
	}
	t.Journal, t.members = status.Journal, nil
	for _, role := range roles() {
		m, err := t.join(ctx, role, markets, v)
		if err != nil {
			return err
		}
		t.members = append(t.members, m)
	}
	t.log.Info("demo: traders have joined", "accounts", len(t.members), "symbols", len(markets))
	return t.save()
}

func operatorError(err error) error {
	if client.Unauthorized(err) {
		return fmt.Errorf("%w: %w", errToken, err)
	}
	return err
}

// join makes an account with a key and funds.
func (t *troupe) join(ctx context.Context, role string, markets []market, v *values) (member, error) {
	m := member{Role: role}
	var err error
	if m.Account, err = t.operator.CreateAccount(ctx, "demo-"+role); err != nil {
		return m, operatorError(err)
	}
	if m.Key, err = t.operator.CreateKey(ctx, m.Account); err != nil {
		return m, operatorError(err)
	}
	funded := make(map[string]bool)
	for i := range markets {
		for _, asset := range []string{markets[i].base, markets[i].quote} {
			if funded[asset] {
				continue
			}
			funded[asset] = true
			if err := t.fund(ctx, m.Account, asset, v); err != nil {
				return m, err
			}
		}
	}
	return m, nil
}

// fund gives an account some of an asset.
func (t *troupe) fund(ctx context.Context, account int64, asset string, v *values) error {
	amount := strconv.FormatInt(max(1, int64(fundWorth/v.worth(asset))), 10)
	return operatorError(t.operator.Credit(ctx, account, asset, amount, t.nextTransfer()))
}

// nextTransfer returns a number that no credit has had: times never fall, also
// over restarts.
func (t *troupe) nextTransfer() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.transfer = max(t.transfer+1, time.Now().UnixNano())
	return t.transfer
}

// clear cancels what the accounts left open.
func (t *troupe) clear(ctx context.Context, markets []market) error {
	for i := range t.members {
		a := client.Account{Via: t.operator.Client, Key: t.members[i].Key}
		for k := range markets {
			err := a.CancelAll(ctx, markets[k].symbol)
			// An exchange that has just started takes nothing stamped before.
			for tries := 0; tries < 10 && client.Code(err) == client.CodeTime && sleep(ctx, retryFirst); tries++ {
				err = a.CancelAll(ctx, markets[k].symbol)
			}
			if err != nil && client.Code(err) != client.CodeCancelRefused {
				return fmt.Errorf("cancel what is open: %w", err)
			}
		}
	}
	return nil
}

// load reads the state file, if there is one.
func (t *troupe) load() error {
	if t.file == "" {
		return nil
	}
	b, err := os.ReadFile(t.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the traders' accounts: %w", err)
	}
	var s saved
	if err := json.Unmarshal(b, &s); err != nil {
		t.log.Warn("demo: the file of accounts cannot be read and is made anew", "file", t.file, "error", err)
		return nil
	}
	t.Journal, t.members = s.Journal, s.Members
	return nil
}

// save writes the state file, which only its owner may read.
func (t *troupe) save() error {
	if t.file == "" {
		return nil
	}
	b, err := json.MarshalIndent(saved{t.Journal, t.members}, "", "  ")
	if err != nil {
		return fmt.Errorf("write the traders' accounts: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(t.file), filepath.Base(t.file)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write the traders' accounts: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), t.file)
	}
	if err != nil {
		return fmt.Errorf("write the traders' accounts: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
