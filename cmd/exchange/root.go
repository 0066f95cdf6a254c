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
		Args:          knowsNoArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(misused)
	root.AddCommand(
		newIngest(c),
		newReplay(c),
		newAudit(c),
		newJournal(c),
		newSnapshot(c),
		newVersion(c),
	)
	return root
}

const rootHelp = `An exchange in one binary.
`
