package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// known is what is known of a workload from elsewhere.
type known struct {
	Digest, SHA256                string // of the latter the first eight bytes
	Trades                        uint64
	Levels, Crossing              int
	MinResting, MaxResting        int
	Adds, Cancels, IOCs, Replaces string // per cent of the commands
}

func TestKnown(t *testing.T) {
	for _, c := range []struct {
		params   Params
		want     known
		crossing bool // whether it is known how many adds cross
	}{
		{Std(), known{
			Digest: "66d8a7ece1e50b0a", SHA256: "5ef7e64e1863ff96", Trades: 346_736, Levels: 97, Crossing: 21_345,
			MinResting: 4_552, MaxResting: 5_003, Adds: "50.0", Cancels: "40.1", IOCs: "7.9", Replaces: "2.0",
		}, true},
		{Std100k(), known{
			Digest: "fcc49b0fe546c462", SHA256: "7d8b459e24d0564b", Trades: 281_231, Levels: 1_359,
			MinResting: 96_640, MaxResting: 100_005, Adds: "48.9", Cancels: "41.2", IOCs: "7.9", Replaces: "1.9",
		}, false},
		{Big1(), known{
			Digest: "34d754799f8f3e93", SHA256: "ced1b07a5bc6d8f4", Trades: 243_741, Levels: 7_905,
			MinResting: 981_793, MaxResting: 1_000_008, Adds: "47.8", Cancels: "42.2", IOCs: "7.9", Replaces: "2.0",
		}, false},
		{Sym1k(), known{
			Digest: "afc727686f999484", SHA256: "a0ad84c154acad7e", Trades: 312_510, Levels: 82_582,
			MinResting: 976_684, MaxResting: 1_000_006, Adds: "48.5", Cancels: "41.6", IOCs: "7.9", Replaces: "2.0",
		}, false},
	} {
		t.Run(c.params.Name, func(t *testing.T) {
			long(t, &c.params)
			f := Generate(c.params)
			got := about(t, f)
			if !c.crossing {
				c.want.Crossing = got.Crossing
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("drawn (want -, got +)\n%s", diff)
			}
		})
	}
}

// long skips workloads other than std in the short form.
func long(t *testing.T, p *Params) {
	t.Helper()
	if p.Name != Std().Name && os.Getenv("EXCHANGE_LONG") == "" {
		t.Skip("EXCHANGE_LONG is not set")
	}
}

func about(t *testing.T, f *Flow) known {
	t.Helper()
	h := sha256.New()
	if err := f.Write(h); err != nil {
		t.Fatal(err)
	}
	percent := func(n int) string { return fmt.Sprintf("%.1f", 100*float64(n)/float64(f.Params.Timed)) }
	if f.Outcome.Refused != 0 {
		t.Errorf("%d refusals", f.Outcome.Refused)
	}
	return known{
		Digest: fmt.Sprintf("%016x", f.Outcome.Digest), SHA256: hex.EncodeToString(h.Sum(nil)[:8]),
		Trades: f.Outcome.Trades, Levels: f.Levels, Crossing: f.Crossing, MinResting: f.MinResting, MaxResting: f.MaxResting,
		Adds: percent(f.Adds), Cancels: percent(f.Cancels), IOCs: percent(f.IOCs), Replaces: percent(2 * f.Replaces),
	}
}

// TestRecords checks what a flow says of itself: ids dense from 1, cancels of
// orders that have come, nothing but adds before the timed commands.
func TestRecords(t *testing.T) {
	p := Std()
	p.Timed, p.Symbols = 100_000, 7
	f := Generate(p)
	if f.Prefill != p.Target || len(f.Records) != p.Target+p.Timed {
		t.Fatalf("%d of %d records before the timed ones, want %d of %d", f.Prefill, len(f.Records), p.Target, p.Target+p.Timed)
	}
	newest, gone := uint64(0), make(map[uint64]bool)
	for i := range f.Records {
		r := &f.Records[i]
		switch {
		case r.Type == Cancel && (r.ID == 0 || r.ID > newest || gone[r.ID]):
			t.Fatalf("record %d cancels order %d, of %d orders", i, r.ID, newest)
		case r.Type == Cancel:
			gone[r.ID] = true
		case r.ID != newest+1:
			t.Fatalf("record %d brings order %d after %d", i, r.ID, newest)
		case r.Type != Add && i < f.Prefill:
			t.Fatalf("record %d of the prefill is of type %d", i, r.Type)
		default:
			newest = r.ID
		}
		if r.Qty == 0 || int(r.Symbol) >= p.Symbols {
			t.Fatalf("record %d: %+v", i, r)
		}
	}
	if newest != f.MaxID {
		t.Errorf("the last order is %d, not %d", newest, f.MaxID)
	}
}

func TestFind(t *testing.T) {
	for _, p := range []Params{Std(), Std100k(), Big1(), Sym1k()} {
		if got, err := Find(p.Name); err != nil || got != p {
			t.Errorf("found %+v, %v; want %+v", got, err, p)
		}
	}
	if _, err := Find("nothing"); err == nil {
		t.Error("there is a workload called nothing")
	}
}
