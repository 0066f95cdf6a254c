package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// clock writes a time in nanoseconds as a date and a time of day.
func clock(nanos int64) string { return time.Unix(0, nanos).UTC().Format(time.RFC3339Nano) }

const journalVerifyHelp = `verify reads every byte of the journal and believes none: checksums, payloads, the
chain of hashes from frame to frame, and the end that the file POSITION promises.
The snapshots beside it are read too, against their checksums; snapshot verify also
restores them. It takes no lock and changes nothing. What is wrong is told with file,
offset and the first sequence that cannot be read for it, of a snapshot with its own;
then the exit code is 1.

After a crash the last frame may be torn. A bit that rots there before the next start
looks the same, so it is told as a torn tail and not as damage. The next start cuts a
torn tail; before that it keeps the original as SEGMENT.broken-N.`

// verification is what verify tells. The keys of the JSON object are promised.
type verification struct {
	Frames   uint64  `json:"frames"`
	Commands uint64  `json:"commands"`
	Events   uint64  `json:"events"`
	FirstSeq uint64  `json:"first_seq"`
	LastSeq  uint64  `json:"last_seq"`
	Bytes    int64   `json:"bytes"`
	OK       bool    `json:"ok"`
	Journal  string  `json:"journal"`
	Epoch    uint64  `json:"epoch"`
	Segments int     `json:"segments"`
	Clean    bool    `json:"clean"`          // it was closed
	Torn     string  `json:"torn,omitempty"` // why what lies after the last frame is none
	Error    *damage `json:"error,omitempty"`
}

// damage is a place in a journal and what is wrong there.
type damage struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Seq    uint64 `json:"seq"`
	Reason string `json:"reason"`
}

func newJournalVerify(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Read every byte and say whether all is whole",
		Long:  journalVerifyHelp,
		Args:  takes("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkDataDir(args[0]); err != nil {
				return err
			}
			return verifyJournal(c, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func verifyJournal(c *console, dir string, asJSON bool) error {
	bar := c.progress("verify")
	report, err := journal.Verify(pipeline.JournalDir(dir), bar.of)
	bar.end()
	if err == nil {
		err = readSnapshots(pipeline.SnapshotDir(dir))
	}
	v := verification{
		Frames: report.Frames, Commands: report.Commands, Events: report.Events, FirstSeq: report.FirstSeq, LastSeq: report.LastSeq,
		Bytes: report.Bytes, OK: err == nil, Journal: report.ID.String(), Epoch: report.Epoch, Segments: len(report.Segments),
		Clean: report.Clean, Torn: report.Torn, Error: damageOf(err),
	}
	if asJSON {
		return errors.Join(c.json(&v), err)
	}
	if err != nil && v.Frames == 0 {
		return err //nolint:wrapcheck // it names the file
	}
	c.printf("%s, %s, %s, %s in %s\n", count(v.Frames, "frame", "s"), count(v.Commands, "command", "s"),
		count(v.Events, "event", "s"), count(v.Bytes, "byte", "s"), count(v.Segments, "segment", "s"))
	if v.Frames > 0 {
		c.printf("commands %d to %d\n", v.FirstSeq, v.LastSeq)
	}
	switch {
	case err != nil:
		return err //nolint:wrapcheck // it names the file
	case v.Torn != "":
		c.printf("what follows is no frame, it is being written or a crash tore it: %s\n", v.Torn)
	case !v.Clean:
		c.printf("it is open, or a crash ended it between two frames\n")
	}
	c.printf("ok\n")
	return nil
}

// readSnapshots reads every byte of the snapshots, and returns what is wrong with the
// newest that is damaged.
func readSnapshots(dir string) error {
	infos, err := snapshot.List(vfs.OS(), dir)
	if err != nil {
		return fmt.Errorf("verify snapshots: %w", err)
	}
	for _, info := range infos {
		_, err := snapshot.Verify(vfs.OS(), info.Path)
		if corrupt, ok := errors.AsType[*snapshot.CorruptError](err); ok {
			return &journal.CorruptError{File: corrupt.File, Offset: corrupt.Offset, Seq: info.Seq, Reason: "snapshot: " + corrupt.Reason}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a running exchange removes old ones
			return fmt.Errorf("verify snapshots: %w", err)
		}
	}
	return nil
}

// damageOf returns the place that an error names, or its text alone.
func damageOf(err error) *damage {
	if err == nil {
		return nil
	}
	if corrupt, ok := errors.AsType[*journal.CorruptError](err); ok {
		return &damage{corrupt.File, corrupt.Offset, corrupt.Seq, corrupt.Reason}
	}
	return &damage{Reason: oneLine(err)}
}
