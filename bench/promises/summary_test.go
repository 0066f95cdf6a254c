package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// rows are those of a run in which one promise was broken and one is skipped.
func rows() []promise.Row {
	return []promise.Row{
		{Promise: "D6", System: promise.Exchange, Test: "TestPromiseA", Cases: 1000, Seconds: 1},
		{Promise: "D6", System: promise.Exchange, Test: "TestPromiseB", Cases: 234, Note: "a note", Seconds: 2},
		{Promise: "D6", System: promise.WAL, Test: "TestPromiseB", Cases: 10, Violations: 9},
		{Promise: "D7", System: promise.Exchange, Test: "TestPromiseC", Cases: 5, Violations: 1},
		{Promise: "D1", System: promise.Exchange, Test: "TestPromiseD", Skipped: "no root"},
	}
}

// What is broken or was never tried is an error, what the machine cannot try is not.
func TestSum(t *testing.T) {
	s, err := sum(rows(), []string{"D1", "D6", "D7", "D8"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.verdict(); err == nil || err.Error() != "D7 broken, D8 untried" {
		t.Errorf("got %v", err)
	}
	var text bytes.Buffer
	if err := s.write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"D1   skipped          0 faults   0 violations", "     skipped: TestPromiseD: no root\n", "D6   holds         1234 faults   0 violations     3.0 s",
		"     a note\n", "D7   BROKEN           5 faults   1 violations", "D8   UNTRIED", "D6   tidwall/wal     10 faults   9 violations", "\n1 violations\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	text.Reset()
	if err := s.writeJSON(&text); err != nil {
		t.Fatal(err)
	}
	var back summary
	if err := json.Unmarshal(text.Bytes(), &back); err != nil || len(back.Promises) != 4 || back.Promises[1].Cases != 1234 || back.Rivals[0].Violations != 9 {
		t.Errorf("read back: %v, %+v", err, back)
	}
}

// A row or a choice of a promise that is not on the list is refused.
func TestUnknownPromise(t *testing.T) {
	if _, err := sum([]promise.Row{{Promise: "X1", Test: "TestPromiseX"}}, nil); err == nil || !strings.Contains(err.Error(), "TestPromiseX") {
		t.Errorf("got %v", err)
	}
	if _, err := sum(nil, []string{"D99"}); err == nil || !strings.Contains(err.Error(), `"D99"`) {
		t.Errorf("got %v", err)
	}
}

// The table has a line for each promise, with what the same faults do to others.
func TestTable(t *testing.T) {
	s, err := sum(rows(), []string{"D1", "D6"})
	if err != nil {
		t.Fatal(err)
	}
	p := promise.Promises()
	want := "| | promise | fault | tried | broken | bare tidwall/wal | bbolt |\n|---|---|---|--:|--:|--:|--:|\n" +
		"| D1 | " + p[0].Holds + " | " + p[0].Fault + " | skipped |  |  |  |\n" +
		"| D6 | " + p[5].Holds + " | " + p[5].Fault + " | 1,234 | 0 | 9 of 10 |  |\n"
	if got := s.table(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Tests are found by what the sources say, whole packages or only what names a
// promise.
func TestFind(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"a/x_test.go":          "package a\n\nfunc TestPromiseOne(t *testing.T) { promise.Begin(t, \"D6\") }\nfunc TestOther(t *testing.T) {}\n",
		"a/y_test.go":          "package a\n\nfunc TestPromiseTwo(t *testing.T) { promise.Begin(t, \"D7\") }\n",
		"b/z.go":               "package b\n\nfunc TestPromiseNone() {}\n",
		"c/testdata/x_test.go": "package c\n\nfunc TestPromiseData(t *testing.T) {}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := findTests(root, nil)
	if err != nil || len(all) != 1 || all[0] != (suite{"a", "^(TestPromiseOne|TestPromiseTwo)$"}) {
		t.Errorf("got %v, %v", all, err)
	}
	some, err := findTests(root, []string{"D7"})
	if err != nil || len(some) != 1 || some[0] != (suite{"a", "^(TestPromiseTwo)$"}) {
		t.Errorf("got %v, %v", some, err)
	}
}
