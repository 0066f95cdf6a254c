package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// SegmentInfo describes a segment. One without frames is the newest, and has only a name.
type SegmentInfo struct {
	Name                string // base name of the file
	Bytes               int64  // of its frames
	Frames              uint64
	FirstSeq, LastSeq   uint64
	FirstTime, LastTime int64
}

// Report is what Verify found. A torn end is no error: it is being written, or the next opening for writing cuts it.
type Report struct {
	ID                       ID
	Frames, Commands, Events uint64
	FirstSeq, LastSeq        uint64
	Epoch                    uint64 // of the last frame
	Bytes                    int64  // of all frames
	Torn                     string // what is wrong with the bytes after the last frame; "" when there are none
	Clean                    bool   // the journal was closed; then nothing can be torn
	Segments                 []SegmentInfo
}

// Verify reads the whole journal in dir and checks every checksum, every payload, the chain of hashes, and the end that POSITION
// names, which a Reader may come to early; then the indexes, which no Reader believes. What is wrong is a *CorruptError, and the Report says how far Verify came. Progress,
// if not nil, is told at every frame.
func Verify(dir string, progress func(doneBytes, totalBytes int64)) (Report, error) {
	return verify(vfs.OS(), dir, progress, true)
}

// List describes the segments of the journal in dir. It reads everything but decompresses nothing; after an error it returns
// the segments before it as well.
func List(dir string) ([]SegmentInfo, error) {
	report, err := verify(vfs.OS(), dir, nil, false)
	return report.Segments, err
}

func verify(fsys vfs.FS, dir string, progress func(doneBytes, totalBytes int64), payloads bool) (report Report, err error) {
	r, err := openReader(dir, ReaderOptions{FS: fsys}, true)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	report.ID = r.pos.id
	total, err := r.totalBytes()
	if err != nil {
		return report, err
	}
	report.begin(r)
	var stale error
	if payloads {
		r.sealed = func(x *index) {
			if stale == nil {
				stale = x.check(fsys, dir)
			}
		}
	}
	var f Frame
	for {
		if payloads {
			err = r.Next(&f)
		} else {
			err = r.next()
		}
		if err != nil {
			break
		}
		report.add(&r.entry.Frame)
		if progress != nil {
			progress(report.Bytes, max(total, report.Bytes))
		}
	}
	if !errors.Is(err, io.EOF) {
		return report, err
	}
	report.begin(r)
	report.Torn, report.Clean = r.torn, r.pos.clean
	return report, stale
}

// begin adds the Reader's segment, if it is not there yet.
func (p *Report) begin(r *Reader) {
	if n := len(p.Segments); n == 0 || p.Segments[n-1].Name != r.name {
		p.Segments = append(p.Segments, SegmentInfo{Name: r.name})
	}
}

// add counts a frame.
func (p *Report) add(f *Frame) {
	if p.Frames == 0 {
		p.FirstSeq = f.FirstSeq
	}
	p.Frames++
	p.Commands += uint64(f.Commands)
	p.Events += uint64(f.Events)
	p.LastSeq = f.LastSeq()
	p.Epoch = f.Epoch
	p.Bytes += int64(f.StoredBytes)

	if p.Segments[len(p.Segments)-1].Name != f.Segment {
		p.Segments = append(p.Segments, SegmentInfo{Name: f.Segment})
	}
	s := &p.Segments[len(p.Segments)-1]
	if s.Frames == 0 {
		s.FirstSeq, s.FirstTime = f.FirstSeq, f.FirstTime
	}
	s.Frames++
	s.Bytes += int64(f.StoredBytes)
	s.LastSeq, s.LastTime = f.LastSeq(), f.LastTime
}

// totalBytes returns the size of the segments as they are now.
func (r *Reader) totalBytes() (total int64, err error) {
	for _, segment := range r.segments {
		info, err := r.fs.Stat(r.path(segment))
		if err != nil {
			return 0, fmt.Errorf("measure segment: %w", err)
		}
		total += info.Size()
	}
	return total, nil
}
