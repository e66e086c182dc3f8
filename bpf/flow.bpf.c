/* Judges and counts every packet of a device, and drops what is refused where that is asked for.
 *
 * The rules, the connections and the two sets of tables are in maps that outlive this program and the agent. What a
 * packet is, and what the rules say of it, is decided here as in crates/packet and crates/vpc, which are the oracle of
 * this program's tests. */
#include "kernel.h"

#include "layout.h"
#include "packet.h"
#include "parse.h"
#include "maps.h"
#include "rules.h"
#include "connection.h"
#include "judge.h"
#include "count.h"

/* Set before loading, by tests alone; else the verifier removes what depends on it. */
const volatile bool has_test_clock = false;

/* To a few milliseconds: of a record nothing finer than a second is told. */
INLINE __u64 time_since_boot(__u64 asleep)
{
	if (has_test_clock) {
		__u32 zero = 0;
		__u64 *set = bpf_map_lookup_elem(&test_clock, &zero);
		return set ? *set : 0;
	}
	return bpf_ktime_get_coarse_ns() + asleep;
}

/* Gives a later fragment the ports of its first (semantics.md 14), or its kind of ICMP. */
#define FRAGMENT_LIFETIME 30

APART int resolve_fragment(struct packet *packet, struct cell *cell)
{
	struct fragment_key key = {
		.src = packet->key.src,
		.dst = packet->key.dst,
		.id = packet->fragment_id,
		.slot = packet->key.slot,
		.family = packet->key.family,
		.protocol = packet->key.protocol,
	};
	bool is_icmp = packet->key.protocol == PROTO_ICMP || packet->key.protocol == PROTO_ICMPV6;
	if (!has_ports(packet->key.protocol) && !is_icmp)
		return done();
	if (packet->fragment == FIRST_FRAGMENT) {
		if (is_icmp && !packet->icmp.known)
			return done();
		struct fragment_ports ports = {
			.srcport = is_icmp ? packet->icmp.type << 8 | packet->icmp.code : packet->key.srcport,
			.dstport = is_icmp ? packet->icmp.id : packet->key.dstport,
			.tick = packet->tick,
		};
		bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
		return done();
	}
	struct fragment_ports *first = bpf_map_lookup_elem(&fragments, &key);
	if (!first || packet->tick - first->tick > FRAGMENT_LIFETIME) {
		cell->counters.of[ORPHANS]++;
	} else if (is_icmp) {
		packet->icmp.known = 1;
		packet->icmp.type = first->srcport >> 8;
		packet->icmp.code = first->srcport;
		packet->icmp.id = first->dstport;
	} else {
		packet->key.srcport = first->srcport;
		packet->key.dstport = first->dstport;
	}
	return done();
}

/* Multicast listener discovery on the link: a bridge that does not see it withholds neighbour discovery. */
INLINE bool is_listener_discovery(const struct packet *packet)
{
	__u8 type = packet->icmp.type;
	const struct address *src = &packet->key.src;
	bool is_of_link = (src->word[0] & NET32(0xffc00000U)) == NET32(0xfe800000U) ||
			  !(src->word[0] | src->word[1] | src->word[2] | src->word[3]);
	return packet->key.family == V6 && packet->key.protocol == PROTO_ICMPV6 && packet->icmp.known &&
	       ((type >= 130 && type <= 132) || type == 143) && is_of_link &&
	       (packet->key.dst.word[0] & NET32(0xff000000U)) == NET32(0xff000000U);
}

/* What becomes of a packet that is refused. */
INLINE int turn_away(const struct packet *packet, const struct ruleset *rules, struct cell *cell)
{
	if (!(rules->marks & ENFORCED) || is_listener_discovery(packet))
		return TCX_NEXT;
	cell->counters.of[DROPPED] += packet->packets;
	return TCX_DROP;
}

/* A packet that no earlier one's acceptance stands for. `accepted` is the flow of its kind that was accepted, if there is
 * one. */
APART int judge_and_count(struct packet *packet, struct ruleset *rules, struct epoch *epoch, struct cell *cell,
			  struct flow *accepted)
{
	__u32 slot = packet->key.slot;
	void *table = one_of(&flows, epoch->which), *tracked = bpf_map_lookup_elem(&connections, &slot);
	if (!table || !tracked)
		return TCX_NEXT;
	struct flow *refused = NULL;
	struct verdict *verdict = &packet->verdict;
	__builtin_memset(verdict, 0, sizeof(*verdict));
	bool tells_all = flow_tells_all(packet);
	aim(packet);
	/* Exclusions and the network ACL read nothing but what all packets of the flow share. */
	packet->passes = accepted && tells_all && is_of_generation(accepted->judged, rules) &&
			 !claims_to_be_service(packet);
	if (!packet->passes) {
		__u32 excluded = exclusion(packet, rules);
		if (excluded < NOT_EXCLUDED) {
			cell->counters.of[EXCLUDED + excluded] += packet->packets;
			return is_unfiltered(packet, rules, excluded) ? TCX_NEXT : turn_away(packet, rules, cell);
		}
	}
	struct connection *connection = connection_of(tracked, packet);
	bool looked = false, is_refused = false;
	/* Not by the address of the connection: the compiler would mix two addresses, which the verifier forbids. */
	if (!packet->has_connection && !accepted && tells_all) {
		/* What these rules have refused before, only a connection could let pass. */
		packet->key.action = REJECT;
		refused = bpf_map_lookup_elem(table, &packet->key);
		looked = true;
		if (refused && reuse_of(refused->judged) == RULES_ONLY && is_of_generation(refused->judged, rules) &&
		    !lets_on(packet, rules)) {
			refuse(verdict, packet, refused->judged & GROUND_MASK);
			is_refused = true;
		}
	}
	if (!is_refused)
		DO(judge(tracked, packet, rules, verdict, connection));
	/* What that is refused for is no other packet's. */
	if (claims_to_be_service(packet))
		verdict->reuse = NEVER;
	if (verdict->shortage == UNTRACKED)
		cell->counters.of[UNTRACKED]++;
	else if (verdict->shortage == ALLOWANCE)
		cell->counters.of[ALLOWANCE]++;
	cell->counters.of[verdict->action == ACCEPT ? ACCEPTED : REJECTED] += packet->packets;
	packet->key.action = verdict->action;
	struct flow *flow = verdict->action == ACCEPT ? accepted : refused;
	if (verdict->action == REJECT && !looked)
		flow = bpf_map_lookup_elem(table, &packet->key);
	if (flow) {
		learn(flow, packet, rules, verdict);
		count_into(flow, packet);
	} else {
		DO(begin_flow(packet, rules, verdict, epoch, cell));
	}
	return verdict->action == REJECT ? turn_away(packet, rules, cell) : TCX_NEXT;
}

