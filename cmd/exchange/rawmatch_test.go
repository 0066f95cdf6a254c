package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Answers are held against JSON that is written out. An object has exactly the
// fields that are written, in any order, and a value is exactly the one that is
// written. What cannot be known stands as a text in angle brackets:
//
//	"<dec>"     a decimal: a string with 8 decimals
//	"<int>"     a number without decimals
//	"<id>"      a number above zero, below 2^53
//	"<ms>"      a time of this century in milliseconds; "<us>" in microseconds
//	"<bool>"    true or false
//	"<text>"    a string that is not empty
//	"<name>"    a client order id as the exchange makes them
//	"<int:a>"   the same, and equal wherever :a is written
//	["<each>",x]  one or more elements, each like x

// rawKinds are the values that cannot be known, as JSON.
var rawKinds = map[string]*regexp.Regexp{ //nolint:gochecknoglobals // a table
	"dec":  regexp.MustCompile(`^"-?(0|[1-9][0-9]*)\.[0-9]{8}"$`),
	"int":  regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`),
	"id":   regexp.MustCompile(`^[1-9][0-9]{0,15}$`),
	"ms":   regexp.MustCompile(`^[1-9][0-9]{12}$`),
	"us":   regexp.MustCompile(`^[1-9][0-9]{15}$`),
	"bool": regexp.MustCompile(`^(true|false)$`),
	"text": regexp.MustCompile(`^".+"$`),
	"name": regexp.MustCompile(`^"[0-9A-Za-z]{22}"$`),
}

// rawMatch complains unless got is what want says.
func rawMatch(t *testing.T, what, want, got string, vars map[string]string) {
	t.Helper()
	if diff := rawDiff(want, got, vars); len(diff) > 0 {
		t.Errorf("%s:\n  got  %s\n  want %s\n  %s", what, got, want, strings.Join(diff, "\n  "))
	}
}

// expect complains unless an answer has a status and a body.
func (r *rawVenue) expect(what string, a rawAnswer, status int, body string) {
	r.t.Helper()
	if a.status != status {
		r.t.Errorf("%s: status %d, want %d: %s", what, a.status, status, a.body)
	}
	rawMatch(r.t, what, body, a.body, r.vars)
}

// refused complains unless an answer refuses with a status, code and text.
func (r *rawVenue) refused(what string, a rawAnswer, status, code int, text string) {
	r.t.Helper()
	r.expect(what, a, status, rawError(code, text))
}

// rawError returns the body of a refusal.
func rawError(code int, text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))
	return fmt.Sprintf(`{"code":%d,"msg":%s}`, code, plain)
}

// rawDiff returns in what got differs from want.
func rawDiff(want, got string, vars map[string]string) []string {
	var w, g any
	if err := decodeRaw(want, &w); err != nil {
		return []string{"what is wanted is no JSON: " + err.Error()}
	}
	if !jsontext.Value(got).IsValid() { // nor is it when a name comes twice
		return []string{"it is no JSON"}
	}
	if err := decodeRaw(got, &g); err != nil {
		return []string{err.Error()}
	}
	if vars == nil {
		vars = make(map[string]string)
	}
	return diffRaw("", w, g, vars)
}

func decodeRaw(text string, into *any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

func diffRaw(at string, want, got any, vars map[string]string) []string {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return diffObjects(at, w, g, vars)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return diffArrays(at, w, g, vars)
		}
	case string:
		if kind, name, ok := rawPattern(w); ok {
			return diffPattern(at, kind, name, rawText(got), vars)
		}
	}
	if rawText(want) != rawText(got) {
		return []string{fmt.Sprintf("%s is %s, want %s", at, rawText(got), rawText(want))}
	}
	return nil
}

func diffObjects(at string, want, got map[string]any, vars map[string]string) (diff []string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[name]; !ok {
			diff = append(diff, fmt.Sprintf("%s.%s is missing", at, name))
			continue
		}
		diff = append(diff, diffRaw(at+"."+name, want[name], got[name], vars)...)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			diff = append(diff, fmt.Sprintf("%s.%s is one too many: %s", at, name, rawText(got[name])))
		}
	}
	return diff
}

func diffArrays(at string, want, got []any, vars map[string]string) (diff []string) {
	if len(want) == 2 && want[0] == "<each>" {
		if len(got) == 0 {
			return []string{at + " is empty"}
		}
		for i := range got {
			diff = append(diff, diffRaw(fmt.Sprintf("%s[%d]", at, i), want[1], got[i], vars)...)
		}
		return diff
	}
	if len(want) != len(got) {
		return []string{fmt.Sprintf("%s has %d elements, want %d", at, len(got), len(want))}
	}
	for i := range want {
		diff = append(diff, diffRaw(fmt.Sprintf("%s[%d]", at, i), want[i], got[i], vars)...)
	}
	return diff
}

// rawPattern takes a text in angle brackets apart.
func rawPattern(text string) (kind, name string, ok bool) {
	if !strings.HasPrefix(text, "<") || !strings.HasSuffix(text, ">") {
		return "", "", false
	}
	kind, name, _ = strings.Cut(text[1:len(text)-1], ":")
	return kind, name, true
}

func diffPattern(at, kind, name, got string, vars map[string]string) []string {
	of := rawKinds[kind]
	if of == nil {
		return []string{fmt.Sprintf("%s: there is no kind %q of values", at, kind)}
	}
	if !of.MatchString(got) {
		return []string{fmt.Sprintf("%s is %s, want %s", at, got, kind)}
	}
	if name == "" {
		return nil
	}
	if before, known := vars[name]; known && before != got {
		return []string{fmt.Sprintf("%s is %s, want %s as before", at, got, before)}
	}
	vars[name] = got
	return nil
}

// rawText returns a value as JSON.
func rawText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestRawMatch sees that what the other tests rely on complains.
func TestRawMatch(t *testing.T) {
	for _, c := range []struct {
		want, got string
		diff      int
	}{
		{`{"a":1,"b":"x"}`, `{"b":"x","a":1}`, 0},
		{`{"a":1}`, `{"a":1,"b":2}`, 1},
		{`{"a":1,"b":2}`, `{"a":1}`, 1},
		{`{"a":1}`, `{"A":1}`, 2},
		{`{"a":1}`, `{"a":"1"}`, 1},
		{`{"a":1}`, `{"a":1.0}`, 1},
		{`{"a":1}`, `{"a":1,"a":1}`, 1},
		{`{"a":"<dec>"}`, `{"a":"1.00000000"}`, 0},
		{`{"a":"<dec>"}`, `{"a":"1.0000000"}`, 1},
		{`{"a":"<dec>"}`, `{"a":1.00000000}`, 1},
		{`{"a":"<dec>"}`, `{"a":"01.00000000"}`, 1},
		{`{"a":"<ms>"}`, `{"a":1772447400000}`, 0},
		{`{"a":"<ms>"}`, `{"a":1772447400000000}`, 1},
		{`["<int:i>","<int:i>"]`, `[7,7]`, 0},
		{`["<int:i>","<int:i>"]`, `[7,8]`, 1},
		{`["<each>",{"a":"<id>"}]`, `[{"a":1},{"a":2}]`, 0},
		{`["<each>",{"a":"<id>"}]`, `[{"a":1},{"a":0}]`, 1},
		{`["<each>",1]`, `[]`, 1},
		{`[]`, `[1]`, 1},
		{`null`, `{}`, 1},
		{`{"a":"<other>"}`, `{"a":1}`, 1},
		{`{}`, `{`, 1},
	} {
		if diff := rawDiff(c.want, c.got, nil); len(diff) != c.diff {
			t.Errorf("%s against %s: %q, want %d complaints", c.got, c.want, diff, c.diff)
		}
	}
}
