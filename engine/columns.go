package engine

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// Rows of numbers are packed in blocks, column by column: of each column the least
// number of the block, and of each of its numbers what it has more, in as few bits as
// the most of that needs. A block is unpacked by the same two loads for each number.
const (
	blockRows  = 128
	maxColumns = orderColumns
	// A column begins with the width of its numbers and the least of them.
	columnHead = 1 + 8
	// wideBits is the widest number that may begin at any bit of a byte and is still
	// within one load; wider ones have all 64.
	wideBits = 57
)

// columns are the numbers of a block while it is packed or unpacked.
type columns [maxColumns][blockRows]uint64

// packRows packs rows, which spread lays into so many columns. A block that is what the
// same one was before is that, and takes no more memory.
func packRows[T any](rows []T, width int, before [][]byte, spread func(c *columns, rows []T)) [][]byte {
	blocks := make([][]byte, 0, (len(rows)+blockRows-1)/blockRows)
	var c columns
	var room [maxColumns*(columnHead+8*blockRows) + 8]byte
	for part := range slices.Chunk(rows, blockRows) {
		spread(&c, part)
		b := room[:0]
		for i := range width {
			b = appendColumn(b, c[i][:len(part)])
		}
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // for the load of the last number
		blocks = append(blocks, keepBlock(b, len(blocks), before))
	}
	return blocks
}

// keepBlock returns b to be kept as the i-th block.
func keepBlock(b []byte, i int, before [][]byte) []byte {
	if i < len(before) && bytes.Equal(before[i], b) {
		return before[i]
	}
	kept := make([]byte, len(b)) // a clone would have room for more
	copy(kept, b)
	return kept
}

func appendColumn(b []byte, numbers []uint64) []byte {
	least, most := slices.Min(numbers), slices.Max(numbers)
	width := bits.Len64(most - least)
	if width > wideBits {
		width = 64
	}
	b = binary.LittleEndian.AppendUint64(append(b, byte(width)), least)
	at, size := len(b), (len(numbers)*width+7)/8
	b = b[:at+size+8] // room for the store of the last number
	clear(b[at:])
	for i, v := range numbers {
		to := b[at+i*width/8:]
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(to)|(v-least)<<(i*width%8))
	}
	return b[:at+size]
}

// unpackRows fills rows with what was packed of as many; gather takes them from the
// columns.
func unpackRows[T any](rows []T, width int, blocks [][]byte, gather func(c *columns, rows []T)) {
	var c columns
	for part := range slices.Chunk(rows, blockRows) {
		b := blocks[0]
		blocks = blocks[1:]
		for i := range width {
			b = readColumn(b, c[i][:len(part)])
		}
		gather(&c, part)
	}
}

func readColumn(b []byte, numbers []uint64) []byte {
	width, least := int(b[0]), binary.LittleEndian.Uint64(b[1:])
	b = b[columnHead:]
	if width == 0 {
		for i := range numbers {
			numbers[i] = least
		}
		return b
	}
	mask := uint64(1)<<width - 1 // of 64 bits: 1<<64 is 0
	for i := range numbers {
		at := i * width
		numbers[i] = least + binary.LittleEndian.Uint64(b[at>>3:])>>(at&7)&mask
	}
	return b[(len(numbers)*width+7)/8:]
}
