/* What the rules of an interface say of a packet: crates/vpc/src/ruleset in another form.
 *
 * A peer's address is looked up once: its longest block leads to the list of all conditions that hold for it, in the
 * order in which they are tried. Then only protocol and ports are compared. */
#pragma once

#include "maps.h"
#include "packet.h"

/* Selectors that no port is (service.rs). */
#define SELECTOR_ICMP 0x20000
#define SELECTOR_NONE 0x40000

static long scan_chunk(__u32 index, struct scan *scan)
{
	__u32 place = scan->first_chunk + index;
	struct chunk *chunk = bpf_map_lookup_elem(&lists, &place);
	if (!chunk)
		return 1;
	/* The last chunk is filled up with conditions that nothing matches. */
	for (int i = 0; i < CHUNK; i++) {
		struct condition *condition = &chunk->condition[i];
		if (condition->protocol != EVERY_PROTOCOL && condition->protocol != scan->protocol)
			continue;
		__u32 selector = scan->selector;
		if (condition->marks & CODE_ALONE)
			selector &= ~0xff00U;
		if (selector - condition->low > condition->span)
			continue;
		scan->marks = condition->marks;
		scan->ground = condition->ground;
		scan->hit = true;
		return 1;
	}
	return 0;
}

/* What bpf_loop hands on has to lie on the stack. */
static long scan_next(__u32 index, struct scan **scan)
{
	return scan_chunk(index, *scan);
}

#define MOST_CHUNKS 65536

/* Returns the list of a set for the packet's peer. */
INLINE struct list *list_of(struct packet *packet, __u32 set)
{
	packet->peer.set = set;
	return bpf_map_lookup_elem(&peers, &packet->peer);
}

/* Looks for the first condition of a set that holds for the packet's peer, its protocol and a selector. */
APART bool first_match(struct packet *packet, __u32 set, __u32 selector)
{
	struct scan *scan = &packet->scan;
	struct list *list = list_of(packet, set);
	if (!list)
		return false;
	scan->selector = selector;
	scan->protocol = packet->protocol;
	scan->hit = false;
	scan->first_chunk = list->first_chunk;
	/* Most lists are one chunk. */
	if (list->chunks && !scan_chunk(0, scan) && list->chunks > 1) {
		scan->first_chunk++;
		bpf_loop(least(list->chunks - 1, MOST_CHUNKS), scan_next, &scan, 0);
	}
	return scan->hit;
}

INLINE __u32 family_index(const struct packet *packet)
{
	return packet->key.family == V6;
}

/* Prepares what the look-ups of a packet share. */
INLINE void aim(struct packet *packet)
{
	__u8 protocol = packet->key.protocol;
	packet->protocol = protocol;
	packet->selector = SELECTOR_NONE;
	if (has_ports(protocol) && !has_unknown_ports(packet))
		packet->selector = packet->key.dstport;
	else if ((protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) && packet->icmp.known)
		packet->selector = SELECTOR_ICMP | packet->icmp.type << 8 | packet->icmp.code;
	packet->peer.prefix_len = packet->key.family == V4 ? 64 : 160;
	packet->peer.block = packet->key.direction == INGRESS ? packet->key.src : packet->key.dst;
}

/* What the network ACL says. Inside the subnet none is consulted (vpc-filtering.md 1): its blocks have an empty list. */
APART bool acl_denies(struct packet *packet, struct ruleset *rules, __u32 *ground)
{
	__u32 family = family_index(packet);
	__u32 direction = packet->key.direction & 1;
	__u32 set = rules->acl[family][direction];
	if (!set)
		return false;
	struct list *list = list_of(packet, set);
	if (list && !list->chunks)
		return false;
	if (!list || !first_match(packet, set, packet->selector)) {
		*ground = rules->acl_last[family][direction];
		return true;
	}
	*ground = packet->scan.ground;
	return !(packet->scan.marks & ALLOWS);
}

/* --- exclusions (ruleset/exclusion.rs, ruleset/site.rs) --- */

INLINE __u32 never_logged(__u8 family, const struct address *address)
{
	if (family == V4) {
		__u32 host = HOST32(address->word[0]);
		if (host >> 16 != 0xa9fe)
			return NOT_EXCLUDED;
		switch (host & 0xffff) {
		case 0xa9fd:
			return AMAZON_DNS;
		case 0xa9fe:
			return INSTANCE_METADATA;
		case 0xa97b:
			return TIME_SYNC;
		case 0xa9fa:
		case 0xa9fb:
			return LICENCE_ACTIVATION;
		default:
			return NOT_EXCLUDED;
		}
	}
	if (address->word[1] | address->word[2])
		return NOT_EXCLUDED;
	/* fe80:ec2::1 */
	if (address->word[0] == NET32(0xfe800ec2U))
		return address->word[3] == NET32(1U) ? VPC_ROUTER : NOT_EXCLUDED;
	/* fd00:ec2:: */
	if (address->word[0] != NET32(0xfd000ec2U))
		return NOT_EXCLUDED;
	switch (HOST32(address->word[3])) {
	case 0x253:
		return AMAZON_DNS;
	case 0x254:
		return INSTANCE_METADATA;
	case 0x123:
		return TIME_SYNC;
	case 0x250:
		return LICENCE_ACTIVATION;
	default:
		return NOT_EXCLUDED;
	}
}

