package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

const journalListHelp = `ls lists the segments of the journal, and what journal and snapshots take on the disk.
With --retain it says what serve --retain would remove after its next snapshot, as far
as the snapshots that are there now allow it.`

// journalList is the command ls with its flags.
type journalList struct {
	*console
	retain retainFlag
	keep   pipeline.Retention
	asJSON bool
}

func newJournalList(c *console) *cobra.Command {
	l := &journalList{console: c}
	l.retain.to = &l.keep
	cmd := &cobra.Command{
		Use:     "ls DIR",
		Short:   "List the segments with their sequences and times, and the disk use",
		Long:    journalListHelp,
		Example: "  exchange journal ls data\n  exchange journal ls data --retain 30d --json",
		Args:    takes("DIR"),
		RunE:    func(_ *cobra.Command, args []string) error { return l.run(args[0]) },
	}
	f := cmd.Flags()
	f.Var(&l.retain, "retain", "what to keep: all, a duration (30d), a size (10GiB), or a number of commands (1000000commands)")
	f.BoolVar(&l.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (l *journalList) run(dir string) error {
	if err := checkDataDir(dir); err != nil {
		return err
	}
	segments, err := journal.List(pipeline.JournalDir(dir))
	list := segmentsJSON(segments)
	disk, derr := l.measure(dir, segments)
	if derr == nil {
		list.Disk = disk
	}
	err = errors.Join(err, derr)
	if l.asJSON {
		return errors.Join(l.json(list), err)
	}
	printSegments(l.console, segments)
	if derr == nil && disk.Segments > 0 {
		disk.print(l.console, l.retain.text)
	}
	return err //nolint:wrapcheck // it names the file
}

// journalSegment is a segment as journal ls tells it. The keys are promised.
type journalSegment struct {
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`
	Frames    uint64 `json:"frames"`
	FirstSeq  uint64 `json:"first_seq"`
	LastSeq   uint64 `json:"last_seq"`
	FirstTime int64  `json:"first_time"`
	LastTime  int64  `json:"last_time"`
}

// segmentList is the JSON object of journal ls. The keys are promised.
type segmentList struct {
	Segments []journalSegment `json:"segments"`
	Disk     *diskUse         `json:"disk,omitempty"`
}

// diskUse is what a data directory takes, and what a retention would free of it.
type diskUse struct {
	Segments      int      `json:"segments"`
	Bytes         int64    `json:"bytes"` // of the segments
	Commands      uint64   `json:"commands"`
	PerCommand    float64  `json:"bytes_per_command"`
	Snapshots     int      `json:"snapshots"`
	SnapshotBytes int64    `json:"snapshot_bytes"`
	Retain        *freeing `json:"retain,omitempty"`
}

// freeing is what a retention would remove.
type freeing struct {
	Segments int     `json:"segments"`
	Bytes    int64   `json:"bytes"`
	Oldest   msg.Seq `json:"oldest_seq"` // the first command that would be kept
}

// measure adds up what is on the disk.
func (l *journalList) measure(dir string, segments []journal.SegmentInfo) (*diskUse, error) {
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	d := &diskUse{Segments: len(segments), Snapshots: len(infos)}
	for _, info := range infos {
		d.SnapshotBytes += info.Bytes
	}
	var starts []journal.SegmentStart
	var end msg.Seq
	var now int64
	for i := range segments {
		s := &segments[i]
		starts = append(starts, journal.SegmentStart{Name: s.Name, Bytes: s.Bytes, FirstSeq: s.FirstSeq, FirstTime: s.FirstTime})
		d.Bytes += s.Bytes
		if s.Frames > 0 {
			d.Commands += s.LastSeq - s.FirstSeq + 1
			end, now = msg.Seq(s.LastSeq), s.LastTime
		}
	}
	if d.Commands > 0 {
		d.PerCommand = float64(d.Bytes) / float64(d.Commands)
	}
	if l.retain.text == "" || len(segments) == 0 {
		return d, nil
	}
	var oldest msg.Seq
	if len(infos) >= snapshot.Keep {
		oldest = msg.Seq(infos[snapshot.Keep-1].Seq)
	}
	d.Retain = &freeing{Segments: l.keep.Excess(starts, end, now, oldest)}
	for _, s := range starts[:d.Retain.Segments] {
		d.Retain.Bytes += s.Bytes
	}
	d.Retain.Oldest = msg.Seq(starts[d.Retain.Segments].FirstSeq)
	return d, nil
}

func (d *diskUse) print(c *console, retain string) {
	c.printf("disk  %s in %s", count(d.Bytes, "byte", "s"), count(d.Segments, "segment", "s"))
	if d.Commands > 0 {
		c.printf(", %.2f a command", d.PerCommand)
	}
	c.printf("; %s in %s\n", count(d.SnapshotBytes, "byte", "s"), count(d.Snapshots, "snapshot", "s"))
	if d.Retain == nil {
		return
	}
	what := fmt.Sprintf("%s of %s", count(d.Retain.Bytes, "byte", "s"), count(d.Retain.Segments, "segment", "s"))
	if d.Retain.Segments == 0 {
		what = "nothing"
	}
	c.printf("--retain %s would free %s; the first command is then %d\n", retain, what, d.Retain.Oldest)
}

func segmentsJSON(segments []journal.SegmentInfo) *segmentList {
	l := &segmentList{Segments: make([]journalSegment, len(segments))}
	for i := range segments {
		l.Segments[i] = journalSegment(segments[i])
	}
	return l
}

func printSegments(c *console, segments []journal.SegmentInfo) {
	if len(segments) == 0 {
		return
	}
	t := c.table("SEGMENT\tBYTES\tFRAMES\tSEQUENCES\tTIMES")
	total := journal.SegmentInfo{Name: "total"}
	for i := range segments {
		s := &segments[i]
		printSegment(t, s)
		if s.Frames == 0 {
			continue
		}
		if total.Frames == 0 {
			total.FirstSeq, total.FirstTime = s.FirstSeq, s.FirstTime
		}
		total.Bytes, total.Frames = total.Bytes+s.Bytes, total.Frames+s.Frames
		total.LastSeq, total.LastTime = s.LastSeq, s.LastTime
	}
	printSegment(t, &total)
	t.end()
}

func printSegment(t table, s *journal.SegmentInfo) {
	if s.Frames == 0 {
		t.row("%s\t0\t0\tnone\tnone", s.Name)
		return
	}
	t.row("%s\t%d\t%d\t%d to %d\t%s to %s", s.Name, s.Bytes, s.Frames, s.FirstSeq, s.LastSeq, clock(s.FirstTime), clock(s.LastTime))
}
