package flow_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// everything has each command, with and without its optional columns.
const everything = header +
	"33300000000000,phase,,,,,auction,\n" +
	"33300000000000,limit,a1,buy,10.02,300,GTC,\n" +
	"33300000000000,limit,a2,sell,10,200,GTC,\n" +
	"33900000000000,uncross,,,10.02,,,a1/a2@10.02:200\n" +
	"34200000000000,phase,,,,,trading,\n" +
	"34200000000000,limit,x:y/z@1,sell,10.010,50,IOC,a1@10.02:20;a1@10.02:30.5\n" +
	"34200000000000,reduce,a1,,,20,,\n" +
	"34200000000000,replace,a1,,10.03,100,,a9@10.03:5\n" +
	"34200000000005,cancel,a1,,,,,\n"

// text writes a flow as its file reads.
func text(f *flow.Flow) string {
	b := []byte(header)
	decimal := func(v int64, scale uint8) string {
		if v == 0 {
			return ""
		}
		return msg.FormatDecimal(v, scale)
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		side, last := "", ""
		switch r.Op {
		case flow.OpLimit:
			side, last = r.Side.String(), strings.ToUpper(r.TIF.String())
		case flow.OpPhase:
			last = r.Phase.String()
		default:
		}
		b = strconv.AppendInt(b, r.Time, 10)
		for _, s := range []string{
			r.Op.String(), f.ID(r.ID), side, decimal(r.Price, f.PriceScale), decimal(r.Quantity, f.QtyScale), last,
		} {
			b = append(append(b, ','), s...)
		}
		for j, fill := range f.Expected(i) {
			b = append(b, ",;"[min(j, 1)])
			b = append(b, f.ID(fill.Order)...)
			if fill.Ask != 0 {
				b = append(append(b, '/'), f.ID(fill.Ask)...)
			}
			b = append(append(b, '@'), msg.FormatDecimal(fill.Price, f.PriceScale)...)
			b = append(append(b, ':'), msg.FormatDecimal(fill.Quantity, f.QtyScale)...)
		}
		if len(f.Expected(i)) == 0 {
			b = append(b, ',')
		}
		b = append(b, '\n')
	}
	return string(b)
}

func TestReadEverything(t *testing.T) {
	f := mustRead(t, everything)
	want := strings.Replace(everything, "10.010", "10.01", 1)
	if diff := cmp.Diff(want, text(f)); diff != "" {
		t.Errorf("the flow reads differently (-want +got):\n%s", diff)
	}
	if !f.HasExpect {
		t.Error("the file expects fills, and the flow does not")
	}
}

