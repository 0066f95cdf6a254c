package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configInputs is the list of what an exchange is told before it serves, and of the
// descriptions of symbols. The files of journals and snapshots have tests of their
// own.
func configInputs(t *testing.T, g *target) inputList {
	t.Helper()
	list := inputList{name: "configuration", lines: []inputLine{
		{text: "setting"},
		{text: "value"},
		{text: "form of a file"},
		{text: "secrets"},
		{text: "tick and lot"},
		{text: "stranded orders"},
		{text: "rates"},
		{text: "product bounds"},
		{text: "filters"},
		{text: "wrong magic", elsewhere: "TestForgedFrames, TestEveryBitFlipped of package journal, TestForgedHeadersAreRefused of package snapshot"},
		{text: "unknown version", elsewhere: "TestUnknownFormat of package journal, TestUnknownVersionIsNotCorrupt of package snapshot"},
		{text: "another journal's id", elsewhere: "TestForeignAndMisplacedSegments of package journal"},
		{text: "epoch", elsewhere: "TestEpochWithoutFrames, TestEpochWithOldPosition of package journal"},
		{text: "a length of 0 or beyond the cap", elsewhere: "TestForgedFrames, TestBombs of package journal, TestPromiseDecompressionSnapshots of package snapshot"},
		{text: "a gap or a repetition of sequences", elsewhere: "TestMissingSegments, TestForgedFrames of package journal"},
		{text: "a checksum or a hash that differs", elsewhere: "TestEveryFlippedByte here, TestEveryBitFlipped of package journal, TestEveryFlippedBitIsDetected of package snapshot"},
		{text: "a command of an unknown kind", elsewhere: "TestScripts with its forged journals here, FuzzDecode of engine/msg"},
		{text: "replication", elsewhere: "there is none"},
		{text: "overlapping tiers of fees", elsewhere: "there are no tiers: a symbol and an account have one rate each for makers and takers"},
	}}
	data := smallData(t)
	for _, c := range settingInputs() {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return startWith(t, data, c.text) }, c.want, nothing})
	}
	for _, c := range secretInputs() {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return startBeside(t, c) }, c.want, nothing})
	}
	for _, c := range symbolInputs() {
		list.bad = append(list.bad, input{c.line, c.name, func(t *testing.T) string { return g.operate(t, c.target, c.body) }, c.want, c.effect})
	}
	return list
}

// startWith tries to serve a data directory with a configuration, and returns the
// exit code and the complaint. The directory must not have changed.
func startWith(t *testing.T, data, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "exchange.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := fingerprint(data)
	if err != nil {
		t.Fatal(err)
	}
	r := call("serve", "--data", data, "--listen", "256.0.0.1:0", "--config", file) // it would fail there at last
	after, err := fingerprint(data)
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Error("the data directory has changed")
	}
	if r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("not one line of complaint: %q %q", r.stdout, r.stderr)
	}
	return fmt.Sprintf("%d %s", r.code, strings.TrimSpace(strings.ReplaceAll(r.stderr, file, "FILE")))
}

