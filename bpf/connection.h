/* Tracked connections: crates/vpc/src/connection in another form.
 *
 * Several CPUs may look at one connection at a time. Its state is one word, changed by compare-and-swap. Who makes it
 * dead deletes it, nobody else, and a dead one never lives again: so nobody deletes what another has just opened. */
#pragma once

#include "maps.h"
#include "packet.h"
#include "rules.h"

/* Idle TCP that is not established, in seconds (vpc-filtering.md 3.3). */
#define TCP_OPENING 60
/* How much longer a closing connection lasts. */
#define TCP_CLOSING 2
#define ICMP_QUERY 30
/* Everything but TCP, UDP and ICMP. */
#define OTHER_PROTOCOLS 600

enum phase { OPENING = 0, ESTABLISHED = 1, CLOSING = 2 };

#define STATE_PHASE 32
#define STATE_MARKS 34
#define STATE_INITIATOR 36
#define STATE_DEAD (1ULL << 37)

/* How often a compare-and-swap is tried while others change the word. */
#define TRIES 4

/* Ticks that are never 0. */
INLINE __u32 moment_of(const struct packet *packet)
{
	return packet->tick + 1;
}

INLINE __u32 deadline_of(__u64 state)
{
	return (__u32)state;
}

INLINE __u32 phase_of(__u64 state)
{
	return state >> STATE_PHASE & 3;
}

INLINE __u32 initiator_of(__u64 state)
{
	return state >> STATE_INITIATOR & 1;
}

INLINE __u64 state_of(__u32 deadline, __u32 phase, __u32 marks, __u32 initiator)
{
	return deadline | (__u64)phase << STATE_PHASE | (__u64)marks << STATE_MARKS |
	       (__u64)initiator << STATE_INITIATOR;
}

INLINE bool is_alive(__u64 state, __u32 now)
{
	return !(state & STATE_DEAD) && now <= deadline_of(state);
}

INLINE __u32 later_by(__u32 moment, __u32 seconds)
{
	__u32 sum = moment + seconds;
	return sum < moment ? 0xffffffffU : sum;
}

INLINE __u32 idle_time(const struct ruleset *rules, __u8 protocol, __u32 phase, __u32 marks)
{
	if (protocol == PROTO_TCP)
		return phase == OPENING ? TCP_OPENING : rules->tcp_established;
	if (protocol == PROTO_UDP)
		return marks == 3 ? rules->udp_stream : rules->udp;
	if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6)
		return ICMP_QUERY;
	return OTHER_PROTOCOLS;
}

/* --- keys --- */

struct query {
	/* Type of the request, whichever of the two this is; 0: none. */
	__u8 request;
	bool is_reply;
};

INLINE struct query query_of(__u8 protocol, __u8 type)
{
	struct query query = {};
	if (protocol == PROTO_ICMP) {
		if (type == 8 || type == 0) {
			query.request = 8;
			query.is_reply = type == 0;
		} else if (type >= 13 && type <= 18) {
			/* Requests are odd. */
			query.is_reply = !(type & 1);
			query.request = type - query.is_reply;
		}
	} else if (type == 128 || type == 129) {
		query.request = 128;
		query.is_reply = type & 1;
	}
	return query;
}

/* Writes the key of the connection that a packet belongs to in a direction. Returns whether there can be one. */
INLINE bool connection_key(struct connection_key *key, __u8 family, __u8 protocol, __u32 direction,
			   const struct address *src, const struct address *dst, __u16 srcport, __u16 dstport,
			   const struct icmp *icmp)
{
	bool ingress = direction == INGRESS;
	key->family = family;
	key->protocol = protocol;
	key->zero = 0;
	key->local = ingress ? *dst : *src;
	key->remote = ingress ? *src : *dst;
	key->lport = 0;
	key->rport = 0;
	if (protocol == PROTO_TCP || protocol == PROTO_UDP) {
		key->lport = ingress ? dstport : srcport;
		key->rport = ingress ? srcport : dstport;
	} else if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) {
		struct query query = query_of(protocol, icmp->type);
		if (!icmp->known || !query.request)
			return false;
		__u32 requester = query.is_reply ? !direction : direction;
		key->lport = icmp->id;
		key->rport = query.request << 1 | requester;
	}
	return true;
}

/* Returns whether a packet may open a connection: of ICMP only the requests of queries do. */
INLINE bool may_open(const struct packet *packet)
{
	__u8 protocol = packet->key.protocol;
	if (protocol != PROTO_ICMP && protocol != PROTO_ICMPV6)
		return true;
	struct query query = query_of(protocol, packet->icmp.type);
	return packet->icmp.known && query.request && !query.is_reply;
}

/* --- life --- */

INLINE void count_connection(__u32 slot, __s64 by)
{
	__u64 *count = bpf_map_lookup_elem(&connection_counts, &slot);
	if (count)
		__sync_fetch_and_add(count, by);
}

/* Makes a connection dead, unless another CPU has or it has changed, and deletes it. */
INLINE void end_connection(void *table, __u32 slot, const struct connection_key *key, struct connection *connection,
			   __u64 state)
{
	if (__sync_val_compare_and_swap(&connection->state, state, state | STATE_DEAD) != state)
		return;
	if (bpf_map_delete_elem(table, key) == 0)
		count_connection(slot, -1);
}

