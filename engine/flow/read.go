package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// header is the first line of a flow file.
const header = "time,command,id,side,price,quantity,tif,expect"

// The columns, in their order.
const (
	colTime = iota
	colCommand
	colID
	colSide
	colPrice
	colQuantity
	colTIF
	colExpect
	columns
)

// columnName returns a column's name in the header.
func columnName(column int) string {
	return [columns]string{"time", "command", "id", "side", "price", "quantity", "tif", "expect"}[column]
}

// maxRows bounds a file so that every order can be named by 32 bits.
const maxRows = math.MaxInt32

// The rules of a row.
var (
	errHeader   = errors.New("the header is not " + header)
	errMissing  = errors.New("the command needs it")
	errUnused   = errors.New("the command does not use it")
	errCommand  = errors.New("no such command")
	errTime     = errors.New("not a number of nanoseconds")
	errFalling  = errors.New("before the time of the row above")
	errSide     = errors.New("not buy or sell")
	errTIF      = errors.New("not GTC or IOC")
	errPhase    = errors.New("not auction or trading")
	errPositive = errors.New("not positive")
	errFill     = errors.New("not of the form makerId@price:quantity")
	errPair     = errors.New("not of the form bidId/askId@price:quantity")
	errFills    = errors.New("the file expects more than 2^32 fills")
)

// Read reads a flow file that is not compressed. progress, if not nil, is told
// from time to time how many bytes have been read. A file that breaks a rule
// gives a *LineError.
func Read(r io.Reader, progress func(bytes int64)) (*Flow, error) {
	if progress != nil {
		r = &counter{r: r, progress: progress}
	}
	f := &Flow{}
	d := reader{lines: newLines(r), flow: f}
	d.price.widen, d.quantity.widen = f.widenPrices, f.widenQuantities
	if err := d.read(); err != nil {
		return nil, err
	}
	f.PriceDecimals, f.QtyDecimals = d.priceDecimals, d.qtyDecimals
	f.PriceScale, f.QtyScale = d.price.scale, d.quantity.scale
	f.HasExpect = len(f.fills) > 0
	f.ids = d.ids.names
	return f, nil
}

// ReadFile reads a flow file, plain or compressed with zstd. progress, if not
// nil, is told how many bytes of the file have been read, and how many it has.
func ReadFile(path string, progress func(done, total int64)) (*Flow, error) {
	var f *Flow
	err := readFile(path, progress, func(r io.Reader) (err error) {
		f, err = Read(r, nil)
		return err
	})
	return f, err
}

// reader holds what is needed while a file is read.
type reader struct {
	*lines
	flow                       *Flow
	ids                        nameTable
	price, quantity            scaled
	priceDecimals, qtyDecimals uint8
	now                        int64
}

func (d *reader) read() error {
	if err := d.header(0); err != nil {
		return err
	}
	if found := bytes.Join(d.fields, []byte{','}); string(found) != header {
		return &LineError{Line: 1, Err: badHeader(errHeader, found)}
	}
	for {
		err := d.next(columns)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(d.flow.Rows) == maxRows {
			return d.errorf("", "more than %d rows", maxRows)
		}
		// The row is in place while it is read, so that it takes part when its own
		// expected values make the unit smaller.
		d.flow.Rows = append(d.flow.Rows, Row{fills: uint32(len(d.flow.fills))})
		if column, err := d.row(&d.flow.Rows[len(d.flow.Rows)-1]); err != nil {
			return d.refuse(columnName(column), d.fields[column], err)
		}
	}
}

// badHeader adds to a rule the header that was found, in which a byte order mark or
// other separators show.
func badHeader(rule error, found []byte) error {
	return fmt.Errorf("%w but %.*q", rule, headerShown, found)
}

// headerShown is how much of a wrong header is shown, in characters.
const headerShown = 80

// row reads the fields of a line. It returns the column that an error is about.
func (d *reader) row(row *Row) (column int, err error) {
	now, err := strconv.ParseUint(string(d.fields[colTime]), 10, 63)
	switch {
	case err != nil:
		return colTime, errTime
	case int64(now) < d.now:
		return colTime, errFalling
	}
	d.now = int64(now)
	row.Time = d.now
	if row.Op = parseOp(d.fields[colCommand]); row.Op == 0 {
		return colCommand, errCommand
	}
	uses := row.Op.columnUse()
	for column := colID; column < columns; column++ {
		if err := d.field(row, column, uses[column]); err != nil {
			return column, err
		}
	}
	return 0, nil
}

// use says what a command does with a column.
type use uint8

const (
	unused use = iota
	optional
	required
)

// columnUse returns how a command uses the columns from id on.
func (o Op) columnUse() [columns]use {
	switch o {
	case OpLimit:
		return [columns]use{
			colID: required, colSide: required, colPrice: required, colQuantity: required, colTIF: required, colExpect: optional,
		}
	case OpCancel:
		return [columns]use{colID: required}
	case OpReduce:
		return [columns]use{colID: required, colQuantity: required}
	case OpReplace:
		return [columns]use{colID: required, colPrice: required, colQuantity: required, colExpect: optional}
	case OpPhase:
		return [columns]use{colTIF: required}
	case OpUncross:
		return [columns]use{colPrice: optional, colExpect: optional}
	default:
		return [columns]use{}
	}
}

