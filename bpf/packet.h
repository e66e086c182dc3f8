/* What is known of the packet in hand. */
#pragma once

#include "layout.h"

enum fragment { WHOLE = 0, FIRST_FRAGMENT = 1, LATER_FRAGMENT = 2 };

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define PROTO_SCTP 132

/* First words of an ICMP header. */
struct icmp {
	__u8 known;
	__u8 type;
	__u8 code;
	__u8 zero;
	__u16 id;
};

/* The packet that an ICMP error is about. */
struct quoted {
	__u8 known;
	__u8 family;
	__u8 protocol;
	__u8 zero;
	__u16 srcport;
	__u16 dstport;
	struct icmp icmp;
	struct address src;
	struct address dst;
};

/* A look through a list of conditions. */
struct scan {
	__u32 first_chunk;
	__u32 selector;
	__u16 protocol;
	/* Of the condition that matches. */
	__u16 marks;
	__u32 ground;
	bool hit;
};

/* What the rules say of the packet. */
struct verdict {
	__u32 ground;
	__u8 action;
	__u8 tracked;
	__u8 initiator;
	__u8 reuse;
	/* A counter of what could not be kept; 0: nothing. */
	__u32 shortage;
};

struct packet {
	/* Of the flow that it belongs to if it is accepted. */
	struct flow_key key;
	/* On the wire. */
	__u64 packets;
	__u64 bytes;
	/* The clock, in ns since boot. */
	__u64 now;
	__u32 tick;
	__u32 second;
	__u32 fragment_id;
	__u8 fragment;
	__u8 has_flags;
	__u8 tcp_flags;
	/* Neither exclusions nor the network ACL are against it: earlier packets of the flow have passed them. */
	__u8 passes;
	/* It can belong to a connection; and does. */
	__u8 has_key;
	__u8 has_connection;
	struct icmp icmp;
	struct quoted quoted;
	struct connection_key connection;
	struct peer_key peer;
	/* What rules compare: the destination port, or the ICMP type and code. */
	__u32 selector;
	__u16 protocol;
	/* Here, not on the stack: the verifier would follow every combination of their values. */
	struct scan scan;
	struct verdict verdict;
};

INLINE __u32 least(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

INLINE bool has_ports(__u8 protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

/* Whether rules read nothing of a flow's packets but addresses, protocol and ports, and the ports are not those of
 * packets without known ports as well. */
INLINE bool flow_tells_all(const struct packet *packet)
{
	__u8 protocol = packet->key.protocol;
	return (protocol == PROTO_TCP || protocol == PROTO_UDP) &&
	       (packet->key.srcport != 0 || packet->key.dstport != 0);
}

/* A later fragment whose first one was not seen (vpc-filtering.md 4.6). */
INLINE bool has_unknown_ports(const struct packet *packet)
{
	__u8 protocol = packet->key.protocol;
	return packet->fragment == LATER_FRAGMENT && (protocol == PROTO_TCP || protocol == PROTO_UDP) &&
	       packet->key.srcport == 0 && packet->key.dstport == 0;
}

/* The flags of a TCP packet; none for other protocols and where they are unknown. */
INLINE __u8 flags_of(const struct packet *packet)
{
	return packet->has_flags ? packet->tcp_flags : 0;
}

INLINE bool is_opening(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

INLINE bool is_eventful(__u8 flags)
{
	return flags & (TCP_SYN | TCP_FIN | TCP_RST);
}

INLINE bool same_address(const struct address *a, const struct address *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}
