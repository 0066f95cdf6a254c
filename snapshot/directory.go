package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// Names in the directory: 20 digits of the sequence, then suffix. A file that is being written has tempSuffix behind that.
const (
	nameDigits = 20
	suffix     = ".snap"
	tempSuffix = ".tmp"
)

// Keep is the number of snapshots that production retains: the newest, and one to fall back to.
const Keep = 2

// Info describes a snapshot by its name; nothing of the file has been read.
type Info struct {
	Path  string
	Name  string
	Bytes int64 // length of the file
	Seq   uint64
}

// fileName is the name of the snapshot of a sequence. Names ascend as sequences do.
func fileName(seq uint64) string {
	return fmt.Sprintf("%0*d%s", nameDigits, seq, suffix)
}

// parseName returns the sequence in a name, and whether it is the name of a snapshot.
func parseName(name string) (seq uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != nameDigits {
		return 0, false
	}
	seq, err := strconv.ParseUint(digits, 10, 64)
	return seq, err == nil
}

// List returns the snapshots in dir by their names, newest first. Other files, those under way too, are ignored. A directory
// that does not exist has none.
func List(fsys vfs.FS, dir string) ([]Info, error) {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", err)
	}
	var infos []Info
	for _, name := range names {
		seq, ok := parseName(name)
		if !ok {
			continue
		}
		path := filepath.Join(dir, name)
		st, err := fsys.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed by the writing process since
		}
		if err != nil {
			return nil, fmt.Errorf("list snapshots: %w", err)
		}
		infos = append(infos, Info{Path: path, Name: name, Bytes: st.Size(), Seq: seq})
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(b.Name, a.Name) })
	return infos, nil
}

// Newest returns the newest snapshot in dir that reads whole and that usable accepts, or nil when there is none. It calls warn
// with one line about each newer one that it passes over, whatever the reason: an older snapshot costs a longer replay and
// nothing else. A nil usable accepts all, a nil warn is not called.
func Newest(fsys vfs.FS, dir string, usable func(*Meta) error, warn func(string)) (*Snapshot, error) {
	infos, err := List(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		s, err := read(fsys, info.Path, usable)
		if err == nil {
			return s, nil
		}
		if warn != nil {
			warn(fmt.Sprintf("passed over: %v", err))
		}
	}
	return nil, nil
}

// Retain removes all snapshots but the newest keep, and what was left of writes that did not end; it must not run beside Write.
//
// A snapshot counts if it reads whole, which Retain finds out, and if usable accepts it, as for Newest; a nil usable accepts all.
// One that does not count, because it is corrupt, of another version or refused by usable, stays as long as fewer than keep of
// the newer ones count: it may be of another journal, and not ours to remove. Behind keep that count it goes, because nobody
// would come to read it.
func Retain(fsys vfs.FS, dir string, keep int, usable func(*Meta) error) error {
	if keep < 1 {
		return fmt.Errorf("retain %d snapshots: at least 1 has to stay", keep)
	}
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("retain snapshots: %w", err)
	}
	remove, err := surplus(fsys, dir, names, keep, usable)
	if err != nil {
		return fmt.Errorf("retain snapshots: %w", err)
	}
	if len(remove) == 0 {
		return nil
	}
	// A snapshot that another process renamed into place before it died may not be durable under its name yet. It has to be,
	// before the ones are removed that it stands in for.
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("retain snapshots: sync directory: %w", err)
	}
	for _, name := range remove {
		if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("retain snapshots: %w", err)
		}
	}
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("retain snapshots: sync directory: %w", err)
	}
	return nil
}

// surplus returns which of the names Retain removes: what was left of writes, then snapshots, oldest first, so that a crash in
// between leaves the newest.
func surplus(fsys vfs.FS, dir string, names []string, keep int, usable func(*Meta) error) ([]string, error) {
	var remove, snapshots []string
	for _, name := range names {
		if _, ok := parseName(name); ok {
			snapshots = append(snapshots, name)
		} else if _, ok := parseName(strings.TrimSuffix(name, tempSuffix)); ok {
			remove = append(remove, name)
		}
	}
	slices.Sort(snapshots)
	good := 0
	for i := len(snapshots) - 1; i > 0 && len(snapshots) > keep; i-- {
		_, err := verify(fsys, filepath.Join(dir, snapshots[i]), usable)
		if _, corrupt := errors.AsType[*CorruptError](err); corrupt || errors.Is(err, ErrVersion) || errors.Is(err, errUnusable) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if good++; good == keep {
			return append(remove, snapshots[:i]...), nil
		}
	}
	return remove, nil
}
