package journal_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/journal"
)

// A journal without an exchange: three frames of any bytes are written, made durable, and read again.
func ExampleOpen() {
	if err := writeAndRead(os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// frame 1: commands 1 to 2: "credit alice, credit bob"
	// frame 2: commands 3 to 3: "alice buys"
	// frame 3: commands 4 to 4: "bob sells"
}

func writeAndRead(out io.Writer) (err error) {
	tmp, err := os.MkdirTemp("", "journal")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	dir := filepath.Join(tmp, "journal")

	w, err := journal.Open(dir, journal.Options{})
	if err != nil {
		return err
	}
	for _, f := range []journal.Frame{
		{FirstSeq: 1, Commands: 2, Raw: []byte("credit alice, credit bob")},
		{FirstSeq: 3, Commands: 1, Raw: []byte("alice buys")},
		{FirstSeq: 4, Commands: 1, Raw: []byte("bob sells")},
	} {
		if err := w.Append(&f); err != nil {
			return err
		}
	}
	if err := w.Sync(); err != nil { // from here on, and not before, they may be acknowledged
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}

	r, err := journal.OpenReader(dir, journal.ReaderOptions{})
	if err != nil {
		return err
	}
	var f journal.Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			return r.Close()
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "frame %d: commands %d to %d: %q\n", f.Index, f.FirstSeq, f.LastSeq(), f.Raw); err != nil {
			return err
		}
	}
}
