package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

const copyHelp = `copy makes DST a data directory of its own that holds what SRC holds at this moment: the
journal up to its last whole frame, closed there, and the snapshots that belong to it.
SRC may be that of a running exchange; it is not locked, and nothing in it is changed.
Everything that was written is read back and checked, the state is rebuilt, and its digest
is compared with that of the journal's last frame. DST has its name when all that is done,
and not before.

The copy has the journal's identity: serve it as a replacement, never beside the original.
Left out are API keys, the operator's token and the simulated traders' accounts, unless
--with-secrets is given; what the repair of a crash has set aside; and DIR/crash.`

// copyAttempts bounds how often a copy begins again because the source's old segments or
// snapshots were removed while they were copied.
const copyAttempts = 8

// dirCopy is the command copy.
type dirCopy struct {
	*console
	secrets bool
	asJSON  bool
}

// copied is what copy tells. The keys are promised.
type copied struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Journal   string   `json:"journal"`
	Frames    uint64   `json:"frames"`
	Commands  uint64   `json:"commands"`
	FirstSeq  uint64   `json:"first_seq"`
	LastSeq   uint64   `json:"last_seq"`
	Digest    string   `json:"digest"` // after the last command
	Bytes     int64    `json:"bytes"`  // of the journal
	Segments  int      `json:"segments"`
	Snapshots []uint64 `json:"snapshots"` // their sequences, newest first
	Secrets   []string `json:"secrets"`   // the files with secrets that were copied
	Seconds   float64  `json:"seconds"`
}