func TestReadLineEnds(t *testing.T) {
	want := text(mustRead(t, everything))
	for name, file := range map[string]string{
		"CR LF":                strings.ReplaceAll(everything, "\n", "\r\n"),
		"no LF after the last": strings.TrimSuffix(everything, "\n"),
	} {
		if diff := cmp.Diff(want, text(mustRead(t, file))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Decimals that come late make the unit of what was read before smaller, also in
// the row where they come. Expected values do not change what the orders have.
func TestReadDecimals(t *testing.T) {
	for _, c := range []struct {
		rows                       string
		price, qty                 int64 // of the first row
		priceDecimals, qtyDecimals uint8
		priceScale, qtyScale       uint8
	}{
		{"0,limit,a,buy,7,5,GTC,\n", 7, 5, 0, 0, 0, 0},
		{"0,limit,a,buy,7.00,5.0,GTC,\n", 7, 5, 0, 0, 0, 0},
		{"0,limit,a,buy,7,5,GTC,\n0,limit,b,buy,7.25,5.5,GTC,\n", 700, 50, 2, 1, 2, 1},
		{"0,limit,a,buy,7,5,GTC,\n0,reduce,a,,,0.5,,\n", 7, 50, 0, 1, 0, 1},
		{"0,limit,a,buy,7,5,GTC,b@7.125:0.01\n", 7000, 500, 0, 0, 3, 2},
		{"0,limit,a,buy,7,5,GTC,b@7.125:1\n0,limit,a,buy,7.5,5,GTC,\n", 7000, 5, 1, 0, 3, 0},
		{"0,limit,a,buy,7,5,GTC,\n0,uncross,,,7.25,,,\n", 700, 5, 0, 0, 2, 0},
		{"0,limit,a,buy,7,5,GTC,\n0,limit,a,buy,0.000000000000000001,5,GTC,\n", 7e18, 5, 18, 0, 18, 0},
	} {
		f := mustRead(t, header+c.rows)
		if r := f.Rows[0]; r.Price != c.price || r.Quantity != c.qty {
			t.Errorf("%s: price %d and quantity %d, want %d and %d", c.rows, r.Price, r.Quantity, c.price, c.qty)
		}
		got := [4]uint8{f.PriceDecimals, f.QtyDecimals, f.PriceScale, f.QtyScale}
		if want := [4]uint8{c.priceDecimals, c.qtyDecimals, c.priceScale, c.qtyScale}; got != want {
			t.Errorf("%s: decimals and scales %d, want %d", c.rows, got, want)
		}
	}
}

// Many ids need more than one growth of the table.
func TestReadManyIDs(t *testing.T) {
	const rows = 5000
	b := []byte(header)
	for i := range rows {
		b = append(strconv.AppendInt(append(b, "1,cancel,id"...), int64(i%(rows/2)), 10), ",,,,,\n"...)
	}
	f := mustRead(t, string(b))
	for i := range f.Rows {
		if got, want := f.ID(f.Rows[i].ID), "id"+strconv.Itoa(i%(rows/2)); got != want {
			t.Fatalf("row %d has id %s, want %s", i+1, got, want)
		}
		if f.Rows[i].ID != f.Rows[i%(rows/2)].ID {
			t.Fatalf("row %d: the same id has two numbers", i+1)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const good = "5,limit,a,buy,7,5,GTC,\n"
	for _, c := range []struct{ file, want string }{
		{"", `line 1: the header is missing`},
		{"time,command\n", `line 1: the header is not ` + strings.TrimSpace(header) + ` but "time,command"`},
		{strings.Replace(header, "tif", "TIF", 1), `line 1: the header is not ` + strings.TrimSpace(header) + ` but "time,command,id,side,price,quantity,TIF,expect"`},
		{" " + header, `line 1: the header is not ` + strings.TrimSpace(header) + ` but " time,command,id,side,price,quantity,tif,expect"`},
		{"\ufeff" + header, `line 1: the header is not ` + strings.TrimSpace(header) + ` but "\ufefftime,command,id,side,price,quantity,tif,expect"`},
		{header + good + "\n", `line 3: 1 columns instead of 8`},
		{header + "5,limit,a,buy,7,5,GTC\n", `line 2: 7 columns instead of 8`},
		{header + "5,limit,a,buy,7,5,GTC,,\n", `line 2: 9 columns instead of 8`},
		{header + "5,limit,\"a\",buy,7,5,GTC,\n", `line 2: quotes are not part of the format`},

		{header + ",limit,a,buy,7,5,GTC,\n", `line 2, time: "": not a number of nanoseconds`},
		{header + "-5,limit,a,buy,7,5,GTC,\n", `line 2, time: "-5": not a number of nanoseconds`},
		{header + "5.0,limit,a,buy,7,5,GTC,\n", `line 2, time: "5.0": not a number of nanoseconds`},
		{header + "9223372036854775808,cancel,a,,,,,\n", `line 2, time: "9223372036854775808": not a number of nanoseconds`},
		{header + good + "4,cancel,a,,,,,\n", `line 3, time: "4": before the time of the row above`},

		{header + "5,Limit,a,buy,7,5,GTC,\n", `line 2, command: "Limit": no such command`},
		{header + "5,,a,buy,7,5,GTC,\n", `line 2, command: "": no such command`},
		{header + "5,market,a,buy,7,5,GTC,\n", `line 2, command: "market": no such command`},

		{header + "5,limit,,buy,7,5,GTC,\n", `line 2, id: "": the command needs it`},
		{header + "5,limit,a;b,buy,7,5,GTC,\n", `line 2, id: "a;b": an id has no quote, semicolon or control character`},
		{header + "5,limit,a\tb,buy,7,5,GTC,\n", `line 2, id: "a\tb": an id has no quote, semicolon or control character`},
		{header + "5,cancel," + strings.Repeat("i", 256) + ",,,,,\n", `line 2, id: "` + strings.Repeat("i", 40) + `": an id has 1 to 255 bytes`},

		{header + "5,limit,a,BUY,7,5,GTC,\n", `line 2, side: "BUY": not buy or sell`},
		{header + "5,limit,a,,7,5,GTC,\n", `line 2, side: "": the command needs it`},
		{header + "5,limit,a,buy,,5,GTC,\n", `line 2, price: "": the command needs it`},
		{header + "5,limit,a,buy,7e2,5,GTC,\n", `line 2, price: "7e2": not of the form digits[.digits]`},
		{header + "5,limit,a,buy,-7,5,GTC,\n", `line 2, price: "-7": not of the form digits[.digits]`},
		{header + "5,limit,a,buy, 7,5,GTC,\n", `line 2, price: " 7": not of the form digits[.digits]`},
		{header + "5,limit,a,buy,7.,5,GTC,\n", `line 2, price: "7.": not of the form digits[.digits]`},
		{header + "5,limit,a,buy,0,5,GTC,\n", `line 2, price: "0": not positive`},
		{header + "5,limit,a,buy,9223372036854775808,5,GTC,\n", `line 2, price: "9223372036854775808": too large`},
		{header + "5,limit,a,buy,0.0000000000000000001,5,GTC,\n", `line 2, price: "0.0000000000000000001": too many decimals`},
		{header + "5,limit,a,buy,10,5,GTC,\n5,limit,b,buy,0.000000000000000001,5,GTC,\n", `line 3, price: "0.000000000000000001": with so many decimals an earlier value of the file does not fit into 63 bits`},
		{header + "5,limit,a,buy,0.000000000000000001,5,GTC,\n5,limit,a,buy,10,5,GTC,\n", `line 3, price: "10": too large`},
		{header + "5,limit,a,buy,1,5,GTC,b@0.000000000000000001:5\n5,limit,a,buy,10,5,GTC,\n", `line 3, price: "10": with so many decimals an earlier value of the file does not fit into 63 bits`},
		{header + "5,limit,a,buy,7,0.00,GTC,\n", `line 2, quantity: "0.00": not positive`},
		{header + "5,limit,a,buy,7,,GTC,\n", `line 2, quantity: "": the command needs it`},
		{header + "5,reduce,a,,,x,,\n", `line 2, quantity: "x": not of the form digits[.digits]`},
		{header + "5,limit,a,buy,7,10,GTC,\n5,reduce,a,,,0.000000000000000001,,\n", `line 3, quantity: "0.000000000000000001": with so many decimals an earlier value of the file does not fit into 63 bits`},
		{header + "5,limit,a,buy,7,5,GTC,b@1:10;b@1:0.000000000000000001\n", `line 2, expect: "b@1:10;b@1:0.000000000000000001": with so many decimals an earlier value of the file does not fit into 63 bits`},
		{header + "5,limit,a,buy,7,5,GTC,b@10:1;b@0.000000000000000001:1\n", `line 2, expect: "b@10:1;b@0.000000000000000001:1": with so many decimals an earlier value of the file does not fit into 63 bits`},
		{header + "5,limit,a,buy,7,5,FOK,\n", `line 2, tif: "FOK": not GTC or IOC`},
		{header + "5,limit,a,buy,7,5,,\n", `line 2, tif: "": the command needs it`},
		{header + "5,phase,,,,,halt,\n", `line 2, tif: "halt": not auction or trading`},
		{header + "5,phase,,,,,,\n", `line 2, tif: "": the command needs it`},

		{header + "5,cancel,a,buy,,,,\n", `line 2, side: "buy": the command does not use it`},
		{header + "5,cancel,a,,7,,,\n", `line 2, price: "7": the command does not use it`},
		{header + "5,cancel,a,,,5,,\n", `line 2, quantity: "5": the command does not use it`},
		{header + "5,cancel,a,,,,GTC,\n", `line 2, tif: "GTC": the command does not use it`},
		{header + "5,cancel,a,,,,,b@7:1\n", `line 2, expect: "b@7:1": the command does not use it`},
		{header + "5,reduce,a,,7,1,,\n", `line 2, price: "7": the command does not use it`},
		{header + "5,replace,a,buy,7,1,,\n", `line 2, side: "buy": the command does not use it`},
		{header + "5,replace,a,,7,1,GTC,\n", `line 2, tif: "GTC": the command does not use it`},
		{header + "5,phase,a,,,,auction,\n", `line 2, id: "a": the command does not use it`},
		{header + "5,uncross,,,7,5,,\n", `line 2, quantity: "5": the command does not use it`},

		{header + "5,limit,a,buy,7,5,GTC,b7:1\n", `line 2, expect: "b7:1": not of the form makerId@price:quantity`},
		{header + "5,limit,a,buy,7,5,GTC,b@7\n", `line 2, expect: "b@7": not of the form makerId@price:quantity`},
		{header + "5,limit,a,buy,7,5,GTC,b@7:1;\n", `line 2, expect: "b@7:1;": not of the form makerId@price:quantity`},
		{header + "5,limit,a,buy,7,5,GTC,@7:1\n", `line 2, expect: "@7:1": an id has 1 to 255 bytes`},
		{header + "5,limit,a,buy,7,5,GTC,b@x:1\n", `line 2, expect: "b@x:1": not of the form digits[.digits]`},
		{header + "5,limit,a,buy,7,5,GTC,b@7:\n", `line 2, expect: "b@7:": not of the form digits[.digits]`},
		{header + "5,uncross,,,7,,,b@7:1\n", `line 2, expect: "b@7:1": not of the form bidId/askId@price:quantity`},
		{header + "5,uncross,,,7,,,b/c/d@7:1\n", `line 2, expect: "b/c/d@7:1": not of the form bidId/askId@price:quantity`},
		{header + "5,uncross,,,7,,,b/@7:1\n", `line 2, expect: "b/@7:1": an id has 1 to 255 bytes`},
		{header + "5,uncross,,,7,,,/b@7:1\n", `line 2, expect: "/b@7:1": an id has 1 to 255 bytes`},
	} {
		_, err := flow.Read(strings.NewReader(c.file), nil)
		if err == nil {
			t.Errorf("%q is taken, want %s", c.file, c.want)
			continue
		}
		if err.Error() != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.file, err, c.want)
		}
		if _, ok := errors.AsType[*flow.LineError](err); !ok {
			t.Errorf("%q: the error is a %T, want a LineError", c.file, err)
		}
	}
}

func TestReadPassesErrorsOn(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := flow.Read(iotest.ErrReader(broken), nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if _, err := flow.ReadBooks(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("books: got %v, want %v", err, broken)
	}
}

// TestReadLongLine meets the limit of a line without a file of that size.
func TestReadLongLine(t *testing.T) {
	_, err := flow.Read(&endless{}, nil)
	if want := "line 1: longer than 67108864 bytes"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// endless is a line without end.
type endless struct{}

func (*endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestReadProgress(t *testing.T) {
	var last int64
	_, err := flow.Read(strings.NewReader(everything), func(n int64) {
		if n < last {
			t.Errorf("progress falls from %d to %d", last, n)
		}
		last = n
	})
	if err != nil || last != int64(len(everything)) {
		t.Errorf("read %d bytes (%v), want %d", last, err, len(everything))
	}
}

// compressed returns a text as a zstd file.
func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeFile writes a file and returns its path.
func writeFile(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The first bytes say whether a file is compressed, not its name.
func TestReadFile(t *testing.T) {
	want := text(mustRead(t, everything))
	for name, b := range map[string][]byte{
		"plain.csv": []byte(everything), "packed.csv.zst": compressed(t, everything),
		"plain.zst": []byte(everything), "packed.csv": compressed(t, everything),
	} {
		var done, total int64
		f, err := flow.ReadFile(writeFile(t, name, b), func(d, n int64) { done, total = d, n })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, text(f)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if done != int64(len(b)) || total != int64(len(b)) {
			t.Errorf("%s: progress ends at %d of %d, want %d", name, done, total, len(b))
		}
	}
}

func TestReadFileRefuses(t *testing.T) {
	packed := compressed(t, everything)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":     {nil, "line 1: the header is missing"},
		"short":     {[]byte("ti"), "line 1: the header is not"},
		"truncated": {packed[:len(packed)-5], "unexpected EOF"},
		"broken":    {append(bytes.Clone(packed[:8]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "read line 1"},
	} {
		path := writeFile(t, name, c.file)
		_, err := flow.ReadFile(path, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %q and the path", name, err, c.want)
		}
	}
	if _, err := flow.ReadFile(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

// FuzzRead holds the reader to this: whatever the bytes, it returns an error or a
// flow that reads the same once written.
func FuzzRead(f *testing.F) {
	f.Add(everything)
	f.Add(header)
	f.Add(header + "0,limit,a,buy,0.5,5,GTC,\r\n0,uncross,,,7.25,,,a/b@1:0\n")
	f.Add(header + "9,limit,@:/,sell,123456789.987654321,0.1,IOC,@:/@1.:1")
	f.Fuzz(func(t *testing.T, file string) {
		first, err := flow.Read(strings.NewReader(file), nil)
		if err != nil {
			return
		}
		once := text(first)
		second, err := flow.Read(strings.NewReader(once), nil)
		if err != nil {
			t.Fatalf("%q was written as %q: %v", file, once, err)
		}
		if twice := text(second); twice != once {
			t.Fatalf("%q was written as %q and then as %q", file, once, twice)
		}
		if p, err := first.Plan(flow.Config{Accounts: 3}); err == nil {
			var c msg.Command
			for row := range p.Len() {
				p.Command(row, &c)
				if err := c.Check(); err != nil {
					t.Fatalf("row %d of %q: %v", row+1, file, err)
				}
			}
		}
	})
}
