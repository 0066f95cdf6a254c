package pipeline_test

import (
	"context"
	"fmt"
	"os"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// A durable exchange in a program: commands are answered once they are on disk,
// and a restart goes on where it ended.
func Example() {
	dir, err := os.MkdirTemp("", "exchange")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	for range 2 {
		p, err := pipeline.Start(pipeline.Options{Dir: dir, Clock: func() int64 { return 1 }})
		if err != nil {
			panic(err)
		}
		var r pipeline.Result
		if err := p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &r); err != nil {
			panic(err)
		}
		fmt.Printf("command %d: %v %d, durable in epoch %d\n", r.Seq, r.Events[0].Kind, r.Events[0].ID, p.Durable().Epoch)
		if err := p.Stop(); err != nil {
			panic(err)
		}
	}
	// Output:
	// command 1: account-created 1, durable in epoch 1
	// command 2: account-created 2, durable in epoch 2
}