// field reads one field of a row.
func (d *reader) field(row *Row, column int, use use) error {
	b := d.fields[column]
	if len(b) == 0 {
		if use == required {
			return errMissing
		}
		return nil
	}
	if use == unused {
		return errUnused
	}
	var err error
	switch column {
	case colID:
		row.ID, err = d.ids.number(b)
	case colSide:
		row.Side, err = parseSide(b)
	case colPrice:
		row.Price, err = d.rowPrice(row.Op, b)
	case colQuantity:
		row.Quantity, err = positive(ordered(&d.quantity, &d.qtyDecimals, b))
	case colTIF:
		if row.Op == OpPhase {
			row.Phase, err = parsePhase(b)
		} else {
			row.TIF, err = parseTIF(b)
		}
	case colExpect:
		err = d.expect(row.Op, b)
	}
	return err
}

// rowPrice reads the price of a row. That of an uncross is expected and says
// nothing about the tick.
func (d *reader) rowPrice(op Op, b []byte) (int64, error) {
	if op == OpUncross {
		return positive(d.price.number(b))
	}
	return positive(ordered(&d.price, &d.priceDecimals, b))
}

// ordered reads a number of an order, and takes note of its decimals.
func ordered(s *scaled, decimals *uint8, b []byte) (int64, error) {
	v, err := msg.ParseDecimal(string(b), *decimals)
	if errors.Is(err, msg.ErrDecimalPrecision) {
		if *decimals, err = msg.Decimals(string(b)); err != nil {
			return 0, msg.ErrDecimalPrecision
		}
		if err := s.grow(*decimals); err != nil {
			return 0, err
		}
		v, err = msg.ParseDecimal(string(b), *decimals)
	}
	if err != nil || s.scale == *decimals {
		return v, err
	}
	return v, widen(&v, msg.Pow10(s.scale-*decimals))
}

func positive(v int64, err error) (int64, error) {
	if err == nil && v <= 0 {
		err = errPositive
	}
	return v, err
}

func parseSide(b []byte) (msg.Side, error) {
	switch string(b) {
	case "buy":
		return msg.Buy, nil
	case "sell":
		return msg.Sell, nil
	}
	return 0, errSide
}

func parseTIF(b []byte) (msg.TimeInForce, error) {
	switch string(b) {
	case "GTC":
		return msg.GTC, nil
	case "IOC":
		return msg.IOC, nil
	}
	return 0, errTIF
}

func parsePhase(b []byte) (msg.Phase, error) {
	switch string(b) {
	case "auction":
		return msg.Auction, nil
	case "trading":
		return msg.Trading, nil
	}
	return 0, errPhase
}

// expect reads the fills that a row must cause.
func (d *reader) expect(op Op, b []byte) error {
	for more := true; more; {
		var part []byte
		part, b, more = bytes.Cut(b, []byte{';'})
		fill, err := d.fill(op, part)
		if err != nil {
			return err
		}
		if uint64(len(d.flow.fills)) == math.MaxUint32 {
			return errFills
		}
		d.flow.fills = append(d.flow.fills, fill)
	}
	return nil
}

// fill reads one expected fill. An id may hold any of @ / : as long as it is
// clear where it ends: the last @ does, and an uncross has one slash before it.
func (d *reader) fill(op Op, b []byte) (fill Fill, err error) {
	form := errFill
	if op == OpUncross {
		form = errPair
	}
	at := bytes.LastIndexByte(b, '@')
	price, quantity, ok := bytes.Cut(b[at+1:], []byte{':'})
	if at < 0 || !ok {
		return fill, form
	}
	maker := b[:at]
	if op == OpUncross {
		bid, ask, ok := bytes.Cut(maker, []byte{'/'})
		if !ok || bytes.IndexByte(ask, '/') >= 0 {
			return fill, form
		}
		if fill.Ask, err = d.ids.number(ask); err != nil {
			return fill, err
		}
		maker = bid
	}
	if fill.Order, err = d.ids.number(maker); err != nil {
		return fill, err
	}
	if fill.Price, err = d.price.number(price); err != nil {
		return fill, err
	}
	fill.Quantity, err = d.quantity.number(quantity)
	return fill, err
}

func (f *Flow) widenPrices(factor int64) error {
	for i := range f.Rows {
		if err := widen(&f.Rows[i].Price, factor); err != nil {
			return err
		}
	}
	for i := range f.fills {
		if err := widen(&f.fills[i].Price, factor); err != nil {
			return err
		}
	}
	return nil
}

func (f *Flow) widenQuantities(factor int64) error {
	for i := range f.Rows {
		if err := widen(&f.Rows[i].Quantity, factor); err != nil {
			return err
		}
	}
	for i := range f.fills {
		if err := widen(&f.fills[i].Quantity, factor); err != nil {
			return err
		}
	}
	return nil
}