func newCopy(c *console) *cobra.Command {
	k := &dirCopy{console: c}
	cmd := &cobra.Command{
		Use:     "copy SRC DST",
		Short:   "Copy a data directory, also that of a running exchange",
		Long:    copyHelp,
		Example: "  exchange copy data backup-2026-01-31\n  exchange copy data /mnt/other/data --with-secrets --json",
		Args:    takes("SRC", "DST"),
		RunE:    func(_ *cobra.Command, args []string) error { return k.run(args[0], args[1]) },
	}
	f := cmd.Flags()
	f.BoolVar(&k.secrets, "with-secrets", false, "copy keys.json, admin.token and demo.json too")
	f.BoolVar(&k.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (k *dirCopy) run(src, dst string) (err error) {
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	began := time.Now()
	if err := checkDataDir(src); err != nil {
		return err
	}
	if err := checkEmpty(dst); err != nil {
		return err
	}
	dst = filepath.Clean(dst)
	parent := filepath.Dir(dst)
	dir, err := os.MkdirTemp(parent, "."+filepath.Base(dst)+".*.copying")
	if err != nil {
		return fmt.Errorf("make the copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	report, snapshots, err := k.fill(ctx, dir, src)
	if err != nil {
		return err
	}
	digest, err := k.rebuild(dir, &report)
	if err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	secrets, err := k.copySecrets(dir, src)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err := install(dir, dst); err != nil {
		return err
	}
	return k.tell(&copied{
		From: src, To: dst, Journal: report.ID.String(), Frames: report.Frames, Commands: report.Commands, FirstSeq: report.FirstSeq,
		LastSeq: report.LastSeq, Digest: hexDigest(digest), Bytes: report.Bytes, Segments: len(report.Segments),
		Snapshots: snapshots, Secrets: secrets, Seconds: time.Since(began).Seconds(),
	})
}

// install gives the copy its name. An empty directory of that name is replaced.
func install(dir, dst string) error {
	err := os.Chmod(dir, 0o755) //nolint:gosec // as serve makes it; what is secret in it has its own mode
	if err == nil {
		err = vfs.OS().SyncDir(dir)
	}
	if err == nil {
		if err = os.Remove(dst); errors.Is(err, fs.ErrNotExist) { // it removes nothing that holds anything
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(dir, dst)
	}
	if err == nil {
		err = vfs.OS().SyncDir(filepath.Dir(dst))
	}
	if err != nil {
		return fmt.Errorf("keep the copy: %w", err)
	}
	return nil
}

// fill copies snapshots and journal until they fit. The snapshots come first, so that
// the journal reaches to each of them; where it has lost what lies between meanwhile, all
// begins again.
func (k *dirCopy) fill(ctx context.Context, dir, src string) (report journal.Report, snapshots []uint64, err error) {
	bar := k.progress("copy")
	defer bar.end()
	told := func(done, total int64) error {
		bar.of(done, total)
		if ctx.Err() != nil {
			return errInterrupted
		}
		return nil
	}
	to := pipeline.JournalDir(dir)
	for n := 1; ; n++ {
		if err := os.Mkdir(to, 0o750); err != nil {
			return report, nil, fmt.Errorf("make the copy: %w", err)
		}
		snapshots, err = k.copySnapshots(dir, src)
		if err != nil {
			return report, nil, err
		}
		report, err = journal.Copy(to, pipeline.JournalDir(src), told)
		if err != nil {
			return report, nil, err //nolint:wrapcheck // it names the file
		}
		if snapshots, err = k.dropStale(dir, snapshots, report.FirstSeq); err != nil {
			return report, nil, err
		}
		if report.FirstSeq <= 1 || len(snapshots) > 0 {
			return report, snapshots, nil
		}
		if n == copyAttempts {
			return report, nil, fmt.Errorf("the journal begins with command %d, and no snapshot has what was before", report.FirstSeq)
		}
		if err := errors.Join(os.RemoveAll(to), os.RemoveAll(pipeline.SnapshotDir(dir))); err != nil {
			return report, nil, fmt.Errorf("begin the copy again: %w", err)
		}
	}
}

// dropStale takes away the snapshots after which the copied journal lacks commands, and
// returns the others.
func (*dirCopy) dropStale(dir string, snapshots []uint64, first uint64) ([]uint64, error) {
	for n := len(snapshots); n > 0 && snapshots[n-1]+1 < first; n-- {
		infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
		if err == nil {
			err = os.Remove(infos[n-1].Path)
		}
		if err != nil {
			return nil, fmt.Errorf("drop a snapshot: %w", err)
		}
		snapshots = snapshots[:n-1]
	}
	return snapshots, nil
}

// copySnapshots copies the snapshots that are whole and belong to the journal.
func (k *dirCopy) copySnapshots(dir, src string) ([]uint64, error) {
	infos, id, err := listSnapshots(src)
	if err != nil {
		return nil, err
	}
	if err := vfs.MkdirSync(vfs.OS(), pipeline.SnapshotDir(dir), 0o750); err != nil {
		return nil, fmt.Errorf("make the copy: %w", err)
	}
	var all []uint64
	for _, info := range infos {
		b, err := os.ReadFile(info.Path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has made room for a newer one
		}
		if err != nil {
			return nil, fmt.Errorf("copy a snapshot: %w", err)
		}
		to := filepath.Join(pipeline.SnapshotDir(dir), info.Name)
		if err := vfs.WriteFileSync(vfs.OS(), to, b, 0o640); err != nil {
			return nil, fmt.Errorf("copy a snapshot: %w", err)
		}
		m, err := snapshot.Verify(vfs.OS(), to)
		if err == nil && m.Journal != [16]byte(id) {
			err = fmt.Errorf("it belongs to journal %v", journal.ID(m.Journal))
		}
		if err != nil {
			k.warn(fmt.Sprintf("%s is left out: %v", info.Path, err))
			if err := os.Remove(to); err != nil {
				return nil, fmt.Errorf("copy a snapshot: %w", err)
			}
			continue
		}
		all = append(all, info.Seq)
	}
	return all, nil
}

// rebuild folds the copy from its newest snapshot to its end, and returns the digest of
// the state there, which is that of the journal's last frame.
func (k *dirCopy) rebuild(dir string, report *journal.Report) (uint64, error) {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Warn: k.warn})
	if err != nil {
		return 0, err //nolint:wrapcheck // it says what it did
	}
	if err := errors.Join(past.FoldTo(0), past.Close()); err != nil {
		return 0, err
	}
	if got := uint64(past.Engine.Seq()); got != report.LastSeq {
		return 0, fmt.Errorf("the state is that of command %d, the journal ends with %d", got, report.LastSeq)
	}
	return past.Engine.Digest(), nil
}

// copySecrets copies the files that hold secrets, if that was asked for.
func (k *dirCopy) copySecrets(dir, src string) ([]string, error) {
	names := []string{}
	if !k.secrets {
		return names, nil
	}
	for _, name := range []string{keysFile, tokenFile, demoState} {
		b, err := os.ReadFile(filepath.Join(src, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = vfs.WriteFileSync(vfs.OS(), filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			return nil, fmt.Errorf("copy the secrets: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}

func (k *dirCopy) tell(c *copied) error {
	if k.asJSON {
		return k.json(c)
	}
	k.printf("%s: %s to command %d, %s in %s, %s\n", c.To, count(c.Commands, "command", "s"), c.LastSeq, count(c.Bytes, "byte", "s"),
		count(c.Segments, "segment", "s"), count(len(c.Snapshots), "snapshot", "s"))
	k.printf("digest %s after command %d, read back and rebuilt\n", c.Digest, c.LastSeq)
	for _, name := range c.Secrets {
		k.printf("copied %s\n", name)
	}
	return nil
}
