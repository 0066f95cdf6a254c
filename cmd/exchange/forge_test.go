package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// forge writes the journal of a data directory again, with good checksums and
// one lie: another digest in its last frame, another quantity in its last trade,
// or another price in the last order that was placed.
func forge(from, to, what string) (err error) {
	frames, err := readFrames(pipeline.JournalDir(from))
	if err != nil {
		return err
	}
	switch what {
	case "digest":
		frames[len(frames)-1].Digest ^= 1
	case "trade", "price":
		if err := lie(frames, what); err != nil {
			return err
		}
	default:
		return fmt.Errorf("forge: %q is none of digest, trade, price", what)
	}
	w, err := journal.Open(pipeline.JournalDir(to), journal.Options{LockFile: pipeline.LockFile(to), Derivation: frames[0].Derivation})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for i := range frames {
		if err := w.Append(&frames[i]); err != nil {
			return err
		}
	}
	return nil
}

func readFrames(dir string) (frames []journal.Frame, err error) {
	r, err := journal.OpenReader(dir, journal.ReaderOptions{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		var f journal.Frame
		if err := r.Next(&f); errors.Is(err, io.EOF) {
			return frames, nil
		} else if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
}

// lie changes the last transaction of the frames that has a trade, or places an
// order.
func lie(frames []journal.Frame, what string) error {
	for i := len(frames) - 1; i >= 0; i-- {
		f := &frames[i]
		var d msg.Decoder
		var commands []msg.Command
		var events [][]msg.Event
		for d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime); d.More(); {
			var c msg.Command
			e, err := d.Next(&c, nil)
			if err != nil {
				return err
			}
			commands, events = append(commands, c), append(events, e)
		}
		if !change(commands, events, what) {
			continue
		}
		var e msg.Encoder
		e.Reset(msg.Seq(f.FirstSeq), f.FirstTime)
		f.Raw = nil
		for j := range commands {
			f.Raw = e.Append(f.Raw, &commands[j], events[j])
		}
		return nil
	}
	return fmt.Errorf("forge: no %s to change", what)
}

// change reports whether it found something to change.
func change(commands []msg.Command, events [][]msg.Event, what string) bool {
	for j := len(commands) - 1; j >= 0; j-- {
		if what == "price" && commands[j].Kind == msg.Place {
			commands[j].Price++
			return true
		}
		for k := range events[j] {
			if what == "trade" && events[j][k].Kind == msg.Traded {
				events[j][k].Qty++
				return true
			}
		}
	}
	return false
}
