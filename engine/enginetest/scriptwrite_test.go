package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestWriteScript writes random streams as scripts: the commands as they are read again
// have the answers that the commands had, but for what no script can name and what has
// other numbers there. Commands that make no sense in themselves are left out.
func TestWriteScript(t *testing.T) {
	written := 0
	for seed := range uint64(12) {
		naive := NewNaive()
		stream := NewStream(seed, naive)
		var commands []msg.Command
		for len(commands) < 400 {
			c := stream.Next()
			if c.Check() != nil || c.Kind == msg.AddAsset && !c.Name.Valid() || c.Kind == msg.AddSymbol && unwritable(naive, &c) || c.Kind == msg.AlterSymbol || c.Account > msg.MaxAccounts {
				continue
			}
			naive.Execute(&c)
			commands = append(commands, c)
		}
		text, read, err := WriteScript([]string{"A stream."}, commands)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !strings.HasPrefix(text, "# A stream.\n\n") || strings.Count(text, "\n----\n") != 1 {
			t.Fatalf("seed %d: the script is not one commented block:\n%.200s", seed, text)
		}
		want, got := Answers(commands), Answers(read)
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d commands are read, %d were written", seed, len(got), len(want))
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("seed %d, command %d: %s\nread as %s\n%s, want %s", seed, i+1,
					commandText(&commands[i]), commandText(&read[i]), eventsText(got[i]), eventsText(want[i]))
			}
			written++
		}
	}
	if written != 12*400 {
		t.Errorf("%d commands were written", written)
	}
}

// unwritable reports whether a symbol is of assets that are not there, which a script
// has no names for.
func unwritable(n *Naive, c *msg.Command) bool {
	return c.Spec == nil || int(c.Spec.Base) > n.Assets() || int(c.Spec.Quote) > n.Assets() || c.Spec.Base == 0 || c.Spec.Quote == 0
}

// TestShortest shrinks a stream to what it is asked for: the order that a cancel means,
// with the account, the symbol and the assets that both need, and nothing else.
func TestShortest(t *testing.T) {
	naive := NewNaive()
	stream := NewStream(4, naive)
	var commands []msg.Command
	for range 600 {
		c := stream.Next()
		naive.Execute(&c)
		commands = append(commands, c)
	}
	canceled := func(try []msg.Command) int {
		for i, events := range Answers(try) {
			if try[i].Kind == msg.Cancel && events[0].Kind == msg.Canceled {
				return i
			}
		}
		return -1
	}
	left := Shortest(commands, 1_000_000, canceled)
	if at := canceled(left); at != len(left)-1 {
		t.Fatalf("the last of %d commands is to be a cancel that succeeds, it is command %d", len(left), at+1)
	}
	counts := make(map[msg.Kind]int)
	for i := range left {
		if left[i].Seq != msg.Seq(i+1) || left[i].Time != left[0].Time {
			t.Errorf("command %d is left as %s", i+1, commandText(&left[i]))
		}
		counts[left[i].Kind]++
	}
	if counts[msg.Cancel] != 1 || counts[msg.Place]+counts[msg.CancelReplace] != 1 || counts[msg.AddSymbol] != 1 || counts[msg.AddAsset] != 2 || len(left) > 7 {
		t.Errorf("left are %v", counts)
	}
}

// TestVisible: an engine that answers as the naive exchange shows nothing; one that
// answers otherwise, or does the same and ends in another state, shows where.
func TestVisible(t *testing.T) {
	commands := []msg.Command{
		{Seq: 1, Kind: msg.AddAsset, Name: name("A")},
		{Seq: 2, Kind: msg.CreateAccount},
		{Seq: 3, Kind: msg.Credit, Account: 1, Asset: 1, Amount: 5, Transfer: 1},
		{Seq: 4, Kind: msg.CreateAccount},
	}
	for _, c := range []struct {
		what  string
		start func() Engine
		want  int
	}{
		{"the naive exchange", NaiveEngine, -1},
		{"one that refuses credits", func() Engine { return odd{NewNaive(), true} }, 2},
		{"one that loses credits", func() Engine { return odd{NewNaive(), false} }, 3},
	} {
		if got := Visible(commands, c.start); got != c.want {
			t.Errorf("%s shows it at %d, want %d", c.what, got, c.want)
		}
	}
}

// odd is a naive exchange that does not take credits, and says so or not.
type odd struct {
	*Naive
	says bool
}

func (o odd) Execute(c *msg.Command, events []msg.Event) []msg.Event {
	if c.Kind != msg.Credit {
		return append(events, o.Naive.Execute(c)...)
	}
	other := *c
	other.Amount = -1
	events = append(events, o.Naive.Execute(&other)...)
	if !o.says {
		events[len(events)-1] = msg.Event{Kind: msg.Adjusted}
	}
	return events
}