// settingInputs are configurations that are wrong.
func settingInputs() []jsonInput {
	const setting, value, form = "setting", "value", "form of a file"
	at := func(line int, text string) string {
		return fmt.Sprintf("1 exchange: configuration FILE, line %d: %s", line, text)
	}
	return []jsonInput{
		{setting, "an unknown setting", "ring = 1024\nrign = 16\n", at(2, `there is no setting "rign"`)},
		{setting, "a setting in capitals", "RING = 1024\n", at(1, `there is no setting "RING"`)},
		{setting, "a section", "[journal]\nring = 16\n", at(1, `there is no setting "journal"`)},
		{setting, "a dotted setting", "journal.ring = 16\n", at(1, `there is no setting "journal.ring"`)},
		{setting, "a file that names another", "config = \"other.toml\"\n", at(1, `there is no setting "config"`)},
		{setting, "a call for help", "help = true\n", at(1, `there is no setting "help"`)},
		{setting, "a setting twice", "batch = 1\nbatch = 2\n", at(2, "Key 'batch' has already been defined.")},
		{form, "words", "hello\n", at(1, "expected '.' or '=', but got '\\n' instead")},
		{form, "a string that does not end", "data = \"x\n", at(1, "strings cannot contain newlines")},
		{form, "no value", "ring =\n", at(1, "expected value but found '\\n' instead")},
		{form, "bytes that are no UTF-8", "data = \"\xff\"\n", at(1, "invalid UTF-8 byte: 0xff")},
		{form, "a NUL", "data = \"a\x00\"\n", at(1, "TOML files cannot contain control characters: '0x00'")},
		{form, "JSON", `{"ring":16}`, at(1, `expected '.' or '=', but got '{' instead`)},
		{value, "a ring that is no power of two", "ring = 1000\n", at(1, `ring = "1000": it is a power of two from 16 to 16777216`)},
		{value, "a negative ring", "ring = -16\n", at(1, `ring = "-16": it is a power of two from 16 to 16777216`)},
		{value, "a ring that is too large", "ring = 9223372036854775807\n", at(1, `ring = "9223372036854775807": it is a power of two from 16 to 16777216`)},
		{value, "a number with a point", "ring = 16.0\n", at(1, "ring is a text, a number, or true or false")},
		{value, "a list", "ring = [16]\n", at(1, "ring is a text, a number, or true or false")},
		{value, "a time", "clock = 2024-01-01T00:00:00Z\n", at(1, "clock is a text, a number, or true or false")},
		{value, "no batch", "batch = 0\n", at(1, `batch = "0": it is a number from 1 to 65536`)},
		{value, "a batch that is a word", "batch = \"many\"\n", at(1, `batch = "many": it is a number from 1 to 65536`)},
		{value, "a batch of 64 bits and one", "batch = 18446744073709551616\n", at(1, `18446744073709551616 is out of range for int64`)},
		{value, "a sync that is none", "sync = \"sometimes\"\n", at(1, `sync = "sometimes": it is always, interval=DURATION or never`)},
		{value, "a time without a unit", "read-timeout = 5\n", at(1, `read-timeout = "5": it is a duration such as 500ms or 1m30s`)},
		{value, "a time of nothing", "read-timeout = \"0s\"\n", at(1, `read-timeout = "0s": it is a duration such as 500ms or 1m30s`)},
		{value, "a negative time", "snapshot-pause = \"-1s\"\n", at(1, `snapshot-pause = "-1s": it is a duration such as 500ms or 10m, or 0`)},
		{value, "a level that is none", "log-level = \"loud\"\n", at(1, `log-level = "loud": it is debug, info, warn or error`)},
		{value, "a clock that is none", "clock = \"wall\"\n", at(1, `clock = "wall": it is real, sim or sim=TIME`)},
		{value, "a clock before the epoch", "clock = \"sim=-1\"\n", at(1, `clock = "sim=-1": "-1" is before the epoch`)},
		{value, "a clock of a time that is none", "clock = \"sim=today\"\n", at(1, `clock = "sim=today": "today" is no time: RFC 3339, or nanoseconds since the epoch`)},
		{value, "a yes", "pprof = \"yes\"\n", at(1, `pprof = "yes": strconv.ParseBool: parsing "yes": invalid syntax`)},
		{value, "a history of less than none", "history-trades = -1\n", at(1, `history-trades = "-1": it is a number from 1 to 2147483647, or none`)},
		{value, "messages of 511 bytes", "message-bytes = 511\n", at(1, `message-bytes = "511": it is a number from 512 to 2147483647`)},
	}
}

// secretInputs are files of secrets beside which nothing is served.
func secretInputs() []secretInput {
	const key = `{"key":"k","account":1,"secret":"s","read":true,"trade":true}`
	keys := func(entries string) string { return `{"format":1,"keys":[` + entries + `]}` }
	file := func(name, text, want string) secretInput {
		return secretInput{line: "secrets", name: name, file: keysFile, text: text, mode: 0o600, want: "1 exchange: open keys: FILE: " + want}
	}
	const readable = "others than its owner can use it (its mode must be 0600)"
	return []secretInput{
		{line: "secrets", name: "keys that everybody reads", file: keysFile, text: keys(key), mode: 0o644, want: "1 exchange: open keys: FILE: " + readable},
		{line: "secrets", name: "keys that a group writes", file: keysFile, text: keys(key), mode: 0o620, want: "1 exchange: open keys: FILE: " + readable},
		{line: "secrets", name: "a token that everybody reads", file: tokenFile, text: strings.Repeat("x", 64) + "\n", mode: 0o604, want: "1 exchange: the operator's token: FILE can be read by others (mode 0604): chmod 600 it, or remove it to have another one made"},
		{line: "secrets", name: "an empty token", file: tokenFile, mode: 0o600, want: "1 exchange: the operator's token: FILE is empty: remove it to have another one made"},
		file("an empty file of keys", "", "read JSON: EOF"),
		file("keys of another format", `{"format":2,"keys":[]}`, "format 2 is not known"),
		file("keys of no format", `{"keys":[]}`, "format 0 is not known"),
		file("keys with an unknown field", `{"format":1,"keys":[],"x":1}`, `read JSON: json: unknown field "x"`),
		file("a key with an unknown field", keys(key[:len(key)-1]+`,"admin":true}`), `entry 1: read JSON: json: unknown field "admin"`),
		file("a key twice", keys(key+","+key), "entry 2: key k: auth: a key of this id exists"),
		file("a key with an empty secret", keys(strings.Replace(key, `"s"`, `""`, 1)), "entry 1: auth: a secret is 1 to 128 characters A-Z a-z 0-9 - _"),
		file("a key of the account of the fees", keys(strings.Replace(key, `"account":1`, `"account":0`, 1)), "entry 1: auth: a key is of an account, and the fee account has none"),
		file("a key that may do nothing", keys(strings.ReplaceAll(key, "true", "false")), "entry 1: auth: a key may read or trade or both"),
		file("something behind the keys", keys(key)+"x", "read JSON: something follows its end"),
	}
}

