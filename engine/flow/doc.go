// Package flow reads recorded order flow, turns it into commands, and compares
// what happened with what was recorded.
//
// # Orders
//
// A flow file is CSV without quotes, plain or compressed with zstd, with exactly
// this header. One row is one command:
//
//	time,command,id,side,price,quantity,tif,expect
//	33300000000000,phase,,,,,auction,
//	33300000000000,limit,a1,buy,10.02,300,GTC,
//	33300000000000,limit,a2,sell,10,200,GTC,
//	33900000000000,uncross,,,10.02,,,a1/a2@10.02:200
//	34200000000000,limit,a3,sell,10.01,50,IOC,a1@10.02:50
//	34200000000000,reduce,a1,,,20,,
//	34200000000000,replace,a1,,10.03,100,,
//	34200000000005,cancel,a1,,,,,
//
//	time      nanoseconds since midnight or an epoch, never falling
//	command   limit    side, price, quantity, tif (GTC or IOC)
//	          cancel   of the latest order with this id
//	          reduce   by this quantity; the order keeps its place
//	          replace  by an order of this price and open quantity; it loses
//	                   its place and may trade
//	          phase    auction (orders rest unmatched) or trading, in column tif
//	          uncross  ends the auction; a price given is the one expected
//	id        the order's own name: 1 to 255 bytes, no comma, quote, semicolon
//	          or control character; it may come again once its order is closed
//	side      buy or sell
//	expect    the fills that the row must cause, in order:
//	          makerId@price:quantity;…  or, for uncross,
//	          bidId/askId@price:quantity;…
//
// Columns that a command does not use are empty. Prices and quantities are
// decimals without sign or exponent; the most decimals among the orders give the
// tick and the lot. A file with any expect at all says of every row which fills
// it must cause, so an empty one means none; in a file without, fills are not
// compared. Lines end with LF or CR LF.
//
// # Books
//
// A books file says how the best N levels must read after some of the rows:
//
//	after,b1p,b1q,b2p,b2q,a1p,a1q,a2p,a2q
//	4,10.02,100,,,,,,
//
// after counts rows from 1 and rises; price and quantity of a level that must not
// be there are empty or 0.
//
// # Commands
//
// [Flow.Plan] makes a [Plan]: the commands that set up two assets, a symbol and
// funded accounts, and one command for each row. An order's id is the sequence of
// the command that placed it, so the plan knows the ids in advance and cancels
// need not wait for answers. Whether a replace succeeds is decided only when it
// is executed; the plan takes it that it does. When it does not, its old order
// was gone, and later rows of the same id name an order that never came to be:
// both ways they are refused.
//
// A cancel, reduce or replace whose id no earlier row placed names order 1, the
// sequence of the first setup command, which is no order, and is refused too.
//
// A reduce becomes an amend to the quantity as sent less all reductions; what was
// filled in between does not matter, since an amend's quantity includes it. One
// that leaves nothing of the quantity as sent becomes a cancel.
//
// # Check
//
// A [Checker] sees every transaction in order and compares fills, auction prices
// and books with the recorded ones. On request it computes the SHA-256 of the
// report stream of the public matching-engine benchmark.
package flow
