package main

import (
	"errors"
	"io"
	"math"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// span is a range of sequences with both its ends.
type span struct{ from, to msg.Seq }

// spanOf returns the commands of a data directory from one moment to another, both of
// which may be empty. A span that ends before it begins holds none.
func spanOf(data string, from, to *moment) (s span, err error) {
	s = span{max(from.seq, 1), to.seq}
	if to.text == "" {
		s.to = math.MaxUint64
	}
	if !from.byTime && !to.byTime {
		return s, nil
	}
	r, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{})
	if err != nil {
		return s, err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if from.byTime {
		if s.from, err = firstSince(data, r, from.nanos); err != nil {
			return s, err
		}
	}
	if to.byTime && to.nanos < math.MaxInt64 {
		if s.to, err = firstSince(data, r, to.nanos+1); err != nil {
			return s, err
		}
		s.to--
	}
	return s, nil
}

// firstSince returns the first command at or after a time, or what the one after the last
// will be.
func firstSince(data string, r *journal.Reader, nanos int64) (first msg.Seq, err error) {
	if err := r.SeekTime(nanos); err != nil {
		return 0, err //nolint:wrapcheck // it names the file
	}
	var f journal.Frame
	err = r.Next(&f)
	if errors.Is(err, io.EOF) {
		end, _, err := r.SeekEnd()
		return msg.Seq(end) + 1, err //nolint:wrapcheck // it names the file
	}
	if err != nil {
		return 0, err //nolint:wrapcheck // it names the file
	}
	err = eachInFrame(data, &f, span{1, math.MaxUint64}, func(c *msg.Command, _ []msg.Event) error {
		if first == 0 && c.Time >= nanos {
			first = c.Seq
		}
		return nil
	})
	return first, err
}

// reach returns how far a journal reaches, from what its first and its last segment say.
func reach(data string, warn func(string)) (x extent, err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{Warn: warn})
	if err != nil {
		return x, err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	seq, nanos, err := r.SeekEnd()
	if err != nil || seq == 0 {
		return x, err //nolint:wrapcheck // it names the file
	}
	segments, err := journal.Outline(vfs.OS(), pipeline.JournalDir(data))
	if err != nil {
		return x, err //nolint:wrapcheck // it names the file
	}
	return extent{first: msg.Seq(segments[0].FirstSeq), seq: msg.Seq(seq), time: nanos}, nil
}

// eachTransaction calls visit with the transactions of a data directory that lie
// in s, in order. What visit is given is valid until it returns.
func eachTransaction(data string, s span, warn func(string), visit func(*msg.Command, []msg.Event) error) (err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{Warn: warn})
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.SeekSeq(uint64(s.from)); err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	var f journal.Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) || err == nil && f.FirstSeq > uint64(s.to) {
			return nil
		}
		if err == nil {
			err = eachInFrame(data, &f, s, visit)
		}
		if err != nil {
			return err
		}
	}
}

// eachInFrame calls visit with the transactions of a frame that lie in s.
func eachInFrame(data string, f *journal.Frame, s span, visit func(*msg.Command, []msg.Event) error) error {
	var d msg.Decoder
	var c msg.Command
	var events []msg.Event
	d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime)
	for n := range f.Commands {
		var err error
		if events, err = d.Next(&c, events[:0]); err != nil {
			return &journal.CorruptError{
				File:   filepath.Join(pipeline.JournalDir(data), f.Segment),
				Offset: f.Offset, Seq: f.FirstSeq + uint64(n), Reason: err.Error(),
			}
		}
		if c.Seq < s.from || c.Seq > s.to {
			continue
		}
		if err := visit(&c, events); err != nil {
			return err
		}
	}
	return nil
}
