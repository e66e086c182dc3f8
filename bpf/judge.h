/* Packet, rules and connections -> verdict: crates/vpc/src/evaluate.rs in another form. */
#pragma once

#include "connection.h"
#include "maps.h"
#include "packet.h"
#include "rules.h"

enum initiator { UNKNOWN = 0, SOURCE = 1, DESTINATION_END = 2 };

/* Who opened a connection of which nothing is known but one packet's flags. */
INLINE __u8 initiator_by_flags(const struct packet *packet)
{
	__u8 flags = flags_of(packet);
	if (is_opening(flags))
		return SOURCE;
	return (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) ? DESTINATION_END : UNKNOWN;
}

INLINE __u8 reuse_of_accept(const struct packet *packet)
{
	return flow_tells_all(packet) && !is_eventful(flags_of(packet)) ? WITHIN_TICK : NEVER;
}

INLINE void refuse(struct verdict *verdict, const struct packet *packet, __u32 ground)
{
	verdict->action = REJECT;
	verdict->ground = ground;
	verdict->initiator = initiator_by_flags(packet);
	verdict->reuse = flow_tells_all(packet) ? RULES_ONLY : NEVER;
}

INLINE void accept_without_state(struct verdict *verdict, const struct packet *packet, __u32 ground)
{
	verdict->action = ACCEPT;
	verdict->ground = ground;
	verdict->initiator = initiator_by_flags(packet);
	verdict->reuse = reuse_of_accept(packet);
}

/* An ICMP error about a packet of a live connection: the receiver of an incoming error had sent that packet, the
 * sender of an outgoing one had received it. */
APART bool relates(void *table, struct packet *packet, struct ruleset *rules, struct verdict *verdict)
{
	struct quoted *quoted = &packet->quoted;
	struct connection_key key;
	__u32 direction = !(packet->key.direction & 1);
	if (!connection_key(&key, quoted->family, quoted->protocol, direction, &quoted->src, &quoted->dst,
			    quoted->srcport, quoted->dstport, &quoted->icmp))
		return false;
	struct connection *connection = find_connection(table, packet->key.slot, &key, moment_of(packet));
	if (!connection)
		return false;
	const struct address *opener =
		initiator_of(connection->state) == direction ? &quoted->src : &quoted->dst;
	verdict->action = ACCEPT;
	verdict->ground = connection->ground;
	verdict->tracked = 1;
	verdict->reuse = NEVER;
	/* Else a router on the way complains. */
	verdict->initiator = UNKNOWN;
	if (quoted->family == packet->key.family) {
		if (same_address(opener, &packet->key.src))
			verdict->initiator = SOURCE;
		else if (same_address(opener, &packet->key.dst))
			verdict->initiator = DESTINATION_END;
	}
	return true;
}

/* Whether the flow of an allowed packet is left untracked (vpc-filtering.md 3.1): the rule that allows the first packet
 * is for everyone, and so are all answers. Without a SYN nothing tells the first packet from an answer, so then it
 * suffices that the packet is one or the other. */
INLINE bool is_untracked(struct packet *packet, const struct ruleset *rules, __u16 marks)
{
	__u8 protocol = packet->key.protocol;
	if (rules->marks & ALWAYS_TRACKED || (protocol != PROTO_TCP && protocol != PROTO_UDP))
		return false;
	__u32 family = family_index(packet), direction = packet->key.direction & 1;
	__u8 bit = protocol == PROTO_TCP ? 1 : 2;
	if (marks & FOR_EVERYONE && rules->open[family][!direction] & bit)
		return true;
	if (is_opening(flags_of(packet)) || !(rules->open[family][direction] & bit))
		return false;
	return first_match(packet, rules->groups[family][!direction], packet->key.srcport) &&
	       packet->scan.marks & FOR_EVERYONE;
}

/* Whether what may have been open before the rules were enforced is let on. */
INLINE bool lets_on(const struct packet *packet, const struct ruleset *rules)
{
	return packet->tick < rules->grace_until;
}

/* Of TCP nothing but a SYN opens a connection. */
INLINE bool was_open_before(const struct packet *packet, const struct ruleset *rules)
{
	return lets_on(packet, rules) && packet->key.protocol == PROTO_TCP && packet->has_flags &&
	       !is_opening(packet->tcp_flags);
}

