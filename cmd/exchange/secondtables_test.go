package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestSecondTables compares the numbers that engine/msg/FORMAT.md lists with the
// names that the code has for all that fits into a byte: no number is missing there
// and none is too many.
func TestSecondTables(t *testing.T) {
	text, err := os.ReadFile("../../engine/msg/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, events, enumerations, reasons := numberedRows(text, "A command"), numberedRows(text, "Events"), enumeratedRows(text), groupedRows(text)
	for what, c := range map[string]struct {
		told    map[int]string
		unknown string // what the code calls a number that has no name
		name    func(byte) string
	}{
		"kind":                  {commands, "kind", func(b byte) string { return msg.Kind(b).String() }},
		"event":                 {events, "event", func(b byte) string { return msg.EventKind(b).String() }},
		"side":                  {enumerations["side"], "side", func(b byte) string { return msg.Side(b).String() }},
		"type":                  {enumerations["type"], "type", func(b byte) string { return msg.OrderType(b).String() }},
		"time in force":         {enumerations["time in force"], "tif", func(b byte) string { return msg.TimeInForce(b).String() }},
		"self-trade prevention": {enumerations["self-trade prevention"], "prevention", func(b byte) string { return msg.Prevention(b).String() }},
		"accounting":            {enumerations["accounting"], "accounting", func(b byte) string { return msg.Accounting(b).String() }},
		"status":                {enumerations["status"], "status", func(b byte) string { return msg.Status(b).String() }},
		"phase":                 {enumerations["phase"], "phase", func(b byte) string { return msg.Phase(b).String() }},
		"reason":                {reasons, "reason", func(b byte) string { return msg.Reason(b).String() }},
	} {
		got := map[int]string{}
		for b := range 256 {
			if name := c.name(byte(b)); name != fmt.Sprintf("%s(%d)", c.unknown, b) {
				got[b] = name
			}
		}
		if diff := cmp.Diff(c.told, got); diff != "" {
			t.Errorf("%s: the document and the code: %s", what, diff)
		}
	}
	if len(enumerations) != 7 {
		t.Errorf("%d enumerations are listed: %v", len(enumerations), enumerations)
	}
}

// tableRows gives the cells of all table rows of a part of a document.
func tableRows(text []byte, heading string) (all [][]string) {
	_, part, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	for line := range strings.Lines(part) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all = append(all, cells)
	}
	return all
}

// numberedRows reads rows of a number and a name.
func numberedRows(text []byte, heading string) map[int]string {
	all := map[int]string{}
	for _, cells := range tableRows(text, heading) {
		if n, err := strconv.Atoi(cells[0]); err == nil {
			all[n] = cells[1]
		}
	}
	return all
}

// enumeratedRows reads rows of a word and the names of 0, 1, 2 and so on.
func enumeratedRows(text []byte) map[string]map[int]string {
	all := map[string]map[int]string{}
	for _, cells := range tableRows(text, "Enumerations") {
		if len(cells) != 6 || cells[0] == "" || strings.HasPrefix(cells[0], "-") {
			continue
		}
		names := map[int]string{}
		for i, name := range cells[1:] {
			if name != "" {
				names[i] = name
			}
		}
		all[cells[0]] = names
	}
	return all
}

// groupedRows reads rows of a number and the names from it on.
func groupedRows(text []byte) map[int]string {
	all := map[int]string{}
	for _, cells := range tableRows(text, "Enumerations") {
		from, err := strconv.Atoi(cells[0])
		if err != nil || len(cells) != 2 {
			continue
		}
		for i, name := range strings.Split(cells[1], ", ") {
			all[from+i] = name
		}
	}
	return all
}
