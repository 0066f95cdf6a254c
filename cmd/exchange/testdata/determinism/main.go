// Determinism executes the commands of a journal, whose payloads it reads from
// standard input, and prints what comes out: how many commands, the digest of the
// state, and a hash of all events. It is built in several ways, which must print the
// same. It has nothing but the engine in it, so that building it is quick.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "determinism:", err)
		os.Exit(1)
	}
}

// frame is what comes before each payload.
type frame struct {
	First  uint64
	Time   int64
	Digest uint64 // of the state after it
	Bytes  uint64
}

func run(in io.Reader, out io.Writer) error {
	e := engine.New(engine.Capacity{})
	h := sha256.New()
	r := bufio.NewReader(in)
	for {
		var f frame
		if err := binary.Read(r, binary.LittleEndian, &f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		raw := make([]byte, f.Bytes)
		if _, err := io.ReadFull(r, raw); err != nil {
			return err
		}
		again, err := execute(e, &f, raw)
		if err != nil {
			return err
		}
		h.Write(again)
	}
	_, err := fmt.Fprintf(out, "%d commands, digest %016x, events %x\n", e.Seq(), e.Digest(), h.Sum(nil)[:16])
	return err
}

// execute executes the commands of a frame and returns what it would be encoded as
// now.
func execute(e *engine.Engine, f *frame, raw []byte) (again []byte, err error) {
	var d msg.Decoder
	var enc msg.Encoder
	enc.Reset(msg.Seq(f.First), f.Time)
	for d.Reset(raw, msg.Seq(f.First), f.Time); d.More(); {
		var c msg.Command
		want, err := d.Next(&c, nil)
		if err != nil {
			return nil, err
		}
		got := e.Execute(&c, nil)
		if !slices.Equal(got, want) {
			return nil, fmt.Errorf("command %d: events %+v, recorded %+v", c.Seq, got, want)
		}
		again = enc.Append(again, &c, got)
	}
	if e.Digest() != f.Digest {
		return nil, fmt.Errorf("digest %016x after command %d, recorded %016x", e.Digest(), e.Seq(), f.Digest)
	}
	return again, nil
}
