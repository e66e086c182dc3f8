/* What lies in the maps. crates/agent/src/capture/ebpf/layout.rs says the same in Rust; both assert the sizes.
 *
 * No structure that is a key has padding: its bytes would make two keys of one. */
#pragma once

#include "kernel.h"

/* Interfaces that can be attached at a time. */
#define SLOTS 1024
/* Conditions that are looked up together. */
#define CHUNK 16
/* Packets of an epoch that can be told one by one when their flows find no room. */
#define OVERFLOW_EVENTS 16384
/* Own addresses, reserved addresses of an interface that are compared one by one. */
#define OWN_ADDRESSES 8
#define RESERVED_ADDRESSES 16

enum family { V4 = 4, V6 = 6 };
enum direction { INGRESS = 0, EGRESS = 1 };
enum action { ACCEPT = 0, REJECT = 1 };

/* As on the wire; of IPv4 the first word, and the others are 0. */
struct address {
	__u32 word[4];
};

/* Where an interface's packets are seen: by index of the device. */
struct device {
	__u32 slot;
	/* Direction of a packet that the device receives. */
	__u8 received_is;
	/* The frames have no link header. */
	__u8 is_raw_ip;
	__u16 zero;
};
_Static_assert(sizeof(struct device) == 8, "device");

/* What all packets between two swaps have in common. Never changed while programs read it. */
struct epoch {
	__u64 number;
	/* Wall clock - time since boot, in ns. */
	__s64 offset;
	/* From this time since boot on the next offset counts: the end of a window. */
	__u64 switch_at;
	__s64 next_offset;
	/* The window's length, in seconds. */
	__u32 window_length;
	/* Which of the two of every kind of table is counted into. */
	__u32 which;
	/* Flows that a table holds, and the part of its second half that every interface is sure of. */
	__u32 flows;
	__u32 share;
	/* How long the machine has slept since it was started, in ns. */
	__u64 asleep;
};
_Static_assert(sizeof(struct epoch) == 56, "epoch");

struct flow_key {
	__u32 window;
	__u16 slot;
	__u8 family;
	__u8 protocol;
	__u8 direction;
	__u8 action;
	__u16 srcport;
	__u16 dstport;
	__u16 zero;
	struct address src;
	struct address dst;
};
_Static_assert(sizeof(struct flow_key) == 48, "flow_key");

struct flow {
	__u64 packets;
	__u64 bytes;
	/* Time since boot of the first packet, in ns. */
	__u64 first_ns;
	/* The last packet's verdict: ground (30 bits), tick (16), generation (16), reuse (2). */
	__u64 judged;
	/* The first packet's: ground (30 bits), TRACKED. */
	__u32 ground;
	/* TCP flags (8 bits), and the marks below. */
	__u32 marks;
	/* Of the rules that judged the first packet. */
	__u16 generation;
	/* Seconds after the window's start. */
	__u16 first;
	__u16 last;
	__u8 icmp_type;
	__u8 icmp_code;
};
_Static_assert(sizeof(struct flow) == 48, "flow");

#define TRACKED (1U << 31)
#define FLAGS_KNOWN (1U << 8)
#define MIXED (1U << 9)
#define BY_SOURCE (1U << 10)
#define BY_DESTINATION (1U << 11)
/* The first packet's: an ICMP header was there; a later fragment whose ports are unknown. */
#define HAS_ICMP (1U << 12)
#define UNKNOWN_PORTS (1U << 13)

enum reuse { NEVER = 0, WITHIN_TICK = 1, RULES_ONLY = 2 };

#define GROUND_BITS 30
#define GROUND_MASK ((1U << GROUND_BITS) - 1)

/* What is counted of an interface in a window. */
enum counter {
	/* Packets and IP bytes, as on the wire. */
	SEEN,
	SEEN_BYTES,
	ACCEPTED,
	REJECTED,
	/* Packets of flows that found no room. */
	LOST,
	/* Later fragments whose first is not known. */
	ORPHANS,
	/* Accepted packets that would have opened a connection; refused ones for want of allowance. */
	UNTRACKED,
	ALLOWANCE,
	/* Frames as the device counts them, and bytes; received, then sent. */
	FRAMES,
	FRAME_BYTES = FRAMES + 2,
	/* By how many more packets on the wire than frames, where offloads have joined some. */
	JOINED = FRAME_BYTES + 2,
	/* Packets that enforcement dropped. */
	DROPPED = JOINED + 2,
	/* What is no readable IP packet. */
	NOT_IP_ARP,
	NOT_IP_MPLS,
	NOT_IP_PPPOE,
	NOT_IP_LLC,
	NOT_IP_OTHER,
	LINK_TRUNCATED,
	IP_TRUNCATED,
	IP_MALFORMED,
	/* By reason, as `Exclusion`. */
	EXCLUDED,
	COUNTERS = EXCLUDED + 9,
};

enum exclusion {
	AMAZON_DNS,
	INSTANCE_METADATA,
	TIME_SYNC,
	LICENCE_ACTIVATION,
	DHCP,
	NEIGHBOUR_DISCOVERY,
	VPC_ROUTER,
	ENDPOINT_TO_LOAD_BALANCER,
	SOURCE_DESTINATION_CHECK,
	NOT_EXCLUDED,
};

