package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/marketview"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

func newSnapshot(c *console) *cobra.Command {
	return group(&cobra.Command{
		Use:   "snapshot",
		Short: "Look at the snapshots of a data directory, verify them, take one",
	}, newSnapshotList(c), newSnapshotVerify(c), newSnapshotTake(c))
}

// listSnapshots returns the snapshots of a data directory, newest first, and the
// journal that they should belong to.
func listSnapshots(dir string) ([]snapshot.Info, journal.ID, error) {
	id, err := journalID(dir)
	if err != nil {
		return nil, id, err
	}
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	return infos, id, err //nolint:wrapcheck // it says what it did
}

// journalID returns the identity of the journal of a data directory.
func journalID(dir string) (journal.ID, error) {
	if err := checkDataDir(dir); err != nil {
		return journal.ID{}, err
	}
	r, err := journal.OpenReader(pipeline.JournalDir(dir), journal.ReaderOptions{})
	if err != nil {
		return journal.ID{}, err //nolint:wrapcheck // it names the file
	}
	if err := r.Close(); err != nil {
		return journal.ID{}, fmt.Errorf("close the journal: %w", err)
	}
	return r.ID(), nil
}

func newSnapshotList(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "ls DIR",
		Short: "List the snapshots, newest first",
		Args:  takes("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			infos, _, err := listSnapshots(args[0])
			if err != nil {
				return err
			}
			list := listed(infos)
			if asJSON {
				return c.json(list)
			}
			list.print(c)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// snapshotList is what ls tells. The keys of the JSON object are promised.
type snapshotList struct {
	Snapshots []listedSnapshot `json:"snapshots"` // newest first
}

// listedSnapshot is a snapshot as its header tells of it.
type listedSnapshot struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Seq    uint64 `json:"seq"`
	Time   int64  `json:"time,omitempty"`
	Digest string `json:"digest,omitempty"`
	Error  string `json:"error,omitempty"` // why the header cannot be read
}

// listed reads the headers of snapshots.
func listed(infos []snapshot.Info) *snapshotList {
	l := &snapshotList{Snapshots: make([]listedSnapshot, len(infos))}
	for i, info := range infos {
		s := &l.Snapshots[i]
		*s = listedSnapshot{Name: info.Name, Bytes: info.Bytes, Seq: info.Seq}
		m, err := snapshot.ReadMeta(vfs.OS(), info.Path)
		if err != nil {
			s.Error = oneLine(err)
			continue
		}
		s.Time, s.Digest = m.Time, hexDigest(m.Digest)
	}
	return l
}

func (l *snapshotList) print(c *console) {
	if len(l.Snapshots) == 0 {
		return
	}
	t := c.table("SNAPSHOT\tBYTES\tSEQUENCE\tTIME\tDIGEST")
	for i := range l.Snapshots {
		s, moment := &l.Snapshots[i], "unreadable"
		if s.Error == "" {
			moment = clock(s.Time)
		}
		t.row("%s\t%d\t%d\t%s\t%s", s.Name, s.Bytes, s.Seq, moment, s.Digest)
	}
	t.end()
}

const snapshotVerifyHelp = `verify reads every snapshot whole, restores engine and views from it, and compares
the digest of the state with the recorded one, the views with the engine. It takes
no lock and changes nothing. If anything is wrong the exit code is 1; the exchange
itself would pass over such a snapshot and replay more of the journal.`

// snapshotVerdict is what verify tells of a snapshot.
type snapshotVerdict struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Seq    uint64 `json:"seq"`
	Digest string `json:"digest,omitempty"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
}

func newSnapshotVerify(c *console) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Read every snapshot, restore its state and compare the digest",
		Long:  snapshotVerifyHelp,
		Args:  takes("DIR"),
		RunE:  func(_ *cobra.Command, args []string) error { return verifySnapshots(c, args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func verifySnapshots(c *console, dir string, asJSON bool) error {
	infos, id, err := listSnapshots(dir)
	if err != nil {
		return err
	}
	verdicts := []snapshotVerdict{}
	var first error
	bad := 0
	for _, info := range infos {
		v := snapshotVerdict{Name: info.Name, Bytes: info.Bytes, Seq: info.Seq}
		digest, err := verifySnapshot(info.Path, id)
		if v.OK = err == nil; v.OK {
			v.Digest = hexDigest(digest)
		} else {
			v.Error = oneLine(err)
			if bad++; bad == 1 {
				first = err
			}
		}
		verdicts = append(verdicts, v)
	}
	if asJSON {
		err = c.json(map[string]any{"snapshots": verdicts, "ok": bad == 0})
	} else {
		printVerdicts(c, verdicts)
	}
	if bad > 1 {
		first = fmt.Errorf("%d of %d snapshots are not good; the first: %w", bad, len(infos), first)
	}
	return errors.Join(err, first)
}

func printVerdicts(c *console, verdicts []snapshotVerdict) {
	if len(verdicts) == 0 {
		c.printf("no snapshots\n")
	}
	for i := range verdicts {
		v := &verdicts[i]
		if v.OK {
			c.printf("%s  %s bytes  digest %s  ok\n", v.Name, grouped(v.Bytes), v.Digest)
		} else {
			c.printf("%s  %s bytes  %s\n", v.Name, grouped(v.Bytes), v.Error)
		}
	}
}

// verifySnapshot reads a snapshot, restores what it holds and returns the digest.
func verifySnapshot(path string, id journal.ID) (uint64, error) {
	s, err := snapshot.Read(vfs.OS(), path)
	if err != nil {
		return 0, err //nolint:wrapcheck // it names file and offset
	}
	if s.Journal != [16]byte(id) {
		return 0, fmt.Errorf("%s belongs to journal %v, not to %v", path, journal.ID(s.Journal), id)
	}
	section, ok := s.Section("engine")
	if !ok {
		return 0, fmt.Errorf("%s has no section engine", path)
	}
	e, err := engine.Restore(section.Data, engine.Capacity{})
	if err != nil {
		return 0, fmt.Errorf("restore the engine of %s: %w", path, err)
	}
	if e.Digest() != s.Digest || uint64(e.Seq()) != s.Seq {
		return 0, fmt.Errorf("%s restores to command %d with digest %s, not %d with %s", path, e.Seq(), hexDigest(e.Digest()), s.Seq, hexDigest(s.Digest))
	}
	if err := e.Check(); err != nil {
		return 0, fmt.Errorf("check the engine of %s: %w", path, err)
	}
	return e.Digest(), verifySections(path, s, e)
}

// verifySections restores the views, if the snapshot has them, and compares them
// with the engine.
func verifySections(path string, s *snapshot.Snapshot, e *engine.Engine) error {
	if len(s.Sections) == 1 {
		return nil
	}
	v := marketview.New(marketview.Limits{})
	sections := v.Sections()
	for i := range sections {
		saved, ok := s.Section(sections[i].Name())
		if !ok || saved.Version != sections[i].Version() {
			return fmt.Errorf("%s has no section %s of version %d", path, sections[i].Name(), sections[i].Version())
		}
		if err := sections[i].Restore(saved.Data); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := v.Check(); err != nil {
		return fmt.Errorf("check the views of %s: %w", path, err)
	}
	if err := compareViews(e, v); err != nil {
		return fmt.Errorf("compare the views of %s with its engine: %w", path, err)
	}
	return nil
}

const snapshotTakeHelp = `take recovers the state of a data directory that nothing else has open, as a
start would: what a crash left is repaired, and a new epoch begins. Then it takes a
snapshot of it, so that the next start has less to replay.`

func newSnapshotTake(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "take DIR",
		Short: "Recover the state of a directory that is not in use and take a snapshot",
		Long:  snapshotTakeHelp,
		Args:  takes("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := journalID(args[0]); err != nil { // else one would be made
				return err
			}
			seq, err := takeSnapshot(args[0], c.warn)
			if err == nil {
				c.printf("snapshot of command %d\n", seq)
			}
			return err
		},
	}
}

var errNoCommand = errors.New("there is nothing to take: the journal holds no command")

func takeSnapshot(dir string, warn func(string)) (seq msg.Seq, err error) {
	p, err := pipeline.Start(pipeline.Options{
		Dir:   dir,
		Clock: func() int64 { return 0 }, // no command is stamped
		Views: newViews,
		Warn:  warn,
		Build: buildName(),
	})
	if errors.Is(err, journal.ErrLocked) {
		return 0, fmt.Errorf("%s is in use: %w", dir, journal.ErrLocked)
	}
	if err != nil {
		return 0, err //nolint:wrapcheck // it names the directory
	}
	seq, err = p.TakeSnapshot()
	if err := errors.Join(err, p.Stop()); err != nil {
		return 0, fmt.Errorf("take a snapshot: %w", err)
	}
	if seq == 0 {
		return 0, errNoCommand
	}
	return seq, nil
}
