/* Packets in flows, and the books of an interface. */
#pragma once

#include "judge.h"
#include "maps.h"
#include "packet.h"

#define SECOND 1000000000ULL

/* --- the clock, and the window of a packet --- */

/* Moves what a cell has counted to the row of its window. Where there is no room for a row, the counts stay, and become
 * the next window's: late, but not lost. */
APART int turn(struct cell *cell, __u32 which, __u32 slot)
{
	void *table = one_of(&rows, which);
	if (!table)
		return done();
	struct row_key key = { .slot = slot, .window = cell->window };
	struct counters *row = bpf_map_lookup_elem(table, &key);
	if (!row) {
		/* The kernel copies the first value whole: nothing is left to add. */
		if (bpf_map_update_elem(table, &key, &cell->counters, BPF_NOEXIST) == 0) {
			__builtin_memset(&cell->counters, 0, sizeof(cell->counters));
			return done();
		}
		row = bpf_map_lookup_elem(table, &key);
		if (!row)
			return done();
	}
	for (int i = 0; i < COUNTERS; i++) {
		if (cell->counters.of[i])
			__sync_fetch_and_add(&row->of[i], cell->counters.of[i]);
		cell->counters.of[i] = 0;
	}
	return done();
}

/* Reads the clock anew: which window, second and tick it is, and how long that holds. */
APART int look_at_the_clock(struct cell *cell, struct epoch *epoch, __u64 now, __u32 slot)
{
	bool is_next = now >= epoch->switch_at;
	__s64 offset = is_next ? epoch->next_offset : epoch->offset;
	__u64 tick = now / SECOND, seconds = (now + offset) / SECOND;
	__u32 length = epoch->window_length ? epoch->window_length : 60;
	__u32 window = seconds / length;
	if (window != cell->window)
		DO(turn(cell, epoch->which, slot));
	__u64 from = tick * SECOND, until = from + SECOND;
	__u64 second_from = seconds * SECOND - offset;
	if (second_from > from)
		from = second_from;
	if (second_from + SECOND < until)
		until = second_from + SECOND;
	if (is_next) {
		if (epoch->switch_at > from)
			from = epoch->switch_at;
	} else if (epoch->switch_at < until) {
		until = epoch->switch_at;
	}
	cell->window = window;
	cell->tick = tick;
	cell->second = seconds % length;
	cell->from = from;
	cell->span = until - from;
	return done();
}

/* --- flows --- */

INLINE __u64 judged(const struct packet *packet, const struct ruleset *rules, const struct verdict *verdict)
{
	return (verdict->ground & GROUND_MASK) | (__u64)(packet->tick & 0xffff) << 30 |
	       (__u64)rules->generation << 46 | (__u64)verdict->reuse << 62;
}

INLINE __u32 reuse_of(__u64 judged)
{
	return judged >> 62;
}

INLINE bool is_of_generation(__u64 judged, const struct ruleset *rules)
{
	return (__u16)(judged >> 46) == rules->generation;
}

/* Whether the acceptance of an earlier packet stands for this one (semantics.md 7). */
INLINE bool stands_for(__u64 judged, const struct packet *packet, const struct ruleset *rules)
{
	bool may_change = packet->has_flags ? is_eventful(packet->tcp_flags) : packet->key.protocol == PROTO_TCP;
	return reuse_of(judged) == WITHIN_TICK && is_of_generation(judged, rules) &&
	       (judged >> 30 & 0xffff) == (packet->tick & 0xffff) && !may_change;
}

/* The flags that AWS reports (flow-logs.md 4.8), and that they are known. */
INLINE __u32 reported_flags(const struct packet *packet)
{
	if (!packet->has_flags)
		return 0;
	__u8 flags = packet->tcp_flags;
	__u8 with_syn = flags & TCP_SYN ? flags & TCP_ACK : 0;
	return FLAGS_KNOWN | (flags & (TCP_FIN | TCP_SYN | TCP_RST)) | with_syn;
}

INLINE void count_into(struct flow *flow, const struct packet *packet)
{
	__sync_fetch_and_add(&flow->packets, packet->packets);
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	/* Of two CPUs in different seconds either may win. A second before the first there is where the wall clock was set
	 * back at the window's end, so that the window lasts on. */
	if (flow->last < packet->second)
		flow->last = packet->second;
	if (unlikely(flow->first > packet->second))
		flow->first = packet->second;
	__u32 marks = reported_flags(packet);
	if (unlikely(marks & ~flow->marks))
		__sync_fetch_and_or(&flow->marks, marks);
}

