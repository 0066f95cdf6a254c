package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"
)

// freshFlags are the flags of serve, at their defaults.
func freshFlags() *pflag.FlagSet {
	all := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	_, groups := newSettings()
	for _, g := range groups {
		all.AddFlagSet(g.flags)
	}
	return all
}

// complaint is what is said of a configuration that is refused.
var complaint = regexp.MustCompile(`^configuration FILE, line ([0-9]+): [^\n]+$`) //nolint:gochecknoglobals // a form

// FuzzConfig reads any text as a configuration. It is refused in one line that names
// a line of it, or each of its keys is a setting, whose value reads the same once it
// is written.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "# nothing\n", "ring = 1024\nbatch = 7\n", "data = \"x\"\nlisten = \"127.0.0.1:0\"\n", "clock = \"sim=2024-01-01T00:00:00Z\"\n", "demo = true\n",
		"history-trades = \"none\"\n", "read-timeout = \"1m30s\"\n", "sync = \"interval=5ms\"\n", "log-level = \"debug\"\n", "snapshot-bytes = 0\n",
		"ring = 1000\n", "ring = 16.5\n", "ring = [1]\n", "[ring]\nx = 1\n", "a.b = 1\n", "rign = 1\n", "ring = 16\nring = 16\n", "config = \"x\"\n",
		"\"ring\" = 16\n", "'ring' = 0x10\n", "\"\\n\" = 1\n", "x = \"\"\"\n\n\"\"\"\n", "ring = \xff\n", "x = {", "x = 1979-05-27\n", "snapshot-commands = -1\n",
		"\"ring\\u0000\" = 16\n", "demo = \"true\"\n", "\r\nring = 16\r\n", "[[ring]]\n", "x = nan\n",
	} {
		f.Add(seed)
	}
	flags, second := freshFlags(), freshFlags() // what is left of one run is set by the next, or not looked at
	f.Fuzz(func(t *testing.T, src string) {
		if err := setFrom("FILE", []byte(src), flags); err != nil {
			said := complaint.FindStringSubmatch(err.Error())
			if said == nil {
				t.Fatalf("%q is refused with %q", src, err)
			}
			if line, err := strconv.Atoi(said[1]); err != nil || line < 1 || line > 1+strings.Count(src, "\n") {
				t.Fatalf("%q is refused for its line %s", src, said[1])
			}
			return
		}
		meta, err := toml.Decode(src, new(map[string]any))
		if err != nil {
			t.Fatalf("%q was taken: %v", src, err)
		}
		for _, key := range meta.Keys() {
			flag := flags.Lookup(key.String())
			if flag == nil {
				t.Fatalf("%q was taken with the key %q", src, key)
			}
			again := second.Lookup(flag.Name)
			if err := again.Value.Set(flag.Value.String()); err != nil || again.Value.String() != flag.Value.String() {
				t.Fatalf("%s is %q, and then %q, %v", flag.Name, flag.Value, again.Value, err)
			}
		}
	})
}
