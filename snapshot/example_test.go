package snapshot_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// A program writes its state now and then, keeps the last two, and starts from the newest that fits its journal.
func Example() {
	fsys := vfs.NewMem() // vfs.OS() outside of examples
	for seq := range uint64(4) {
		s := &snapshot.Snapshot{
			Meta:     snapshot.Meta{Seq: 1000 * (seq + 1)},
			Sections: []snapshot.Section{{Name: "counter", Version: 1, Data: fmt.Append(nil, 17*(seq+1))}},
		}
		if _, err := snapshot.Write(fsys, "snapshot", s); err != nil {
			log.Fatal(err)
		}
		if err := snapshot.Retain(fsys, "snapshot", snapshot.Keep, nil); err != nil {
			log.Fatal(err)
		}
	}

	usable := func(m *snapshot.Meta) error {
		if m.Seq > 3500 {
			return errors.New("the journal ends at 3500")
		}
		return nil
	}
	s, err := snapshot.Newest(fsys, "snapshot", usable, func(w string) { fmt.Println("warning:", w) })
	if err != nil {
		log.Fatal(err)
	}
	counter, _ := s.Section("counter")
	fmt.Printf("start at %d with counter %s\n", s.Seq, counter.Data)
	// Output:
	// warning: passed over: snapshot snapshot/00000000000000004000.snap is not usable: the journal ends at 3500
	// start at 3000 with counter 51
}
