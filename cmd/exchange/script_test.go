package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-7d4c2414/exchange/bench/rivals"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

func TestMain(m *testing.M) {
	if rivals.Main() {
		return
	}
	testscript.Main(m, map[string]func(){
		"exchange": main,
	})
}

// TestScripts runs the scripts in testdata/script. Beside the usual commands
// they have those of scriptCommands, and a directory for temporary files of
// their own, tmp.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("EXCHANGE_UPDATE") != "",
		Cmds:          scriptCommands(),
		Setup: func(e *testscript.Env) error {
			tmp := filepath.Join(e.WorkDir, "tmp")
			e.Setenv("TMPDIR", tmp)
			e.Values[fingerprints{}] = make(map[string]string)
			return os.MkdirAll(tmp, 0o755)
		},
	})
}

// fingerprints is the key of a script's directories as remember saw them.
type fingerprints struct{}

func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		// exits CODE COMMAND…: the command ends with this exit code.
		"exits": func(ts *testscript.TestScript, _ bool, args []string) {
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			if got := exitCode(ts, args[1], args[2:]...); got != want {
				ts.Fatalf("exit code %d, want %d\nstderr: %s", got, want, ts.ReadFile("stderr"))
			}
		},
		// inuse DIR CODE COMMAND…: the same while another writer has DIR.
		"inuse": func(ts *testscript.TestScript, _ bool, args []string) {
			f, err := os.OpenFile(pipeline.LockFile(ts.MkAbs(args[0])), os.O_RDWR|os.O_CREATE, 0o600)
			ts.Check(err)
			defer f.Close() //nolint:errcheck // it only held the lock
			ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
			// Closing would not do: a process that another script is starting has the
			// file too, until it runs its program.
			defer syscall.Flock(int(f.Fd()), syscall.LOCK_UN) //nolint:errcheck // then the next command finds it locked
			want, err := strconv.Atoi(args[1])
			ts.Check(err)
			if got := exitCode(ts, args[2], args[3:]...); got != want {
				ts.Fatalf("exit code %d, want %d\nstderr: %s", got, want, ts.ReadFile("stderr"))
			}
		},
		// remember DIR, unchanged DIR: nothing in DIR was made, changed or removed in between.
		"remember": func(ts *testscript.TestScript, _ bool, args []string) {
			sum, err := fingerprint(ts.MkAbs(args[0]))
			ts.Check(err)
			ts.Value(fingerprints{}).(map[string]string)[args[0]] = sum
		},
		"unchanged": func(ts *testscript.TestScript, _ bool, args []string) {
			sum, err := fingerprint(ts.MkAbs(args[0]))
			ts.Check(err)
			if sum != ts.Value(fingerprints{}).(map[string]string)[args[0]] {
				ts.Fatalf("%s has changed", args[0])
			}
		},
		// flip FILE OFFSET: flips a bit. A negative offset counts from the end.
		"flip": func(ts *testscript.TestScript, _ bool, args []string) {
			offset, err := strconv.Atoi(args[1])
			ts.Check(err)
			ts.Check(flip(ts.MkAbs(args[0]), offset, 0))
		},
		// forge FROM TO WHAT: copies a data directory with a lie in its journal.
		"forge": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(forge(ts.MkAbs(args[0]), ts.MkAbs(args[1]), args[2]))
		},
	}
}

// exitCode runs a command and returns its exit code. Its output is that which
// the script's commands stdout and stderr look at.
func exitCode(ts *testscript.TestScript, command string, args ...string) int {
	err := ts.Exec(command, args...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}

// flip flips a bit of a file.
func flip(name string, offset, bit int) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if offset < 0 {
		offset += len(b)
	}
	b[offset] ^= 1 << bit
	return os.WriteFile(name, b, 0o600)
}

// fingerprint returns a text that changes with every file below a directory.
func fingerprint(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		h.Write(fmt.Appendf(nil, "%s %v %v %d\n", path, info.Mode(), info.ModTime(), info.Size()))
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
