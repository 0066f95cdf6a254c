//go:build cgo

#define _DEFAULT_SOURCE // madvise

#include "transport.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

// create makes a ring of at least so many slots. Its pages are there before the
// first report, and large ones where the system has them.
static void *create(uint32_t capacity) {
	uint32_t size = HUGE_PAGE / sizeof(flash1_report);
	while (size < capacity && size < UINT32_C(1) << 31) {
		size *= 2;
	}
	if (size < capacity) {
		return NULL;
	}
	flash1_ring *r = aligned_alloc(64, sizeof *r);
	if (r == NULL) {
		return NULL;
	}
	memset(r, 0, sizeof *r);
	const size_t bytes = (size_t)size * sizeof(flash1_report);
	r->size = size;
	r->slots = aligned_alloc(HUGE_PAGE, bytes);
	if (r->slots == NULL) {
		free(r);
		return NULL;
	}
	madvise(r->slots, bytes, MADV_HUGEPAGE); // an advice: it may be refused
	memset(r->slots, 0, bytes);
	return r;
}

// drain copies up to max reports, in one or, at the end of the slots, two pieces.
static uint32_t drain(void *ring, void *reports, uint32_t max) {
	flash1_ring *r = ring;
	const uint64_t from = atomic_load_explicit(&r->read, memory_order_relaxed);
	if (r->seen == from) {
		r->seen = atomic_load_explicit(&r->published, memory_order_acquire);
		if (r->seen == from) {
			return 0;
		}
	}
	const uint32_t n = r->seen - from < max ? (uint32_t)(r->seen - from) : max;
	const uint32_t at = (uint32_t)from & (r->size - 1);
	const uint32_t first = r->size - at < n ? r->size - at : n;
	memcpy(reports, r->slots + at, first * sizeof(flash1_report));
	memcpy((flash1_report *)reports + first, r->slots, (n - first) * sizeof(flash1_report));
	atomic_store_explicit(&r->read, from + n, memory_order_release);
	return n;
}

// flush has nothing to do: no call returns before all it wrote is published.
static void flush(void *ring) { (void)ring; }

static void destroy(void *ring) {
	flash1_ring *r = ring;
	free(r->slots);
	free(r);
}

const flash1_transport *engine_get_transport(void) {
	static const flash1_transport transport = {create, NULL, drain, flush, destroy};
	return &transport;
}
