package recovery

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// program is the exchange as its users have it.
type program string

// build builds the program into a directory.
func build(ctx context.Context, dir string) (program, error) {
	path := filepath.Join(dir, "exchange")
	text, err := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/seed-7d4c2414/exchange/cmd/exchange").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the exchange: %w: %s", err, text)
	}
	return program(path), nil
}

// lastLine begins the last line that an exchange prints when it is ready.
const lastLine = "token "

// start starts the program on a data directory, kills it when it is ready, and returns
// how long that took.
func (p program) start(ctx context.Context, dir string) (took time.Duration, err error) {
	cmd := exec.CommandContext(ctx, string(p), "serve", "--data", dir, "--listen", "127.0.0.1:0")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, fmt.Errorf("start the exchange: %w", err)
	}
	took = stopwatch(func() {
		if err = cmd.Start(); err == nil {
			err = awaitLine(out, lastLine)
		}
	})
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // it may have ended by itself, which err says
		_ = cmd.Wait()         // it was killed
	}
	if err != nil {
		return 0, fmt.Errorf("start the exchange: %w: %s", err, &said)
	}
	return took, nil
}

// awaitLine reads up to a line that begins so.
func awaitLine(r io.Reader, begin string) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), begin) {
			return nil
		}
	}
	return errors.Join(errors.New("it ended before it was ready"), lines.Err())
}
