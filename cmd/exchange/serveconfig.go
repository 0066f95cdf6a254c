package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"
)

// readConfig reads settings from a TOML file: each key is the name of a flag. What
// was given on the command line stays.
func readConfig(path string, flags *pflag.FlagSet) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	return setFrom(path, src, flags)
}

// setFrom sets flags to what the text of a configuration says.
func setFrom(path string, src []byte, flags *pflag.FlagSet) error {
	values := make(map[string]any)
	meta, err := toml.Decode(string(src), &values)
	if err != nil {
		if where, ok := errors.AsType[toml.ParseError](err); ok {
			return fmt.Errorf("configuration %s, line %d: %s", path, max(where.Position.Line, 1), inOneLine(where.Message))
		}
		return fmt.Errorf("configuration %s, line 1: %s", path, inOneLine(err.Error()))
	}
	for _, key := range meta.Keys() {
		name := key.String()
		where := fmt.Sprintf("configuration %s, line %d", path, lineOf(src, key))
		flag := flags.Lookup(name)
		if len(key) > 1 || flag == nil || slices.Contains([]string{"config", "help"}, name) {
			return fmt.Errorf("%s: there is no setting %q", where, name)
		}
		text, ok := settingText(values[name])
		if !ok {
			return fmt.Errorf("%s: %s is a text, a number, or true or false", where, name)
		}
		if flag.Changed {
			continue
		}
		if err := flag.Value.Set(text); err != nil {
			return fmt.Errorf("%s: %s = %q: %w", where, name, text, err)
		}
	}
	return nil
}

// inOneLine returns what the library says of a file, which may repeat what stands in
// it, without line ends and other bytes that a terminal acts upon.
func inOneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// settingText returns a value as it would be given on the command line.
func settingText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64, bool:
		return fmt.Sprint(v), true
	default:
		return "", false
	}
}

// lineOf returns the line of a file in which a key stands, from 1.
func lineOf(src []byte, key toml.Key) int {
	last := regexp.QuoteMeta(key[len(key)-1])
	at := regexp.MustCompile(`(?m)^[ \t]*(\[.*|[^=#\n]*\.[ \t]*)?["']?` + last + `["']?[ \t]*[\].=]`).FindIndex(src)
	if at == nil {
		return 1
	}
	return 1 + strings.Count(string(src[:at[0]]), "\n")
}
