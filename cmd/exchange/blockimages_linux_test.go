//go:build !386

package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// blockRecording is what a disk was sent: what it held before, and then writes and
// flushes in order.
type blockRecording struct {
	base    blockContent
	written []blockWrite
}

// blockSpan is what was written between two flushes, by index: until the second has
// returned the disk owes the kernel nothing of it. What was written before the first
// is durable.
type blockSpan struct{ from, to int }

// spans returns all spans in which something was written, the last up to the end. A
// disk that lies carries only one flush out of so many.
func (r *blockRecording) spans(lies int) []blockSpan {
	var all []blockSpan
	from, flushes := 0, 0
	for i := range r.written {
		if r.written[i].data != nil {
			continue
		}
		if flushes++; flushes%lies != 0 {
			continue
		}
		if i > from {
			all = append(all, blockSpan{from, i})
		}
		from = i + 1
	}
	if from < len(r.written) {
		all = append(all, blockSpan{from, len(r.written)})
	}
	return all
}

// The images of each span.
const (
	blockChoices = 64 // of each span
	blockAll     = 5  // so many writes have no more subsets than half of the choices
)

// eachImage puts so many images, spread over the recording, on a disk and has each
// visited, with its span and in words.
func (r *blockRecording) eachImage(t *testing.T, d *blockDisk, lies, images int, visit func(s blockSpan, what string)) {
	t.Helper()
	spans := r.spans(lies)
	t.Logf("%d writes and flushes, %d spans", len(r.written), len(spans))
	durable, at := r.base.clone(), 0
	total := len(spans) * blockChoices
	images = min(images, total)
	for i := range images {
		choice := i * total / images
		if step := total / images; step > 1 {
			choice += i * 29 % step // not always the same one of a span
		}
		s := spans[choice/blockChoices]
		for ; at < s.from; at++ {
			durable.writeAt(r.written[at].data, r.written[at].off)
		}
		image := durable.clone()
		what := r.image(image, s, choice%blockChoices)
		d.put(image)
		visit(s, fmt.Sprintf("choice %d, writes %d to %d, %s", choice, s.from, s.to, what))
	}
}

// image puts on a disk, which holds what was durable at the beginning of a span,
// what choice number n has reached it, and says what that is. A crash anywhere in the
// span leaves one of these: a disk may keep writes in its cache, carry them out in
// any order, and stop in the middle of one at any sector.
func (r *blockRecording) image(c blockContent, s blockSpan, n int) string {
	var writes []blockWrite
	for _, w := range r.written[s.from:s.to] {
		if w.data != nil { // else a flush that was a lie
			writes = append(writes, w)
		}
	}
	rng := rand.New(rand.NewPCG(uint64(s.from), uint64(n)))
	switch {
	case len(writes) <= blockAll && n < 1<<len(writes):
		return blockSubset(c, writes, uint64(n))
	case n == 0:
		return blockSubset(c, writes, 0)
	case n == 1:
		return blockSubset(c, writes, ^uint64(0))
	case n%4 == 0 && len(writes) <= 64:
		return blockSubset(c, writes, rng.Uint64())
	case n%4 == 1:
		return blockStopped(c, writes, rng)
	case n%4 == 2:
		return blockOneTorn(c, writes, rng)
	default:
		return blockTorn(c, writes, rng)
	}
}

// blockSubset writes those whose bit is set, each whole.
func blockSubset(c blockContent, writes []blockWrite, which uint64) string {
	kept := 0
	for i, w := range writes {
		if which>>min(i, 63)&1 != 0 {
			c.writeAt(w.data, w.off)
			kept++
		}
	}
	return fmt.Sprintf("%d of %d writes", kept, len(writes))
}

// blockStopped writes in order up to a sector of one of them.
func blockStopped(c blockContent, writes []blockWrite, rng *rand.Rand) string {
	last := rng.IntN(len(writes))
	for _, w := range writes[:last] {
		c.writeAt(w.data, w.off)
	}
	w := writes[last]
	sectors := rng.IntN(len(w.data)/blockSector + 1)
	c.writeAt(w.data[:sectors*blockSector], w.off)
	return fmt.Sprintf("%d of %d writes and %d of %d sectors", last, len(writes), sectors, len(w.data)/blockSector)
}

// blockOneTorn writes all, but of one any sectors only.
func blockOneTorn(c blockContent, writes []blockWrite, rng *rand.Rand) string {
	torn := rng.IntN(len(writes))
	for i, w := range writes {
		if i != torn {
			c.writeAt(w.data, w.off)
			continue
		}
		blockSectors(c, w, rng)
	}
	return fmt.Sprintf("%d writes, number %d torn", len(writes), torn)
}

// blockTorn writes any sectors of each, so that of a sector that was written more
// than once any version may be there.
func blockTorn(c blockContent, writes []blockWrite, rng *rand.Rand) string {
	for _, w := range writes {
		blockSectors(c, w, rng)
	}
	return fmt.Sprintf("%d writes, all torn", len(writes))
}

func blockSectors(c blockContent, w blockWrite, rng *rand.Rand) {
	for at := 0; at < len(w.data); at += blockSector {
		if rng.IntN(2) == 0 {
			c.writeAt(w.data[at:min(at+blockSector, len(w.data))], w.off+int64(at))
		}
	}
}
