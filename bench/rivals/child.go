package rivals

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// The environment of a child process, which is the program that runs Main again.
const (
	childTask    = "EXCHANGE_RIVAL_TASK" // "write" or "read"
	childKind    = "EXCHANGE_RIVAL_KIND"
	childDir     = "EXCHANGE_RIVAL_DIR"
	childRecords = "EXCHANGE_RIVAL_RECORDS" // to append, none = until it is killed
	childGoesOn  = "EXCHANGE_RIVAL_GOES_ON" // after an error, as a program may that does not know better
)

// What a child does about errors, when it goes on.
const (
	maxErrors  = 1000
	errorPause = time.Millisecond
)

// maxBatchRecords bounds how many records are appended at once.
const maxBatchRecords = 8

// Main runs the child process, if this is one, and reports whether it was. It belongs
// at the beginning of TestMain. What the child says goes to stdout, a line each.
func Main() bool {
	var err error
	switch task := os.Getenv(childTask); task {
	case "":
		return false
	case "write":
		err = writeRecords(os.Stdout, os.Getenv(childKind), os.Getenv(childDir))
	case "read":
		err = json.NewEncoder(os.Stdout).Encode(Read(os.Getenv(childKind), os.Getenv(childDir)))
	default:
		err = fmt.Errorf("no task is called %q", task)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// writeRecords goes on with the records of a store. It prints "ready N" with the
// number of those that are there, "ack N" when records through N are durable, and
// "error …".
func writeRecords(out io.Writer, kind, dir string) error {
	s, err := Open(kind, dir)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // nothing is acknowledged by it
	var n uint64
	if err := s.Records(func([]byte) error { n++; return nil }); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready", n); err != nil {
		return err //nolint:wrapcheck // nobody listens
	}
	end := ^uint64(0)
	if text := os.Getenv(childRecords); text != "" {
		if end, err = strconv.ParseUint(text, 10, 64); err != nil {
			return fmt.Errorf("read %s: %w", childRecords, err)
		}
	}
	return appendRecords(out, s, n, end)
}

// appendRecords appends the records after n, through end.
func appendRecords(out io.Writer, s Store, n, end uint64) error {
	r := rand.New(rand.NewPCG(n, end))
	for failed := 0; n < end; {
		var batch [][]byte
		for i := range min(end-n, 1+r.Uint64N(maxBatchRecords)) {
			batch = append(batch, Record(n+1+i))
		}
		say := fmt.Sprintln("ack", n+uint64(len(batch)))
		err := s.Append(batch)
		if err != nil {
			say = fmt.Sprintln("error", err)
		}
		if _, err := io.WriteString(out, say); err != nil {
			return err //nolint:wrapcheck // nobody listens
		}
		switch failed++; {
		case err == nil:
			n += uint64(len(batch))
			failed = 0
		case os.Getenv(childGoesOn) == "" || failed == maxErrors:
			return err
		default:
			time.Sleep(errorPause)
		}
	}
	return nil
}

// heard reads what a child that writes says, until it ends.
func heard(from io.Reader, each func(line string)) error {
	for lines := bufio.NewReader(from); ; {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil // what was cut off is not an acknowledgement
		}
		if err != nil {
			return err //nolint:wrapcheck // the pipe says it
		}
		each(line[:len(line)-1])
	}
}
