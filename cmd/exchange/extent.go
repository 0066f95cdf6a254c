package main

import (
	"errors"
	"io"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// extent is how far a journal reaches.
type extent struct {
	first msg.Seq // command that is kept, 0 when there is none
	seq   msg.Seq // of the last command
	time  int64   // of the last command
}

// survey reads a whole journal, so that damage anywhere in it is known before
// anything is told about the state that it gives, and returns how far it
// reaches.
func survey(data string, warn func(string)) (x extent, err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{Warn: warn})
	if err != nil {
		return x, err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var f journal.Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			return x, nil
		}
		if err != nil {
			return x, err //nolint:wrapcheck // it names the file
		}
		if x.first == 0 {
			x.first = msg.Seq(f.FirstSeq)
		}
		x.seq, x.time = msg.Seq(f.LastSeq()), f.LastTime
	}
}