/* The earliest reason of those in the order of `enum exclusion` counts. */
APART __u32 exclusion_of_address(const struct ruleset *rules, __u8 family, const struct address *address)
{
	__u32 found = never_logged(family, address);
	if (found != NOT_EXCLUDED)
		return found;
	for (__u32 i = 0; i < RESERVED_ADDRESSES; i++) {
		if (i >= rules->reserved_count)
			break;
		const struct known_address *reserved = &rules->reserved[i];
		if (reserved->family == family && same_address(&reserved->address, address))
			return reserved->exclusion;
	}
	return NOT_EXCLUDED;
}

INLINE bool is_own(struct packet *packet, const struct ruleset *rules, const struct address *local)
{
	for (__u32 i = 0; i < OWN_ADDRESSES; i++) {
		if (i >= rules->own_count)
			break;
		const struct known_address *own = &rules->own_address[i];
		if (own->family == packet->key.family && same_address(&own->address, local))
			return true;
	}
	if (!rules->own)
		return false;
	struct peer_key key = { .prefix_len = packet->peer.prefix_len, .set = rules->own, .block = *local };
	return bpf_map_lookup_elem(&peers, &key);
}

APART __u32 exclusion(struct packet *packet, struct ruleset *rules)
{
	__u8 family = packet->key.family, protocol = packet->key.protocol;
	__u32 found = exclusion_of_address(rules, family, &packet->key.src);
	__u32 of_dst = exclusion_of_address(rules, family, &packet->key.dst);
	if (of_dst < found)
		found = of_dst;
	/* Both ports, so that nothing else hides behind one of them. */
	__u16 low = family == V4 ? 67 : 546;
	__u16 src = packet->key.srcport - low, dst = packet->key.dstport - low;
	if (protocol == PROTO_UDP && src < 2 && dst < 2 && found > DHCP)
		found = DHCP;
	if (family == V6 && protocol == PROTO_ICMPV6 && packet->icmp.known && packet->icmp.type >= 133 &&
	    packet->icmp.type <= 137 && found > NEIGHBOUR_DISCOVERY)
		found = NEIGHBOUR_DISCOVERY;
	if (found != NOT_EXCLUDED)
		return found;
	if (rules->counterparts && list_of(packet, rules->counterparts))
		return ENDPOINT_TO_LOAD_BALANCER;
	if (rules->marks & CHECKS_SOURCE_AND_DESTINATION) {
		const struct address *local =
			packet->key.direction == INGRESS ? &packet->key.dst : &packet->key.src;
		if (!is_own(packet, rules, local))
			return SOURCE_DESTINATION_CHECK;
	}
	return NOT_EXCLUDED;
}

INLINE bool is_never_filtered(__u8 family, const struct address *address, __u8 protocol, __u16 port)
{
	if (family == V4) {
		/* 169.254.170.2: ECS task metadata and credentials. */
		if (address->word[0] == NET32(0xa9feaa02U))
			return protocol == PROTO_TCP && port == 80;
		/* 169.254.170.23: EKS pod identity agent, for which no port is given. */
		return address->word[0] == NET32(0xa9feaa17U);
	}
	/* fd00:ec2::23 */
	return address->word[0] == NET32(0xfd000ec2U) && !(address->word[1] | address->word[2]) &&
	       address->word[3] == NET32(0x23U);
}

/* Whether a service of the VPC has this port: what is never filtered (vpc-filtering.md 5). */
INLINE bool is_of_service(__u32 service, __u8 protocol, __u16 port)
{
	switch (service) {
	case AMAZON_DNS:
		return (protocol == PROTO_UDP || protocol == PROTO_TCP) && port == 53;
	case INSTANCE_METADATA:
		return protocol == PROTO_TCP && port == 80;
	case TIME_SYNC:
		return protocol == PROTO_UDP && port == 123;
	case LICENCE_ACTIVATION:
		return protocol == PROTO_TCP && port == 1688;
	default:
		return false;
	}
}

/* Whether a packet that is in no record passes though rules are enforced. Nobody but the peer is a service, and none opens
 * a connection: else any packet would pass that claims to be a service's. */
APART bool is_unfiltered(struct packet *packet, struct ruleset *rules, __u32 excluded)
{
	bool ingress = (packet->key.direction & 1) == INGRESS;
	struct packet_end {
		const struct address *local, *peer;
		__u16 port;
	} ends = {
		.local = ingress ? &packet->key.dst : &packet->key.src,
		.peer = ingress ? &packet->key.src : &packet->key.dst,
		.port = ingress ? packet->key.srcport : packet->key.dstport,
	};
	if (excluded == DHCP || excluded == NEIGHBOUR_DISCOVERY)
		return true;
	if (excluded == SOURCE_DESTINATION_CHECK)
		return false;
	if (rules->marks & CHECKS_SOURCE_AND_DESTINATION && !is_own(packet, rules, ends.local))
		return false;
	if (excluded == ENDPOINT_TO_LOAD_BALANCER)
		return true;
	if (exclusion_of_address(rules, packet->key.family, ends.peer) != excluded)
		return false;
	if (ingress && packet->key.protocol == PROTO_TCP && packet->has_flags && is_opening(packet->tcp_flags))
		return false;
	return excluded == VPC_ROUTER || is_of_service(excluded, packet->key.protocol, ends.port);
}
