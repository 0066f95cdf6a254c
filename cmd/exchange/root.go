package main

import (
	"github.com/spf13/cobra"
)

// newRoot returns the command line.
func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:           "exchange",
		Short:         "An exchange in one binary: matching engine, journal, market views",
		Long:          rootHelp,
		Example:       rootExample,
		Args:          knowsNoArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(*cobra.Command, []string) error { return runTour(c) },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(misused)
	root.AddCommand(
		newServe(c),
		newIngest(c),
		newReplay(c),
		newDebug(c),
		newExplain(c),
		newDiff(c),
		newWhatif(c),
		newAudit(c),
		newJournal(c),
		newSnapshot(c),
		newViewsCommand(c),
		newCopy(c),
		newWS(c),
		newLoad(c),
		newWatch(c),
		newVersion(c),
	)
	strictHelp(root)
	strictCompletion(root)
	return root
}

const rootHelp = `An exchange in one binary: a deterministic matching engine with accounts, a
compressed journal that is synced before anything is visible, snapshots, and market
views that are folds of the journal. serve runs it for traders, over HTTP and
websockets; ingest drives recorded order flow through it at full speed; other commands
look at what these left on disk. Without a command a short tour runs and says what to
type next.

DIR is everywhere a data directory:

  DIR/journal/    every command and event, in segments; the truth
  DIR/snapshot/   the state at some sequence, so that a restart replays less
  DIR/LOCK        held by whoever writes; the commands that only read need no lock,
                  change nothing, and may be used beside a running exchange
  DIR/keys.json   the API keys of traders, with their secrets
  DIR/admin.token the operator's token, unless the environment has it
  DIR/demo.json   the accounts of the simulated traders of serve --demo
  DIR/ballast/    room on the disk that serve has taken in advance, for when it is full
  DIR/crash       a line for each command that made the program panic

Exit codes:

  0  done, and all is as it should be
  1  failed, or something is not as recorded; one line on stderr says what
  2  the command line makes no sense

Results go to stdout, with --json as one JSON object; warnings, errors and progress
bars go to stderr, the bars only if that is a terminal. Prices, quantities and amounts
are decimals, times are nanoseconds, sequences number the commands from 1.`

const rootExample = `  exchange                                         a first tour
  exchange serve --demo                            a market to watch and to trade on
  exchange watch BTCUSDT                           see it in the terminal
  exchange load --acks acks --for 30s              trade on it, and write down the answers
  exchange ingest day.csv --data day               drive a recorded flow, keep the journal
  exchange ingest day.csv --books books.csv --json
  exchange replay day --print book,balances        the state in the end
  exchange replay day --to 5000 --print book       the state after command 5000
  exchange audit day                               execute everything again and compare
  exchange debug day                               step through it, forward and back
  exchange explain day --order 42                  the life of one order
  exchange diff day --set "symbol FLOWUSD taker=0" what another fee would have meant
  exchange whatif day --at 100 --edit drop         the day without one command
  exchange views build day volume-profile          a view over the whole past
  exchange journal verify day                      check every byte
  exchange journal cat day --from 100 --to 120     see commands and events
  exchange journal export day --what trades        rows for pandas or DuckDB
  exchange snapshot ls day
  exchange copy data backup                        a consistent copy, also while it runs`
