package engine_test

import (
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
)

// TestScripts runs testdata/*.txt, the rules at work, on the naive exchange and
// on the engine. RunScripts says how a script is written; -rewrite writes the
// naive exchange's answers into the scripts.
func TestScripts(t *testing.T) { enginetest.RunScripts(t, "testdata", newJudged) }
