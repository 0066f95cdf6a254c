package main

import (
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// reportOf runs diff or whatif with --json, whatever the exit code.
func reportOf(t *testing.T, args ...string) *diffReport {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "exchange", append(args, "--json")...) // testscript has put it into PATH
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("exchange %v: %v", args, err)
	}
	var r struct {
		diffReport
		First *struct {
			What string `json:"what"`
		} `json:"first"`
		Edits []json.RawMessage `json:"edits"`
		Then  json.RawMessage   `json:"then"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("exchange %v: %v", args, err)
	}
	return &r.diffReport
}

// gains sums up by how much profits differ.
func gains(t *testing.T, r *diffReport) *big.Rat {
	t.Helper()
	sum := new(big.Rat)
	for _, a := range r.Outcome.Accounts {
		sum.Add(sum, lotsOf(t, a.Gain))
	}
	return sum
}

// TestLookBackAtTheDay looks back at a recorded day: nothing differs when it is executed
// again; under another fee, and without one of its orders, what some lose others gain.
func TestLookBackAtTheDay(t *testing.T) {
	file, dir := recorded(t, "sse_600519/orders.csv.zst"), t.TempDir()
	day := ingestJSON(t, file, "--data", dir, "--accounts", "20")
	if r := reportOf(t, "diff", dir); !r.Same || r.Compared != uint64(day.Seq) {
		t.Errorf("executed again: same %v, %d compared, want %d", r.Same, r.Compared, day.Seq)
	}
	fee := reportOf(t, "diff", dir, "--set", "symbol FLOWUSD taker=0")
	if fee.Same || fee.Outcome.Fills != [2]uint64{uint64(day.Trades), uint64(day.Trades)} || len(fee.Outcome.Accounts) < 20 {
		t.Errorf("without the taker's fee: same %v, fills %v of %d, %d accounts", fee.Same, fee.Outcome.Fills, day.Trades, len(fee.Outcome.Accounts))
	}
	if sum := gains(t, fee); sum.Sign() != 0 {
		t.Errorf("without the taker's fee all together gain %s", sum.FloatString(8))
	}
	if first := fee.Outcome.Accounts[0]; first.Account != 0 || first.Gain[0] != '-' {
		t.Errorf("the largest loss of fees is that of account %d, %s", first.Account, first.Gain)
	}
	without := reportOf(t, "whatif", dir, "--at", strconv.FormatInt(int64(day.FirstSeq)+5_000, 10), "--edit", "drop")
	if without.Same {
		t.Error("a day without one of its commands is the same")
	} else if sum := gains(t, without); sum.Sign() != 0 {
		t.Errorf("without one command all together gain %s", sum.FloatString(8))
	}
}
