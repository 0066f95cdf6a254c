package rivals

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// The lengths of records are those of a batch of a few commands.
const (
	minRecordBytes = 64
	maxRecordBytes = 1024
)

// Record returns record n, counted from 1. All of it follows from n, so what is read
// needs nothing beside it to be judged.
func Record(n uint64) []byte {
	r := rand.New(rand.NewPCG(n, n))
	b := binary.BigEndian.AppendUint64(nil, n)
	for want := minRecordBytes + r.IntN(maxRecordBytes-minRecordBytes); len(b) < want; {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

// checkRecord reports how b is not record n.
func checkRecord(n uint64, b []byte) error {
	if !bytes.Equal(b, Record(n)) {
		return fmt.Errorf("record %d is not what was appended", n)
	}
	return nil
}
