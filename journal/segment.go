package journal

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// segmentDigits is the length of a segment's name: the number of its first frame, which tidwall/wal pads with zeros.
const segmentDigits = 20

// The permissions of the files and directories that a Writer makes.
const (
	filePerm = 0o640
	dirPerm  = 0o750
)

func segmentName(first uint64) string { return fmt.Sprintf("%0*d", segmentDigits, first) }

// listSegments returns the numbers of the first frames of all segments in dir, in ascending order. Files that tidwall/wal does
// not look at, such as POSITION and the kept originals of repairs, do not count; those of an interrupted truncation, which it
// would act upon, are an error, because this journal never asks it for one.
func listSegments(fsys vfs.FS, dir string) ([]uint64, error) {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var segments []uint64
	for _, name := range names {
		if len(name) < segmentDigits {
			continue
		}
		first, err := strconv.ParseUint(name[:segmentDigits], 10, 64)
		if err != nil {
			continue
		}
		switch suffix := name[segmentDigits:]; {
		case suffix == "" && first == 0:
			return nil, &CorruptError{File: filepath.Join(dir, name), Reason: "segments are numbered from 1"}
		case suffix == "":
			segments = append(segments, first)
		case strings.HasPrefix(suffix, ".START") || strings.HasPrefix(suffix, ".END"):
			return nil, &CorruptError{
				File:   filepath.Join(dir, name),
				Reason: "left over from a truncation by tidwall/wal, which this journal never asks for",
			}
		}
	}
	return segments, nil
}
