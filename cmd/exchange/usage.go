package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageError says that the command line makes no sense. It ends in exit code 2.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// misused returns a usageError that points to the help of cmd.
func misused(cmd *cobra.Command, err error) error {
	return &usageError{err, fmt.Sprintf("Run '%s --help' for usage.", cmd.CommandPath())}
}

// title is how a command is called behind the program's name.
func title(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// takes returns the rule that a command has exactly these arguments, none of them empty.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return misused(cmd, fmt.Errorf("%s: the argument %s is missing", title(cmd), strings.Join(names[len(args):], " ")))
		}
		if len(args) > len(names) {
			return misused(cmd, fmt.Errorf("%s: the argument %q is one too many", title(cmd), args[len(names)]))
		}
		for i, name := range names {
			if args[i] == "" {
				return misused(cmd, fmt.Errorf("%s: the argument %s is empty", title(cmd), name))
			}
		}
		return nil
	}
}

// group makes a command that only holds others.
func group(cmd *cobra.Command, members ...*cobra.Command) *cobra.Command {
	cmd.Args = knowsNoArguments
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		names := make([]string, len(members))
		for i, m := range members {
			names[i] = m.Name()
		}
		return misused(cmd, fmt.Errorf("%s: say which: %s", title(cmd), strings.Join(names, ", ")))
	}
	cmd.AddCommand(members...)
	return cmd
}

// knowsNoArguments is the rule of a command that holds others: an argument is
// the name of one it does not have.
func knowsNoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("%s has no command %q", cmd.Name(), args[0])
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 && args[0] != "" { // every name begins with nothing
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(like, " or "))
	}
	return misused(cmd, err)
}

// strictHelp makes the help of a command that is not there a mistake. As it comes
// it prints other help, and succeeds.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		panic(fmt.Sprintf("exchange: no command help: %v", err))
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil {
			return misused(root, err)
		}
		return knowsNoArguments(about, rest)
	}
}

// strictCompletion makes a shell that is not known, or an argument too many, a
// mistake like that of any other command.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(fmt.Sprintf("exchange: no command completion: %v", err))
	}
	shells := completion.Commands()
	for _, shell := range shells {
		shell.Args = takes()
	}
	completion.RemoveCommand(shells...)
	group(completion, shells...)
}
