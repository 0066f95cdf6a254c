package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// versions is what version tells.
type versions struct {
	Version    string `json:"version"`
	Commit     string `json:"commit"`
	Modified   bool   `json:"modified"` // the files differed from the commit
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	Journal    int    `json:"journal_format"`
	Snapshot   int    `json:"snapshot_format"`
	State      int    `json:"state_format"`
	Encoding   int    `json:"encoding"`
	Derivation int    `json:"derivation"`
}

func newVersions() *versions {
	v := &versions{
		Version: "unknown", Commit: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Journal: journal.FormatVersion, Snapshot: snapshot.FormatVersion, State: engine.StateVersion, Encoding: msg.Version, Derivation: engine.Derivation,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func newVersion(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go and the versions of the formats",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			v := newVersions()
			if asJSON {
				return c.json(v)
			}
			modified := ""
			if v.Modified {
				modified = ", modified"
			}
			c.printf("exchange %s, commit %s%s\n%s %s\n", v.Version, v.Commit, modified, v.Go, v.Platform)
			c.printf("formats: journal %d, snapshot %d, state %d, encoding %d, derivation %d\n",
				v.Journal, v.Snapshot, v.State, v.Encoding, v.Derivation)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