/* Judges a packet of no connection. */
APART int judge_by_rules(void *table, struct packet *packet, struct ruleset *rules, struct verdict *verdict)
{
	__u32 family = family_index(packet), direction = packet->key.direction & 1;
	__u32 denial = verdict->ground;
	bool denied = verdict->action == REJECT;
	/* Inbound the network ACL comes first, outbound the security groups (vpc-filtering.md 1). */
	if (direction == INGRESS && denied) {
		refuse(verdict, packet, denial);
		return done();
	}
	__u32 ground = rules->grace;
	__u16 marks = 0;
	if (first_match(packet, rules->groups[family][direction], packet->selector)) {
		ground = packet->scan.ground;
		marks = packet->scan.marks;
	} else if (denied || !was_open_before(packet, rules)) {
		refuse(verdict, packet, rules->implicit_deny);
		return done();
	}
	if (denied) {
		refuse(verdict, packet, denial);
		return done();
	}
	accept_without_state(verdict, packet, ground);
	__u8 flags = flags_of(packet);
	if (!packet->has_key || !may_open(packet) || flags & TCP_RST)
		return done();
	if (is_untracked(packet, rules, marks)) {
		if (is_opening(flags)) {
			/* It begins anew what was closing. */
			__u32 now = moment_of(packet);
			struct connection *closing = NULL;
			if (packet->has_connection)
				closing = find_connection(table, packet->key.slot, &packet->connection, now);
			if (closing)
				end_connection(table, packet->key.slot, &packet->connection, closing, closing->state);
		}
		return done();
	}
	if (open_connection(table, packet, rules, ground) == IS_TRACKED) {
		verdict->initiator = SOURCE;
		/* One that is being opened is not steady. */
		if (packet->key.protocol == PROTO_TCP && is_opening(flags))
			verdict->reuse = NEVER;
		return done();
	}
	if (rules->marks & HAS_ALLOWANCE) {
		refuse(verdict, packet, rules->allowance);
		verdict->shortage = ALLOWANCE;
	} else {
		verdict->shortage = UNTRACKED;
	}
	verdict->reuse = NEVER;
	return done();
}

/* Returns the live connection that a packet belongs to. */
INLINE struct connection *connection_of(void *table, struct packet *packet)
{
	__u32 direction = packet->key.direction & 1;
	if (has_unknown_ports(packet) || packet->quoted.known ||
	    !connection_key(&packet->connection, packet->key.family, packet->key.protocol, direction, &packet->key.src,
			    &packet->key.dst, packet->key.srcport, packet->key.dstport, &packet->icmp))
		return NULL;
	packet->has_key = 1;
	struct connection *connection =
		find_connection(table, packet->key.slot, &packet->connection, moment_of(packet));
	packet->has_connection = connection != NULL;
	return connection;
}

INLINE bool is_of_unfiltered_peer(const struct packet *packet)
{
	bool ingress = (packet->key.direction & 1) == INGRESS;
	return is_never_filtered(packet->key.family, ingress ? &packet->key.src : &packet->key.dst, packet->key.protocol,
				 ingress ? packet->key.srcport : packet->key.dstport);
}

/* The peer alone can be a service, and none opens a connection: else every packet would pass that claims to be one's. */
INLINE bool claims_to_be_service(const struct packet *packet)
{
	return (packet->key.direction & 1) == INGRESS && is_opening(flags_of(packet)) && is_of_unfiltered_peer(packet);
}

/* Judges a packet that is in some record, and that may belong to a live connection. */
APART int judge(void *table, struct packet *packet, struct ruleset *rules, struct verdict *verdict,
		struct connection *connection)
{
	__u32 direction = packet->key.direction & 1;
	verdict->action = ACCEPT;
	if (is_of_unfiltered_peer(packet) && !claims_to_be_service(packet)) {
		accept_without_state(verdict, packet, rules->never_filtered);
		return done();
	}
	if (rules->marks & CLOSED) {
		refuse(verdict, packet, rules->implicit_deny);
		return done();
	}
	/* The network ACL has no state: it is asked for every packet, tracked or not. */
	__u32 denial = 0;
	bool denied = !packet->passes && acl_denies(packet, rules, &denial);
	__u64 state = connection ? connection->state : 0;
	__u8 flags = flags_of(packet);
	if (connection && !(phase_of(state) == CLOSING && is_opening(flags))) {
		if (!denied)
			state = observe(packet, rules, connection);
		if (!(state & STATE_DEAD)) {
			if (denied) {
				refuse(verdict, packet, denial);
				/* Once the connection is gone, outbound the security groups come first, and may refuse it
				 * for another reason. */
				if (direction == EGRESS)
					verdict->reuse = NEVER;
			} else {
				verdict->ground = connection->ground;
				verdict->tracked = 1;
				verdict->reuse = phase_of(state) == ESTABLISHED ? reuse_of_accept(packet) : NEVER;
			}
			verdict->initiator =
				initiator_of(state) == direction ? SOURCE : DESTINATION_END;
			return done();
		}
	}
	if (packet->quoted.known && relates(table, packet, rules, verdict)) {
		if (denied) {
			__u8 initiator = verdict->initiator;
			refuse(verdict, packet, denial);
			verdict->initiator = initiator;
			verdict->tracked = 0;
		}
		return done();
	}
	verdict->ground = denial;
	verdict->action = denied ? REJECT : ACCEPT;
	DO(judge_by_rules(table, packet, rules, verdict));
	return done();
}
