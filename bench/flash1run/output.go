package flash1run

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// outcome is what the harness prints of a run, as far as it is of use here.
type outcome struct {
	speed   float64 // messages a second
	correct bool    // the reports hash to what is published
	valid   bool    // and nothing else was found wrong, such as slow answers about the book
}

var (
	errNoSpeed   = errors.New("the harness printed no throughput in M msgs/s")
	errNoVerdict = errors.New("the harness printed no verdict")
	errWrong     = errors.New("the reports are wrong")
)

// parse reads the output of a run. It looks at lines of a name, a colon and a value.
func parse(text string) (o outcome, err error) {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			values[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	number, ok := strings.CutSuffix(values["Throughput"], " M msgs/s")
	if !ok {
		return o, errNoSpeed
	}
	millions, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return o, fmt.Errorf("%w: %w", errNoSpeed, err)
	}
	verdict, ok := values["Verdict"]
	if !ok {
		return o, errNoVerdict
	}
	return outcome{speed: millions * 1e6, correct: values["Status"] == "PASS", valid: verdict == "VALID"}, nil
}
