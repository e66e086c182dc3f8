/* The maps. Sizes that say 1 are the loader's to choose. */
#pragma once

#include "layout.h"

/* A table that stands in a table of tables. Without a name, and with sizes instead of types: of what it names the
 * compiler would tell the loader no more than the name. */
#define INNER(kind, entries, flags, key, value)         \
	struct {                                        \
		MAP_NUMBER(type, kind);                 \
		MAP_NUMBER(max_entries, entries);       \
		MAP_NUMBER(map_flags, flags);           \
		MAP_NUMBER(key_size, sizeof(key));      \
		MAP_NUMBER(value_size, sizeof(value));  \
	} *values[]

#define TABLE_OF(name, entries, inner)                        \
	struct {                                              \
		MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); \
		MAP_NUMBER(max_entries, entries);             \
		MAP_TYPE(key, __u32);                         \
		inner;                                        \
	} name SECTION(".maps")

/* By index of the device. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, SLOTS);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct device);
} devices SECTION(".maps");

/* The epoch that is counted into: replaced whole, which waits until no program uses the one before. */
TABLE_OF(epochs, 1, INNER(BPF_MAP_TYPE_ARRAY, 1, 0, __u32, struct epoch));

/* Tables of which there are two: one is counted into while the other is read. */
TABLE_OF(flows, 2, INNER(BPF_MAP_TYPE_HASH, 1, 0, struct flow_key, struct flow));
TABLE_OF(cells, 2, INNER(BPF_MAP_TYPE_PERCPU_ARRAY, SLOTS, 0, __u32, struct cell));
TABLE_OF(rows, 2, INNER(BPF_MAP_TYPE_HASH, 1, 0, struct row_key, struct counters));
TABLE_OF(taken, 2, INNER(BPF_MAP_TYPE_ARRAY, SLOTS + 1, 0, __u32, struct taken));
TABLE_OF(events, 2, INNER(BPF_MAP_TYPE_ARRAY, OVERFLOW_EVENTS, 0, __u32, struct event));

/* Rules by slot: replaced whole. */
TABLE_OF(rulesets, SLOTS, INNER(BPF_MAP_TYPE_ARRAY, 1, 0, __u32, struct ruleset));

/* Peers: by set and block, the longest that holds the address. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct peer_key);
	MAP_TYPE(value, struct list);
} peers SECTION(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct chunk);
} lists SECTION(".maps");

/* Connections by slot. */
TABLE_OF(connections, SLOTS,
	 INNER(BPF_MAP_TYPE_HASH, 1, BPF_F_NO_PREALLOC, struct connection_key, struct connection));

/* How many there are. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, SLOTS);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} connection_counts SECTION(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, struct fragment_key);
	MAP_TYPE(value, struct fragment_ports);
} fragments SECTION(".maps");

/* Where a CPU keeps the packet that it looks at. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, struct packet);
} scratch SECTION(".maps");

/* The time since boot, where tests set it. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} test_clock SECTION(".maps");

INLINE void *one_of(void *pair, __u32 which)
{
	return bpf_map_lookup_elem(pair, &which);
}
