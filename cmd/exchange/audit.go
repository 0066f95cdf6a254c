package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

const auditHelp = `audit executes every command of the journal again, from the first on and without
snapshots, and compares every event and the digest of every frame with what is
recorded. It takes no lock and changes nothing. The first difference is printed
with sequence, command, recorded and new events; then the exit code is 1.`

// auditReport is what audit tells. The keys of the JSON object are promised.
type auditReport struct {
	Commands    uint64      `json:"commands"`
	Frames      uint64      `json:"frames"`
	Differences uint64      `json:"differences"` // commands with other events, and frames with another digest
	First       *difference `json:"first_difference,omitempty"`

	Seq    msg.Seq `json:"seq"` // after the last command
	Digest string  `json:"digest"`
}

// difference is a command from which something else follows than is recorded, or
// a frame whose digest is another one.
type difference struct {
	Seq      msg.Seq  `json:"seq"`
	Frame    uint64   `json:"frame"`
	What     string   `json:"what"`
	Command  string   `json:"command"`
	Recorded []string `json:"recorded"`
	Executed []string `json:"executed"`
}

func newAudit(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:     "audit DIR",
		Short:   "Execute every command again and compare what follows with the journal",
		Long:    auditHelp,
		Example: "  exchange audit data",
		Args:    takes("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkDataDir(args[0]); err != nil {
				return err
			}
			r, err := audit(args[0], c)
			if err != nil {
				return err
			}
			if asJSON {
				err = c.json(r)
			} else {
				r.print(c)
			}
			return errors.Join(err, r.verdict())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// audit executes the whole journal of a data directory.
func audit(dir string, out *console) (r *auditReport, err error) {
	end, err := survey(dir, out.warn)
	if err != nil {
		return nil, err
	}
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Genesis: true, Warn: out.warn})
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	r = &auditReport{}
	bar := out.progress("audit")
	defer bar.end()
	frame := uint64(0)
	var got []msg.Event
	for {
		c, want, err := past.Next()
		if errors.Is(err, io.EOF) {
			r.Seq, r.Digest = past.Engine.Seq(), hexDigest(past.Engine.Digest())
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read after command %d: %w", past.Engine.Seq(), err)
		}
		if index := past.Frame(); index != frame {
			frame = index
			r.Frames++
			bar.of(int64(c.Seq), int64(end.seq))
		}
		r.Commands++
		if got, err = execute(past, c, got[:0]); err != nil && !r.diverged(c, err) {
			return nil, err
		}
		if !slices.Equal(got, want) {
			r.differs(&difference{Seq: c.Seq, Frame: frame, What: "events"}, c, want, got)
		}
	}
}

// execute decides a command anew. A panic of the engine is told like any other
// thing that was found out.
func execute(past *pipeline.Past, c *msg.Command, events []msg.Event) (got []msg.Event, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("command %d (%v) makes the engine panic: %v", c.Seq, c.Kind, v)
		}
	}()
	return past.Execute(events) //nolint:wrapcheck // it names frame and sequence
}

// diverged notes that a frame's digest is another one, if that is what err says.
func (r *auditReport) diverged(c *msg.Command, err error) bool {
	var d *pipeline.DivergedError
	if !errors.As(err, &d) {
		return false
	}
	r.Differences++
	if r.First == nil {
		r.First = &difference{
			Seq: c.Seq, Frame: d.Frame, What: "digest", Command: commandText(c),
			Recorded: []string{hexDigest(d.Want)}, Executed: []string{hexDigest(d.Got)},
		}
	}
	return true
}

// differs notes a command from which other events follow. It comes before the
// digest of its frame.
func (r *auditReport) differs(d *difference, c *msg.Command, want, got []msg.Event) {
	r.Differences++
	if r.First == nil || r.First.Seq == d.Seq {
		d.Command, d.Recorded, d.Executed = commandText(c), eventTexts(c, want), eventTexts(c, got)
		r.First = d
	}
}

// commandText writes a command as journal cat does.
func commandText(c *msg.Command) string {
	var l transactionLine
	return strings.TrimSuffix(string(l.transaction(c, nil)), "\n")
}

// eventTexts writes the events of a command as journal cat does.
func eventTexts(c *msg.Command, events []msg.Event) []string {
	var l transactionLine
	lines := strings.Split(strings.TrimSuffix(string(l.transaction(c, events)), "\n"), "\n")
	return lines[1:]
}

// verdict is an error if anything differed.
func (r *auditReport) verdict() error {
	if r.Differences == 0 {
		return nil
	}
	return fmt.Errorf("%s; the first: %s of command %d in frame %d",
		count(r.Differences, "difference", "s"), r.First.What, r.First.Seq, r.First.Frame)
}

func (r *auditReport) print(c *console) {
	c.printf("%s in %s executed again: ", count(r.Commands, "command", "s"), count(r.Frames, "frame", "s"))
	if r.First == nil {
		c.printf("every event and every digest is as recorded\ndigest %s after command %d\n", r.Digest, r.Seq)
		return
	}
	c.printf("%s\nthe first, in the %s of command %d:\n  %s\n", count(r.Differences, "difference", "s"), r.First.What, r.First.Seq, r.First.Command)
	for _, part := range []struct {
		name  string
		lines []string
	}{{"recorded", r.First.Recorded}, {"executed", r.First.Executed}} {
		for _, line := range part.lines {
			c.printf("  %s  %s\n", part.name, line)
		}
	}
}
