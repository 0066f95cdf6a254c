package main

import (
	"errors"
	"io"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// span is a range of sequences with both its ends.
type span struct{ from, to msg.Seq }

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