// secretInput is a file beside which an exchange does not begin to serve.
type secretInput struct {
	line, name string
	file, text string
	mode       fs.FileMode
	want       string
}

// startBeside tries to serve a data directory with a file of secrets in it, which
// must stay as it is.
func startBeside(t *testing.T, c secretInput) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, c.file)
	if err := os.WriteFile(file, []byte(c.text), c.mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, c.mode); err != nil { // whatever the mask is
		t.Fatal(err)
	}
	r := call("serve", "--data", dir, "--listen", "256.0.0.1:0")
	text, err := os.ReadFile(file)
	if err != nil || string(text) != c.text {
		t.Errorf("the file has changed: %q %v", text, err)
	}
	if c.text != "" && strings.Contains(r.stderr, c.text) {
		t.Error("the complaint tells what stands in the file")
	}
	return fmt.Sprintf("%d %s", r.code, strings.TrimSpace(strings.ReplaceAll(r.stderr, file, "FILE")))
}

// symbolInputs are descriptions of symbols that make no sense.
func symbolInputs() []operatorInput {
	const steps, filters, rates, bounds, stranded = "tick and lot", "filters", "rates", "product bounds", "stranded orders"
	spec := func(line, name, change, want string) operatorInput {
		fields := [][2]string{{"symbol", `"NEW"`}, {"base", `"BTC"`}, {"quote", `"USDT"`}, {"tick", `"0.01"`}, {"lot", `"0.001"`}}
		for pair := range strings.SplitSeq(change, ";") {
			at, value, _ := strings.Cut(pair, "=")
			found := false
			for i := range fields {
				if fields[i][0] == at {
					fields[i][1], found = value, true
				}
			}
			if !found {
				fields = append(fields, [2]string{at, value})
			}
		}
		var members []string
		for _, f := range fields {
			if f[1] != "" {
				members = append(members, fmt.Sprintf("%q:%s", f[0], f[1]))
			}
		}
		return operatorInput{line: line, name: name, target: "POST /x/v1/symbols", body: "{" + strings.Join(members, ",") + "}", want: want}
	}
	filter := func(name, text, want string) operatorInput { return spec(filters, name, "filters=["+text+"]", want) }
	alter := func(line, name, body, want string) operatorInput {
		return operatorInput{line: line, name: name, target: "PATCH /x/v1/symbols/TIGHT", body: body, want: want}
	}
	taken := spec(steps, "a symbol that is there", `symbol="TIGHT"`, "409 NAME_TAKEN symbol")
	taken.effect = refused
	return []operatorInput{
		spec(steps, "a negative tick", `tick="-0.01"`, "400 INVALID_DECIMAL tick"),
		spec(steps, "a tick of zero", `tick="0"`, "400 OUT_OF_RANGE tick"),
		spec(steps, "a tick of 9 decimals", `tick="0.000000001"`, "400 TOO_MANY_DECIMALS tick"),
		spec(steps, "a tick that is a number", "tick=0.01", "400 WRONG_TYPE tick"),
		spec(steps, "no tick", "tick=", "400 MISSING_FIELD tick"),
		spec(steps, "a lot of zero", `lot="0"`, "400 OUT_OF_RANGE lot"),
		spec(steps, "a negative lot", `lot="-1"`, "400 INVALID_DECIMAL lot"),
		spec(steps, "no lot", "lot=", "400 MISSING_FIELD lot"),
		spec(steps, "a tick times a lot that is less than a unit", `tick="0.00000001";lot="0.5"`, "400 TICK_TIMES_LOT lot"),
		spec(steps, "one asset for both", `quote="BTC"`, "400 INVALID_VALUE quote"),
		spec(steps, "an unknown asset", `base="DOGE"`, "404 UNKNOWN_ASSET base"),
		spec(steps, "a name in lower case", `symbol="new"`, "400 INVALID_NAME symbol"),
		spec(steps, "a name with a slash", `symbol="NEW/USDT"`, "400 INVALID_NAME symbol"),
		spec(steps, "an unknown way of accounting", `accounting="credit"`, "400 INVALID_VALUE accounting"),
		taken,
		spec(bounds, "a tick of more than counts", `tick="92233720368.54775808"`, "400 OUT_OF_RANGE tick"),
		spec(bounds, "a tick times a lot of more than counts", `tick="92233720368.54775807";lot="92233720368.54775807"`, "400 TICK_TIMES_LOT lot"),
		spec(rates, "a rate of more than all", `taker="1.00000001"`, "400 INVALID_RATE taker"),
		spec(rates, "a rebate", `maker="-0.0001"`, "400 INVALID_DECIMAL maker"),
		spec(rates, "a rate of 9 decimals, of a symbol", `maker="0.000000001"`, "400 TOO_MANY_DECIMALS maker"),
		spec(rates, "a rate in percent", `maker="0.1%"`, "400 INVALID_DECIMAL maker"),
		filter("an unknown filter", `{"filterType":"ICEBERG_PARTS","limit":10}`, "400 UNKNOWN_FILTER filters.0.filterType"),
		filter("a filter that is a word", `"LOT_SIZE"`, "400 WRONG_TYPE filters.0"),
		filter("a filter that is lists in lists", strings.Repeat("[", 9)+strings.Repeat("]", 9), "400 WRONG_TYPE filters.0"),
		filter("a filter twice", `{"filterType":"LOT_SIZE"},{"filterType":"LOT_SIZE"}`, "400 DUPLICATE_FILTER filters.1.filterType"),
		filter("an unknown field of a filter", `{"filterType":"LOT_SIZE","maxPrice":"1"}`, "400 UNKNOWN_FIELD filters.0.maxPrice"),
		filter("a least price above the most", `{"filterType":"PRICE_FILTER","minPrice":"2","maxPrice":"1"}`, "400 INVALID_FILTER filters"),
		filter("a least price off the tick", `{"filterType":"PRICE_FILTER","minPrice":"0.015"}`, "400 PRICE_NOT_ON_TICK filters.0.minPrice"),
		filter("a negative price", `{"filterType":"PRICE_FILTER","minPrice":"-1"}`, "400 INVALID_DECIMAL filters.0.minPrice"),
		filter("a price of more than counts", `{"filterType":"PRICE_FILTER","maxPrice":"99999999999999999999"}`, "400 OUT_OF_RANGE filters.0.maxPrice"),
		filter("a step off the lot", `{"filterType":"LOT_SIZE","stepSize":"0.0015"}`, "400 QUANTITY_NOT_ON_LOT filters.0.stepSize"),
		filter("a least quantity above the most", `{"filterType":"LOT_SIZE","minQty":"2","maxQty":"1"}`, "400 INVALID_FILTER filters"),
		filter("a least worth above the most", `{"filterType":"NOTIONAL","minNotional":"2","maxNotional":"1"}`, "400 INVALID_FILTER filters"),
		filter("an average of more than counts", `{"filterType":"NOTIONAL","avgPriceMins":61}`, "400 OUT_OF_RANGE filters.0.avgPriceMins"),
		filter("averages of two lengths", `{"filterType":"NOTIONAL","avgPriceMins":5},{"filterType":"PERCENT_PRICE_BY_SIDE","avgPriceMins":1}`, "400 INVALID_FILTER filters.1.avgPriceMins"),
		filter("a negative multiplier", `{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"-1"}`, "400 INVALID_DECIMAL filters.0.bidMultiplierUp"),
		filter("a multiplier down above that up", `{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1","bidMultiplierDown":"2"}`, "400 INVALID_FILTER filters"),
		filter("a negative number of orders", `{"filterType":"MAX_NUM_ORDERS","maxNumOrders":-1}`, "400 OUT_OF_RANGE filters.0.maxNumOrders"),
		filter("a number of amends of 17 bits", `{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":65536}`, "400 OUT_OF_RANGE filters.0.maxNumOrderAmends"),
		alter(stranded, "another tick", `{"tick":"1"}`, "400 UNKNOWN_FIELD tick"),
		alter(stranded, "another lot", `{"lot":"1"}`, "400 UNKNOWN_FIELD lot"),
		alter(stranded, "another asset", `{"base":"ETH"}`, "400 UNKNOWN_FIELD base"),
		alter(stranded, "another tick in a filter", `{"filters":[{"filterType":"PRICE_FILTER","tickSize":"1"}]}`, "400 PRICE_NOT_ON_TICK filters.0.tickSize"),
		alter(rates, "a change to a rate above 1", `{"taker":"2"}`, "400 INVALID_RATE taker"),
	}
}
