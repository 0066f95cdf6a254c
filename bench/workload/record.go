package workload

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Type is what a Record asks for. The values are part of the file format.
type Type uint8

// The types of a Record.
const (
	Add    Type = 0 // a limit order; what does not trade rests
	Cancel Type = 1 // takes an order off the book
	IOC    Type = 2 // a limit order; what does not trade is dropped
)

// Record is one command of a flow. A cancel says price, side and open quantity of
// the order that it takes off, so that engines which need them can be measured.
type Record struct {
	ID     uint64 // of an order, from 1 in the order in which orders come
	Price  uint32
	Qty    uint32
	Type   Type
	Side   msg.Side
	Symbol uint32 // from 0
}

// The file has a header and then its records, all little endian.
const (
	magic         = 0x31304c57464d4f43
	formatVersion = 1
	headerBytes   = 96
	recordBytes   = 24
)

// Write writes the flow as a file, for engines that are measured from outside:
//
//	u64 magic, u32 version, u32 symbols, u64 prefill, u64 timed, u64 largest id,
//	u64 trades, u64 traded quantity, u64 Σ price×quantity, u64 digest,
//	u64 resting orders at the end, u64 their quantity, u64 refusals (always 0)
//
// and for each record
//
//	u64 id, u32 price, u32 qty, u8 type, u8 side, u16 0, u32 symbol
func (f *Flow) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	o := &f.Outcome
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, headerBytes), magic)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.Params.Symbols))
	for _, v := range []uint64{
		uint64(f.Prefill), uint64(len(f.Records) - f.Prefill), f.MaxID,
		o.Trades, o.Traded, o.Notional, o.Digest, o.Resting, o.RestingQty, o.Refused,
	} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	if _, err := out.Write(b); err != nil {
		return fmt.Errorf("write header of flow: %w", err)
	}
	for i := range f.Records {
		if _, err := out.Write(f.Records[i].append(b[:0])); err != nil {
			return fmt.Errorf("write record %d of flow: %w", i, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write flow: %w", err)
	}
	return nil
}

func (r *Record) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, r.ID)
	dst = binary.LittleEndian.AppendUint32(dst, r.Price)
	dst = binary.LittleEndian.AppendUint32(dst, r.Qty)
	dst = append(dst, byte(r.Type), byte(r.Side), 0, 0)
	return binary.LittleEndian.AppendUint32(dst, r.Symbol)
}
