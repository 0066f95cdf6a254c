// The reports' way from the engine to the benchmark's thread.

#ifndef FLASH1_TRANSPORT_H
#define FLASH1_TRANSPORT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

// A report fills a cache line; Go writes its fields.
typedef struct {
	_Alignas(64) unsigned char bytes[64];
} flash1_report;

// Each word has a cache line of its own, written by one side only. How the slots
// change hands is said in ring.go.
typedef struct {
	_Alignas(64) _Atomic uint64_t published; // the writer's
	_Alignas(64) _Atomic uint64_t read;      // the reader's
	_Alignas(64) uint64_t seen;              // the reader's: what published was
	uint32_t size;                           // number of slots, a power of two
	flash1_report *slots;
} flash1_ring;

// The five functions that the benchmark asks for. push is not there: this library
// writes into the ring itself.
typedef struct {
	void *(*create)(uint32_t capacity);
	int (*push)(void *ring, const void *report);
	uint32_t (*drain)(void *ring, void *reports, uint32_t max);
	void (*flush)(void *ring);
	void (*destroy)(void *ring);
} flash1_transport;

const flash1_transport *engine_get_transport(void);

#endif
