package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// hashesFlag is a list of hashes of commands.
type hashesFlag struct{ to *[]pipeline.CommandHash }

func (hashesFlag) Type() string { return "HASH" }

func (f hashesFlag) String() string {
	if f.to == nil {
		return ""
	}
	texts := make([]string, len(*f.to))
	for i, h := range *f.to {
		texts[i] = string(h)
	}
	return strings.Join(texts, ",")
}

// Set adds hashes, with commas between them.
func (f hashesFlag) Set(s string) error {
	for text := range strings.SplitSeq(s, ",") {
		h, err := pipeline.ParseCommandHash(text)
		if err != nil {
			return err //nolint:wrapcheck // the flag's name and value come before it
		}
		if !slices.Contains(*f.to, h) {
			*f.to = append(*f.to, h)
		}
	}
	return nil
}

// buildName returns a function that tells this build from all others: by its version
// and commit, and where these do not say it all, by its bytes.
func buildName() func() string {
	return sync.OnceValue(func() string {
		v := newVersions()
		name := fmt.Sprintf("exchange %s, commit %s, %s, %s", v.Version, v.Commit, v.Go, v.Platform)
		if v.Commit != "unknown" && !v.Modified {
			return name
		}
		sum, err := programSum()
		if err != nil {
			return name + ", modified"
		}
		return name + ", modified, program " + sum
	})
}

// programSum returns the first digits of the hash of the program that runs.
func programSum() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	f, err := os.Open(self)
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("read this program: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// wayOut adds to the error of a command that crashes this build what can be done.
func wayOut(err error) error {
	var poison *pipeline.PoisonError
	switch {
	case !errors.As(err, &poison):
		return err
	case poison.Durable():
		return fmt.Errorf("%w. Run another build; to have this one try again, move %s away", err, poison.File)
	default:
		return fmt.Errorf("%w. Run another build, or have such commands refused with --bar-command %s; to have this one try again, move %s away",
			err, poison.Crash.Hash, poison.File)
	}
}