/* Returns the live connection with a key. A dead one is removed. */
INLINE struct connection *find_connection(void *table, __u32 slot, const struct connection_key *key, __u32 now)
{
	struct connection *connection = bpf_map_lookup_elem(table, key);
	if (!connection)
		return NULL;
	__u64 state = connection->state;
	if (likely(is_alive(state, now)))
		return connection;
	if (!(state & STATE_DEAD))
		end_connection(table, slot, key, connection, state);
	return NULL;
}

/* What becomes of a live connection by a packet that security groups and network ACL allow. */
INLINE __u64 next_state(const struct packet *packet, const struct ruleset *rules, struct connection *connection,
			__u64 state, __u32 marks_of_udp)
{
	__u32 phase = phase_of(state), marks = state >> STATE_MARKS & 3, initiator = initiator_of(state);
	__u32 now = moment_of(packet), direction = packet->key.direction & 1;
	__u8 protocol = packet->key.protocol;
	if (phase == CLOSING)
		return state;
	if (protocol == PROTO_TCP) {
		__u8 flags = flags_of(packet);
		if (flags & TCP_FIN)
			marks |= 1 << direction;
		if (flags & TCP_RST || marks == 3)
			return state_of(later_by(now, TCP_CLOSING), CLOSING, marks, initiator);
		bool answers = direction != initiator && flags & TCP_ACK;
		bool counts = flags & TCP_SYN || now > connection->seen[initiator];
		if (phase == OPENING && answers && counts)
			phase = ESTABLISHED;
	} else if (protocol == PROTO_UDP) {
		marks |= marks_of_udp;
	}
	return state_of(later_by(now, idle_time(rules, protocol, phase, marks)), phase, marks, initiator);
}

/* Lets a connection learn from a packet. Returns its state; dead where it has died meanwhile. */
APART __u64 observe(const struct packet *packet, const struct ruleset *rules, struct connection *connection)
{
	__u32 now = moment_of(packet), direction = packet->key.direction & 1;
	__u32 marks_of_udp = 0;
	__u64 state = connection->state;
	if (packet->key.protocol == PROTO_UDP && phase_of(state) != CLOSING) {
		__u32 seen = connection->seen[direction];
		if (seen != now) {
			if (seen)
				marks_of_udp = 1 << direction;
			connection->seen[direction] = now;
		}
	}
	for (int i = 0; i < TRIES; i++) {
		if (!is_alive(state, now))
			return STATE_DEAD;
		__u64 next = next_state(packet, rules, connection, state, marks_of_udp);
		if (next == state)
			return state;
		__u64 was = __sync_val_compare_and_swap(&connection->state, state, next);
		if (was == state)
			return next;
		state = was;
	}
	return state;
}

/* The state of a connection that a packet opens. */
INLINE __u64 first_state(const struct packet *packet, const struct ruleset *rules)
{
	__u32 direction = packet->key.direction & 1, phase = ESTABLISHED, marks = 0;
	__u8 protocol = packet->key.protocol, flags = flags_of(packet);
	if (protocol == PROTO_TCP) {
		if (is_opening(flags))
			phase = OPENING;
		if (flags & TCP_FIN)
			marks = 1 << direction;
	}
	return state_of(later_by(moment_of(packet), idle_time(rules, protocol, phase, marks)), phase, marks, direction);
}

enum opened { IS_TRACKED, NO_ROOM };

/* Holds the connection that an allowed packet opens, in place of the one with its key. */
INLINE enum opened open_connection(void *table, const struct packet *packet, const struct ruleset *rules, __u32 ground)
{
	__u32 now = moment_of(packet), direction = packet->key.direction & 1, slot = packet->key.slot;
	/* Not by index: the verifier knows no place on the stack that depends on a value. */
	struct connection new = {
		.state = first_state(packet, rules),
		.seen = { direction == INGRESS ? now : 0, direction == EGRESS ? now : 0 },
		.ground = ground,
	};
	struct connection *closing = NULL;
	if (packet->has_connection)
		closing = find_connection(table, slot, &packet->connection, now);
	if (closing) {
		closing->ground = ground;
		closing->seen[INGRESS] = new.seen[INGRESS];
		closing->seen[EGRESS] = new.seen[EGRESS];
		__u64 state = closing->state;
		if (is_alive(state, now) &&
		    __sync_val_compare_and_swap(&closing->state, state, new.state) == state)
			return IS_TRACKED;
	}
	long error = bpf_map_update_elem(table, &packet->connection, &new, BPF_NOEXIST);
	if (!error) {
		count_connection(slot, 1);
		return IS_TRACKED;
	}
	/* Another CPU has just opened it: as good. Else there is no room. */
	return error == -17 /* EEXIST */ ? IS_TRACKED : NO_ROOM;
}

/* --- collecting --- */

struct sweep {
	void *table;
	__u32 slot;
	__u32 now;
};

static long sweep_one(void *map, const struct connection_key *key, struct connection *connection, struct sweep *sweep)
{
	__u64 state = connection->state;
	if (!is_alive(state, sweep->now) && !(state & STATE_DEAD))
		end_connection(map, sweep->slot, key, connection, state);
	return 0;
}
