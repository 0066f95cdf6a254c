package flow_test

import (
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A recorded flow goes through an engine, and one fill is not what the file
// expects.
func Example() {
	const file = `time,command,id,side,price,quantity,tif,expect
1000,limit,ann,sell,10.02,300,GTC,
2000,limit,bob,sell,10.01,100,GTC,
3000,limit,eve,buy,10.02,150,GTC,bob@10.01:100;ann@10.02:50
4000,cancel,ann,,,,,
5000,limit,joe,buy,10.01,10,IOC,ann@10.02:10
`
	recorded, err := flow.Read(strings.NewReader(file), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := recorded.Plan(flow.Config{Accounts: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	checker, err := flow.NewChecker(plan, flow.CheckOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	exchange := engine.New(engine.Capacity{})
	var events []msg.Event
	execute := func(seq msg.Seq, c *msg.Command) {
		c.Seq = seq
		events = exchange.Execute(c, events[:0])
		checker.Transaction(c, events)
	}
	for i := range plan.Setup {
		execute(msg.Seq(i)+1, &plan.Setup[i])
	}
	var c msg.Command
	for row := range plan.Len() {
		plan.Command(row, &c)
		execute(plan.FirstSeq+msg.Seq(row), &c)
	}
	result := checker.Result()
	fmt.Println(result.Commands, "commands,", result.Trades, "trades,", result.FillMismatches, "mismatch")
	fmt.Println(result.FirstMismatch)
	// Output:
	// 5 commands, 2 trades, 1 mismatch
	// row 5, fill 1: expected ann@10.02:10, got none
}