INLINE void learn(struct flow *flow, const struct packet *packet, const struct ruleset *rules,
		  const struct verdict *verdict)
{
	if ((flow->ground & GROUND_MASK) != (verdict->ground & GROUND_MASK) && !(flow->marks & MIXED))
		__sync_fetch_and_or(&flow->marks, MIXED);
	flow->judged = judged(packet, rules, verdict);
}

/* Where one more of something finds room: the first half is anybody's, of the second each interface has a share. */
enum room { NO_PLACE, IN_COMMON, IN_SHARE };

INLINE enum room room_for(__u64 all, __u64 mine, __u64 capacity, __u64 share)
{
	if (all < capacity / 2)
		return IN_COMMON;
	return mine < share ? IN_SHARE : NO_PLACE;
}

/* Tells a packet whose flow finds no room by itself. Returns whether that had room. */
INLINE bool tell_alone(struct epoch *epoch, struct packet *packet, const struct flow *flow, struct taken *all,
		       struct taken *mine)
{
	__u64 share = OVERFLOW_EVENTS * (__u64)epoch->share / (epoch->flows ? epoch->flows : 1);
	enum room room = room_for(all->events, mine->events, OVERFLOW_EVENTS, share);
	if (room == NO_PLACE)
		return false;
	void *table = one_of(&events, epoch->which);
	if (!table)
		return false;
	__u32 place = __sync_fetch_and_add(&all->events, 1);
	struct event *event = bpf_map_lookup_elem(table, &place);
	if (!event)
		return false;
	if (room == IN_SHARE)
		__sync_fetch_and_add(&mine->events, 1);
	event->key = packet->key;
	event->flow = *flow;
	return true;
}

/* Counts the first packet of a flow. The key says what it met. */
APART int begin_flow(struct packet *packet, struct ruleset *rules, struct verdict *verdict, struct epoch *epoch,
		      struct cell *cell)
{
	__u32 slot = packet->key.slot, totals = SLOTS;
	void *flow_table = one_of(&flows, epoch->which), *taken_table = one_of(&taken, epoch->which);
	if (!flow_table || !taken_table)
		return done();
	struct taken *mine = bpf_map_lookup_elem(taken_table, &slot);
	struct taken *all = bpf_map_lookup_elem(taken_table, &totals);
	if (!mine || !all)
		return done();
	struct flow flow = {
		.packets = packet->packets,
		.bytes = packet->bytes,
		.first_ns = packet->now,
		.judged = judged(packet, rules, verdict),
		.ground = (verdict->ground & GROUND_MASK) | (verdict->tracked ? TRACKED : 0),
		.marks = reported_flags(packet),
		.generation = rules->generation,
		.first = packet->second,
		.last = packet->second,
		.icmp_type = packet->icmp.type,
		.icmp_code = packet->icmp.code,
	};
	if (verdict->initiator == SOURCE)
		flow.marks |= BY_SOURCE;
	else if (verdict->initiator == DESTINATION_END)
		flow.marks |= BY_DESTINATION;
	if (packet->icmp.known)
		flow.marks |= HAS_ICMP;
	if (has_unknown_ports(packet))
		flow.marks |= UNKNOWN_PORTS;
	/* Some room is kept for refused flows. */
	__u64 capacity = epoch->flows, share = epoch->share;
	if (verdict->action == ACCEPT) {
		capacity -= capacity / 16;
		share -= share / 16;
	}
	enum room room = room_for(all->flows, mine->flows, capacity, share);
	if (room != NO_PLACE) {
		long error = bpf_map_update_elem(flow_table, &packet->key, &flow, BPF_NOEXIST);
		if (likely(!error)) {
			__sync_fetch_and_add(&all->flows, 1);
			if (room == IN_SHARE)
				__sync_fetch_and_add(&mine->flows, 1);
			return done();
		}
		struct flow *other = bpf_map_lookup_elem(flow_table, &packet->key);
		if (other) {
			/* Another CPU has just begun it. */
			learn(other, packet, rules, verdict);
			count_into(other, packet);
			return done();
		}
	}
	if (!tell_alone(epoch, packet, &flow, all, mine))
		cell->counters.of[LOST] += packet->packets;
	return done();
}
