/* What the program needs of the kernel: types, helpers, and how a map is declared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/types.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/* A function of its own. What stands in the register of the result when it returns may be an address, which the
 * verifier does not let out; so one that has nothing to say returns done(), and is called by DO(), in a way that the
 * compiler does not optimise away. */
#define APART static __attribute__((noinline))
#define DO(call)                                  \
	do {                                      \
		int nothing = (call);             \
		asm volatile("" : : "r"(nothing)); \
	} while (0)
INLINE int done(void)
{
	int nothing = 0;
	asm volatile("" : "+r"(nothing));
	return nothing;
}

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* Fields of a map's declaration, as loaders read them from the type information. */
#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

#define HELPER(result, name, number, ...) \
	static result (*const name)(__VA_ARGS__) = (void *)(number)

HELPER(void *, bpf_map_lookup_elem, 1, void *map, const void *key);
HELPER(long, bpf_map_update_elem, 2, void *map, const void *key, const void *value, __u64 flags);
HELPER(long, bpf_map_delete_elem, 3, void *map, const void *key);
HELPER(long, bpf_skb_load_bytes, 26, const void *skb, __u32 offset, void *to, __u32 len);
HELPER(__u64, bpf_ktime_get_coarse_ns, 160, void);
HELPER(long, bpf_for_each_map_elem, 164, void *map, void *callback, void *context, __u64 flags);
HELPER(long, bpf_loop, 181, __u32 times, void *callback, void *context, __u64 flags);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST16(value) ((__u16)__builtin_bswap16(value))
#define HOST32(value) __builtin_bswap32(value)
/* For constants: also in initialisers. */
#define NET32(value) \
	((((value) & 0xffU) << 24) | (((value) & 0xff00U) << 8) | (((value) >> 8) & 0xff00U) | ((value) >> 24))
#else
#define HOST16(value) ((__u16)(value))
#define HOST32(value) ((__u32)(value))
#define NET32(value) (value)
#endif

/* Newer than the headers that some systems build with; also what the older classifier hook means by
 * "unspecified": the next program decides. */
#define TCX_NEXT (-1)
#define TCX_DROP 2
