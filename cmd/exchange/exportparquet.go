package main

import (
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

const (
	// parquetGroupRows is how many rows are in memory before they are written.
	parquetGroupRows = 64 << 10
	// parquetBatchRows is how many are handed over at a time.
	parquetBatchRows = 1 << 10
)

// parquetRows writes a Parquet file. Every column but seq and time may be without a
// value.
type parquetRows struct {
	w       *parquet.GenericWriter[any]
	columns []column
	rows    []parquet.Row
	values  []parquet.Value // of the rows
	bytes   []byte          // of their texts and decimals
}

// orderedGroup is a schema whose columns are in the order in which they are given.
type orderedGroup struct {
	parquet.Group

	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

// orderedField is a column of a schema.
type orderedField struct {
	parquet.Node

	name string
}

func (f orderedField) Name() string { return f.name }

// Value is asked for when rows are made from Go values, which these are not.
func (orderedField) Value(base reflect.Value) reflect.Value { return base }

func newParquetRows(out io.Writer, what exportKind, about map[string]string) *parquetRows {
	columns := what.columns()
	g := orderedGroup{Group: parquet.Group{}}
	for i := range columns {
		c := &columns[i]
		node := parquetNode(c)
		g.Group[c.name] = node
		g.fields = append(g.fields, orderedField{node, c.name})
	}
	o := []parquet.WriterOption{
		parquet.NewSchema(what.String(), g), parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(parquetGroupRows),
		parquet.CreatedBy("exchange", newVersions().Version, newVersions().Commit),
	}
	for key, value := range about {
		o = append(o, parquet.KeyValueMetadata(key, value))
	}
	return &parquetRows{w: parquet.NewGenericWriter[any](out, o...), columns: columns}
}

// parquetNode returns the type and the encoding of a column.
func parquetNode(c *column) parquet.Node {
	var node parquet.Node
	switch c.kind {
	case textCell:
		node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case decimalCell:
		node = parquet.Encoded(parquet.Decimal(parquetScale, parquetPrecision, parquet.FixedLenByteArrayType(decimalBytes)), &parquet.RLEDictionary)
	case timeCell:
		node = parquet.Encoded(parquet.Timestamp(parquet.Nanosecond), &parquet.DeltaBinaryPacked)
	case boolCell:
		node = parquet.Leaf(parquet.BooleanType)
	default:
		node = parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
	}
	if c.name == "seq" || c.name == "time" {
		return parquet.Required(node)
	}
	return parquet.Optional(node)
}

func (w *parquetRows) row(cells []cell) error {
	from := len(w.values)
	for i := range cells {
		v, err := w.value(i, &cells[i])
		if err != nil {
			return fmt.Errorf("command %d: %s %w", cells[0].n, w.columns[i].name, err)
		}
		w.values = append(w.values, v)
	}
	w.rows = append(w.rows, parquet.Row(w.values[from:len(w.values):len(w.values)]))
	if len(w.rows) < parquetBatchRows {
		return nil
	}
	return w.flush()
}

// value returns the value of a cell in column i.
func (w *parquetRows) value(i int, c *cell) (parquet.Value, error) {
	defined := 1
	if i < 2 {
		defined = 0 // seq and time are always there
	}
	if !c.set {
		return parquet.NullValue().Level(0, 0, i), nil
	}
	var v parquet.Value
	switch w.columns[i].kind {
	case textCell:
		from := len(w.bytes)
		w.bytes = append(w.bytes, c.text...)
		v = parquet.ByteArrayValue(w.bytes[from:])
	case decimalCell:
		from := len(w.bytes)
		b, err := c.appendParquet(w.bytes)
		if err != nil {
			return v, err
		}
		w.bytes = b
		v = parquet.FixedLenByteArrayValue(w.bytes[from:])
	case boolCell:
		v = parquet.BooleanValue(c.n != 0)
	default:
		v = parquet.Int64Value(c.n)
	}
	return v.Level(0, defined, i), nil
}

// flush hands the rows over, which are copied then.
func (w *parquetRows) flush() error {
	if _, err := w.w.WriteRows(w.rows); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	w.rows, w.values, w.bytes = w.rows[:0], w.values[:0], w.bytes[:0]
	return nil
}

func (w *parquetRows) end() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("end the file: %w", err)
	}
	return nil
}

// parquetAbout is what a file says of where it comes from.
func parquetAbout(journal string, s span) map[string]string {
	return map[string]string{
		"exchange.journal": journal, "exchange.from": strconv.FormatUint(uint64(s.from), 10), "exchange.to": strconv.FormatUint(uint64(s.to), 10),
	}
}
