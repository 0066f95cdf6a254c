package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeServes serves the exchange that the README serves, types what it shows
// of it, and compares the answers. Only the port is another one.
func TestReadmeServes(t *testing.T) {
	for _, program := range []string{"curl", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the README's commands need %s, which is not there", program)
		}
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	_, section, _ := strings.Cut(string(text), "\n## Serve it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := codeBlocks(section)
	if len(blocks) < 2 || !strings.HasPrefix(blocks[0], "go run ./cmd/exchange serve --demo | tee serve.log") {
		t.Fatal("the section does not begin with the command that serves")
	}
	address := serveForReadme(t)
	var set []string // what the shell has been told so far
	checked := 0
	for _, block := range blocks[1:] {
		block = strings.ReplaceAll(block, "127.0.0.1:8080", address)
		if !strings.HasPrefix(block, "$ ") {
			set = append(set, block)
			continue
		}
		for _, c := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, want := cutCommand(c)
			script := strings.Join(append(set, command), "\n")
			compare(t, command, lines([]byte(want)), lines(typed(t, script)))
			checked++
		}
	}
	if checked < 12 {
		t.Errorf("the section shows %d commands with their output", checked)
	}
}

// typed returns what a script prints within a time that a reader would wait.
func typed(t *testing.T, script string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.WaitDelay = time.Second    // for what the shell has started
	out, _ := cmd.CombinedOutput() // what went wrong is in the output
	return out
}

// cutCommand parts a command, which goes on in lines that begin with >, from its
// output.
func cutCommand(c string) (command, output string) {
	first, output, _ := strings.Cut(c, "\n")
	typed := []string{first}
	for strings.HasPrefix(output, "> ") {
		var more string
		more, output, _ = strings.Cut(output[2:], "\n")
		typed = append(typed, more)
	}
	return strings.Join(typed, "\n"), output
}

// serveForReadme serves the demo in the present directory, with its output in
// serve.log, until the test ends. It returns the address once there is a market.
func serveForReadme(t *testing.T) string {
	t.Helper()
	log, err := os.Create("serve.log")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("exchange") // testscript has put it into PATH
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd := exec.CommandContext(context.Background(), program, "serve", "--demo", "--listen", "127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = log, &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		defer time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() }).Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve ended with %v: %s", err, complaints.String())
		}
		_ = log.Close()
	})
	listening := regexp.MustCompile(`(?m)^listening http://(\S+)$`)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(".", "serve.log"))
		if err != nil {
			t.Fatal(err)
		}
		found := listening.FindSubmatch(text)
		if found == nil || !bytes.Contains(text, []byte("key bob ")) {
			continue
		}
		out, _ := exec.CommandContext(t.Context(), "curl", "-s", "http://"+string(found[1])+"/api/v3/trades?symbol=ETHUSDT").Output()
		if bytes.Contains(out, []byte(`"id":2,`)) {
			return string(found[1])
		}
	}
	t.Fatalf("there is no market: %s", complaints.String())
	return ""
}
