package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// ingestReport is what ingest tells. The keys of the JSON object are promised.
type ingestReport struct {
	flow.Result
	ParseSeconds      float64 `json:"parse_seconds"`
	Seconds           float64 `json:"seconds"`
	CommandsPerSecond float64 `json:"commands_per_second"`
	JournalBytes      int64   `json:"journal_bytes"`
	BytesPerCommand   float64 `json:"bytes_per_command"`
	SetupCommands     int     `json:"setup_commands"`
	FirstSeq          msg.Seq `json:"first_seq"`
	Seq               msg.Seq `json:"seq"`
	Digest            string  `json:"digest"`

	expects bool // the file says which fills it expects
}

func newIngestReport(d *drive, parsed time.Duration, expects bool) *ingestReport {
	r := &ingestReport{
		expects: expects,
		Result:  d.checker.Result(), ParseSeconds: parsed.Seconds(), Seconds: d.took.Seconds(), JournalBytes: d.journalBytes,
		SetupCommands: len(d.plan.Setup), FirstSeq: d.plan.FirstSeq, Seq: d.end.Seq, Digest: hexDigest(d.end.Digest),
	}
	if r.Commands > 0 {
		r.CommandsPerSecond = float64(r.Commands) / r.Seconds
		r.BytesPerCommand = float64(r.JournalBytes) / float64(r.Commands)
	}
	return r
}

// hexDigest is how a digest is written.
func hexDigest(digest uint64) string { return fmt.Sprintf("%016x", digest) }

// grouped writes a number with commas between thousands.
func grouped[T ~int | ~int64 | ~uint64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// verdict is an error if anything was not as recorded.
func (r *ingestReport) verdict() error {
	if r.OK() {
		return nil
	}
	text := "the setup was refused"
	if r.FillMismatches+r.BookMismatches > 0 {
		text = count(r.FillMismatches, "fill mismatch", "es") + " and " + count(r.BookMismatches, "book mismatch", "es")
	}
	if r.FirstMismatch != nil {
		text += "; the first: " + r.FirstMismatch.String()
	}
	return errors.New(text)
}

// count writes how many there are of something, and its plural with an ending.
func count[T ~int | ~int64 | ~uint64](n T, what, ending string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + ending
}

// print writes the report as text.
func (r *ingestReport) print(g *ingest, file string, config flow.Config) {
	line := func(name, format string, args ...any) {
		g.printf("  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	g.printf("%s: %s in %.3f s, %s a second\n", file, count(r.Commands, "command", "s"), r.Seconds, grouped(int(r.CommandsPerSecond)))
	line("symbol", "%s, tick %s, lot %s, %s", config.Symbol, config.Tick, config.Lot, count(config.Accounts, "account", "s"))
	line("events", "%s, %s, %s refused", grouped(r.Events), count(r.Trades, "trade", "s"), count(r.Rejects, "command", "s"))
	if r.expects {
		line("fills", "%s", outcome(r.FillMismatches))
	} else {
		line("fills", "not compared: the file does not say what it expects")
	}
	if g.books != "" {
		line("books", "%s compared, %s", grouped(r.BooksChecked), outcome(r.BookMismatches))
	}
	for _, u := range r.Uncross {
		if u.Price == nil {
			line("uncross", "nothing traded")
		} else {
			line("uncross", "%s × %s", u.Volume, *u.Price)
		}
	}
	line("journal", "%s, %.2f a command", count(r.JournalBytes, "byte", "s"), r.BytesPerCommand)
	line("digest", "%s after command %d", r.Digest, r.Seq)
	line("rows", "row 1 is command %d; %s before it set up the market", r.FirstSeq, count(r.SetupCommands, "command", "s"))
	if r.ReportSHA256 != "" {
		line("report", "SHA-256 %s", r.ReportSHA256)
	}
	for _, m := range r.firsts() {
		line("mismatch", "%s", m)
	}
	line("parsed", "in %.3f s", r.ParseSeconds)
	if g.data == "" {
		line("data", "removed; keep it with --data DIR")
	} else {
		line("data", "%s", g.data)
	}
}

// firsts returns the first mismatch of all, and the first of the other kind.
func (r *ingestReport) firsts() (all []*flow.Mismatch) {
	for _, m := range []*flow.Mismatch{r.FirstMismatch, r.FirstFillMismatch, r.FirstBookMismatch} {
		if m != nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// outcome says how a comparison went.
func outcome(mismatches int) string {
	if mismatches == 0 {
		return "all exact"
	}
	return count(mismatches, "mismatch", "es")
}
