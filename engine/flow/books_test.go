package flow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/flow"
)

func TestReadBooks(t *testing.T) {
	b := mustReadBooks(t, dayBooks)
	if b.Len() != 5 || b.Levels != 2 || b.PriceScale != 2 || b.QtyScale != 0 {
		t.Errorf("%d books of %d levels, scales %d and %d, want 5 of 2, 2 and 0", b.Len(), b.Levels, b.PriceScale, b.QtyScale)
	}
	if b = mustReadBooks(t, "after,b1p,b1q,a1p,a1q\n"); b.Len() != 0 || b.Levels != 1 {
		t.Errorf("%d books of %d levels, want none of 1", b.Len(), b.Levels)
	}
}

func TestReadBooksRefuses(t *testing.T) {
	const head = "after,b1p,b1q,a1p,a1q\n"
	for _, c := range []struct{ file, want string }{
		{"", "line 1: the header is missing"},
		{"after\n", `line 1: the header is not after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq but "after"`},
		{"after,b1p,b1q,a1p\n", `line 1: the header is not after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq but "after,b1p,b1q,a1p"`},
		{"after,a1p,a1q,b1p,b1q\n", `line 1: the header is not after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq but "after,a1p,a1q,b1p,b1q"`},
		{"after" + strings.Repeat(",b1p", 4004) + "\n", `line 1: the header is not after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq but "after` + strings.Repeat(",b1p", 18) + `,b1"`},
		{head + "1,2,3,4\n", "line 2: 4 columns instead of 5"},
		{head + "1,\"2\",3,4,5\n", "line 2: quotes are not part of the format"},
		{head + "0,2,3,4,5\n", `line 2, after: "0": not the number of a row, counted from 1`},
		{head + ",2,3,4,5\n", `line 2, after: "": not the number of a row, counted from 1`},
		{head + "2147483648,2,3,4,5\n", `line 2, after: "2147483648": not the number of a row, counted from 1`},
		{head + "2,2,3,4,5\n2,2,3,4,5\n", `line 3, after: "2": not above that of the line before`},
		{head + "2,x,3,4,5\n", `line 2, b1p: "x": not of the form digits[.digits]`},
		{head + "2,2,-3,4,5\n", `line 2, b1q: "-3": not of the form digits[.digits]`},
		{head + "2,2,3,4..,5\n", `line 2, a1p: "4..": not of the form digits[.digits]`},
		{head + "2,2,3,4,9223372036854775808\n", `line 2, a1q: "9223372036854775808": too large`},
		{head + "2,10,3,0.000000000000000001,5\n", `line 2, a1p: "0.000000000000000001": with so many decimals an earlier value of the file does not fit into 63 bits`},
	} {
		_, err := flow.ReadBooks(strings.NewReader(c.file))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.80q:\n got %v\nwant %s", c.file, err, c.want)
		}
		if _, ok := errors.AsType[*flow.LineError](err); !ok {
			t.Errorf("%.80q: the error is a %T, want a LineError", c.file, err)
		}
	}
}

func TestReadBooksFile(t *testing.T) {
	for name, b := range map[string][]byte{"plain": []byte(dayBooks), "packed": compressed(t, dayBooks)} {
		books, err := flow.ReadBooksFile(writeFile(t, name, b))
		if err != nil || books.Len() != 5 {
			t.Errorf("%s: %v and %v, want 5 books", name, books, err)
		}
	}
	path := writeFile(t, "bad", []byte("x\n"))
	if _, err := flow.ReadBooksFile(path); err == nil || !strings.Contains(err.Error(), path+": line 1: ") {
		t.Errorf("got %v, want the path and the line", err)
	}
}

// FuzzReadBooks holds the reader of books to an error or books of the size that
// the header promises.
func FuzzReadBooks(f *testing.F) {
	f.Add(dayBooks)
	f.Add("after,b1p,b1q,a1p,a1q\n1,0.5,1,0.25,\r\n2,,,,")
	f.Fuzz(func(t *testing.T, file string) {
		b, err := flow.ReadBooks(strings.NewReader(file))
		if err != nil {
			return
		}
		head, _, _ := strings.Cut(file, "\n")
		if got, want := 4*b.Levels, strings.Count(head, ","); got != want {
			t.Fatalf("%q has %d levels", file, b.Levels)
		}
		if got, most := b.Len(), strings.Count(file, "\n"); got > most {
			t.Fatalf("%q has %d books", file, got)
		}
	})
}