INLINE struct epoch *current_epoch(void)
{
	__u32 zero = 0;
	void *table = bpf_map_lookup_elem(&epochs, &zero);
	return table ? bpf_map_lookup_elem(table, &zero) : NULL;
}

/* A packet of which nothing is asked but that it is counted. */
APART int count_unjudged(struct packet *packet, struct ruleset *rules, struct epoch *epoch, struct cell *cell)
{
	__builtin_memset(&packet->verdict, 0, sizeof(packet->verdict));
	packet->key.direction = INGRESS;
	void *table = one_of(&flows, epoch->which);
	struct flow *flow = table ? bpf_map_lookup_elem(table, &packet->key) : NULL;
	if (flow)
		count_into(flow, packet);
	else
		DO(begin_flow(packet, rules, &packet->verdict, epoch, cell));
	return TCX_NEXT;
}

INLINE int look_at(struct __sk_buff *skb, bool received)
{
	__u32 zero = 0, ifindex = skb->ifindex;
	struct device *device = bpf_map_lookup_elem(&devices, &ifindex);
	if (!device)
		return TCX_NEXT;
	__u32 slot = device->slot;
	struct epoch *epoch = current_epoch();
	if (!epoch)
		return TCX_NEXT;
	/* Read once: everything of this packet goes to one set of tables. */
	__u32 which = epoch->which;
	void *cell_table = one_of(&cells, which), *flow_table = one_of(&flows, which);
	void *rule_table = bpf_map_lookup_elem(&rulesets, &slot);
	if (!cell_table || !flow_table || !rule_table)
		return TCX_NEXT;
	struct cell *cell = bpf_map_lookup_elem(cell_table, &slot);
	struct ruleset *rules = bpf_map_lookup_elem(rule_table, &zero);
	struct packet *packet = bpf_map_lookup_elem(&scratch, &zero);
	if (!cell || !rules || !packet)
		return TCX_NEXT;

	__u64 now = time_since_boot(epoch->asleep);
	if (unlikely(now - cell->from >= cell->span))
		DO(look_at_the_clock(cell, epoch, now, slot));
	cell->counters.of[FRAMES + !received]++;
	cell->counters.of[FRAME_BYTES + !received] += skb->len;

	__builtin_memset(packet, 0, offsetof(struct packet, quoted));
	packet->quoted.known = 0;
	int parsed = parse(skb, device->is_raw_ip, packet);
	if (unlikely(parsed != PARSED)) {
		if (parsed >= NOT_IP_ARP && parsed <= IP_MALFORMED)
			cell->counters.of[parsed]++;
		/* What cannot be read cannot be judged. What is not IP is nobody's to judge. */
		if (parsed >= LINK_TRUNCATED && rules->marks & ENFORCED) {
			cell->counters.of[DROPPED]++;
			return TCX_DROP;
		}
		return TCX_NEXT;
	}
	packet->now = now;
	packet->tick = cell->tick;
	packet->second = cell->second;
	packet->key.window = cell->window;
	packet->key.slot = slot;
	packet->key.direction = received ? device->received_is : !device->received_is;
	if (unlikely(packet->fragment != WHOLE))
		DO(resolve_fragment(packet, cell));
	if (packet->packets > 1)
		cell->counters.of[JOINED + !received] += packet->packets - 1;
	cell->counters.of[SEEN] += packet->packets;
	cell->counters.of[SEEN_BYTES] += packet->bytes;

	if (unlikely(rules->marks & UNJUDGED))
		return count_unjudged(packet, rules, epoch, cell);

	struct flow *flow = bpf_map_lookup_elem(flow_table, &packet->key);
	if (likely(flow && stands_for(flow->judged, packet, rules))) {
		cell->counters.of[ACCEPTED] += packet->packets;
		count_into(flow, packet);
		return TCX_NEXT;
	}
	return judge_and_count(packet, rules, epoch, cell, flow);
}

SECTION("classifier")
int receive(struct __sk_buff *skb)
{
	return look_at(skb, true);
}

SECTION("classifier")
int send(struct __sk_buff *skb)
{
	return look_at(skb, false);
}

/* Removes the dead connections of the slot that the mark names. Run by the agent, not by packets. */
SECTION("classifier")
int sweep_connections(struct __sk_buff *skb)
{
	__u32 slot = skb->mark;
	void *table = bpf_map_lookup_elem(&connections, &slot);
	struct epoch *epoch = current_epoch();
	if (!table || !epoch)
		return -1;
	struct sweep sweep = { .slot = slot, .now = (__u32)(time_since_boot(epoch->asleep) / SECOND) + 1 };
	return bpf_for_each_map_elem(table, sweep_one, &sweep, 0);
}

const char terms[] SECTION("license") = "Apache-2.0";