struct counters {
	__u64 of[COUNTERS];
};
_Static_assert(COUNTERS == 32 && sizeof(struct counters) == 256, "counters");

/* What one CPU counts of an interface in the window of its last packet, and what the clock says as long as it
 * is between `from` and `from + span`. */
struct cell {
	__u64 from;
	__u64 span;
	__u32 window;
	/* Seconds since boot. */
	__u32 tick;
	/* Seconds after the window's start. */
	__u32 second;
	__u32 zero;
	struct counters counters;
};
_Static_assert(sizeof(struct cell) == 32 + 256, "cell");

struct row_key {
	__u32 slot;
	__u32 window;
};

/* What an interface takes of its share of the room of an epoch. The last one is all that is taken of the room. */
struct taken {
	__u64 flows;
	__u64 events;
};
_Static_assert(sizeof(struct taken) == 16, "taken");

/* A packet whose flow found no room. */
struct event {
	struct flow_key key;
	struct flow flow;
};
_Static_assert(sizeof(struct event) == 96, "event");

/* A set of addresses and one of its blocks. */
struct peer_key {
	/* 32 bits of the set, and those of the block. */
	__u32 prefix_len;
	__u32 set;
	struct address block;
};
_Static_assert(sizeof(struct peer_key) == 24, "peer_key");

/* The conditions that hold for a block, in the order in which they are tried. */
struct list {
	__u32 first_chunk;
	__u32 chunks;
};

struct condition {
	__u16 protocol;
	__u16 marks;
	__u32 low;
	__u32 span;
	__u32 ground;
};
_Static_assert(sizeof(struct condition) == 16, "condition");

#define EVERY_PROTOCOL 0xffff
/* Of a condition: what it says of a packet that matches. */
#define ALLOWS 1
/* The rule is for everyone. */
#define FOR_EVERYONE 2
/* Any ICMP type, one code. */
#define CODE_ALONE 4

struct chunk {
	struct condition condition[CHUNK];
};

struct known_address {
	struct address address;
	__u8 family;
	__u8 exclusion;
	__u16 zero;
};
_Static_assert(sizeof(struct known_address) == 20, "known_address");

/* One generation of the rules of an interface. */
struct ruleset {
	__u16 generation;
	/* The marks below. */
	__u16 marks;
	__u32 implicit_deny;
	__u32 never_filtered;
	__u32 allowance;
	/* Timeouts in seconds. */
	__u32 tcp_established;
	__u32 udp_stream;
	__u32 udp;
	/* What is let on until this second since boot, because it may have been open before, rests on this. */
	__u32 grace_until;
	__u32 grace;
	/* Sets, by family (IPv4, IPv6) and direction: conditions of the security groups; of the network ACL, 0 where
	 * there is none. */
	__u32 groups[2][2];
	__u32 acl[2][2];
	/* The ACL's last entry. */
	__u32 acl_last[2][2];
	/* Protocols that a rule leaves open to everyone: TCP 1, UDP 2. */
	__u8 open[2][2];
	__u8 own_count;
	__u8 reserved_count;
	__u16 zero;
	/* Sets of addresses; 0: none. `own` are those that do not fit below. */
	__u32 own;
	__u32 counterparts;
	struct known_address own_address[OWN_ADDRESSES];
	struct known_address reserved[RESERVED_ADDRESSES];
};
_Static_assert(sizeof(struct ruleset) == 36 + 48 + 8 + 8 + 20 * 24, "ruleset");

/* Of a ruleset. */
#define CHECKS_SOURCE_AND_DESTINATION 1
#define ALWAYS_TRACKED 2
#define HAS_ALLOWANCE 4
/* There are no rules: every packet is counted, in no direction. */
#define UNJUDGED 8
/* What is refused is dropped. */
#define ENFORCED 16
/* No rules are known: everything is refused, whatever was accepted before. */
#define CLOSED 32

/* The interface's own end first, so that both directions have one key. */
struct connection_key {
	struct address local;
	struct address remote;
	/* Of an ICMP query: its identifier. */
	__u16 lport;
	/* Of an ICMP query: its kind, and which end requests. */
	__u16 rport;
	__u8 family;
	__u8 protocol;
	__u16 zero;
};
_Static_assert(sizeof(struct connection_key) == 40, "connection_key");

struct connection {
	/* Changed by compare-and-swap alone. Deadline (32 bits, in moments), phase (2), marks (2), initiator (1), dead. */
	__u64 state;
	/* Moments, by direction. UDP: the last packet. TCP: the packet that opened it. */
	__u32 seen[2];
	__u32 ground;
	__u32 zero;
};
_Static_assert(sizeof(struct connection) == 24, "connection");

struct fragment_key {
	struct address src;
	struct address dst;
	__u32 id;
	__u16 slot;
	__u8 family;
	__u8 protocol;
};
_Static_assert(sizeof(struct fragment_key) == 40, "fragment_key");

struct fragment_ports {
	__u16 srcport;
	__u16 dstport;
	__u32 tick;
};
